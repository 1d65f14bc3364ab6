//! What happened to a job and what happens to it: two answers that are ours, in the manner of the dialect.

use marquetry_job::{DeliveryShown, JobState};
use marquetry_model::{Delivery, EventNaming, Happening, Job, Moment, Progress};
use serde::Serialize;

use super::Answer;
use super::job::{error_of, kind_word, result_url, status_word};
use crate::sudomock::event::event_name;
use crate::sudomock::problem::spelled;
use crate::{Links, iso8601};

/// 200: all that is known of how a job went, with the deliveries that its end owed.
pub fn timeline(job: &Job, deliveries: &[Delivery]) -> Answer {
    Answer::json(200, &TimelineForm::of(job, deliveries))
}

/// What an observer sees of a job, as one event of a stream (`text/event-stream`). `id` is the one that a client shows
/// when it comes back.
pub fn seen(job: &Job, progress: Option<&Progress>, before: Option<u64>, links: &Links) -> String {
    let (error, error_code) = error_of(job);
    let form = SeenForm {
        job_id: job.id.to_string(),
        kind: kind_word(job.kind()),
        status: status_word(job.state.shown()),
        stage: progress.map(|progress| progress.stage.as_str()),
        percent: match job.state.shown() {
            marquetry_job::ShownState::Succeeded => Some(100),
            _ => progress.map(|progress| progress.percent),
        },
        queue_position: before,
        result_url: result_url(job, links),
        error,
        error_code,
        updated_at: iso8601(job.updated_at),
    };
    let id = seen_id(job, progress, before);
    let data = super::bytes(&form);
    // JSON as it is written here holds no line end, which alone could break an event in two.
    format!(
        "id: {id}\nevent: job\ndata: {}\n\n",
        String::from_utf8_lossy(&data)
    )
}

/// The id of an event: what it shows, in short, so that two events that show the same have one id.
pub fn seen_id(job: &Job, progress: Option<&Progress>, before: Option<u64>) -> String {
    let status = status_word(job.state.shown());
    match (progress, before) {
        (Some(Progress { stage, percent }), _) => format!("{status}-{stage}-{percent}"),
        (None, Some(before)) => format!("{status}-{before}"),
        (None, None) => status.to_owned(),
    }
}

#[derive(Serialize)]
struct SeenForm<'a> {
    job_id: String,
    kind: &'static str,
    status: &'static str,
    stage: Option<&'a str>,
    percent: Option<u8>,
    queue_position: Option<u64>,
    result_url: Option<String>,
    error: Option<String>,
    error_code: Option<String>,
    updated_at: String,
}

#[derive(Serialize)]
struct TimelineForm<'a> {
    job_id: String,
    kind: &'static str,
    status: &'static str,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    moments: Vec<MomentForm>,
    moments_left_out: u32,
    progress: Option<ProgressForm<'a>>,
    stages: Vec<StageForm<'a>>,
    deliveries: Vec<DeliveryForm<'a>>,
}

#[derive(Default, Serialize)]
struct MomentForm {
    at: String,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
}

#[derive(Serialize)]
struct ProgressForm<'a> {
    stage: &'a str,
    percent: u8,
}

#[derive(Serialize)]
struct StageForm<'a> {
    stage: &'a str,
    ms: f64,
}

#[derive(Serialize)]
struct DeliveryForm<'a> {
    id: String,
    endpoint_id: Option<String>,
    event_type: &'static str,
    status: &'static str,
    created_at: String,
    attempts: Vec<TryForm<'a>>,
}

#[derive(Serialize)]
struct TryForm<'a> {
    at: String,
    ms: f64,
    http_status: Option<u16>,
    error: Option<&'a str>,
}

impl<'a> TimelineForm<'a> {
    fn of(job: &'a Job, deliveries: &'a [Delivery]) -> Self {
        let (error, error_code) = error_of(job);
        let queued = MomentForm {
            at: iso8601(job.created_at),
            event: "queued",
            ..MomentForm::default()
        };
        let ended = job.state.ended_at().map(|at| MomentForm {
            at: iso8601(at),
            event: status_word(job.state.shown()),
            error,
            error_code,
            ..MomentForm::default()
        });
        let between = job.timeline.moments.iter().map(MomentForm::of);
        let timings = job.result.iter().flat_map(|result| &result.timings);
        Self {
            job_id: job.id.to_string(),
            kind: kind_word(job.kind()),
            status: status_word(job.state.shown()),
            created_at: iso8601(job.created_at),
            started_at: job.started_at.map(iso8601),
            ended_at: job.state.ended_at().map(iso8601),
            moments: std::iter::once(queued).chain(between).chain(ended).collect(),
            moments_left_out: job.timeline.left_out,
            progress: match &job.state {
                JobState::Running { .. } => job.timeline.progress.as_ref().map(|progress| ProgressForm {
                    stage: &progress.stage,
                    percent: progress.percent,
                }),
                _ => None,
            },
            stages: timings
                .map(|timing| StageForm {
                    stage: &timing.room,
                    ms: ms(timing.took),
                })
                .collect(),
            deliveries: deliveries.iter().map(DeliveryForm::of).collect(),
        }
    }
}

impl MomentForm {
    fn of(moment: &Moment) -> Self {
        let at = iso8601(moment.at);
        match &moment.what {
            Happening::Claimed { worker, attempt } => Self {
                at,
                event: "claimed",
                worker: Some(worker.to_string()),
                attempt: Some(*attempt),
                ..Self::default()
            },
            Happening::Broke {
                attempt,
                code,
                message,
                again,
            } => Self {
                at,
                event: "attempt_failed",
                attempt: Some(*attempt),
                error: Some(message.clone()),
                error_code: Some(spelled(code)),
                next_attempt_at: Some(iso8601(*again)),
                ..Self::default()
            },
            Happening::HandedBack => Self {
                at,
                event: "handed_back",
                ..Self::default()
            },
            Happening::HolderLost => Self {
                at,
                event: "worker_lost",
                ..Self::default()
            },
            Happening::CancelAsked => Self {
                at,
                event: "cancel_asked",
                ..Self::default()
            },
        }
    }
}

impl<'a> DeliveryForm<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            endpoint_id: delivery.target.endpoint().map(|id| id.to_string()),
            event_type: event_name(delivery.event, EventNaming::Current),
            status: match delivery.state.shown() {
                DeliveryShown::Pending => "pending",
                DeliveryShown::Failed => "failed",
                DeliveryShown::Delivered => "delivered",
                DeliveryShown::Dead => "dead",
            },
            created_at: iso8601(delivery.created_at),
            attempts: delivery
                .tries
                .iter()
                .map(|tried| TryForm {
                    at: iso8601(tried.at),
                    ms: ms(tried.took),
                    http_status: tried.status,
                    error: tried.error.as_deref(),
                })
                .collect(),
        }
    }
}

/// Milliseconds with three decimals.
fn ms(took: std::time::Duration) -> f64 {
    (took.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

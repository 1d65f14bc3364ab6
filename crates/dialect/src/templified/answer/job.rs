//! Jobs: the two bodies of 202, and the resource that is polled.

use marquetry_job::{JobState, ShownState};
use marquetry_model::{Job, JobSpec, Sending};
use serde::Serialize;

use super::POLL_SECONDS;
use crate::templified::{design_id, job_id, sending_error, sending_word};
use crate::{Answer, Links, iso8601};

/// 202, shape A: the job is durable and will be done. `pending`, however fast a worker was, so that a submission that
/// is repeated is answered as it was the first time.
pub fn accepted(job: &Job) -> Answer {
    acknowledged(job, ShownState::Queued)
}

/// 202, shape A, for a caller who waited in vain: with the state as it is.
pub fn still_going(job: &Job) -> Answer {
    acknowledged(job, job.state.shown())
}

/// 202, shape B: a design will be rendered and sent. The id stands under both of its published names.
pub fn exported(job: &Job) -> Answer {
    let id = job_id(job.id);
    Answer::json(
        202,
        &Exported {
            ok: true,
            is_async: true,
            job_id: &id,
            camel_job_id: &id,
        },
    )
}

/// 200: the job as it stands, and where the `sending` of its file does; `None` for one of a kind that this dialect has
/// no words for.
pub fn poll(job: &Job, sending: Option<&Sending>, links: &Links) -> Option<Answer> {
    let form = Poll::of(job, sending, links)?;
    let answer = Answer::json(200, &form).with_header("Cache-Control", "no-store");
    let is_sent = !matches!(sending, Some(Sending::Pending | Sending::Delivering));
    Some(if job.state.is_terminal() && is_sent {
        answer
    } else {
        answer.with_header("Retry-After", POLL_SECONDS)
    })
}

/// The dialect's word for a state. It has none for a job that was cancelled: that one failed.
pub(in crate::templified) fn status_word(state: ShownState) -> &'static str {
    match state {
        ShownState::Queued => "pending",
        ShownState::Processing => "processing",
        ShownState::Succeeded => "complete",
        ShownState::Failed | ShownState::Cancelled => "failed",
    }
}

/// Where a job is polled.
pub(super) fn poll_url(id: &str) -> String {
    format!("/api/v1/create/{id}")
}

pub(super) fn acknowledged(job: &Job, state: ShownState) -> Answer {
    acknowledging(&Accepted::of(job, state))
}

/// 202 with a body that begins as [`Accepted`] does.
pub(super) fn acknowledging(form: &impl Acknowledgement) -> Answer {
    Answer::json(202, form)
        .with_header("Location", form.poll_url())
        .with_header("Retry-After", POLL_SECONDS)
}

/// A body of shape A.
pub(super) trait Acknowledgement: Serialize {
    /// Where the job is polled.
    fn poll_url(&self) -> &str;
}

/// Shape A.
#[derive(Serialize)]
pub(super) struct Accepted {
    job_id: String,
    status: &'static str,
    poll_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
}

impl Accepted {
    pub(super) fn of(job: &Job, state: ShownState) -> Self {
        let id = job_id(job.id);
        Self {
            poll_url: poll_url(&id),
            job_id: id,
            status: status_word(state),
            instance_id: Subject::of(job).and_then(|subject| subject.instance_id),
        }
    }
}

impl Acknowledgement for Accepted {
    fn poll_url(&self) -> &str {
        &self.poll_url
    }
}

#[derive(Serialize)]
struct Exported<'a> {
    ok: bool,
    #[serde(rename = "async")]
    is_async: bool,
    job_id: &'a str,
    #[serde(rename = "jobId")]
    camel_job_id: &'a str,
}

/// What a render is of, in this dialect's words.
pub(in crate::templified) struct Subject {
    pub(in crate::templified) template_id: String,
    pub(in crate::templified) instance_id: Option<String>,
    pub(in crate::templified) player_id: Option<String>,
}

impl Subject {
    /// `None` for a job that renders nothing.
    pub(in crate::templified) fn of(job: &Job) -> Option<Self> {
        match &job.spec {
            JobSpec::Template(spec) => Some(Self {
                template_id: spec.pinned.template.to_string(),
                instance_id: spec.design.map(design_id),
                player_id: spec.about.player.clone(),
            }),
            // One that came in by another dialect: what it draws is its mockup.
            JobSpec::Render(spec) => Some(Self {
                template_id: spec.mockup.to_string(),
                instance_id: None,
                player_id: None,
            }),
            JobSpec::Upload(_) => None,
        }
    }
}

/// When a job ended, how long it was worked on, and why it failed if it did; `None` while it has not ended.
pub(in crate::templified) struct Ended<'a> {
    pub(in crate::templified) completed_at: String,
    pub(in crate::templified) render_ms: Option<u64>,
    pub(in crate::templified) error: Option<&'a str>,
}

impl<'a> Ended<'a> {
    pub(in crate::templified) fn of(job: &'a Job) -> Option<Self> {
        let (at, error) = match &job.state {
            JobState::Succeeded { at, .. } => (*at, None),
            JobState::Failed { at, cause, .. } => (*at, Some(cause.message.as_str())),
            JobState::Cancelled { at, .. } => (*at, Some("Job was cancelled")),
            JobState::Queued { .. } | JobState::Running { .. } => return None,
        };
        let took = job.started_at.filter(|_| error.is_none());
        Some(Self {
            completed_at: iso8601(at),
            render_ms: took.map(|began| u64::try_from(at.since(began).as_millis()).unwrap_or(u64::MAX)),
            error,
        })
    }
}

/// Where the file of a job can be had.
pub(in crate::templified) fn output_url(job: &Job, links: &Links) -> Option<String> {
    let file = job.result.as_ref()?.export.as_ref()?;
    Some(links.file(&file.key))
}

#[derive(Serialize)]
pub(super) struct Poll<'a> {
    job_id: String,
    status: &'static str,
    template_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    render_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    player_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_to_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_to_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'a str>,
}

impl<'a> Poll<'a> {
    pub(super) fn of(job: &'a Job, sending: Option<&'a Sending>, links: &Links) -> Option<Self> {
        let subject = Subject::of(job)?;
        let ended = Ended::of(job);
        let warnings = job.result.iter().flat_map(|result| &result.warnings);
        let (completed_at, render_ms, error) = match ended {
            Some(ended) => (Some(ended.completed_at), ended.render_ms, ended.error),
            None => (None, None, None),
        };
        Some(Self {
            job_id: job_id(job.id),
            status: status_word(job.state.shown()),
            template_id: subject.template_id,
            output_url: output_url(job, links),
            render_ms,
            error,
            created_at: iso8601(job.created_at),
            completed_at,
            player_id: subject.player_id,
            instance_id: subject.instance_id,
            send_to_status: sending.map(sending_word),
            send_to_error: sending.and_then(sending_error),
            warnings: warnings.map(|warning| warning.message.as_str()).collect(),
        })
    }
}

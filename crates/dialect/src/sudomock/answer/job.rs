//! Jobs: the 202 that says one was accepted, one job, and many.

use marquetry_job::{JobState, ShownState};
use marquetry_model::{Job, JobKind, JobSpec};
use serde::Serialize;

use super::Answer;
use crate::sudomock::problem::spelled;
use crate::sudomock::request::Cursor;
use crate::{Links, iso8601};

/// 202: the job is durable and will be done. `status` is always `queued`, however fast a worker was.
pub fn accepted(job: &Job) -> Answer {
    acknowledged(job, ShownState::Queued)
}

/// 202 for a caller who waited longer than the server lets anybody wait: the job goes on.
pub fn still_going(job: &Job) -> Answer {
    acknowledged(job, job.state.shown())
}

/// 202: the cancel was heard and the job, which is running, ends as soon as its worker notices.
pub fn cancelling(job: &Job, links: &Links) -> Answer {
    Answer::json(202, &JobForm::of(job, links))
}

/// 200: one job.
pub fn job(job: &Job, links: &Links) -> Answer {
    Answer::json(200, &JobForm::of(job, links))
}

/// 200: a page of jobs, newest first, and the marker of the next page.
pub fn jobs(jobs: &[Job], next: Option<Cursor>, links: &Links) -> Answer {
    Answer::json(
        200,
        &JobsForm {
            jobs: jobs.iter().map(|job| JobForm::of(job, links)).collect(),
            next_cursor: next.map(|cursor| cursor.encode()),
        },
    )
}

/// The dialect's word for a kind of job.
pub(in crate::sudomock) fn kind_word(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Render => "render",
        JobKind::Upload => "upload",
    }
}

/// The dialect's word for a state.
pub(in crate::sudomock) fn status_word(state: ShownState) -> &'static str {
    match state {
        ShownState::Queued => "queued",
        ShownState::Processing => "processing",
        ShownState::Succeeded => "succeeded",
        ShownState::Failed => "failed",
        ShownState::Cancelled => "cancelled",
    }
}

/// Where the result can be had: the file of a render, the mockup of an upload.
pub(in crate::sudomock) fn result_url(job: &Job, links: &Links) -> Option<String> {
    let result = job.result.as_ref()?;
    match (&result.export, result.mockup) {
        (Some(export), _) => Some(links.file(&export.key)),
        (None, Some(mockup)) => Some(links.mockup(mockup)),
        (None, None) => None,
    }
}

/// What a client is told about a failure: the message and the stable code.
pub(in crate::sudomock) fn error_of(job: &Job) -> (Option<String>, Option<String>) {
    match &job.state {
        JobState::Failed { cause, .. } => (Some(cause.message.clone()), Some(spelled(&cause.code))),
        _ => (None, None),
    }
}

/// What was charged, in whole credits, begun ones counted; known once the job has ended.
fn credits_charged(job: &Job) -> Option<u32> {
    let charged = match (&job.state, job.charge) {
        (JobState::Succeeded { .. }, Some(charge)) => charge.micros().div_ceil(1_000_000),
        (state, _) if state.is_terminal() => 0,
        _ => return None,
    };
    Some(u32::try_from(charged).unwrap_or(u32::MAX))
}

fn acknowledged(job: &Job, state: ShownState) -> Answer {
    let id = job.id.to_string();
    Answer::json(
        202,
        &AcceptedForm {
            render_uuid: &id,
            job_id: &id,
            kind: kind_word(job.kind()),
            status: status_word(state),
            status_url: format!("/api/v1/jobs/{id}"),
        },
    )
}

/// Both ids are the same: the documentation names the first, the client libraries read the second.
#[derive(Serialize)]
struct AcceptedForm<'a> {
    render_uuid: &'a str,
    job_id: &'a str,
    kind: &'static str,
    status: &'static str,
    status_url: String,
}

#[derive(Serialize)]
struct JobsForm {
    jobs: Vec<JobForm>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct JobForm {
    render_uuid: String,
    job_id: String,
    kind: &'static str,
    status: &'static str,
    result_url: Option<String>,
    mockup_uuid: Option<String>,
    error: Option<String>,
    error_code: Option<String>,
    credits_charged: Option<u32>,
    /// Nobody pays as they go here, and no job makes a video: these four are always null.
    payg: Option<()>,
    duration_seconds: Option<()>,
    audio: Option<()>,
    mockup_name: Option<String>,
    poster_url: Option<()>,
    created_at: String,
    updated_at: String,
}

impl JobForm {
    fn of(job: &Job, links: &Links) -> Self {
        let id = job.id.to_string();
        let (error, error_code) = error_of(job);
        Self {
            render_uuid: id.clone(),
            job_id: id,
            kind: kind_word(job.kind()),
            status: status_word(job.state.shown()),
            result_url: result_url(job, links),
            mockup_uuid: job
                .result
                .as_ref()
                .and_then(|result| result.mockup)
                .map(|id| id.to_string()),
            error,
            error_code,
            credits_charged: credits_charged(job),
            payg: None,
            duration_seconds: None,
            audio: None,
            mockup_name: match &job.spec {
                JobSpec::Render(spec) => Some(spec.mockup_name.clone()),
                // What is drawn is a template, which has no mockup of its own.
                JobSpec::Template(_) | JobSpec::Upload(_) => None,
            },
            poster_url: None,
            created_at: iso8601(job.created_at),
            updated_at: iso8601(job.updated_at),
        }
    }
}

//! The body of the callback that a render leads to.

use marquetry_job::JobState;
use marquetry_model::{Job, JobSpec};
use serde::Serialize;

use crate::{Links, iso8601};

/// The body that tells of the end of `job`; `None` for a job that is no render or has not ended.
///
/// `output_url` is null where there is none, as published; whatever else does not apply is left out.
pub fn callback_body(job: &Job, links: &Links) -> Option<Vec<u8>> {
    let JobSpec::Render(spec) = &job.spec else {
        return None;
    };
    let (at, error) = match &job.state {
        JobState::Succeeded { at, .. } => (*at, None),
        JobState::Failed { at, cause, .. } => (*at, Some(cause.message.as_str())),
        JobState::Cancelled { at, .. } => (*at, Some("the render was cancelled")),
        _ => return None,
    };
    let result = job.result.as_ref();
    let output = result.and_then(|result| result.export.as_ref());
    let took = job.started_at.map(|started| at.since(started));
    let body = Body {
        job_id: job.id.to_string(),
        status: if error.is_none() { "complete" } else { "failed" },
        template_id: spec.mockup.to_string(),
        output_url: output.map(|file| links.file(&file.key)),
        render_ms: took
            .filter(|_| error.is_none())
            .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        completed_at: iso8601(at),
        error,
    };
    // Texts and numbers: writing them cannot fail.
    serde_json::to_vec(&body).ok()
}

#[derive(Serialize)]
struct Body<'a> {
    job_id: String,
    status: &'static str,
    template_id: String,
    output_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    render_ms: Option<u64>,
    completed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

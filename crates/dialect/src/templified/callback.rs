//! The body of the callback that a render leads to.

use marquetry_model::Job;
use serde::Serialize;

use super::answer::{Ended, Subject, output_url, status_word};
use super::job_id;
use crate::Links;

/// The body that tells of the end of `job`; `None` for a job that is no render or has not ended.
///
/// `output_url` is null where there is none, as published; whatever else does not apply is left out.
pub fn callback_body(job: &Job, links: &Links) -> Option<Vec<u8>> {
    let (subject, ended) = (Subject::of(job)?, Ended::of(job)?);
    let body = Body {
        job_id: job_id(job.id),
        status: status_word(job.state.shown()),
        template_id: subject.template_id,
        output_url: output_url(job, links),
        render_ms: ended.render_ms,
        completed_at: ended.completed_at,
        instance_id: subject.instance_id,
        player_id: subject.player_id,
        error: ended.error,
    };
    Some(crate::answer::bytes(&body))
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
    instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    player_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

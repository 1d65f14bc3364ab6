//! The body of the callback that a render leads to, and of the notice that its file was exported.

use marquetry_job::Timestamp;
use marquetry_model::{Job, JobSpec, Sending};
use serde::Serialize;

use super::answer::{Ended, Subject, output_url, status_word};
use super::{job_id, sending_error, sending_word};
use crate::{Links, iso8601};

/// The body that tells of the end of `job`; `None` for a job that is no render or has not ended.
///
/// `output_url` is null where there is none, as published; whatever else does not apply is left out.
pub fn callback_body(job: &Job, sending: Option<&Sending>, links: &Links) -> Option<Vec<u8>> {
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
        send_to_status: sending.map(sending_word),
        send_to_error: sending.and_then(sending_error),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    send_to_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_to_error: Option<&'a str>,
}

/// The body that tells a destination of the file of `job`, sent there at `now`; `None` for a job without one.
pub fn export_body(job: &Job, links: &Links, now: Timestamp) -> Option<Vec<u8>> {
    let subject = Subject::of(job)?;
    let about = match &job.spec {
        JobSpec::Template(spec) => Some(&spec.about),
        JobSpec::Render(_) | JobSpec::Upload(_) => None,
    };
    let body = Export {
        event: "studio.export",
        job_id: job_id(job.id),
        instance_id: subject.instance_id,
        template_id: subject.template_id,
        design_name: about.and_then(|about| about.name.as_deref()),
        output_url: output_url(job, links)?,
        player_id: subject.player_id,
        main_event_code: about.and_then(|about| about.main_event_code.as_deref()),
        destination_event_code: about.and_then(|about| about.destination_event_code.as_deref()),
        exported_at: iso8601(now),
    };
    Some(crate::answer::bytes(&body))
}

/// What does not apply is null, as proposed where nothing is published.
#[derive(Serialize)]
struct Export<'a> {
    event: &'static str,
    job_id: String,
    instance_id: Option<String>,
    template_id: String,
    design_name: Option<&'a str>,
    output_url: String,
    player_id: Option<String>,
    main_event_code: Option<&'a str>,
    destination_event_code: Option<&'a str>,
    exported_at: String,
}

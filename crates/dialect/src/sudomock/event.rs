//! What endpoints are told: which event the end of a job is, how it is spelled, and the body of the message.

use marquetry_job::{JobState, ShownState};
use marquetry_model::{Announce, Endpoint, EventNaming, EventType, Job, JobId, JobKind, WhyDisabled};
use serde::Serialize;

use super::answer::{bytes, error_of, kind_word, result_url, status_word};
use crate::{Links, iso8601};
use marquetry_job::Timestamp;

/// The event that the end of a job is; `None` while it has not ended, when it was cancelled (no list of events
/// has a name for that), and when its caller waited for the answer.
///
/// A failed upload is told as [`EventType::RenderFailed`] with kind `upload`: there is no event of its own.
pub fn event_of(job: &Job) -> Option<EventType> {
    if job.announce == Announce::Silent {
        return None;
    }
    match (&job.state, job.kind()) {
        (JobState::Succeeded { .. }, JobKind::Render) => Some(EventType::RenderSucceeded),
        (JobState::Succeeded { .. }, JobKind::Upload) => Some(EventType::UploadSucceeded),
        (JobState::Failed { .. }, JobKind::Render | JobKind::Upload) => Some(EventType::RenderFailed),
        _ => None,
    }
}

/// How `event` is spelled to an endpoint with that naming.
pub fn event_name(event: EventType, naming: EventNaming) -> &'static str {
    match (event, naming) {
        (EventType::PhotoMockupReady, EventNaming::Legacy) => "2d_mockup.ready",
        (EventType::PhotoMockupRejected, EventNaming::Legacy) => "2d_mockup.rejected",
        (EventType::PhotoMockupFailed, EventNaming::Legacy) => "2d_mockup.failed",
        (EventType::PhotoMockupRenderSucceeded, EventNaming::Legacy) => "2d_render.succeeded",
        (EventType::PhotoMockupRenderFailed, EventNaming::Legacy) => "2d_render.failed",
        _ => event.name(),
    }
}

/// The event of a name in either spelling.
pub(crate) fn event_of_name(name: &str) -> Option<EventType> {
    spelled_event(name).map(|(event, _)| event)
}

/// The event of a name, and which spelling that was; `None` for the spelling when both are alike.
pub(crate) fn spelled_event(name: &str) -> Option<(EventType, Option<EventNaming>)> {
    EventType::ALL.into_iter().find_map(|event| {
        let (current, legacy) = (
            event_name(event, EventNaming::Current),
            event_name(event, EventNaming::Legacy),
        );
        match (name == current, name == legacy) {
            (true, true) => Some((event, None)),
            (true, false) => Some((event, Some(EventNaming::Current))),
            (false, true) => Some((event, Some(EventNaming::Legacy))),
            (false, false) => None,
        }
    })
}

/// The naming that a list of events implies when its owner did not choose one.
pub(crate) fn naming_of_list(spellings: impl Iterator<Item = Option<EventNaming>>) -> EventNaming {
    let (mut any, mut current, mut legacy) = (false, false, false);
    for spelling in spellings {
        any = true;
        current |= spelling == Some(EventNaming::Current);
        legacy |= spelling == Some(EventNaming::Legacy);
    }
    match (any, current, legacy) {
        // No list at all, or both spellings in it: such endpoints keep hearing what they always heard.
        (false, ..) | (true, true, true) | (true, false, true) => EventNaming::Legacy,
        (true, _, false) => EventNaming::Current,
    }
}

/// The body that tells of `event`, the end of `job`. Written once; every try sends these bytes.
pub fn event_body(event: EventType, job: &Job, naming: EventNaming, links: &Links) -> Vec<u8> {
    let id = job.id.to_string();
    let (error, error_code) = error_of(job);
    bytes(&Body {
        event: event_name(event, naming),
        kind_of_event: event_name(event, naming),
        render_uuid: &id,
        job_id: &id,
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
        created_at: iso8601(job.created_at),
    })
}

/// The body of a test message. It names a job that never was, so that a receiver can try its own path to the end.
pub fn test_body(job: JobId, now: Timestamp) -> Vec<u8> {
    let id = job.to_string();
    bytes(&Body {
        event: EventType::WebhookTest.name(),
        kind_of_event: EventType::WebhookTest.name(),
        render_uuid: &id,
        job_id: &id,
        kind: kind_word(JobKind::Render),
        status: status_word(ShownState::Succeeded),
        result_url: None,
        mockup_uuid: None,
        error: None,
        error_code: None,
        created_at: iso8601(now),
    })
}

/// The body that tells of an endpoint to which nothing is sent any more. The frame is that of any other message;
/// `job` is a fresh id that names no job.
pub fn disabled_body(endpoint: &Endpoint, why: WhyDisabled, job: JobId, now: Timestamp) -> Vec<u8> {
    let id = job.to_string();
    bytes(&DisabledBody {
        frame: Body {
            event: EventType::EndpointDisabled.name(),
            kind_of_event: EventType::EndpointDisabled.name(),
            render_uuid: &id,
            job_id: &id,
            kind: "webhook",
            status: status_word(ShownState::Failed),
            result_url: None,
            mockup_uuid: None,
            error: Some(why_words(why).to_owned()),
            error_code: Some(why_code(why).to_owned()),
            created_at: iso8601(now),
        },
        endpoint_id: endpoint.id.to_string(),
        url: &endpoint.url,
    })
}

/// Why an endpoint was disabled, for people.
fn why_words(why: WhyDisabled) -> &'static str {
    match why {
        WhyDisabled::Gone => "the receiver answered 410 Gone, so its endpoint was disabled",
        WhyDisabled::Failing => "every message failed for five days, so the endpoint was disabled",
    }
}

/// Why an endpoint was disabled, for programs.
pub(crate) fn why_code(why: WhyDisabled) -> &'static str {
    match why {
        WhyDisabled::Gone => "ENDPOINT_GONE",
        WhyDisabled::Failing => "ENDPOINT_FAILING",
    }
}

#[derive(Serialize)]
struct DisabledBody<'a> {
    #[serde(flatten)]
    frame: Body<'a>,
    endpoint_id: String,
    url: &'a str,
}

/// `event` and `type` say the same, and so do the two ids: each is what one generation of receivers reads.
#[derive(Serialize)]
struct Body<'a> {
    event: &'static str,
    #[serde(rename = "type")]
    kind_of_event: &'static str,
    render_uuid: &'a str,
    job_id: &'a str,
    kind: &'static str,
    status: &'static str,
    result_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mockup_uuid: Option<String>,
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    created_at: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_names_are_all_understood() {
        let published = [
            "render.succeeded",
            "render.failed",
            "upload.succeeded",
            "video.succeeded",
            "video.failed",
            "2d_mockup.ready",
            "2d_mockup.rejected",
            "2d_mockup.failed",
            "2d_render.succeeded",
            "2d_render.failed",
            "photo_mockup.ready",
            "photo_mockup.rejected",
            "photo_mockup.failed",
            "photo_mockup_render.succeeded",
            "photo_mockup_render.failed",
            "webhook.test",
        ];
        for name in published {
            let (event, spelling) = spelled_event(name).unwrap();
            assert_eq!(event_name(event, spelling.unwrap_or(EventNaming::Current)), name);
        }
        assert_eq!(event_of_name("upload.failed"), None);
        assert_eq!(
            event_of_name("2d_render.succeeded"),
            event_of_name("photo_mockup_render.succeeded")
        );
    }

    #[test]
    fn the_naming_follows_the_list() {
        let of = |names: &[&str]| naming_of_list(names.iter().map(|name| spelled_event(name).unwrap().1));
        assert_eq!(of(&[]), EventNaming::Legacy);
        assert_eq!(of(&["render.succeeded"]), EventNaming::Current);
        assert_eq!(of(&["photo_mockup.ready", "render.failed"]), EventNaming::Current);
        assert_eq!(of(&["2d_mockup.ready"]), EventNaming::Legacy);
        assert_eq!(
            of(&["2d_mockup.ready", "photo_mockup.ready"]),
            EventNaming::Legacy
        );
    }
}

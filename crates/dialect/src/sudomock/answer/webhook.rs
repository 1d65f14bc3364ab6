//! Webhook endpoints and what was sent to them.

use std::collections::BTreeMap;

use marquetry_job::{DeathCause, DeliveryShown, DeliveryState};
use marquetry_model::{AttemptRecord, Delivery, DeliveryId, Endpoint, EventNaming, EventType, JobId};
use serde::Serialize;

use super::Answer;
use crate::iso8601;
use crate::sudomock::event::{event_name, why_code};
use crate::sudomock::request::Cursor;

/// Where the marker of the next page of deliveries stands; absent on the last page.
pub const NEXT_CURSOR_HEADER: &str = "X-Webhook-Next-Cursor";

/// 201: a new endpoint, the one time but for a rotation that its secret is shown whole.
pub fn created_endpoint(endpoint: &Endpoint) -> Answer {
    Answer::json(
        201,
        &EndpointForm::of(endpoint, endpoint.secret.expose().to_owned()),
    )
}

/// 200: the endpoint with its new secret, shown whole.
pub fn rotated_endpoint(endpoint: &Endpoint) -> Answer {
    Answer::json(
        200,
        &EndpointForm::of(endpoint, endpoint.secret.expose().to_owned()),
    )
}

/// 200: one endpoint, its secret masked.
pub fn endpoint(endpoint: &Endpoint) -> Answer {
    Answer::json(200, &EndpointForm::masked(endpoint))
}

/// 200: all endpoints, a bare list.
pub fn endpoints(endpoints: &[Endpoint]) -> Answer {
    Answer::json(
        200,
        &endpoints.iter().map(EndpointForm::masked).collect::<Vec<_>>(),
    )
}

/// 202: a test message is on its way, naming a job that never was.
pub fn testing(job: JobId) -> Answer {
    Answer::json(
        202,
        &TestingForm {
            status: "enqueued",
            event_type: EventType::WebhookTest.name(),
            job_id: job.to_string(),
        },
    )
}

/// 202: a delivery will be sent once more.
pub fn replaying_one(delivery: DeliveryId) -> Answer {
    Answer::json(
        202,
        &ReplayingOneForm {
            status: "enqueued",
            delivery_id: delivery.to_string(),
        },
    )
}

/// 202: so many failed or dead deliveries will be sent once more.
pub fn replaying_all(count: u64) -> Answer {
    Answer::json(
        202,
        &ReplayingAllForm {
            status: "enqueued",
            count,
        },
    )
}

/// 200: a page of deliveries, newest first, a bare list; the marker of the next page is a header.
///
/// `naming` is that of the endpoint a delivery goes to, so that a row is spelled as its message was.
pub fn deliveries<'d>(
    rows: impl IntoIterator<Item = (&'d Delivery, EventNaming)>,
    next: Option<Cursor>,
) -> Answer {
    let rows: Vec<DeliveryForm> = rows
        .into_iter()
        .map(|(delivery, naming)| DeliveryForm::of(delivery, naming))
        .collect();
    let mut answer = Answer::json(200, &rows);
    answer
        .headers
        .extend(next.map(|cursor| (NEXT_CURSOR_HEADER, cursor.encode())));
    answer
}

/// 200: the tries of one delivery, the latest first, a bare list. An addition of ours.
pub fn attempts(attempts: &[AttemptRecord]) -> Answer {
    Answer::json(200, &attempts.iter().map(AttemptForm::of).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct AttemptForm<'a> {
    number: u32,
    started_at: String,
    duration_ms: u64,
    http_status: Option<u16>,
    error: Option<&'a str>,
    error_class: Option<&'static str>,
    dns: Option<&'a str>,
    request_headers: BTreeMap<&'a str, &'a str>,
    response_body: &'a str,
}

impl<'a> AttemptForm<'a> {
    fn of(attempt: &'a AttemptRecord) -> Self {
        let headers = attempt.request.iter();
        Self {
            number: attempt.number,
            started_at: iso8601(attempt.tried.at),
            duration_ms: u64::try_from(attempt.tried.took.as_millis()).unwrap_or(u64::MAX),
            http_status: attempt.tried.status,
            error: attempt.tried.error.as_deref(),
            error_class: attempt.trouble.map(marquetry_model::Trouble::name),
            dns: Some(attempt.lookup.as_str()).filter(|lookup| !lookup.is_empty()),
            request_headers: headers
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            response_body: &attempt.answer,
        }
    }
}

/// 200: the body of a delivery, byte for byte as it is sent.
pub fn message(delivery: &Delivery) -> Answer {
    Answer {
        status: 200,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: delivery.body.to_vec(),
    }
}

#[derive(Serialize)]
struct EndpointForm<'a> {
    id: String,
    url: &'a str,
    secret: String,
    description: Option<&'a str>,
    event_types: Vec<&'static str>,
    event_naming: &'static str,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    created_at: String,
    updated_at: Option<String>,
}

impl<'a> EndpointForm<'a> {
    fn of(endpoint: &'a Endpoint, secret: String) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: &endpoint.url,
            secret,
            description: endpoint.description.as_deref(),
            event_types: endpoint
                .event_types
                .iter()
                .map(|event| event_name(*event, endpoint.naming))
                .collect(),
            event_naming: match endpoint.naming {
                EventNaming::Current => "current",
                EventNaming::Legacy => "legacy",
            },
            enabled: endpoint.enabled,
            disabled_reason: endpoint.disabled.map(|disabled| why_code(disabled.why)),
            disabled_at: endpoint.disabled.map(|disabled| iso8601(disabled.at)),
            failing_since: endpoint.health.failing_since().map(iso8601),
            created_at: iso8601(endpoint.created_at),
            updated_at: endpoint.updated_at.map(iso8601),
        }
    }

    fn masked(endpoint: &'a Endpoint) -> Self {
        Self::of(endpoint, format!("whsec_****{}", endpoint.secret.last_four()))
    }
}

#[derive(Serialize)]
struct TestingForm {
    status: &'static str,
    event_type: &'static str,
    job_id: String,
}

#[derive(Serialize)]
struct ReplayingOneForm {
    status: &'static str,
    delivery_id: String,
}

#[derive(Serialize)]
struct ReplayingAllForm {
    status: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct DeliveryForm {
    id: String,
    endpoint_id: Option<String>,
    job_id: String,
    event_type: &'static str,
    status: &'static str,
    http_status: Option<u16>,
    attempt: u32,
    last_error: Option<String>,
    created_at: String,
    updated_at: String,
}

impl DeliveryForm {
    fn of(delivery: &Delivery, naming: EventNaming) -> Self {
        let last = delivery.tries.last();
        Self {
            id: delivery.id.to_string(),
            endpoint_id: delivery.target.endpoint().map(|id| id.to_string()),
            job_id: delivery.job.to_string(),
            event_type: event_name(delivery.event, naming),
            status: match delivery.state.shown() {
                DeliveryShown::Pending => "pending",
                DeliveryShown::Failed => "failed",
                DeliveryShown::Delivered => "delivered",
                DeliveryShown::Dead => "dead",
            },
            http_status: last.and_then(|tried| tried.status),
            // Counted from 0 here: the first try is no retry.
            attempt: delivery.state.tally().attempt.number().saturating_sub(1),
            last_error: last
                .and_then(|tried| tried.error.clone())
                .or_else(|| untried(delivery)),
            created_at: iso8601(delivery.created_at),
            updated_at: iso8601(delivery.updated_at),
        }
    }
}

/// Why a delivery ended that no try tells of.
fn untried(delivery: &Delivery) -> Option<String> {
    let DeliveryState::Dead { cause, .. } = delivery.state else {
        return None;
    };
    let words = match cause {
        DeathCause::EndpointDisabled => "not sent: the endpoint was disabled",
        DeathCause::EndpointRemoved => "not sent: the endpoint was removed",
        DeathCause::SendersCrashed => "not sent: its senders broke down too often",
        DeathCause::Exhausted | DeathCause::Gone => return None,
    };
    Some(words.to_owned())
}

//! The Templified dialect: layouts that are filled by named fields, renders of them that are polled, and callbacks.
//!
//! [`request`] reads what arrives, [`answer`] and [`Problem`] write what goes back. What is not published is decided
//! here once, and told in `docs/templified.md`.
//!
//! A callback is sent up to four times within three minutes. How it is signed is not published, so a signer's parts
//! are all settings: [`Signer`].

pub mod answer;
mod batch;
mod callback;
mod code;
mod id;
mod problem;
pub mod request;
mod signer;

pub use batch::{batch_body, batch_id};
pub use callback::{callback_body, export_body};
pub use code::Code;
pub use id::{design_id, design_of, handle_of, job_id, job_of};
pub use problem::Problem;
pub use signer::{Signed, Signer};

use std::time::Duration;

use marquetry_job::{DeliverySchedule, JobState, Timestamp};
use marquetry_model::{EventType, Job, JobKind, Secret, Sending};

use crate::spoken::{DeliveryTerms, Message};

/// The first part of every path below `/api/v1/` that is this dialect's.
pub(crate) const FOLDERS: &[&str] = &[
    "create",
    "studio",
    "templates",
    "template-assets",
    "design-groups",
    "destinations",
    "presets",
    "photos",
];

/// The header of the delivery's id: the same on every try.
pub const DELIVERY_HEADER: &str = "X-Delivery-Id";
/// The header of the event.
pub const EVENT_HEADER: &str = "X-Templified-Event";

/// The event that the end of a job is: a render that succeeded or failed. A cancelled one is told as a failed one,
/// because this dialect has no other word for it.
pub fn event_of(job: &Job) -> Option<EventType> {
    match (&job.state, job.kind()) {
        (JobState::Succeeded { .. }, JobKind::Render) => Some(EventType::RenderSucceeded),
        (JobState::Failed { .. } | JobState::Cancelled { .. }, JobKind::Render) => {
            Some(EventType::RenderFailed)
        }
        _ => None,
    }
}

/// One try and three more, 5 s, 30 s and 2 min apart, 20 % either way; 10 s each.
pub(crate) fn delivery_terms() -> DeliveryTerms {
    DeliveryTerms {
        schedule: DeliverySchedule {
            waits: [0, 5, 30, 120].map(Duration::from_secs).into(),
            ..DeliverySchedule::default()
        },
        timeout: Duration::from_secs(10),
    }
}

/// The headers of one try of a delivery that are this dialect's own.
pub(crate) fn delivery_headers(
    secret: Option<&Secret>,
    message: &Message<'_>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        (
            "User-Agent",
            concat!("Marquetry/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        (DELIVERY_HEADER, message.id.to_string()),
        (EVENT_HEADER, event_name(message.event).to_owned()),
    ];
    headers.extend(secret.map(|secret| Signer::default().sign(secret.expose(), message.body, now)));
    headers
}

/// The dialect's word for where the sending of a file stands.
pub(crate) fn sending_word(sending: &Sending) -> &'static str {
    match sending {
        Sending::Pending => "pending",
        Sending::Delivering => "delivering",
        Sending::Delivered => "delivered",
        Sending::Failed(_) => "failed",
    }
}

/// Why the sending of a file failed, if it did.
pub(crate) fn sending_error(sending: &Sending) -> Option<&str> {
    match sending {
        Sending::Failed(why) => Some(why),
        Sending::Pending | Sending::Delivering | Sending::Delivered => None,
    }
}

fn event_name(event: EventType) -> &'static str {
    match event {
        EventType::RenderSucceeded => "render.complete",
        EventType::RenderExported => "studio.export",
        other => other.name(),
    }
}

//! The SudoMock dialect: mockups from PSD files, renders of them, jobs and signed webhooks.
//!
//! [`request`] reads what arrives, [`answer`] and [`Problem`] write what goes back, [`event_body`] and
//! [`signature`] are what endpoints receive. Where published sources disagree, the reference text on asynchronous
//! rendering wins, and where two spellings can stand side by side both are served.

pub mod answer;
mod code;
mod event;
mod hidden_words;
mod problem;
pub mod request;
pub mod signature;

pub use answer::Answer;
pub use code::Code;
pub use event::{disabled_body, event_body, event_name, event_of, test_body};
pub use hidden_words::is_hidden;
pub use problem::{LimitReached, Problem, Resource};

use marquetry_job::Timestamp;
use marquetry_model::Secret;

use crate::spoken::Message;

/// The headers of one try of a delivery that are this dialect's own, signed at `now`; without a secret the two of the
/// signature are left out.
pub(crate) fn delivery_headers(
    secret: Option<&Secret>,
    message: &Message<'_>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("User-Agent", "SudoMock-Webhook/1.0".to_owned()),
        (signature::DELIVERY_HEADER, message.id.to_string()),
    ];
    headers.extend(
        secret
            .into_iter()
            .flat_map(|secret| signature::sign(secret.expose(), message.body, now)),
    );
    headers
}

//! Deliveries owed become deliveries made: sign, send, record, retry.
//!
//! # What is promised
//!
//! * At least once: what is owed is sent until the receiver takes it, its schedule ends, or nobody is
//!   left to send it to. A crash between a send and its record sends again, with the same id.
//! * The body is the bytes that were written when the job ended; id and body are the same on every try,
//!   moment and signature are new on every try.
//! * Every address is judged by `egress` at the moment of sending. Redirects are not followed.
//! * A receiver that is dead or slow holds up nobody else: see [`Courier`].
//! * Whatever came of a try is written down for the owner of the endpoint, in plain words.
//!
//! # Who does what
//!
//! [`Announcements`] decides what is owed at the end of a job; the store writes it in the same
//! transaction as the end. [`Courier`] takes it from there. The two meet in the store only.
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//! use marquetry_egress::{Egress, Policy};
//! use marquetry_store::{Store, memory::MemoryStore};
//! use marquetry_store::Ownership;
//! use marquetry_webhook::Courier;
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! let courier = Courier::builder(store, Egress::new(Policy::default())?)
//!     .ownership(Ownership::Sole)
//!     .timeout(Duration::from_secs(10))
//!     .build()?;
//! courier.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # The receiver's half
//!
//! Every message carries the headers of the Standard Webhooks specification beside those of its dialect. [`verify`]
//! checks them, in constant time:
//!
//! ```
//! use marquetry_job::Timestamp;
//! use marquetry_webhook::{TOLERANCE, Untrusted, verify};
//!
//! // As they came in:
//! let headers = [
//!     ("webhook-id", "msg_5a5a5a5a5a5a4a5a9a5a5a5a5a5a5a5a"),
//!     ("webhook-timestamp", "1700000000"),
//!     ("webhook-signature", "v1,TMdguYh8aeVISQZeVUuTH6qeepVDcV3Bk3vc5sy2uto="),
//! ];
//! let body = br#"{"event":"webhook.test"}"#;
//! let header = |name: &str| {
//!     let found = headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
//!     found.map(|(_, value)| *value)
//! };
//! let now = Timestamp::from_micros(1_700_000_005_000_000);
//! let secret = "whsec_dGhlIGtleSBvZiB0aGlzIHRlc3QgMTIz";
//!
//! let message = verify(secret, header, body, now, TOLERANCE)?;
//! assert_eq!(message, "msg_5a5a5a5a5a5a4a5a9a5a5a5a5a5a5a5a");
//! let forged = verify(secret, header, br#"{"event":"webhook.fake"}"#, now, TOLERANCE);
//! assert_eq!(forged, Err(Untrusted::WrongSignature));
//! # Ok::<(), Untrusted>(())
//! ```
//!
//! In reading order: [`Announcements`], then `builder` for what a courier is made of, `courier` for its
//! rounds, `hands` for what it holds, `horizon` for how far back it looks, `lanes` for who may be sent to at once, `errand` for one try, `verdict` for what an answer
//! means, `log` for what is written down, `condition` for what it tells about the endpoint.

/// The example of the page that receivers read.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/webhooks.md")]
mod page {}

mod announcements;
mod builder;
mod condition;
mod courier;
mod errand;
mod hands;
mod horizon;
mod lanes;
mod log;
mod random;
mod register;
mod terms;
mod verdict;

pub use announcements::Announcements;
pub use builder::CourierBuilder;
pub use courier::Courier;
pub use marquetry_dialect::standard::verify;
pub use marquetry_dialect::{TOLERANCE, Untrusted};
pub use marquetry_store::BuildError as CourierError;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! How each compatible API spells our nouns: requests, answers, errors, event bodies, signatures.
//!
//! # What is promised
//!
//! * Pure: no socket, no clock, no store. Time is an argument.
//! * A request is read once into a value of [`marquetry_model`] that is never checked again, or refused with
//!   every wrong field named by its path.
//! * No bytes make it panic, and no body buys an answer much larger than an ordinary one.
//! * Bodies hold what existing clients read, word for word; the tests keep the published examples.
//! * Nothing above this crate knows a dialect's words: couriers hand back the
//!   [`DialectName`](marquetry_model::DialectName) they were given (see [`headers`]).
//!
//! # A request, and its answer
//!
//! ```
//! use marquetry_dialect::sudomock::{Answer, Problem, answer, request};
//! use marquetry_dialect::sudomock::request::Mode;
//!
//! let asked = request::render(br#"{
//!     "is_async": true,
//!     "mockup_uuid": "c315f78f-d2c7-4541-b240-a9372842de94",
//!     "smart_objects": [{
//!         "uuid": "128394ee-6758-4f2f-aa36-e2b19b152bd9",
//!         "asset": {"url": "https://your-domain.com/design.png", "fit": "cover"}
//!     }]
//! }"#)?;
//! assert_eq!(asked.mode, Mode::Background);
//! assert_eq!(asked.ask.changes.len(), 1);
//!
//! let answer = Answer::from(Problem::mockup_not_found());
//! assert_eq!(answer.status, 404);
//! # Ok::<(), Problem>(())
//! ```
//!
//! A dialect is one module: [`sudomock`] and [`templified`]. They share the reading of fields, [`Refusal`]s,
//! [`Links`], [`iso8601`], and the signature of [`standard`] beside their own.

#[macro_use]
mod codes;

mod answer;
mod field;
mod links;
mod mac;
mod moment;
mod refusal;
mod spoken;
pub mod standard;
pub mod sudomock;
pub mod templified;
mod trust;

pub use answer::Answer;
pub use field::{FieldError, RuleError, Step, Wrong};
pub use links::Links;
pub use moment::iso8601;
pub use refusal::{LimitReached, Refusal, Resource};
pub use spoken::{
    Announcement, DeliveryTerms, Dialect, Message, UnknownDialect, headers, promised_schedules,
};
pub use trust::{TOLERANCE, Untrusted};

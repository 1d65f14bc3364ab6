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
//! In reading order: [`Announcements`], then `builder` for what a courier is made of, `courier` for its
//! rounds, `lanes` for who may be sent to at once, `errand` for one try, `verdict` for what an answer
//! means.

mod announcements;
mod builder;
mod courier;
mod errand;
mod lanes;
mod random;
mod verdict;

pub use announcements::Announcements;
pub use builder::{CourierBuilder, CourierError};
pub use courier::Courier;

//! Claims jobs and walks them through the rooms: fetch, open, decode, plan, draw, scale, encode, put.
//!
//! # What is promised
//!
//! * A job is claimed only when a slot is free for it, held under a lease that is renewed beside the
//!   walk, and given up the moment the lease is found to be lost. Its slot is free again once it is drawn.
//! * Results are put before the job ends, under keys that follow from the job, so that doing it
//!   twice leaves the same bytes in the same place.
//! * The job's end, the mockup it made and the deliveries it owes are written in one transaction.
//! * Pictures are made on threads of the worker's own. A panic there ends one job and no thread.
//! * A cancel, a deadline or a shutdown is heeded between rooms, and while drawing between bands.
//!
//! ```
//! use std::sync::Arc;
//! use marquetry_egress::{Egress, Policy};
//! use marquetry_store::{Silence, memory::MemoryStore};
//! use marquetry_store::Ownership;
//! use marquetry_worker::Worker;
//! use object_store::memory::InMemory;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let worker = Worker::builder(
//!     Arc::new(MemoryStore::new()),
//!     Arc::new(InMemory::new()),
//!     Egress::new(Policy::default())?,
//!     Arc::new(Silence),
//! )
//! .slots(2)
//! .ownership(Ownership::Sole)
//! .build()?;
//! worker.run(async { /* until ctrl-c, say */ }).await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: [`Worker::run`] claims; `attend` stands beside one job from its claim to its end;
//! `walk` is the way through the rooms; `pool` and `shelf` are what the walks share; `cause` says
//! what a job fails with.

mod attend;
mod builder;
mod cause;
mod figures;
mod layouts;
mod memory;
mod pool;
mod pulse;
mod reports;
mod shelf;
mod stop;
mod stopwatch;
mod walk;
mod warnings;
mod worker;

pub use builder::{BuildError, Limits, WorkerBuilder};
pub use pulse::{Beat, Begun, Pulse};
pub use worker::Worker;

//! What must be remembered: the traits every store implements, an in-memory store that is their
//! model, and the conformance suite that any backend, ours or a stranger's, can run.
//!
//! A store never decides. It finds what is due, compares the version it was shown and swaps, or
//! reports that the record moved. What a claim or a failure means is [`marquetry_job::JobState::step`]
//! alone; [`JobSteps`] and [`DeliverySteps`] run the loop of find, step and swap, so that worker,
//! service and courier share one implementation of it. A claim runs the same loop inside the store, with
//! the deciding function as an argument ([`JobStore::claim_due`]).
//!
//! # The promises of a store
//!
//! * What a call has answered is durable: nothing answers before it is on stable storage.
//! * A job, the deliveries it owes and the mockup it made appear in one transaction or not at all.
//! * A record is swapped only by who was shown its current version.
//! * A tenant never sees what belongs to another.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use std::sync::Arc;
//! use marquetry_job::{RetrySchedule, Timestamp, WorkerId};
//! use marquetry_model::{Announce, Job, JobId, JobResult, JobSpec, TenantId, UploadSource, UploadSpec};
//! use marquetry_store::{JobStore, JobSteps, Silence, memory::MemoryStore};
//!
//! let store = Arc::new(MemoryStore::new());
//! let steps = JobSteps::new(store.clone(), Arc::new(Silence), RetrySchedule::default());
//! let now = Timestamp::from_micros(0);
//!
//! let spec = UploadSpec::new("mug".into(), UploadSource::Url("https://example.com/mug.psd".into()))?;
//! let tenant = TenantId::from_random([1; 16]);
//! let id = JobId::from_random([2; 16]);
//! let job = Job::accepted(id, tenant, JobSpec::Upload(spec), Announce::Events, None, now);
//! store.insert_job(&job, None).await?;
//!
//! let worker = WorkerId::from_random([3; 16]);
//! let claimed = steps.claim(worker, now, Duration::from_secs(15), 1).await?;
//! let hold = claimed[0].state.hold().expect("a claimed job is held");
//! steps.finish(tenant, id, hold, JobResult::default(), None, now).await?;
//! assert!(store.job(tenant, id).await?.is_some_and(|job| job.state.is_terminal()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod changes;
mod clock;
pub mod conformance;
mod deliveries;
mod delivery_steps;
mod endpoints;
mod error;
pub mod failpoint;
mod figures;
mod idempotency;
mod job_steps;
mod jobs;
mod keys;
mod ledger;
mod line;
pub mod memory;
mod mockups;
mod nouns;
mod ownership;
mod page;
mod pending_steps;
pub mod persisted;
mod progress;
mod records;
mod reporter;
mod rounds;
mod seal;
mod submission;

pub use changes::{Bell, Change, Changes};
pub use clock::{Clock, SystemClock};
pub use deliveries::{DeliveryFilter, DeliveryStore, DeliverySwap, Window, sending};
pub use delivery_steps::{DeliverySteps, Schedules, Tried};
pub use endpoints::EndpointStore;
pub use error::StoreError;
pub use idempotency::{Fingerprint, IdempotencyClaim, Inserted};
pub use job_steps::{Announcer, Beside, Cancelling, Finished, JobSteps, Owed, Renewal, Reported, Silence};
pub use jobs::{ClaimStep, Claimed, JobFilter, JobStore, JobSwap, Swap};
pub use keys::KeyStore;
pub use ledger::{LedgerStore, Posted, PostingOrder};
pub use line::{First, Pick, Suspect, Suspects};
pub use mockups::{MockupFilter, MockupOrder, MockupPage, MockupStore, OrderBy, Way};
pub use nouns::{Noun, RecordStoreExt};
pub use ownership::Ownership;
pub use page::{Cursor, MalformedCursor, Page};
pub use pending_steps::PendingSteps;
pub use progress::{ProgressBoard, ProgressChanges, ProgressLine};
pub use records::{Record, RecordCursor, RecordKind, RecordPage, RecordStore};
pub use reporter::Reporter;
pub use rounds::{BuildError, Rounds};
pub use seal::{MalformedKey, Seal, SealKey, Unopened};
pub use submission::Submission;

/// Everything that must be remembered, in one place, so that one transaction can hold it together.
pub trait Store:
    JobStore + MockupStore + RecordStore + LedgerStore + EndpointStore + DeliveryStore + KeyStore
{
}

impl<S> Store for S where
    S: JobStore + MockupStore + RecordStore + LedgerStore + EndpointStore + DeliveryStore + KeyStore + ?Sized
{
}

//! The front door for embedders: every use case as an async method, no HTTP.
//!
//! [`Service`] is what a server's routes call, and what a program calls that has no server. It looks things up,
//! puts bytes away and writes jobs down; a worker, which may be another process, does the work.
//!
//! # What is promised
//!
//! * Nothing is answered with [`Submitted`] before the job is on stable storage.
//! * Whoever waits is answered when the job ends, or told that it was accepted when the wait is over. A wake-up
//!   that gets lost costs at most a second.
//! * The same submission under the same idempotency key leads to one job, however many ask at once.
//! * What belongs to another tenant is not found. It is never "forbidden", which would tell that it is there.
//! * An upload is never held in memory, and leaves nothing behind when it is too large or breaks off.
//! * Keys are kept as hashes. A key or secret is shown once, by the call that made it.
//!
//! # An upload, without a server
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::sync::Arc;
//! use futures::stream;
//! use marquetry_service::{Service, UploadFile, UploadRequest, Wait};
//! use marquetry_store::memory::MemoryStore;
//! use object_store::memory::InMemory;
//!
//! let service = Service::builder(Arc::new(MemoryStore::new()), Arc::new(InMemory::new())).build()?;
//! let tenant = service.ensure_default_tenant().await?;
//!
//! let chunks = [Ok::<_, std::io::Error>("8BPS..".into())];
//! let stored = service.put_upload(stream::iter(chunks)).await?;
//! let request = UploadRequest { name: "mug".into(), file: UploadFile::Stored(stored) };
//! let submitted = service.submit_upload(tenant.id, request, Wait::No).await?;
//!
//! // A worker over the same store and blobs takes it from here.
//! assert!(!submitted.job().state.is_terminal());
//! # Ok::<(), marquetry_service::ServiceError>(())
//! # }).unwrap();
//! ```
//!
//! In reading order: [`ServiceBuilder`] has the settings, `submit` and `resolve` the way in, `wait` the way out,
//! `uploads` and `blobs` the bytes; then a module for each noun.

mod account;
mod batches;
mod blobs;
mod builder;
mod deliveries;
mod endpoints;
mod error;
mod fidelity;
mod fingerprint;
mod housekeeping;
mod jobs;
mod key_uses;
mod keys;
mod ledger;
mod mockups;
mod queue;
mod readiness;
mod resolve;
mod sending;
mod submit;
mod surroundings;
mod templates;
mod tenants;
mod uploads;
mod wait;
mod watch;

pub use account::Me;
pub use batches::{BatchRequest, BatchView};
pub use blobs::OpenBlob;
pub use builder::ServiceBuilder;
pub use error::ServiceError;
pub use housekeeping::Swept;
pub use jobs::Stopping;
pub use keys::{Authenticated, NewKey};
/// How urgent a job is.
pub use marquetry_model::Priority;
/// Which part of a blob to read.
pub use object_store::GetRange;
pub use readiness::{Answering, Readiness};
pub use sending::{DestinationRequest, PresetRequest, Recipient, Recipients, SendRequest};
pub use submit::{JobOrder, Submitted, Terms, UploadFile, UploadRequest, Wait};
pub use templates::{
    AssetRequest, DesignChange, FillRequest, GroupFill, GroupRequest, Saved, Seat, SeatRequest, Stage,
    TeamDesign, TemplateView,
};
pub use tenants::DEFAULT_TENANT;
pub use uploads::StoredUpload;
pub use watch::{Seen, Watching};

use std::sync::Arc;

use marquetry_store::{Clock, DeliverySteps, JobSteps, PendingSteps, ProgressBoard, Reporter, Store};
use object_store::ObjectStore;

/// Every use case, as a method. Cheap to clone; clones are one service.
///
/// Methods that wait must run inside a tokio runtime with its timer enabled.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    blobs: Arc<dyn ObjectStore>,
    reporter: Option<Arc<dyn Reporter>>,
    jobs: JobSteps,
    pending: PendingSteps,
    deliveries: DeliverySteps,
    seal: marquetry_store::Seal,
    settings: builder::Settings,
    clock: Arc<dyn Clock>,
    chance: surroundings::Chance,
    queue: queue::Queue,
    uses: key_uses::KeyUses,
    in_hand: uploads::InHand,
    // Counting the endpoints and adding one more is one act.
    endpoint_gate: tokio::sync::Mutex<()>,
    months: account::MonthCounts,
    progress: ProgressBoard,
    layouts: templates::CheckedLayouts,
    teams: templates::TeamGates,
    watchers: watch::Watchers,
    line: watch::Line,
}

impl Service {
    fn now(&self) -> marquetry_job::Timestamp {
        self.inner.clock.now()
    }

    fn store(&self) -> &dyn Store {
        &*self.inner.store
    }
}

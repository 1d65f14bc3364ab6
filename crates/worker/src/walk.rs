//! The way of one job through the rooms, up to what is to be stored. Nothing here changes a job.
//!
//! A walk may be dropped at any moment: what it has begun on the pool looks at [`Stop`] and ends, and
//! nothing that it has stored so far is pointed at by anything.

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;
use marquetry_blobs::{BlobError, Blobs as _};
use marquetry_model::{BlobKey, ContentHash, Job, JobResult, JobSpec, Mockup};
use marquetry_render::{FontShelf, Painter};
use tokio::sync::OwnedSemaphorePermit;

use crate::cause::Trouble;
use crate::stop::Stop;
use crate::stopwatch::{Pace, Stopwatch};
use crate::worker::Inner;

mod fetch;
mod pictures;
mod render;
mod template;
mod upload;

/// One job on its way.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub(crate) worker: Arc<Inner>,
    pub(crate) job: Arc<Job>,
    pub(crate) stop: Stop,
    /// Freed when the last clone goes: a drawing that nobody waits for any more still takes a core,
    /// so its slot is not given to another job before it has ended.
    pub(crate) slot: Arc<OwnedSemaphorePermit>,
    /// Tells how far it has come.
    pub(crate) pace: Pace,
}

/// What a walk brings home, to be stored before the job ends.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Files under their keys.
    pub(crate) files: Vec<(BlobKey, Bytes)>,
    /// What to tell; timings are added by who stores it.
    pub(crate) result: JobResult,
    /// The mockup that an upload made.
    pub(crate) mockup: Option<Mockup>,
    /// How long it took so far.
    pub(crate) measured: Stopwatch,
}

impl Walk {
    pub(crate) async fn make(&self) -> Result<Made, Trouble> {
        match &self.job.spec {
            JobSpec::Render(spec) => self.render(spec).await,
            JobSpec::Template(spec) => self.template(spec).await,
            JobSpec::Upload(spec) => self.upload(spec).await,
        }
    }

    /// Does `work` on the pool, in this job's span and holding its slot.
    async fn on_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Stop) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (stop, slot) = (self.stop.clone(), Arc::clone(&self.slot));
        let span = tracing::info_span!("pool");
        let work = move || {
            let outcome = span.in_scope(|| {
                stop.check()?;
                work(&stop)
            });
            drop(slot);
            outcome
        };
        self.worker.pool.run(work).await?
    }

    /// How many threads one drawing may use now: a share of all, more when fewer jobs are walked.
    fn threads(&self) -> NonZeroUsize {
        let busy = self.worker.slots - self.worker.free.available_permits().min(self.worker.slots);
        // A suspect runs alone and holds every slot.
        let own = self.slot.num_permits();
        NonZeroUsize::new(self.worker.slots * own / busy.max(1)).unwrap_or(NonZeroUsize::MIN)
    }
}

/// Runs `draw` with a painter that stops when the sign is raised.
fn painting<T>(
    stop: &Stop,
    threads: NonZeroUsize,
    fonts: &FontShelf,
    draw: impl FnOnce(&Painter<'_>) -> T,
) -> T {
    let raised = || stop.is_raised();
    draw(&Painter {
        threads,
        fonts,
        stop: &raised,
    })
}

pub(crate) fn hash_of(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(*blake3::hash(bytes).as_bytes())
}

/// Stored bytes, as the worker reads and writes them.
impl Inner {
    /// All bytes of an asset under `key`, at most `allowed`; `None` when there is nothing.
    pub(crate) async fn asset_blob(&self, key: &BlobKey, allowed: u64) -> Result<Option<Bytes>, Trouble> {
        let read = self.blobs.blob(key, allowed).await;
        read.map_err(|error| match error {
            BlobError::TooLong { most, .. } => Trouble::AssetsTooLarge { allowed: most },
            BlobError::Storage(source) => Trouble::Blobs {
                doing: "read",
                source,
            },
        })
    }

    /// All bytes of the PSD under `key`, at most `allowed`; `None` when there is nothing.
    pub(crate) async fn psd(&self, key: &BlobKey, allowed: u64) -> Result<Option<Bytes>, Trouble> {
        let read = self.blobs.blob(key, allowed).await;
        read.map_err(|error| match error {
            BlobError::TooLong { length, most } => Trouble::UploadTooLarge {
                length,
                allowed: most,
            },
            BlobError::Storage(source) => Trouble::Blobs {
                doing: "read",
                source,
            },
        })
    }

    /// How many bytes are under `key`; `None` when there is nothing.
    pub(crate) async fn length(&self, key: &BlobKey) -> Result<Option<u64>, Trouble> {
        let found = self.blobs.blob_length(key).await;
        found.map_err(|source| Trouble::Blobs {
            doing: "looked up",
            source,
        })
    }

    pub(crate) async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), Trouble> {
        let stored = self.blobs.put_blob(key, bytes).await;
        stored.map_err(|source| Trouble::Blobs {
            doing: "written",
            source,
        })
    }

    /// Removes bytes that nothing points to. Left over they do no harm, so a failure is only logged.
    pub(crate) async fn discard(&self, key: &BlobKey) {
        if let Err(error) = self.blobs.delete_blob(key).await {
            tracing::warn!(%key, %error, "unused bytes could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use marquetry_egress::{Egress, Policy};
    use marquetry_job::{Again, Timestamp};
    use marquetry_model::{Announce, JobId, TenantId, UploadSource, UploadSpec};
    use marquetry_store::{Silence, memory::MemoryStore};
    use object_store::memory::InMemory;

    use super::*;
    use crate::worker::Worker;

    async fn walk() -> Walk {
        let egress = Egress::new(Policy::default()).unwrap();
        let (store, blobs) = (Arc::new(MemoryStore::new()), Arc::new(InMemory::new()));
        let builder = Worker::builder(store, blobs, egress, Arc::new(Silence)).slots(1);
        let worker = builder.build().unwrap().0;
        let url = UploadSource::Url("https://example.com/mug.psd".into());
        let spec = JobSpec::Upload(UploadSpec::new("Mug".into(), url).unwrap());
        let (id, tenant) = (JobId::from_random([1; 16]), TenantId::from_random([2; 16]));
        let job = Job::accepted(
            id,
            tenant,
            spec,
            Announce::Events,
            None,
            Timestamp::from_micros(0),
        );
        let slot = Arc::clone(&worker.free).acquire_owned().await.unwrap();
        let pace = Pace::new(worker.board.line(id));
        Walk {
            pace,
            worker,
            job: Arc::new(job),
            stop: Stop::default(),
            slot: Arc::new(slot),
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_room_breaks_its_job_and_nothing_else() {
        let walk = walk().await;
        let poison = |_: &Stop| -> Result<(), Trouble> { panic!("index out of bounds") };
        let trouble = walk.on_pool(poison).await.unwrap_err();
        let cause = trouble.cause().unwrap();
        assert_eq!(
            (cause.failure.code.as_str(), cause.again),
            ("processing_failed", Again::Never)
        );
        assert_eq!(cause.failure.detail, "panicked: index out of bounds");
        assert_eq!(walk.on_pool(|_| Ok(7)).await.unwrap(), 7);
        let worker = Arc::clone(&walk.worker);
        drop(walk);
        assert_eq!(worker.free.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_slot_is_not_free_before_its_work_has_ended() {
        let walk = walk().await;
        let worker = Arc::clone(&walk.worker);
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(walk.on_pool(move |stop| {
            begin.send(()).unwrap();
            ended.recv().unwrap();
            stop.check()
        }));
        assert!(futures::poll!(&mut work).is_pending());
        begun.await.unwrap();
        drop(work);
        drop(walk);
        assert_eq!(worker.free.available_permits(), 0, "a thread is still at it");
        end.send(()).unwrap();
        let freed = tokio::time::timeout(std::time::Duration::from_secs(20), worker.free.acquire()).await;
        assert!(freed.is_ok(), "its end frees the slot");
    }

    #[tokio::test]
    async fn work_is_not_begun_once_the_sign_is_raised() {
        let walk = walk().await;
        walk.stop.raise();
        let outcome = walk
            .on_pool(|_| -> Result<(), Trouble> { panic!("begun all the same") })
            .await;
        assert!(matches!(outcome, Err(Trouble::Stopped)), "{outcome:?}");
    }
}

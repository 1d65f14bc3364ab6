//! What has to be done now and then, so that nothing grows for ever.

use std::collections::HashSet;
use std::time::Duration;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use marquetry_job::Timestamp;
use marquetry_model::{AssetSource, BlobKey, ContentHash, Job, JobSpec, TenantId};
use marquetry_store::{Change, RecordKind, StoreError, Swap};
use object_store::path::Path;
use tokio::time::Instant;

use crate::key_uses::KeyUses;
use crate::{Service, ServiceError};

/// How often [`Service::keep_house`] sweeps.
const BETWEEN_SWEEPS: Duration = Duration::from_hours(1);

/// How many records are forgotten in one transaction, so that whoever submits meanwhile hardly waits.
const FORGOTTEN_AT_ONCE: u32 = 500;
/// How many such transactions one sweep makes, and how many results it deletes: the rest is for the next one.
const BATCHES: u32 = 400;
const MOST_RESULTS: usize = 100_000;
const DELETED_AT_ONCE: usize = 16;
/// How many layouts are looked at in one go: each may be a megabyte.
const LAYOUTS_AT_ONCE: u32 = 32;

/// What [`Service::sweep`] took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Idempotency keys whose time was up.
    pub idempotency_keys: u64,
    /// Uploads that broke off half-way.
    pub incoming: u64,
    /// Uploaded files of which there is no mockup.
    pub uploads: u64,
    /// Pictures that came with requests that have ended.
    pub assets: u64,
    /// Jobs that ended long ago.
    pub jobs: u64,
    /// Messages about them.
    pub deliveries: u64,
    /// Entries in the log of their tries.
    pub attempts: u64,
    /// Files that renders made long ago.
    pub results: u64,
    /// Batches of jobs that were forgotten.
    pub batches: u64,
    /// Layouts of templates that nothing points to any more.
    pub layouts: u64,
}

impl Service {
    /// Keeps house until `shutdown`: owes what is owed after files were sent as soon as they are, writes down the uses of
    /// keys every few seconds, and sweeps every hour. To be run beside whatever uses the service; one process of those
    /// that share a store is enough.
    pub async fn keep_house(&self, shutdown: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = self.rounds(shutdown) => {}
            () = self.settle_what_is_sent() => {}
        }
    }

    /// Never ends. News are hints: what nobody heard of is found by the next round.
    async fn settle_what_is_sent(&self) {
        let mut changes = self.store().changes();
        loop {
            let settled = match changes.next().await {
                Some(Change::Sent(tenant, job)) => self.inner.pending.settle(tenant, job, self.now()).await,
                Some(Change::Missed) => self.inner.pending.sweep(self.now()).await.map(|found| found > 0),
                Some(_) => continue,
                None => std::future::pending().await,
            };
            if let Err(error) = settled {
                tracing::warn!(%error, "what is owed after a file was sent could not be looked at");
            }
        }
    }

    async fn rounds(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        // Not at once: a process that has just started has better things to do.
        let mut next_sweep = Instant::now() + BETWEEN_SWEEPS / 60;
        loop {
            let over = tokio::time::timeout(KeyUses::OLDEST, &mut shutdown).await.is_ok();
            if let Err(error) = self.flush_key_uses().await {
                tracing::warn!(%error, "uses of API keys could not be written");
            }
            if over {
                return;
            }
            if let Err(error) = self.end_overdue().await {
                tracing::warn!(%error, "overdue jobs could not be ended");
            }
            if let Err(error) = self.discharge().await {
                tracing::warn!(%error, "what is owed after others could not be looked at");
            }
            if Instant::now() >= next_sweep {
                match self.sweep().await {
                    Ok(swept) => tracing::debug!(?swept, "house swept"),
                    Err(error) => tracing::warn!(%error, "the house could not be swept"),
                }
                next_sweep = Instant::now() + BETWEEN_SWEEPS;
            }
        }
    }

    /// Fails every job whose deadline has passed, whether it waits or runs; tells how many. Workers do not begin such
    /// jobs; this ends those that nobody looks at and those that run on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_overdue(&self) -> Result<u64, ServiceError> {
        let ended = self.inner.jobs.end_overdue(self.now()).await?;
        if ended > 0 {
            tracing::info!(ended, "jobs were not done by their deadline");
        }
        Ok(ended)
    }

    /// Looks at what is owed once others have ended, such as word of the end of a batch, and owes it where they have;
    /// tells how often that was so.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn discharge(&self) -> Result<u64, ServiceError> {
        Ok(self.inner.pending.sweep(self.now()).await?)
    }

    /// Forgets old idempotency keys, jobs older than [`jobs_kept`](crate::ServiceBuilder::jobs_kept) that have ended
    /// and their deliveries, and the log of tries older than
    /// [`attempts_kept`](crate::ServiceBuilder::attempts_kept); deletes results older than
    /// [`results_kept`](crate::ServiceBuilder::results_kept); and deletes blobs that are older than
    /// [`orphans_kept`](crate::ServiceBuilder::orphans_kept) and that nothing needs: uploads that broke off or came
    /// to nothing, and pictures of requests that have ended; and layouts as old that nothing points to. Previews stay as
    /// long as their mockup, fonts and pictures of templates as long as their records.
    ///
    /// Done in small steps; several processes may do it at once. What one sweep leaves is for the next.
    ///
    /// # Errors
    /// Those of store and blobs; what was done by then is done.
    pub async fn sweep(&self) -> Result<Swept, ServiceError> {
        let now = self.now();
        let mut swept = Swept {
            idempotency_keys: self.store().forget_claims(now).await?,
            ..Swept::default()
        };
        let (store, settings) = (self.store(), &self.inner.settings);
        let before = now - settings.jobs_kept;
        swept.deliveries = in_batches(|most| store.forget_deliveries(before, most)).await?;
        swept.jobs = in_batches(|most| store.forget_jobs(before, most)).await?;
        swept.batches = self.forget_batches(before).await?;
        let before = now - settings.attempts_kept;
        swept.attempts = in_batches(|most| store.forget_attempts(before, most)).await?;
        swept.results = self.sweep_results(now - self.inner.settings.results_kept).await?;
        let before = now - self.inner.settings.orphans_kept;
        for key in self.old_blobs("incoming", before).await? {
            self.remove_blob(&key).await;
            swept.incoming += 1;
        }
        for key in self.old_blobs("uploads", before).await? {
            let content = key
                .as_str()
                .strip_prefix("uploads/")
                .and_then(|name| name.strip_suffix(".psd"))
                .and_then(|name| name.parse::<ContentHash>().ok());
            if let Some(content) = content {
                swept.uploads += u64::from(self.drop_file(content, &key).await?);
            }
        }
        let old_assets = self.old_blobs("assets", before).await?;
        if let Some(live) = self.all_live_jobs().await? {
            let needed = assets_of(&live);
            for key in old_assets.iter().filter(|key| !needed.contains(key)) {
                if !self.is_kept_by_a_record(key).await? {
                    self.remove_blob(key).await;
                    swept.assets += 1;
                }
            }
            swept.layouts = self.sweep_layouts(before, &live).await?;
        }
        Ok(swept)
    }

    async fn forget_batches(&self, before: Timestamp) -> Result<u64, ServiceError> {
        let (store, kind, mut forgotten) = (self.store(), RecordKind::Batch, 0);
        for _ in 0..BATCHES {
            let old = store.loose_records(kind, before, None, FORGOTTEN_AT_ONCE).await?;
            if old.is_empty() {
                break;
            }
            for batch in old {
                let gone = store.delete_record(batch.tenant, kind, &batch.id, None).await?;
                forgotten += u64::from(gone == Swap::Swapped);
            }
        }
        Ok(forgotten)
    }

    /// Whether a font or a picture of templates has these bytes.
    async fn is_kept_by_a_record(&self, key: &BlobKey) -> Result<bool, ServiceError> {
        match key.as_str().strip_prefix("assets/") {
            Some(content) => Ok(self.store().is_referred_to(content).await?),
            None => Ok(false),
        }
    }

    /// Deletes layouts that were last put before a moment, that no template and no design points to, and that no job
    /// which has not ended draws.
    async fn sweep_layouts(&self, before: Timestamp, live: &[Job]) -> Result<u64, ServiceError> {
        let drawn: HashSet<(TenantId, String)> = live
            .iter()
            .filter_map(|job| match &job.spec {
                JobSpec::Template(spec) => Some((job.tenant, spec.pinned.layout.to_string())),
                _ => None,
            })
            .collect();
        let (store, kind, mut swept) = (self.store(), RecordKind::Layout, 0);
        let mut after: Option<(TenantId, String)> = None;
        for _ in 0..BATCHES {
            let from = after.as_ref().map(|(tenant, id)| (*tenant, id.as_str()));
            let loose = store.loose_records(kind, before, from, LAYOUTS_AT_ONCE).await?;
            let Some(last) = loose.last() else { break };
            after = Some((last.tenant, last.id.clone()));
            for layout in loose {
                let name = (layout.tenant, layout.id);
                if drawn.contains(&name) {
                    continue;
                }
                // One that was put again meanwhile is at another version and stays.
                let gone = store
                    .delete_record(name.0, kind, &name.1, Some(layout.version))
                    .await?;
                swept += u64::from(gone == Swap::Swapped);
            }
        }
        Ok(swept)
    }

    /// Deletes results that were last written before a moment. A job that would write one again must be younger than
    /// its deadline, and the file with it.
    async fn sweep_results(&self, before: Timestamp) -> Result<u64, ServiceError> {
        let old = self.listed("results", before).take(MOST_RESULTS);
        old.map_ok(|key| async move {
            self.remove_blob(&key).await;
            Ok(1)
        })
        .try_buffer_unordered(DELETED_AT_ONCE)
        .try_fold(0, |sum, one| async move { Ok(sum + one) })
        .await
    }

    /// The blobs in a folder that were last written before a moment.
    async fn old_blobs(&self, folder: &str, before: Timestamp) -> Result<Vec<BlobKey>, ServiceError> {
        self.listed(folder, before).try_collect().await
    }

    fn listed(
        &self,
        folder: &str,
        before: Timestamp,
    ) -> impl Stream<Item = Result<BlobKey, ServiceError>> + Send {
        self.inner
            .blobs
            .list(Some(&Path::from(folder)))
            .try_filter_map(move |meta| async move {
                let written = Timestamp::from_micros(meta.last_modified.timestamp_micros());
                // What no key names was put there by somebody else.
                Ok(meta.location.as_ref().parse().ok().filter(|_| written < before))
            })
            .map_err(ServiceError::blobs("listing blobs"))
            .boxed()
    }
}

/// The assets that jobs will read. A young asset whose job is not written yet is protected by its age.
fn assets_of(jobs: &[Job]) -> HashSet<BlobKey> {
    let keys = jobs.iter().flat_map(|job| -> Vec<BlobKey> {
        match &job.spec {
            JobSpec::Render(render) => {
                let assets = render.changes.iter().filter_map(|change| change.asset.as_ref());
                let keys = assets.filter_map(|asset| match asset {
                    AssetSource::Blob { key, .. } => Some(key.clone()),
                    AssetSource::Url(_) => None,
                });
                keys.collect()
            }
            JobSpec::Template(template) => {
                let contents = template.assets.iter().map(|(_, content)| *content);
                contents.map(BlobKey::asset).collect()
            }
            JobSpec::Upload(_) => Vec::new(),
        }
    });
    keys.collect()
}

/// Forgets a few at a time, until fewer are left or the rest is for the next sweep. Tells how many went.
async fn in_batches<F>(forget: impl Fn(u32) -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut forgotten = 0;
    for _ in 0..BATCHES {
        let gone = forget(FORGOTTEN_AT_ONCE).await?;
        forgotten += gone;
        if gone < u64::from(FORGOTTEN_AT_ONCE) {
            break;
        }
    }
    Ok(forgotten)
}

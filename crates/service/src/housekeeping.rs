//! What has to be done now and then, so that nothing grows for ever.

use std::collections::HashSet;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use marquetry_job::Timestamp;
use marquetry_model::{AssetSource, BlobKey, ContentHash, JobSpec};
use marquetry_store::Pick;
use object_store::path::Path;
use tokio::time::Instant;

use crate::key_uses::KeyUses;
use crate::mockups::MOST_LOOKED_THROUGH;
use crate::{Service, ServiceError};

/// How often [`Service::keep_house`] sweeps.
const BETWEEN_SWEEPS: Duration = Duration::from_hours(1);

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
}

impl Service {
    /// Keeps house until `shutdown`: writes down the uses of keys every few seconds, and sweeps every hour. To be
    /// run beside whatever uses the service; one process of those that share a store is enough.
    pub async fn keep_house(&self, shutdown: impl Future<Output = ()> + Send) {
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
            if Instant::now() >= next_sweep {
                match self.sweep().await {
                    Ok(swept) => tracing::debug!(?swept, "house swept"),
                    Err(error) => tracing::warn!(%error, "the house could not be swept"),
                }
                next_sweep = Instant::now() + BETWEEN_SWEEPS;
            }
        }
    }

    /// Forgets old idempotency keys, and deletes blobs that are older than
    /// [`orphans_kept`](crate::ServiceBuilder::orphans_kept) and that nothing needs: uploads that broke off or came
    /// to nothing, and pictures of requests that have ended. Results and previews stay as long as their mockup.
    ///
    /// # Errors
    /// Those of store and blobs; what was done by then is done.
    pub async fn sweep(&self) -> Result<Swept, ServiceError> {
        let now = self.now();
        let mut swept = Swept {
            idempotency_keys: self.store().forget_claims(now).await?,
            ..Swept::default()
        };
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
        if let Some(needed) = self.assets_of_live_jobs().await? {
            for key in old_assets.iter().filter(|key| !needed.contains(key)) {
                self.remove_blob(key).await;
                swept.assets += 1;
            }
        }
        Ok(swept)
    }

    /// The blobs in a folder that were last written before a moment.
    async fn old_blobs(&self, folder: &str, before: Timestamp) -> Result<Vec<BlobKey>, ServiceError> {
        self.inner
            .blobs
            .list(Some(&Path::from(folder)))
            .try_filter_map(|meta| async move {
                let written = Timestamp::from_micros(meta.last_modified.timestamp_micros());
                // What no key names was put there by somebody else.
                Ok(meta.location.as_ref().parse().ok().filter(|_| written < before))
            })
            .boxed()
            .try_collect()
            .await
            .map_err(ServiceError::blobs("listing blobs"))
    }

    /// The assets that jobs which have not ended will read; `None` when there are too many jobs to tell. A young
    /// asset whose job is not written yet is protected by its age.
    async fn assets_of_live_jobs(&self) -> Result<Option<HashSet<BlobKey>>, ServiceError> {
        let live = self
            .store()
            .due_jobs(&Pick::any(Timestamp::MAX, MOST_LOOKED_THROUGH))
            .await?;
        if u32::try_from(live.len()).is_ok_and(|seen| seen < MOST_LOOKED_THROUGH) {
            let specs = live.into_iter().map(|job| job.spec);
            let changes = specs.flat_map(|spec| match spec {
                JobSpec::Render(render) => render.changes,
                JobSpec::Upload(_) => Vec::new(),
            });
            let keys = changes.filter_map(|change| match change.asset? {
                AssetSource::Blob { key, .. } => Some(key),
                AssetSource::Url(_) => None,
            });
            Ok(Some(keys.collect()))
        } else {
            Ok(None)
        }
    }
}

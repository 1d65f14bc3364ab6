//! Last breath before the dive: everything that has to come from outside is brought in here.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures::future::try_join_all;
use marquetry_blobs::path;
use marquetry_egress::{EgressError, FetchLimits};
use marquetry_model::{AssetSource, BlobKey, LayerId, RenderSpec, UploadSource};
use marquetry_render::Assets;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::sync::Semaphore;

use super::Walk;
use crate::cause::Trouble;

/// Bytes that the assets of one job may still bring.
pub(super) struct Budget {
    left: AtomicU64,
    allowed: u64,
}

impl Budget {
    /// So many bytes.
    pub(super) const fn new(allowed: u64) -> Self {
        Self {
            left: AtomicU64::new(allowed),
            allowed,
        }
    }

    pub(super) fn debit(&self, bytes: usize) -> Result<(), Trouble> {
        let bytes = bytes as u64;
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map(drop)
            .map_err(|_| self.spent())
    }

    fn spent(&self) -> Trouble {
        Trouble::AssetsTooLarge {
            allowed: self.allowed,
        }
    }
}

impl Walk {
    /// The bytes of all assets, each fetched once however often it is used.
    pub(super) async fn assets(&self, spec: &RenderSpec) -> Result<Assets, Trouble> {
        let limits = &self.worker.settings.limits;
        let budget = Budget::new(limits.asset_bytes);
        let turns = Semaphore::new(limits.asset_fetches);
        let mut seen = HashSet::new();
        let wanted = spec
            .changes
            .iter()
            .filter_map(|change| Some((change.slot, change.asset.as_ref()?)))
            .filter(|(_, source)| seen.insert(*source));
        let (budget, turns) = (&budget, &turns);
        let fetched = wanted.map(|(slot, source)| async move {
            // Never closed, so there is always a turn to come.
            let _turn = turns.acquire().await;
            let bytes = self.asset(spec, slot, source, budget).await?;
            Ok::<_, Trouble>((source.clone(), bytes))
        });
        Ok(try_join_all(fetched).await?.into_iter().collect())
    }

    async fn asset(
        &self,
        spec: &RenderSpec,
        slot: LayerId,
        source: &AssetSource,
        budget: &Budget,
    ) -> Result<Bytes, Trouble> {
        match source {
            AssetSource::Url(url) => match self
                .fetched(url, &self.worker.settings.limits.asset_fetch, budget)
                .await
            {
                Ok(bytes) => bytes,
                Err(source) => {
                    let smart_object = self.name_of(spec, slot).await;
                    Err(Trouble::AssetFetch { smart_object, source })
                }
            },
            AssetSource::Blob { key, .. } => {
                let bytes = self.worker.asset_blob(key, budget.allowed).await?;
                let bytes = bytes.ok_or(Trouble::BlobGone { what: "asset" })?;
                budget.debit(bytes.len())?;
                Ok(bytes)
            }
        }
    }

    /// The outer error is the network's, the inner one the budget's.
    pub(super) async fn fetched(
        &self,
        url: &str,
        limits: &FetchLimits,
        budget: &Budget,
    ) -> Result<Result<Bytes, Trouble>, EgressError> {
        let mut body = self.worker.egress.open(url, limits).await?.body;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.chunk().await? {
            if let Err(over) = budget.debit(chunk.len()) {
                return Ok(Err(over));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Ok(bytes.freeze()))
    }

    /// What people call a smart object; its id when that cannot be found out.
    async fn name_of(&self, spec: &RenderSpec, slot: LayerId) -> String {
        let mockup = self.worker.store.mockup(self.job.tenant, spec.mockup).await;
        let name = mockup
            .ok()
            .flatten()
            .and_then(|mockup| Some(format!("{:?}", mockup.catalogue.smart_object(slot)?.name)));
        name.unwrap_or_else(|| format!("smart object {slot}"))
    }

    /// The bytes of a new PSD.
    pub(super) async fn upload_bytes(&self, source: &UploadSource) -> Result<Bytes, Trouble> {
        let allowed = self.worker.settings.limits.upload_bytes;
        let key = match source {
            UploadSource::Blob { key } => key.clone(),
            UploadSource::Url(url) => {
                let incoming = BlobKey::incoming(self.job.id);
                // An earlier attempt may have brought it in already: it appears whole or not at all.
                if self.worker.length(&incoming).await?.is_none() {
                    self.bring_in(url, &incoming).await?;
                }
                incoming
            }
        };
        let length = self.worker.length(&key).await?;
        match length.ok_or(Trouble::BlobGone { what: "upload" })? {
            0 => Err(Trouble::UploadEmpty),
            length if length > allowed => Err(Trouble::UploadTooLarge { length, allowed }),
            _ => self
                .worker
                .psd(&key, allowed)
                .await?
                .ok_or(Trouble::BlobGone { what: "upload" }),
        }
    }

    /// Streams the file at `url` to `key`, so that a slow server costs disk and not memory, and an
    /// attempt that breaks later need not fetch it again.
    async fn bring_in(&self, url: &str, key: &BlobKey) -> Result<(), Trouble> {
        /// Parts of the file that are written while the next ones come in.
        const AHEAD: usize = 4;
        let limits = &self.worker.settings.limits;
        let limits = FetchLimits {
            bytes: limits.upload_bytes,
            ..limits.upload_fetch.clone()
        };
        let written = |source| Trouble::Blobs {
            doing: "written",
            source,
        };
        let opened = self.worker.egress.open(url, &limits).await;
        let mut body = opened.map_err(Trouble::UploadFetch)?.body;
        let upload = self.worker.blobs.put_multipart(&path(key)).await;
        let mut writer = WriteMultipart::new(upload.map_err(written)?);
        let copied = async {
            while let Some(chunk) = body.chunk().await.map_err(Trouble::UploadFetch)? {
                writer.wait_for_capacity(AHEAD).await.map_err(written)?;
                writer.put(chunk);
            }
            // Some stores refuse a file without parts.
            if body.received() == 0 {
                Err(Trouble::UploadEmpty)
            } else {
                Ok(())
            }
        };
        match copied.await {
            Ok(()) => writer.finish().await.map(drop).map_err(written),
            Err(trouble) => {
                if let Err(error) = writer.abort().await {
                    tracing::warn!(%key, %error, "a broken upload could not be cleaned up");
                }
                Err(trouble)
            }
        }
    }
}

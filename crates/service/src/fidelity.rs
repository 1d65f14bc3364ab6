//! How close the drawing of a mockup comes to Photoshop's own picture.

use marquetry_blobs::{BlobError, Blobs as _};
use marquetry_job::{Again, Failure};
use marquetry_model::{BlobKey, Fidelity, Mockup, MockupId, TenantId};
use marquetry_store::persisted::fidelity_from_json;

use crate::{Service, ServiceError};

/// The most bytes of a stored report; ours are a thousandth of it.
const MOST_REPORT: u64 = 16 << 20;

impl Service {
    /// A mockup of the tenant and its fidelity report: the one that was made when it was uploaded, or one that is
    /// made now, which takes as long as drawing it. The heat map then lies under [`BlobKey::heat_map`], unless
    /// there was nothing to compare with.
    ///
    /// # Errors
    /// [`ServiceError::MockupNotFound`], [`ServiceError::NotReported`], and those of store and blobs.
    pub async fn fidelity(&self, tenant: TenantId, id: MockupId) -> Result<(Mockup, Fidelity), ServiceError> {
        let mockup = self.mockup(tenant, id).await?;
        let key = BlobKey::fidelity(mockup.content);
        if let Some(found) = self.stored_report(&key).await? {
            return Ok((mockup, found));
        }
        if let Some(reporter) = &self.inner.reporter {
            let made = reporter.report(mockup.content).await;
            made.map_err(|cause| ServiceError::NotReported {
                failure: cause.failure,
                again: cause.again,
            })?;
            if let Some(found) = self.stored_report(&key).await? {
                return Ok((mockup, found));
            }
        }
        Err(ServiceError::NotReported {
            failure: Failure::new(
                "processing_failed",
                "the report could not be made",
                "there is none, and nobody here makes one",
            ),
            again: Again::Never,
        })
    }

    /// A report that cannot be understood is as good as none: it is made again.
    async fn stored_report(&self, key: &BlobKey) -> Result<Option<Fidelity>, ServiceError> {
        let reading = ServiceError::blobs("reading a fidelity report");
        let bytes = match self.inner.blobs.blob(key, MOST_REPORT).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(BlobError::Storage(error)) => return Err(reading(error)),
            Err(error @ BlobError::TooLong { .. }) => {
                tracing::warn!(%key, %error, "a stored fidelity report is of no use");
                return Ok(None);
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        match fidelity_from_json(&text) {
            Ok(found) => Ok(Some(found)),
            Err(error) => {
                tracing::warn!(%key, %error, "a stored fidelity report is of no use");
                self.remove_blob(key).await;
                Ok(None)
            }
        }
    }
}

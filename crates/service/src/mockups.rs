//! Looking at mockups, renaming them, and taking them away with everything that came of them.

use futures::{StreamExt as _, stream};
use marquetry_job::Timestamp;
use marquetry_model::{BlobKey, ContentHash, Job, Mockup, MockupId, TenantId};
use marquetry_store::{JobFilter, MockupFilter, MockupOrder, MockupPage, Pick, StoreError, Swap};

use crate::jobs::listed;
use crate::{Service, ServiceError};

/// How often a change is tried anew when the record moved in between.
pub(crate) const ROUNDS: usize = 64;
/// How many blobs are deleted at once.
const DELETED_AT_ONCE: usize = 16;
/// How many live jobs are looked through for one that needs a file. With more of them the file stays, and
/// [`Service::sweep`] asks again.
const MOST_LOOKED_THROUGH: u32 = 10_000;

impl Service {
    /// A mockup of the tenant, with its catalogue and layers.
    ///
    /// # Errors
    /// [`ServiceError::MockupNotFound`], and those of the store.
    pub async fn mockup(&self, tenant: TenantId, id: MockupId) -> Result<Mockup, ServiceError> {
        let mockup = self.store().mockup(tenant, id).await?;
        mockup.ok_or(ServiceError::MockupNotFound { id })
    }

    /// The tenant's mockups in an order, without the first `offset`; at most `limit` and at most
    /// [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        limit: u32,
        offset: u64,
    ) -> Result<MockupPage, ServiceError> {
        Ok(self
            .store()
            .list_mockups(tenant, filter, order, listed(limit), offset)
            .await?)
    }

    /// Gives a mockup another name, which is the only thing about it that can change.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a name that is not 1 to 255 characters long,
    /// [`ServiceError::MockupNotFound`], and those of the store.
    pub async fn rename_mockup(
        &self,
        tenant: TenantId,
        id: MockupId,
        name: &str,
    ) -> Result<Mockup, ServiceError> {
        for _ in 0..ROUNDS {
            let mockup = self.mockup(tenant, id).await?;
            let expected = mockup.version;
            let mockup = mockup.renamed(name.to_owned(), self.now())?;
            match self.store().replace_mockup(expected, &mockup).await? {
                Swap::Swapped => return Ok(mockup),
                Swap::Moved => {}
                Swap::Missing => return Err(ServiceError::MockupNotFound { id }),
            }
        }
        Err(StoreError::Contended { what: "mockup" }.into())
    }

    /// Takes a mockup away: first its record, so that nothing new begins, then its previews, the files of past
    /// renders, and its own file if no other mockup is made of the same one. Renders that run end as they end;
    /// those that wait fail when their file is gone.
    ///
    /// # Errors
    /// [`ServiceError::MockupNotFound`], and those of the store. After an error of the store some files may be left,
    /// and the mockup is gone all the same.
    pub async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Result<(), ServiceError> {
        let Some(mockup) = self.store().delete_mockup(tenant, id).await? else {
            return Err(ServiceError::MockupNotFound { id });
        };
        tracing::info!(mockup = %id, %tenant, "mockup deleted");
        let previews = mockup.thumbnails.into_iter().map(|thumbnail| thumbnail.key);
        self.remove_blobs(previews.collect()).await;

        let filter = JobFilter {
            kind: None,
            subject: Some(id),
        };
        let mut after = None;
        loop {
            let page = self
                .store()
                .list_jobs(tenant, &filter, after, Self::MOST_LISTED)
                .await?;
            let exports = page
                .items
                .into_iter()
                .filter_map(|job| Some(job.result?.export?.key));
            self.remove_blobs(exports.collect()).await;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.drop_file(mockup.content, &mockup.source).await?;
        Ok(())
    }

    async fn remove_blobs(&self, keys: Vec<BlobKey>) {
        stream::iter(&keys)
            .for_each_concurrent(DELETED_AT_ONCE, |key| self.remove_blob(key))
            .await;
    }

    /// Deletes the file of a mockup unless something needs it or may come to need it; tells whether it did.
    ///
    /// A file passes from the hand of an upload to its job and from there to its mockup, and is asked for in that
    /// order, so that it is seen wherever it is. Another process may put the same file just after it was asked for
    /// here; its upload then fails and can be repeated.
    pub(crate) async fn drop_file(&self, content: ContentHash, key: &BlobKey) -> Result<bool, ServiceError> {
        let _deciding = self.inner.in_hand.gate.lock().await;
        if self.inner.in_hand.holds(content) || self.may_be_read(key).await? {
            return Ok(false);
        }
        if self.store().content_in_use(content).await? {
            return Ok(false);
        }
        self.remove_blob(key).await;
        let report = [BlobKey::fidelity(content), BlobKey::heat_map(content)];
        self.remove_blobs(report.into()).await;
        Ok(true)
    }

    async fn may_be_read(&self, key: &BlobKey) -> Result<bool, ServiceError> {
        let live = self.all_live_jobs().await?;
        Ok(live.is_none_or(|live| live.iter().any(|job| Self::may_read(&job.spec, key))))
    }

    /// All jobs that have not ended; `None` when they are too many to be looked through, or one of them cannot be read.
    /// What they may need must then be kept.
    pub(crate) async fn all_live_jobs(&self) -> Result<Option<Vec<Job>>, ServiceError> {
        let pick = Pick::any(Timestamp::MAX, MOST_LOOKED_THROUGH);
        let live = match self.store().due_jobs(&pick).await {
            Err(StoreError::Unreadable { what, problem }) => {
                tracing::debug!(what, problem, "files that jobs may need are kept");
                return Ok(None);
            }
            live => live?,
        };
        let all_seen = u32::try_from(live.len()).is_ok_and(|seen| seen < MOST_LOOKED_THROUGH);
        Ok(Some(live).filter(|_| all_seen))
    }
}

//! Looking at jobs, and stopping them.

use marquetry_model::{Job, JobId, TenantId};
use marquetry_store::{Cancelling, Cursor, JobFilter, Page};

use crate::{Service, ServiceError};

/// What became of the wish to cancel a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Stopping {
    /// It is cancelled: now, or since before.
    Done(Job),
    /// It is running and stops at its next stage; it can end only cancelled.
    Asked(Job),
}

impl Stopping {
    /// The job, as it is now.
    pub const fn job(&self) -> &Job {
        match self {
            Self::Done(job) | Self::Asked(job) => job,
        }
    }
}

impl Service {
    /// The most that a list gives at once.
    pub const MOST_LISTED: u32 = 200;

    /// A job of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`], and those of the store.
    pub async fn job(&self, tenant: TenantId, id: JobId) -> Result<Job, ServiceError> {
        tracing::Span::current().record("job", tracing::field::display(id));
        let job = self.store().job(tenant, id).await?;
        job.ok_or(ServiceError::JobNotFound { id })
    }

    /// The tenant's jobs, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Job>, ServiceError> {
        Ok(self
            .store()
            .list_jobs(tenant, filter, after, listed(limit))
            .await?)
    }

    /// Cancels a job that waits, or asks one that runs to stop. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`]; [`ServiceError::AlreadyEnded`] when it ended in another way; those of the
    /// store.
    pub async fn cancel(&self, tenant: TenantId, id: JobId) -> Result<Stopping, ServiceError> {
        match self.inner.jobs.cancel(tenant, id, self.now()).await? {
            Cancelling::Done(job) => {
                tracing::info!(job = %id, %tenant, "job cancelled before it ran");
                Ok(Stopping::Done(job))
            }
            Cancelling::Already(job) => Ok(Stopping::Done(job)),
            Cancelling::Asked(job) => {
                tracing::info!(job = %id, %tenant, "job asked to stop");
                Ok(Stopping::Asked(job))
            }
            Cancelling::TooLate(job) => Err(ServiceError::AlreadyEnded {
                id,
                state: job.state.shown(),
            }),
            Cancelling::Unknown => Err(ServiceError::JobNotFound { id }),
        }
    }
}

/// How many to list when `limit` are wanted.
pub(crate) fn listed(limit: u32) -> u32 {
    limit.clamp(1, Service::MOST_LISTED)
}

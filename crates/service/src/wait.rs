//! The way out for those who wait: the end of a job, or the end of their patience.

use std::time::Duration;

use marquetry_job::Again;
use marquetry_model::{Job, JobId};
use marquetry_store::{Change, Changes};
use tokio::time::{Instant, timeout_at};

use crate::{Service, ServiceError, Submitted};

/// How soon the job is looked at again without having been told to; each look doubles it.
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// The longest time between two looks: what a lost wake-up can cost.
const LAST_LOOK: Duration = Duration::from_secs(1);

impl Service {
    /// Waits for the job to end, at most `limit` and at most the ceiling. `changes` must have listened since before
    /// the job was there.
    pub(crate) async fn wait_for_end(
        &self,
        mut job: Job,
        changes: Changes,
        limit: Duration,
    ) -> Result<Submitted, ServiceError> {
        let patience = Instant::now() + limit.min(self.inner.settings.sync_ceiling);
        let mut changes = Some(changes);
        let mut pause = FIRST_LOOK;
        loop {
            if job.state.is_terminal() {
                return Ok(Submitted::Finished(job));
            }
            let now = Instant::now();
            if now >= patience {
                tracing::debug!(job = %job.id, "wait is over before the job is");
                return Ok(Submitted::Accepted(job));
            }
            let next_look = patience.min(now + pause);
            // Told or not, the store has the truth.
            if timeout_at(next_look, told(&mut changes, job.id)).await.is_err() {
                pause = (pause * 2).min(LAST_LOOK);
            }
            match self.store().job(job.tenant, job.id).await {
                Ok(Some(found)) => job = found,
                Ok(None) => return Err(ServiceError::JobNotFound { id: job.id }),
                // The job is safe; an error now would make the caller submit it a second time.
                Err(error) if error.again() == Again::Later => {
                    tracing::warn!(job = %job.id, %error, "cannot see whether the job has ended");
                    tokio::time::sleep_until(next_look).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for a job of the tenant to end, at most `limit` and at most the ceiling. [`Submitted::Accepted`] means
    /// that it has not.
    ///
    /// # Errors
    /// [`ServiceError::JobNotFound`], and those of the store.
    pub async fn wait(
        &self,
        tenant: marquetry_model::TenantId,
        id: JobId,
        limit: Duration,
    ) -> Result<Submitted, ServiceError> {
        let changes = self.store().changes();
        let job = self.job(tenant, id).await?;
        self.wait_for_end(job, changes, limit).await
    }
}

/// Returns when `id` may have ended; never, when nobody tells any more.
async fn told(changes: &mut Option<Changes>, id: JobId) {
    while let Some(listening) = changes {
        match listening.next().await {
            Some(Change::JobEnded(ended)) if ended == id => return,
            Some(Change::Missed) => return,
            Some(_) => {}
            None => *changes = None,
        }
    }
    std::future::pending().await
}

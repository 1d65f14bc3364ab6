//! A worker whose job is taken over at the worst moment: after it read the job, before it swaps it.

use std::sync::Arc;

use async_trait::async_trait;
use marquetry_job::{RetrySchedule, Timestamp};
use marquetry_model::Job;

use super::sample::{LEASE, job_steps, worker};
use crate::{Announcer, JobSteps, Owed, Store, StoreError};

/// Asked who is to hear of a job's end, which is between reading the job and swapping it, it has worker 2 claim what
/// is due at `at`. Tells nobody.
#[derive(Debug)]
struct Overtaker {
    store: Arc<dyn Store>,
    at: Timestamp,
}

#[async_trait]
impl Announcer for Overtaker {
    async fn owed(&self, _: &Job, _: Timestamp) -> Result<Owed, StoreError> {
        // The second time nothing is due any more.
        job_steps(&self.store).claim(worker(2), self.at, LEASE, 1).await?;
        Ok(Owed::default())
    }
}

/// Steps whose every end is overtaken.
pub(super) fn overtaken(store: &Arc<dyn Store>, at: Timestamp) -> JobSteps {
    let store = Arc::clone(store);
    let overtaker = Overtaker {
        store: Arc::clone(&store),
        at,
    };
    JobSteps::new(store, Arc::new(overtaker), RetrySchedule::default())
}

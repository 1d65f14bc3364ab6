//! How much work may wait: a bound for all, and one for each tenant.
//!
//! Counting asks the store, so it is not done for every job. Between two counts the jobs that were let in here are
//! added up as if none had ended, which errs on the side of counting again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use marquetry_model::TenantId;

use crate::{Service, ServiceError};

/// What is known of how much waits; `None` is everybody together.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<HashMap<Option<TenantId>, Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    counted: u64,
    at: Instant,
    since: u64,
}

impl Queue {
    /// How long a count is believed: other processes add to the same store.
    const BELIEVED: Duration = Duration::from_secs(1);
    /// Beyond so many the map is emptied; tenants that still submit are counted anew.
    const MOST_KNOWN: usize = 10_000;
    /// When it is worth asking again.
    const RETRY_AFTER: Duration = Duration::from_secs(5);

    /// Lets one more in if what is known leaves room for it.
    fn let_in(&self, whose: Option<TenantId>, limit: u64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(&whose) {
            Some(known) if known.at.elapsed() < Self::BELIEVED && known.counted + known.since < limit => {
                known.since += 1;
                true
            }
            _ => false,
        }
    }

    fn learn(&self, whose: Option<TenantId>, counted: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST_KNOWN {
            known.clear();
        }
        let at = Instant::now();
        known.insert(
            whose,
            Known {
                counted,
                at,
                since: 0,
            },
        );
    }
}

impl Service {
    /// Lets one more job of `tenant` in, or says that too many wait.
    pub(crate) async fn admit(&self, tenant: TenantId) -> Result<(), ServiceError> {
        let settings = &self.inner.settings;
        for (whose, limit) in [
            (Some(tenant), settings.most_live_jobs_of_tenant),
            (None, settings.most_live_jobs),
        ] {
            let queue = &self.inner.queue;
            if queue.let_in(whose, limit) {
                continue;
            }
            queue.learn(whose, self.store().count_live_jobs(whose).await?);
            if !queue.let_in(whose, limit) {
                return Err(ServiceError::QueueFull {
                    limit,
                    retry_after: Queue::RETRY_AFTER,
                });
            }
        }
        Ok(())
    }
}

//! How much work may wait: a bound for all, and one for each tenant.
//!
//! Counting asks the store, so it is not done for every job. Between two counts the jobs that were let in here are
//! added up as if none had ended, which errs on the side of counting again. A queue that was found full counts as full
//! for some times as long as it took to find out: it takes long where the queue is long, and that is when everybody asks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use marquetry_model::TenantId;

use crate::{Service, ServiceError};

/// What is known of how much waits; `None` is everybody together.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    known: Mutex<HashMap<Option<TenantId>, Known>>,
    /// Held by the one who counts; what is found out serves all who wait for it.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    counted: u64,
    at: Instant,
    took: Duration,
    since: u64,
}

/// What is known of one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    LetIn,
    Full,
    Unknown,
}

impl Queue {
    /// How long a count is believed: other processes add to the same store.
    const BELIEVED: Duration = Duration::from_secs(1);
    /// For how many times as long as a count took the queue is believed to be full. So counting takes at most a tenth of
    /// the time, and of one connection.
    const BELIEVED_FULL: u32 = 10;
    /// Beyond so many the map is emptied; tenants that still submit are counted anew.
    const MOST_KNOWN: usize = 10_000;
    /// When it is worth asking again.
    const RETRY_AFTER: Duration = Duration::from_secs(5);

    /// Lets one more in if what is known leaves room for it.
    fn let_in(&self, whose: Option<TenantId>, limit: u64) -> Room {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.get_mut(&whose) else {
            return Room::Unknown;
        };
        let age = known.at.elapsed();
        if known.counted + known.since >= limit {
            match age < known.took * Self::BELIEVED_FULL {
                true => Room::Full,
                false => Room::Unknown,
            }
        } else if age < Self::BELIEVED {
            known.since += 1;
            Room::LetIn
        } else {
            Room::Unknown
        }
    }

    fn learn(&self, whose: Option<TenantId>, counted: u64, took: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST_KNOWN {
            known.clear();
        }
        let at = Instant::now();
        known.insert(
            whose,
            Known {
                counted,
                at,
                took,
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
            if !self.has_room(whose, limit).await? {
                return Err(ServiceError::QueueFull {
                    limit,
                    retry_after: Queue::RETRY_AFTER,
                });
            }
        }
        Ok(())
    }

    async fn has_room(&self, whose: Option<TenantId>, limit: u64) -> Result<bool, ServiceError> {
        let queue = &self.inner.queue;
        match queue.let_in(whose, limit) {
            Room::LetIn => return Ok(true),
            Room::Full => return Ok(false),
            Room::Unknown => {}
        }
        let _counting = queue.counting.lock().await;
        // Somebody else may have counted meanwhile.
        match queue.let_in(whose, limit) {
            Room::LetIn => return Ok(true),
            Room::Full => return Ok(false),
            Room::Unknown => {}
        }
        let began = Instant::now();
        let counted = self.store().count_live_jobs(whose).await?;
        queue.learn(whose, counted, began.elapsed());
        Ok(queue.let_in(whose, limit) == Room::LetIn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_counted_again_only_after_a_while() {
        let queue = Queue::default();
        assert_eq!(queue.let_in(None, 5), Room::Unknown);
        queue.learn(None, 3, Duration::from_secs(3600));
        assert_eq!([0, 1].map(|_| queue.let_in(None, 5)), [Room::LetIn; 2]);
        // Those let in since count as well, and for ten hours nobody asks again.
        assert_eq!(queue.let_in(None, 5), Room::Full);
        queue.learn(None, 5, Duration::ZERO);
        assert_eq!(queue.let_in(None, 5), Room::Unknown, "it cost nothing to count");
    }
}

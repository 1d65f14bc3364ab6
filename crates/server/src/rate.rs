//! How many requests a caller may make: a bucket of tokens for each, in this process.
//!
//! A bucket holds as many tokens as may come at once and is filled evenly. A request takes one; whoever finds none is
//! told when the next one is there.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use marquetry_dialect::{LimitReached, Refusal};
use tokio::time::Instant;

/// How fast a bucket is filled, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests in a minute, on the long run. At least 1.
    pub per_minute: u32,
    /// Requests that may come at once after a pause. At least 1.
    pub burst: u32,
}

/// The buckets of all who called lately.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until the bucket is full again, in whole seconds, rounded up.
    pub(crate) reset: u64,
}

impl Rate {
    fn per_second(self) -> f64 {
        f64::from(self.per_minute.max(1)) / 60.0
    }

    fn most(self) -> f64 {
        f64::from(self.burst.max(1))
    }
}

impl<K: Eq + Hash> Rates<K> {
    /// Beyond so many buckets those that are full again are thrown away: a new one is full as well.
    const MOST_BUCKETS: usize = 10_000;

    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token from the bucket of `whose`.
    ///
    /// # Errors
    /// 429 when it is empty, with the time until there is one.
    pub(crate) fn take(&self, whose: K) -> Result<Allowance, Refusal> {
        let (now, most, speed) = (Instant::now(), self.rate.most(), self.rate.per_second());
        let filled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.tokens + since * speed).min(most)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= Self::MOST_BUCKETS && !buckets.contains_key(&whose) {
            buckets.retain(|_, bucket| filled(bucket) < most);
            if buckets.len() >= Self::MOST_BUCKETS {
                // More busy callers than anybody counts; they all begin anew.
                buckets.clear();
            }
        }
        let tokens = buckets.get(&whose).map_or(most, filled);
        if tokens < 1.0 {
            return Err(Refusal::Limit(LimitReached::Rate {
                limit: self.rate.per_minute,
                retry_after: Duration::from_secs_f64((1.0 - tokens) / speed),
            }));
        }
        let tokens = tokens - 1.0;
        buckets.insert(whose, Bucket { tokens, at: now });
        drop(buckets);
        Ok(Allowance {
            limit: self.rate.per_minute,
            remaining: whole(tokens),
            reset: Duration::from_secs_f64((most - tokens) / speed)
                .as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        })
    }
}

/// Whole tokens. A bucket holds no more than fits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between zero and a burst, which is a u32"
)]
fn whole(tokens: f64) -> u32 {
    tokens as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_allowed_and_then_the_rate() {
        let rates = Rates::new(Rate {
            per_minute: 60,
            burst: 3,
        });
        for remaining in [2, 1, 0] {
            let left = rates.take("one").unwrap();
            assert_eq!(
                (left.limit, left.remaining, left.reset),
                (60, remaining, u64::from(3 - remaining))
            );
        }
        let refused = rates.take("one").unwrap_err();
        let retry_after = Duration::from_secs(1);
        assert_eq!(
            refused,
            Refusal::Limit(LimitReached::Rate {
                limit: 60,
                retry_after
            })
        );
        assert!(rates.take("two").is_ok(), "everybody has their own");

        tokio::time::advance(Duration::from_millis(1001)).await;
        assert_eq!(rates.take("one").unwrap().remaining, 0);
        assert!(rates.take("one").is_err());
        tokio::time::advance(Duration::from_secs(600)).await;
        assert_eq!(rates.take("one").unwrap().remaining, 2, "no more than the burst");
    }

    #[tokio::test(start_paused = true)]
    async fn many_callers_are_not_remembered_for_ever() {
        let rates = Rates::new(Rate {
            per_minute: 60,
            burst: 3,
        });
        for n in 0..Rates::<usize>::MOST_BUCKETS {
            rates.take(n).unwrap();
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        rates.take(usize::MAX).unwrap();
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}

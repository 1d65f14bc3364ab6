//! How often a job is tried again, and after what wait.

use std::time::Duration;

use crate::Attempt;

/// Where in its range a random wait falls: `0.0` at its start, `1.0` at its end. Never NaN.
///
/// It is an argument and not drawn here, so that a rule can be tested at both ends.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Jitter(f64);

impl Jitter {
    /// The start of the range.
    pub const LEAST: Self = Self(0.0);
    /// The middle of the range.
    pub const MIDDLE: Self = Self(0.5);
    /// The end of the range.
    pub const MOST: Self = Self(1.0);

    /// `None` outside `0.0..=1.0`.
    pub fn new(part: f64) -> Option<Self> {
        (0.0..=1.0).contains(&part).then_some(Self(part))
    }

    /// One of 2^32 even steps through the range, from any 32 random bits.
    pub fn from_bits(bits: u32) -> Self {
        Self(f64::from(bits) / f64::from(u32::MAX))
    }

    /// A point between `low` and `high`; waits beyond what a [`Duration`] holds become the longest.
    pub(crate) fn between(self, low: Duration, high: Duration) -> Duration {
        let (low_s, high_s) = (low.as_secs_f64(), high.as_secs_f64());
        Duration::try_from_secs_f64(low_s + (high_s - low_s) * self.0).unwrap_or(Duration::MAX)
    }
}

/// How often an attempt at a job may be made, and how long to wait between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Attempts in all, the first included. One means that nothing is tried again.
    pub attempts: u32,
    /// How many vanished holders a job survives, the last one not included: with 3 the job fails
    /// when its third holder vanishes. A job that kills its worker must not kill workers for ever.
    pub crashes: u32,
    /// The longest wait after the first, second, ... attempt; the last entry serves all later ones.
    /// The wait itself is random between zero and this ("full jitter"), so that jobs which broke
    /// together do not come back together.
    pub backoff: Vec<Duration>,
}

impl Default for RetrySchedule {
    /// Four attempts, up to 1 s, 5 s and 30 s apart; the third vanished holder ends the job.
    fn default() -> Self {
        Self {
            attempts: 4,
            crashes: 3,
            backoff: vec![
                Duration::from_secs(1),
                Duration::from_secs(5),
                Duration::from_secs(30),
            ],
        }
    }
}

impl RetrySchedule {
    /// How long to wait after `attempt` broke, or `None` when it was the last one.
    pub fn after(&self, attempt: Attempt, jitter: Jitter) -> Option<Duration> {
        if attempt.number() >= self.attempts {
            return None;
        }
        let place = usize::try_from(attempt.number() - 1).unwrap_or(usize::MAX);
        let longest = self
            .backoff
            .get(place)
            .or(self.backoff.last())
            .copied()
            .unwrap_or_default();
        Some(jitter.between(Duration::ZERO, longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_has_no_wait_after_it() {
        let retry = RetrySchedule::default();
        assert_eq!(
            retry.after(Attempt::new(1), Jitter::MOST),
            Some(Duration::from_secs(1))
        );
        assert_eq!(
            retry.after(Attempt::new(3), Jitter::MIDDLE),
            Some(Duration::from_secs(15))
        );
        assert_eq!(retry.after(Attempt::new(4), Jitter::MOST), None);
    }

    #[test]
    fn the_last_backoff_serves_all_later_attempts() {
        let retry = RetrySchedule {
            attempts: 9,
            ..RetrySchedule::default()
        };
        assert_eq!(
            retry.after(Attempt::new(8), Jitter::MOST),
            Some(Duration::from_secs(30))
        );
        assert_eq!(retry.after(Attempt::new(8), Jitter::LEAST), Some(Duration::ZERO));
    }

    #[test]
    fn an_empty_backoff_waits_not_at_all() {
        let retry = RetrySchedule {
            attempts: 2,
            crashes: 1,
            backoff: vec![],
        };
        assert_eq!(retry.after(Attempt::FIRST, Jitter::MOST), Some(Duration::ZERO));
    }

    #[test]
    fn jitter_is_never_outside_its_range() {
        assert_eq!(Jitter::new(f64::NAN), None);
        assert_eq!(Jitter::new(1.1), None);
        assert_eq!(Jitter::from_bits(u32::MAX), Jitter::MOST);
        assert_eq!(Jitter::from_bits(0), Jitter::LEAST);
    }
}

//! Whether a receiver still lives: when failures have lasted so long that nothing more is sent to it.

use std::time::Duration;

use crate::Timestamp;

/// What is known of a receiver by what became of the tries to reach it.
///
/// A row of failures that all fall into a few hours says little: a deployment that went wrong, a night without
/// anybody awake. So the clock starts only at a failure that is [`Patience::apart`] away from another one, and
/// a single success ends the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// The last try succeeded, or there was none.
    #[default]
    Well,
    /// Tries failed, and not long enough to mean anything.
    Doubtful {
        /// The first failure of the row.
        first: Timestamp,
        /// The latest failure that was written down: see [`Health::GRAIN`].
        last: Timestamp,
    },
    /// The clock runs: nothing but failures since then.
    Failing {
        /// Since when.
        since: Timestamp,
        /// The latest failure that was written down.
        last: Timestamp,
    },
}

/// How long failures may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long nothing but failures may last once the clock runs. Default: 5 days.
    pub lasting: Duration,
    /// How far two failures have to be apart for the clock to start. Default: 12 h.
    pub apart: Duration,
    /// Within which time those two have to fall. A row that pauses for twice as long begins anew.
    /// Default: 24 h.
    pub within: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            lasting: Duration::from_hours(5 * 24),
            apart: Duration::from_hours(12),
            within: Duration::from_hours(24),
        }
    }
}

/// What a failure means for a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// This is known of it now.
    Known(Health),
    /// It has failed for too long: nothing more is to be sent.
    GivenUp {
        /// Since when nothing but failures came.
        since: Timestamp,
    },
}

impl Health {
    /// A failure that follows another one by less is not worth writing down.
    pub const GRAIN: Duration = Duration::from_hours(1);

    /// What a failure at `now` means. Reads no clock.
    #[must_use]
    pub fn failed(self, now: Timestamp, patience: &Patience) -> Diagnosis {
        let anew = Self::Doubtful {
            first: now,
            last: now,
        };
        let fresh = |last: Timestamp| match now.since(last) >= Self::GRAIN {
            true => now,
            false => last,
        };
        let counts = |earlier: Timestamp| {
            let gap = now.since(earlier);
            gap >= patience.apart && gap <= patience.within
        };
        let broken = |last: Timestamp| now.since(last) > patience.within.saturating_mul(2);
        Diagnosis::Known(match self {
            Self::Well => anew,
            Self::Doubtful { first, last } if counts(first) || counts(last) => Self::Failing {
                since: now,
                last: now,
            },
            Self::Doubtful { last, .. } if now.since(last) > patience.within => anew,
            Self::Doubtful { first, last } => Self::Doubtful {
                first,
                last: fresh(last),
            },
            Self::Failing { last, .. } if broken(last) => anew,
            Self::Failing { since, .. } if now.since(since) >= patience.lasting => {
                return Diagnosis::GivenUp { since };
            }
            Self::Failing { since, last } => Self::Failing {
                since,
                last: fresh(last),
            },
        })
    }

    /// Since when nothing but failures came, if the clock runs.
    #[must_use]
    pub const fn failing_since(self) -> Option<Timestamp> {
        match self {
            Self::Failing { since, .. } => Some(since),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(n: i64) -> Timestamp {
        Timestamp::from_micros(n * 3_600_000_000)
    }

    /// The hour at which a receiver that fails at those hours is given up.
    fn given_up(hours: impl IntoIterator<Item = i64>) -> Option<i64> {
        let mut health = Health::Well;
        for n in hours {
            match health.failed(hour(n), &Patience::default()) {
                Diagnosis::Known(known) => health = known,
                Diagnosis::GivenUp { .. } => return Some(n),
            }
        }
        None
    }

    #[test]
    fn five_days_after_the_clock_started() {
        assert_eq!(given_up(0..1000), Some(12 + 120));
        assert_eq!(given_up((0..1000).step_by(24)), Some(24 + 120));
    }

    #[test]
    fn failures_that_are_close_together_start_no_clock() {
        let mut health = Health::Well;
        for minute in 0..11 * 60 {
            let now = Timestamp::from_micros(minute * 60_000_000);
            match health.failed(now, &Patience::default()) {
                Diagnosis::Known(known) => health = known,
                Diagnosis::GivenUp { .. } => panic!("given up after eleven hours"),
            }
        }
        assert_eq!(health.failing_since(), None);
    }

    #[test]
    fn one_failure_a_week_is_never_given_up() {
        assert_eq!(given_up((0..10_000).step_by(168)), None);
    }

    #[test]
    fn a_row_that_paused_begins_anew() {
        // The clock runs from hour 12; ten days of silence are no ten days of failures.
        assert_eq!(given_up([0, 12, 24, 264, 276]), None);
        assert_eq!(given_up([0, 12].into_iter().chain(264..1000)), Some(276 + 120));
    }

    #[test]
    fn a_later_pair_counts_too() {
        // 25 h after the first, 14 h after the latest.
        let row = [0, 11, 25];
        let mut health = Health::Well;
        for n in row {
            match health.failed(hour(n), &Patience::default()) {
                Diagnosis::Known(known) => health = known,
                Diagnosis::GivenUp { .. } => panic!("too early"),
            }
        }
        assert_eq!(health.failing_since(), Some(hour(25)));
    }

    #[test]
    fn a_failure_soon_after_another_changes_nothing() {
        let known = Health::Failing {
            since: hour(0),
            last: hour(3),
        };
        let soon = hour(3) + Duration::from_secs(3599);
        assert_eq!(known.failed(soon, &Patience::default()), Diagnosis::Known(known));
    }

    #[test]
    fn a_clock_that_went_back_gives_nobody_up() {
        let known = Health::Failing {
            since: hour(500),
            last: hour(500),
        };
        assert_eq!(
            known.failed(hour(1), &Patience::default()),
            Diagnosis::Known(known)
        );
    }
}

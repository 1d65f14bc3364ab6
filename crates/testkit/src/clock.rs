//! An obedient clock: it stands still until a test moves it, and all its handles show the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that shows microseconds since 1970, shared by its clones.
///
/// ```
/// use std::time::Duration;
/// let clock = marquetry_testkit::clock::Clock::at(1_000_000);
/// let seen_by_another = clock.clone();
/// clock.advance(Duration::from_secs(2));
/// assert_eq!(seen_by_another.now_micros(), 3_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock that shows `micros`.
    #[must_use]
    pub fn at(micros: i64) -> Self {
        Self(Arc::new(AtomicI64::new(micros)))
    }

    /// What it shows.
    #[must_use]
    pub fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Sets it, backwards too: clocks of real machines do that.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    /// Moves it on and says what it shows then.
    ///
    /// # Panics
    /// When the step is longer than `i64` microseconds.
    pub fn advance(&self, step: Duration) -> i64 {
        let step = i64::try_from(step.as_micros()).expect("a step within i64 microseconds");
        self.0.fetch_add(step, Ordering::SeqCst) + step
    }
}

impl Default for Clock {
    /// Noon of the first of January 2026, UTC.
    fn default() -> Self {
        Self::at(1_767_268_800_000_000)
    }
}

//! What time it is, as an argument: whoever works with a store takes a clock instead of reading one.

use std::time::{SystemTime, UNIX_EPOCH};

use marquetry_job::Timestamp;

/// Tells the time. Workers, couriers and the service take one, so that tests can move it.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The clock of this machine. It may jump, as such clocks do.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::from_micros(0);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => epoch + since,
            // A machine whose battery died may think it is 1969.
            Err(before) => epoch - before.duration(),
        }
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_year_2020() {
        assert!(SystemClock.now().as_seconds() > 1_577_836_800);
    }
}

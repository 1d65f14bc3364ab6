//! What the service takes from the world: the time, and randomness. Both can be replaced.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use marquetry_job::Timestamp;

use crate::ServiceError;
use crate::error::Source;

/// Tells the time.
#[derive(Clone)]
pub(crate) struct Clock(pub(crate) Arc<dyn Fn() -> Timestamp + Send + Sync>);

/// Fills bytes at random.
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) -> Result<(), Source> + Send + Sync;

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    /// The clock of the machine.
    fn default() -> Self {
        Self(Arc::new(|| {
            // A machine that believes to live before 1970 is as good as one that lives in 1970.
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_micros(0) + since
        }))
    }
}

impl Chance {
    /// `N` random bytes.
    pub(crate) fn draw<const N: usize>(&self) -> Result<[u8; N], ServiceError> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes).map_err(|source| ServiceError::NoRandomness { source })?;
        Ok(bytes)
    }
}

impl Default for Chance {
    /// The randomness of the operating system.
    fn default() -> Self {
        Self(Arc::new(|bytes| {
            getrandom::fill(bytes).map_err(|error| Source::from(error.to_string()))
        }))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

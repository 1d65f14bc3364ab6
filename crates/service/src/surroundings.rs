//! The randomness that the service takes from the world. It can be replaced.

use std::fmt;
use std::sync::Arc;

use crate::ServiceError;
use crate::error::Source;

/// Fills bytes at random.
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) -> Result<(), Source> + Send + Sync;

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

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

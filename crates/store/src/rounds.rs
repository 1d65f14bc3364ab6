//! What couriers and carriers have in common when they are built: how they make their rounds, and why they cannot.

use std::sync::Arc;
use std::time::Duration;

use crate::{Clock, Ownership, SystemClock};

/// How whoever carries what is owed makes its rounds.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// What time it is. Limits on a single try run on the runtime's own time.
    pub clock: Arc<dyn Clock>,
    /// Whether others carry from the same store.
    pub ownership: Ownership,
    /// How often to look for what is due when nothing tells us to. More than nothing.
    pub poll: Duration,
    /// How long a shutdown waits for what is under way before it hands that back.
    pub grace: Duration,
    /// When to look again at what cannot be tried at all. More than nothing.
    pub rest: Duration,
}

impl Default for Rounds {
    /// The system's clock, a store that is shared, a look each second, 10 s of grace, 30 s of rest.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ownership: Ownership::default(),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(10),
            rest: Duration::from_secs(30),
        }
    }
}

/// Why a courier or a carrier cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting makes no sense: whoever set it changes it.
    #[error("{setting} must be {must}")]
    Setting {
        /// The setting, as the builder calls it.
        setting: &'static str,
        /// What it has to be.
        must: &'static str,
    },
    /// The system gave no random bytes, of which names and waits are made.
    #[error("the system gives no random bytes: {problem}")]
    NoRandomness {
        /// What the system said.
        problem: String,
    },
}

impl BuildError {
    /// Nothing when that setting is `fine`.
    ///
    /// # Errors
    /// [`Self::Setting`] when it is not.
    pub const fn unless(fine: bool, setting: &'static str, must: &'static str) -> Result<(), Self> {
        match fine {
            true => Ok(()),
            false => Err(Self::Setting { setting, must }),
        }
    }
}

impl Rounds {
    /// Whether rounds can be made like that.
    ///
    /// # Errors
    /// [`BuildError::Setting`], which names what is wrong.
    pub fn check(&self) -> Result<(), BuildError> {
        BuildError::unless(!self.poll.is_zero(), "poll", "more than nothing")?;
        BuildError::unless(!self.rest.is_zero(), "rest", "more than nothing")
    }
}

//! What every way to a destination has in common.

use async_trait::async_trait;

use crate::cargo::Cargo;
use crate::place::Place;
use crate::setback::Stop;

/// Takes a file to a destination. Bringing it twice leaves what bringing it once leaves; a future that is dropped
/// leaves what was there before, or the whole file.
#[async_trait]
pub(crate) trait Bring: Send + Sync {
    /// Brings all of `cargo` to `place`, over what is there.
    ///
    /// # Errors
    /// [`Stop`]; what was at `place` before is then still there, or the whole file is.
    async fn bring(&self, cargo: &Cargo, place: &Place) -> Result<Brought, Stop>;
}

/// That a file is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    /// The status of the last answer, where somebody answers.
    pub(crate) status: Option<u16>,
    /// Who answered.
    pub(crate) lookup: String,
}

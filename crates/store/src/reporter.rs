//! Who makes the fidelity report of a file that has none yet.

use async_trait::async_trait;
use marquetry_job::Cause;
use marquetry_model::ContentHash;

/// Can open and draw mockups, which whoever wants the report cannot.
#[async_trait]
pub trait Reporter: std::fmt::Debug + Send + Sync {
    /// Makes the report of the file with these contents, and puts it and its heat map under their
    /// [keys](marquetry_model::BlobKey::fidelity). Those that are asked for a report at once make it
    /// one after the other; one that is there already is not made again.
    ///
    /// # Errors
    /// What would break a job that draws this file.
    async fn report(&self, content: ContentHash) -> Result<(), Cause>;
}

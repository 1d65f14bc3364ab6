//! What an upload job makes a mockup from.

use crate::{BlobKey, Mockup, ModelError};

/// What one upload job reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSpec {
    /// What the mockup is to be called. 1 to 255 characters.
    pub name: String,
    /// Where the file comes from.
    pub source: UploadSource,
}

/// Where the bytes of a PSD come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadSource {
    /// An address of the caller's choice; opened by `egress` only.
    Url(String),
    /// Bytes that came with the request and are stored already.
    Blob {
        /// Where they lie.
        key: BlobKey,
    },
}

impl UploadSpec {
    /// An upload under a name.
    ///
    /// # Errors
    /// A [`ModelError`] when the name is empty or longer than 255 characters.
    pub fn new(name: String, source: UploadSource) -> Result<Self, ModelError> {
        crate::text("psd_name", &name, Mockup::LONGEST_NAME)?;
        Ok(Self { name, source })
    }
}

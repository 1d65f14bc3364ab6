//! Why stored bytes cannot be had, and why a storage cannot be opened.

use object_store::Error;

/// Why a call to the storage failed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The blob is longer than the caller can take: the caller raises the limit, or does without.
    #[error("it has {length} bytes, {most} allowed")]
    TooLong {
        /// How many bytes it has.
        length: u64,
        /// How many the caller allows.
        most: u64,
    },
    /// The storage failed, also after the call was repeated.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a storage cannot be opened: the operator changes a setting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address names no storage that is known.
    #[error("{url:?} is no blob URL; use file:///FOLDER or s3://BUCKET/PREFIX")]
    Address {
        /// What was given.
        url: String,
    },
    /// A setting is outside its range.
    #[error("{setting} must be {expected}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The folder cannot be made.
    #[error("{folder} cannot be made")]
    Folder {
        /// Which.
        folder: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The storage's own client refuses its settings.
    #[error("the blob storage cannot be opened")]
    Storage(#[from] Error),
}

/// Whether the same call may well succeed a moment later.
pub(crate) fn may_pass(error: &Error) -> bool {
    !matches!(
        error,
        Error::NotFound { .. }
            | Error::InvalidPath { .. }
            | Error::NotSupported { .. }
            | Error::AlreadyExists { .. }
            | Error::Precondition { .. }
            | Error::NotModified { .. }
            | Error::NotImplemented { .. }
            | Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::UnknownConfigurationKey { .. }
    )
}

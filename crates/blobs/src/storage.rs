//! A storage that was opened by its address.

use std::fmt;
use std::path::Path as Folder;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use crate::OpenError;
#[cfg(feature = "s3")]
use crate::{S3Settings, Signing};

/// Where blobs are kept, opened. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    /// What reads and writes.
    pub blobs: Arc<dyn ObjectStore>,
    /// What makes addresses that anybody can read a blob by without asking this house; not every storage can.
    #[cfg(feature = "s3")]
    pub signing: Option<Signing>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The storage's own words, which hold no credentials.
        write!(f, "Storage({})", self.blobs)
    }
}

impl Storage {
    /// The storage that `url` names: `file:///FOLDER` or `s3://BUCKET/PREFIX`, the latter set up by `s3`.
    ///
    /// # Errors
    /// [`OpenError`]. Nothing is asked of the storage yet: one that cannot be reached is opened all the same.
    #[cfg(feature = "s3")]
    pub fn open(url: &str, s3: &S3Settings) -> Result<Self, OpenError> {
        match url.split_once("://") {
            Some(("file", folder)) if !folder.is_empty() => Self::folder(Folder::new(folder)),
            Some(("s3", place)) if !place.starts_with('/') && !place.is_empty() => {
                let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
                Self::s3(bucket, prefix, s3)
            }
            _ => Err(OpenError::Address { url: url.to_owned() }),
        }
    }

    /// A folder, which is made if it is not there. A blob is on the disk, and not only on its way there, when the call
    /// that wrote it returns: a row must never outlive what it points to, not even through a loss of power.
    ///
    /// # Errors
    /// [`OpenError::Folder`], and [`OpenError::Storage`] when it is no folder.
    pub fn folder(folder: &Folder) -> Result<Self, OpenError> {
        std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
            folder: folder.display().to_string(),
            source,
        })?;
        let blobs = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            blobs: Arc::new(blobs),
            #[cfg(feature = "s3")]
            signing: None,
        })
    }
}

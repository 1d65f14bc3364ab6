//! Stored bytes under keys: how their storage is opened, read and written, and what is needed of it.
//!
//! There is no blob trait of ours: storage is whatever implements [`object_store::ObjectStore`]. This crate opens the
//! two kinds that ship ([`Storage::folder`]; `Storage::s3` with the feature `s3`), adds the few calls that the house makes of any of them
//! ([`Blobs`]), and says in a suite of tests what it counts on ([`conformance`]).
//!
//! # What is counted on
//!
//! * A blob appears whole or not at all, also when it is written in parts and the writer dies between two of them.
//! * Writing a key again replaces it whole; a reader sees the old bytes or the new ones, never some of each.
//! * What a call has answered is stored, and everybody who looks from then on sees it.
//! * A part of a blob can be read without reading the rest; taking away what is not there is no error.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use marquetry_blobs::Blobs as _;
//! use marquetry_model::{BlobKey, ContentHash};
//! use object_store::memory::InMemory;
//!
//! let storage = InMemory::new();
//! let key = BlobKey::asset(ContentHash::from_bytes([7; 32]));
//! storage.put_blob(&key, "bytes".into()).await?;
//! assert_eq!(storage.blob(&key, 1 << 20).await?.as_deref(), Some(&b"bytes"[..]));
//! assert_eq!(storage.blob_length(&key).await?, Some(5));
//! storage.delete_blob(&key).await?;
//! storage.delete_blob(&key).await?;
//! assert_eq!(storage.blob(&key, 1 << 20).await?, None);
//! # Ok::<(), marquetry_blobs::BlobError>(())
//! # }).unwrap();
//! ```

mod calls;
pub mod conformance;
mod error;
mod pieces;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "s3")]
mod signing;
mod storage;
mod unreliable;

pub use calls::{Blobs, path};
pub use error::{BlobError, OpenError};
pub use pieces::pieces;
#[cfg(feature = "s3")]
pub use s3::S3Settings;
#[cfg(feature = "s3")]
pub use signing::Signing;
pub use storage::Storage;
pub use unreliable::Unreliable;

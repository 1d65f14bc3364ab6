//! What a storage of blobs is counted on for, held by all that ship: memory, a folder, S3 over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod conformance;
#[cfg(feature = "s3")]
mod s3;
mod unreliable;

//! What a storage of blobs is counted on for, held by all that ship: memory, a folder, S3 over real HTTP.

mod conformance;
mod s3;
mod unreliable;

//! Files brought for real: into folders on the disk, to an S3 server, to a stand-in of Dropbox.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(feature = "s3")]
mod bucket;
mod dropbox;
mod folder;
mod rounds;
mod stage;
mod stand_in;

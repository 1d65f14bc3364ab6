//! The service over the store in memory and a real folder of blobs. A worker is played with the steps that real
//! workers take, so that no other crate of this floor is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod endpoints;
mod housekeeping;
mod isolation;
mod jobs;
mod keys;
mod mockups;
mod store;
mod submit;
mod uploads;
mod wait;
mod world;

//! The crate from outside: files in, files out, and files that mean harm.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod colour;
mod files;
mod hostile;
mod metadata;
mod pictures;
mod round_trip;
mod scaling;

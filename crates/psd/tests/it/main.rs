//! Whole files, built byte by byte, read back and damaged in every way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod builder;
mod contents;
mod corpus;
mod damage;
mod structure;

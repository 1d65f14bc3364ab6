//! Files owed become files brought: to a folder, a bucket, or Dropbox.
//!
//! # What is promised
//!
//! * At least once: what is owed is brought until it is there, its schedule ends, or its destination is gone. A crash
//!   between the bringing and its record brings it again: the same bytes under the same path.
//! * Whole or not at all: nobody finds half a file under its path. What was there is replaced.
//! * How a destination is reached is read anew for each try; its secrets are opened for the try and shown nowhere.
//! * Addresses that callers chose are opened by `egress` alone.
//! * A long file lies in memory a piece at a time, and a destination that is slow or dead holds up few others.
//! * Whatever came of a try is written down for the tenant, in plain words.
//!
//! # Who does what
//!
//! Whoever ends a job decides what is owed, and the store writes it with the end. [`Carrier`] takes the deliveries of
//! [`Carriage::File`](marquetry_model::Carriage::File) from there, as couriers take the messages.
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//! use marquetry_carrier::Carrier;
//! use marquetry_egress::{Egress, Policy};
//! use marquetry_store::{Ownership, Store, memory::MemoryStore};
//! use object_store::memory::InMemory;
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! let carrier = Carrier::builder(store, Arc::new(InMemory::new()), Egress::new(Policy::default())?)
//!     .ownership(Ownership::Sole)
//!     .folder("/srv/files".into())
//!     .timeout(Duration::from_secs(60))
//!     .build()?;
//! carrier.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! In reading order: `builder` for what a carrier is made of, `carrier` for its rounds, `errand` for one try, `cargo`
//! for the file and `place` for where it goes, `bring` for what every way has in common, then the ways: `folder`,
//! `bucket`, `dropbox` with its `tokens`. `setback` says what went wrong.

mod bring;
#[cfg(feature = "s3")]
mod bucket;
mod builder;
mod cargo;
mod carrier;
mod dropbox;
mod errand;
mod folder;
mod place;
mod setback;
mod tokens;

pub use builder::{CarrierBuilder, DropboxAddresses};
pub use carrier::Carrier;
pub use marquetry_store::BuildError as CarrierError;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Every store trait on one SQLite file: the embedded default.
//!
//! One thread writes. It takes whatever has been asked of it, runs each wish in a savepoint of one
//! transaction, commits once, and answers all ("group commit"): nothing is answered before it is on
//! stable storage (`WAL` with `synchronous=FULL`), and many callers share the price of one flush.
//! Readers have connections of their own and never wait for the writer.
//!
//! A file belongs to one server: [`SqliteStore::open`] locks it, so whoever holds it knows that every
//! lease in it is of a dead process and may free them at once
//! ([`marquetry_store::JobSteps::recover`]). Tools that work beside a server use
//! [`SqliteStore::open_beside`].
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! use marquetry_model::{Tenant, TenantId};
//! use marquetry_job::Timestamp;
//! use marquetry_store::KeyStore;
//! use marquetry_store_sqlite::SqliteStore;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("marquetry.db");
//! let store = SqliteStore::open(&path)?;
//! let id = TenantId::from_random([1; 16]);
//! let tenant = Tenant { id, name: "the shop".into(), created_at: Timestamp::from_micros(0) };
//! store.insert_tenant(&tenant).await?;
//! drop(store);
//! assert_eq!(SqliteStore::open(&path)?.tenant(id).await?, Some(tenant));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod connection;
mod error;
mod lock;
mod migrations;
mod readers;
mod store;
mod stores;
mod writer;

pub use connection::Check;
pub use store::{Options, SqliteStore};

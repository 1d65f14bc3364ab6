//! Every store trait on PostgreSQL, for as many processes as one likes.
//!
//! * **Claims** lock what is due with `FOR UPDATE SKIP LOCKED` and write all of it with one statement:
//!   two round trips a batch, however many jobs.
//! * **Writes** of one process are gathered while the statement before is on its way, and go together as
//!   one statement, which is one transaction and one flush to the disk. Each caller still hears what
//!   became of its own wish.
//! * **News** go out with `NOTIFY` right after the write, gathered and beside the work, and ring the bells of all
//!   processes. A lost notification costs the wait until the next look, no more.
//! * **Time** is the database's: see [`PostgresStore::clock`].
//!
//! Every setting is local to its transaction, and statements are prepared only where the server was seen to
//! be at the other end of our own socket, so a pooler in transaction mode may stand in between. Only `LISTEN` needs a session: give [`Options::listen_url`] an address
//! around the pooler, or live with the slow look.
//!
//! ```no_run
//! # async fn example() -> Result<(), marquetry_store::StoreError> {
//! use marquetry_store::JobStore;
//! use marquetry_store_postgres::{Options, PostgresStore};
//!
//! let url = "postgres://marquetry:secret@db.example.com/marquetry?sslmode=require";
//! let store = PostgresStore::open(url, &Options::default()).await?;
//! println!("{} jobs wait or run", store.count_live_jobs(None).await?);
//! # Ok(())
//! # }
//! ```

mod address;
mod clock;
mod error;
mod listener;
mod migrations;
mod news;
mod pool;
mod scribe;
mod sessions;
mod store;
mod stores;
mod teller;
mod tls;
mod transaction;
mod weakness;

pub use clock::DatabaseClock;
pub use store::{Options, PostgresStore};
pub use weakness::Weakness;

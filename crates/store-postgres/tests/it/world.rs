//! A database for each test.

use marquetry_store_postgres::{Options, PostgresStore};
use marquetry_testkit::postgres::{Database, Server};

/// An empty database; `None` where there is no PostgreSQL, which has then been said.
pub(crate) async fn database() -> Option<Database> {
    Some(Server::shared()?.database().await.unwrap())
}

/// The store of a database.
pub(crate) async fn open(database: &Database) -> PostgresStore {
    PostgresStore::open(database.url(), &Options::default())
        .await
        .unwrap()
}

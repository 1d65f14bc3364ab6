//! Several statements that hold together, for the writes that no single statement can make.

use marquetry_store::StoreError;
use tokio_postgres::Row;

use crate::error::{Undone, Work};
use crate::pool::{Pool, Value, Whole};

/// A transaction. Unless it is committed, nothing of it was done.
#[derive(Debug)]
pub(crate) struct Transaction<'p> {
    pool: &'p Pool,
    client: Whole,
}

impl<'p> Transaction<'p> {
    /// Begins one.
    pub(crate) async fn begin(pool: &'p Pool) -> Work<Self> {
        let client = pool.borrow().await?.whole();
        let begin = pool.begin();
        let begun = pool.patiently(&client, client.batch_execute(&begin)).await?;
        begun.map_err(|error| Undone::of(&error, "transaction"))?;
        Ok(Self { pool, client })
    }

    /// Runs a statement in it.
    pub(crate) async fn run(&self, sql: &str, values: &[Value<'_>], what: &'static str) -> Work<Vec<Row>> {
        let ready = self
            .pool
            .patiently(&self.client, self.pool.ready(&self.client, sql, values))
            .await?;
        let ready = ready.map_err(|error| Undone::of(&error, what))?;
        let rows = self
            .pool
            .patiently(&self.client, ready.run(&self.client, values))
            .await?;
        rows.map_err(|error| Undone::of(&error, what).into())
    }

    /// Makes all of it durable.
    pub(crate) async fn commit(self) -> Work<()> {
        self.end("COMMIT").await
    }

    /// Undoes all of it and keeps the connection, which dropping would not.
    pub(crate) async fn undo(self) -> Work<()> {
        self.end("ROLLBACK").await
    }

    async fn end(self, how: &str) -> Result<(), StoreError> {
        let ended = self
            .pool
            .patiently(&self.client, self.client.batch_execute(how))
            .await?;
        ended.map_err(|error| Undone::of(&error, "transaction"))?;
        self.client.end();
        Ok(())
    }
}

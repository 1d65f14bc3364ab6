//! Connections, lent out one at a time, and the patience one has with them.
//!
//! Every statement is unnamed (`query_typed`): parsed, planned and run in one round trip, and nothing of
//! it stays behind in the session. A pooler in transaction mode may hand the next one to another server.

use std::ops::Deref;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, PoolConfig, RecyclingMethod, Runtime, Timeouts};
use marquetry_store::StoreError;
use tokio::time::timeout;
use tokio_postgres::types::{FromSqlOwned, ToSql, Type};
use tokio_postgres::{Client, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Address;
use crate::error::{Undone, Work, chain};

/// A value and its type, as statements take them.
pub(crate) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// How patient a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// With a connection to become free or to be made.
    pub(crate) connection: Duration,
    /// With a statement.
    pub(crate) statement: Duration,
}

/// The connections of one store. Cheap to clone; all clones lend the same.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    connections: deadpool_postgres::Pool,
    patience: Patience,
    tls: Tls,
    sessions: Sessions,
}

/// Whose the sessions are in which our statements run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// A connection of ours is a session, for as long as it lives.
    Own,
    /// They may be lent for a transaction at a time.
    Shared,
}

/// A statement that is ready to be run.
#[derive(Debug)]
pub(crate) enum Ready<'a> {
    Prepared(Statement),
    Text(&'a str),
}

impl Ready<'_> {
    /// Runs it. Sent when first polled, so that several can go in one round trip.
    pub(crate) async fn run(
        &self,
        client: &Client,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        match self {
            Self::Text(sql) => client.query_typed(sql, values).await,
            Self::Prepared(statement) => {
                let values: Vec<_> = values.iter().map(|(value, _)| *value).collect();
                client.query(statement, &values).await
            }
        }
    }
}

#[derive(Clone)]
struct Tls(MakeRustlsConnect);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Pool {
    pub(crate) fn new(
        address: &Address,
        tls: MakeRustlsConnect,
        most: usize,
        patience: Patience,
        sessions: Sessions,
    ) -> Work<Self> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(address.config.clone(), tls.clone(), recycling);
        let connections = deadpool_postgres::Pool::builder(manager)
            .config(PoolConfig {
                timeouts: Timeouts {
                    wait: Some(patience.connection),
                    create: Some(patience.connection),
                    recycle: Some(patience.connection),
                },
                ..PoolConfig::new(most.max(1))
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Broken {
                doing: "making the pool",
                source: error.into(),
            })?;
        Ok(Self {
            connections,
            patience,
            tls: Tls(tls),
            sessions,
        })
    }

    /// A connection, within the patience one has.
    pub(crate) async fn borrow(&self) -> Result<Borrowed, Undone> {
        match self.connections.get().await {
            Ok(object) => Ok(Borrowed(object)),
            Err(deadpool_postgres::PoolError::Backend(error)) => Err(Undone::of(&error, "connecting")),
            Err(error) => Err(Undone::unavailable(chain(&error))),
        }
    }

    /// Runs one statement that only reads. One that met a dead connection is run once more on another:
    /// after a restart of the server every idle connection is dead, and most are known to be.
    pub(crate) async fn read(&self, sql: &str, values: &[Value<'_>], what: &'static str) -> Work<Vec<Row>> {
        let mut last = None;
        for _ in 0..2 {
            let client = self.borrow().await?;
            match self.ask(&client, sql, values, what).await {
                Ok(rows) => return Ok(rows),
                Err(undone) if client.is_closed() => last = Some(undone),
                Err(undone) => return Err(undone.into()),
            }
        }
        Err(last.map_or(StoreError::Closed, StoreError::from))
    }

    /// Runs one statement that reads a page of a queue in the order of an index, with the [settings](Self::begin) of
    /// those that write; once more where its connection had died.
    pub(crate) async fn walk(&self, sql: &str, values: &[Value<'_>], what: &'static str) -> Work<Vec<Row>> {
        match self.write(sql, values, what).await {
            Err(undone) if undone.is_unavailable() => Ok(self.write(sql, values, what).await?),
            rows => Ok(rows?),
        }
    }

    /// Runs one statement that writes: once, for nobody knows what became of it when its connection died.
    ///
    /// In a transaction of its own, for the sake of its [settings](Self::begin); all of it is one round trip.
    pub(crate) async fn write(
        &self,
        sql: &str,
        values: &[Value<'_>],
        what: &'static str,
    ) -> Result<Vec<Row>, Undone> {
        let client = self.borrow().await?.whole();
        let begin = self.begin();
        let ready = self.patiently(&client, self.ready(&client, sql, values)).await?;
        let ready = ready.map_err(|error| Undone::of(&error, what))?;
        // Polled in this order, so sent in this order.
        let asked = futures::future::join3(
            client.batch_execute(&begin),
            ready.run(&client, values),
            client.batch_execute("COMMIT"),
        );
        let (begun, rows, ended) = self.patiently(&client, asked).await?;
        // What went wrong first says why; the end of a transaction that broke is no end that was wished for.
        begun.map_err(|error| Undone::of(&error, what))?;
        let rows = rows.map_err(|error| Undone::of(&error, what));
        if rows.is_ok() {
            ended.map_err(|error| Undone::of(&error, what))?;
        }
        client.end();
        rows
    }

    /// The statement as this connection runs it best, to be run by [`Ready::run`].
    ///
    /// Where the session is ours it is prepared, once: reading and planning one of these texts costs the server
    /// more than running it does. A pooler may lend the session to others at any moment, and so the text
    /// goes along each time where one may stand in between.
    pub(crate) async fn ready<'a>(
        &self,
        client: &Object,
        sql: &'a str,
        values: &[Value<'_>],
    ) -> Result<Ready<'a>, tokio_postgres::Error> {
        if self.sessions == Sessions::Shared {
            return Ok(Ready::Text(sql));
        }
        let types: Vec<Type> = values.iter().map(|(_, kind)| kind.clone()).collect();
        Ok(Ready::Prepared(client.prepare_typed_cached(sql, &types).await?))
    }

    /// Runs one statement on a connection one has.
    async fn ask(
        &self,
        client: &Client,
        sql: &str,
        values: &[Value<'_>],
        what: &'static str,
    ) -> Result<Vec<Row>, Undone> {
        let asked = self.patiently(client, client.query_typed(sql, values));
        asked.await?.map_err(|error| Undone::of(&error, what))
    }

    /// Waits for an answer as long as one may, and has the server stop when that is over.
    pub(crate) async fn patiently<T>(
        &self,
        client: &Client,
        answer: impl Future<Output = T>,
    ) -> Result<T, Undone> {
        if let Ok(answer) = timeout(self.patience.statement, answer).await {
            return Ok(answer);
        }
        let (token, tls) = (client.cancel_token(), self.tls.0.clone());
        let patience = self.patience.connection;
        tokio::spawn(async move {
            // A server that does not even hear this has lost us, and notices by itself.
            let _ = timeout(patience, token.cancel_query(tls)).await;
        });
        Err(Undone::unavailable(format!(
            "PostgreSQL gave no answer within {:?}",
            self.patience.statement
        )))
    }

    /// Settings for a transaction. They end with it, so no session keeps them: a client that stands still in
    /// the middle does not hold its locks for ever.
    ///
    /// Every statement of ours walks an index in its order and stops after a page. The planner does not know
    /// how long the queue is: its figures are as old as the last `ANALYZE`, when the queue may have been empty. Told
    /// that there is nothing, it gathers and sorts all that waits, for each claim anew: four times the work of
    /// all else with three thousand jobs in line. So it is not asked. And what it plans by an index is right for any
    /// values, so that a prepared statement is planned once.
    pub(crate) fn begin(&self) -> String {
        let patience = self.patience.statement.as_millis();
        format!(
            "BEGIN; SET LOCAL statement_timeout = {patience};
             SET LOCAL idle_in_transaction_session_timeout = {patience};
             SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
             SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off;
             SET LOCAL plan_cache_mode = force_generic_plan"
        )
    }
}

/// A connection on loan.
#[derive(Debug)]
pub(crate) struct Borrowed(Object);

impl Deref for Borrowed {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.0
    }
}

impl Borrowed {
    /// For several statements: unless [`Whole::end`] is reached, the connection is closed and the server
    /// undoes what was begun.
    pub(crate) fn whole(self) -> Whole {
        Whole(Some(self.0))
    }
}

/// A connection on loan that goes back only when its transaction has ended.
#[derive(Debug)]
pub(crate) struct Whole(Option<Object>);

impl Whole {
    /// The transaction has ended; the connection may be lent again.
    pub(crate) fn end(mut self) {
        self.0 = None;
    }
}

impl Deref for Whole {
    type Target = Object;

    fn deref(&self) -> &Object {
        match &self.0 {
            Some(object) => object,
            None => unreachable!("only `end` and `drop` take it out, and both are the last to touch it"),
        }
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

/// A column of a row; a foreign table in place of ours is an error, not a panic.
pub(crate) fn get<T: FromSqlOwned>(row: &Row, column: usize, what: &'static str) -> Work<T> {
    row.try_get(column).map_err(|error| StoreError::Unreadable {
        what,
        problem: chain(&error),
    })
}

//! Connections, lent out one at a time, and the patience one has with them.
//!
//! Where a pooler may stand in between, every statement is unnamed (`query_typed`): parsed, planned and run in one round
//! trip, and nothing of it stays behind in the session; its settings come before it, in a transaction around both.
//! Where the session is ours, what is written is prepared once, and the settings belong to the session: saying them
//! again each time was a quarter of what a job cost. Since what is read is planned as the planner thinks best, it has
//! connections of its own.

use std::ops::Deref;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, PoolConfig, RecyclingMethod, Runtime, Timeouts};
use marquetry_store::StoreError;
use tokio::time::timeout;
use tokio_postgres::types::{FromSql, FromSqlOwned, ToSql, Type};
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
    writing: deadpool_postgres::Pool,
    /// The same as `writing` where sessions are shared.
    reading: deadpool_postgres::Pool,
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
        let pool = |config: &tokio_postgres::Config, most: usize| {
            let recycling = ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            };
            let manager = Manager::from_config(config.clone(), tls.clone(), recycling);
            let made = deadpool_postgres::Pool::builder(manager)
                .config(PoolConfig {
                    timeouts: Timeouts {
                        wait: Some(patience.connection),
                        create: Some(patience.connection),
                        recycle: Some(patience.connection),
                    },
                    ..PoolConfig::new(most.max(1))
                })
                .runtime(Runtime::Tokio1)
                .build();
            made.map_err(|error| StoreError::Broken {
                doing: "making the pool",
                source: error.into(),
            })
        };
        let (writing, reading) = match sessions {
            Sessions::Own => {
                let reading = most / 3;
                let settled = settled(&address.config, patience);
                (pool(&settled, most - reading)?, pool(&address.config, reading)?)
            }
            Sessions::Shared => {
                let both = pool(&address.config, most)?;
                (both.clone(), both)
            }
        };
        Ok(Self {
            writing,
            reading,
            patience,
            tls: Tls(tls),
            sessions,
        })
    }

    /// A connection to write by, within the patience one has.
    pub(crate) async fn borrow(&self) -> Result<Borrowed, Undone> {
        lend(&self.writing).await
    }

    /// One without [settings](Self::begin).
    pub(crate) async fn borrow_plain(&self) -> Result<Borrowed, Undone> {
        lend(&self.reading).await
    }

    /// Runs one statement that only reads. One that met a dead connection is run once more on another:
    /// after a restart of the server every idle connection is dead, and most are known to be.
    pub(crate) async fn read(&self, sql: &str, values: &[Value<'_>], what: &'static str) -> Work<Vec<Row>> {
        let mut last = None;
        for _ in 0..2 {
            let client = self.borrow_plain().await?;
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
    /// All of it is one round trip.
    pub(crate) async fn write(
        &self,
        sql: &str,
        values: &[Value<'_>],
        what: &'static str,
    ) -> Result<Vec<Row>, Undone> {
        let client = self.borrow().await?.whole();
        let ready = self.patiently(&client, self.ready(&client, sql, values)).await?;
        let ready = ready.map_err(|error| Undone::of(&error, what))?;
        if self.sessions == Sessions::Own {
            // A statement by itself is a transaction.
            let rows = self.patiently(&client, ready.run(&client, values)).await?;
            client.end();
            return rows.map_err(|error| Undone::of(&error, what));
        }
        let begin = self.begin();
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

    /// How a transaction begins. Where the session is not ours its settings come along and end with it.
    pub(crate) fn begin(&self) -> String {
        match self.sessions {
            Sessions::Own => "BEGIN".into(),
            Sessions::Shared => {
                let settings = settings(self.patience);
                let set = settings
                    .iter()
                    .map(|(name, value)| format!("; SET LOCAL {name} = {value}"));
                format!("BEGIN{}", set.collect::<String>())
            }
        }
    }
}

async fn lend(pool: &deadpool_postgres::Pool) -> Result<Borrowed, Undone> {
    match pool.get().await {
        Ok(object) => Ok(Borrowed(object)),
        Err(deadpool_postgres::PoolError::Backend(error)) => Err(Undone::of(&error, "connecting")),
        Err(error) => Err(Undone::unavailable(chain(&error))),
    }
}

/// What holds for everything that writes: a client that stands still in the middle does not hold its locks for ever; and
/// how it is planned.
///
/// Every statement of ours walks an index in its order and stops after a page. The planner does not know
/// how long the queue is: its figures are as old as the last `ANALYZE`, when the queue may have been empty. Told
/// that there is nothing, it gathers and sorts all that waits, for each claim anew: four times the work of
/// all else with three thousand jobs in line. So it is not asked. And what it plans by an index is right for any
/// values, so that a prepared statement is planned once.
fn settings(patience: Patience) -> [(&'static str, String); 9] {
    let patience = patience.statement.as_millis().to_string();
    let off = || "off".to_owned();
    [
        ("statement_timeout", patience.clone()),
        ("idle_in_transaction_session_timeout", patience),
        ("enable_seqscan", off()),
        ("enable_bitmapscan", off()),
        ("enable_sort", off()),
        ("enable_hashjoin", off()),
        ("enable_mergejoin", off()),
        ("jit", off()),
        ("plan_cache_mode", "force_generic_plan".into()),
    ]
}

/// Sessions that begin with these settings.
fn settled(config: &tokio_postgres::Config, patience: Patience) -> tokio_postgres::Config {
    let mut options = config.get_options().unwrap_or_default().to_owned();
    for (name, value) in settings(patience) {
        options.push_str(&format!(" -c {name}={value}"));
    }
    let mut settled = config.clone();
    settled.options(options);
    settled
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
    lent(row, column, what)
}

/// The same, read where it lies.
pub(crate) fn lent<'a, T: FromSql<'a>>(row: &'a Row, column: usize, what: &'static str) -> Work<T> {
    row.try_get(column).map_err(|error| StoreError::Unreadable {
        what,
        problem: chain(&error),
    })
}

//! The floor on PostgreSQL: a table with one index, prepared statements, a connection for each worker. Nothing is
//! decided, no history told, nobody notified; the rows are as long as ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::future::join_all;
use marquetry_testkit::postgres::Database;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Statement};

use crate::Outcome;
use crate::contender::{Contender, Taking};

/// One row after another by one statement each would cost more, so the floor of many callers is one statement
/// for all of them.
const ADD: &str = "INSERT INTO bare_jobs (payload) SELECT unnest($1::text[])";
const CLAIM: &str = "UPDATE bare_jobs SET state = 1
    WHERE id = ANY (ARRAY(SELECT id FROM bare_jobs WHERE state = 0 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING id, payload";
/// An update, for finished jobs are kept.
const FINISH: &str = "UPDATE bare_jobs SET state = 2 WHERE id = ANY ($1)";

/// Bare statements.
pub(crate) struct BarePostgres {
    database: Arc<Database>,
    payload: String,
    workers: Mutex<Vec<Arc<Worker>>>,
}

struct Worker {
    client: Client,
    add: Statement,
    claim: Statement,
    finish: Statement,
}

impl BarePostgres {
    /// The table, whose rows hold as many bytes as `payload`.
    pub(crate) async fn make(database: Arc<Database>, payload: String) -> Outcome<Self> {
        let client = database.connect().await?;
        let make = "CREATE TABLE bare_jobs (
                        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, state smallint NOT NULL DEFAULT 0,
                        payload text NOT NULL
                    ) WITH (fillfactor = 70);
                    CREATE INDEX bare_waiting ON bare_jobs (id) WHERE state = 0";
        client.batch_execute(make).await?;
        Ok(Self {
            database,
            payload,
            workers: Mutex::default(),
        })
    }

    async fn workers(&self, count: u32) -> Outcome<Vec<Arc<Worker>>> {
        let mut workers = self.workers.lock().await;
        let count = usize::try_from(count)?;
        while workers.len() < count {
            let client = self.database.connect().await?;
            let (add, claim) = (client.prepare(ADD).await?, client.prepare(CLAIM).await?);
            let finish = client.prepare(FINISH).await?;
            workers.push(Arc::new(Worker {
                client,
                add,
                claim,
                finish,
            }));
        }
        Ok(workers[..count].to_vec())
    }
}

#[async_trait]
impl Contender for BarePostgres {
    fn name(&self) -> String {
        "floor".into()
    }

    async fn accept(&self, jobs: u32, callers: u32) -> Outcome<()> {
        let worker = self.workers(1).await?.remove(0);
        let mut left = jobs;
        while left > 0 {
            let page = left.min(callers);
            let payloads = vec![&self.payload; usize::try_from(page)?];
            worker.client.execute(&worker.add, &[&payloads]).await?;
            left -= page;
        }
        Ok(())
    }

    async fn ready(&self, taking: Taking, _: u32) -> Outcome<()> {
        self.workers(taking.workers).await?;
        Ok(())
    }

    async fn drain(&self, taking: Taking, jobs: u32) -> Outcome<()> {
        let done = Arc::new(AtomicU32::new(0));
        let workers = self.workers(taking.workers).await?;
        let working = workers.into_iter().map(|worker| {
            let done = Arc::clone(&done);
            tokio::spawn(async move { worker.work(taking.batch, jobs, &done).await })
        });
        for worker in join_all(working).await {
            worker??;
        }
        Ok(())
    }
}

impl Worker {
    async fn work(&self, batch: u32, jobs: u32, done: &AtomicU32) -> Outcome<()> {
        while done.load(Ordering::Relaxed) < jobs {
            let rows = self.client.query(&self.claim, &[&i64::from(batch)]).await?;
            if rows.is_empty() {
                tokio::task::yield_now().await;
                continue;
            }
            let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
            let finished = self.client.execute(&self.finish, &[&ids]).await?;
            done.fetch_add(u32::try_from(finished)?, Ordering::Relaxed);
        }
        Ok(())
    }
}

//! The floor on PostgreSQL: a table with one index, prepared statements, a connection for each worker. Nothing is
//! decided, no history told, nobody notified; the rows are as long as ours.
//!
//! Such a loop forgets who took a job: one whose worker dies is lost, and one that is late ends it all the same. So there
//! is a second floor, which does what no engine can do without: each job taken has a holder, a lease that is found when
//! it lapses and an epoch; an end is written only under that epoch, with a result as long as ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::future::join_all;
use marquetry_testkit::postgres::Database;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

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

const LEASED_CLAIM: &str =
    "UPDATE bare_jobs SET state = 1, worker = $2, epoch = epoch + 1, until = now() + interval '1 hour'
    WHERE id = ANY (ARRAY(SELECT id FROM bare_jobs WHERE state = 0 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING id, payload, epoch";
const LEASED_FINISH: &str = "UPDATE bare_jobs SET state = 2, until = NULL, result = $3
    FROM unnest($1::bigint[], $2::bigint[]) AS done (job, held)
    WHERE id = ANY ($1) AND id = job AND epoch = held AND state = 1";

/// What is remembered of a job that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// That it was taken.
    Taken,
    /// Who has it, until when, and for which time.
    Leases,
}

/// Bare statements.
pub(crate) struct BarePostgres {
    database: Arc<Database>,
    memory: Memory,
    /// What ends a job, with leases.
    result: String,
    payload: String,
    workers: Mutex<Vec<Arc<Worker>>>,
}

struct Worker {
    id: Uuid,
    memory: Memory,
    result: String,
    client: Client,
    add: Statement,
    claim: Statement,
    finish: Statement,
}

impl BarePostgres {
    /// The table, whose rows hold as many bytes as `payload`, and `result` once they ended if there are leases.
    pub(crate) async fn make(
        database: Arc<Database>,
        memory: Memory,
        payload: String,
        result: String,
    ) -> Outcome<Self> {
        let client = database.connect().await?;
        let make = "CREATE TABLE bare_jobs (
                        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, state smallint NOT NULL DEFAULT 0,
                        payload text NOT NULL
                    ) WITH (fillfactor = 70);
                    CREATE INDEX bare_waiting ON bare_jobs (id) WHERE state = 0";
        client.batch_execute(make).await?;
        if memory == Memory::Leases {
            let leases =
                "ALTER TABLE bare_jobs ADD COLUMN worker uuid, ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
                              ADD COLUMN until timestamptz, ADD COLUMN result text;
                          CREATE INDEX bare_leased ON bare_jobs (until) WHERE state = 1";
            client.batch_execute(leases).await?;
        }
        Ok(Self {
            database,
            memory,
            result,
            payload,
            workers: Mutex::default(),
        })
    }

    async fn workers(&self, count: u32) -> Outcome<Vec<Arc<Worker>>> {
        let mut workers = self.workers.lock().await;
        let count = usize::try_from(count)?;
        while workers.len() < count {
            let client = self.database.connect().await?;
            let (claim, finish) = match self.memory {
                Memory::Taken => (CLAIM, FINISH),
                Memory::Leases => (LEASED_CLAIM, LEASED_FINISH),
            };
            let (add, claim) = (client.prepare(ADD).await?, client.prepare(claim).await?);
            let finish = client.prepare(finish).await?;
            workers.push(Arc::new(Worker {
                id: Uuid::new_v4(),
                memory: self.memory,
                result: self.result.clone(),
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
        match self.memory {
            Memory::Taken => "floor".into(),
            Memory::Leases => "floor with leases".into(),
        }
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
            let batch = i64::from(batch);
            let rows = match self.memory {
                Memory::Taken => self.client.query(&self.claim, &[&batch]).await?,
                Memory::Leases => self.client.query(&self.claim, &[&batch, &self.id]).await?,
            };
            if rows.is_empty() {
                tokio::task::yield_now().await;
                continue;
            }
            let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
            let finished = match self.memory {
                Memory::Taken => self.client.execute(&self.finish, &[&ids]).await?,
                Memory::Leases => {
                    let held: Vec<i64> = rows.iter().map(|row| row.get(2)).collect();
                    let values: [&(dyn ToSql + Sync); 3] = [&ids, &held, &self.result];
                    self.client.execute(&self.finish, &values).await?
                }
            };
            done.fetch_add(u32::try_from(finished)?, Ordering::Relaxed);
        }
        Ok(())
    }
}

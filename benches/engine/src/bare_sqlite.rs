//! The floor on SQLite: a table with one index, prepared statements, one connection, as durable as ours. Workers take
//! turns, for a file has one writer.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, params};

use crate::Outcome;
use crate::contender::{Contender, Taking};

/// Bare statements.
pub(crate) struct BareSqlite {
    connection: Mutex<Connection>,
    payload: String,
}

impl BareSqlite {
    /// A file, whose rows hold as many bytes as `payload`.
    pub(crate) fn make(path: &Path, payload: String) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.execute_batch(
            "CREATE TABLE bare_jobs (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
             CREATE INDEX bare_waiting ON bare_jobs (id) WHERE state = 0",
        )?;
        Ok(Self {
            connection: Mutex::new(connection),
            payload,
        })
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Outcome<T> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::task::block_in_place(|| {
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            let done = work(&connection)?;
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(done)
        })
    }
}

#[async_trait]
impl Contender for BareSqlite {
    fn name(&self) -> String {
        "floor".into()
    }

    async fn accept(&self, jobs: u32, callers: u32) -> Outcome<()> {
        let mut left = jobs;
        while left > 0 {
            let page = left.min(callers);
            self.with(|connection| {
                let mut add =
                    connection.prepare_cached("INSERT INTO bare_jobs (state, payload) VALUES (0, ?1)")?;
                for _ in 0..page {
                    add.execute([&self.payload])?;
                }
                Ok(())
            })?;
            left -= page;
        }
        Ok(())
    }

    async fn ready(&self, _: Taking, _: u32) -> Outcome<()> {
        Ok(())
    }

    async fn drain(&self, taking: Taking, jobs: u32) -> Outcome<()> {
        let mut left = jobs;
        while left > 0 {
            // Group commit is the floor too: what all workers ask for at one moment goes with one flush.
            let page = (taking.batch * taking.workers).min(left);
            let taken: Vec<(i64, String)> = self.with(|connection| {
                let mut pick = connection.prepare_cached(
                    "SELECT id, payload FROM bare_jobs WHERE state = 0 ORDER BY id LIMIT ?1",
                )?;
                let rows = pick.query_map([page], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let taken = rows.collect::<Result<Vec<_>, _>>()?;
                set(connection, &taken, 1)?;
                Ok(taken)
            })?;
            if taken.is_empty() {
                return Err("jobs are missing".into());
            }
            self.with(|connection| set(connection, &taken, 2))?;
            left -= u32::try_from(taken.len())?;
        }
        Ok(())
    }
}

fn set(connection: &Connection, jobs: &[(i64, String)], state: u8) -> Outcome<()> {
    let mut update =
        connection.prepare_cached("UPDATE bare_jobs SET state = ?1, payload = ?2 WHERE id = ?3")?;
    for (id, payload) in jobs {
        update.execute(params![state, payload, id])?;
    }
    Ok(())
}

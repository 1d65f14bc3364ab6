//! The line that jobs wait in: the turn of one that comes in, and who is next.

use std::collections::HashMap;

use marquetry_model::Job;
use marquetry_store::persisted::{priority_column, readable};
use marquetry_store::{Pick, Suspect, Suspects};
use rusqlite::{Connection, Row, params};

use super::jobs::{COLUMNS, read_job};
use crate::error::{Doing, Work};

/// The turn of the job that is being inserted, whose tenant is `?2` and whose priority `?8`. Each half is one step
/// into the end of an index.
pub(super) const TURN: &str = "max(
    coalesce((SELECT turn FROM jobs
              WHERE tenant = ?2 AND priority = ?8 AND (due IS NOT NULL OR started = 1)
              ORDER BY turn DESC LIMIT 1) + 1, 0),
    coalesce((SELECT turn FROM jobs WHERE priority = ?8 AND started = 1 ORDER BY turn DESC LIMIT 1), 0))";

/// Everything here is covered by the index, so that passing over a job costs no look at its row.
const WAITING: &str = "SELECT rowid, tenant FROM jobs
    WHERE due IS NOT NULL AND running = 0 AND priority = ?1 AND due <= ?2 AND (suspect = 0 OR ?3)
    ORDER BY turn, created_at, id";

/// Suspects, the longest due first.
const SUSPECTS: &str = "SELECT rowid, tenant FROM jobs INDEXED BY jobs_suspects
    WHERE suspect = 1 AND running = 0 AND due <= ?1 ORDER BY due, created_at, id";

/// What becomes of jobs that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Others are found in their place: right for a claim.
    PassedOver,
    /// They are an error: right where what is not seen may be deleted.
    Refused,
}

impl Unreadable {
    fn judge(self, row: &Row<'_>) -> Work<Option<Job>> {
        match self {
            Self::PassedOver => readable(row.get::<_, [u8; 16]>(0).of("job")?, read_job(row)),
            Self::Refused => read_job(row).map(Some),
        }
    }
}

/// Who is next.
pub(super) fn due(connection: &Connection, pick: &Pick, unreadable: Unreadable) -> Work<Vec<Job>> {
    let limit = usize::try_from(pick.limit).unwrap_or(usize::MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs INDEXED BY jobs_leased
         WHERE running = 1 AND due <= ?1 ORDER BY due, created_at, id"
    );
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(&sql).of("job")?;
    let mut rows = statement.query([pick.now.as_micros()]).of("job")?;
    while found.len() < limit
        && let Some(row) = rows.next().of("job")?
    {
        found.extend(unreadable.judge(row)?);
    }
    if found.len() >= limit {
        return Ok(found);
    }
    if pick.suspects == Suspects::Alone {
        if found.is_empty() {
            found.extend(suspect(connection, pick, unreadable)?);
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let in_line = pick.suspects == Suspects::InLine;
    let mut taken = running(connection, pick)?;
    if !in_line {
        count_suspects(connection, pick, &mut taken)?;
    }
    for priority in pick.first.order() {
        let mut statement = connection.prepare_cached(WAITING).of("job")?;
        let mut rows = statement
            .query(params![priority_column(priority), pick.now.as_micros(), in_line])
            .of("job")?;
        while let Some(row) = rows.next().of("job")? {
            let taken = taken.entry(tenant(row)).or_default();
            if *taken >= pick.at_once {
                continue;
            }
            if let Some(job) = by_row(connection, row.get(0).of("job")?, unreadable)? {
                *taken += 1;
                found.push(job);
            }
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The suspect that waits for a process that runs nothing, to be told to those that run something.
pub(super) fn passed_over(connection: &Connection, pick: &Pick) -> Work<Option<Suspect>> {
    if pick.suspects != Suspects::PassedOver {
        return Ok(None);
    }
    let suspect = suspect(connection, pick, Unreadable::PassedOver)?;
    Ok(suspect.as_ref().and_then(Suspect::of))
}

/// The suspect that has been due longest and may run.
fn suspect(connection: &Connection, pick: &Pick, unreadable: Unreadable) -> Work<Option<Job>> {
    let mut statement = connection.prepare_cached(SUSPECTS).of("job")?;
    let mut rows = statement.query([pick.now.as_micros()]).of("job")?;
    // Most often there is none, and nothing need be counted.
    let mut taken = None;
    while let Some(row) = rows.next().of("job")? {
        let taken = match &mut taken {
            Some(taken) => taken,
            none => none.insert(running(connection, pick)?),
        };
        if taken.get(&tenant(row)).is_none_or(|taken| *taken < pick.at_once)
            && let Some(job) = by_row(connection, row.get(0).of("job")?, unreadable)?
        {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

fn by_row(connection: &Connection, row: i64, unreadable: Unreadable) -> Work<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE rowid = ?1");
    let mut statement = connection.prepare_cached(&sql).of("job")?;
    let mut rows = statement.query([row]).of("job")?;
    let row = rows.next().of("job")?;
    row.map_or(Ok(None), |row| unreadable.judge(row))
}

/// The tenant in the second column. One that cannot be read is nobody: its job cannot be read either.
fn tenant(row: &Row<'_>) -> [u8; 16] {
    row.get(1).unwrap_or_default()
}

/// Adds what is kept free for suspects that are due.
fn count_suspects(connection: &Connection, pick: &Pick, taken: &mut Tenants) -> Work<()> {
    if pick.at_once == u32::MAX {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(SUSPECTS).of("job")?;
    let mut rows = statement.query([pick.now.as_micros()]).of("job")?;
    while let Some(row) = rows.next().of("job")? {
        *taken.entry(tenant(row)).or_default() += 1;
    }
    Ok(())
}

/// How many jobs of each tenant run.
type Tenants = HashMap<[u8; 16], u32>;

/// How many jobs of each tenant run: no more rows than there are workers' slots.
fn running(connection: &Connection, pick: &Pick) -> Work<Tenants> {
    if pick.at_once == u32::MAX {
        return Ok(HashMap::new());
    }
    // Told which index, and counted here: left alone, SQLite groups along the index of all jobs of all time, for
    // each claim anew.
    let mut statement = connection
        .prepare_cached("SELECT tenant FROM jobs INDEXED BY jobs_leased WHERE running = 1")
        .of("job")?;
    let mut rows = statement.query([]).of("job")?;
    let mut counts = HashMap::new();
    while let Some(row) = rows.next().of("job")? {
        *counts.entry(row.get(0).unwrap_or_default()).or_default() += 1;
    }
    Ok(counts)
}

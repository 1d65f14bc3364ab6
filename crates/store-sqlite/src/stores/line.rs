//! The line that jobs wait in: the turn of one that comes in, and who is next.

use std::collections::HashMap;

use marquetry_model::{Job, Priority};
use marquetry_store::persisted::{JobRow, priority_column, readable};
use marquetry_store::{First, Pick, Suspect, Suspects};
use rusqlite::{Connection, Row, params};

use super::jobs::{LIVE, read_job};
use crate::error::{Doing, Work};

/// The turn of a job that comes in: the first of its tenant `?1` and its priority `?2` by what is there, one step into
/// the end of an index; or what was served.
const TURN: &str = "SELECT max(
    coalesce((SELECT turn FROM jobs WHERE tenant = ?1 AND priority = ?2 AND withdrawn = 0
              ORDER BY turn DESC LIMIT 1) + 1, 0),
    coalesce((SELECT turn FROM served WHERE priority = ?2), 0))";

/// The turn of a job that comes in.
pub(super) fn turn(connection: &Connection, job: &JobRow) -> Work<i64> {
    let mut statement = connection.prepare_cached(TURN).of("job")?;
    statement
        .query_row(params![job.tenant, job.priority], |row| row.get(0))
        .of("job")
}

/// Notes that the turn of this job was served.
pub(super) fn serve(connection: &Connection, id: &[u8; 16]) -> Work<()> {
    let sql = "UPDATE served SET turn = jobs.turn FROM jobs
               WHERE jobs.id = ?1 AND served.priority = jobs.priority AND served.turn < jobs.turn";
    connection
        .prepare_cached(sql)
        .of("job")?
        .execute([id])
        .of("job")?;
    Ok(())
}

/// Everything here is covered by the index, so that passing over a job costs no look at its row.
const WAITING: &str = "SELECT rowid, tenant FROM line
    WHERE running = 0 AND priority = ?1 AND due <= ?2 AND (suspect = 0 OR ?3)
    ORDER BY turn, created_at, id";

/// Suspects, the longest due first.
const SUSPECTS: &str = "SELECT rowid, tenant FROM line INDEXED BY line_suspects
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
        "SELECT {LIVE} FROM line INDEXED BY line_leased CROSS JOIN jobs ON jobs.id = line.id
         WHERE running = 1 AND due <= ?1 ORDER BY due, line.created_at, line.id"
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
    let all = Priority::ALL.map(|priority| (priority, limit));
    let one = (pick.first == First::OneLow).then_some((Priority::Low, 1));
    let mut low = None;
    for (priority, most) in one.into_iter().chain(all) {
        let (mut statement, mut here) = (connection.prepare_cached(WAITING).of("job")?, 0);
        let mut rows = statement
            .query(params![priority_column(priority), pick.now.as_micros(), in_line])
            .of("job")?;
        while here < most
            && let Some(row) = rows.next().of("job")?
        {
            let taken = taken.entry(tenant(row)).or_default();
            let number: i64 = row.get(0).of("job")?;
            if *taken >= pick.at_once || low == Some(number) {
                continue;
            }
            if let Some(job) = by_row(connection, number, unreadable)? {
                *taken += 1;
                here += 1;
                found.push(job);
                low = low.or((most == 1).then_some(number));
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
    let sql = format!("SELECT {LIVE} FROM line CROSS JOIN jobs ON jobs.id = line.id WHERE line.rowid = ?1");
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
        .prepare_cached("SELECT tenant FROM line INDEXED BY line_leased WHERE running = 1")
        .of("job")?;
    let mut rows = statement.query([]).of("job")?;
    let mut counts = HashMap::new();
    while let Some(row) = rows.next().of("job")? {
        *counts.entry(row.get(0).unwrap_or_default()).or_default() += 1;
    }
    Ok(counts)
}

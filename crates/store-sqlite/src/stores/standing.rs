//! Where a job stands, and how it is written there: it comes in, goes on, ends.

use std::collections::BTreeMap;

use marquetry_job::JobState;
use marquetry_model::{Job, Version};
use marquetry_store::persisted::{DeliveryRow, JobRow, MockupRow, StepRow, version_column};
use marquetry_store::{Change, JobSwap, Record, Swap};
use rusqlite::{Connection, params};

use crate::error::{Doing, Work};
use crate::stores::{deliveries, ledger, line, mockups, records};
use crate::writer::News;

/// A job in its new state, and what comes with it.
#[derive(Debug)]
pub(super) struct NewState {
    expected: Version,
    job: StepRow,
    owed: Vec<DeliveryRow>,
    mockup: Option<MockupRow>,
    records: Vec<Record>,
    settled: Option<ledger::Settlement>,
    news: Change,
    /// What the deliveries owed tell.
    told: Option<Change>,
}

impl NewState {
    pub(super) fn of(expected: Version, swap: &JobSwap) -> Self {
        Self {
            expected,
            job: StepRow::of(&swap.job),
            owed: swap.owed.iter().map(DeliveryRow::of).collect(),
            mockup: swap.mockup.as_ref().map(MockupRow::of),
            records: swap.records.clone(),
            settled: swap
                .settled
                .map(|posting| ledger::Settlement::of(&swap.job, posting)),
            news: change(&swap.job),
            told: Change::of_owed(&swap.owed),
        }
    }
}

/// Swaps a job, with all that comes with it.
pub(super) fn replace(connection: &Connection, wish: &NewState, told: &mut News) -> Work<Swap> {
    match update(connection, wish.expected, &wish.job)? {
        Swap::Swapped => {}
        other => return Ok(other),
    }
    // The same transaction: a crash between the state and what it owes would leave somebody waiting for a call that
    // nobody owes them any more.
    let owed = &wish.owed;
    owed.iter()
        .try_for_each(|row| deliveries::insert(connection, row))?;
    wish.mockup
        .iter()
        .try_for_each(|row| mockups::insert(connection, row))?;
    wish.records
        .iter()
        .try_for_each(|record| records::insert(connection, record))?;
    if let Some(settlement) = &wish.settled {
        ledger::settle(connection, settlement)?;
    }
    told.push(wish.news);
    told.extend(wish.told);
    Ok(Swap::Swapped)
}

pub(super) fn insert(connection: &Connection, row: &JobRow) -> Work<()> {
    let turn = line::turn(connection, row)?;
    let sql = "INSERT INTO jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection
        .prepare_cached(sql)
        .of("job")?
        .execute(params![
            row.id,
            row.tenant,
            row.kind,
            row.subject,
            row.priority,
            turn,
            row.created_at,
            row.due.is_none() && !row.started,
            row.spec,
        ])
        .of("job")?;
    match row.due {
        Some(_) => stand(connection, row, turn)?,
        None => end(connection, &row.id, row.version, &row.record)?,
    }
    if row.started {
        line::serve(connection, &row.id)?;
    }
    Ok(())
}

/// Puts a job in line.
fn stand(connection: &Connection, row: &JobRow, turn: i64) -> Work<()> {
    let sql =
        "INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version,
                                 record)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection
        .prepare_cached(sql)
        .of("job")?
        .execute(params![
            row.id,
            row.tenant,
            row.priority,
            turn,
            row.created_at,
            row.due,
            row.running,
            row.started,
            row.suspect,
            row.version,
            row.record,
        ])
        .of("job")?;
    Ok(())
}

/// Keeps how a job ended.
fn end(connection: &Connection, id: &[u8; 16], version: i64, record: &str) -> Work<()> {
    connection
        .prepare_cached("INSERT INTO ends (id, version, record) VALUES (?1, ?2, ?3)")
        .of("job")?
        .execute(params![id, version, record])
        .of("job")?;
    Ok(())
}

pub(super) fn update(connection: &Connection, expected: Version, row: &StepRow) -> Work<Swap> {
    let written = match row.due {
        Some(_) => go_on(connection, expected, row)?,
        None => leave(connection, expected, row)?,
    };
    if written {
        if row.begins {
            line::serve(connection, &row.id)?;
        }
        return Ok(Swap::Swapped);
    }
    let there = connection
        .prepare_cached("SELECT 1 FROM jobs WHERE id = ?1 AND tenant = ?2")
        .of("job")?
        .exists(params![row.id, row.tenant])
        .of("job")?;
    if !there {
        return Ok(Swap::Missing);
    }
    if reopen(connection, expected, row)? {
        return update(connection, expected, row);
    }
    Ok(Swap::Moved)
}

/// Writes what a claim decided about jobs that were just found, in their order; tells which were written.
///
/// What was served is noted once for each priority, not for each job: the last that begins has the greatest turn.
pub(super) fn take(connection: &Connection, found: &[(Version, Job)]) -> Work<Vec<bool>> {
    let (mut written, mut begun) = (Vec::with_capacity(found.len()), BTreeMap::new());
    for (expected, job) in found {
        let row = StepRow::of(job);
        let done = match row.due {
            Some(_) => go_on(connection, *expected, &row)?,
            None => update(connection, *expected, &row)? == Swap::Swapped,
        };
        if done && row.begins {
            begun.insert(job.priority, row.id);
        }
        written.push(done);
    }
    begun.values().try_for_each(|id| line::serve(connection, id))?;
    Ok(written)
}

/// A job that stays in line is rewritten there; tells whether it was there at that version.
fn go_on(connection: &Connection, expected: Version, row: &StepRow) -> Work<bool> {
    let sql = "UPDATE line SET due = ?1, running = ?2, started = ?3, version = ?4, record = ?5, suspect = ?6
               WHERE id = ?7 AND tenant = ?8 AND version = ?9";
    let written = connection
        .prepare_cached(sql)
        .of("job")?
        .execute(params![
            row.due,
            row.running,
            row.started,
            row.version,
            row.record,
            row.suspect,
            row.id,
            row.tenant,
            version_column(expected)
        ])
        .of("job")?;
    Ok(written > 0)
}

/// A job that ends leaves the line; tells whether it was there at that version.
fn leave(connection: &Connection, expected: Version, row: &StepRow) -> Work<bool> {
    let gone = connection
        .prepare_cached("DELETE FROM line WHERE id = ?1 AND tenant = ?2 AND version = ?3")
        .of("job")?
        .execute(params![row.id, row.tenant, version_column(expected)])
        .of("job")?;
    if gone == 0 {
        return Ok(false);
    }
    end(connection, &row.id, row.version, &row.record)?;
    if !row.started {
        connection
            .prepare_cached("UPDATE jobs SET withdrawn = 1 WHERE id = ?1")
            .of("job")?
            .execute([row.id])
            .of("job")?;
    }
    Ok(true)
}

/// Takes a job back into the line that has ended at this version; tells whether there is one. No step leads out of an
/// end, so nobody does so but who writes past the steps.
fn reopen(connection: &Connection, expected: Version, row: &StepRow) -> Work<bool> {
    let back = connection
        .prepare_cached(
            "INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
             SELECT jobs.id, tenant, priority, turn, created_at, 0, 0, withdrawn = 0, 0, version, record
             FROM ends CROSS JOIN jobs ON jobs.id = ends.id WHERE ends.id = ?1 AND version = ?2",
        )
        .of("job")?
        .execute(params![row.id, version_column(expected)])
        .of("job")?;
    for sql in [
        "DELETE FROM ends WHERE id = ?1",
        "UPDATE jobs SET withdrawn = 0 WHERE id = ?1",
    ] {
        if back > 0 {
            connection
                .prepare_cached(sql)
                .of("job")?
                .execute([row.id])
                .of("job")?;
        }
    }
    Ok(back > 0)
}

/// What a job's new state tells.
pub(super) fn change(job: &Job) -> Change {
    match &job.state {
        JobState::Queued { .. } => Change::JobWaiting(job.id),
        JobState::Running { .. } => Change::JobMoved(job.id),
        _ => Change::JobEnded(job.id),
    }
}

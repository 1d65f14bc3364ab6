//! Jobs and the keys that make their submission safe to repeat.

use async_trait::async_trait;
use marquetry_job::{JobState, Timestamp};
use marquetry_model::{Job, JobId, TenantId, Version};
use marquetry_store::persisted::{DeliveryRow, JobRow, MockupRow, StepRow, readable, version_column};
use marquetry_store::{
    Change, Changes, ClaimStep, Claimed, Cursor, Fingerprint, IdempotencyClaim, Inserted, JobFilter,
    JobStore, JobSwap, Page, Pick, StoreError, Submission, Swap,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};
use crate::stores::line::Unreadable;
use crate::stores::{deliveries, ledger, line, mockups, records};

/// A whole job, from the view of all of them.
const COLUMNS: &str =
    "id, tenant, kind, subject, due, running, started, priority, created_at, version, spec, record, suspect";
/// The same of a job that has not ended, from where it stands and what was asked.
pub(super) const LIVE: &str =
    "line.id, line.tenant, kind, subject, due, running, started, line.priority, line.created_at, version, spec, record,
     suspect";

#[async_trait]
impl JobStore for SqliteStore {
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Result<Inserted, StoreError> {
        let submission = Submission {
            claim: claim.cloned(),
            ..Submission::of(job.clone())
        };
        self.insert_jobs(&submission).await
    }

    async fn insert_jobs(&self, submission: &Submission) -> Result<Inserted, StoreError> {
        let (tenant, claim) = (submission.tenant(), submission.claim.clone());
        let (jobs, records) = (submission.jobs(), submission.records.clone());
        let rows: Vec<_> = jobs.iter().map(JobRow::of).collect();
        self.write(move |connection, told| {
            if let (Some(claim), Some(first)) = (&claim, rows.first())
                && let Some(known) = remembered(connection, first, claim)?
            {
                return Ok(known);
            }
            // What is there already is told before what it costs, as the model does it; so what was written by then
            // has to be undone when it cannot be paid.
            let priced = jobs.iter().any(|job| job.charge.is_some());
            if priced {
                connection.execute_batch("SAVEPOINT priced").of("job")?;
            }
            rows.iter().try_for_each(|row| insert(connection, row))?;
            if let (Some(claim), Some(first)) = (&claim, rows.first()) {
                remember(connection, first, claim)?;
            }
            records
                .iter()
                .try_for_each(|record| records::insert(connection, record))?;
            if priced {
                match ledger::account(connection, tenant)?.hold_for(&jobs) {
                    Ok((account, entries)) => ledger::write(connection, &account, &entries)?,
                    Err(denied) => {
                        let undo = "ROLLBACK TO priced; RELEASE priced";
                        connection.execute_batch(undo).of("job")?;
                        return Ok(Inserted::Denied(denied));
                    }
                }
                connection.execute_batch("RELEASE priced").of("job")?;
            }
            told.extend(jobs.iter().map(change));
            Ok(Inserted::New)
        })
        .await
    }

    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Result<bool, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| {
            let sql = "SELECT 1 FROM idempotency_claims WHERE tenant = ?1 AND key = ?2 AND kept_until > ?3";
            connection
                .prepare_cached(sql)
                .of("idempotency key")?
                .exists(params![tenant.as_bytes(), key, at.as_micros()])
                .of("idempotency key")
        })
        .await
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM whole_jobs WHERE id = ?1 AND tenant = ?2");
            let row = one(connection, &sql, params![id.as_bytes(), tenant.as_bytes()])?;
            row.map(|row| row.job()).transpose()
        })
        .await
    }

    async fn list_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Job>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            // Two texts, so that a list by subject can use the index made for it.
            let subject = match filter.subject {
                Some(_) => "subject = :subject",
                None => ":subject IS NULL",
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM whole_jobs
                 WHERE tenant = :tenant AND {subject} AND (:kind IS NULL OR kind = :kind)
                   AND (:at IS NULL OR (created_at, id) < (:at, :id))
                 ORDER BY created_at DESC, id DESC"
            );
            let jobs = many(
                connection,
                &sql,
                limit.saturating_add(1),
                named_params! {
                    ":tenant": tenant.as_bytes(),
                    ":subject": filter.subject.as_ref().map(|mockup| mockup.as_bytes()),
                    ":kind": filter.kind.map(|kind| kind.name()),
                    ":at": after.map(|after| after.at.as_micros()),
                    ":id": after.map(|after| after.id),
                },
            )?;
            let place = |job: &Job| Cursor {
                at: job.created_at,
                id: *job.id.as_bytes(),
            };
            Ok(Page::from_surplus(jobs, limit, place))
        })
        .await
    }

    async fn due_jobs(&self, pick: &Pick) -> Result<Vec<Job>, StoreError> {
        let pick = *pick;
        self.read(move |connection| line::due(connection, &pick, Unreadable::Refused))
            .await
    }

    async fn claim_due(&self, pick: &Pick, step: ClaimStep) -> Result<Claimed, StoreError> {
        let pick = *pick;
        // The one writer's transaction is the lock: nobody else moves a job while it looks.
        self.write(move |connection, told| {
            let mut claimed = Claimed {
                suspect: line::passed_over(connection, &pick)?,
                ..Claimed::default()
            };
            for job in line::due(connection, &pick, Unreadable::PassedOver)? {
                let Some(taken) = step(&job) else {
                    claimed.left.push(job);
                    continue;
                };
                if update(connection, job.version, &StepRow::of(&taken))? == Swap::Swapped {
                    told.push(change(&taken));
                    claimed.taken.push(taken);
                }
            }
            Ok(claimed)
        })
        .await
    }

    async fn next_due_job(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            // Two halves, each along the index of those that wait or run: who asks has found nothing to do.
            let sql = "SELECT min(due) FROM (
                           SELECT due FROM line INDEXED BY line_leased WHERE running = 1
                           UNION ALL SELECT due FROM line INDEXED BY line_waiting WHERE running = 0)";
            let due: Option<i64> = connection
                .prepare_cached(sql)
                .of("job")?
                .query_row([], |row| row.get(0))
                .of("job")?;
            Ok(due.map(Timestamp::from_micros))
        })
        .await
    }

    async fn held_jobs(&self, after: Option<JobId>, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {LIVE} FROM line CROSS JOIN jobs ON jobs.id = line.id
                 WHERE running = 1 AND (?1 IS NULL OR line.id > ?1) ORDER BY line.id"
            );
            many(
                connection,
                &sql,
                limit,
                params![after.as_ref().map(JobId::as_bytes)],
            )
        })
        .await
    }

    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Result<Swap, StoreError> {
        let job = StepRow::of(&swap.job);
        let owed: Vec<_> = swap.owed.iter().map(DeliveryRow::of).collect();
        let mockup = swap.mockup.as_ref().map(MockupRow::of);
        let (news, told_of_owed) = (change(&swap.job), Change::of_owed(&swap.owed));
        let records = swap.records.clone();
        let (tenant, at, id) = (swap.job.tenant, swap.job.updated_at, swap.job.id.to_string());
        let settled = swap
            .settled
            .map(|posting| (posting, swap.job.charge.unwrap_or_default()));
        self.write(move |connection, told| {
            match update(connection, expected, &job)? {
                Swap::Swapped => {}
                other => return Ok(other),
            }
            // The same savepoint: a crash between the state and what it owes would leave somebody
            // waiting for a call that nobody owes them any more.
            owed.iter()
                .try_for_each(|row| deliveries::insert(connection, row))?;
            mockup
                .iter()
                .try_for_each(|row| mockups::insert(connection, row))?;
            records
                .iter()
                .try_for_each(|record| records::insert(connection, record))?;
            if let Some((posting, charge)) = settled {
                ledger::settle(connection, tenant, posting, charge, &id, at)?;
            }
            told.push(news);
            told.extend(told_of_owed);
            Ok(Swap::Swapped)
        })
        .await
    }

    async fn overdue_jobs(&self, before: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {LIVE} FROM line CROSS JOIN jobs ON jobs.id = line.id
                 WHERE line.created_at <= ?1 ORDER BY line.created_at, line.id"
            );
            many(connection, &sql, limit, params![before.as_micros()])
        })
        .await
    }

    async fn forget_jobs(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection, _| {
            let old: Vec<[u8; 16]> = connection
                .prepare_cached(
                    "SELECT id FROM jobs INDEXED BY jobs_aged
                     WHERE created_at <= ?1 AND EXISTS (SELECT 1 FROM ends WHERE ends.id = jobs.id)
                     ORDER BY created_at, id LIMIT ?2",
                )
                .of("job")?
                .query_map(params![before.as_micros(), limit], |row| row.get(0))
                .of("job")?
                .collect::<Result<_, _>>()
                .of("job")?;
            for id in &old {
                for sql in [
                    "DELETE FROM idempotency_claims WHERE job = ?1",
                    "DELETE FROM ends WHERE id = ?1",
                    "DELETE FROM jobs WHERE id = ?1",
                ] {
                    connection
                        .prepare_cached(sql)
                        .of("job")?
                        .execute([id])
                        .of("job")?;
                }
            }
            Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
        })
        .await
    }

    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let count: i64 = match tenant {
                Some(tenant) => connection
                    .prepare_cached("SELECT count(*) FROM line WHERE tenant = ?1")
                    .of("job")?
                    .query_row([tenant.as_bytes()], |row| row.get(0)),
                None => connection
                    .prepare_cached("SELECT count(*) FROM line")
                    .of("job")?
                    .query_row([], |row| row.get(0)),
            }
            .of("job")?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
        .await
    }

    async fn forget_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |connection, _| {
            let gone = connection
                .execute(
                    "DELETE FROM idempotency_claims WHERE kept_until <= ?1",
                    [now.as_micros()],
                )
                .of("idempotency key")?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }

    fn changes(&self) -> Changes {
        self.bell().listen()
    }
}

fn change(job: &Job) -> Change {
    match &job.state {
        JobState::Queued { .. } => Change::JobWaiting(job.id),
        JobState::Running { .. } => Change::JobMoved(job.id),
        _ => Change::JobEnded(job.id),
    }
}

fn insert(connection: &Connection, row: &JobRow) -> Work<()> {
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

fn update(connection: &Connection, expected: Version, row: &StepRow) -> Work<Swap> {
    let written = match row.due {
        Some(_) => go_on(connection, expected, row)?,
        None => leave(connection, expected, row)?,
    };
    if written {
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
    if written > 0 && row.begins {
        line::serve(connection, &row.id)?;
    }
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

/// What a key that is still kept says about a new submission.
fn remembered(connection: &Connection, job: &JobRow, claim: &IdempotencyClaim) -> Work<Option<Inserted>> {
    let sql = "SELECT job, fingerprint FROM idempotency_claims
               WHERE tenant = ?1 AND key = ?2 AND kept_until > ?3";
    let known: Option<([u8; 16], [u8; 32])> = connection
        .prepare_cached(sql)
        .of("idempotency key")?
        .query_row(params![job.tenant, claim.key, job.created_at], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .of("idempotency key")?;
    let Some((id, fingerprint)) = known else {
        return Ok(None);
    };
    if Fingerprint(fingerprint) != claim.fingerprint {
        return Ok(Some(Inserted::Conflict));
    }
    let sql = format!("SELECT {COLUMNS} FROM whole_jobs WHERE id = ?1");
    let twin = one(connection, &sql, [id])?.ok_or_else(|| StoreError::Unreadable {
        what: "idempotency key",
        problem: "its job is missing".into(),
    })?;
    Ok(Some(Inserted::Twin(Box::new(twin.job()?))))
}

fn remember(connection: &Connection, job: &JobRow, claim: &IdempotencyClaim) -> Work<()> {
    // Whatever stands there is over, or we would not have come here.
    let sql = "INSERT OR REPLACE INTO idempotency_claims (tenant, key, job, fingerprint, kept_until)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .prepare_cached(sql)
        .of("idempotency key")?
        .execute(params![
            job.tenant,
            claim.key,
            job.id,
            claim.fingerprint.0,
            claim.until.as_micros()
        ])
        .of("idempotency key")?;
    Ok(())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    Ok(JobRow {
        id: row.get(0)?,
        tenant: row.get(1)?,
        kind: row.get(2)?,
        subject: row.get(3)?,
        due: row.get(4)?,
        running: row.get(5)?,
        started: row.get(6)?,
        priority: row.get(7)?,
        created_at: row.get(8)?,
        version: row.get(9)?,
        spec: row.get(10)?,
        record: row.get(11)?,
        suspect: row.get(12)?,
    })
}

fn one(connection: &Connection, sql: &str, params: impl Params) -> Work<Option<JobRow>> {
    connection
        .prepare_cached(sql)
        .of("job")?
        .query_row(params, read_row)
        .optional()
        .of("job")
}

/// The first `most` of the jobs that can be read. The text has no limit of its own: rows are read as far as they are
/// wanted.
fn many(connection: &Connection, sql: &str, most: u32, params: impl Params) -> Work<Vec<Job>> {
    let mut statement = connection.prepare_cached(sql).of("job")?;
    let mut rows = statement.query(params).of("job")?;
    let (mut found, most) = (Vec::new(), usize::try_from(most).unwrap_or(usize::MAX));
    while found.len() < most
        && let Some(row) = rows.next().of("job")?
    {
        found.extend(readable(row.get::<_, [u8; 16]>(0).of("job")?, read_job(row))?);
    }
    Ok(found)
}

/// The job of a row, which may be unreadable in its columns as in its texts.
pub(super) fn read_job(row: &Row<'_>) -> Work<Job> {
    read_row(row).of("job")?.job()
}

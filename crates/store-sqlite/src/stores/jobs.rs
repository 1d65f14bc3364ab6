//! Jobs: how they are read, and the ways in for those that write. How they are written is next door.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Job, JobId, TenantId, Version};
use marquetry_store::persisted::{JobRow, readable};
use marquetry_store::{
    Changes, ClaimStep, Claimed, Cursor, IdempotencyClaim, Inserted, JobFilter, JobStore, JobSwap, Page,
    Pick, StoreError, Submission, Swap,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};

use crate::SqliteStore;
use crate::error::{Doing, Work};
use crate::stores::line::Unreadable;
use crate::stores::repeats::{remember, remembered};
use crate::stores::standing::{NewState, change, insert, replace, take};
use crate::stores::{ledger, line, records};
use crate::writer::News;

/// A whole job, from the view of all of them.
pub(super) const COLUMNS: &str =
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
            let mut found = Vec::new();
            for job in line::due(connection, &pick, Unreadable::PassedOver)? {
                match step(&job) {
                    Some(taken) => found.push((job.version, taken)),
                    None => claimed.left.push(job),
                }
            }
            let written = take(connection, &found)?;
            for ((_, taken), written) in found.into_iter().zip(written) {
                if written {
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
        let wish = NewState::of(expected, swap);
        self.write(move |connection, told| replace(connection, &wish, told))
            .await
    }

    async fn replace_jobs(&self, swaps: &[(Version, JobSwap)]) -> Vec<Result<Swap, StoreError>> {
        let wishes = swaps.iter().map(|(expected, swap)| {
            let wish = NewState::of(*expected, swap);
            move |connection: &Connection, told: &mut News| replace(connection, &wish, told)
        });
        self.write_all(wishes).await
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

pub(super) fn one(connection: &Connection, sql: &str, params: impl Params) -> Work<Option<JobRow>> {
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

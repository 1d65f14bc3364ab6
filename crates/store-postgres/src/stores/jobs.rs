//! Jobs: how they are read. How they are written is next door.

use async_trait::async_trait;
use marquetry_job::{JobState, Timestamp};
use marquetry_model::{Job, JobId, TenantId, Version};
use marquetry_store::persisted::{JobRow, readable};
use marquetry_store::{
    Change, Changes, ClaimStep, Claimed, Cursor, IdempotencyClaim, Inserted, JobFilter, JobStore, JobSwap,
    Page, Pick, StoreError, Submission, Swap,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::adding::NewJob;
use super::claiming;
use super::line::{Line, Lock};
use super::swapping::NewState;
use super::{limit, text, together, uuid};
use crate::PostgresStore;
use crate::error::Work;
use crate::pool::{Value, get};

/// A whole job, from the view of all of them.
pub(super) const COLUMNS: &str =
    "id, tenant, kind, subject, due, running, started, priority, created_at, version, spec, record, suspect";
/// The same of a job that has not ended, from where it stands.
const LIVE: &str =
    "line.id, line.tenant, kind, subject, due, running, started, line.priority, line.created_at, version,
                    spec, record, suspect
     FROM line JOIN jobs ON jobs.id = line.id";

#[async_trait]
impl JobStore for PostgresStore {
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Result<Inserted, StoreError> {
        let claim = claim.cloned();
        // Plain jobs share a statement with whoever else submits.
        if job.charge.is_some() {
            let submission = Submission {
                claim,
                ..Submission::of(job.clone())
            };
            return together::insert(&self.shared, &submission).await;
        }
        self.adding
            .ask(NewJob {
                claim,
                ..together::new(job)
            })
            .await
    }

    async fn insert_jobs(&self, submission: &Submission) -> Result<Inserted, StoreError> {
        if submission.is_plain() {
            return self
                .insert_job(&submission.first, submission.claim.as_ref())
                .await;
        }
        together::insert(&self.shared, submission).await
    }

    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Result<bool, StoreError> {
        let (tenant, key, at) = (uuid(tenant.as_bytes()), text(key), at.as_micros());
        let sql = "SELECT true FROM idempotency_claims WHERE tenant = $1 AND key = $2 AND kept_until > $3";
        let values: [Value<'_>; 3] = [(&tenant, Type::UUID), (&key, Type::TEXT), (&at, Type::INT8)];
        let rows = self.shared.pool.read(sql, &values, "idempotency key").await?;
        Ok(!rows.is_empty())
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        let (id, tenant) = (uuid(id.as_bytes()), uuid(tenant.as_bytes()));
        let sql = format!("SELECT {COLUMNS} FROM whole_jobs WHERE id = $1 AND tenant = $2");
        let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
        let rows = self.shared.pool.read(&sql, &values, "job").await?;
        rows.first().map(read_job).transpose()
    }

    async fn list_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Job>, StoreError> {
        let tenant = uuid(tenant.as_bytes());
        let subject = filter.subject.map(|mockup| uuid(mockup.as_bytes()));
        let kind = filter.kind.map(|kind| kind.name());
        let (at, id) = place(after);
        let mut values: Vec<Value<'_>> = vec![(&tenant, Type::UUID)];
        let mut clause = "WHERE tenant = $1".to_owned();
        // A text for each sort of list: planned without its values, it walks the index that is made for it.
        if subject.is_some() {
            values.push((&subject, Type::UUID));
            clause.push_str(&format!(" AND subject = ${}", values.len()));
        }
        if kind.is_some() {
            values.push((&kind, Type::TEXT));
            clause.push_str(&format!(" AND kind = ${}", values.len()));
        }
        if at.is_some() {
            values.extend([(&at as _, Type::INT8), (&id as _, Type::UUID)]);
            let last = values.len();
            clause.push_str(&format!(" AND (created_at, id) < (${}, ${last})", last - 1));
        }
        let sql = format!("SELECT {COLUMNS} FROM whole_jobs {clause} ORDER BY created_at DESC, id DESC");
        let asked = most.saturating_add(1);
        let jobs = self
            .first(Reading::AllTheTime, &sql, &values, asked, "job", read_job)
            .await?;
        Ok(Page::from_surplus(jobs, most, |job| Cursor {
            at: job.created_at,
            id: *job.id.as_bytes(),
        }))
    }

    async fn due_jobs(&self, pick: &Pick) -> Result<Vec<Job>, StoreError> {
        let mut line = Line::new(*pick);
        while let Some(search) = line.search(Lock::None) {
            let rows = self
                .shared
                .pool
                .walk(&search.sql, &search.values(), "job")
                .await?;
            line.found(&rows, Lock::None)?;
        }
        Ok(line.into_found().0)
    }

    async fn claim_due(&self, pick: &Pick, step: ClaimStep) -> Result<Claimed, StoreError> {
        claiming::claim(&self.shared, *pick, step).await
    }

    async fn next_due_job(&self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self
            .shared
            .pool
            .read("SELECT min(due) FROM line", &[], "job")
            .await?;
        let due: Option<i64> = rows.first().map_or(Ok(None), |row| get(row, 0, "job"))?;
        Ok(due.map(Timestamp::from_micros))
    }

    async fn held_jobs(&self, after: Option<JobId>, most: u32) -> Result<Vec<Job>, StoreError> {
        let after = after.map(|after| uuid(after.as_bytes()));
        let clause = "WHERE running AND ($1::uuid IS NULL OR line.id > $1) ORDER BY line.id";
        self.live_jobs(clause, &[(&after, Type::UUID)], most).await
    }

    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Result<Swap, StoreError> {
        let wish = NewState::of(expected, swap);
        match swap.is_plain() {
            true => self.swapping.ask(wish).await,
            false => together::replace(&self.shared, swap, wish).await,
        }
    }

    async fn replace_jobs(&self, swaps: &[(Version, JobSwap)]) -> Vec<Result<Swap, StoreError>> {
        // What settles an account is a transaction by itself; all others go together.
        let plain = swaps.iter().filter(|(_, swap)| swap.is_plain());
        let plain = plain.map(|(expected, swap)| NewState::of(*expected, swap));
        let mut plain = self.swapping.ask_all(plain).await.into_iter();
        let mut outcomes = Vec::with_capacity(swaps.len());
        for (expected, swap) in swaps {
            outcomes.push(match swap.is_plain() {
                true => plain.next().unwrap_or(Err(StoreError::Closed)),
                false => self.replace_job(*expected, swap).await,
            });
        }
        outcomes
    }

    async fn overdue_jobs(&self, before: Timestamp, most: u32) -> Result<Vec<Job>, StoreError> {
        let before = before.as_micros();
        let clause = "WHERE line.created_at <= $1 ORDER BY line.created_at, line.id";
        self.live_jobs(clause, &[(&before, Type::INT8)], most).await
    }

    async fn forget_jobs(&self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let (before, most) = (before.as_micros(), limit(most));
        // Those that another process is forgetting at this moment are left to it.
        let sql = "WITH old AS MATERIALIZED (
                       SELECT jobs.id FROM jobs JOIN ends ON ends.id = jobs.id WHERE created_at <= $1
                       ORDER BY created_at, jobs.id LIMIT $2 FOR UPDATE OF ends SKIP LOCKED
                   ), keys AS (
                       DELETE FROM idempotency_claims WHERE job IN (SELECT id FROM old)
                   ), how AS (
                       DELETE FROM ends WHERE id IN (SELECT id FROM old)
                   ), gone AS (
                       DELETE FROM jobs WHERE id IN (SELECT id FROM old) RETURNING 1
                   )
                   SELECT count(*) FROM gone";
        let values: [Value<'_>; 2] = [(&before, Type::INT8), (&most, Type::INT8)];
        count(self.shared.pool.write(sql, &values, "job").await?.first())
    }

    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Result<u64, StoreError> {
        let tenant = tenant.map(|tenant| uuid(tenant.as_bytes()));
        let sql = "SELECT count(*) FROM line WHERE $1::uuid IS NULL OR tenant = $1";
        let rows = self
            .shared
            .pool
            .read(sql, &[(&tenant, Type::UUID)], "job")
            .await?;
        count(rows.first())
    }

    async fn forget_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let now = now.as_micros();
        let sql = "WITH gone AS (DELETE FROM idempotency_claims WHERE kept_until <= $1 RETURNING 1)
                   SELECT count(*) FROM gone";
        let values: [Value<'_>; 1] = [(&now, Type::INT8)];
        let rows = self.shared.pool.write(sql, &values, "idempotency key").await?;
        count(rows.first())
    }

    fn changes(&self) -> Changes {
        self.shared.bell.listen()
    }
}

impl PostgresStore {
    async fn live_jobs(&self, clause: &str, values: &[Value<'_>], most: u32) -> Work<Vec<Job>> {
        let sql = format!("SELECT {LIVE} {clause}");
        let reading = Reading::Sometimes;
        self.first(reading, &sql, values, most, "job", read_job).await
    }

    /// The first `most` of the records that can be read, of those that `sql` finds, which has no limit of its own.
    pub(super) async fn first<T>(
        &self,
        reading: Reading,
        sql: &str,
        values: &[Value<'_>],
        most: u32,
        what: &'static str,
        read: impl Fn(&Row) -> Work<T>,
    ) -> Work<Vec<T>> {
        let sql = format!("{sql} LIMIT ${}", values.len() + 1);
        let wanted = usize::try_from(most).unwrap_or(usize::MAX);
        let mut asked = limit(most);
        loop {
            let mut values = values.to_vec();
            values.push((&asked, Type::INT8));
            let rows = match reading {
                Reading::Sometimes => self.shared.pool.read(&sql, &values, what).await?,
                Reading::AllTheTime => self.shared.pool.walk(&sql, &values, what).await?,
            };
            let mut found = Vec::new();
            for row in &rows {
                let id: Uuid = get(row, 0, what)?;
                found.extend(readable(id.into_bytes(), read(row))?);
            }
            if found.len() >= wanted || limit(u32::try_from(rows.len()).unwrap_or(u32::MAX)) < asked {
                found.truncate(wanted);
                return Ok(found);
            }
            // Where many cannot be read, each search reaches twice as far as the one before.
            asked = asked.saturating_mul(2);
        }
    }
}

/// How a list is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// As the planner thinks best for these values.
    Sometimes,
    /// Along an index, see [`crate::pool::Pool::walk`].
    AllTheTime,
}

/// What a job's new state tells.
pub(super) fn change(job: &Job) -> Change {
    match &job.state {
        JobState::Queued { .. } => Change::JobWaiting(job.id),
        JobState::Running { .. } => Change::JobMoved(job.id),
        _ => Change::JobEnded(job.id),
    }
}

/// A place in a list, as two parameters.
pub(super) fn place(after: Option<Cursor>) -> (Option<i64>, Option<Uuid>) {
    let after = after.map(|after| (after.at.as_micros(), uuid(&after.id)));
    after.unzip()
}

pub(super) fn count(row: Option<&Row>) -> Work<u64> {
    let count: i64 = row.map_or(Ok(0), |row| get(row, 0, "count"))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn read_job(row: &Row) -> Work<Job> {
    read_row(row)?.job()
}

pub(super) fn read_row(row: &Row) -> Work<JobRow> {
    let id = |column| Ok::<_, StoreError>(get::<Uuid>(row, column, "job")?.into_bytes());
    Ok(JobRow {
        id: id(0)?,
        tenant: id(1)?,
        kind: get(row, 2, "job")?,
        subject: get::<Option<Uuid>>(row, 3, "job")?.map(Uuid::into_bytes),
        due: get(row, 4, "job")?,
        running: get(row, 5, "job")?,
        started: get(row, 6, "job")?,
        priority: get(row, 7, "job")?,
        created_at: get(row, 8, "job")?,
        version: get(row, 9, "job")?,
        spec: get(row, 10, "job")?,
        record: get(row, 11, "job")?,
        suspect: get(row, 12, "job")?,
    })
}

//! Swaps of jobs, with the deliveries they owe and the mockups they made, many in one statement.

use std::collections::HashSet;

use async_trait::async_trait;
use marquetry_model::{Job, Version};
use marquetry_store::persisted::{DeliveryRow, MockupRow, StepRow, version_column};
use marquetry_store::{Change, JobSwap, Swap};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::Columns;
use super::jobs::change;
use super::{owing, served, uuid};
use crate::error::{Undone, Work};
use crate::pool::Value;
use crate::scribe::Batch;
use crate::store::Shared;
use crate::transaction::Transaction;

/// A job to be swapped, and what comes with it.
#[derive(Debug)]
pub(crate) struct NewState {
    pub(crate) expected: i64,
    pub(crate) row: StepRow,
    pub(crate) owed: Vec<DeliveryRow>,
    pub(crate) mockup: Option<MockupRow>,
    pub(crate) news: Change,
    /// What the deliveries owed tell.
    pub(crate) told: Option<Change>,
}

impl NewState {
    /// What `swap` writes in the place of a job at version `expected`.
    pub(super) fn of(expected: Version, swap: &JobSwap) -> Self {
        Self {
            owed: swap.owed.iter().map(DeliveryRow::of).collect(),
            mockup: swap.mockup.as_ref().map(MockupRow::of),
            told: Change::of_owed(&swap.owed),
            ..Self::only(expected, &swap.job)
        }
    }

    /// A new state that owes nothing and made nothing.
    pub(super) fn only(expected: Version, job: &Job) -> Self {
        Self {
            expected: version_column(expected),
            row: StepRow::of(job),
            owed: Vec::new(),
            mockup: None,
            news: change(job),
            told: None,
        }
    }
}

/// Swaps jobs.
#[derive(Debug)]
pub(crate) struct Swapping(pub(crate) Shared);

/// One statement, whatever comes with the jobs: what is owed and made appears with the state that owes
/// and made it, or not at all. Whoever was shown an older version matches no row.
///
/// Jobs are locked in the line, in the order of their ids wherever the planner walks the wishes in theirs, so that
/// two statements seldom wait in a ring; where they do, PostgreSQL refuses one and each wish in it is
/// written by itself.
///
/// That ids are among those wished for is said once more beside the join: whoever plans this while there is next to
/// nothing would else walk all that stands in line, and go on doing so when it is long.
const WISH: &str = "
    WITH wish AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::boolean[],
                             $6::boolean[], $7::bigint[], $8::text[], $9::boolean[], $10::boolean[])
            AS w (id, tenant, expected, due, running, started, version, record, suspect, begins)
    )";
/// Jobs that stay in line.
const MOVED: &str = ", moved AS (
        UPDATE line SET due = wish.due, running = wish.running, started = wish.started,
                        version = wish.version, record = wish.record, suspect = wish.suspect
        FROM wish
        WHERE line.id = ANY ($1) AND line.id = wish.id AND line.tenant = wish.tenant
          AND line.version = wish.expected AND wish.due IS NOT NULL
        RETURNING line.id, line.priority, line.turn, wish.begins
    )";
/// Jobs that end, and leave it.
const LEFT: &str = ", gone AS (
        DELETE FROM line USING wish
        WHERE line.id = ANY ($1) AND line.id = wish.id AND line.tenant = wish.tenant
          AND line.version = wish.expected AND wish.due IS NULL
        RETURNING wish.id, wish.version, wish.record, wish.started
    ), ended AS (
        INSERT INTO ends (id, version, record) SELECT id, version, record FROM gone
    )";
/// Those that end before they began.
const WITHDRAWN: &str = ", withdrawn AS (
        UPDATE jobs SET withdrawn = true FROM gone
        WHERE jobs.id = ANY ($1) AND jobs.id = gone.id AND NOT gone.started
    )";
/// Which parameter is the first of what is owed, and of what was made after that.
const OWED: usize = 11;
const _: () = assert!(
    owing::behind(OWED) == 26,
    "the parameters of mockups follow those of deliveries"
);
const MADE: &str = ", made AS (
        INSERT INTO mockups (id, tenant, name, folded_name, content, created_at, updated_at, version, record)
        SELECT m.id, m.tenant, m.name, m.folded_name, m.content, m.created_at, m.updated_at, m.version,
               m.record
        FROM unnest($26::uuid[], $27::uuid[], $28::uuid[], $29::text[], $30::text[], $31::bytea[],
                    $32::bigint[], $33::bigint[], $34::bigint[], $35::text[])
            AS m (job, id, tenant, name, folded_name, content, created_at, updated_at, version, record)
        JOIN swapped ON swapped.id = m.job
    )";
/// Takes a job back into the line that has ended at the version that was shown. No step leads out of an end, so nobody
/// does so but who writes past the steps.
const REOPENED: &str = "
    WITH back AS (
        DELETE FROM ends USING jobs
        WHERE ends.id = $1 AND jobs.id = $1 AND jobs.tenant = $2 AND ends.version = $3
        RETURNING ends.id, ends.version, ends.record
    ), forgiven AS (
        UPDATE jobs SET withdrawn = false WHERE id = $1 AND withdrawn AND EXISTS (SELECT FROM back)
    )
    INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
    SELECT jobs.id, tenant, priority, turn, created_at, 0, false, NOT withdrawn, false, back.version, back.record
    FROM back JOIN jobs ON jobs.id = back.id WHERE jobs.id = $1
    RETURNING id";

#[async_trait]
impl Batch for Swapping {
    type Wish = NewState;
    type Answer = Swap;

    fn mark(wish: &NewState) -> [u8; 16] {
        wish.row.id
    }

    async fn write(&self, wishes: &[NewState]) -> Result<Vec<Work<Swap>>, Undone> {
        let mut sorted: Vec<&NewState> = wishes.iter().collect();
        sorted.sort_by_key(|wish| wish.row.id);
        let (sql, columns) = statement(&sorted);
        let rows = self.0.pool.write(&sql, &columns.values(), "job").await?;
        let swapped = swapped(&rows)?;
        let mut outcomes = Vec::with_capacity(wishes.len());
        for wish in wishes {
            outcomes.push(if swapped.contains(&uuid(&wish.row.id)) {
                self.0.ring(changes(wish));
                Ok(Swap::Swapped)
            } else {
                self.by_itself(wish).await
            });
        }
        Ok(outcomes)
    }
}

impl Swapping {
    /// One that did not find its job in line at the version it was shown.
    async fn by_itself(&self, wish: &NewState) -> Work<Swap> {
        let transaction = Transaction::begin(&self.0.pool).await?;
        let outcome = swap_in(&transaction, wish).await?;
        if outcome == Swap::Swapped {
            transaction.commit().await?;
            self.0.ring(changes(wish));
        } else {
            transaction.undo().await?;
        }
        Ok(outcome)
    }
}

/// Swaps one job, wherever it stands. What was written must be undone unless it was swapped.
pub(super) async fn swap_in(transaction: &Transaction<'_>, wish: &NewState) -> Work<Swap> {
    let (id, tenant) = (uuid(&wish.row.id), uuid(&wish.row.tenant));
    let (sql, columns) = statement(&[wish]);
    for _ in 0..2 {
        let rows = transaction.run(&sql, &columns.values(), "job").await?;
        if !swapped(&rows)?.is_empty() {
            return Ok(Swap::Swapped);
        }
        let values: [Value<'_>; 3] = [
            (&id, Type::UUID),
            (&tenant, Type::UUID),
            (&wish.expected, Type::INT8),
        ];
        if transaction.run(REOPENED, &values, "job").await?.is_empty() {
            break;
        }
    }
    let there = "SELECT id FROM jobs WHERE id = $1 AND tenant = $2";
    let values: [Value<'_>; 2] = [(&id, Type::UUID), (&tenant, Type::UUID)];
    let rows = transaction.run(there, &values, "job").await?;
    Ok(if rows.is_empty() {
        Swap::Missing
    } else {
        Swap::Moved
    })
}

/// The statement that swaps `wishes`, no two of one job.
pub(super) fn statement(wishes: &[&NewState]) -> (String, Columns) {
    let mut columns = Columns::default().swaps(wishes);
    let ends = |wish: &&&NewState| wish.row.due.is_none();
    let (ending, staying) = (
        wishes.iter().any(|wish| ends(&wish)),
        !wishes.iter().all(|wish| ends(&wish)),
    );
    let mut sql = WISH.to_owned();
    if staying {
        sql.push_str(MOVED);
    }
    if ending {
        sql.push_str(LEFT);
    }
    if wishes.iter().filter(ends).any(|wish| !wish.row.started) {
        sql.push_str(WITHDRAWN);
    }
    let swapped = match (staying, ending) {
        (true, true) => "(SELECT id FROM moved UNION ALL SELECT id FROM gone)",
        (true, false) => "moved",
        (false, _) => "gone",
    };
    sql.push_str(&format!(", swapped AS (SELECT id FROM {swapped} AS ids)"));
    let owed: Vec<_> = wishes
        .iter()
        .flat_map(|wish| wish.owed.iter().map(|row| (wish.row.id, row)))
        .collect();
    let made: Vec<_> = wishes
        .iter()
        .filter_map(|wish| Some((wish.row.id, wish.mockup.as_ref()?)))
        .collect();
    // Most swaps bring nothing along, and need not have it planned.
    if !owed.is_empty() || !made.is_empty() {
        columns = columns.deliveries(&owed);
        let owed = owing::added(OWED, Some("swapped"));
        sql.push_str(&format!(", {owed}"));
    }
    if !made.is_empty() {
        columns = columns.mockups(&made);
        sql.push_str(MADE);
    }
    let raised = match wishes.iter().any(|wish| wish.row.begins) {
        true => format!(", {}", served::raised("moved", "begins")),
        false => String::new(),
    };
    sql.push_str(&format!(" SELECT id{raised} FROM swapped"));
    (sql, columns)
}

/// The ids of the jobs that were swapped.
pub(super) fn swapped(rows: &[Row]) -> Result<HashSet<Uuid>, Undone> {
    let ids: Result<_, tokio_postgres::Error> = rows.iter().map(|row| row.try_get(0)).collect();
    ids.map_err(|error| Undone::of(&error, "job"))
}

/// What a swap tells.
pub(super) fn changes(wish: &NewState) -> impl Iterator<Item = Change> {
    std::iter::once(wish.news).chain(wish.told)
}

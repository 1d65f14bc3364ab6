//! Swaps of jobs, with the deliveries they owe and the mockups they made, many in one statement.

use std::collections::HashMap;

use async_trait::async_trait;
use marquetry_store::persisted::{DeliveryRow, JobRow, MockupRow};
use marquetry_store::{Change, Swap};
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::Columns;
use super::uuid;
use crate::error::{Undone, Work};
use crate::scribe::Batch;
use crate::store::Shared;

/// A job to be swapped, and what comes with it.
#[derive(Debug)]
pub(crate) struct NewState {
    pub(crate) expected: i64,
    pub(crate) row: JobRow,
    pub(crate) owed: Vec<DeliveryRow>,
    pub(crate) mockup: Option<MockupRow>,
    pub(crate) news: Change,
    /// What the deliveries owed tell.
    pub(crate) told: Option<Change>,
}

/// Swaps jobs.
#[derive(Debug)]
pub(crate) struct Swapping(pub(crate) Shared);

/// One statement, whatever comes with the jobs: what is owed and made appears with the state that owes
/// and made it, or not at all. Whoever was shown an older version matches no row.
///
/// Jobs are locked in the order of their ids wherever the planner walks the wishes in theirs, so that
/// two statements seldom wait in a ring; where they do, PostgreSQL refuses one and each wish in it is
/// written by itself.
const SWAP: &str = "
    WITH wish AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::boolean[],
                             $6::boolean[], $7::bigint[], $8::text[], $9::boolean[])
            AS w (id, tenant, expected, due, running, started, version, record, suspect)
    ), swapped AS (
        UPDATE jobs SET due = wish.due, running = wish.running, started = wish.started,
                        version = wish.version, record = wish.record, suspect = wish.suspect
        FROM wish
        WHERE jobs.id = wish.id AND jobs.tenant = wish.tenant AND jobs.version = wish.expected
        RETURNING jobs.id
    )";
const OWED: &str = ", owed AS (
        INSERT INTO deliveries (id, tenant, endpoint, lane, event, shown, due, sending, created_at, version,
                                record, body, file)
        SELECT o.id, o.tenant, o.endpoint, o.lane, o.event, o.shown, o.due, o.sending, o.created_at,
               o.version, o.record, o.body, o.file
        FROM unnest($10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[], $14::text[], $15::text[], $16::text[],
                    $17::bigint[], $18::boolean[], $19::bigint[], $20::bigint[], $21::text[], $22::bytea[],
                    $23::boolean[])
            AS o (job, id, tenant, endpoint, lane, event, shown, due, sending, created_at, version, record,
                  body, file)
        JOIN swapped ON swapped.id = o.job
    )";
const MADE: &str = ", made AS (
        INSERT INTO mockups (id, tenant, name, folded_name, content, created_at, updated_at, version, record)
        SELECT m.id, m.tenant, m.name, m.folded_name, m.content, m.created_at, m.updated_at, m.version,
               m.record
        FROM unnest($24::uuid[], $25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::bytea[],
                    $30::bigint[], $31::bigint[], $32::bigint[], $33::text[])
            AS m (job, id, tenant, name, folded_name, content, created_at, updated_at, version, record)
        JOIN swapped ON swapped.id = m.job
    )";
/// Whether a job that was not swapped is there is asked by a subquery that gives a value: that of `EXISTS` may be
/// planned as a table of all jobs there are.
const OUTCOME: &str = "
    SELECT wish.id, swapped.id IS NOT NULL, swapped.id IS NOT NULL OR coalesce((
               SELECT true FROM jobs WHERE jobs.id = wish.id AND jobs.tenant = wish.tenant
           ), false)
    FROM wish LEFT JOIN swapped ON swapped.id = wish.id";

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
        let outcomes = outcomes(&rows)?;
        let of = |wish: &NewState| {
            outcomes
                .get(&uuid(&wish.row.id))
                .copied()
                .unwrap_or(Swap::Missing)
        };
        let swapped = wishes.iter().filter(|wish| of(wish) == Swap::Swapped);
        self.0.ring(swapped.flat_map(changes));
        Ok(wishes.iter().map(|wish| Ok(of(wish))).collect())
    }
}

/// The statement that swaps `wishes`, no two of one job.
pub(super) fn statement(wishes: &[&NewState]) -> (String, Columns) {
    let jobs: Vec<_> = wishes.iter().map(|wish| (wish.expected, &wish.row)).collect();
    let mut columns = Columns::default().swaps(&jobs);
    let mut sql = SWAP.to_owned();
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
        sql.push_str(OWED);
    }
    if !made.is_empty() {
        columns = columns.mockups(&made);
        sql.push_str(MADE);
    }
    sql.push_str(OUTCOME);
    (sql, columns)
}

/// What became of each job.
pub(super) fn outcomes(rows: &[Row]) -> Result<HashMap<Uuid, Swap>, Undone> {
    let outcome = |row: &Row| {
        let (id, swapped, there): (Uuid, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok((
            id,
            match (swapped, there) {
                (true, _) => Swap::Swapped,
                (false, true) => Swap::Moved,
                (false, false) => Swap::Missing,
            },
        ))
    };
    let outcomes: Result<_, tokio_postgres::Error> = rows.iter().map(outcome).collect();
    outcomes.map_err(|error| Undone::of(&error, "job"))
}

/// What a swap tells.
pub(super) fn changes(wish: &NewState) -> impl Iterator<Item = Change> {
    std::iter::once(wish.news).chain(wish.told)
}

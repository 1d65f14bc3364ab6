//! Swaps of deliveries, many in one statement.

use std::collections::HashSet;

use async_trait::async_trait;
use marquetry_model::{AttemptRecord, Delivery, Version};
use marquetry_store::persisted::{AttemptRow, TurnRow, version_column};
use marquetry_store::{Change, Swap};
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::Columns;
use super::uuid;
use crate::error::{Undone, Work};
use crate::scribe::Batch;
use crate::store::Shared;

/// A delivery to be swapped.
#[derive(Debug)]
pub(crate) struct NewTurn {
    pub(crate) expected: i64,
    pub(crate) row: TurnRow,
    pub(crate) tried: Option<AttemptRow>,
    pub(crate) news: Option<Change>,
}

impl NewTurn {
    /// What puts `delivery` in the place of the one at version `expected`.
    pub(super) fn of(expected: Version, delivery: &Delivery, tried: Option<&AttemptRecord>) -> Self {
        Self {
            expected: version_column(expected),
            row: TurnRow::of(delivery),
            tried: tried.map(|tried| AttemptRow::of(delivery.id, tried)),
            news: Change::of(delivery),
        }
    }
}

/// Swaps deliveries.
#[derive(Debug)]
pub(crate) struct Redelivering(pub(crate) Shared);

/// That ids are among those wished for is said twice, for the reason that swaps of jobs have. Whatever else is written
/// takes its columns from the rows that were swapped: looked up in the wishes again, each of them would be compared with
/// all, for the planner may neither hash nor sort.
const WISH: &str = "
    WITH wish AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[],
                             $7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::text[])
            AS w (id, tenant, expected, shown, due, sending, version, record, number, at, tried)
    )";
/// Deliveries that wait on, or are held from now on.
const STAYED: &str = ", stayed AS (
        UPDATE owed SET shown = wish.shown, due = wish.due, sending = wish.sending, version = wish.version,
                        record = wish.record
        FROM wish
        WHERE owed.id = ANY ($1) AND owed.id = wish.id AND owed.tenant = wish.tenant
          AND owed.version = wish.expected AND wish.due IS NOT NULL
        RETURNING wish.id, wish.number, wish.at, wish.tried
    )";
/// Deliveries that end.
const GONE: &str = ", gone AS (
        DELETE FROM owed USING wish
        WHERE owed.id = ANY ($1) AND owed.id = wish.id AND owed.tenant = wish.tenant
          AND owed.version = wish.expected AND wish.due IS NULL
        RETURNING wish.id, wish.number, wish.at, wish.tried, wish.tenant, wish.shown, wish.version, wish.record
    ), ended AS (
        INSERT INTO delivery_ends (id, tenant, shown, version, record)
        SELECT id, tenant, shown, version, record FROM gone
    )";
/// Deliveries that had ended, and are owed once more.
const BACK: &str = ", back AS (
        DELETE FROM delivery_ends USING wish
        WHERE delivery_ends.id = ANY ($1) AND delivery_ends.id = wish.id AND delivery_ends.tenant = wish.tenant
          AND delivery_ends.version = wish.expected AND wish.due IS NOT NULL
        RETURNING wish.*
    ), again AS (
        INSERT INTO owed (id, tenant, lane, file, due, created_at, sending, shown, version, record)
        SELECT back.id, back.tenant, o.lane, o.file, back.due, o.created_at, back.sending, back.shown, back.version,
               back.record
        FROM back JOIN unnest($1::uuid[], $12::text[], $13::boolean[], $14::bigint[]) AS o (id, lane, file, created_at)
            ON o.id = back.id
    )";
/// Deliveries that end in another way than they had. No step leads there, so nobody writes this but who writes past the
/// steps.
const KEPT: &str = ", kept AS (
        UPDATE delivery_ends SET shown = wish.shown, version = wish.version, record = wish.record
        FROM wish
        WHERE delivery_ends.id = ANY ($1) AND delivery_ends.id = wish.id AND delivery_ends.tenant = wish.tenant
          AND delivery_ends.version = wish.expected AND wish.due IS NULL
        RETURNING wish.id, wish.number, wish.at, wish.tried
    )";
/// Which of them are there, whatever their version.
const THERE: &str = "
    SELECT deliveries.id FROM unnest($1::uuid[], $2::uuid[]) AS w (id, tenant)
    JOIN deliveries ON deliveries.id = w.id AND deliveries.tenant = w.tenant WHERE deliveries.id = ANY ($1)";

#[async_trait]
impl Batch for Redelivering {
    type Wish = NewTurn;
    type Answer = Swap;

    fn mark(wish: &NewTurn) -> [u8; 16] {
        wish.row.id
    }

    async fn write(&self, wishes: &[NewTurn]) -> Result<Vec<Work<Swap>>, Undone> {
        let mut sorted: Vec<&NewTurn> = wishes.iter().collect();
        sorted.sort_by_key(|wish| wish.row.id);
        let sql = statement(&sorted, (STAYED, "stayed"), (GONE, "gone"));
        let mut swapped = self.run(&sql, &columns(&sorted)).await?;
        sorted.retain(|wish| !swapped.contains(&uuid(&wish.row.id)));
        // Those whose turn somebody else has taken, and those that had ended, as what is replayed has.
        let there = match sorted.is_empty() {
            true => Ok(HashSet::new()),
            false => self.late(&sorted, &mut swapped).await,
        };
        let answers = wishes.iter().map(|wish| {
            let id = uuid(&wish.row.id);
            match &there {
                _ if swapped.contains(&id) => {
                    self.0.ring(wish.news);
                    Ok(Swap::Swapped)
                }
                Ok(there) if there.contains(&id) => Ok(Swap::Moved),
                Ok(_) => Ok(Swap::Missing),
                // Some were swapped, and nobody could look what the others are.
                Err(undone) => Err(undone.error()),
            }
        });
        Ok(answers.collect())
    }
}

impl Redelivering {
    /// Swaps those that had ended, and adds them to `swapped`. Those of the others that are there.
    async fn late(&self, late: &[&NewTurn], swapped: &mut HashSet<Uuid>) -> Result<HashSet<Uuid>, Undone> {
        let rows = || late.iter().map(|wish| &wish.row);
        let sql = statement(late, (BACK, "back"), (KEPT, "kept"));
        // Only what is owed once more needs to be told again by what it is found.
        let columns = match rows().any(|row| row.due.is_some()) {
            false => columns(late),
            true => columns(late)
                .texts(rows().map(|row| Some(row.lane.as_str())))
                .truths(rows().map(|row| row.file))
                .numbers(rows().map(|row| Some(row.created_at))),
        };
        swapped.extend(self.run(&sql, &columns).await?);
        let late = || rows().filter(|row| !swapped.contains(&uuid(&row.id)));
        if late().next().is_none() {
            return Ok(HashSet::new());
        }
        let columns = Columns::default()
            .uuids(late().map(|row| Some(row.id)))
            .uuids(late().map(|row| Some(row.tenant)));
        self.run(THERE, &columns).await
    }

    /// Runs a statement that gives ids.
    async fn run(&self, sql: &str, columns: &Columns) -> Result<HashSet<Uuid>, Undone> {
        let rows = self.0.pool.write(sql, &columns.values(), "delivery").await?;
        let ids: Result<_, tokio_postgres::Error> = rows.iter().map(|row: &Row| row.try_get(0)).collect();
        ids.map_err(|error| Undone::of(&error, "delivery"))
    }
}

/// The statement that swaps `wishes`: those that are due by the one part, those that are not by the other. A part that
/// none of them needs is left out, and need not be planned.
fn statement(wishes: &[&NewTurn], due: (&str, &str), ended: (&str, &str)) -> String {
    let ends = |wish: &&NewTurn| wish.row.due.is_none();
    let parts: Vec<_> = [
        (!wishes.iter().all(ends)).then_some(due),
        wishes.iter().any(ends).then_some(ended),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sql = parts.iter().map(|(sql, _)| *sql).collect::<String>();
    let all = |columns: &str| {
        let selects = parts
            .iter()
            .map(|(_, part)| format!("SELECT {columns} FROM {part}"));
        selects.collect::<Vec<_>>().join(" UNION ALL ")
    };
    // Claims bring no try along.
    let tried = match wishes.iter().any(|wish| wish.tried.is_some()) {
        true => format!(
            ", tries AS (
                INSERT INTO delivery_attempts (delivery, number, at, record)
                SELECT * FROM ({}) AS t WHERE number IS NOT NULL ON CONFLICT DO NOTHING
            )",
            all("id, number, at, tried")
        ),
        false => String::new(),
    };
    format!("{WISH}{sql}{tried} {}", all("id"))
}

fn columns(wishes: &[&NewTurn]) -> Columns {
    let all = || wishes.iter().map(|wish| &wish.row);
    let tried = || wishes.iter().map(|wish| wish.tried.as_ref());
    Columns::default()
        .uuids(all().map(|row| Some(row.id)))
        .uuids(all().map(|row| Some(row.tenant)))
        .numbers(wishes.iter().map(|wish| Some(wish.expected)))
        .texts(all().map(|row| Some(row.shown)))
        .numbers(all().map(|row| row.due))
        .truths(all().map(|row| row.sending))
        .numbers(all().map(|row| Some(row.version)))
        .texts(all().map(|row| Some(row.record.as_str())))
        .numbers(tried().map(|row| row.map(|row| row.number)))
        .numbers(tried().map(|row| row.map(|row| row.at)))
        .texts(tried().map(|row| row.map(|row| row.record.as_str())))
}

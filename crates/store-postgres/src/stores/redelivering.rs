//! Swaps of deliveries, many in one statement.

use std::collections::HashMap;

use async_trait::async_trait;
use marquetry_store::persisted::{AttemptRow, DeliveryRow};
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
    pub(crate) row: DeliveryRow,
    pub(crate) tried: Option<AttemptRow>,
    pub(crate) news: Option<Change>,
}

/// Swaps deliveries.
#[derive(Debug)]
pub(crate) struct Redelivering(pub(crate) Shared);

/// That ids are among those wished for is said twice, for the reason that swaps of jobs have.
const SWAP: &str = "
    WITH wish AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[],
                             $7::bigint[], $8::text[])
            AS w (id, tenant, expected, shown, due, sending, version, record)
    ), swapped AS (
        UPDATE deliveries
        SET shown = wish.shown, due = wish.due, sending = wish.sending, version = wish.version,
            record = wish.record
        FROM wish
        WHERE deliveries.id = ANY ($1) AND deliveries.id = wish.id AND deliveries.tenant = wish.tenant
          AND deliveries.version = wish.expected
        RETURNING deliveries.id
    )";
const TRIED: &str = ", tried AS (
        INSERT INTO delivery_attempts (delivery, number, at, record)
        SELECT t.delivery, t.number, t.at, t.record
        FROM unnest($9::uuid[], $10::bigint[], $11::bigint[], $12::text[])
            AS t (delivery, number, at, record)
        JOIN swapped ON swapped.id = t.delivery
        ON CONFLICT DO NOTHING
    )";
/// Whether a delivery that was not swapped is there is asked by a subquery that gives a value: that of `EXISTS` may be
/// planned as a table of all deliveries there are.
const OUTCOME: &str = "
    SELECT wish.id, swapped.id IS NOT NULL, swapped.id IS NOT NULL OR coalesce((
               SELECT true FROM deliveries WHERE deliveries.id = wish.id AND deliveries.tenant = wish.tenant
           ), false)
    FROM wish LEFT JOIN swapped ON swapped.id = wish.id";

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
        let all = || sorted.iter().map(|wish| &wish.row);
        let mut columns = Columns::default()
            .uuids(all().map(|row| Some(row.id)))
            .uuids(all().map(|row| Some(row.tenant)))
            .numbers(sorted.iter().map(|wish| Some(wish.expected)))
            .texts(all().map(|row| Some(row.shown.as_str())))
            .numbers(all().map(|row| row.due))
            .truths(all().map(|row| row.sending))
            .numbers(all().map(|row| Some(row.version)))
            .texts(all().map(|row| Some(row.record.as_str())));
        let mut sql = SWAP.to_owned();
        let tried: Vec<&AttemptRow> = sorted.iter().filter_map(|wish| wish.tried.as_ref()).collect();
        // Claims bring no try along, and need not have it planned.
        if !tried.is_empty() {
            columns = columns
                .uuids(tried.iter().map(|row| Some(row.delivery)))
                .numbers(tried.iter().map(|row| Some(row.number)))
                .numbers(tried.iter().map(|row| Some(row.at)))
                .texts(tried.iter().map(|row| Some(row.record.as_str())));
            sql.push_str(TRIED);
        }
        sql.push_str(OUTCOME);
        let rows = self.0.pool.write(&sql, &columns.values(), "delivery").await?;
        let outcomes = outcomes(&rows)?;
        let of = |wish: &NewTurn| {
            outcomes
                .get(&uuid(&wish.row.id))
                .copied()
                .unwrap_or(Swap::Missing)
        };
        let swapped = |wish: &&NewTurn| of(wish) == Swap::Swapped;
        self.0
            .ring(wishes.iter().filter(swapped).filter_map(|wish| wish.news));
        Ok(wishes.iter().map(|wish| Ok(of(wish))).collect())
    }
}

/// What became of each delivery.
fn outcomes(rows: &[Row]) -> Result<HashMap<Uuid, Swap>, Undone> {
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
    outcomes.map_err(|error| Undone::of(&error, "delivery"))
}

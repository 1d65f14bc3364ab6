//! Claims: what is due is locked, decided upon, and written.
//!
//! Two round trips, however many jobs: `BEGIN` goes with the `SELECT`, the `UPDATE` with the `COMMIT`.
//! One would need the decision in SQL, and that is not a store's to make.

use marquetry_job::Timestamp;
use marquetry_model::Job;
use marquetry_store::persisted::{JobRow, version_column};
use marquetry_store::{ClaimStep, Claimed, Swap};
use tokio_postgres::types::Type;

use super::jobs::{COLUMNS, change, read_row};
use super::swapping::{NewState, changes, outcomes, statement};
use super::{limit, uuid};
use crate::error::{Undone, Work};
use crate::pool::Value;
use crate::store::Shared;

/// What is due, the longest due first: the one text that says in which order jobs are taken up.
pub(super) const DUE: &str = "WHERE due IS NOT NULL AND due <= $1 ORDER BY due, created_at, id LIMIT $2";

/// Lends what is due to `step` and writes what it takes. Jobs that others are looking at are passed over.
pub(super) async fn claim(shared: &Shared, now: Timestamp, most: u32, step: ClaimStep) -> Work<Claimed> {
    let pool = &shared.pool;
    let client = pool.borrow().await?.whole();
    let begin = pool.begin();
    let pick = format!("SELECT {COLUMNS} FROM jobs {DUE} FOR UPDATE SKIP LOCKED");
    let (now, most) = (now.as_micros(), limit(most));
    let values: [Value<'_>; 2] = [(&now, Type::INT8), (&most, Type::INT8)];
    // Polled in this order, so sent in this order, and answered in one round trip.
    let asked = futures::future::join(client.batch_execute(&begin), client.query_typed(&pick, &values));
    let (begun, rows) = pool.patiently(&client, asked).await?;
    begun.map_err(|error| Undone::of(&error, "job"))?;
    let rows = rows.map_err(|error| Undone::of(&error, "job"))?;

    let (mut taken, mut left, mut wishes) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let job: Job = read_row(row)?.job()?;
        let Some(next) = step(&job) else {
            left.push(job);
            continue;
        };
        wishes.push(NewState {
            expected: version_column(job.version),
            row: JobRow::of(&next),
            owed: Vec::new(),
            mockup: None,
            news: change(&next),
        });
        taken.push(next);
    }
    if wishes.is_empty() {
        let ended = pool.patiently(&client, client.batch_execute("COMMIT")).await?;
        ended.map_err(|error| Undone::of(&error, "job"))?;
        client.end();
        return Ok(Claimed { taken, left });
    }
    let (sql, columns) = statement(shared, &wishes.iter().collect::<Vec<_>>());
    let values = columns.values();
    let asked = futures::future::join(client.query_typed(&sql, &values), client.batch_execute("COMMIT"));
    let (written, ended) = pool.patiently(&client, asked).await?;
    let outcomes = outcomes(&written.map_err(|error| Undone::of(&error, "job"))?)?;
    ended.map_err(|error| Undone::of(&error, "job"))?;
    client.end();
    // They were locked, so all of them were swapped; a store that says otherwise is believed.
    taken.retain(|job| outcomes.get(&uuid(job.id.as_bytes())) == Some(&Swap::Swapped));
    shared.ring(wishes.iter().flat_map(changes));
    Ok(Claimed { taken, left })
}

//! Claims: what is due is locked, decided upon, and written.
//!
//! Two round trips, however many jobs: `BEGIN` goes with the `SELECT`, the `UPDATE` with the `COMMIT`.
//! One would need the decision in SQL, and that is not a store's to make.

use marquetry_store::{ClaimStep, Claimed, Pick};

use super::line::{Line, Lock};
use super::swapping::{NewState, changes, statement, swapped};
use super::uuid;
use crate::error::{Undone, Work};
use crate::store::Shared;

/// Lends what is due to `step` and writes what it takes. Jobs that others are looking at are passed over.
pub(super) async fn claim(shared: &Shared, pick: Pick, step: ClaimStep) -> Work<Claimed> {
    let pool = &shared.pool;
    let client = pool.borrow().await?.whole();
    let mut line = Line::new(pick);
    let mut begin = Some(pool.begin());
    // One search finds all, but where a tenant came to its limit among what was found.
    while let Some(search) = line.search(Lock::SkipLocked) {
        let values = search.values();
        let ready = pool
            .patiently(&client, pool.ready(&client, &search.sql, &values))
            .await?;
        let ready = ready.map_err(|error| Undone::of(&error, "job"))?;
        let picked = ready.run(&client, &values);
        let rows = match begin.take() {
            // Polled in this order, so sent in this order, and answered in one round trip.
            Some(begin) => {
                let asked = futures::future::join(client.batch_execute(&begin), picked);
                let (begun, rows) = pool.patiently(&client, asked).await?;
                begun.map_err(|error| Undone::of(&error, "job"))?;
                rows
            }
            None => pool.patiently(&client, picked).await?,
        };
        let rows = rows.map_err(|error| Undone::of(&error, "job"))?;
        line.found(&rows, Lock::SkipLocked)?;
    }
    if begin.is_some() {
        // Nothing was asked for, and nothing has begun.
        client.end();
        return Ok(Claimed::default());
    }

    let (mut taken, mut left, mut wishes) = (Vec::new(), Vec::new(), Vec::new());
    let (found, suspect) = line.into_found();
    for job in found {
        let Some(next) = step(&job) else {
            left.push(job);
            continue;
        };
        wishes.push(NewState::only(job.version, &next));
        taken.push(next);
    }
    if wishes.is_empty() {
        let ended = pool.patiently(&client, client.batch_execute("COMMIT")).await?;
        ended.map_err(|error| Undone::of(&error, "job"))?;
        client.end();
        return Ok(Claimed { taken, left, suspect });
    }
    let (sql, columns) = statement(&wishes.iter().collect::<Vec<_>>());
    let values = columns.values();
    let ready = pool
        .patiently(&client, pool.ready(&client, &sql, &values))
        .await?;
    let ready = ready.map_err(|error| Undone::of(&error, "job"))?;
    let asked = futures::future::join(ready.run(&client, &values), client.batch_execute("COMMIT"));
    let (written, ended) = pool.patiently(&client, asked).await?;
    let swapped = swapped(&written.map_err(|error| Undone::of(&error, "job"))?)?;
    ended.map_err(|error| Undone::of(&error, "job"))?;
    client.end();
    // They were locked, so all of them were swapped; a store that says otherwise is believed.
    taken.retain(|job| swapped.contains(&uuid(job.id.as_bytes())));
    shared.ring(wishes.iter().flat_map(changes));
    Ok(Claimed { taken, left, suspect })
}

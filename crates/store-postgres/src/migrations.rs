//! The steps from one schema to the next: numbered, each done once, none ever edited.

use marquetry_store::persisted::{missing_steps, step_checksum};
use tokio_postgres::types::Type;

use crate::error::{Undone, Work};
use crate::pool::{Pool, get};

/// Every step, in order. A step that has been released is never changed: add another.
const STEPS: [&str; 8] = [
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_attempts.sql"),
    include_str!("../migrations/0003_suspects.sql"),
    include_str!("../migrations/0004_records.sql"),
    include_str!("../migrations/0005_ledger.sql"),
    include_str!("../migrations/0006_files.sql"),
    include_str!("../migrations/0007_apart.sql"),
    include_str!("../migrations/0008_turns.sql"),
];

/// Whoever changes the schema holds this advisory lock. The number is of no meaning and never changes.
const LOCK: i64 = 0x6d61_7271_7565_7472;

/// Brings the database to the newest schema, or refuses one that is not ours to touch.
///
/// Any number of processes may do so at once: they take turns. The lock belongs to the transaction, so
/// it works through a pooler and goes with whoever dies.
pub(crate) async fn migrate(pool: &Pool) -> Work<()> {
    run(pool, &STEPS).await
}

async fn run(pool: &Pool, steps: &[&str]) -> Work<()> {
    let client = pool.borrow_plain().await?.whole();
    let schema = |error: tokio_postgres::Error| Undone::of(&error, "schema");
    let prepare = "CREATE TABLE IF NOT EXISTS marquetry_schema_steps (
                       number   bigint NOT NULL PRIMARY KEY,
                       checksum bigint NOT NULL
                   )";
    // The lock before anything else, and each statement sees what was committed before it.
    client
        .batch_execute(&format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK}); {prepare}"
        ))
        .await
        .map_err(schema)?;
    let sql = "SELECT number, checksum FROM marquetry_schema_steps ORDER BY number";
    let rows = client.query_typed(sql, &[]).await.map_err(schema)?;
    let done = rows
        .iter()
        .map(|row| Ok((get(row, 0, "schema")?, get(row, 1, "schema")?)))
        .collect::<Work<Vec<(i64, i64)>>>()?;
    for (number, step) in missing_steps(&done, steps)? {
        client.batch_execute(step).await.map_err(schema)?;
        let sql = "INSERT INTO marquetry_schema_steps VALUES ($1, $2)";
        let values: [crate::pool::Value<'_>; 2] = [(&number, Type::INT8), (&step_checksum(step), Type::INT8)];
        client.execute_typed(sql, &values).await.map_err(schema)?;
        tracing::info!(number, "a step of the schema is done");
    }
    client.batch_execute("COMMIT").await.map_err(schema)?;
    client.end();
    Ok(())
}

//! The steps from one schema to the next: numbered, each done once, none ever edited.

use marquetry_store::StoreError;
use tokio_postgres::types::Type;

use crate::error::{Undone, Work};
use crate::pool::{Pool, get};

/// Every step, in order. A step that has been released is never changed: add another.
const STEPS: [&str; 1] = [include_str!("../migrations/0001_first.sql")];

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
    let client = pool.borrow().await?.whole();
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
    for (number, step) in missing(&done, steps)? {
        client.batch_execute(step).await.map_err(schema)?;
        let sql = "INSERT INTO marquetry_schema_steps VALUES ($1, $2)";
        let values: [crate::pool::Value<'_>; 2] = [(&number, Type::INT8), (&checksum(step), Type::INT8)];
        client.execute_typed(sql, &values).await.map_err(schema)?;
        tracing::info!(number, "a step of the schema is done");
    }
    client.batch_execute("COMMIT").await.map_err(schema)?;
    client.end();
    Ok(())
}

/// The steps that are still to be done after those that have been.
fn missing<'a>(done: &[(i64, i64)], steps: &[&'a str]) -> Work<Vec<(i64, &'a str)>> {
    let refuse = |problem: String| {
        Err(StoreError::Unreadable {
            what: "schema",
            problem,
        })
    };
    if done.len() > steps.len() {
        return refuse(format!(
            "it has {} steps, this program knows {}: a newer program made it",
            done.len(),
            steps.len()
        ));
    }
    let mut missing = Vec::new();
    for (place, (number, step)) in (1_i64..).zip(steps).enumerate() {
        match done.get(place) {
            Some(&(known, sum)) if known == number && sum == checksum(step) => {}
            Some(_) => return refuse(format!("step {number} is not the one that this program knows")),
            None => missing.push((number, *step)),
        }
    }
    Ok(missing)
}

/// FNV-1a over the step, spaces at line ends aside: it notices an edit, and need not withstand malice.
fn checksum(step: &str) -> i64 {
    let bytes = step
        .lines()
        .flat_map(|line| line.trim_end().bytes().chain([b'\n']));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [&str; 2] = ["CREATE TABLE a (x int);", "CREATE TABLE b (x int);"];

    fn problem(done: &[(i64, i64)], steps: &[&str]) -> String {
        match missing(done, steps) {
            Err(StoreError::Unreadable { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_has_been_done_is_not_done_again() {
        let both = [(1, checksum(STEPS[0])), (2, checksum(STEPS[1]))];
        assert_eq!(missing(&[], &STEPS).unwrap().len(), 2);
        assert_eq!(missing(&both[..1], &STEPS).unwrap(), [(2, STEPS[1])]);
        assert_eq!(missing(&both, &STEPS).unwrap(), []);
    }

    #[test]
    fn a_newer_or_an_edited_schema_is_refused() {
        let both = [(1, checksum(STEPS[0])), (2, checksum(STEPS[1]))];
        assert!(problem(&both, &STEPS[..1]).contains("newer program"));
        assert_eq!(
            problem(&[(1, checksum("CREATE TABLE a (x text);"))], &STEPS),
            "step 1 is not the one that this program knows"
        );
    }
}

//! The steps from one schema to the next: numbered, each done once, none ever edited.

use marquetry_store::persisted::{missing_steps, step_checksum};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::{Doing, Work};

/// Every step, in order. A step that has been released is never changed: add another.
const STEPS: [&str; 10] = [
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_line.sql"),
    include_str!("../migrations/0003_ages.sql"),
    include_str!("../migrations/0004_attempts.sql"),
    include_str!("../migrations/0005_suspects.sql"),
    include_str!("../migrations/0006_records.sql"),
    include_str!("../migrations/0007_ledger.sql"),
    include_str!("../migrations/0008_files.sql"),
    include_str!("../migrations/0009_apart.sql"),
    include_str!("../migrations/0010_turns.sql"),
];

/// Brings the database to the newest schema, or refuses one that is not ours to touch.
pub(crate) fn migrate(connection: &mut Connection) -> Work<()> {
    run(connection, &STEPS)
}

fn run(connection: &mut Connection, steps: &[&str]) -> Work<()> {
    // IMMEDIATE, so that two processes that open a new file at once take turns.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .of("schema")?;
    transaction
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_steps (
                 number   INTEGER NOT NULL PRIMARY KEY,
                 checksum INTEGER NOT NULL
             ) STRICT",
        )
        .of("schema")?;
    let done: Vec<(i64, i64)> = transaction
        .prepare("SELECT number, checksum FROM schema_steps ORDER BY number")
        .of("schema")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .of("schema")?
        .collect::<Result<_, _>>()
        .of("schema")?;
    for (number, step) in missing_steps(&done, steps)? {
        transaction.execute_batch(step).of("schema")?;
        transaction
            .execute(
                "INSERT INTO schema_steps VALUES (?1, ?2)",
                params![number, step_checksum(step)],
            )
            .of("schema")?;
    }
    transaction.commit().of("schema")
}

#[cfg(test)]
mod tests {
    use marquetry_store::StoreError;

    use super::*;

    fn memory() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn problem(result: Work<()>) -> String {
        match result {
            Err(StoreError::Unreadable { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_second_run_changes_nothing() {
        let mut connection = memory();
        migrate(&mut connection).unwrap();
        let count = |c: &Connection| -> i64 {
            c.query_row("SELECT count(*) FROM schema_steps", [], |row| row.get(0))
                .unwrap()
        };
        let before = count(&connection);
        migrate(&mut connection).unwrap();
        assert_eq!(
            (before, count(&connection)),
            (i64::try_from(STEPS.len()).unwrap(), before)
        );
    }

    #[test]
    fn an_older_schema_is_brought_up() {
        let mut connection = memory();
        let (first, second) = (
            "CREATE TABLE a (x INTEGER) STRICT;",
            "ALTER TABLE a ADD COLUMN y TEXT;",
        );
        run(&mut connection, &[first]).unwrap();
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        run(&mut connection, &[first, second]).unwrap();
        let y: Option<String> = connection
            .query_row("SELECT y FROM a WHERE x = 1", [], |row| row.get(0))
            .unwrap();
        assert_eq!(y, None);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut connection = memory();
        run(
            &mut connection,
            &["CREATE TABLE a (x INTEGER);", "CREATE TABLE b (x INTEGER);"],
        )
        .unwrap();
        assert!(problem(run(&mut connection, &["CREATE TABLE a (x INTEGER);"])).contains("newer program"));
    }

    #[test]
    fn an_edited_step_is_noticed() {
        let mut connection = memory();
        run(&mut connection, &["CREATE TABLE a (x INTEGER);"]).unwrap();
        let edited = problem(run(&mut connection, &["CREATE TABLE a (x TEXT);"]));
        assert_eq!(edited, "step 1 is not the one that this program knows");
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_schema() {
        let mut connection = memory();
        let first = "CREATE TABLE a (x INTEGER);";
        run(&mut connection, &[first]).unwrap();
        assert!(run(&mut connection, &[first, "CREATE TABLE b (x INTEGER); NONSENSE;"]).is_err());
        assert!(connection.prepare("SELECT * FROM b").is_err());
        run(&mut connection, &[first, "CREATE TABLE b (x INTEGER);"]).unwrap();
    }
}

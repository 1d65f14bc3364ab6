//! How a connection is opened, and whether the file is sound.

use std::path::Path;
use std::time::Duration;

use marquetry_store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Doing, Work};

/// When the whole file is read to see whether it is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// When the last process that had it did not close it. Takes about a second a gigabyte.
    AfterUncleanStop,
    /// Each time it is opened.
    Always,
    /// Never; SQLite still notices damage when it meets it.
    Never,
}

/// The connection that writes.
pub(crate) fn writing(path: &Path, patience: Duration) -> Work<Connection> {
    let connection = Connection::open(path).of("database")?;
    connection.busy_timeout(patience).of("database")?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .of("database")?;
    if mode != "wal" {
        // Some network file systems cannot share memory; there we could not keep our promises.
        return Err(StoreError::Unreadable {
            what: "database",
            problem: format!("this file system allows the journal mode {mode} only, not wal"),
        });
    }
    // FULL: a commit is on stable storage when it returns. NORMAL could lose it with the power.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .of("database")?;
    common(&connection)?;
    Ok(connection)
}

/// A connection that reads.
pub(crate) fn reading(path: &Path, patience: Duration) -> Work<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).of("database")?;
    connection.busy_timeout(patience).of("database")?;
    common(&connection)?;
    connection
        .pragma_update(None, "query_only", true)
        .of("database")?;
    Ok(connection)
}

fn common(connection: &Connection) -> Work<()> {
    // What a statement is bound to is never a reason to plan it anew: SQLite would do so for each job that comes in, to
    // see whether this time a partial index fits, and that was two fifths of all that the writing thread did.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .of("database")?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .of("database")?;
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .of("database")?;
    // Negative: kibibytes.
    connection
        .pragma_update(None, "cache_size", -16_384)
        .of("database")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Whether the last process that had the file left a journal behind, which a clean close removes.
pub(crate) fn stopped_uncleanly(path: &Path) -> bool {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    std::fs::metadata(journal).is_ok_and(|journal| journal.len() > 0)
}

/// Reads the whole file.
pub(crate) fn check(connection: &Connection) -> Work<()> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .of("database")?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Unreadable {
            what: "database",
            problem: verdict,
        })
    }
}

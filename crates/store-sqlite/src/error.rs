//! SQLite's errors in the words of the store, sorted by who can act on them.

use marquetry_store::StoreError;
use rusqlite::ErrorCode;

/// What went wrong inside a piece of work: ours, or SQLite's.
pub(crate) type Work<T> = Result<T, StoreError>;

/// Gives SQLite's errors the name of what was being done.
pub(crate) trait Doing<T> {
    /// `what` is the sort of record; a broken uniqueness means that one is there already.
    fn of(self, what: &'static str) -> Work<T>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn of(self, what: &'static str) -> Work<T> {
        self.map_err(|error| translate(error, what))
    }
}

/// SQLite's error about a record of the sort `what`.
pub(crate) fn translate(error: rusqlite::Error, what: &'static str) -> StoreError {
    if let rusqlite::Error::SqliteFailure(failure, _) = &error {
        match (failure.code, failure.extended_code) {
            (
                ErrorCode::ConstraintViolation,
                rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE,
            ) => return StoreError::Duplicate { what },
            (ErrorCode::DiskFull, _) => return StoreError::Full { source: error.into() },
            (
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::ReadOnly,
                _,
            ) => return StoreError::Unavailable { source: error.into() },
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
                return StoreError::Unreadable {
                    what: "database",
                    problem: error.to_string(),
                };
            }
            _ => {}
        }
    }
    match error {
        // A column of another type than we write: not our database, or damaged.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => StoreError::Unreadable {
            what,
            problem: error.to_string(),
        },
        error => StoreError::Broken {
            doing: what,
            source: error.into(),
        },
    }
}

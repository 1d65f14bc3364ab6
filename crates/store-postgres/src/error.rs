//! PostgreSQL's errors in the words of the store, sorted by who can act on them.

use marquetry_store::StoreError;
use tokio_postgres::error::SqlState;

/// What went wrong inside a piece of work, in the words of the store.
pub(crate) type Work<T> = Result<T, StoreError>;

/// What a database or a driver said, as text: one such error answers many callers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Said(pub(crate) String);

/// Why a statement came to nothing, kept so that each of those who wait can be told.
#[derive(Clone, Debug)]
pub(crate) struct Undone {
    sort: Sort,
    said: Said,
    /// Whether the database refused the statement for what was in it, or for another that it met: nothing
    /// of it was done, and each wish in it may be tried by itself.
    pub(crate) refused: bool,
}

#[derive(Clone, Copy, Debug)]
enum Sort {
    Unavailable,
    Full,
    Duplicate(&'static str),
    Unreadable(&'static str),
    Broken(&'static str),
}

impl Undone {
    /// The connection, the pool or the patience gave out: what was asked may or may not have been done.
    pub(crate) fn unavailable(said: impl std::fmt::Display) -> Self {
        Self {
            sort: Sort::Unavailable,
            said: Said(said.to_string()),
            refused: false,
        }
    }

    /// PostgreSQL's error about a record of the sort `what`.
    pub(crate) fn of(error: &tokio_postgres::Error, what: &'static str) -> Self {
        let said = Said(chain(error));
        let Some(refusal) = error.as_db_error() else {
            // Values that do not fit their type never left this process, or came from a foreign table.
            let sort = match std::error::Error::source(error) {
                Some(source) if source.is::<tokio_postgres::types::WrongType>() => Sort::Unreadable(what),
                _ if is_about_rows(error) => Sort::Unreadable(what),
                _ => Sort::Unavailable,
            };
            return Self {
                sort,
                said,
                refused: false,
            };
        };
        let sort = sort(refusal.code(), refusal.table(), what);
        let met_another = refusal.code().code().starts_with("40");
        Self {
            sort,
            said,
            refused: met_another || !matches!(sort, Sort::Unavailable | Sort::Full),
        }
    }

    /// Whether the connection, the pool or the patience gave out.
    pub(crate) const fn is_unavailable(&self) -> bool {
        matches!(self.sort, Sort::Unavailable)
    }

    /// The error for one of those who wait.
    pub(crate) fn error(&self) -> StoreError {
        let source = Box::new(self.said.clone());
        match self.sort {
            Sort::Unavailable => StoreError::Unavailable { source },
            Sort::Full => StoreError::Full { source },
            Sort::Duplicate(what) => StoreError::Duplicate { what },
            Sort::Unreadable(what) => StoreError::Unreadable {
                what,
                problem: self.said.0.clone(),
            },
            Sort::Broken(doing) => StoreError::Broken { doing, source },
        }
    }
}

impl From<Undone> for StoreError {
    fn from(undone: Undone) -> Self {
        undone.error()
    }
}

/// The driver has no type of its own for "there is no such column", only words.
fn is_about_rows(error: &tokio_postgres::Error) -> bool {
    let words = error.to_string();
    words.contains("column") || words.contains("deserializing") || words.contains("serializing")
}

fn sort(code: &SqlState, table: Option<&str>, what: &'static str) -> Sort {
    if *code == SqlState::UNIQUE_VIOLATION {
        return Sort::Duplicate(record_of(table).unwrap_or(what));
    }
    if *code == SqlState::DISK_FULL {
        return Sort::Full;
    }
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::IO_ERROR,
    ];
    match code.code().get(..2) {
        // Connections, room and memory, and an operator at work.
        Some("08" | "53" | "57") => Sort::Unavailable,
        _ if passing.contains(code) => Sort::Unavailable,
        _ => Sort::Broken(what),
    }
}

/// What the records of a table are called.
fn record_of(table: Option<&str>) -> Option<&'static str> {
    Some(match table? {
        "jobs" => "job",
        "idempotency_claims" => "idempotency key",
        "mockups" => "mockup",
        "endpoints" => "endpoint",
        "deliveries" | "owed" | "delivery_ends" => "delivery",
        "tenants" => "tenant",
        "api_keys" => "API key",
        _ => return None,
    })
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let step = error.to_string();
        if !text.ends_with(&step) {
            text.push_str(": ");
            text.push_str(&step);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_who_can_act() {
        let sorted = |code: &SqlState| sort(code, Some("deliveries"), "job");
        assert!(matches!(
            sorted(&SqlState::UNIQUE_VIOLATION),
            Sort::Duplicate("delivery")
        ));
        assert!(matches!(sorted(&SqlState::DISK_FULL), Sort::Full));
        for passing in [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::QUERY_CANCELED,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::CONNECTION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ] {
            assert!(matches!(sorted(&passing), Sort::Unavailable), "{passing:?}");
        }
        for lasting in [
            SqlState::UNDEFINED_TABLE,
            SqlState::INSUFFICIENT_PRIVILEGE,
            SqlState::INVALID_PASSWORD,
        ] {
            assert!(matches!(sorted(&lasting), Sort::Broken("job")), "{lasting:?}");
        }
    }
}

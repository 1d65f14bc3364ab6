//! Rows that cannot be read, among many that can: they are passed over and told of, and stop nobody else.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::StoreError;

/// How many rows are remembered as told; with more, all are forgotten, and told of once more.
const MOST_TOLD: usize = 1024;

/// What sort of row, and its id.
type Named = (&'static str, Vec<u8>);

/// Rows that this process has told of.
static TOLD: Mutex<Option<HashSet<Named>>> = Mutex::new(None);

/// What was read of the row with this id; `None` when it was written by a newer program or is damaged. The log is told
/// so the first time that this process comes upon the row, however often it is passed over.
///
/// For rows that are looked for, not for one that was asked for by its id, and not where what is not seen may be
/// deleted.
///
/// # Errors
/// All but [`StoreError::Unreadable`].
pub fn readable<T>(id: impl AsRef<[u8]>, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    let (what, problem) = match read {
        Ok(read) => return Ok(Some(read)),
        Err(StoreError::Unreadable { what, problem }) => (what, problem),
        Err(error) => return Err(error),
    };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let told = told.get_or_insert_default();
    if told.len() >= MOST_TOLD {
        told.clear();
    }
    if told.insert((what, id.as_ref().to_vec())) {
        metrics::counter!("marquetry_unreadable_rows_total", "what" => what).increment(1);
        tracing::error!(what, problem, "a row cannot be read and is passed over");
    }
    Ok(None)
}

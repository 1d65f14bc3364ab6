//! One server a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use marquetry_store::StoreError;

/// How often the lock is tried, and how long apart: half a second in all.
const TRIES: u32 = 25;
const BETWEEN: Duration = Duration::from_millis(20);

/// Somebody else has the file.
#[derive(Debug, thiserror::Error)]
#[error("{} is in use by another process", .0.display())]
struct InUse(PathBuf);

/// A lock that lives as long as this value, and not longer than the process, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock that stands beside the database at `path`.
    ///
    /// It is a file of its own: SQLite locks parts of the database itself, and the two must not meet.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let unavailable = |source: std::io::Error| StoreError::Unavailable {
            source: source.into(),
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(PathBuf::from(name))
            .map_err(unavailable)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // A child that a former holder has just started has the lock as well, until it runs its own program.
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
                Err(TryLockError::Error(error)) => return Err(unavailable(error)),
            }
        }
        Err(StoreError::Unavailable {
            source: InUse(path.to_owned()).into(),
        })
    }
}

//! Connections that read, lent out one at a time and used on threads that may block.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use marquetry_store::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::connection;
use crate::error::Work;

/// The readers. Cheap to clone; all clones lend the same connections.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    shelf: Arc<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    path: PathBuf,
    patience: Duration,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Connection>>,
    /// As many as may be out at once.
    permits: Semaphore,
}

impl Readers {
    /// At most `count` connections to the file at `path`, opened when first needed.
    pub(crate) fn new(path: &Path, patience: Duration, count: usize) -> Self {
        let permits = Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS));
        let idle = Mutex::default();
        Self {
            shelf: Arc::new(Shelf {
                path: path.to_owned(),
                patience,
                idle,
                permits,
            }),
        }
    }

    /// Runs `work` with a connection, which sees everything that was answered before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Work<T> {
        let shelf = Arc::clone(&self.shelf);
        let _permit = self
            .shelf
            .permits
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let done = tokio::task::spawn_blocking(move || {
            let idle = shelf.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => connection::reading(&shelf.path, shelf.patience)?,
            };
            let outcome = work(&connection);
            shelf
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            outcome
        });
        done.await.map_err(|source| StoreError::Broken {
            doing: "reading",
            source: source.into(),
        })?
    }

    /// Closes the connections that nobody uses.
    pub(crate) fn close(&self) {
        self.shelf.permits.close();
        self.shelf
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

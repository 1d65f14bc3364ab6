//! The store itself: how it is opened, set up and closed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use marquetry_store::{Bell, StoreError};
use rusqlite::Connection;

use crate::connection::{self, Check};
use crate::error::{Doing, Work};
use crate::lock::Lock;
use crate::migrations;
use crate::readers::Readers;
use crate::writer::{News, Writer};

/// How a store works. The default suits one server on one machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most writes that share one commit. 256 by default.
    pub batch: usize,
    /// The most writes that wait in line before callers wait outside, those that come together counted as one.
    /// 4096 by default.
    pub waiting: usize,
    /// The most reads at once. 4 by default.
    pub readers: usize,
    /// How long to wait for another process that has the file locked. 5 s by default.
    pub patience: Duration,
    /// When to read the whole file to see whether it is sound. After an unclean stop by default.
    pub check: Check,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch: 256,
            waiting: 4096,
            readers: 4,
            patience: Duration::from_secs(5),
            check: Check::AfterUncleanStop,
        }
    }
}

/// Every store trait on one SQLite file.
///
/// Needs a tokio runtime around its calls. Dropping it waits for the transaction in hand and closes the
/// file cleanly.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    patience: Duration,
    bell: Bell,
    readers: Readers,
    writer: Writer,
    // Last, so that it is let go of when the file has been closed.
    _lock: Option<Lock>,
}

impl SqliteStore {
    /// Opens the file at `path` for this process alone, and makes it if it is not there.
    ///
    /// Every lease found in it is of a process that is gone: call
    /// [`recover`](marquetry_store::JobSteps::recover) before the first claim. Blocks while it opens;
    /// checking a large file after an unclean stop takes about a second a gigabyte.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another process has it or it cannot be opened,
    /// [`StoreError::Unreadable`] when it is damaged or was made by a newer program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, &Options::default())
    }

    /// Like [`open`](Self::open), set up by `options`.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let lock = Lock::take(path)?;
        Self::build(path, options, Some(lock))
    }

    /// Opens the file beside a server that has it, for tools that read and make small changes. Such a
    /// tool must not claim or recover anything, and its changes ring nobody in the server.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), but for another process.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        Self::build(
            path,
            &Options {
                check: Check::Never,
                ..Options::default()
            },
            None,
        )
    }

    fn build(path: &Path, options: &Options, lock: Option<Lock>) -> Result<Self, StoreError> {
        let doubtful = match options.check {
            Check::Always => true,
            Check::Never => false,
            // Asked before the file is opened, because opening mends it.
            Check::AfterUncleanStop => connection::stopped_uncleanly(path),
        };
        let mut writing = connection::writing(path, options.patience)?;
        if doubtful {
            connection::check(&writing)?;
        }
        migrations::migrate(&mut writing)?;
        let bell = Bell::new();
        Ok(Self {
            path: path.to_owned(),
            patience: options.patience,
            readers: Readers::new(path, options.patience, options.readers),
            writer: Writer::start(writing, bell.clone(), options.batch, options.waiting)?,
            bell,
            _lock: lock,
        })
    }

    /// Writes a copy of the whole store to a new file at `to`, while everything goes on. The copy is of
    /// one moment, compact, and can be opened like the original.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when there is a file at `to` already, and those of writing it.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let (from, to, patience) = (self.path.clone(), to.to_owned(), self.patience);
        let copying = tokio::task::spawn_blocking(move || {
            let connection = connection::writing(&from, patience)?;
            let to = to.to_str().ok_or_else(|| StoreError::Broken {
                doing: "backup",
                source: "the name of the copy is not valid Unicode".into(),
            })?;
            connection.execute("VACUUM INTO ?1", [to]).of("backup")?;
            Ok(())
        });
        copying.await.map_err(|source| StoreError::Broken {
            doing: "backup",
            source: source.into(),
        })?
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Work<T> {
        self.readers.read(work).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection, &mut News) -> Work<T> + Send + 'static,
    ) -> Work<T> {
        self.writer.ask(work).await
    }

    /// The same for several pieces of work that come together, each as if it were alone.
    pub(crate) async fn write_all<T: Send + 'static, F>(
        &self,
        all: impl IntoIterator<Item = F>,
    ) -> Vec<Work<T>>
    where
        F: FnMut(&Connection, &mut News) -> Work<T> + Send + 'static,
    {
        self.writer.ask_all(all).await
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: whoever closes last tidies the journal away, and that is the writer.
        self.readers.close();
    }
}

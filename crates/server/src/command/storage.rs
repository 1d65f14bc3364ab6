//! Where everything is kept: the flags that name database and blobs, and what they open.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use marquetry_store::{Store, StoreError};
use marquetry_store_sqlite::SqliteStore;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::Failure;

/// Where everything is kept.
#[derive(Args, Clone, Debug)]
pub(super) struct Storage {
    /// The folder for the database and the blobs, unless they are named apart.
    #[arg(
        long,
        env = "MARQUETRY_DATA_DIR",
        default_value = "./marquetry-data",
        value_name = "DIR"
    )]
    pub(super) data_dir: PathBuf,
    /// `sqlite://PATH`; by default a file in the data directory.
    #[arg(long, env = "MARQUETRY_DATABASE_URL", value_name = "URL")]
    database_url: Option<String>,
    /// `file:///FOLDER`; by default a folder in the data directory.
    #[arg(long, env = "MARQUETRY_BLOB_URL", value_name = "URL")]
    blob_url: Option<String>,
}

impl Storage {
    /// Everything in one folder.
    pub(super) fn in_folder(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            database_url: None,
            blob_url: None,
        }
    }

    /// Opens the database for this process alone, and makes it when it is not there.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        self.open(SqliteStore::open)
    }

    /// Opens the database for a short look, beside a server that may be running.
    pub(super) fn store_beside(&self) -> Result<Arc<dyn Store>, Failure> {
        self.open(SqliteStore::open_beside)
    }

    fn open(&self, how: fn(&Path) -> Result<SqliteStore, StoreError>) -> Result<Arc<dyn Store>, Failure> {
        let file = match &self.database_url {
            None => self.data_dir.join("marquetry.sqlite"),
            Some(url) => match url.split_once("://") {
                Some(("sqlite", path)) if !path.is_empty() => path.into(),
                Some(("postgres" | "postgresql", _)) => {
                    return Err(Failure::new("PostgreSQL is not supported yet; use sqlite://PATH"));
                }
                _ => {
                    return Err(Failure::new(format!(
                        "{url:?} is no database URL; use sqlite://PATH"
                    )));
                }
            },
        };
        if let Some(folder) = file.parent() {
            make_folder(folder)?;
        }
        let store = how(&file)
            .map_err(|error| Failure::new(format!("{}: {}", file.display(), Failure::from(error).0)))?;
        Ok(Arc::new(store))
    }

    /// Opens the blobs, and makes their folder when it is not there.
    pub(super) fn blobs(&self) -> Result<Arc<dyn ObjectStore>, Failure> {
        let folder = match &self.blob_url {
            None => self.data_dir.join("blobs"),
            Some(url) => match url.split_once("://") {
                Some(("file", path)) if !path.is_empty() => path.into(),
                Some(("s3", _)) => return Err(Failure::new("S3 is not supported yet; use file:///FOLDER")),
                _ => {
                    return Err(Failure::new(format!(
                        "{url:?} is no blob URL; use file:///FOLDER"
                    )));
                }
            },
        };
        make_folder(&folder)?;
        // A row must never outlive the blob it points to, not even through a loss of power.
        Ok(Arc::new(
            LocalFileSystem::new_with_prefix(folder)?.with_fsync(true),
        ))
    }
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("{} cannot be made: {error}", folder.display())))
}

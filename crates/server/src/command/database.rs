//! The database: the flags that name it, and what they open.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use marquetry_store::{Clock, Ownership, Store, StoreError, SystemClock};
use marquetry_store_postgres::{Options, PostgresStore};
use marquetry_store_sqlite::SqliteStore;

use super::Failure;

/// How long a process that starts waits for its database, in seconds: two restarts of one that recovers from a crash.
const WAIT: u64 = 60;
/// The waits between two tries to reach it.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The database and how it is spoken to.
#[derive(Args, Clone, Debug)]
pub(super) struct DatabaseFlags {
    /// `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` for as many processes as one likes
    /// (`?sslmode=require` encrypts); by default a file in the data directory.
    #[arg(
        long,
        env = "MARQUETRY_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// The most connections to PostgreSQL from this process; it listens on one more.
    #[arg(long, env = "MARQUETRY_DATABASE_CONNECTIONS", value_name = "N",
          default_value_t = Options::default().connections,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1000))]
    database_connections: usize,
    /// How long PostgreSQL may take over one statement before it is told to stop.
    #[arg(long, env = "MARQUETRY_DATABASE_TIMEOUT", value_name = "SECONDS",
          default_value_t = Options::default().statement_timeout.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    database_timeout: u64,
    /// How long to wait for a connection to PostgreSQL.
    #[arg(long, env = "MARQUETRY_DATABASE_CONNECT_TIMEOUT", value_name = "SECONDS",
          default_value_t = Options::default().connection_timeout.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    database_connect_timeout: u64,
    /// How long a server or worker that starts waits for PostgreSQL to be there, before it gives up.
    #[arg(long, env = "MARQUETRY_DATABASE_WAIT", value_name = "SECONDS", default_value_t = WAIT,
          value_parser = clap::value_parser!(u64).range(0..=86_400))]
    database_wait: u64,
    /// Where to listen for changes when `--database-url` leads to a pooler in transaction mode: the URL of
    /// PostgreSQL itself.
    #[arg(
        long,
        env = "MARQUETRY_DATABASE_LISTEN_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_listen_url: Option<String>,
}

/// An open database, and what it means for whoever works from it.
pub(super) struct Database {
    pub(super) store: Arc<dyn Store>,
    /// Whether other processes may work from it as well.
    pub(super) ownership: Ownership,
    /// The clock that all of them go by.
    pub(super) clock: Arc<dyn Clock>,
}

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To work from it. A file is then locked for this process alone.
    Work,
    /// For a short look, beside a server that may be running.
    Look,
}

impl DatabaseFlags {
    /// A file in the data directory.
    pub(super) fn embedded() -> Self {
        let options = Options::default();
        Self {
            database_url: None,
            database_connections: options.connections,
            database_timeout: options.statement_timeout.as_secs(),
            database_connect_timeout: options.connection_timeout.as_secs(),
            database_wait: WAIT,
            database_listen_url: None,
        }
    }

    /// Opens the database, and makes what is not there.
    pub(super) async fn open(&self, data_dir: &Path, purpose: Purpose) -> Result<Database, Failure> {
        let Some(url) = &self.database_url else {
            return embedded(&data_dir.join("marquetry.sqlite"), purpose);
        };
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => embedded(&PathBuf::from(path), purpose),
            Some(("postgres" | "postgresql", _)) => self.postgres(url, purpose).await,
            // The URL itself is not repeated: it may have a password in it.
            _ => Err(Failure::new(
                "this is no database URL; use sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
            )),
        }
    }

    async fn postgres(&self, url: &str, purpose: Purpose) -> Result<Database, Failure> {
        let options = Options {
            connections: self.database_connections,
            connection_timeout: Duration::from_secs(self.database_connect_timeout),
            statement_timeout: Duration::from_secs(self.database_timeout),
            listen_url: self.database_listen_url.clone(),
            ..Options::default()
        };
        // Whoever wants a short look is told at once.
        let patience = match purpose {
            Purpose::Work => Duration::from_secs(self.database_wait),
            Purpose::Look => Duration::ZERO,
        };
        let store = sought(url, &options, patience).await;
        let store = store.map_err(|error| Failure::new(format!("PostgreSQL: {}", Failure::from(error).0)))?;
        Ok(Database {
            clock: Arc::new(store.clock()),
            store: Arc::new(store),
            ownership: Ownership::Shared,
        })
    }
}

/// Opens the database, again and again for as long as it is only away: it may be shutting down, or not have begun.
async fn sought(url: &str, options: &Options, patience: Duration) -> Result<PostgresStore, StoreError> {
    let (began, mut wait) = (Instant::now(), FIRST_WAIT);
    loop {
        match PostgresStore::open(url, options).await {
            Err(error @ StoreError::Unavailable { .. }) if began.elapsed() < patience => {
                tracing::warn!(
                    error = %Failure::from(error).0,
                    give_up_in = ?patience.saturating_sub(began.elapsed()),
                    "waiting for PostgreSQL"
                );
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LAST_WAIT);
            }
            opened => return opened,
        }
    }
}

fn embedded(file: &Path, purpose: Purpose) -> Result<Database, Failure> {
    let open: fn(&Path) -> Result<SqliteStore, StoreError> = match purpose {
        Purpose::Work => SqliteStore::open,
        Purpose::Look => SqliteStore::open_beside,
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Failure::new(format!("{} cannot be made: {error}", folder.display())))?;
    }
    let store = open(file)
        .map_err(|error| Failure::new(format!("{}: {}", file.display(), Failure::from(error).0)))?;
    Ok(Database {
        store: Arc::new(store),
        // One process alone may open a file, so whoever held a job before is dead.
        ownership: Ownership::Sole,
        clock: Arc::new(SystemClock),
    })
}

//! A throwaway PostgreSQL that several processes share, and what can be done to it.

use std::sync::Arc;
use std::time::Duration;

use marquetry_testkit::postgres::{Database, Server};

use crate::failure::Failure;

/// The longest that a cut may take: whoever is told to go has a moment.
const CUTTING: Duration = Duration::from_secs(10);

/// One server and one database in it, both gone with this value.
#[derive(Debug)]
pub(crate) struct Postgres {
    // Before the server, which it needs in order to go.
    database: Database,
    server: Arc<Server>,
}

impl Postgres {
    /// Makes and starts it; durable as in earnest.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let server = tokio::task::spawn_blocking(Server::own).await?;
        let server = server.ok_or_else(|| Failure::new("there is no PostgreSQL (initdb) on this machine"))?;
        let database = server.database().await?;
        Ok(Self {
            database,
            server: Arc::new(server),
        })
    }

    /// What `--database-url` takes.
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// Stops it as a crash would, and starts it again.
    pub(crate) async fn crash(&self) -> Result<(), Failure> {
        let server = Arc::clone(&self.server);
        tokio::task::spawn_blocking(move || {
            server.stop_immediately()?;
            server.start()
        })
        .await??;
        Ok(())
    }

    /// Cuts every connection to the database but the one that does it.
    pub(crate) async fn cut(&self) -> Result<(), Failure> {
        let cutting = async {
            let client = self.database.connect().await?;
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            client.batch_execute(sql).await?;
            Ok::<_, Failure>(())
        };
        tokio::time::timeout(CUTTING, cutting).await?
    }
}

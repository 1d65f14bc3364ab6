//! Several processes on one PostgreSQL, for the commands that need more than one of them.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::ground::{Asker, Common};
use crate::mockup::Mockup;
use crate::postgres::Postgres;
use crate::program::Build;
use crate::site::{Role, Setup, Site};

/// A site on PostgreSQL with a mockup.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) site: Site,
    pub(crate) mockup: Mockup,
    _database: Postgres,
    _folder: TempDir,
}

impl Cluster {
    /// Starts a process for each of `roles`; the first serves.
    pub(crate) async fn open(common: &Common, which: Build, roles: Vec<Role>) -> Result<Self, Failure> {
        let program = common.program(which)?;
        let database = Postgres::start().await?;
        let folder = tempfile::Builder::new().prefix("marquetry-torture-").tempdir()?;
        let mut site = Site::new(Setup::together(&program, folder.path(), database.url(), roles))?;
        site.start_all().await?;
        let mockup = site.small_mockup().await?;
        Ok(Self {
            site,
            mockup,
            _database: database,
            _folder: folder,
        })
    }

    /// Requests to some process, for `mockup`.
    pub(crate) fn asker(&self, mockup: &Mockup) -> Result<Asker, Failure> {
        Ok(Asker {
            client: self.site.client.clone(),
            at: self.site.address()?,
            mockup: mockup.clone(),
        })
    }
}

impl Asker {
    /// Returns when a worker has the job; `false` when it ended before anybody saw that.
    pub(crate) async fn runs(&self, job: &str, patience: Duration) -> Result<bool, Failure> {
        let began = Instant::now();
        loop {
            let found = self.look(job).await?.good("a look at a job")?;
            match found["status"].as_str() {
                Some("queued") if began.elapsed() < patience => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Some("processing") => return Ok(true),
                _ => return Ok(false),
            }
        }
    }
}

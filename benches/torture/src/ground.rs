//! What most commands stand on: one server in a folder of its own, a mockup in it, and requests for it.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::figures::say;
use crate::mockup::{Colour, Design, Mockup};
use crate::program::{Build, build};
use crate::site::{Setup, Site};

/// How often a job is looked at that is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What most commands can be told.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// What chance is drawn from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Renders at a time in each process.
    #[arg(long, default_value_t = 2)]
    pub(crate) workers: usize,
    /// The program to mistreat. [default: built from this checkout]
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
}

impl Common {
    /// The program, built if need be.
    pub(crate) fn program(&self, which: Build) -> Result<PathBuf, Failure> {
        self.program.clone().map_or_else(|| build(which), Ok)
    }
}

/// A site with a mockup.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) site: Site,
    pub(crate) mockup: Mockup,
    /// Where it lies; removed at the end.
    pub(crate) folder: TempDir,
}

impl Ground {
    /// One server on SQLite, as `shape` wants it.
    pub(crate) async fn open(
        common: &Common,
        which: Build,
        shape: impl FnOnce(&mut Setup),
    ) -> Result<Self, Failure> {
        let program = common.program(which)?;
        let folder = tempfile::Builder::new().prefix("marquetry-torture-").tempdir()?;
        let mut setup = Setup::alone(&program, folder.path(), common.workers);
        shape(&mut setup);
        let mut site = Site::new(setup)?;
        site.start_all().await?;
        let mockup = site.small_mockup().await?;
        Ok(Self { site, mockup, folder })
    }

    /// Requests to the first address, for the mockup.
    pub(crate) fn asker(&self) -> Result<Asker, Failure> {
        Ok(Asker {
            client: self.site.client.clone(),
            at: self.site.address()?,
            mockup: self.mockup.clone(),
        })
    }
}

/// Makes requests of one mockup at one address.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) at: SocketAddr,
    pub(crate) mockup: Mockup,
}

impl Asker {
    /// A render in the background, each number with a colour of its own.
    pub(crate) fn submit(&self, number: u64) -> impl Future<Output = Result<Answer, Failure>> + Send + use<> {
        let (client, at) = (self.client.clone(), self.at);
        let body = self.mockup.render(colour(number), Design::Fill);
        async move { client.post(at, "/api/v1/renders", &body).await }
    }

    /// A render that is waited for.
    pub(crate) fn wait_for(
        &self,
        number: u64,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send + use<> {
        let (client, at) = (self.client.clone(), self.at);
        let mut body = self.mockup.render(colour(number), Design::Fill);
        body["is_async"] = json!(false);
        async move { client.post(at, "/api/v1/renders", &body).await }
    }

    /// A look at a job.
    pub(crate) fn look(&self, job: &str) -> impl Future<Output = Result<Answer, Failure>> + Send + use<> {
        let (client, at) = (self.client.clone(), self.at);
        let path = format!("/api/v1/jobs/{job}");
        async move { client.get(at, &path).await }
    }

    /// Submits and gives the id of the job.
    pub(crate) async fn job(&self, number: u64) -> Result<String, Failure> {
        id_of(&self.submit(number).await?.good("a submission")?)
    }

    /// The same under a key: where no answer came, because who should give it died of the job, it is asked again.
    pub(crate) async fn job_under(&self, key: &str, number: u64) -> Option<String> {
        let body = self.mockup.render(colour(number), Design::Fill);
        let answer = self
            .client
            .post_once(self.at, "/api/v1/renders", key, &body)
            .await;
        id_of(&answer.ok()?.json()).ok()
    }

    /// The job once it has ended.
    pub(crate) async fn ended(&self, job: &str, patience: Duration) -> Result<Value, Failure> {
        let began = Instant::now();
        loop {
            let found = self.look(job).await?.good("a look at a job")?;
            if has_ended(&found) {
                return Ok(found);
            }
            if began.elapsed() > patience {
                return Err(Failure::new(format!(
                    "a job did not end within {patience:?}: {found}"
                )));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// The colour of a number.
pub(crate) fn colour(number: u64) -> Colour {
    Colour(u32::try_from(number.wrapping_mul(0x9E37_79B1) & 0xFF_FFFF).unwrap_or(0))
}

/// The job that an answer names.
pub(crate) fn id_of(answer: &Value) -> Result<String, Failure> {
    let id = answer["job_id"]
        .as_str()
        .or(answer["data"]["render_uuid"].as_str());
    id.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("an answer names no job: {answer}")))
}

/// Whether a job is in a state that never changes.
pub(crate) fn has_ended(job: &Value) -> bool {
    matches!(job["status"].as_str(), Some("succeeded" | "failed" | "cancelled"))
}

/// Says what a command does now: some take a while.
pub(crate) fn now(what: &str) {
    say(&format!(".. {what}"));
}

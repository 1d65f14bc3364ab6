//! `orphans` (R2): a process dies while it draws. How soon is the job drawn again, by its next life or by others?

use std::time::{Duration, Instant};

use clap::Args;

use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Asker, Common, Ground};
use crate::program::Build;
use crate::site::{Role, Store};

/// One machine: from the start of the process to the end of the job.
const ALONE: Duration = Duration::from_secs(2);

/// Several processes: from the death of one to the end of its jobs in the hands of another.
const TOGETHER: Duration = Duration::from_secs(25);

/// Deaths in the middle of a drawing.
#[derive(Args, Debug)]
pub(crate) struct Orphans {
    #[command(flatten)]
    common: Common,
    /// How many deaths.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
    /// One process on SQLite, which is started again, or several on PostgreSQL, which wait for its leases.
    #[arg(long, value_enum, default_value_t)]
    store: Store,
}

impl Orphans {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        match self.store {
            Store::Sqlite => self.alone().await,
            Store::Postgres => self.together().await,
        }
    }

    async fn together(self) -> Result<Verdict, Failure> {
        let slots = self.common.workers;
        let roles = vec![
            Role::Serve { workers: 0 },
            Role::Work { slots },
            Role::Work { slots },
        ];
        let mut cluster = Cluster::open(&self.common, Build::Failpoints, roles).await?;
        let asker = cluster.asker(&cluster.mockup)?;
        let (mut again, mut lost, mut survived) = (Times::default(), 0, 0);
        for round in 0..self.rounds {
            // Only the one that is going to die is there to claim.
            cluster.site.kill(1).await?;
            cluster.site.kill(2).await?;
            cluster.site.start(1, "draw:kill@1").await?;
            let key = format!("orphan-{round}");
            let job = asker.job_under(&key, round).await;
            if !cluster.site.died(1, Duration::from_secs(30)).await? {
                survived += 1;
                cluster.site.kill(1).await?;
            }
            let died = Instant::now();
            cluster.site.start(2, "").await?;
            let job = named(&asker, job, &key, round).await?;
            match asker.ended(&job, Duration::from_secs(90)).await {
                Ok(ended) if ended["status"] == "succeeded" => again.add(died.elapsed()),
                _ => lost += 1,
            }
        }
        let mut figures = Figures::of("orphans");
        figures.tell("store", "postgres");
        figures.tell("deaths while drawing", self.rounds - survived);
        figures.spread("from the death to the end of the job elsewhere", &again);
        figures.must_be_none("failpoints not reached", survived);
        figures.must_be_none("orphans that did not succeed", lost);
        figures.must(
            "orphans have ended within 25 s (p99)",
            again.quantile(0.99) <= TOGETHER,
        );
        Ok(figures.print())
    }

    async fn alone(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Failpoints, |_| {}).await?;
        let (mut again, mut lost, mut survived) = (Times::default(), 0, 0);
        for round in 0..self.rounds {
            ground.site.stop(0).await?;
            ground.site.start(0, "draw:kill@1").await?;
            let key = format!("orphan-{round}");
            let job = ground.asker()?.job_under(&key, round).await;
            if !ground.site.died(0, Duration::from_secs(30)).await? {
                survived += 1;
                ground.site.kill(0).await?;
            }
            let started = Instant::now();
            ground.site.start(0, "").await?;
            let asker = ground.asker()?;
            let job = named(&asker, job, &key, round).await?;
            match asker.ended(&job, Duration::from_secs(60)).await {
                Ok(ended) if ended["status"] == "succeeded" => again.add(started.elapsed()),
                _ => lost += 1,
            }
        }
        let mut figures = Figures::of("orphans");
        figures.tell("deaths while drawing", self.rounds - survived);
        figures.spread("from the start of the process to the end of the job", &again);
        figures.must_be_none("failpoints not reached", survived);
        figures.must_be_none("orphans that did not succeed", lost);
        figures.must("every orphan has ended within 2 s", again.quantile(1.0) <= ALONE);
        Ok(figures.print())
    }
}

/// The job of a round, asked for again where its process was dead before it had answered.
async fn named(asker: &Asker, job: Option<String>, key: &str, round: u64) -> Result<String, Failure> {
    match job {
        Some(job) => Ok(job),
        None => {
            let again = asker.job_under(key, round).await;
            again.ok_or_else(|| Failure::new("an orphan was not accepted"))
        }
    }
}

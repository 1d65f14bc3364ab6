//! `stale-worker` (R3): a worker stands still past its lease, another finishes its job, the first goes on. Nothing
//! that it still writes may count.

use std::time::{Duration, Instant};

use clap::Args;
use rustix::process::Signal;

use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Common, id_of};
use crate::mockup;
use crate::program::Build;
use crate::receiver::Receiver;
use crate::site::Role;

/// How much larger the mockup is than the small one, so that a render takes long enough to be stopped in.
const LARGE: u32 = 48;
/// Longer than a lease and all that follows it.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the stale worker has to do what it should not.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// SIGSTOP past the lease, then SIGCONT; on PostgreSQL.
#[derive(Args, Debug)]
pub(crate) struct StaleWorker {
    #[command(flatten)]
    common: Common,
    /// How many jobs are caught in the hands of a stale worker, at least.
    #[arg(long, default_value_t = 10)]
    jobs: u64,
}

impl StaleWorker {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let slots = self.common.workers;
        let roles = vec![
            Role::Serve { workers: 0 },
            Role::Work { slots },
            Role::Work { slots },
        ];
        let mut cluster = Cluster::open(&self.common, Build::Plain, roles).await?;
        let receiver = Receiver::start(Chance::of_seed(self.common.seed), Duration::ZERO).await?;
        cluster.site.subscribe(&receiver.url()).await?;
        let large = cluster.site.upload("Large", mockup::scaled(LARGE)).await?;
        let asker = cluster.asker(&large)?;
        let body = large.render_noise(LARGE / 4);
        let (mut caught, mut missed, mut taken) = (Vec::new(), 0, Times::default());
        while (caught.len() as u64) < self.jobs {
            // Only the one that will stand still is there to claim.
            cluster.site.kill(2).await?;
            let mut jobs = Vec::new();
            for _ in 0..slots {
                let answer = asker.client.post(asker.at, "/api/v1/renders", &body).await?;
                jobs.push(id_of(&answer.good("a submission")?)?);
            }
            for job in &jobs {
                asker.runs(job, PATIENCE).await?;
            }
            cluster.site.process(1)?.signal(Signal::STOP)?;
            let stood_still = Instant::now();
            cluster.site.start(2, "").await?;
            for job in jobs {
                // One that had ended by then was not caught.
                let held = asker.look(&job).await?.good("a look")?["status"] == "processing";
                let ended = asker.ended(&job, PATIENCE).await?;
                if held {
                    taken.add(stood_still.elapsed());
                    caught.push((job, ended));
                } else {
                    missed += 1;
                }
            }
            cluster.site.process(1)?.signal(Signal::CONT)?;
            tokio::time::sleep(AFTERWARDS).await;
        }
        let (mut changed, mut unreadable, mut untold, mut told_twice) = (0, 0, 0, 0);
        for (job, ended) in &caught {
            let now = asker.look(job).await?.good("a look")?;
            changed += u64::from(now != *ended || ended["status"] != "succeeded");
            let url = now["result_url"].as_str().unwrap_or_default().to_owned();
            let path = url.find("/files/").map_or("/", |place| &url[place..]);
            let file = asker.client.get(asker.at, path).await?;
            unreadable +=
                u64::from(!(file.status.is_success() && file.body.ends_with(b"IEND\xAE\x42\x60\x82")));
            while receiver.about(job).is_empty() && taken.len() > 0 {
                receiver.next(Duration::from_millis(50)).await;
            }
            let heard = receiver.about(job).len();
            untold += u64::from(heard == 0);
            told_twice += u64::from(heard > 1);
        }
        let mut figures = Figures::of("stale-worker");
        figures.tell("jobs caught in stale hands", caught.len());
        figures.tell("jobs that ended before", missed);
        figures.spread("from SIGSTOP to the end in other hands", &taken);
        figures.must_be_none("ends changed by a stale worker", changed);
        figures.must_be_none("results unreadable", unreadable);
        figures.must_be_none("ends nobody was told of", untold);
        figures.must_be_none("ends told twice", told_twice);
        figures.must(
            "the others take over within 25 s (p99)",
            taken.quantile(0.99) <= Duration::from_secs(25),
        );
        Ok(figures.print())
    }
}

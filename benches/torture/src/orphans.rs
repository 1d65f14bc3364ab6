//! `orphans` (R2): a process dies while it draws. How soon is the job drawn again?

use std::time::{Duration, Instant};

use clap::Args;

use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Common, Ground};
use crate::program::Build;

/// One machine: from the start of the process to the end of the job.
const ALONE: Duration = Duration::from_secs(2);

/// Deaths in the middle of a drawing, on one machine.
#[derive(Args, Debug)]
pub(crate) struct Orphans {
    #[command(flatten)]
    common: Common,
    /// How many deaths.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
}

impl Orphans {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Failpoints, |_| {}).await?;
        let (mut again, mut lost, mut survived) = (Times::default(), 0, 0);
        for round in 0..self.rounds {
            ground.site.stop(0).await?;
            ground.site.start(0, "draw:kill@1").await?;
            let job = ground.asker()?.job(round).await?;
            if !ground.site.died(0, Duration::from_secs(30)).await? {
                survived += 1;
                ground.site.kill(0).await?;
            }
            let started = Instant::now();
            ground.site.start(0, "").await?;
            match ground.asker()?.ended(&job, Duration::from_secs(60)).await {
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

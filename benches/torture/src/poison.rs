//! `poison` (R10): a job that kills whatever process draws it must be set aside, and the others must go on.

use std::time::{Duration, Instant};

use clap::Args;

use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Asker, Common, Ground, has_ended};
use crate::mockup;
use crate::program::Build;

/// How many starts such a job is given.
const STARTS: u64 = 3;

/// How a client is told that it was our processing that failed.
const CODE: &str = "PROCESSING_FAILED";

/// Jobs that kill their worker, among others that do not.
#[derive(Args, Debug)]
pub(crate) struct Poison {
    #[command(flatten)]
    common: Common,
    /// How many such jobs, one after the other.
    #[arg(long, default_value_t = 1)]
    rounds: u64,
    /// How many ordinary jobs are queued beside each.
    #[arg(long, default_value_t = 20)]
    others: u64,
}

impl Poison {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Failpoints, |_| {}).await?;
        let poison = ground.site.upload("Poison", mockup::psd()).await?;
        let (mut wrong_end, mut wrong_count, mut harmed) = (0, 0, 0);
        let (mut calm, mut beside) = (Times::default(), Times::default());
        let mut told = String::new();
        for round in 0..self.rounds {
            ground.site.stop(0).await?;
            ground.site.start(0, "").await?;
            self.ordinary(&ground.asker()?, round, &mut calm).await?;

            // As a supervisor would: started again as often as it dies, with the same poison in its queue.
            ground.site.stop(0).await?;
            ground.site.start(0, "draw=Poison:kill@1").await?;
            let mut asker = ground.asker()?;
            let mut bad = asker.clone();
            bad.mockup = poison.clone();
            let others = {
                let mut others = Vec::new();
                for number in 0..self.others {
                    others.push((Instant::now(), asker.job(number).await?));
                }
                others
            };
            // It may die before it can answer: the job is durable by then, or was never accepted. So it is asked for under a
            // key, once more where there was no answer.
            let key = format!("poison-{round}");
            let mut job = bad.job_under(&key, round).await;
            let mut deaths = 0;
            let began = Instant::now();
            let job = loop {
                if ground.site.died(0, Duration::from_millis(20)).await? {
                    deaths += 1;
                    ground.site.start(0, "draw=Poison:kill@1").await?;
                    if !ground.site.runs(0) {
                        continue;
                    }
                }
                let Ok(at) = ground.site.address() else { continue };
                (asker.at, bad.at) = (at, at);
                match &job {
                    None => job = bad.job_under(&key, round).await,
                    Some(job) => {
                        if let Ok(answer) = bad.look(job).await
                            && has_ended(&answer.json())
                        {
                            break answer.json();
                        }
                    }
                }
                if began.elapsed() > Duration::from_secs(60) {
                    break serde_json::Value::Null;
                }
            };
            wrong_end += u64::from(job["status"] != "failed" || job["error_code"] != CODE);
            wrong_count += u64::from(deaths != STARTS);
            told = format!("{}: {}", job["error_code"], job["error"]);
            for (sent, other) in others {
                let ended = asker.ended(&other, Duration::from_secs(60)).await;
                beside.add(sent.elapsed());
                harmed += u64::from(!ended.is_ok_and(|job| job["status"] == "succeeded"));
            }
        }
        let mut figures = Figures::of("poison");
        figures.tell("poison jobs", self.rounds);
        figures.tell("what their caller is told", told);
        figures.spread("others without poison", &calm);
        figures.spread(
            "others beside poison, restarts of the only process included",
            &beside,
        );
        figures.must_be_none("poison jobs that did not fail", wrong_end);
        figures.must_be_none(
            "poison jobs that killed more or fewer than 3 processes",
            wrong_count,
        );
        figures.must_be_none("other jobs that did not succeed", harmed);
        Ok(figures.print())
    }

    /// The same jobs without poison.
    async fn ordinary(&self, asker: &Asker, round: u64, times: &mut Times) -> Result<(), Failure> {
        let mut sent = Vec::new();
        for number in 0..self.others {
            sent.push((Instant::now(), asker.job(round * self.others + number).await?));
        }
        for (sent, job) in sent {
            asker.ended(&job, Duration::from_secs(60)).await?;
            times.add(sent.elapsed());
        }
        Ok(())
    }
}

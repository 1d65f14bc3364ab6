//! `cancel-race` (R9): cancels against finishes. Whoever wins, there is one end, and what was answered holds.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::failure::Failure;
use crate::figures::{Figures, Times, Verdict};
use crate::ground::{Asker, Common, Ground};
use crate::program::Build;
use crate::receiver::Receiver;

/// The longest head start of a job. On one machine a small render takes a few milliseconds.
const HEAD_START: Duration = Duration::from_millis(25);
/// How soon a running job ends when it is cancelled, on one machine.
const STOPS: Duration = Duration::from_millis(250);

/// Cancels against finishes.
#[derive(Args, Debug)]
pub(crate) struct CancelRace {
    #[command(flatten)]
    common: Common,
    /// How many races.
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// How many at once.
    #[arg(long, default_value_t = 4)]
    callers: u64,
}

/// How the races ended.
#[derive(Debug, Default)]
struct Score {
    before: u64,
    running: u64,
    too_late: u64,
    broken: u64,
    stops: Times,
    words: Vec<String>,
    races: Vec<(String, String)>,
}

impl CancelRace {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let mut chance = Chance::of_seed(self.common.seed);
        let receiver = Receiver::start(chance.split(), Duration::ZERO).await?;
        ground.site.subscribe(&receiver.url()).await?;
        let score = Arc::new(Mutex::new(Score::default()));
        let mut racing = JoinSet::new();
        for caller in 0..self.callers {
            let (asker, score, mut chance) = (ground.asker()?, Arc::clone(&score), chance.split());
            let rounds = self.rounds / self.callers + u64::from(caller < self.rounds % self.callers);
            racing.spawn(async move {
                for round in 0..rounds {
                    race(&asker, caller * rounds + round, chance.up_to(HEAD_START), &score).await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = racing.join_next().await {
            done??;
        }
        let mut score = std::mem::take(&mut *score.lock().unwrap_or_else(PoisonError::into_inner));
        let asker = ground.asker()?;
        let (mut changed, mut unheard, mut twice, mut orphans) = (0, 0, 0, 0);
        for (job, status) in &score.races {
            let now = asker.look(job).await?.good("a look")?;
            changed += u64::from(now["status"] != status.as_str());
            let wanted = usize::from(status == "succeeded");
            let patience = Instant::now();
            while receiver.about(job).len() < wanted && patience.elapsed() < Duration::from_secs(30) {
                receiver.next(Duration::from_millis(20)).await;
            }
            let heard = receiver.about(job).len();
            unheard += u64::from(heard < wanted);
            twice += u64::from(heard > wanted);
            orphans += u64::from(status == "cancelled" && has_file(ground.folder.path(), job));
        }
        let mut figures = Figures::of("cancel-race");
        figures.tell("races", self.rounds);
        figures.tell("cancelled before they ran", score.before);
        figures.tell("asked to stop while they ran", score.running);
        figures.tell("cancelled too late", score.too_late);
        figures.spread("from the cancel of a running job to its end", &score.stops);
        figures.must_be_none("ends other than what was answered", score.broken);
        figures.must_be_none("terminal states changed", changed);
        figures.must_be_none("ends nobody was told of", unheard);
        figures.must_be_none("ends told twice", twice);
        figures.must_be_none("files of cancelled jobs left behind", orphans);
        figures.must(
            "running jobs stop within 250 ms (p99)",
            score.stops.quantile(0.99) <= STOPS,
        );
        for word in score.words.drain(..) {
            crate::figures::complain(&word);
        }
        Ok(figures.print())
    }
}

async fn race(asker: &Asker, number: u64, head_start: Duration, score: &Mutex<Score>) -> Result<(), Failure> {
    let job = asker.job(number).await?;
    tokio::time::sleep(head_start).await;
    let asked = Instant::now();
    let path = format!("/api/v1/jobs/{job}/cancel");
    let answer = asker.client.post(asker.at, &path, &Value::Null).await?;
    let (code, said) = (answer.status.as_u16(), answer.json());
    let ended = asker.ended(&job, Duration::from_secs(60)).await?;
    let status = ended["status"].as_str().unwrap_or_default().to_owned();
    let mut score = score.lock().unwrap_or_else(PoisonError::into_inner);
    let holds = match code {
        200 => {
            score.before += 1;
            status == "cancelled" && said["status"] == "cancelled"
        }
        202 => {
            score.running += 1;
            score.stops.add(asked.elapsed());
            status == "cancelled"
        }
        409 => {
            score.too_late += 1;
            status == "succeeded"
        }
        _ => false,
    };
    if !holds {
        score.broken += 1;
        if score.words.len() < 10 {
            score.words.push(format!(
                "{job}: the cancel was answered {code} and it is {status}"
            ));
        }
    }
    score.races.push((job, status));
    Ok(())
}

fn has_file(folder: &Path, job: &str) -> bool {
    let results = folder.join("data/blobs/results").join(job);
    std::fs::read_dir(results).is_ok_and(|mut files| files.next().is_some())
}

//! `twins` (R11): many submissions under one key, all at once, with a crash in between. One job a key.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::figures::{Figures, Verdict};
use crate::ground::{Asker, Common, Ground, colour, id_of};
use crate::mockup::Design;
use crate::program::Build;

/// Parallel twins under one key each.
#[derive(Args, Debug)]
pub(crate) struct Twins {
    #[command(flatten)]
    common: Common,
    /// How many keys.
    #[arg(long, default_value_t = 100)]
    keys: u64,
    /// How many submissions of each, all at once.
    #[arg(long, default_value_t = 50)]
    twins: usize,
}

/// What came of the twins of one key.
#[derive(Debug, Default)]
struct Born {
    jobs: BTreeSet<String>,
    in_flight: u64,
    unexpected: u64,
}

impl Twins {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let began = Instant::now();
        let (mut jobs, mut torn, mut in_flight, mut unexpected) = (Vec::new(), 0, 0, 0);
        for key in 0..self.keys {
            let born = self.bear(&ground.asker()?, key).await?;
            torn += u64::from(born.jobs.len() != 1);
            in_flight += born.in_flight;
            unexpected += born.unexpected;
            jobs.push(born.jobs.first().cloned().unwrap_or_default());
        }
        let took = began.elapsed();
        // Another body under the same key is another submission, and refused.
        let asker = ground.asker()?;
        let mut let_in = 0;
        for key in 0..self.keys {
            let answer = self.post(&asker, key, key + 1_000_000).await?;
            let_in += u64::from(answer.status.as_u16() != 409);
        }
        ground.site.kill(0).await?;
        ground.site.start_all().await?;
        let asker = ground.asker()?;
        let mut forgotten = 0;
        for (key, job) in (0..).zip(&jobs) {
            let answer = self.post(&asker, key, key).await?;
            let same = answer.status.is_success() && id_of(&answer.json())? == *job;
            forgotten += u64::from(!same);
        }
        let mut unfinished = 0;
        for job in &jobs {
            let ended = asker.ended(job, Duration::from_secs(60)).await;
            unfinished += u64::from(!ended.is_ok_and(|job| job["status"] == "succeeded"));
        }
        let stored = count(&asker).await?;
        let mut figures = Figures::of("twins");
        figures.tell("keys", self.keys);
        figures.tell("twins of each", self.twins);
        figures.tell(
            "submissions a second",
            (self.keys * self.twins as u64) as f64 / took.as_secs_f64(),
        );
        figures.tell("told 409 while a twin was in flight", in_flight);
        figures.tell("jobs in the store", stored);
        figures.must("exactly one job a key", torn == 0 && stored == self.keys);
        figures.must_be_none("unexpected answers", unexpected);
        figures.must_be_none("other bodies let in under a key", let_in);
        figures.must_be_none("keys forgotten by kill -9", forgotten);
        figures.must_be_none("jobs that did not succeed", unfinished);
        Ok(figures.print())
    }

    async fn post(&self, asker: &Asker, key: u64, number: u64) -> Result<crate::client::Answer, Failure> {
        let body = asker.mockup.render(colour(number), Design::Fill);
        let key = format!("twin-{}-{key}", self.common.seed);
        asker
            .client
            .post_once(asker.at, "/api/v1/renders", &key, &body)
            .await
    }

    async fn bear(&self, asker: &Asker, key: u64) -> Result<Born, Failure> {
        let together = Arc::new(Barrier::new(self.twins));
        let mut bearing = JoinSet::new();
        for _ in 0..self.twins {
            let (asker, together) = (asker.clone(), Arc::clone(&together));
            let body = asker.mockup.render(colour(key), Design::Fill);
            let key = format!("twin-{}-{key}", self.common.seed);
            bearing.spawn(async move {
                together.wait().await;
                asker
                    .client
                    .post_once(asker.at, "/api/v1/renders", &key, &body)
                    .await
            });
        }
        let mut born = Born::default();
        while let Some(done) = bearing.join_next().await {
            let answer = done??;
            match answer.status.as_u16() {
                200..300 => {
                    born.jobs.insert(id_of(&answer.json())?);
                }
                409 => born.in_flight += 1,
                _ => born.unexpected += 1,
            }
        }
        Ok(born)
    }
}

/// How many renders there are.
pub(crate) async fn count(asker: &Asker) -> Result<u64, Failure> {
    let (mut all, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/v1/jobs?kind=render&limit=50{cursor}");
        let page = asker
            .client
            .get(asker.at, &path)
            .await?
            .good("the list of jobs")?;
        all += page["jobs"].as_array().map_or(0, Vec::len) as u64;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

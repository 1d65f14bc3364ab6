//! Load that does not wait for the server: requests leave by a timetable, and their times count from the moment
//! at which they should have left. A server that stalls is charged for every request that it kept waiting.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::Answer;
use crate::failure::Failure;
use crate::figures::Times;

/// The most requests on their way; beyond that the timetable is not kept and those left out are counted.
const MOST_UNDER_WAY: usize = 2000;
/// How often the timetable is looked at.
const TICK: Duration = Duration::from_millis(1);

/// What came of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From the moment at which it should have left to the end of its answer.
    pub(crate) took: Duration,
    /// The status; `None` when no whole answer came.
    pub(crate) status: Option<u16>,
    /// Whether a refusal said when to come back.
    pub(crate) says_when: bool,
}

/// What came of all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    pub(crate) all: Vec<Sample>,
    /// Requests that the timetable wanted and the driver could not send.
    pub(crate) left_out: u64,
}

impl Samples {
    /// The times of those answered with 2xx.
    pub(crate) fn good(&self) -> Times {
        let good = self.all.iter().filter(|sample| sample.is_good());
        good.map(|sample| sample.took).collect()
    }

    pub(crate) fn count(&self, which: impl Fn(&Sample) -> bool) -> u64 {
        self.all.iter().filter(|sample| which(sample)).count() as u64
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.all.extend(other.all);
        self.left_out += other.left_out;
        self
    }
}

impl Sample {
    pub(crate) fn of(due: Instant, answer: &Result<Answer, Failure>) -> Self {
        let answer = answer.as_ref().ok();
        Self {
            took: due.elapsed(),
            status: answer.map(|answer| answer.status.as_u16()),
            says_when: answer.is_some_and(|answer| answer.headers.contains_key("retry-after")),
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Told honestly that there is too much to do.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.status, Some(429 | 503))
    }

    /// Any other 5xx.
    pub(crate) fn is_fault(&self) -> bool {
        self.status.is_some_and(|status| status >= 500 && status != 503)
    }
}

/// Sends `rate` requests a second for `long`, whatever comes back, and waits for what is under way.
pub(crate) async fn by_timetable<F, A>(rate: f64, long: Duration, ask: F) -> Result<Samples, Failure>
where
    F: Fn(u64) -> A,
    A: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    let began = Instant::now();
    let mut samples = Samples::default();
    let mut under_way = JoinSet::new();
    let mut next: u64 = 0;
    let due = |number: u64| began + Duration::from_secs_f64(number as f64 / rate);
    while began.elapsed() < long {
        while due(next) <= Instant::now() {
            if under_way.len() < MOST_UNDER_WAY {
                let (due, asking) = (due(next), ask(next));
                under_way.spawn(async move { Sample::of(due, &asking.await) });
            } else {
                samples.left_out += 1;
            }
            next += 1;
        }
        while let Some(done) = under_way.try_join_next() {
            samples.all.push(done?);
        }
        tokio::time::sleep(TICK).await;
    }
    while let Some(done) = under_way.join_next().await {
        samples.all.push(done?);
    }
    Ok(samples)
}

/// Keeps `callers` requests under way for `long`: what a server can do at most.
pub(crate) async fn flat_out<F, A>(callers: usize, long: Duration, ask: F) -> Result<Samples, Failure>
where
    F: Fn(u64) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    let (began, ask, number) = (Instant::now(), Arc::new(ask), Arc::new(AtomicU64::new(0)));
    let mut calling = JoinSet::new();
    for _ in 0..callers {
        let (ask, number) = (Arc::clone(&ask), Arc::clone(&number));
        calling.spawn(async move {
            let mut samples = Vec::new();
            while began.elapsed() < long {
                let due = Instant::now();
                let answer = ask(number.fetch_add(1, Ordering::Relaxed)).await;
                samples.push(Sample::of(due, &answer));
            }
            samples
        });
    }
    let mut samples = Samples::default();
    while let Some(done) = calling.join_next().await {
        samples.all.extend(done?);
    }
    Ok(samples)
}

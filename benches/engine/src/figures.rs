//! What is printed: a table for people, a line of JSON a row for whoever keeps figures, and what was promised.

use std::time::Duration;

use serde_json::json;

use crate::contender::Taking;
use crate::gauge::Reading;
use crate::plan::Plan;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Jobs were made durable.
    Accept,
    /// Jobs were claimed and finished.
    Take(Taking),
}

/// One measurement.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) round: u32,
    pub(crate) contender: String,
    pub(crate) work: Work,
    pub(crate) reading: Reading,
}

/// All that was measured on one backend.
#[derive(Debug)]
pub(crate) struct Figures {
    backend: &'static str,
    samples: Vec<Sample>,
}

impl Work {
    fn words(self) -> String {
        match self {
            Self::Accept => "accept".into(),
            Self::Take(Taking { workers, batch: 1 }) => format!("claim + finish, {workers} workers"),
            Self::Take(Taking { workers, batch }) => format!("claim + finish {batch}, {workers} workers"),
        }
    }
}

impl Figures {
    /// Nothing yet. Says how long a flush to the disk takes, without which no figure here means anything.
    pub(crate) fn of(backend: &'static str, flush: Duration) -> Self {
        println!("{backend}: a flush to the disk takes {} us", flush.as_micros());
        println!("{}", json!({ "store": backend, "flush_us": micros(flush) }));
        Self {
            backend,
            samples: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    /// Tells of the times from acceptance to start, which are in order.
    pub(crate) fn idle(&self, backend: &str, times: &[Duration]) {
        let Some(last) = times.len().checked_sub(1) else {
            return;
        };
        let all: Duration = times.iter().sum();
        let mean = all / u32::try_from(times.len()).unwrap_or(u32::MAX);
        let (middle, late) = (times[times.len() / 2], times[last * 99 / 100]);
        println!(
            "{backend}: from acceptance to start when idle: mean {mean:.1?}, median {middle:.1?}, p99 {late:.1?}"
        );
        let line = json!({
            "store": backend, "work": "idle", "jobs": times.len(), "mean_us": micros(mean),
            "median_us": micros(middle), "p99_us": micros(late),
        });
        println!("{line}");
    }

    /// Prints everything.
    pub(crate) fn print(&self, plan: &Plan) {
        let mut works: Vec<Work> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for sample in &self.samples {
            if !works.contains(&sample.work) {
                works.push(sample.work);
            }
            if !names.contains(&sample.contender.as_str()) {
                names.push(&sample.contender);
            }
        }
        names.sort_unstable();
        // The floor's CPU, in the same round, is what ours is divided by; the floor's own rate likewise.
        println!(
            "{:<34} {:<40} {:>9} {:>8} {:>11} {:>12}",
            "work", "by", "jobs/s", "us CPU", "x floor CPU", "x floor rate"
        );
        for work in works {
            for name in &names {
                let rate = median(self.of_one(name, work).map(|sample| sample.reading.rate));
                let cpu = median(self.of_one(name, work).map(|sample| sample.reading.cpu));
                let costs = self.against("floor", name, work, |reading| reading.cpu);
                let speed = self.against("floor", name, work, |reading| reading.rate);
                println!(
                    "{:<34} {name:<40} {rate:>9.0} {cpu:>8.0} {costs:>11.2} {speed:>12.2}",
                    work.words()
                );
                let (workers, batch) = match work {
                    Work::Accept => (plan.callers, 1),
                    Work::Take(taking) => (taking.workers, taking.batch),
                };
                let line = json!({
                    "store": self.backend, "work": if work == Work::Accept { "accept" } else { "claim+finish" },
                    "workers": workers, "batch": batch, "by": name, "rate": rate.round(), "cpu_us": cpu.round(),
                    "cpu_to_floor": round(costs), "rate_to_floor": round(speed),
                    "rate_to_other": round(self.against("graphile_worker", name, work, |reading| reading.rate)),
                    "cpu_to_empty": round(self.against(&self.empty(), name, work, |reading| reading.cpu)),
                });
                println!("{line}");
            }
        }
    }

    /// What ours without a history is called.
    fn empty(&self) -> String {
        format!("marquetry, {}", self.backend)
    }

    fn of_one<'a>(&'a self, name: &'a str, work: Work) -> impl Iterator<Item = &'a Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.contender == name && sample.work == work)
    }

    /// The median of the ratios to what `base` read in the same round. Accepts come several times a round, in the
    /// same order for everybody.
    fn against(&self, base: &str, name: &str, work: Work, read: impl Fn(&Reading) -> f64) -> f64 {
        let pairs = self.of_one(base, work).zip(self.of_one(name, work));
        median(pairs.filter_map(|(base, one)| {
            (base.round == one.round).then(|| read(&one.reading) / read(&base.reading))
        }))
    }
}

/// NaN when there is nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Two places; nothing where there is nothing.
fn round(ratio: f64) -> Option<f64> {
    ratio.is_finite().then(|| (ratio * 100.0).round() / 100.0)
}

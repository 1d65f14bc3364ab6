//! What is printed: a summary for people, one line of JSON for whoever keeps figures, and the verdict.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Map, Value};

/// Whether the promises were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of them.
    Kept,
    /// At least one was broken; the summary says which.
    Broken,
}

/// The figures of one command, in the order in which they are told.
#[derive(Debug)]
pub(crate) struct Figures {
    lines: Vec<(String, Value, String)>,
    broken: Vec<String>,
}

impl Figures {
    pub(crate) fn of(command: &str) -> Self {
        let name = Value::from(command);
        Self {
            lines: vec![("command".into(), name, command.into())],
            broken: Vec::new(),
        }
    }

    pub(crate) fn tell(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.lines.push((name.to_owned(), value, shown));
    }

    /// A time, in milliseconds with three places.
    pub(crate) fn time(&mut self, name: &str, time: Duration) {
        let millis = millis(time);
        self.lines
            .push((format!("{name} (ms)"), millis.into(), format!("{millis:.3}")));
    }

    /// How many there were of something that must not be.
    pub(crate) fn must_be_none(&mut self, name: &str, count: u64) {
        self.tell(name, count);
        if count > 0 {
            self.broken.push(format!("{name}: {count}"));
        }
    }

    /// A promise, and whether it was kept.
    pub(crate) fn must(&mut self, promise: &str, kept: bool) {
        self.tell(promise, if kept { "yes" } else { "NO" });
        if !kept {
            self.broken.push(promise.to_owned());
        }
    }

    /// The spread of many times.
    pub(crate) fn spread(&mut self, name: &str, times: &Times) {
        for (which, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            self.time(&format!("{name} {which}"), times.quantile(share));
        }
    }

    /// Prints everything.
    pub(crate) fn print(self) -> Verdict {
        let width = self
            .lines
            .iter()
            .map(|(name, ..)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, _, shown) in &self.lines {
            say(&format!("{name:width$}  {shown}"));
        }
        let verdict = if self.broken.is_empty() {
            Verdict::Kept
        } else {
            Verdict::Broken
        };
        let mut object: Map<String, Value> = self
            .lines
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect();
        object.insert("broken".into(), self.broken.clone().into());
        say(&Value::Object(object).to_string());
        match verdict {
            Verdict::Kept => say("every promise was kept"),
            Verdict::Broken => say(&format!("BROKEN: {}", self.broken.join("; "))),
        }
        verdict
    }
}

/// Times that were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that `share` of all do not exceed (nearest rank); zero when there is none.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * share).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank lies between zero and a length"
        )]
        let place = (rank as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(place).copied().unwrap_or_default()
    }
}

impl Extend<Duration> for Times {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        self.0.extend(times);
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self(times.into_iter().collect())
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Prints a line of the result.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line beside the result.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_nearest_rank() {
        let times: Times = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(times.quantile(0.5), Duration::from_millis(50));
        assert_eq!(times.quantile(0.99), Duration::from_millis(99));
        assert_eq!(times.quantile(1.0), Duration::from_millis(100));
        assert_eq!(Times::default().quantile(0.99), Duration::ZERO);
    }
}

//! What a run costs: processor time, ours and the database's, and memory; and quantiles of how late things came.

use std::sync::OnceLock;
use std::time::Duration;

/// The process of the database server that is measured, if there is one.
pub(super) static DATABASE: OnceLock<String> = OnceLock::new();

/// Processor time for each request or delivery, the receiver's share included.
pub(super) struct Cost {
    pub(super) ours: Duration,
    pub(super) database: Duration,
}

impl Cost {
    /// The time that passes in `work`, over `count`.
    pub(super) async fn of<T>(count: usize, work: impl Future<Output = T>) -> (T, Self) {
        let before = (ours(), database());
        let done = work.await;
        let each = |time: Duration| time / u32::try_from(count).unwrap();
        let cost = Self {
            ours: each(ours() - before.0),
            database: each(database().saturating_sub(before.1)),
        };
        (done, cost)
    }

    pub(super) fn whole(&self) -> f64 {
        (self.ours + self.database).as_secs_f64()
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} us of processor time", self.ours.as_micros())?;
        match self.database.is_zero() {
            true => Ok(()),
            false => write!(f, " and {} us of the database's", self.database.as_micros()),
        }
    }
}

/// The processor time of this process.
fn ours() -> Duration {
    processor_time("self", 13..15)
}

/// The processor time of all that PostgreSQL runs for us: the server, whatever has ended of what it started, and what
/// has not.
fn database() -> Duration {
    let Some(parent) = DATABASE.get() else {
        return Duration::ZERO;
    };
    let running = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = running.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        (fields.split(' ').nth(1) == Some(parent)).then(|| processor_time(&name, 13..15))
    });
    processor_time(parent, 13..17) + children.sum::<Duration>()
}

/// Those fields of a process's `stat`, in hundredths of a second; nothing where the system does not tell.
fn processor_time(process: &str, fields: std::ops::Range<usize>) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold blanks; it is the second field and ends at the last bracket.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(fields.start - 2).take(fields.len());
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

pub(super) fn quantile(mut all: Vec<Duration>, share: f64) -> Duration {
    all.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index below the length"
    )]
    let index = (all.len() as f64 * share) as usize;
    all.get(index.min(all.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The memory of this process in KiB, receivers included; 0 where the system does not tell.
pub(super) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .unwrap_or(0)
}

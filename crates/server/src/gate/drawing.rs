//! Whether jobs starve while submissions come in, judged from what the worker tells of its drawing threads.

use marquetry_worker::Beat;
use tokio::time::Instant;

use super::{BURST, CALM};

/// Drawing threads starve when they stand in line for a core for more than this share of the time in which they could
/// run. A tenth: so much of its speed is what a full server may lose.
const STARVING: f64 = 0.1;
/// They are at work when they want a core for more than this share of the time.
const AT_WORK: f64 = 0.5;
/// How much of what was seen before counts at the next beat: some two hundred milliseconds are looked at.
const MEMORY: f64 = 0.95;

/// What is remembered of the drawing threads.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    seen: Option<(Instant, Beat)>,
    /// Seconds, fading: how long the threads had a core, how long they wanted one, how long they could have had one.
    ran: f64,
    waited: f64,
    passed: f64,
    /// Jobs have stood in line lately.
    line: bool,
    /// Since when jobs have starved.
    pub(super) starving: Option<Instant>,
}

impl Drawing {
    /// Remembers how things stand `now`, in a process that is `late` or not; gives how many jobs were done since the last
    /// time.
    pub(super) fn learn(&mut self, now: Instant, beat: Beat, late: bool) -> usize {
        let Some((before, last)) = self.seen.replace((now, beat)) else {
            return 0;
        };
        let passed = (now - before) * beat.threads;
        for (sum, more) in [
            (&mut self.ran, beat.ran.saturating_sub(last.ran)),
            (&mut self.waited, beat.waited.saturating_sub(last.waited)),
            (&mut self.passed, passed),
        ] {
            *sum = *sum * MEMORY + more.as_secs_f64();
        }
        self.line = beat.last.is_some_and(|job| job.waited >= BURST && job.ago < CALM);
        let thirsty = self.has_work() && self.waited > STARVING * (self.ran + self.waited);
        let starves = thirsty || (self.line && late);
        self.starving = starves.then(|| self.starving.unwrap_or(now));
        usize::try_from(beat.done.saturating_sub(last.done)).unwrap_or(usize::MAX)
    }

    /// Whether there is more to do than to accept.
    pub(super) fn has_work(&self) -> bool {
        self.line || self.is_at_work()
    }

    fn is_at_work(&self) -> bool {
        self.ran + self.waited > AT_WORK * self.passed
    }
}

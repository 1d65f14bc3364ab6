//! The database's clock, read without asking it each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use marquetry_job::Timestamp;
use marquetry_store::{Clock, SystemClock};

use crate::error::Work;
use crate::pool::{Pool, get};

/// Tells the time of the database: what this machine's clock says, put right by what was measured.
///
/// All processes on one database agree by it to within half a round trip, however wrong their machines'
/// clocks are. It is measured when the store is opened and again every
/// [`Options::clock_every`](crate::Options::clock_every); between two measurements it runs as this
/// machine's steady clock does, which no adjustment of the wall clock moves.
#[derive(Clone, Debug)]
pub struct DatabaseClock {
    machine: Arc<dyn Clock>,
    /// Microseconds to add to what the machine says.
    ahead: Arc<AtomicI64>,
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let micros = self.machine.now().as_micros();
        Timestamp::from_micros(micros.saturating_add(self.ahead.load(Ordering::Relaxed)))
    }
}

impl DatabaseClock {
    /// A clock that goes by `machine` until it is measured.
    pub(crate) fn over(machine: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            ahead: Arc::default(),
        }
    }

    /// Asks the database `times` for its time and believes the quickest answer, whose moment is known
    /// best.
    pub(crate) async fn measure(&self, pool: &Pool, times: usize) -> Work<()> {
        let mut best: Option<(i64, i64)> = None;
        for _ in 0..times {
            let before = self.machine.now().as_micros();
            let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
            let rows = pool.read(sql, &[], "clock").await?;
            let after = self.machine.now().as_micros();
            let Some(row) = rows.first() else { continue };
            let told: i64 = get(row, 0, "clock")?;
            let took = after.saturating_sub(before);
            let ahead = told.saturating_sub(before.saturating_add(took / 2));
            if best.is_none_or(|(least, _)| took < least) {
                best = Some((took, ahead));
            }
        }
        if let Some((_, ahead)) = best {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Measures again and again, for as long as it is let.
    pub(crate) async fn keep_measuring(self, pool: Pool, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            if let Err(error) = self.measure(&pool, 3).await {
                tracing::debug!(error = %crate::error::chain(&error), "the database does not tell its time");
            }
        }
    }
}

/// The machine's clock as it stood when this was made, and its steady count since.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    from: Timestamp,
    since: Instant,
}

impl SteadyClock {
    pub(crate) fn start() -> Self {
        Self {
            from: SystemClock.now(),
            since: Instant::now(),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.from + self.since.elapsed()
    }
}

//! How many submissions are worked on at once, so that accepting yields to everything else.
//!
//! To accept costs a database a flush and this process its cores; to refuse costs next to nothing. Without a bound,
//! callers who submit faster than jobs can be done take the cores from those who look, and from the renders themselves:
//! the queue grows, and nothing leaves it. So a few submissions are in hand at a time, others stand in line for a
//! moment, and the rest is told to come back, before its key and its body are looked at where that can be known. The few become fewer as long as this process is
//! late: when its own clockwork rings too late, there are more who want a core than there are cores.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use marquetry_dialect::Refusal;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout};

/// When whoever was refused should try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often the clockwork rings while there is something in hand, and from which delay on it is late.
const BEAT: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(10);
/// So few are always let in.
const LEAST: usize = 4;
/// How many stand in line for each that may be in hand.
const LINE: usize = 16;
/// The same, once the line has stood for a while and this process is late.
const SHORT_LINE: usize = 4;
/// How long one stands in line. Long while the line empties now and then, for that is a burst and it passes, and as long
/// as this process is in time. Short once a line has stood for a while and it is late: then whoever comes is refused in
/// the end, and sooner is better.
const PATIENCE: Duration = Duration::from_secs(2);
const BURST: Duration = Duration::from_millis(500);
const NO_PATIENCE: Duration = Duration::from_millis(20);

/// Lets submissions in. Cheap to clone; all clones are one gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    state: Mutex<State>,
    busy: Notify,
}

#[derive(Debug)]
struct State {
    /// How many may be in hand now.
    limit: usize,
    in_hand: usize,
    line: VecDeque<oneshot::Sender<Pass>>,
    /// Since when there has always been a line.
    standing: Option<Instant>,
}

/// A submission in hand; lets the next one in when dropped.
#[derive(Debug)]
pub(crate) struct Pass(Gate);

impl Gate {
    /// At most `most` in hand at once, at least 1.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self(Arc::new(Inner {
            most,
            state: Mutex::new(State {
                limit: most,
                in_hand: 0,
                line: VecDeque::new(),
                standing: None,
            }),
            busy: Notify::new(),
        }))
    }

    /// Whether it is worth looking at a submission at all: to find out whose it is asks the database, and a client may
    /// take its time over the body, so that it is not in hand meanwhile.
    ///
    /// # Errors
    /// 503 when whatever comes of it would be refused.
    pub(crate) fn look(&self) -> Result<(), Refusal> {
        self.state().stand_in_line(self.0.most).map(|_| ())
    }

    /// Waits for a moment to be let in.
    ///
    /// # Errors
    /// 503 when too many submissions are in hand and before this one.
    pub(crate) async fn enter(&self) -> Result<Pass, Refusal> {
        let (waiting, patience) = {
            let mut state = self.state();
            if state.in_hand < state.limit {
                state.in_hand += 1;
                if state.in_hand == 1 {
                    self.0.busy.notify_one();
                }
                drop(state);
                return Ok(Pass(self.clone()));
            }
            let patience = state.stand_in_line(self.0.most)?;
            state.standing.get_or_insert_with(Instant::now);
            let (pass, waiting) = oneshot::channel();
            state.line.push_back(pass);
            (waiting, patience)
        };
        match timeout(patience, waiting).await {
            Ok(Ok(pass)) => Ok(pass),
            _ => Err(refused()),
        }
    }

    /// Watches whether this process is late, for as long as it is let.
    pub(crate) async fn watch(self) {
        loop {
            self.0.busy.notified().await;
            loop {
                let began = Instant::now();
                sleep(BEAT).await;
                let late = began.elapsed().saturating_sub(BEAT);
                if !self.learn(late) {
                    break;
                }
            }
        }
    }

    /// How late the clockwork rang. Whether there is a reason to go on watching.
    fn learn(&self, late: Duration) -> bool {
        let mut state = self.state();
        state.limit = if late > LATE {
            (state.limit / 2).max(LEAST.min(self.0.most))
        } else {
            (state.limit + 1).min(self.0.most)
        };
        let rests = state.in_hand == 0 && state.limit == self.0.most;
        let let_in = self.let_in(state);
        drop(let_in);
        !rests
    }

    /// Gives free places to the line. Those whom nobody waits for any more are given back, for the caller to drop
    /// outside the lock.
    fn let_in(&self, mut state: MutexGuard<'_, State>) -> Vec<Pass> {
        let mut unwanted = Vec::new();
        while state.in_hand < state.limit
            && let Some(next) = state.line.pop_front()
        {
            if next.is_closed() {
                continue;
            }
            state.in_hand += 1;
            // Whoever gave up between the two gets a pass all the same, and dropping it lets the next one in.
            unwanted.extend(next.send(Pass(self.clone())).err());
        }
        if state.line.is_empty() {
            state.standing = None;
        }
        unwanted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long whoever comes now may stand in line, if there is room in it.
    fn stand_in_line(&mut self, most: usize) -> Result<Duration, Refusal> {
        self.line.retain(|waiting| !waiting.is_closed());
        let stands = self.standing.is_some_and(|since| since.elapsed() >= BURST);
        let (room, patience) = if stands && self.limit < most {
            (self.limit * SHORT_LINE, NO_PATIENCE)
        } else {
            (most * LINE, PATIENCE)
        };
        if self.line.len() >= room {
            return Err(refused());
        }
        Ok(patience)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_hand -= 1;
        let unwanted = self.0.let_in(state);
        drop(unwanted);
    }
}

fn refused() -> Refusal {
    metrics::counter!("marquetry_submissions_refused_total").increment(1);
    Refusal::Unavailable {
        retry_after: RETRY_AFTER,
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use futures::poll;
    use marquetry_dialect::sudomock::Problem;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_stands_in_line_and_all_of_it_is_let_in() {
        let gate = Gate::new(2);
        let one = |_| async {
            let pass = gate.enter().await.unwrap();
            sleep(Duration::from_millis(50)).await;
            drop(pass);
        };
        join_all((0..34).map(one)).await;
        assert_eq!(gate.state().in_hand, 0);
        assert_eq!(gate.state().standing, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_stays_is_refused_soon_and_one_that_is_too_long_at_once() {
        let gate = Gate::new(8);
        gate.learn(LATE * 2);
        let _held = join_all((0..LEAST).map(|_| gate.enter())).await;
        let began = Instant::now();
        let patient = Problem::from(gate.enter().await.unwrap_err());
        assert_eq!(patient.status(), 503);
        assert!(patient.headers().contains(&("Retry-After", "1".to_owned())));
        assert_eq!(began.elapsed(), PATIENCE);
        let began = Instant::now();
        assert!(gate.enter().await.is_err());
        assert_eq!(began.elapsed(), NO_PATIENCE);

        let began = Instant::now();
        let mut line: Vec<_> = (0..LEAST * SHORT_LINE).map(|_| Box::pin(gate.enter())).collect();
        for waits in &mut line {
            assert!(poll!(waits).is_pending());
        }
        assert!(gate.look().is_err());
        assert!(gate.enter().await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO);
        // In time again, the line is long and whoever comes has all the time there is.
        while gate.learn(Duration::ZERO) && gate.state().limit < 8 {}
        assert!(gate.look().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_late_lets_fewer_in_and_recovers() {
        let gate = Gate::new(64);
        let held = gate.enter().await.unwrap();
        for _ in 0..9 {
            assert!(gate.learn(LATE * 2));
        }
        assert_eq!(gate.state().limit, LEAST);
        let second = gate.enter().await.unwrap();
        let others = join_all([gate.enter(), gate.enter()]).await;
        let mut fifth = Box::pin(gate.enter());
        assert!(poll!(&mut fifth).is_pending());
        gate.learn(Duration::ZERO);
        let fifth = fifth.await.unwrap();
        drop((held, second, others, fifth));
        let beats = (0..100).take_while(|_| gate.learn(Duration::ZERO)).count();
        assert_eq!(beats, 58, "until nothing is left to watch");
        assert_eq!(gate.state().limit, 64);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_takes_no_place_along() {
        let gate = Gate::new(1);
        let held = gate.enter().await.unwrap();
        let mut gone = Box::pin(gate.enter());
        let mut stays = Box::pin(gate.enter());
        assert!(poll!(&mut gone).is_pending());
        assert!(poll!(&mut stays).is_pending());
        drop(gone);
        drop(held);
        drop(stays.await.unwrap());
        assert!(gate.enter().await.is_ok());
    }
}

//! How many submissions are worked on at once, so that accepting yields to everything else.
//!
//! To accept costs a database a flush and this process its cores; to refuse costs next to nothing. Without a bound,
//! callers who submit faster than jobs can be done take the cores from those who look, and from the renders themselves:
//! the queue grows, and nothing leaves it. So a few submissions are in hand at a time, others stand in line for a
//! moment, and the rest is told to come back, before its key and its body are looked at where that can be known.
//!
//! When this process' own clockwork rings too late, there are more who want a core than there are cores, and the few
//! become fewer. When jobs starve for a while, submissions are on ration: about as many go in as jobs come out. What was
//! taken in before is done at full speed then, and a burst that is over sooner is taken in whole. Jobs starve when the
//! threads that draw them stand in line for a core, or when they themselves stand in line in a process that is late:
//! each of their steps waits behind the submissions then, with the drawing threads idle meanwhile. A few callers who
//! submit one after the other are slowed down to what can be done, and never refused.

mod drawing;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use marquetry_dialect::Refusal;
use marquetry_worker::{Beat, Pulse};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout};

use self::drawing::Drawing;

/// When whoever was refused should try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often the clockwork rings while there is something in hand, and from which delay on it is late.
const BEAT: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(10);
/// So few are always let in.
const LEAST: usize = 4;
/// A ration ends when for so long nobody was kept waiting by it, or no job began; a flood, when for so long nobody was
/// refused; and so long after the last submission nobody watches any more.
const CALM: Duration = Duration::from_secs(1);
/// How many stand in line for each that may be in hand.
const LINE: usize = 16;
/// The same, once the line has stood for a while and this process is late.
const SHORT_LINE: usize = 4;
/// How long one stands in line. Long while the line empties now and then, for that is a burst and it passes, and as long
/// as there are cores enough. Short once a line has stood for a while and there are not: then whoever comes is refused
/// in the end, and sooner is better.
const PATIENCE: Duration = Duration::from_secs(2);
const BURST: Duration = Duration::from_millis(500);
const NO_PATIENCE: Duration = Duration::from_millis(20);

/// Lets submissions in. Cheap to clone; all clones are one gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    /// How those fare who draw in this process, if any do.
    drawing: OnceLock<Pulse>,
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
    /// When somebody was last kept waiting, or refused.
    pressed: Option<Instant>,
    /// For how long nothing has been in hand.
    idle: Duration,
    drawing: Drawing,
    /// When somebody was last refused because of a ration.
    flood: Option<Instant>,
    /// How many more may go in before the next beat, while submissions are on ration.
    ration: Option<usize>,
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
                pressed: None,
                idle: Duration::ZERO,
                drawing: Drawing::default(),
                flood: None,
                ration: None,
            }),
            drawing: OnceLock::new(),
            busy: Notify::new(),
        }))
    }

    /// Yields to those who draw in this process, too.
    pub(crate) fn yield_to(&self, drawing: Pulse) {
        // One process has one worker.
        let _ = self.0.drawing.set(drawing);
    }

    /// Whether it is worth looking at a submission at all: to find out whose it is asks the database, and a client may
    /// take its time over the body, so that it is not in hand meanwhile.
    ///
    /// # Errors
    /// 503 when whatever comes of it would be refused.
    pub(crate) fn look(&self) -> Result<(), Refusal> {
        let mut state = self.state();
        if state.has_room() {
            return Ok(());
        }
        state.stand_in_line(self.0.most).map(|_| ())
    }

    /// Waits for a moment to be let in.
    ///
    /// # Errors
    /// 503 when too many submissions are in hand and before this one.
    pub(crate) async fn enter(&self) -> Result<Pass, Refusal> {
        let (waiting, patience) = {
            let mut state = self.state();
            if state.has_room() {
                state.let_one_in();
                if state.in_hand == 1 {
                    self.0.busy.notify_one();
                }
                drop(state);
                return Ok(Pass(self.clone()));
            }
            let patience = state.stand_in_line(self.0.most)?;
            let now = Instant::now();
            state.pressed = Some(now);
            state.standing.get_or_insert(now);
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
                let drawing = self.0.drawing.get().map(Pulse::look).unwrap_or_default();
                if !self.learn(late, drawing) {
                    break;
                }
            }
        }
    }

    /// How late the clockwork rang, and how those fare who draw. Whether there is a reason to go on watching.
    fn learn(&self, late: Duration, drawing: Beat) -> bool {
        let mut state = self.state();
        state.share_out(drawing, self.0.most);
        state.limit = if late > LATE {
            (state.limit / 2).max(LEAST.min(self.0.most))
        } else {
            (state.limit + 1).min(self.0.most)
        };
        state.idle = match state.in_hand {
            0 => state.idle + BEAT,
            _ => Duration::ZERO,
        };
        let rests = state.idle >= CALM && state.limit == self.0.most && state.ration.is_none();
        if rests {
            // What was seen by then says nothing of the next time.
            (state.idle, state.drawing) = (Duration::ZERO, Drawing::default());
        }
        let let_in = self.let_in(state);
        drop(let_in);
        !rests
    }

    /// Gives free places to the line. Those whom nobody waits for any more are given back, for the caller to drop
    /// outside the lock.
    fn let_in(&self, mut state: MutexGuard<'_, State>) -> Vec<Pass> {
        let mut unwanted = Vec::new();
        while state.has_room()
            && let Some(next) = state.line.pop_front()
        {
            if next.is_closed() {
                continue;
            }
            state.let_one_in();
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
    fn has_room(&self) -> bool {
        self.in_hand < self.limit && self.ration != Some(0)
    }

    fn let_one_in(&mut self) {
        self.in_hand += 1;
        if let Some(ration) = &mut self.ration {
            *ration -= 1;
        }
    }

    /// Puts submissions on ration, gives out the next one, or ends it.
    fn share_out(&mut self, drawing: Beat, most: usize) {
        let now = Instant::now();
        let done = self.drawing.learn(now, drawing, self.limit < most);
        let calm = self.pressed.is_none_or(|pressed| now - pressed >= CALM);
        let starving = self.drawing.starving;
        self.ration = match self.ration {
            Some(_) if calm || !self.drawing.has_work() => None,
            // One more than came out, so that whoever has jobs that last gets new ones in as well.
            Some(left) => Some(left.saturating_add(done).saturating_add(1).min(most)),
            None if starving.is_some_and(|since| now - since >= BURST) => {
                self.pressed = Some(now);
                // The others would wait for longer than whoever comes from now on.
                self.line.truncate(most);
                Some(1)
            }
            None => None,
        };
    }

    /// How long whoever comes now may stand in line, if there is room in it.
    fn stand_in_line(&mut self, most: usize) -> Result<Duration, Refusal> {
        self.line.retain(|waiting| !waiting.is_closed());
        let stands = self.standing.is_some_and(|since| since.elapsed() >= BURST);
        let (room, patience) = match self.ration {
            // Few callers who ask again once they are answered are slowed down, and need not be refused. In a flood those
            // who come next take the next ration, and whoever waits for it only waits.
            Some(_) if self.flood.is_some_and(|since| since.elapsed() < CALM) => (0, Duration::ZERO),
            Some(_) => (most, PATIENCE),
            None if stands && self.limit < most => (self.limit * SHORT_LINE, NO_PATIENCE),
            None => (most * LINE, PATIENCE),
        };
        if self.line.len() >= room {
            let now = Instant::now();
            self.pressed = Some(now);
            self.flood = self.ration.map(|_| now);
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
mod tests;

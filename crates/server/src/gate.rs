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
//! each of their steps waits behind the submissions then, with the drawing threads idle meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use marquetry_dialect::Refusal;
use marquetry_worker::{Beat, Pulse};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout};

/// When whoever was refused should try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often the clockwork rings while there is something in hand, and from which delay on it is late.
const BEAT: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(10);
/// So few are always let in.
const LEAST: usize = 4;
/// Drawing threads starve when they stand in line for a core for more than this share of the time in which they could
/// run. A tenth: so much of its speed is what a full server may lose.
const STARVING: f64 = 0.1;
/// They are at work when they want a core for more than this share of the time.
const AT_WORK: f64 = 0.5;
/// How much of what was seen before counts at the next beat: some two hundred milliseconds are looked at.
const MEMORY: f64 = 0.95;
/// A ration ends when for so long nobody was kept waiting by it, or no job began.
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
    /// When somebody was last kept waiting.
    pressed: Option<Instant>,
    drawing: Drawing,
    /// How many more may go in before the next beat, while submissions are on ration.
    ration: Option<usize>,
}

/// What is remembered of the drawing threads.
#[derive(Debug, Default)]
struct Drawing {
    seen: Option<(Instant, Beat)>,
    /// Seconds, fading: how long the threads had a core, how long they wanted one, how long they could have had one.
    ran: f64,
    waited: f64,
    passed: f64,
    /// Jobs have stood in line lately.
    line: bool,
    /// Since when jobs have starved.
    starving: Option<Instant>,
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
                drawing: Drawing::default(),
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
        self.state().stand_in_line(self.0.most).map(|_| ())
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
        let rests = state.in_hand == 0 && state.limit == self.0.most && state.ration.is_none();
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
                self.line.truncate(LEAST);
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
            // Two rations let so many in.
            Some(_) => (LEAST, NO_PATIENCE),
            None if stands && self.limit < most => (self.limit * SHORT_LINE, NO_PATIENCE),
            None => (most * LINE, PATIENCE),
        };
        if self.line.len() >= room {
            self.pressed = Some(Instant::now());
            return Err(refused());
        }
        Ok(patience)
    }
}

impl Drawing {
    /// Remembers how things stand `now`, in a process that is `late` or not; gives how many jobs were done since the last
    /// time.
    fn learn(&mut self, now: Instant, beat: Beat, late: bool) -> usize {
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
        let thirsty = self.is_at_work() && self.waited > STARVING * (self.ran + self.waited);
        let starves = thirsty || (self.line && late);
        self.starving = starves.then(|| self.starving.unwrap_or(now));
        usize::try_from(beat.done.saturating_sub(last.done)).unwrap_or(usize::MAX)
    }

    /// Whether there is more to do than to accept.
    fn has_work(&self) -> bool {
        self.line || self.is_at_work()
    }

    fn is_at_work(&self) -> bool {
        self.ran + self.waited > AT_WORK * self.passed
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
    use marquetry_worker::Begun;

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
        gate.learn(LATE * 2, Beat::default());
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
        while gate.learn(Duration::ZERO, Beat::default()) && gate.state().limit < 8 {}
        assert!(gate.look().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_late_lets_fewer_in_and_recovers() {
        let gate = Gate::new(64);
        let held = gate.enter().await.unwrap();
        for _ in 0..9 {
            assert!(gate.learn(LATE * 2, Beat::default()));
        }
        assert_eq!(gate.state().limit, LEAST);
        let second = gate.enter().await.unwrap();
        let others = join_all([gate.enter(), gate.enter()]).await;
        let mut fifth = Box::pin(gate.enter());
        assert!(poll!(&mut fifth).is_pending());
        gate.learn(Duration::ZERO, Beat::default());
        let fifth = fifth.await.unwrap();
        drop((held, second, others, fifth));
        let beats = (0..100)
            .take_while(|_| gate.learn(Duration::ZERO, Beat::default()))
            .count();
        assert_eq!(beats, 58, "until nothing is left to watch");
        assert_eq!(gate.state().limit, 64);
    }

    #[tokio::test(start_paused = true)]
    async fn where_drawing_starves_one_goes_in_for_each_that_comes_out() {
        let gate = Gate::new(64);
        let mut beat = Beat {
            threads: 2,
            ..Beat::default()
        };
        let mut pass = async |waited: u32, done: u64| {
            sleep(BEAT).await;
            beat.ran += BEAT * (200 - waited) / 100;
            beat.waited += BEAT * waited / 100;
            beat.done += done;
            gate.learn(Duration::ZERO, beat)
        };
        // A twentieth is no hunger, however long it lasts; more than a tenth is, once it has lasted.
        for _ in 0..200 {
            pass(10, 1).await;
        }
        assert_eq!(gate.state().ration, None);
        let mut beats = 0;
        while gate.state().ration.is_none() {
            pass(60, 1).await;
            beats += 1;
        }
        assert!(BEAT * beats >= BURST, "{beats}");
        drop(gate.enter().await.unwrap());
        let mut second = Box::pin(gate.enter());
        assert!(poll!(&mut second).is_pending());
        // Two came out: two go in, and one besides.
        pass(60, 2).await;
        drop(second.await.unwrap());
        drop((gate.enter().await.unwrap(), gate.enter().await.unwrap()));
        let mut waits = Box::pin(gate.enter());
        assert!(poll!(&mut waits).is_pending());
        drop(waits);
        // A second in which nobody waited ends it.
        let mut beats = 0;
        while gate.state().ration.is_some() {
            let goes_on = pass(60, 0).await;
            assert_eq!(goes_on, gate.state().ration.is_some());
            beats += 1;
        }
        assert_eq!(BEAT * beats, CALM);
    }

    #[tokio::test(start_paused = true)]
    async fn where_jobs_stand_in_line_and_the_process_is_late_it_is_the_same() {
        let gate = Gate::new(64);
        let begun = |waited| {
            let ago = Duration::ZERO;
            Beat {
                last: Some(Begun { ago, waited }),
                ..Beat::default()
            }
        };
        let learn = async |late, waited| {
            sleep(BEAT).await;
            gate.learn(late, begun(waited));
            gate.state().ration
        };
        for _ in 0..100 {
            // A line in a process that has all the cores it wants, and a process that is late without a line.
            assert_eq!(learn(Duration::ZERO, BURST).await, None);
        }
        for _ in 0..100 {
            assert_eq!(learn(LATE * 2, BURST / 2).await, None);
        }
        while learn(LATE * 2, BURST).await.is_none() {}
        // In time again, thanks to the ration, which is no reason to end it.
        for _ in 0..80 {
            assert!(learn(Duration::ZERO, BURST).await.is_some());
        }
        assert_eq!(learn(Duration::ZERO, BURST / 2).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ration_ends_where_nothing_is_left_to_draw() {
        let gate = Gate::new(64);
        let mut beat = Beat {
            threads: 1,
            ..Beat::default()
        };
        while gate.state().ration.is_none() {
            sleep(BEAT).await;
            beat.ran += BEAT / 2;
            beat.waited += BEAT / 2;
            gate.learn(Duration::ZERO, beat);
        }
        let first = gate.enter().await.unwrap();
        let mut line: Vec<_> = (0..3).map(|_| Box::pin(gate.enter())).collect();
        for waits in &mut line {
            assert!(poll!(waits).is_pending());
        }
        while gate.state().ration.is_some() {
            sleep(BEAT).await;
            gate.learn(Duration::ZERO, beat);
        }
        drop((first, join_all(line).await));
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

//! What a courier has in hand: claimed and not begun, on its way, being written down.
//!
//! A claim costs a commit, so some deliveries are claimed before there is room to send them: the room that an answer
//! leaves is taken at once, and many claims share a commit. What waits like this is bounded, and so is its wait. What was
//! accepted is gathered for a few milliseconds, for the same reason.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::{Delivery, Lane};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::errand::{Accepted, Desk, Ended};
use crate::lanes::{Failed, Lanes, Lesson, Room, SLOW, SLOW_STRANGER};
use crate::register::Register;

/// How many tries may be answered and not yet written down, for each one that may be under way: a store that does not
/// keep up stops the sending, for whatever it has not written when we die is sent twice.
const UNWRITTEN: usize = 4;

/// How many are claimed ahead for each one that may be under way: a look, a claim and a reading of endpoints are three
/// statements, whether for thirty or for sixty.
const AHEAD: usize = 2;
/// For how long what was accepted is gathered before it is written down. What we have not written when we die is sent
/// twice, so it is short.
const BEAT: Duration = Duration::from_millis(10);
/// How much is written down in one go, and how many goes may be under way: what ends meanwhile makes the next one longer.
const PAGE: usize = 128;
const PAGES: usize = 2;

/// What a courier has in hand.
pub(crate) struct Hands {
    pub(crate) lanes: Lanes,
    desk: Arc<Desk>,
    errands: JoinSet<Ended>,
    /// Accepted and not being written down, and when the first of it is to be.
    accepted: VecDeque<Accepted>,
    beat: Option<Instant>,
    /// What is being written down, and how much that is.
    pages: JoinSet<()>,
    lengths: HashMap<Id, usize>,
    /// Claimed, the longest held first.
    ahead: VecDeque<Waiting>,
    at_once: usize,
    /// When an errand last ended: as long as none does, nothing is claimed ahead.
    moved: Instant,
}

/// A delivery that was claimed and has not begun.
struct Waiting {
    delivery: Delivery,
    /// The end of our patience.
    until: Instant,
    /// What was read with it.
    register: Arc<Register>,
}

/// A delivery whose turn has come, and what to do with it.
pub(crate) enum Turn {
    /// There is room; its endpoint may be in the register.
    Send(Delivery, Arc<Register>),
    /// It waited for too long, or its receiver asked to be left alone.
    HandBack(Delivery),
}

impl Hands {
    pub(crate) fn new(room: Room, desk: Arc<Desk>) -> Self {
        Self {
            lanes: Lanes::new(room),
            desk,
            errands: JoinSet::new(),
            accepted: VecDeque::new(),
            beat: None,
            pages: JoinSet::new(),
            lengths: HashMap::new(),
            ahead: VecDeque::new(),
            at_once: room.at_once,
            moved: Instant::now(),
        }
    }

    /// How many more may be claimed; 0 until it is worth a commit.
    pub(crate) fn claimable(&self, now: Instant) -> usize {
        let flowing = now.saturating_duration_since(self.moved) < SLOW;
        let most = if flowing {
            self.at_once * AHEAD
        } else {
            self.free(now)
        };
        let room = most.saturating_sub(self.ahead.len());
        if room * 2 >= most { room } else { 0 }
    }

    fn free(&self, now: Instant) -> usize {
        let failed = self.errands.len().saturating_sub(self.lanes.under_way());
        let unwritten = failed + self.accepted.len() + self.lengths.values().sum::<usize>();
        let writable = (self.at_once * UNWRITTEN).saturating_sub(unwritten);
        self.lanes.free(now).min(writable)
    }

    /// Takes in what was claimed; it stays no longer than `patience` without being begun.
    pub(crate) fn claimed(
        &mut self,
        claimed: Vec<Delivery>,
        register: Register,
        now: Instant,
        patience: Duration,
    ) {
        let register = Arc::new(register);
        self.ahead.extend(claimed.into_iter().map(|delivery| Waiting {
            delivery,
            until: now + patience,
            register: Arc::clone(&register),
        }));
    }

    /// What may begin now, or may no longer wait. To be passed to [`Self::begun`] or [`Self::handed_back`].
    pub(crate) fn next(&mut self, now: Instant, today: Timestamp) -> Option<Turn> {
        let front = self.ahead.front()?;
        let rests = self.lanes.rests(&front.delivery.lane(), today);
        let room = !rests && self.free(now) > 0;
        if !rests && !room && now < front.until {
            return None;
        }
        let Waiting {
            delivery, register, ..
        } = self.ahead.pop_front()?;
        Some(match room {
            true => Turn::Send(delivery, register),
            false => Turn::HandBack(delivery),
        })
    }

    /// Runs a try.
    pub(crate) fn begun(&mut self, lane: Lane, errand: impl Future<Output = Ended> + Send + 'static) {
        let task = self.errands.spawn(errand);
        self.lanes.release(&lane);
        self.lanes.began(task.id(), lane, Instant::now());
    }

    /// Runs what gives a delivery back.
    pub(crate) fn handed_back(&mut self, lane: &Lane, errand: impl Future<Output = Ended> + Send + 'static) {
        self.lanes.release(lane);
        self.errands.spawn(errand);
    }

    /// Waits until something ends, and takes in all that has. The lanes in which that was. Cancel-safe.
    pub(crate) async fn something_ended(&mut self) -> Vec<Lane> {
        let mut lanes = Vec::new();
        tokio::select! {
            Some(ended) = self.errands.join_next_with_id() => lanes.extend(self.ended(ended)),
            Some(written) = self.pages.join_next_with_id() => self.written(written),
            else => {}
        }
        while let Some(ended) = self.errands.try_join_next_with_id() {
            lanes.extend(self.ended(ended));
        }
        if !lanes.is_empty() {
            self.moved = Instant::now();
        }
        lanes
    }

    /// Begins to write down what was accepted, once there has been time to gather it.
    pub(crate) fn write_down(&mut self, now: Instant) {
        if self.beat.is_some_and(|beat| beat <= now) {
            self.turn_page();
            // A page that is full need not be gathered for.
            self.beat = (!self.accepted.is_empty()).then_some(now);
        }
    }

    /// Writes down as much of what was accepted as may be under way.
    fn turn_page(&mut self) {
        while self.pages.len() < PAGES && !self.accepted.is_empty() {
            let length = self.accepted.len().min(PAGE);
            let (page, desk) = (self.accepted.drain(..length).collect(), Arc::clone(&self.desk));
            let task = self.pages.spawn(async move { desk.write_down(page).await });
            self.lengths.insert(task.id(), length);
        }
    }

    /// When to look again although nothing ended: something waits for more than room.
    pub(crate) fn alarm(&self, now: Instant) -> Option<Instant> {
        // A slot may become free because what holds it turned out to be slow.
        let slot = self
            .ahead
            .front()
            .map(|front| front.until.min(now + SLOW_STRANGER));
        // While all pages are under way, the end of one is what is waited for.
        let beat = self.beat.filter(|_| self.pages.len() < PAGES);
        slot.into_iter().chain(beat).min()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.ahead.is_empty() && self.has_ended()
    }

    /// Whether nothing is under way any more, and all of it is written down.
    fn has_ended(&self) -> bool {
        self.errands.is_empty() && self.accepted.is_empty() && self.pages.is_empty()
    }

    /// How many errands run, those that write down what was accepted included.
    pub(crate) fn errands(&self) -> usize {
        self.errands.len() + self.pages.len()
    }

    /// All that waits, to be handed back.
    pub(crate) fn take_ahead(&mut self) -> Vec<Delivery> {
        self.ahead.drain(..).map(|waiting| waiting.delivery).collect()
    }

    /// Waits until all of it has ended and is written down. Cancel-safe.
    pub(crate) async fn all_ended(&mut self) {
        while !self.has_ended() {
            // There is nothing more to gather for.
            self.turn_page();
            self.something_ended().await;
        }
    }

    fn written(&mut self, written: Result<(Id, ()), JoinError>) {
        let id = match written {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "what was accepted is not written down, so it will be sent again");
                error.id()
            }
        };
        self.lengths.remove(&id);
    }

    fn ended(&mut self, ended: Result<(Id, Ended), JoinError>) -> Option<Lane> {
        match ended {
            Ok((id, Ended { lesson, accepted })) => {
                if let Some(accepted) = accepted {
                    self.accepted.push_back(*accepted);
                    self.beat.get_or_insert_with(|| Instant::now() + BEAT);
                }
                self.lanes.ended(id, lesson)
            }
            Err(error) => {
                tracing::error!(%error, "a delivery broke off");
                self.lanes.ended(error.id(), Lesson::Silent(Failed::Callback))
            }
        }
    }
}

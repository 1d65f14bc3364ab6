//! What a courier has in hand: claimed and not begun, on its way, being written down.
//!
//! A claim costs a commit, so some deliveries are claimed before there is room to send them: the room that an answer
//! leaves is taken at once, and many claims share a commit. What waits like this is bounded, and so is its wait.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::{Delivery, Lane};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::lanes::{Failed, Lanes, Lesson, Room, SLOW, SLOW_STRANGER};
use crate::register::Register;

/// How many tries may be answered and not yet written down, for each one that may be under way: a store that does not
/// keep up stops the sending, for whatever it has not written when we die is sent twice.
const UNWRITTEN: usize = 4;

/// What a courier has in hand.
pub(crate) struct Hands {
    pub(crate) lanes: Lanes,
    errands: JoinSet<Lesson>,
    /// Claimed, the longest held first.
    ahead: VecDeque<Waiting>,
    at_once: usize,
    /// When an errand last ended: as long as none does, nothing is claimed ahead.
    moved: Instant,
    answering: mpsc::UnboundedSender<(Id, Lesson)>,
    answered: mpsc::UnboundedReceiver<(Id, Lesson)>,
}

/// Tells, from within an errand, what its answer taught, before that is written down.
#[derive(Debug)]
pub(crate) struct Early(mpsc::UnboundedSender<(Id, Lesson)>);

impl Early {
    /// Frees the slot of the errand that runs. To be called from its task.
    pub(crate) fn tell(&self, lesson: Lesson) {
        // A courier that has stopped listening counts no slots any more.
        let _ = self.0.send((tokio::task::id(), lesson));
    }
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
    pub(crate) fn new(room: Room) -> Self {
        let (answering, answered) = mpsc::unbounded_channel();
        Self {
            lanes: Lanes::new(room),
            errands: JoinSet::new(),
            ahead: VecDeque::new(),
            at_once: room.at_once,
            moved: Instant::now(),
            answering,
            answered,
        }
    }

    /// How many more may be claimed; 0 until it is worth a commit.
    pub(crate) fn claimable(&self, now: Instant) -> usize {
        let flowing = now.saturating_duration_since(self.moved) < SLOW;
        let most = if flowing { self.at_once } else { self.free(now) };
        let room = most.saturating_sub(self.ahead.len());
        if room * 2 >= most { room } else { 0 }
    }

    fn free(&self, now: Instant) -> usize {
        let unwritten = self.errands.len().saturating_sub(self.lanes.under_way());
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
    pub(crate) fn begun<F>(&mut self, lane: Lane, errand: impl FnOnce(Early) -> F)
    where
        F: Future<Output = Lesson> + Send + 'static,
    {
        let task = self.errands.spawn(errand(Early(self.answering.clone())));
        self.lanes.release(&lane);
        self.lanes.began(task.id(), lane, Instant::now());
    }

    /// Runs what gives a delivery back.
    pub(crate) fn handed_back(&mut self, lane: &Lane, errand: impl Future<Output = Lesson> + Send + 'static) {
        self.lanes.release(lane);
        self.errands.spawn(errand);
    }

    /// Waits until something ends, and takes in all that has. The lanes in which that was. Cancel-safe.
    pub(crate) async fn something_ended(&mut self) -> Vec<Lane> {
        let mut lanes = Vec::new();
        tokio::select! {
            Some((id, lesson)) = self.answered.recv() => lanes.extend(self.lanes.ended(id, lesson)),
            Some(ended) = self.errands.join_next_with_id() => lanes.extend(self.ended(ended)),
        }
        while let Ok((id, lesson)) = self.answered.try_recv() {
            lanes.extend(self.lanes.ended(id, lesson));
        }
        while let Some(ended) = self.errands.try_join_next_with_id() {
            lanes.extend(self.ended(ended));
        }
        if !lanes.is_empty() {
            self.moved = Instant::now();
        }
        lanes
    }

    /// When to look again although nothing ended: something waits for more than room.
    pub(crate) fn alarm(&self, now: Instant) -> Option<Instant> {
        let front = self.ahead.front()?;
        // A slot may become free because what holds it turned out to be slow.
        Some(front.until.min(now + SLOW_STRANGER))
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.errands.is_empty() && self.ahead.is_empty()
    }

    /// How many errands run.
    pub(crate) fn errands(&self) -> usize {
        self.errands.len()
    }

    /// All that waits, to be handed back.
    pub(crate) fn take_ahead(&mut self) -> Vec<Delivery> {
        self.ahead.drain(..).map(|waiting| waiting.delivery).collect()
    }

    pub(crate) async fn all_ended(&mut self) {
        while let Some(ended) = self.errands.join_next_with_id().await {
            self.ended(ended);
        }
    }

    fn ended(&mut self, ended: Result<(Id, Lesson), JoinError>) -> Option<Lane> {
        match ended {
            Ok((id, lesson)) => self.lanes.ended(id, lesson),
            Err(error) => {
                tracing::error!(%error, "a delivery broke off");
                self.lanes.ended(error.id(), Lesson::Silent(Failed::Callback))
            }
        }
    }
}

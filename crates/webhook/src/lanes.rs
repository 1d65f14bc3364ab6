//! Who may be sent to at once. Counts only: no clock, no store, no sockets.
//!
//! Deliveries to one receiver share a lane. What keeps a dead lane from holding up the others:
//!
//! * a lane has a few slots, and only one until its receiver has answered;
//! * a try that has lasted a quarter of a second moves to a larger allowance of its own, so that a hundred
//!   receivers which swallow requests leave the ordinary slots to those that answer. Those of whom nobody knows
//!   whether they answer have less time, and those that did not when they were tried last begin there, and are so few
//!   at once that they never fill it;
//! * a lane that asked for a pause, or is disabled, rests and is not even looked at;
//! * an endpoint that failed ten times in a row rests too, and is probed with one delivery at a time.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::{Delivery, Lane};
use tokio::task::Id;
use tokio::time::Instant;

/// How many tries may be under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) per_lane: usize,
    pub(crate) at_once: usize,
    pub(crate) slow_at_once: usize,
    /// After how many failures in a row an endpoint rests, and the longest that it rests between two probes.
    pub(crate) circuit_after: u32,
    pub(crate) circuit_rest: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            per_lane: 4,
            at_once: 64,
            slow_at_once: 192,
            circuit_after: 10,
            circuit_rest: Duration::from_secs(300),
        }
    }
}

/// From when on a try counts as slow. Receivers that are well answer sooner, whatever the way to them.
pub(crate) const SLOW: Duration = Duration::from_millis(250);
/// The same for a receiver that never answered yet: as long as nobody knows which ones are dead, each of these moments
/// is one in which those hold all slots.
pub(crate) const SLOW_STRANGER: Duration = Duration::from_millis(20);

/// Most lanes that are remembered as answering, silent or failing, and most that rest. Beyond that the oldest knowledge is
/// not worth its memory: a lane that is forgotten starts with one slot again, or is looked at too early.
const REMEMBERED: usize = 4096;
const RESTING: usize = 512;

/// What is under way, and what is known of the receivers.
#[derive(Debug)]
pub(crate) struct Lanes {
    room: Room,
    under_way: HashMap<Id, Try>,
    /// How many are claimed and not begun.
    reserved: HashMap<Lane, usize>,
    known: HashMap<Lane, Manner>,
    /// Failures in a row.
    failing: HashMap<Lane, u32>,
    resting: HashMap<Lane, Timestamp>,
}

/// A try that holds a slot.
#[derive(Debug)]
struct Try {
    lane: Lane,
    /// From when on it counts as slow.
    slow_from: Instant,
}

/// How a receiver behaved when it was tried last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It answered, whatever it said.
    Answering,
    /// It did not.
    Silent,
}

/// What a try taught about its lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lesson {
    /// Nothing: it was not tried.
    Nothing,
    /// The receiver took it.
    Accepted,
    /// It answered, and did not take it.
    Refused(Failed),
    /// It answered that it has too much to do; leave it alone until then.
    Overloaded(Timestamp),
    /// No answer came.
    Silent(Failed),
    /// Nothing may be sent there now; look again then.
    Closed(Timestamp),
}

/// A failure, as far as it may open a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Of an endpoint, at that moment; the same delivery is tried again then, if at all.
    Endpoint { now: Timestamp, next: Option<Timestamp> },
    /// Of a callback: one tenant's failures must not slow those of others to the same host.
    Callback,
}

impl Lanes {
    pub(crate) fn new(room: Room) -> Self {
        Self {
            room,
            under_way: HashMap::new(),
            reserved: HashMap::new(),
            known: HashMap::new(),
            failing: HashMap::new(),
            resting: HashMap::new(),
        }
    }

    /// How many more tries may begin.
    pub(crate) fn free(&self, now: Instant) -> usize {
        let slow = self.under_way.values().filter(|one| now >= one.slow_from).count();
        let counted = self.under_way.len() - slow.min(self.room.slow_at_once);
        self.room.at_once.saturating_sub(counted)
    }

    /// How many tries hold a slot.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The lanes in which nothing more may be claimed.
    pub(crate) fn shut(&mut self, now: Timestamp) -> HashSet<Lane> {
        self.resting.retain(|_, until| *until > now);
        let load = self.load();
        let full = load.into_iter().filter(|(lane, load)| *load >= self.limit(lane));
        let mut shut: HashSet<Lane> = full.map(|(lane, _)| lane.clone()).collect();
        shut.extend(self.resting.keys().cloned());
        if self.room_for_silent() == 0 {
            let silent = self.known.iter().filter(|(_, manner)| **manner == Manner::Silent);
            shut.extend(silent.map(|(lane, _)| lane.clone()));
        }
        shut
    }

    /// Those of the lanes `shut` that will stay so for a while: they rest, or all that is under way in them is slow.
    pub(crate) fn lasting(&self, shut: &HashSet<Lane>, now: Instant) -> HashSet<Lane> {
        let brisk = self.under_way.values().filter(|one| now < one.slow_from);
        let brisk: HashSet<&Lane> = brisk
            .map(|one| &one.lane)
            .chain(self.reserved.keys())
            .filter(|lane| !self.resting.contains_key(*lane))
            .collect();
        shut.iter()
            .filter(|lane| !brisk.contains(lane))
            .cloned()
            .collect()
    }

    /// Whether a lane is to be left alone.
    pub(crate) fn rests(&self, lane: &Lane, now: Timestamp) -> bool {
        self.resting.get(lane).is_some_and(|until| *until > now)
    }

    /// Keeps room in a lane for what is about to be claimed.
    pub(crate) fn reserve(&mut self, lane: Lane) {
        *self.reserved.entry(lane).or_default() += 1;
    }

    /// The room that was kept for one delivery is needed no more.
    pub(crate) fn release(&mut self, lane: &Lane) {
        if let Some(kept) = self.reserved.get_mut(lane) {
            *kept -= 1;
            if *kept == 0 {
                self.reserved.remove(lane);
            }
        }
    }

    /// Those of `found`, in their order and at most `most`, that may be claimed.
    pub(crate) fn choose(&self, found: Vec<Delivery>, most: usize) -> Vec<Delivery> {
        let mut load: HashMap<Lane, usize> = self
            .load()
            .into_iter()
            .map(|(lane, load)| (lane.clone(), load))
            .collect();
        let mut silent_room = self.room_for_silent();
        found
            .into_iter()
            .filter(|delivery| {
                let lane = delivery.lane();
                let (limit, silent) = (self.limit(&lane), self.is_silent(&lane));
                let load = load.entry(lane).or_default();
                let fits = *load < limit && !(silent && silent_room == 0);
                *load += usize::from(fits);
                silent_room -= usize::from(fits && silent);
                fits
            })
            .take(most)
            .collect()
    }

    /// A try began.
    pub(crate) fn began(&mut self, id: Id, lane: Lane, now: Instant) {
        let patience = match self.known.get(&lane) {
            Some(Manner::Answering) => SLOW,
            None => SLOW_STRANGER,
            Some(Manner::Silent) => Duration::ZERO,
        };
        let slow_from = now + patience;
        self.under_way.insert(id, Try { lane, slow_from });
    }

    /// A try ended. Its lane; `None` for what holds no slot, or none any more.
    pub(crate) fn ended(&mut self, id: Id, lesson: Lesson) -> Option<Lane> {
        let Try { lane, .. } = self.under_way.remove(&id)?;
        let freed = lane.clone();
        match lesson {
            Lesson::Nothing => {}
            Lesson::Accepted => {
                self.failing.remove(&lane);
                self.remember(lane, Manner::Answering);
            }
            Lesson::Refused(failed) => {
                self.remember(lane.clone(), Manner::Answering);
                self.failed(lane, failed);
            }
            Lesson::Overloaded(until) => {
                self.remember(lane.clone(), Manner::Answering);
                self.count(&lane);
                self.rest(lane, until);
            }
            Lesson::Silent(failed) => {
                self.remember(lane.clone(), Manner::Silent);
                self.failed(lane, failed);
            }
            Lesson::Closed(until) => self.rest(lane, until),
        }
        Some(freed)
    }

    /// Counts a failure. From the tenth in a row on, the lane rests until that delivery's next try, at most for a
    /// while: whatever else waits for it waits untried, and each such try is a probe.
    fn failed(&mut self, lane: Lane, failed: Failed) {
        let Failed::Endpoint { now, next } = failed else {
            return;
        };
        self.count(&lane);
        if self.is_open(&lane) {
            let longest = now + self.room.circuit_rest;
            self.rest(lane, next.map_or(longest, |next| next.min(longest)));
        }
    }

    fn count(&mut self, lane: &Lane) {
        if self.failing.len() >= REMEMBERED && !self.failing.contains_key(lane) {
            self.failing.clear();
        }
        let row = self.failing.entry(lane.clone()).or_default();
        *row = row.saturating_add(1);
    }

    fn is_open(&self, lane: &Lane) -> bool {
        self.failing
            .get(lane)
            .is_some_and(|row| *row >= self.room.circuit_after)
    }

    fn remember(&mut self, lane: Lane, manner: Manner) {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(&lane) {
            self.known.clear();
        }
        self.known.insert(lane, manner);
    }

    fn is_silent(&self, lane: &Lane) -> bool {
        self.known.get(lane) == Some(&Manner::Silent)
    }

    /// How many more of those that did not answer may be tried. A quarter of the allowance is left to those that are slow
    /// and well, or else the silent would come to hold ordinary slots.
    fn room_for_silent(&self) -> usize {
        let most = (self.room.slow_at_once * 3 / 4).max(1);
        let load = self.load().into_iter().filter(|(lane, _)| self.is_silent(lane));
        most.saturating_sub(load.map(|(_, load)| load).sum())
    }

    fn rest(&mut self, lane: Lane, until: Timestamp) {
        if self.resting.len() < RESTING || self.resting.contains_key(&lane) {
            self.resting.insert(lane, until);
        }
    }

    fn limit(&self, lane: &Lane) -> usize {
        match self.known.get(lane) == Some(&Manner::Answering) && !self.is_open(lane) {
            true => self.room.per_lane,
            false => 1,
        }
    }

    fn load(&self) -> HashMap<&Lane, usize> {
        let mut load = HashMap::new();
        for one in self.under_way.values() {
            *load.entry(&one.lane).or_default() += 1;
        }
        for (lane, kept) in &self.reserved {
            *load.entry(lane).or_default() += kept;
        }
        load
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use marquetry_job::{DeliverySchedule, DeliveryState};
    use marquetry_model::{DeliveryId, DialectName, EndpointId, EventType, JobId, Target, TenantId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn delivery(endpoint: u8, number: u8) -> Delivery {
        Delivery::owed(
            DeliveryId::from_random([number; 16]),
            TenantId::from_random([0; 16]),
            Target::Endpoint(EndpointId::from_random([endpoint; 16])),
            DialectName::new("sudomock").unwrap(),
            JobId::from_random([0; 16]),
            EventType::RenderSucceeded,
            Arc::<[u8]>::from(*b"{}"),
            DeliveryState::owed(NOW, &DeliverySchedule::default()),
            NOW,
        )
    }

    fn lane(endpoint: u8) -> Lane {
        delivery(endpoint, 0).lane()
    }

    /// Ids of tasks cannot be made by hand.
    async fn id() -> Id {
        tokio::spawn(async { tokio::task::id() }).await.unwrap()
    }

    fn numbers(chosen: &[Delivery]) -> Vec<DeliveryId> {
        chosen.iter().map(|delivery| delivery.id).collect()
    }

    #[tokio::test]
    async fn a_stranger_gets_one_slot_and_one_who_answers_a_few() {
        let mut lanes = Lanes::new(Room::default());
        let found: Vec<_> = (0..9).map(|n| delivery(n % 2, n)).collect();
        assert_eq!(numbers(&lanes.choose(found.clone(), 64)), numbers(&found[..2]));

        let task = id().await;
        lanes.began(task, lane(0), Instant::now());
        assert_eq!(lanes.shut(NOW), HashSet::from([lane(0)]));
        lanes.ended(task, Lesson::Accepted);
        assert_eq!(lanes.shut(NOW), HashSet::new());
        // Four of the even ones, and one of the odd.
        let chosen = lanes.choose(found.clone(), 64);
        assert_eq!(chosen.len(), 5);
        assert_eq!(lanes.choose(found, 3).len(), 3);

        let task = id().await;
        lanes.began(task, lane(0), Instant::now());
        lanes.ended(task, Lesson::Silent(Failed::Callback));
        assert_eq!(lanes.choose(vec![delivery(0, 1), delivery(0, 2)], 64).len(), 1);
    }

    #[tokio::test]
    async fn room_that_is_kept_is_taken() {
        let mut lanes = Lanes::new(Room::default());
        lanes.reserve(lane(0));
        assert_eq!(lanes.shut(NOW), HashSet::from([lane(0)]));
        assert!(lanes.choose(vec![delivery(0, 1)], 9).is_empty());
        assert_eq!(lanes.free(Instant::now()), 64, "it holds no slot yet");
        lanes.release(&lane(0));
        lanes.release(&lane(0));
        assert_eq!(lanes.choose(vec![delivery(0, 1)], 9).len(), 1);
    }

    #[tokio::test]
    async fn what_is_slow_makes_room_up_to_an_allowance() {
        let room = Room {
            per_lane: 4,
            at_once: 2,
            slow_at_once: 3,
            ..Room::default()
        };
        let mut lanes = Lanes::new(room);
        let start = Instant::now();
        for endpoint in 0..2 {
            lanes.began(id().await, lane(endpoint), start);
        }
        assert_eq!(lanes.free(start), 0);
        assert_eq!(lanes.free(start + SLOW_STRANGER), 2);
        for endpoint in 2..4 {
            lanes.began(id().await, lane(endpoint), start + SLOW);
        }
        assert_eq!(lanes.free(start + SLOW), 0);
        let free = lanes.free(start + SLOW + SLOW);
        assert_eq!(free, 1, "three are slow, the fourth is one too many");
        assert_eq!(lanes.shut(NOW).len(), 4);
    }

    #[tokio::test]
    async fn who_is_known_to_answer_has_more_time_before_it_counts_as_slow() {
        let room = Room {
            at_once: 1,
            ..Room::default()
        };
        let mut lanes = Lanes::new(room);
        let (task, start) = (id().await, Instant::now());
        lanes.began(task, lane(0), start);
        lanes.ended(task, Lesson::Accepted);
        lanes.began(id().await, lane(0), start);
        assert_eq!(lanes.free(start + SLOW_STRANGER), 0);
        assert_eq!(lanes.free(start + SLOW), 1);
    }

    #[tokio::test]
    async fn the_silent_hold_no_ordinary_slot_and_no_more_than_their_share() {
        let room = Room {
            at_once: 2,
            slow_at_once: 4,
            ..Room::default()
        };
        let mut lanes = Lanes::new(room);
        let start = Instant::now();
        for endpoint in 0..5 {
            let task = id().await;
            lanes.began(task, lane(endpoint), start);
            lanes.ended(task, Lesson::Silent(Failed::Callback));
        }
        let found: Vec<_> = (0..6).map(|n| delivery(n, n)).collect();
        let chosen = lanes.choose(found, 9);
        let expected: Vec<_> = [0, 1, 2, 5].map(|n| delivery(n, n)).into();
        assert_eq!(
            numbers(&chosen),
            numbers(&expected),
            "three of them, and the stranger"
        );
        for endpoint in 0..3 {
            lanes.began(id().await, lane(endpoint), start);
        }
        assert_eq!(lanes.free(start), 2);
        let silent = HashSet::from([0, 1, 2, 3, 4].map(lane));
        assert_eq!(lanes.shut(NOW), silent, "their share is taken");
        assert_eq!(lanes.lasting(&silent, start), silent);
    }

    #[tokio::test]
    async fn a_lane_is_shut_for_long_when_all_in_it_is_slow_or_it_rests() {
        let mut lanes = Lanes::new(Room::default());
        let start = Instant::now();
        lanes.began(id().await, lane(0), start);
        lanes.rest(lane(1), NOW + Duration::from_secs(5));
        let shut = lanes.shut(NOW);
        assert_eq!(shut, HashSet::from([0, 1].map(lane)));
        assert_eq!(lanes.lasting(&shut, start), HashSet::from([lane(1)]));
        assert_eq!(lanes.lasting(&shut, start + SLOW_STRANGER), shut);
        lanes.reserve(lane(0));
        assert_eq!(
            lanes.lasting(&shut, start + SLOW_STRANGER),
            HashSet::from([lane(1)])
        );
    }

    #[tokio::test]
    async fn who_asked_for_a_pause_rests_until_then() {
        let mut lanes = Lanes::new(Room::default());
        let task = id().await;
        lanes.began(task, lane(1), Instant::now());
        let until = NOW + Duration::from_secs(5);
        lanes.ended(task, Lesson::Overloaded(until));
        assert_eq!(
            lanes.shut(until - Duration::from_micros(1)),
            HashSet::from([lane(1)])
        );
        assert_eq!(lanes.shut(until), HashSet::new());
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let mut lanes = Lanes::new(Room::default());
        for n in 0..REMEMBERED + 10 {
            let task = id().await;
            let lane = Lane::new(format!("callback:{n}.example.com"));
            lanes.began(task, lane, Instant::now());
            lanes.ended(task, Lesson::Overloaded(Timestamp::MAX));
        }
        assert!(lanes.known.len() <= REMEMBERED);
        assert_eq!(lanes.resting.len(), RESTING);
        assert!(lanes.under_way.is_empty());
    }

    #[tokio::test]
    async fn ten_failures_in_a_row_open_the_circuit_and_one_success_closes_it() {
        let mut lanes = Lanes::new(Room::default());
        let fail = async |lanes: &mut Lanes, lesson| {
            let task = id().await;
            lanes.began(task, lane(1), Instant::now());
            lanes.ended(task, lesson);
        };
        let minute = Duration::from_secs(60);
        let failed = |now: Timestamp, next| Failed::Endpoint {
            now,
            next: Some(now + next),
        };
        for _ in 0..9 {
            fail(&mut lanes, Lesson::Refused(failed(NOW, minute))).await;
        }
        assert_eq!(lanes.shut(NOW), HashSet::new(), "nine say nothing yet");
        fail(&mut lanes, Lesson::Silent(failed(NOW, minute))).await;
        let almost = NOW + minute - Duration::from_micros(1);
        assert_eq!(lanes.shut(almost), HashSet::from([lane(1)]));
        assert_eq!(lanes.shut(NOW + minute), HashSet::new(), "time for a probe");

        // One probe at a time, although the receiver answers.
        fail(&mut lanes, Lesson::Refused(failed(NOW + minute, minute * 600))).await;
        let later = NOW + minute + Duration::from_secs(300);
        assert_eq!(
            lanes.shut(later - Duration::from_micros(1)),
            HashSet::from([lane(1)])
        );
        assert_eq!(lanes.shut(later), HashSet::new(), "at most five minutes");
        let found = |n| vec![delivery(1, n), delivery(1, n + 1)];
        assert_eq!(lanes.choose(found(0), 9).len(), 1);

        fail(&mut lanes, Lesson::Accepted).await;
        assert_eq!(lanes.shut(later), HashSet::new());
        assert_eq!(lanes.choose(found(0), 9).len(), 2);
        fail(&mut lanes, Lesson::Refused(failed(later, minute))).await;
        assert_eq!(lanes.shut(later), HashSet::new(), "the row begins anew");
    }

    #[tokio::test]
    async fn a_callback_never_opens_a_circuit() {
        let mut lanes = Lanes::new(Room::default());
        for _ in 0..50 {
            let task = id().await;
            lanes.began(task, Lane::new("callback:example.com"), Instant::now());
            lanes.ended(task, Lesson::Refused(Failed::Callback));
        }
        assert_eq!(lanes.shut(NOW), HashSet::new());
    }
}

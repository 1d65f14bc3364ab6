//! What a courier is made of: its settings, their defaults, and the one place where they can be wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use marquetry_egress::{Egress, SendLimits};
use marquetry_job::{DeliverySchedule, Patience, WorkerId};
use marquetry_model::Delivery;
use marquetry_store::{BuildError, Clock, DeliverySteps, Ownership, Rounds, Seal, Store};

use crate::condition::Condition;
use crate::courier::Courier;
use crate::errand::Desk;
use crate::lanes::Room;
use crate::{random, terms};

/// Collects what a [`Courier`] is made of; everything but store and door has a default.
#[derive(Debug)]
#[must_use]
pub struct CourierBuilder {
    store: Arc<dyn Store>,
    egress: Egress,
    rounds: Rounds,
    schedule: DeliverySchedule,
    timeout: Duration,
    answer_bytes: usize,
    lease: Option<Duration>,
    room: Room,
    patience: Patience,
    seal: Seal,
}

impl Courier {
    /// For a courier that makes the deliveries owed in `store` through `egress`. A door of its own is
    /// best: a door bounds its open connections, and fetches should not compete with deliveries for them.
    pub fn builder(store: Arc<dyn Store>, egress: Egress) -> CourierBuilder {
        CourierBuilder {
            store,
            egress,
            rounds: Rounds::default(),
            schedule: DeliverySchedule::default(),
            timeout: Duration::from_secs(15),
            answer_bytes: 16 * 1024,
            lease: None,
            room: Room::default(),
            patience: Patience::default(),
            seal: Seal::default(),
        }
    }
}

impl CourierBuilder {
    /// What time it is. Default: [`SystemClock`](marquetry_store::SystemClock). Limits on a single try run on the runtime's own time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.rounds.clock = clock;
        self
    }

    /// When each try is made, but for dialects that promise a schedule of their own. Default: ten tries over three
    /// days, see [`DeliverySchedule::default`].
    pub fn schedule(mut self, schedule: DeliverySchedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Whether others deliver from the same store. Default: [`Ownership::Shared`].
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.rounds.ownership = ownership;
        self
    }

    /// The longest that one try may take, from the look-up of the name to the end of our look at the
    /// answer. Default: 15 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How much of an answer's body is read before we hang up, in bytes. The first KiB of that is kept
    /// for the owner. Default: 16 KiB.
    pub fn answer_bytes(mut self, bytes: usize) -> Self {
        self.answer_bytes = bytes;
        self
    }

    /// How long a delivery stays ours without a word from us. Default: 30 s more than
    /// [`Self::timeout`]. A lease is never renewed: a try cannot outlast its time limit, so whoever is
    /// silent for longer has vanished, and the 30 s are for writing down what came of it.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// How many tries may be under way at once to one endpoint, or to one host of callbacks. Default: 4.
    /// As long as a receiver has not answered since this courier knows it, or did not answer when it was
    /// tried last, it gets one at a time.
    pub fn per_lane(mut self, most: usize) -> Self {
        self.room.per_lane = most;
        self
    }

    /// How many tries may be under way at once, those left out that [`Self::slow_at_once`] counts. While answers
    /// come, twice as many more are claimed, so that each answer makes room for one that is ready. Default: 64.
    pub fn at_once(mut self, most: usize) -> Self {
        self.room.at_once = most;
        self
    }

    /// How many tries may be under way beside those, once they have taken longer than a quarter of a second: what
    /// waits for a dead receiver should not keep the living waiting. Default: 192.
    pub fn slow_at_once(mut self, most: usize) -> Self {
        self.room.slow_at_once = most;
        self
    }

    /// How often to look for what is due when nothing tells us to. Default: 1 s.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.rounds.poll = poll;
        self
    }

    /// How long a shutdown waits for tries that are under way before it hands them back. Default: 10 s.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.rounds.grace = grace;
        self
    }

    /// How often to see whether a disabled endpoint was enabled again, while something is owed to it.
    /// Default: 30 s.
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rounds.rest = rest;
        self
    }

    /// After how many failures in a row an endpoint is only probed, with one delivery at a time. Default: 10.
    pub fn circuit_after(mut self, failures: u32) -> Self {
        self.room.circuit_after = failures;
        self
    }

    /// The longest that an endpoint rests between two probes. Default: 5 min.
    pub fn circuit_rest(mut self, rest: Duration) -> Self {
        self.room.circuit_rest = rest;
        self
    }

    /// How long an endpoint may fail before it is disabled. Default: [`Patience::default`], 5 days.
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// What opens secrets that lie sealed in the store. Default: nothing; secrets that are not sealed need none.
    pub fn seal(mut self, seal: Seal) -> Self {
        self.seal = seal;
        self
    }

    /// The finished courier.
    ///
    /// # Errors
    /// [`BuildError`], which names the setting that is wrong.
    pub fn build(self) -> Result<Courier, BuildError> {
        let check = BuildError::unless;
        self.rounds.check()?;
        let lease = self
            .lease
            .unwrap_or_else(|| self.timeout.saturating_add(Duration::from_secs(30)));
        check(!self.timeout.is_zero(), "timeout", "more than nothing")?;
        check(lease > self.timeout, "lease", "longer than the timeout")?;
        check(self.room.per_lane > 0, "per_lane", "at least 1")?;
        check(self.room.at_once > 0, "at_once", "at least 1")?;
        check(self.room.circuit_after > 0, "circuit_after", "at least 1")?;
        let worker = random::sixteen().map_err(|error| BuildError::NoRandomness {
            problem: error.to_string(),
        })?;
        let limits = SendLimits {
            connect: SendLimits::default().connect.min(self.timeout),
            total: self.timeout,
            // What is kept must be read first.
            answer_bytes: self.answer_bytes.max(Delivery::ANSWER_KEPT),
            ..SendLimits::default()
        };
        let schedules = terms::schedules(self.schedule);
        let steps = DeliverySteps::new(Arc::clone(&self.store), schedules.clone());
        Ok(Courier {
            desk: Arc::new(Desk {
                condition: Condition {
                    store: Arc::clone(&self.store),
                    clock: Arc::clone(&self.rounds.clock),
                    schedules,
                    patience: self.patience,
                    noted: Mutex::default(),
                },
                store: self.store,
                steps,
                egress: self.egress,
                clock: Arc::clone(&self.rounds.clock),
                limits,
                rest: self.rounds.rest,
                seal: self.seal,
            }),
            worker: WorkerId::from_random(worker),
            lease,
            room: self.room,
            rounds: self.rounds,
        })
    }
}

//! The rounds of a courier: see what is due, choose, claim, send out, and wait for the next reason to look.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{Timestamp, WorkerId};
use marquetry_store::{Change, Ownership, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::errand::{Desk, chain};
use crate::lanes::{Failed, Lanes, Lesson, Room};

/// Makes the deliveries that a store owes, until it is told to stop.
///
/// # Who waits for whom
///
/// Deliveries to one endpoint share a lane, and so do callbacks to one host. A lane has a few slots at a
/// time, and only one until its receiver has answered, so that a dead receiver holds one slot and not many;
/// what has lasted a second no longer counts against the slots of the others. A receiver that answers 429,
/// 502, 503 or 504 hears nothing more from its endpoint until the next try of that delivery, or for a
/// minute. Each failed delivery waits by its own schedule. An endpoint that failed ten times in a row is probed with
/// one delivery at a time, and rests until that one's next try, at most five minutes; a single success lets the rest
/// follow. An endpoint at which nothing but failures came for five days is disabled, see [`marquetry_job::Health`].
///
/// # What an answer means
///
/// | answer | the delivery | the endpoint |
/// | --- | --- | --- |
/// | any 2xx | is delivered | |
/// | 410 | is dead | is disabled |
/// | 429, 503 with `Retry-After` | waits as asked, between its planned wait and twice that | rests |
/// | any other, redirects too | is tried again by schedule, dead after the last try | |
/// | none: refused address, no connection, no TLS, no time | the same | |
///
/// What is owed to an endpoint that is disabled waits until it is enabled again; what is owed to one that
/// was removed is dead.
#[derive(Debug)]
pub struct Courier {
    pub(crate) desk: Arc<Desk>,
    pub(crate) worker: WorkerId,
    pub(crate) ownership: Ownership,
    pub(crate) lease: Duration,
    pub(crate) room: Room,
    pub(crate) poll: Duration,
    pub(crate) grace: Duration,
}

/// How often one round looks again after it took something. Each time it takes at least one delivery or
/// loses it to another courier.
const LOOKS: usize = 256;
/// The shortest sleep between two rounds that nothing asked for, so that a lost race is no busy loop.
const LEAST_SLEEP: Duration = Duration::from_millis(10);
/// How long handing back may take once the grace of a shutdown is over.
const HAND_BACK: Duration = Duration::from_secs(5);

/// What a courier has in hand.
struct Hands {
    lanes: Lanes,
    errands: JoinSet<Lesson>,
    /// Whether what the dead held was freed, if that is ours to do.
    recovered: bool,
}

impl Courier {
    /// Delivers until `shutdown` completes. Then nothing more is claimed, what is under way may end within
    /// the grace, and what has not ended by then is handed back untried; the next courier sends it again.
    ///
    /// Never ends by itself: a store that cannot be reached is asked again. Dropping the future ends it at
    /// once, and what was under way is sent again when its lease has lapsed.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let span = tracing::info_span!("courier", worker = %self.worker);
        self.rounds(shutdown).instrument(span).await;
    }

    async fn rounds(self, shutdown: impl Future<Output = ()> + Send) {
        let mut hands = Hands {
            lanes: Lanes::new(self.room),
            errands: JoinSet::new(),
            recovered: self.ownership == Ownership::Shared,
        };
        let (give_up, heed) = watch::channel(false);

        // Many changes at once are one reason to look.
        let mut changes = self.desk.store.changes();
        let bell = Notify::new();
        let listen = async {
            while let Some(change) = changes.next().await {
                if matches!(change, Change::Delivery | Change::JobEnded(_) | Change::Missed) {
                    bell.notify_one();
                }
            }
        };
        let mut listening = true;
        tokio::pin!(shutdown, listen);

        loop {
            let sleep = match self.look(&mut hands, &heed).await {
                Ok(Some(due)) => due
                    .since(self.desk.clock.now())
                    .clamp(LEAST_SLEEP.min(self.poll), self.poll),
                Ok(None) => self.poll,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "cannot see what is owed");
                    self.poll
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = hands.errands.join_next_with_id() => {
                    hands.ended(ended);
                    while let Some(ended) = hands.errands.try_join_next_with_id() {
                        hands.ended(ended);
                    }
                }
                // A store that has gone rings no more; the sleep still ends.
                () = &mut listen, if listening => listening = false,
                () = bell.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
        self.wind_down(hands, &give_up).await;
    }

    /// Sends out all that is due and has room. When the next delivery is due, if that is known; `None` when
    /// nothing is, or when there is no room for it.
    async fn look(
        &self,
        hands: &mut Hands,
        heed: &watch::Receiver<bool>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.desk.clock.now();
        if !hands.recovered {
            // Before the first claim, for afterwards some of what is held would be ours.
            let freed = self.desk.steps.recover(now).await?;
            hands.recovered = true;
            if freed > 0 {
                tracing::info!(freed, "deliveries of a courier that died are sent again");
            }
        }
        for _ in 0..LOOKS {
            let free = hands.lanes.free(Instant::now());
            if free == 0 {
                return Ok(None);
            }
            let shut = hands.lanes.shut(now);
            let most = u32::try_from(free).unwrap_or(u32::MAX);
            let found = self.desk.store.due_deliveries(now, most, &shut).await?;
            if found.is_empty() {
                // What is due and was not found cannot be read: it is no reason to look again at once.
                let next = self.desk.store.next_due_delivery(&shut).await?;
                return Ok(next.filter(|due| *due > now));
            }
            // What was found may all be of one lane; what has no room in it stays in the store, and the
            // lane is left out of the next look.
            let chosen = hands.lanes.choose(found, free);
            let claimed = self
                .desk
                .steps
                .claim_found(chosen, self.worker, now, self.lease)
                .await?;
            for delivery in claimed {
                let lane = delivery.target.lane();
                let span = tracing::info_span!(
                    "delivery",
                    id = %delivery.id,
                    job = %delivery.job,
                    event = %delivery.event,
                    lane = lane.as_str(),
                );
                let (desk, heed) = (Arc::clone(&self.desk), heed.clone());
                let errand = async move { desk.carry(delivery, heed).await };
                let task = hands.errands.spawn(errand.instrument(span));
                hands.lanes.began(task.id(), lane, Instant::now());
            }
        }
        Ok(Some(now))
    }

    async fn wind_down(&self, mut hands: Hands, give_up: &watch::Sender<bool>) {
        if hands.errands.is_empty() {
            return;
        }
        tracing::info!(under_way = hands.errands.len(), "stopping");
        if tokio::time::timeout(self.grace, hands.all_ended()).await.is_ok() {
            return;
        }
        give_up.send_replace(true);
        if tokio::time::timeout(HAND_BACK, hands.all_ended()).await.is_err() {
            tracing::warn!(
                left = hands.errands.len(),
                "some deliveries could not be handed back, their leases will lapse"
            );
        }
    }
}

impl Hands {
    fn ended(&mut self, ended: Result<(Id, Lesson), JoinError>) {
        match ended {
            Ok((id, lesson)) => self.lanes.ended(id, lesson),
            Err(error) => {
                tracing::error!(%error, "a delivery broke off");
                self.lanes.ended(error.id(), Lesson::Silent(Failed::Callback));
            }
        }
    }

    async fn all_ended(&mut self) {
        while let Some(ended) = self.errands.join_next_with_id().await {
            self.ended(ended);
        }
    }
}

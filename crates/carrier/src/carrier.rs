//! The rounds of a carrier: see what is due, choose, claim, set out, and wait for the next reason to look.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{Timestamp, WorkerId};
use marquetry_model::{Carriage, Delivery, Lane};
use marquetry_store::{Change, Ownership, Rounds, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::errand::Desk;

/// Brings the files that a store owes, until it is told to stop.
///
/// Files for one destination share a lane, of which a few are under way at a time, so that one that is slow or dead does
/// not hold up all the others. Each try that fails is made again by the schedule of its dialect; what is owed to a
/// destination that was removed is dead.
#[derive(Debug)]
pub struct Carrier {
    pub(crate) desk: Arc<Desk>,
    pub(crate) worker: WorkerId,
    pub(crate) lease: Duration,
    pub(crate) room: Room,
    pub(crate) rounds: Rounds,
}

/// How many files may be under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) per_lane: usize,
    pub(crate) at_once: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            per_lane: 2,
            at_once: 4,
        }
    }
}

/// The shortest time between two looks: much may change in a store that is no file, and each change rings.
const GATHER: Duration = Duration::from_millis(20);
/// How many of what is due are looked at, so that room is found for several lanes in one look.
const LOOK: u32 = 32;
/// How long handing back may take once the grace of a shutdown is over.
const HAND_BACK: Duration = Duration::from_secs(5);

/// What is under way.
#[derive(Default)]
struct Hands {
    errands: JoinSet<()>,
    lanes: HashMap<Id, Lane>,
}

impl Carrier {
    /// Brings files until `shutdown` completes. Then nothing more is claimed, what is under way may end within the
    /// grace, and what has not ended by then is handed back; the next carrier brings it again.
    ///
    /// Never ends by itself: a store that cannot be reached is asked again. Dropping the future ends it at once, and
    /// what was under way is brought again when its lease has lapsed.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let span = tracing::info_span!("carrier", worker = %self.worker);
        self.work(shutdown).instrument(span).await;
    }

    async fn work(self, shutdown: impl Future<Output = ()> + Send) {
        let mut hands = Hands::default();
        let (give_up, heed) = watch::channel(false);
        let mut recovered = self.rounds.ownership == Ownership::Shared;
        let mut changes = self.desk.store.changes();
        let bell = Notify::new();
        let listen = async {
            while let Some(change) = changes.next().await {
                if matches!(change, Change::Delivery | Change::Missed) {
                    bell.notify_one();
                }
            }
        };
        let mut listening = true;
        tokio::pin!(shutdown, listen);

        let (mut wanted, mut earliest) = (true, Instant::now());
        let mut latest = earliest;
        loop {
            let now = Instant::now();
            if now >= earliest && (wanted || now >= latest) && hands.errands.len() < self.room.at_once {
                // Whatever rings from here on may not be seen by this look.
                wanted = false;
                let looked = self.look(&mut hands, &heed, &mut recovered).await;
                let sleep = looked.unwrap_or_else(|error| {
                    tracing::warn!(error = error.detail(), "cannot see which files are owed");
                    self.rounds.poll
                });
                let now = Instant::now();
                (earliest, latest) = (now + GATHER.min(self.rounds.poll), now + sleep);
            }
            let full = hands.errands.len() >= self.room.at_once;
            let wake = if wanted { earliest } else { latest.max(earliest) };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = hands.something_ended(), if !hands.errands.is_empty() => wanted = true,
                // A store that has gone rings no more; the sleep still ends.
                () = &mut listen, if listening => listening = false,
                () = bell.notified() => wanted = true,
                () = tokio::time::sleep_until(wake), if !full => {}
            }
        }
        self.wind_down(hands, &give_up).await;
    }

    /// Looks once, and sets out with what there is room for. How long to sleep if nothing tells otherwise.
    async fn look(
        &self,
        hands: &mut Hands,
        heed: &watch::Receiver<bool>,
        recovered: &mut bool,
    ) -> Result<Duration, StoreError> {
        let (desk, today) = (&self.desk, self.desk.clock.now());
        if !*recovered {
            // Before the first claim, for afterwards some of what is held would be ours.
            let freed = desk.steps.recover(Carriage::File, today).await?;
            *recovered = true;
            if freed > 0 {
                tracing::info!(freed, "files of a carrier that died are brought again");
            }
        }
        let shut = hands.shut(self.room.per_lane);
        let due = desk
            .store
            .due_deliveries(Carriage::File, today.into(), LOOK, &shut)
            .await?;
        if due.is_empty() {
            let next = desk
                .store
                .next_due_delivery(Carriage::File, Timestamp::MIN, &shut)
                .await?;
            // What is due and was not found cannot be read: it is no reason to look again at once.
            let wait = next.filter(|due| *due > today).map(|due| due.since(today));
            return Ok(wait.map_or(self.rounds.poll, |wait| wait.min(self.rounds.poll)));
        }
        let chosen = hands.choose(due, self.room);
        for delivery in desk
            .steps
            .claim_found(chosen, self.worker, today, self.lease)
            .await?
        {
            let (desk, heed) = (Arc::clone(desk), heed.clone());
            let lane = delivery.lane();
            let span = tracing::info_span!(
                "file",
                id = %delivery.id,
                job = %delivery.job,
                lane = lane.as_str(),
            );
            hands.begin(
                lane,
                async move { desk.carry(delivery, heed).await }.instrument(span),
            );
        }
        // There may be more, in other lanes.
        Ok(Duration::ZERO)
    }

    async fn wind_down(&self, mut hands: Hands, give_up: &watch::Sender<bool>) {
        if hands.errands.is_empty() {
            return;
        }
        tracing::info!(under_way = hands.errands.len(), "stopping");
        if tokio::time::timeout(self.rounds.grace, hands.all_ended())
            .await
            .is_ok()
        {
            return;
        }
        give_up.send_replace(true);
        if tokio::time::timeout(HAND_BACK, hands.all_ended()).await.is_err() {
            let left = hands.errands.len();
            tracing::warn!(left, "some files could not be handed back; their lease lapses");
        }
    }
}

impl Hands {
    fn load(&self) -> HashMap<Lane, usize> {
        let mut load = HashMap::new();
        for lane in self.lanes.values() {
            *load.entry(lane.clone()).or_default() += 1;
        }
        load
    }

    /// The lanes in which nothing more may be claimed.
    fn shut(&self, per_lane: usize) -> Vec<Lane> {
        let full = self.load().into_iter().filter(|(_, load)| *load >= per_lane);
        full.map(|(lane, _)| lane).collect()
    }

    /// Those of `found`, in their order, for which there is room.
    fn choose(&self, found: Vec<Delivery>, room: Room) -> Vec<Delivery> {
        let mut load = self.load();
        let fits = found.into_iter().filter(|delivery| {
            let load = load.entry(delivery.lane()).or_default();
            let fits = *load < room.per_lane;
            *load += usize::from(fits);
            fits
        });
        fits.take(room.at_once.saturating_sub(self.errands.len()))
            .collect()
    }

    fn begin(&mut self, lane: Lane, errand: impl Future<Output = ()> + Send + 'static) {
        let task = self.errands.spawn(errand);
        self.lanes.insert(task.id(), lane);
    }

    /// Waits until an errand ends. Cancel-safe.
    async fn something_ended(&mut self) {
        if let Some(ended) = self.errands.join_next_with_id().await {
            self.ended(ended);
        }
    }

    async fn all_ended(&mut self) {
        while let Some(ended) = self.errands.join_next_with_id().await {
            self.ended(ended);
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "the bringing of a file broke off");
                error.id()
            }
        };
        self.lanes.remove(&id);
    }
}

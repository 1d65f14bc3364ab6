//! The rounds of a courier: see what is due, choose, claim, send out, and wait for the next reason to look.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{Timestamp, WorkerId};
use marquetry_model::{Carriage, Delivery, Lane};
use marquetry_store::{Change, Ownership, Rounds, StoreError, Window};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::errand::Desk;
use crate::hands::{Hands, Turn};
use crate::horizon::Horizon;
use crate::lanes::{Room, SLOW_STRANGER};
use crate::register::{self, Register};

/// Makes the deliveries that a store owes, until it is told to stop.
///
/// # Who waits for whom
///
/// Deliveries to one endpoint share a lane, and so do callbacks to one host. A lane has a few slots at a
/// time, and only one until its receiver has answered, so that a dead receiver holds one slot and not many;
/// what has lasted a quarter of a second, or twenty milliseconds where nobody knows whether the receiver answers, no
/// longer counts against the slots of the others, and who did not answer last time never does. A receiver that answers
/// 429, 502, 503 or 504 hears nothing more from its endpoint until the next try of that delivery, or for a
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
    pub(crate) lease: Duration,
    pub(crate) room: Room,
    pub(crate) rounds: Rounds,
}

/// The shortest sleep between two rounds that nothing asked for, so that a lost race is no busy loop.
const LEAST_SLEEP: Duration = Duration::from_millis(10);
/// The shortest time between two looks while something is under way and the last look found all there was: what came
/// to be owed in between is found together.
const GATHER: Duration = Duration::from_millis(3);
/// How long handing back may take once the grace of a shutdown is over.
const HAND_BACK: Duration = Duration::from_secs(5);

/// One step towards the store, made while tries are under way.
enum Step {
    /// What a courier that died held was freed.
    Recovered(u64),
    /// Seen to be due; whether there may be more, and if nothing was due, when something will be.
    Found {
        due: Vec<Delivery>,
        more: bool,
        next: Option<Timestamp>,
        horizon: Option<Horizon>,
    },
    /// Ours, and what was read with them; room was kept in these lanes.
    Claimed(Vec<Delivery>, Register, Vec<Lane>),
    /// The store did not answer; room was kept in these lanes.
    Failed(StoreError, Vec<Lane>),
}

/// A step that is being made.
type Making<'a> = Pin<Box<dyn Future<Output = Step> + Send + 'a>>;

/// Whether and when to look.
struct Outlook {
    /// Something may be due that was not seen.
    wanted: bool,
    /// When to look at the latest, and not before when at the earliest.
    latest: Instant,
    earliest: Instant,
    /// The lanes that were left out of the last look.
    shut: HashSet<Lane>,
    /// How far back to look.
    horizon: Horizon,
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
        self.work(shutdown).instrument(span).await;
    }

    async fn work(self, shutdown: impl Future<Output = ()> + Send) {
        let mut hands = Hands::new(self.room, Arc::clone(&self.desk));
        let now = Instant::now();
        let mut outlook = Outlook {
            wanted: true,
            latest: now,
            earliest: now,
            shut: HashSet::new(),
            horizon: Horizon::new(now),
            recovered: self.rounds.ownership == Ownership::Shared,
        };
        let (give_up, heed) = watch::channel(false);
        // The one step that is being made, if any.
        let mut step: Option<Making<'_>> = None;

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
            self.send_out(&mut hands, &heed);
            hands.write_down(Instant::now());
            if step.is_none() {
                step = self.look(&mut hands, &mut outlook);
            }
            let now = Instant::now();
            let wake = step.is_none().then(|| outlook.wake(&hands, now));
            let until = wake.into_iter().chain(hands.alarm(now)).min();
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                done = made(&mut step) => step = self.take(done, &mut hands, &mut outlook),
                lanes = hands.something_ended(), if hands.errands() > 0 => {
                    outlook.wanted |= lanes.iter().any(|lane| outlook.shut.contains(lane));
                }
                // A store that has gone rings no more; the sleep still ends.
                () = &mut listen, if listening => listening = false,
                () = bell.notified() => outlook.wanted = true,
                () = sleep_until(until) => {}
            }
        }
        // A claim that is on its way may give us something to hand back.
        if let Some(step) = step
            && let Ok(Step::Claimed(claimed, register, _)) = tokio::time::timeout(HAND_BACK, step).await
        {
            hands.claimed(claimed, register, Instant::now(), Duration::ZERO);
        }
        self.wind_down(hands, &give_up).await;
    }

    /// Begins all that has room, and gives back what cannot wait for it.
    fn send_out(&self, hands: &mut Hands, heed: &watch::Receiver<bool>) {
        while let Some(turn) = hands.next(Instant::now(), self.desk.clock.now()) {
            let (desk, heed) = (Arc::clone(&self.desk), heed.clone());
            match turn {
                Turn::Send(delivery, register) => {
                    let lane = delivery.lane();
                    let span = tracing::info_span!(
                        "delivery",
                        id = %delivery.id,
                        job = %delivery.job,
                        event = %delivery.event,
                        lane = lane.as_str(),
                    );
                    let errand = async move { desk.carry(delivery, &register, heed).await };
                    hands.begun(lane, errand.instrument(span));
                }
                Turn::HandBack(delivery) => self.hand_back(hands, delivery),
            }
        }
    }

    fn hand_back(&self, hands: &mut Hands, delivery: Delivery) {
        let desk = Arc::clone(&self.desk);
        let lane = delivery.lane();
        hands.handed_back(&lane, async move { desk.hand_back(delivery).await });
    }

    /// The next step, if there is a reason for one and room for what it finds.
    fn look(&self, hands: &mut Hands, outlook: &mut Outlook) -> Option<Making<'_>> {
        let (now, today) = (Instant::now(), self.desk.clock.now());
        if now < outlook.earliest || !(outlook.wanted || now >= outlook.latest) {
            return None;
        }
        if !outlook.recovered {
            // Before the first claim, for afterwards some of what is held would be ours.
            return Some(Box::pin(async move {
                match self.desk.steps.recover(Carriage::Message, today).await {
                    Ok(freed) => Step::Recovered(freed),
                    Err(error) => Step::Failed(error, Vec::new()),
                }
            }));
        }
        let most = hands.claimable(now);
        if most == 0 {
            return None;
        }
        // Whatever rings from here on may not be seen by this look.
        outlook.wanted = false;
        outlook.shut = hands.lanes.shut(today);
        let shut = outlook.shut.clone();
        let from = outlook.horizon.from(&shut, now);
        let behind = match from == Timestamp::MIN && outlook.horizon.may_be_drawn(now) {
            true => hands.lanes.lasting(&shut, now),
            false => HashSet::new(),
        };
        let window = Window { from, until: today };
        let found = async move { self.find(window, most, &shut, behind).await };
        Some(Box::pin(async move {
            found
                .await
                .unwrap_or_else(|error| Step::Failed(error, Vec::new()))
        }))
    }

    /// What is due within `window` in none of the lanes `shut`. Where there are any `behind`, a horizon is drawn first.
    async fn find(
        &self,
        mut window: Window,
        most: usize,
        shut: &HashSet<Lane>,
        behind: HashSet<Lane>,
    ) -> Result<Step, StoreError> {
        let (store, sort) = (&self.desk.store, Carriage::Message);
        let listed = |lanes: &HashSet<Lane>| lanes.iter().cloned().collect::<Vec<Lane>>();
        let mut horizon = None;
        if !behind.is_empty() {
            let lanes = listed(&behind);
            let first = store.next_due_delivery(sort, window.from, &lanes).await?;
            let now = Instant::now();
            let drawn = Horizon::draw(behind, first, window.until, now);
            window.from = drawn.from(shut, now);
            horizon = Some(drawn);
        }
        let shut = listed(shut);
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let due = store.due_deliveries(sort, window, limit, &shut).await?;
        let next = match due.is_empty() {
            true => store.next_due_delivery(sort, window.from, &shut).await?,
            false => None,
        };
        let more = due.len() >= most;
        Ok(Step::Found {
            due,
            more,
            next,
            horizon,
        })
    }

    /// Takes in what a step gave. The step that follows at once, if any.
    fn take(&self, mut step: Step, hands: &mut Hands, outlook: &mut Outlook) -> Option<Making<'_>> {
        let (now, today) = (Instant::now(), self.desk.clock.now());
        if let Step::Found { horizon, .. } = &mut step
            && let Some(drawn) = horizon.take()
        {
            outlook.horizon = drawn;
        }
        match step {
            Step::Recovered(freed) => {
                outlook.recovered = true;
                if freed > 0 {
                    tracing::info!(freed, "deliveries of a courier that died are sent again");
                }
                None
            }
            Step::Found { due, next, .. } if due.is_empty() => {
                // What is due and was not found cannot be read: it is no reason to look again at once.
                let next = next.filter(|due| *due > today).map(|due| due.since(today));
                let sleep = next.map_or(self.rounds.poll, |wait| {
                    wait.clamp(LEAST_SLEEP.min(self.rounds.poll), self.rounds.poll)
                });
                outlook.latest = now + sleep;
                None
            }
            Step::Found { due, more, .. } => {
                outlook.wanted = true;
                outlook.earliest = if more { now } else { now + GATHER };
                // What was found may all be of one lane; what has no room in it stays in the store, and the
                // lane is left out of the next look.
                let most = hands.claimable(now).max(1);
                let chosen = hands.lanes.choose(due, most);
                if chosen.is_empty() {
                    outlook.earliest = now + GATHER;
                    return None;
                }
                let lanes: Vec<Lane> = chosen.iter().map(|delivery| delivery.lane()).collect();
                for lane in &lanes {
                    hands.lanes.reserve(lane.clone());
                }
                Some(Box::pin(async move {
                    let wanted = register::wanted(&chosen);
                    let claim = self
                        .desk
                        .steps
                        .claim_found(chosen, self.worker, today, self.lease);
                    let (register, claimed) = tokio::join!(self.desk.register(&wanted), claim);
                    match claimed {
                        Ok(claimed) => Step::Claimed(claimed, register, lanes),
                        Err(error) => Step::Failed(error, lanes),
                    }
                }))
            }
            Step::Claimed(claimed, register, lanes) => {
                for lane in &lanes {
                    hands.lanes.release(lane);
                }
                for delivery in &claimed {
                    hands.lanes.reserve(delivery.lane());
                }
                // The rest of the lease is for the try itself, and for writing down what came of it.
                let patience = self.lease.saturating_sub(self.desk.limits.total) / 3;
                hands.claimed(claimed, register, now, patience);
                None
            }
            Step::Failed(error, lanes) => {
                tracing::warn!(error = error.detail(), "cannot see what is owed");
                for lane in &lanes {
                    hands.lanes.release(lane);
                }
                outlook.wanted = true;
                outlook.earliest = now + self.rounds.poll;
                None
            }
        }
    }

    async fn wind_down(&self, mut hands: Hands, give_up: &watch::Sender<bool>) {
        if hands.is_idle() {
            return;
        }
        for delivery in hands.take_ahead() {
            self.hand_back(&mut hands, delivery);
        }
        tracing::info!(under_way = hands.errands(), "stopping");
        if tokio::time::timeout(self.rounds.grace, hands.all_ended())
            .await
            .is_ok()
        {
            return;
        }
        give_up.send_replace(true);
        if tokio::time::timeout(HAND_BACK, hands.all_ended()).await.is_err() {
            tracing::warn!(
                left = hands.errands(),
                "some deliveries could not be handed back, their leases will lapse"
            );
        }
    }
}

impl Outlook {
    /// When to look again if nothing happens before.
    fn wake(&self, hands: &Hands, now: Instant) -> Instant {
        let due = if self.wanted { self.earliest } else { self.latest };
        match hands.claimable(now) {
            // What holds the slots may turn out to be slow.
            0 => due.max(now + SLOW_STRANGER),
            _ => due.max(self.earliest),
        }
    }
}

/// The end of the step that is being made; never, when there is none. Cancel-safe.
async fn made(step: &mut Option<Making<'_>>) -> Step {
    match step {
        Some(step) => step.await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

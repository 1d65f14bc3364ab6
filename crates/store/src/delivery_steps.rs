//! The twin of [`crate::JobSteps`] for couriers: find a delivery, step it, swap it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use marquetry_job::{Again, DeliveryEvent, DeliverySchedule, IllegalStep, Jitter, Timestamp, WorkerId};
use marquetry_model::{AttemptRecord, Carriage, Delivery, DeliveryId, DialectName, Lane, TenantId};

use crate::{Clock, DeliverySwap, Reported, Store, StoreError, Swap};

/// Steps deliveries in a store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeliverySteps {
    store: Arc<dyn Store>,
    schedules: Arc<Schedules>,
}

/// When tries are made: one schedule for all, but for dialects that promise another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedules {
    usual: DeliverySchedule,
    special: Vec<(DialectName, DeliverySchedule)>,
}

impl Schedules {
    /// The same, but for what is written in the words of `dialect`.
    #[must_use]
    pub fn with(mut self, dialect: DialectName, schedule: DeliverySchedule) -> Self {
        self.special.push((dialect, schedule));
        self
    }

    /// The same, but for what is written in the words of these dialects.
    #[must_use]
    pub fn with_all(self, special: impl IntoIterator<Item = (DialectName, DeliverySchedule)>) -> Self {
        special
            .into_iter()
            .fold(self, |all, (dialect, schedule)| all.with(dialect, schedule))
    }

    /// The schedule of what is written in the words of `dialect`.
    pub fn of(&self, dialect: &DialectName) -> &DeliverySchedule {
        let special = self.special.iter().rev().find(|(name, _)| name == dialect);
        special.map_or(&self.usual, |(_, schedule)| schedule)
    }
}

impl From<DeliverySchedule> for Schedules {
    fn from(usual: DeliverySchedule) -> Self {
        Self {
            usual,
            special: Vec::new(),
        }
    }
}

/// A try that has ended, to be reported by whoever holds the delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The delivery as it was when it was claimed.
    pub held: Delivery,
    /// What came of it.
    pub event: DeliveryEvent,
    /// What is remembered of it.
    pub record: AttemptRecord,
}

/// Waits between tries to write down what came of a try.
const WRITE_AGAIN: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];

impl DeliverySteps {
    const ROUNDS: usize = 64;

    /// Steps over `store`, trying again by `schedules`: one schedule for all, or [`Schedules`].
    pub fn new(store: Arc<dyn Store>, schedules: impl Into<Schedules>) -> Self {
        Self {
            store,
            schedules: Arc::new(schedules.into()),
        }
    }

    /// When tries are made.
    pub fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    /// Takes up to `most` due deliveries for that `carriage` outside the lanes `except` for `worker`, the longest due
    /// first, each until `now + lease_for`. They may all be of one lane: count them before asking again.
    ///
    /// # Errors
    /// Those of the store. Deliveries that were taken before the error are found again when their
    /// lease lapses.
    pub async fn claim(
        &self,
        carriage: Carriage,
        worker: WorkerId,
        now: Timestamp,
        lease_for: Duration,
        most: usize,
        except: &[Lane],
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut taken = Vec::new();
        for _ in 0..Self::ROUNDS {
            let wanted = most - taken.len();
            if wanted == 0 {
                break;
            }
            let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
            let due = self
                .store
                .due_deliveries(carriage, now.into(), limit, except)
                .await?;
            if due.is_empty() {
                break;
            }
            taken.extend(self.claim_found(due, worker, now, lease_for).await?);
        }
        Ok(taken)
    }

    /// Takes those of `found` for `worker` that nobody took meanwhile: for a courier that has looked at
    /// what [`crate::DeliveryStore::due_deliveries`] showed it and chose among them.
    ///
    /// A delivery whose couriers vanished too often ends here instead of being taken.
    ///
    /// # Errors
    /// Those of the store. Deliveries that were taken before the error are found again when their
    /// lease lapses.
    pub async fn claim_found(
        &self,
        found: Vec<Delivery>,
        worker: WorkerId,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<Vec<Delivery>, StoreError> {
        let event = DeliveryEvent::Claimed {
            worker,
            until: now + lease_for,
        };
        let stepped = found
            .into_iter()
            .map(|delivery| self.stepped(delivery, event, now, Jitter::MIDDLE, None));
        let swaps: Vec<_> = stepped.filter_map(Result::ok).collect();
        let outcomes = self.store.replace_deliveries(&swaps).await;
        let mut taken = Vec::with_capacity(swaps.len());
        for (DeliverySwap { delivery, .. }, outcome) in swaps.into_iter().zip(outcomes) {
            if outcome? == Swap::Swapped && !delivery.state.is_terminal() {
                taken.push(delivery);
            }
        }
        Ok(taken)
    }

    /// Writes what happened to a delivery, and the try that led to it.
    ///
    /// # Errors
    /// Those of the store; the delivery then stays as it was and its lease runs on.
    pub async fn report(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        event: DeliveryEvent,
        tried: Option<&AttemptRecord>,
        now: Timestamp,
        jitter: Jitter,
    ) -> Result<Reported<Delivery>, StoreError> {
        for _ in 0..Self::ROUNDS {
            let Some(delivery) = self.store.delivery(tenant, id).await? else {
                return Ok(Reported::Missing);
            };
            match self.swap(delivery, event, now, jitter, tried).await? {
                Swapped::Now(delivery) => return Ok(Reported::Written(*delivery)),
                Swapped::Illegal(why) => return Ok(Reported::Refused(why)),
                Swapped::Missing => return Ok(Reported::Missing),
                Swapped::Moved => {}
            }
        }
        Err(StoreError::Contended { what: "delivery" })
    }

    /// As [`Self::report`], for the holder, who knows how the delivery was when it was claimed and need not read it
    /// again.
    ///
    /// # Errors
    /// As [`Self::report`].
    pub async fn report_held(
        &self,
        held: &Delivery,
        event: DeliveryEvent,
        tried: Option<&AttemptRecord>,
        now: Timestamp,
        jitter: Jitter,
    ) -> Result<Reported<Delivery>, StoreError> {
        match self.swap(held.clone(), event, now, jitter, tried).await? {
            Swapped::Now(delivery) => Ok(Reported::Written(*delivery)),
            Swapped::Illegal(why) => Ok(Reported::Refused(why)),
            Swapped::Missing => Ok(Reported::Missing),
            Swapped::Moved => self.report(held.tenant, held.id, event, tried, now, jitter).await,
        }
    }

    /// As [`Self::report_patiently`] for tries that ended at about the same time, together. What was not written is found
    /// again once its lease has lapsed.
    pub async fn report_together(&self, tries: Vec<Tried>, clock: &dyn Clock, jitter: Jitter) {
        let now = clock.now();
        let (mut swaps, mut events) = (Vec::with_capacity(tries.len()), Vec::with_capacity(tries.len()));
        for Tried { held, event, record } in tries {
            match self.stepped(held, event, now, jitter, Some(record)) {
                Ok(swap) => {
                    swaps.push(swap);
                    events.push(event);
                }
                Err(why) => tracing::info!(%why, "nobody holds it by now"),
            }
        }
        let outcomes = self.store.replace_deliveries(&swaps).await;
        let left = swaps.into_iter().zip(events).zip(outcomes);
        // The others by themselves, from how they are now: of an error it is not known what was written.
        let left = left.filter(|(_, outcome)| !matches!(outcome, Ok(Swap::Swapped | Swap::Missing)));
        let left = left.map(|((swap, event), _)| async move {
            let from = Start::Stored(swap.delivery.tenant, swap.delivery.id);
            self.patiently(from, event, swap.tried.as_ref(), clock, jitter)
                .await
        });
        join_all(left).await;
    }

    /// As [`Self::report_held`], again and again for some seconds when the store is away: long enough for a database that
    /// restarts, and to be well within the lease. The delivery as it is then; `None` when it was not written, and then it
    /// is found again once the lease has lapsed.
    pub async fn report_patiently(
        &self,
        held: &Delivery,
        event: DeliveryEvent,
        tried: Option<&AttemptRecord>,
        clock: &dyn Clock,
        jitter: Jitter,
    ) -> Option<Delivery> {
        self.patiently(Start::Held(held), event, tried, clock, jitter)
            .await
    }

    async fn patiently(
        &self,
        from: Start<'_>,
        event: DeliveryEvent,
        tried: Option<&AttemptRecord>,
        clock: &dyn Clock,
        jitter: Jitter,
    ) -> Option<Delivery> {
        let mut waits = WRITE_AGAIN.into_iter();
        loop {
            let now = clock.now();
            let reported = match from {
                Start::Held(held) => self.report_held(held, event, tried, now, jitter).await,
                Start::Stored(tenant, id) => self.report(tenant, id, event, tried, now, jitter).await,
            };
            match reported {
                Ok(Reported::Written(delivery)) => {
                    tracing::debug!(event = event.name(), state = delivery.state.name(), "written");
                    return Some(delivery);
                }
                Ok(Reported::Refused(why)) => {
                    tracing::info!(%why, "somebody else holds it by now");
                    return None;
                }
                Ok(Reported::Missing) => return None,
                Err(error) => match waits.next() {
                    Some(wait) if error.again() == Again::Later => tokio::time::sleep(wait).await,
                    _ => {
                        tracing::error!(
                            event = event.name(),
                            error = error.detail(),
                            "what happened cannot be written down, so it will happen again"
                        );
                        return None;
                    }
                },
            }
        }
    }

    /// Sends a delivery once more, whatever became of it; its schedule starts anew. Refused while it is
    /// being sent.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn replay(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        now: Timestamp,
    ) -> Result<Reported<Delivery>, StoreError> {
        self.report(tenant, id, DeliveryEvent::Replayed, None, now, Jitter::MIDDLE)
            .await
    }

    /// Frees every delivery for that `carriage` that was being sent, because everybody who held one is known to be dead:
    /// see [`crate::JobSteps::recover`]. Tells how many. Couriers and carriers of one process each free their own, for
    /// neither knows when the other begins.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recover(&self, carriage: Carriage, now: Timestamp) -> Result<u64, StoreError> {
        let (mut freed, mut after) = (0, None);
        loop {
            let held = self.store.held_deliveries(carriage, after, 256).await?;
            let Some(last) = held.last() else { return Ok(freed) };
            after = Some(last.id);
            let swaps = held.into_iter().filter_map(|delivery| {
                let was = delivery.state.hold()?;
                Some(self.swap(
                    delivery,
                    DeliveryEvent::HolderDied { was },
                    now,
                    Jitter::MIDDLE,
                    None,
                ))
            });
            for outcome in join_all(swaps).await {
                freed += u64::from(matches!(outcome?, Swapped::Now(_)));
            }
        }
    }

    async fn swap(
        &self,
        delivery: Delivery,
        event: DeliveryEvent,
        now: Timestamp,
        jitter: Jitter,
        tried: Option<&AttemptRecord>,
    ) -> Result<Swapped, StoreError> {
        let swap = match self.stepped(delivery, event, now, jitter, tried.cloned()) {
            Ok(swap) => swap,
            Err(why) => return Ok(Swapped::Illegal(why)),
        };
        let DeliverySwap {
            expected,
            delivery,
            tried,
        } = swap;
        let swapped = self
            .store
            .replace_delivery(expected, &delivery, tried.as_ref())
            .await?;
        Ok(match swapped {
            Swap::Swapped => Swapped::Now(Box::new(delivery)),
            Swap::Moved => Swapped::Moved,
            Swap::Missing => Swapped::Missing,
        })
    }

    /// Where that event leads, and what is to be swapped for it.
    fn stepped(
        &self,
        delivery: Delivery,
        event: DeliveryEvent,
        now: Timestamp,
        jitter: Jitter,
        tried: Option<AttemptRecord>,
    ) -> Result<DeliverySwap, IllegalStep> {
        let expected = delivery.version;
        let schedule = self.schedules.of(&delivery.dialect);
        let state = delivery.state.clone().step(event, now, schedule, jitter)?;
        let delivery = delivery.stepped(state, tried.as_ref().map(|record| record.tried.clone()), now);
        Ok(DeliverySwap {
            expected,
            delivery,
            tried,
        })
    }
}

/// What a report begins with.
#[derive(Clone, Copy)]
enum Start<'a> {
    /// The delivery as its holder knows it.
    Held(&'a Delivery),
    /// However it is by now.
    Stored(TenantId, DeliveryId),
}

enum Swapped {
    Now(Box<Delivery>),
    Moved,
    Illegal(IllegalStep),
    Missing,
}

//! The twin of [`crate::JobSteps`] for couriers: find a delivery, step it, swap it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use marquetry_job::{DeliveryEvent, DeliverySchedule, IllegalStep, Jitter, Timestamp, WorkerId};
use marquetry_model::{AttemptRecord, Delivery, DeliveryId, DialectName, Lane, TenantId};

use crate::{Reported, Store, StoreError, Swap};

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

    /// Takes up to `most` due deliveries outside the lanes `except` for `worker`, the longest due
    /// first, each until `now + lease_for`. They may all be of one lane: count them before asking again.
    ///
    /// # Errors
    /// Those of the store. Deliveries that were taken before the error are found again when their
    /// lease lapses.
    pub async fn claim(
        &self,
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
            let due = self.store.due_deliveries(now, limit, except).await?;
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
        let mut taken = Vec::with_capacity(found.len());
        let swaps = found
            .into_iter()
            .map(|delivery| self.swap(delivery, event, now, Jitter::MIDDLE, None));
        // All at once, so that a store which groups commits makes one of them.
        for outcome in join_all(swaps).await {
            match outcome? {
                Swapped::Now(delivery) if !delivery.state.is_terminal() => taken.push(*delivery),
                Swapped::Now(_) | Swapped::Moved | Swapped::Illegal(_) | Swapped::Missing => {}
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

    /// Frees every delivery that was being sent, because every courier is known to be dead: see
    /// [`crate::JobSteps::recover`]. Tells how many.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (mut freed, mut after) = (0, None);
        loop {
            let held = self.store.held_deliveries(after, 256).await?;
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
        let expected = delivery.version;
        let schedule = self.schedules.of(&delivery.dialect);
        let state = match delivery.state.clone().step(event, now, schedule, jitter) {
            Ok(state) => state,
            Err(why) => return Ok(Swapped::Illegal(why)),
        };
        let delivery = delivery.stepped(state, tried.map(|record| record.tried.clone()), now);
        Ok(
            match self.store.replace_delivery(expected, &delivery, tried).await? {
                Swap::Swapped => Swapped::Now(Box::new(delivery)),
                Swap::Moved => Swapped::Moved,
                Swap::Missing => Swapped::Missing,
            },
        )
    }
}

enum Swapped {
    Now(Box<Delivery>),
    Moved,
    Illegal(IllegalStep),
    Missing,
}

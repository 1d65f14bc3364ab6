//! The store of deliveries.

use async_trait::async_trait;
use futures::future::join_all;
use marquetry_job::{DeliveryShown, JobState, Timestamp};
use marquetry_model::{
    AttemptRecord, Carriage, Delivery, DeliveryId, EndpointId, EventType, Job, Lane, Sending, Target,
    TenantId, Version,
};

use crate::{Cursor, Page, StoreError, Swap};

/// Remembers what is owed to the outside. Jobs add their deliveries through
/// [`crate::JobStore::replace_job`].
#[async_trait]
pub trait DeliveryStore: std::fmt::Debug + Send + Sync {
    /// Makes a delivery durable that no job owes, such as a test message.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<(), StoreError>;

    /// The delivery with this id, if it is this tenant's.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Result<Option<Delivery>, StoreError>;

    /// A tenant's deliveries, newest first by `(created_at, id)`, those after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError>;

    /// Deliveries of all tenants for that `carriage` which are due within `window` in none of the lanes `except`, at
    /// most `limit`, the longest due first by `(due, created_at, id)`. However many are due for another carriage or
    /// before the window, it costs no more.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn due_deliveries(
        &self,
        carriage: Carriage,
        window: Window,
        limit: u32,
        except: &[Lane],
    ) -> Result<Vec<Delivery>, StoreError>;

    /// The earliest moment from `from` on at which any delivery for that `carriage` outside the lanes `except` is due,
    /// past or future.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn next_due_delivery(
        &self,
        carriage: Carriage,
        from: Timestamp,
        except: &[Lane],
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Deliveries of all tenants for that `carriage` which are being sent, lapsed or not, at most `limit`, in the order
    /// of their ids, those after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn held_deliveries(
        &self,
        carriage: Carriage,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Puts `delivery` in the place of the stored one if that is at version `expected`, and in the same
    /// transaction adds what is remembered of the try that led there. Target and body never change; a store
    /// need not write them again.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn replace_delivery(
        &self,
        expected: Version,
        delivery: &Delivery,
        tried: Option<&AttemptRecord>,
    ) -> Result<Swap, StoreError>;

    /// The same for several that come together, no two of one delivery; what became of each, in their order. Each is
    /// swapped or not as if it were alone: they share what a commit costs, and nothing else.
    async fn replace_deliveries(&self, swaps: &[DeliverySwap]) -> Vec<Result<Swap, StoreError>> {
        let swaps = swaps.iter().map(|one| {
            let tried = one.tried.as_ref();
            self.replace_delivery(one.expected, &one.delivery, tried)
        });
        // All at once, so that a store which groups commits makes one of them.
        join_all(swaps).await
    }

    /// What is remembered of the tries of a delivery if that is this tenant's, the latest first, those with a
    /// number below `before`, at most `limit`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn delivery_attempts(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError>;

    /// Forgets the tries of all deliveries that began no later than `before`, at most `limit`, the oldest first;
    /// tells how many.
    ///
    /// # Errors
    /// Only those of the backend; nothing is forgotten then.
    async fn forget_attempts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Forgets deliveries of all tenants that have ended and were created no later than `before`, at most `limit`,
    /// the oldest first by `(created_at, id)`, with all that is remembered of their tries; tells how many.
    ///
    /// # Errors
    /// Only those of the backend; nothing is forgotten then.
    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A delivery in its new state, and what is remembered of the try that led there.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliverySwap {
    /// The version that is to be replaced.
    pub expected: Version,
    /// What takes its place.
    pub delivery: Delivery,
    /// The try, if one was made.
    pub tried: Option<AttemptRecord>,
}

/// Between which moments a delivery is due, both included. A bare moment stands for all that is due by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The earliest: whoever knows that nothing before it is wanted need not have all of that passed over.
    pub from: Timestamp,
    /// The latest, as a rule the present.
    pub until: Timestamp,
}

impl Window {
    /// Whether what is due at that moment lies within.
    pub fn holds(self, due: Timestamp) -> bool {
        self.from <= due && due <= self.until
    }
}

impl From<Timestamp> for Window {
    fn from(until: Timestamp) -> Self {
        let from = Timestamp::MIN;
        Self { from, until }
    }
}

/// Where the file of `job` has got to; `None` when it is sent nowhere, and before it is there.
///
/// # Errors
/// Those of the store.
pub async fn sending<S: DeliveryStore + ?Sized>(store: &S, job: &Job) -> Result<Option<Sending>, StoreError> {
    let (Some(send_to), JobState::Succeeded { .. }) = (&job.send_to, &job.state) else {
        return Ok(None);
    };
    let mut deliveries = Vec::with_capacity(send_to.parcels.len());
    for parcel in &send_to.parcels {
        deliveries.extend(store.delivery(job.tenant, parcel.delivery).await?);
    }
    Ok(Sending::of(send_to, &deliveries))
}

/// Which deliveries to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those to one endpoint.
    pub endpoint: Option<EndpointId>,
    /// Only those that show this state.
    pub shown: Option<DeliveryShown>,
    /// Only those that tell of this event.
    pub event: Option<EventType>,
    /// Only those that came to be owed at that moment or later.
    pub since: Option<Timestamp>,
}

impl DeliveryFilter {
    /// Whether `delivery` is to be listed.
    pub fn admits(&self, delivery: &Delivery) -> bool {
        self.endpoint
            .is_none_or(|id| delivery.target == Target::Endpoint(id))
            && self.shown.is_none_or(|shown| delivery.state.shown() == shown)
            && self.event.is_none_or(|event| delivery.event == event)
            && self.since.is_none_or(|since| delivery.created_at >= since)
    }
}

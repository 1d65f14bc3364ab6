//! Deliveries in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use marquetry_job::{DeliveryState, Timestamp};
use marquetry_model::{AttemptRecord, Carriage, Delivery, DeliveryId, Lane, TenantId, Version};

use super::{MemoryStore, first};
use crate::{Change, Cursor, DeliveryFilter, DeliveryStore, Page, StoreError, Swap, Window};

#[async_trait]
impl DeliveryStore for MemoryStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        if shelves.deliveries.contains_key(&delivery.id) {
            return Err(StoreError::Duplicate { what: "delivery" });
        }
        shelves.deliveries.insert(delivery.id, delivery.clone());
        drop(shelves);
        self.bell.ring(Change::Delivery);
        Ok(())
    }

    async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        Ok(self
            .shelves()
            .deliveries
            .get(&id)
            .filter(|delivery| delivery.tenant == tenant)
            .cloned())
    }

    async fn list_deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let place = |delivery: &Delivery| (delivery.created_at, *delivery.id.as_bytes());
        let shelves = self.shelves();
        let admitted = shelves
            .deliveries
            .values()
            .filter(|delivery| delivery.tenant == tenant && filter.admits(delivery))
            .filter(|delivery| after.is_none_or(|after| place(delivery) < (after.at, after.id)))
            .cloned()
            .collect();
        let found = first(admitted, limit.saturating_add(1), |delivery| {
            Reverse(place(delivery))
        });
        Ok(Page::from_surplus(found, limit, |d| Cursor {
            at: d.created_at,
            id: *d.id.as_bytes(),
        }))
    }

    async fn due_deliveries(
        &self,
        carriage: Carriage,
        window: Window,
        limit: u32,
        except: &[Lane],
    ) -> Result<Vec<Delivery>, StoreError> {
        let shelves = self.shelves();
        let due = shelves.deliveries.values().filter(|delivery| {
            delivery.target.carriage() == carriage
                && delivery.state.due().is_some_and(|due| window.holds(due))
                && !except.contains(&delivery.lane())
        });
        Ok(first(due.cloned().collect(), limit, |d| {
            (d.state.due(), d.created_at, d.id)
        }))
    }

    async fn next_due_delivery(
        &self,
        carriage: Carriage,
        from: Timestamp,
        except: &[Lane],
    ) -> Result<Option<Timestamp>, StoreError> {
        let shelves = self.shelves();
        let open = shelves
            .deliveries
            .values()
            .filter(|one| one.target.carriage() == carriage && !except.contains(&one.lane()));
        let due = open.filter_map(|delivery| delivery.state.due());
        Ok(due.filter(|due| *due >= from).min())
    }

    async fn held_deliveries(
        &self,
        carriage: Carriage,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let shelves = self.shelves();
        let held = shelves
            .deliveries
            .values()
            .filter(|delivery| delivery.target.carriage() == carriage)
            .filter(|delivery| matches!(delivery.state, DeliveryState::Sending { .. }))
            .filter(|delivery| after.is_none_or(|after| delivery.id > after));
        Ok(first(held.cloned().collect(), limit, |delivery| delivery.id))
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut shelves = self.shelves();
        let old = shelves
            .deliveries
            .values()
            .filter(|one| one.state.due().is_none() && one.created_at <= before)
            .map(|one| (one.created_at, one.id));
        let old = first(old.collect(), limit, |place| *place);
        for (_, id) in &old {
            shelves.deliveries.remove(id);
            shelves.attempts.retain(|(of, _), _| of != id);
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }

    async fn delivery_attempts(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let shelves = self.shelves();
        if shelves.deliveries.get(&id).is_none_or(|of| of.tenant != tenant) {
            return Ok(Vec::new());
        }
        let earlier = shelves.attempts.range((id, 0)..(id, before.unwrap_or(u32::MAX)));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(earlier
            .rev()
            .take(limit)
            .map(|(_, attempt)| attempt.clone())
            .collect())
    }

    async fn forget_attempts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut shelves = self.shelves();
        let old = shelves
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.tried.at <= before)
            .map(|(key, attempt)| (attempt.tried.at, *key));
        let old = first(old.collect(), limit, |place| *place);
        for (_, key) in &old {
            shelves.attempts.remove(key);
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }

    async fn replace_delivery(
        &self,
        expected: Version,
        delivery: &Delivery,
        tried: Option<&AttemptRecord>,
    ) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        match shelves.deliveries.get_mut(&delivery.id) {
            Some(stored) if stored.tenant == delivery.tenant => {
                if stored.version != expected {
                    return Ok(Swap::Moved);
                }
                *stored = delivery.clone();
            }
            _ => return Ok(Swap::Missing),
        }
        if let Some(tried) = tried {
            shelves
                .attempts
                .insert((delivery.id, tried.number), tried.clone());
        }
        drop(shelves);
        if let Some(news) = Change::of(delivery) {
            self.bell.ring(news);
        }
        Ok(Swap::Swapped)
    }
}

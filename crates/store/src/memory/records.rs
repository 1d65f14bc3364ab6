//! Records in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, TenantId, Version};

use super::{MemoryStore, Shelves};
use crate::{Change, Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError, Swap};

#[async_trait]
impl RecordStore for MemoryStore {
    async fn insert_record(&self, record: &Record) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        check_new(&shelves, std::slice::from_ref(record))?;
        add(&mut shelves, std::slice::from_ref(record));
        Ok(())
    }

    async fn record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
    ) -> Result<Option<Record>, StoreError> {
        Ok(self
            .shelves()
            .records
            .get(&(tenant, kind, id.to_owned()))
            .cloned())
    }

    async fn list_records(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Record>, StoreError> {
        let shelves = self.shelves();
        let before = |record: &&Record| {
            after.is_none_or(|after| (record.created_at, &record.id) < (after.at, &after.id))
        };
        let mut found: Vec<&Record> = shelves
            .records
            .values()
            .filter(|record| record.tenant == tenant && record.kind == kind)
            .filter(before)
            .collect();
        found.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
        let surplus = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let found = found.into_iter().take(surplus).cloned().collect();
        Ok(RecordPage::from_surplus(found, limit))
    }

    async fn replace_record(&self, expected: Version, record: &Record) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        let key = (record.tenant, record.kind, record.id.clone());
        Ok(match shelves.records.get_mut(&key) {
            None => Swap::Missing,
            Some(stored) if stored.version != expected => Swap::Moved,
            Some(stored) => {
                *stored = Record {
                    created_at: stored.created_at,
                    ..record.clone()
                };
                Swap::Swapped
            }
        })
    }

    async fn delete_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Option<Version>,
    ) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        let key = (tenant, kind, id.to_owned());
        let Some(stored) = shelves.records.get(&key) else {
            return Ok(Swap::Missing);
        };
        if expected.is_some_and(|expected| expected != stored.version) {
            return Ok(Swap::Moved);
        }
        shelves.records.remove(&key);
        Ok(Swap::Swapped)
    }

    async fn discharge_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Version,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        let key = (tenant, kind, id.to_owned());
        match shelves.records.get(&key) {
            None => return Ok(Swap::Missing),
            Some(stored) if stored.version != expected => return Ok(Swap::Moved),
            Some(_) => {}
        }
        let mut ids = BTreeSet::new();
        if owed
            .iter()
            .any(|one| shelves.deliveries.contains_key(&one.id) || !ids.insert(one.id))
        {
            return Err(StoreError::Duplicate { what: "delivery" });
        }
        shelves.records.remove(&key);
        shelves
            .deliveries
            .extend(owed.iter().map(|one| (one.id, one.clone())));
        drop(shelves);
        if !owed.is_empty() {
            self.bell.ring(Change::Delivery);
        }
        Ok(Swap::Swapped)
    }

    async fn is_referred_to(&self, id: &str) -> Result<bool, StoreError> {
        let shelves = self.shelves();
        Ok(shelves
            .records
            .values()
            .any(|record| record.refers.iter().any(|refers| refers == id)))
    }

    async fn loose_records(
        &self,
        kind: RecordKind,
        before: Timestamp,
        after: Option<(TenantId, &str)>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let shelves = self.shelves();
        let needed = |one: &Record| {
            let refers = |other: &Record| other.tenant == one.tenant && other.refers.contains(&one.id);
            shelves.records.values().any(refers)
        };
        let loose = shelves.records.values().filter(|record| {
            record.kind == kind
                && record.updated_at <= before
                && after.is_none_or(|after| (record.tenant, record.id.as_str()) > after)
                && !needed(record)
        });
        // The map is in the order of tenant, kind and id, and only one kind is asked for.
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(loose.take(limit).cloned().collect())
    }
}

/// Whether all of them are new.
///
/// # Errors
/// When an id is taken, by another or by one among them.
pub(super) fn check_new(shelves: &Shelves, records: &[Record]) -> Result<(), StoreError> {
    let mut fresh = BTreeSet::new();
    for record in records {
        let key = (record.tenant, record.kind, record.id.clone());
        if shelves.records.contains_key(&key) || !fresh.insert(key) {
            return Err(StoreError::Duplicate {
                what: record.kind.name(),
            });
        }
    }
    Ok(())
}

/// Adds records that are new.
pub(super) fn add(shelves: &mut Shelves, records: &[Record]) {
    let keyed = records
        .iter()
        .map(|record| ((record.tenant, record.kind, record.id.clone()), record.clone()));
    shelves.records.extend(keyed);
}

//! Records in memory.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{TenantId, Version};

use super::MemoryStore;
use crate::{Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError, Swap};

#[async_trait]
impl RecordStore for MemoryStore {
    async fn insert_record(&self, record: &Record) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        let key = (record.tenant, record.kind, record.id.clone());
        if shelves.records.contains_key(&key) {
            return Err(StoreError::Duplicate {
                what: record.kind.name(),
            });
        }
        shelves.records.insert(key, record.clone());
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

//! The store that forgets everything when it is dropped: the model that every other store is compared
//! with, and a real store for programs that need no memory beyond their own life.
//!
//! One lock around plain maps. Nothing here is clever, because everything here is the specification.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use marquetry_job::Timestamp;
use marquetry_model::{
    Account, ApiKey, ApiKeyId, AttemptRecord, Delivery, DeliveryId, Endpoint, EndpointId, Job, JobId,
    LedgerEntry, Mockup, MockupId, Priority, Tenant, TenantId,
};

use crate::{Bell, Fingerprint, Record, RecordKind};

mod deliveries;
mod jobs;
mod ledger;
mod records;
mod rest;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    shelves: Mutex<Shelves>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct Shelves {
    jobs: BTreeMap<JobId, Job>,
    /// The turn of each job in line.
    turns: BTreeMap<JobId, u64>,
    /// The greatest turn of each priority that was ever served.
    served: HashMap<Priority, u64>,
    claims: BTreeMap<(TenantId, String), RememberedClaim>,
    mockups: BTreeMap<MockupId, Mockup>,
    endpoints: BTreeMap<EndpointId, Endpoint>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    attempts: BTreeMap<(DeliveryId, u32), AttemptRecord>,
    tenants: BTreeMap<TenantId, Tenant>,
    keys: BTreeMap<ApiKeyId, ApiKey>,
    accounts: BTreeMap<TenantId, Account>,
    entries: BTreeMap<(TenantId, u64), LedgerEntry>,
    records: BTreeMap<(TenantId, RecordKind, String), Record>,
}

#[derive(Debug)]
struct RememberedClaim {
    job: JobId,
    fingerprint: Fingerprint,
    until: Timestamp,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// No call leaves the shelves half changed, so what a panicking thread left behind is sound.
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first `limit`, after sorting by `key`.
fn first<T, K: Ord>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Vec<T> {
    items.sort_by_key(key);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    items
}

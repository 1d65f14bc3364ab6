//! Accounts in memory.

use async_trait::async_trait;
use marquetry_model::{Account, Job, LedgerEntry, Posting, TenantId};

use super::{MemoryStore, Shelves};
use crate::{LedgerStore, Posted, PostingOrder, StoreError};

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn account(&self, tenant: TenantId) -> Result<Option<Account>, StoreError> {
        Ok(self.shelves().accounts.get(&tenant).copied())
    }

    async fn post(&self, order: &PostingOrder) -> Result<Posted, StoreError> {
        let mut shelves = self.shelves();
        let account = account(&shelves, order.tenant);
        let known = |entry: &LedgerEntry| {
            entry.tenant == order.tenant
                && entry.posting == order.posting
                && entry.reference == order.reference
        };
        if order.posting.is_once() && shelves.entries.values().any(known) {
            return Ok(Posted::Known(account));
        }
        Ok(
            match account.post(order.posting, order.amount, order.reference.as_str(), order.at) {
                Ok((account, entry)) => {
                    write(&mut shelves, account, [entry]);
                    Posted::Made(account)
                }
                Err(denied) => Posted::Denied(denied),
            },
        )
    }

    async fn list_entries(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let shelves = self.shelves();
        let own = shelves
            .entries
            .range((tenant, 0)..(tenant, before.unwrap_or(u64::MAX)))
            .rev();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(own.take(limit).map(|(_, entry)| entry.clone()).collect())
    }
}

/// What a tenant has.
pub(super) fn account(shelves: &Shelves, tenant: TenantId) -> Account {
    let known = shelves.accounts.get(&tenant).copied();
    known.unwrap_or(Account::empty(tenant))
}

/// Whether none of them was made before: what a job of this id costs is held once, though the job be forgotten.
///
/// # Errors
/// When one was.
pub(super) fn check_new(shelves: &Shelves, entries: &[LedgerEntry]) -> Result<(), StoreError> {
    let known = |new: &LedgerEntry| {
        shelves
            .entries
            .values()
            .any(|old| (old.tenant, old.posting, &old.reference) == (new.tenant, new.posting, &new.reference))
    };
    if entries.iter().any(known) {
        return Err(StoreError::Duplicate { what: "ledger entry" });
    }
    Ok(())
}

/// Writes an account with its new entries.
pub(super) fn write(shelves: &mut Shelves, account: Account, entries: impl IntoIterator<Item = LedgerEntry>) {
    shelves.accounts.insert(account.tenant, account);
    let entries = entries.into_iter();
    shelves
        .entries
        .extend(entries.map(|entry| ((entry.tenant, entry.number), entry)));
}

/// The account after what was held for a job is charged or released, and the entry.
///
/// # Errors
/// When it was not held.
pub(super) fn settled(
    shelves: &Shelves,
    job: &Job,
    posting: Posting,
) -> Result<(Account, LedgerEntry), StoreError> {
    let charge = job.charge.unwrap_or_default();
    account(shelves, job.tenant)
        .post(posting, charge, job.id.to_string(), job.updated_at)
        .map_err(|denied| StoreError::Unreadable {
            what: "account",
            problem: denied.to_string(),
        })
}

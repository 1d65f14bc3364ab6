//! The store of accounts and their entries. What a job costs is held, charged and released by [`crate::JobStore`], in
//! the transactions that bring the job in and end it; what is done by hand is here.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Account, Amount, Denied, LedgerEntry, Posting, TenantId};

use crate::StoreError;

/// Remembers what tenants paid and what they were charged. Entries are only ever added.
#[async_trait]
pub trait LedgerStore: std::fmt::Debug + Send + Sync {
    /// What a tenant has; nothing before the first entry.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn account(&self, tenant: TenantId) -> Result<Option<Account>, StoreError>;

    /// Makes an entry, as [`Account::post`] says. The first entry makes the account.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn post(&self, order: &PostingOrder) -> Result<Posted, StoreError>;

    /// A tenant's entries, the newest first, those with a number below `before`, at most `limit`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_entries(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError>;
}

/// An entry to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingOrder {
    /// In whose account.
    pub tenant: TenantId,
    /// What it does.
    pub posting: Posting,
    /// How much.
    pub amount: Amount,
    /// What it is about, 1 to 128 characters. Of each of [`Posting::is_once`] there is one for a reference, so that
    /// whoever is not sure to have been heard orders it again.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a denied entry was not made"]
pub enum Posted {
    /// The entry was made, and this is the account now.
    Made(Account),
    /// It was made before; this is the account now.
    Known(Account),
    /// It cannot be made.
    Denied(Denied),
}

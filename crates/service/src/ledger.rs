//! What tenants that pay beforehand have. Whether anybody pays is for
//! [`ServiceBuilder::prices`](crate::ServiceBuilder::prices) to say; without prices nothing here is ever asked.

use marquetry_model::{Account, Amount, LedgerEntry, Posting, TenantId};
use marquetry_store::{Posted, PostingOrder};

use crate::{Service, ServiceError};

impl Service {
    /// What a tenant has; nothing before somebody pays in.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn funds(&self, tenant: TenantId) -> Result<Account, ServiceError> {
        let account = self.store().account(tenant).await?;
        Ok(account.unwrap_or(Account::empty(tenant)))
    }

    /// Adds to what a tenant has, once for each `reference`, 1 to 128 characters: who is not sure to have been heard
    /// pays in again under the same one.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the reference, [`ServiceError::Denied`] when it were more than an account holds,
    /// and those of the store.
    pub async fn top_up(
        &self,
        tenant: TenantId,
        amount: Amount,
        reference: &str,
    ) -> Result<Account, ServiceError> {
        self.posted(tenant, Posting::TopUp, amount, reference).await
    }

    /// Has nothing new begun for a tenant; what runs goes on. `why` is for the ledger, 1 to 128 characters.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the reason, and those of the store.
    pub async fn suspend(&self, tenant: TenantId, why: &str) -> Result<Account, ServiceError> {
        self.posted(tenant, Posting::Suspended, Amount::ZERO, why).await
    }

    /// Takes a suspension back. `why` is for the ledger, 1 to 128 characters.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the reason, and those of the store.
    pub async fn reopen(&self, tenant: TenantId, why: &str) -> Result<Account, ServiceError> {
        self.posted(tenant, Posting::Reopened, Amount::ZERO, why).await
    }

    /// A tenant's ledger, the newest entries first, those with a number below `before`, at most `limit`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ledger(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, ServiceError> {
        Ok(self.store().list_entries(tenant, before, limit).await?)
    }

    async fn posted(
        &self,
        tenant: TenantId,
        posting: Posting,
        amount: Amount,
        reference: &str,
    ) -> Result<Account, ServiceError> {
        marquetry_model::text("reference", reference, 128)?;
        let order = PostingOrder {
            tenant,
            posting,
            amount,
            reference: reference.to_owned(),
            at: self.now(),
        };
        match self.store().post(&order).await? {
            Posted::Made(account) | Posted::Known(account) => Ok(account),
            Posted::Denied(denied) => Err(ServiceError::Denied(denied)),
        }
    }
}

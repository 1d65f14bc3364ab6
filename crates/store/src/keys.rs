//! The store of tenants and their API keys.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ApiKey, ApiKeyId, KeyHash, Tenant, TenantId};

use crate::StoreError;

/// Remembers tenants and what their keys look like (never the keys themselves).
#[async_trait]
pub trait KeyStore: std::fmt::Debug + Send + Sync {
    /// Makes a tenant durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;

    /// The tenant with this id.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError>;

    /// All tenants, oldest first by `(created_at, id)`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_tenants(&self) -> Result<Vec<Tenant>, StoreError>;

    /// Makes a key durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when its id or its hash is taken.
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError>;

    /// The key with this hash, revoked or not.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError>;

    /// All keys of a tenant, oldest first by `(created_at, id)`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes the key if it is this tenant's; tells whether it is. A key that was revoked before
    /// keeps its first moment.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<bool, StoreError>;

    /// Adds `requests` to what the key has opened and notes when it last did. Several requests may be
    /// counted together; an unknown key is no error.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn count_use(&self, id: ApiKeyId, requests: u64, at: Timestamp) -> Result<(), StoreError>;
}

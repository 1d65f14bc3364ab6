//! The store of endpoints.

use async_trait::async_trait;
use marquetry_model::{Delivery, Endpoint, EndpointId, TenantId, Version};

use crate::persisted::readable;
use crate::{StoreError, Swap};

/// Remembers where tenants hear of events.
#[async_trait]
pub trait EndpointStore: std::fmt::Debug + Send + Sync {
    /// Makes an endpoint durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError>;

    /// The endpoint with this id, if it is this tenant's.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<Option<Endpoint>, StoreError>;

    /// Those of `wanted` that are there and can be read, in any order and each once: for a courier that is about to
    /// send to many. What is missing here is to be asked for by its id before anything is made of that.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn endpoints_of(&self, wanted: &[(TenantId, EndpointId)]) -> Result<Vec<Endpoint>, StoreError> {
        let mut found: Vec<Endpoint> = Vec::with_capacity(wanted.len());
        for (tenant, id) in wanted {
            if found.iter().all(|one| one.id != *id) {
                found.extend(readable(id.as_bytes(), self.endpoint(*tenant, *id).await)?.flatten());
            }
        }
        Ok(found)
    }

    /// All endpoints of a tenant, oldest first by `(created_at, id)`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, StoreError>;

    /// Puts `endpoint` in the place of the stored one if that is at version `expected`, and in the same
    /// transaction adds the deliveries that this leads to, or nothing.
    ///
    /// # Errors
    /// Only those of the backend; nothing is written then.
    async fn swap_endpoint(
        &self,
        expected: Version,
        endpoint: &Endpoint,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError>;

    /// [`Self::swap_endpoint`] for a change that nobody is told of.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn replace_endpoint(&self, expected: Version, endpoint: &Endpoint) -> Result<Swap, StoreError> {
        self.swap_endpoint(expected, endpoint, &[]).await
    }

    /// Removes the endpoint if it is this tenant's; tells whether it was there. What is still owed to
    /// it stays, for the courier to give up.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<bool, StoreError>;
}

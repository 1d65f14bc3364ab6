//! Mockups, endpoints, tenants and keys in memory.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{
    ApiKey, ApiKeyId, ContentHash, Delivery, Endpoint, EndpointId, KeyHash, Mockup, MockupId, Tenant,
    TenantId, Version,
};

use super::{MemoryStore, first};
use crate::{
    Change, EndpointStore, KeyStore, MockupFilter, MockupOrder, MockupPage, MockupStore, OrderBy, StoreError,
    Swap, Way,
};

#[async_trait]
impl MockupStore for MemoryStore {
    async fn insert_mockup(&self, mockup: &Mockup) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        if shelves.mockups.contains_key(&mockup.id) {
            return Err(StoreError::Duplicate { what: "mockup" });
        }
        shelves.mockups.insert(mockup.id, mockup.clone());
        Ok(())
    }

    async fn mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        Ok(self
            .shelves()
            .mockups
            .get(&id)
            .filter(|mockup| mockup.tenant == tenant)
            .cloned())
    }

    async fn list_mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        limit: u32,
        offset: u64,
    ) -> Result<MockupPage, StoreError> {
        let shelves = self.shelves();
        let mut found: Vec<&Mockup> = shelves
            .mockups
            .values()
            .filter(|mockup| mockup.tenant == tenant && filter.admits(mockup))
            .collect();
        found.sort_by(|one, other| {
            let by = match order.by {
                OrderBy::Name => MockupFilter::folded(&one.name).cmp(&MockupFilter::folded(&other.name)),
                OrderBy::CreatedAt => one.created_at.cmp(&other.created_at),
                OrderBy::UpdatedAt => one.updated_at.cmp(&other.updated_at),
            };
            let ascending = by.then(one.id.cmp(&other.id));
            match order.way {
                Way::Ascending => ascending,
                Way::Descending => ascending.reverse(),
            }
        });
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mockups = found.into_iter().skip(offset).take(limit).cloned().collect();
        Ok(MockupPage { mockups, total })
    }

    async fn replace_mockup(&self, expected: Version, mockup: &Mockup) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        Ok(match shelves.mockups.get_mut(&mockup.id) {
            Some(stored) if stored.tenant == mockup.tenant => {
                if stored.version == expected {
                    *stored = mockup.clone();
                    Swap::Swapped
                } else {
                    Swap::Moved
                }
            }
            _ => Swap::Missing,
        })
    }

    async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError> {
        let mut shelves = self.shelves();
        if shelves
            .mockups
            .get(&id)
            .is_none_or(|mockup| mockup.tenant != tenant)
        {
            return Ok(None);
        }
        Ok(shelves.mockups.remove(&id))
    }

    async fn content_in_use(&self, content: ContentHash) -> Result<bool, StoreError> {
        Ok(self
            .shelves()
            .mockups
            .values()
            .any(|mockup| mockup.content == content))
    }
}

#[async_trait]
impl EndpointStore for MemoryStore {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        if shelves.endpoints.contains_key(&endpoint.id) {
            return Err(StoreError::Duplicate { what: "endpoint" });
        }
        shelves.endpoints.insert(endpoint.id, endpoint.clone());
        Ok(())
    }

    async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        Ok(self
            .shelves()
            .endpoints
            .get(&id)
            .filter(|endpoint| endpoint.tenant == tenant)
            .cloned())
    }

    async fn list_endpoints(&self, tenant: TenantId) -> Result<Vec<Endpoint>, StoreError> {
        let shelves = self.shelves();
        let own = shelves
            .endpoints
            .values()
            .filter(|endpoint| endpoint.tenant == tenant);
        Ok(first(own.cloned().collect(), u32::MAX, |endpoint| {
            (endpoint.created_at, endpoint.id)
        }))
    }

    async fn swap_endpoint(
        &self,
        expected: Version,
        endpoint: &Endpoint,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        match shelves.endpoints.get(&endpoint.id) {
            Some(stored) if stored.tenant == endpoint.tenant && stored.version == expected => {}
            Some(stored) if stored.tenant == endpoint.tenant => return Ok(Swap::Moved),
            _ => return Ok(Swap::Missing),
        }
        if owed.iter().any(|one| shelves.deliveries.contains_key(&one.id)) {
            return Err(StoreError::Duplicate { what: "delivery" });
        }
        shelves.endpoints.insert(endpoint.id, endpoint.clone());
        shelves
            .deliveries
            .extend(owed.iter().map(|one| (one.id, one.clone())));
        drop(shelves);
        if !owed.is_empty() {
            self.bell.ring(Change::Delivery);
        }
        Ok(Swap::Swapped)
    }

    async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let mut shelves = self.shelves();
        if shelves
            .endpoints
            .get(&id)
            .is_none_or(|endpoint| endpoint.tenant != tenant)
        {
            return Ok(false);
        }
        Ok(shelves.endpoints.remove(&id).is_some())
    }
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        if shelves.tenants.contains_key(&tenant.id) {
            return Err(StoreError::Duplicate { what: "tenant" });
        }
        shelves.tenants.insert(tenant.id, tenant.clone());
        Ok(())
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        Ok(self.shelves().tenants.get(&id).cloned())
    }

    async fn list_tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let tenants = self.shelves().tenants.values().cloned().collect();
        Ok(first(tenants, u32::MAX, |tenant| (tenant.created_at, tenant.id)))
    }

    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let mut shelves = self.shelves();
        if shelves
            .keys
            .values()
            .any(|known| known.id == key.id || known.hash == key.hash)
        {
            return Err(StoreError::Duplicate { what: "API key" });
        }
        shelves.keys.insert(key.id, key.clone());
        Ok(())
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        Ok(self
            .shelves()
            .keys
            .values()
            .find(|key| key.hash == *hash)
            .cloned())
    }

    async fn list_keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, StoreError> {
        let keys = self
            .shelves()
            .keys
            .values()
            .filter(|key| key.tenant == tenant)
            .cloned()
            .collect();
        Ok(first(keys, u32::MAX, |key| (key.created_at, key.id)))
    }

    async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let mut shelves = self.shelves();
        let Some(key) = shelves.keys.get_mut(&id).filter(|key| key.tenant == tenant) else {
            return Ok(false);
        };
        key.revoked_at.get_or_insert(at);
        Ok(true)
    }

    async fn count_use(&self, id: ApiKeyId, requests: u64, at: Timestamp) -> Result<(), StoreError> {
        if let Some(key) = self.shelves().keys.get_mut(&id) {
            key.total_requests = key.total_requests.saturating_add(requests);
            key.last_used_at = key.last_used_at.max(Some(at));
        }
        Ok(())
    }
}

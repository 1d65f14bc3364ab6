//! Whose all this is.

use marquetry_model::{Tenant, TenantId};
use marquetry_store::StoreError;

use crate::{Service, ServiceError};

/// The tenant of a server that has one tenant: the same on every machine, so that two processes that start at once
/// make it once.
pub const DEFAULT_TENANT: TenantId = TenantId::from_bytes([
    0x6d, 0x61, 0x72, 0x71, 0x75, 0x65, 0x44, 0x72, 0x80, 0, 0, 0, 0, 0, 0, 1,
]);

impl Service {
    /// The default tenant, made if it is not there yet.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ensure_default_tenant(&self) -> Result<Tenant, ServiceError> {
        if let Some(tenant) = self.store().tenant(DEFAULT_TENANT).await? {
            return Ok(tenant);
        }
        let tenant = Tenant {
            id: DEFAULT_TENANT,
            name: "default".to_owned(),
            created_at: self.now(),
        };
        match self.store().insert_tenant(&tenant).await {
            Ok(()) => Ok(tenant),
            // Somebody else was faster.
            Err(StoreError::Duplicate { .. }) => self.tenant(DEFAULT_TENANT).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a tenant under a name of 1 to 255 characters, which need not be its own.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the name, and those of the store.
    pub async fn create_tenant(&self, name: &str) -> Result<Tenant, ServiceError> {
        marquetry_model::text("name", name, 255)?;
        let tenant = Tenant {
            id: TenantId::from_random(self.inner.chance.draw()?),
            name: name.to_owned(),
            created_at: self.now(),
        };
        self.store().insert_tenant(&tenant).await?;
        Ok(tenant)
    }

    /// The tenant with this id.
    ///
    /// # Errors
    /// [`ServiceError::TenantNotFound`], and those of the store.
    pub async fn tenant(&self, id: TenantId) -> Result<Tenant, ServiceError> {
        let tenant = self.store().tenant(id).await?;
        tenant.ok_or(ServiceError::TenantNotFound { id })
    }

    /// All tenants, oldest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ServiceError> {
        Ok(self.store().list_tenants().await?)
    }
}

//! Design groups: templates that are made together.

use std::collections::BTreeSet;

use marquetry_model::{DesignGroup, Handle, ModelError, TenantId, Version};
use marquetry_store::{RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};

use crate::jobs::listed;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError};

/// A group as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRequest {
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// The templates, in order; 1 to 100 that there are, none twice.
    pub templates: Vec<Handle>,
}

/// The most templates of a group.
const MOST_TEMPLATES: usize = 100;

impl Service {
    /// Makes a group, under `id` or a name of the service's choice.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`], [`ServiceError::TemplateNotFound`], [`ServiceError::Taken`], and those of the store.
    pub async fn create_group(
        &self,
        tenant: TenantId,
        id: Option<Handle>,
        request: GroupRequest,
    ) -> Result<DesignGroup, ServiceError> {
        self.check_group(tenant, &request).await?;
        let id = match id {
            Some(id) => id,
            None => format!("grp_{:016x}", u64::from_be_bytes(self.inner.chance.draw()?)).parse()?,
        };
        let now = self.now();
        let group = DesignGroup {
            tenant,
            id,
            name: request.name,
            templates: request.templates,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        match self.store().insert(&group).await {
            Ok(()) => Ok(group),
            Err(StoreError::Duplicate { .. }) => Err(ServiceError::Taken {
                what: "design group",
                id: group.id,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a group another name and other templates.
    ///
    /// # Errors
    /// [`ServiceError::GroupNotFound`], [`ServiceError::Invalid`], [`ServiceError::TemplateNotFound`], and those of
    /// the store.
    pub async fn change_group(
        &self,
        tenant: TenantId,
        id: &Handle,
        request: GroupRequest,
    ) -> Result<DesignGroup, ServiceError> {
        for _ in 0..ROUNDS {
            let known = self.group(tenant, id).await?;
            self.check_group(tenant, &request).await?;
            let group = DesignGroup {
                name: request.name.clone(),
                templates: request.templates.clone(),
                version: known.version.next(),
                updated_at: self.now().max(known.updated_at),
                ..known.clone()
            };
            match self.store().replace(known.version, &group).await? {
                Swap::Swapped => return Ok(group),
                Swap::Moved => {}
                Swap::Missing => return Err(ServiceError::GroupNotFound { id: id.clone() }),
            }
        }
        Err(StoreError::Contended { what: "design group" }.into())
    }

    /// A group of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::GroupNotFound`], and those of the store.
    pub async fn group(&self, tenant: TenantId, id: &Handle) -> Result<DesignGroup, ServiceError> {
        let found = self.store().get::<DesignGroup>(tenant, id.as_str()).await?;
        found.ok_or_else(|| ServiceError::GroupNotFound { id: id.clone() })
    }

    /// The tenant's groups, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn groups(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<DesignGroup>, ServiceError> {
        Ok(self.store().list(tenant, after, listed(limit)).await?)
    }

    /// Takes a group away; its templates stay.
    ///
    /// # Errors
    /// [`ServiceError::GroupNotFound`], and those of the store.
    pub async fn delete_group(&self, tenant: TenantId, id: &Handle) -> Result<(), ServiceError> {
        match self
            .store()
            .delete::<DesignGroup>(tenant, id.as_str(), None)
            .await?
        {
            Swap::Missing => Err(ServiceError::GroupNotFound { id: id.clone() }),
            Swap::Swapped | Swap::Moved => Ok(()),
        }
    }

    async fn check_group(&self, tenant: TenantId, request: &GroupRequest) -> Result<(), ServiceError> {
        marquetry_model::text("name", &request.name, 255)?;
        let distinct: BTreeSet<&Handle> = request.templates.iter().collect();
        if distinct.len() != request.templates.len() || !(1..=MOST_TEMPLATES).contains(&distinct.len()) {
            return Err(ServiceError::Invalid(ModelError::Malformed {
                field: "template_ids",
                expected: "1 to 100 templates, none twice",
            }));
        }
        for id in distinct {
            self.known_template(tenant, id).await?;
        }
        Ok(())
    }
}

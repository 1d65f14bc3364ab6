//! Presets: several destinations under one name.

use std::collections::BTreeSet;

use marquetry_model::{Handle, ModelError, PathTemplate, Preset, Stop, TenantId, Version};
use marquetry_store::{RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};

use crate::jobs::listed;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError};

/// A preset as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetRequest {
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// The destinations, in order; 1 to 20 that there are, none twice.
    pub stops: Vec<Stop>,
}

/// The most destinations of a preset.
const MOST_STOPS: usize = 20;

impl Service {
    /// Makes a preset, under `id` or a name of the service's choice.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`], [`ServiceError::DestinationNotFound`], [`ServiceError::Taken`],
    /// [`ServiceError::SendingLimit`], and those of the store.
    pub async fn create_preset(
        &self,
        tenant: TenantId,
        id: Option<Handle>,
        request: PresetRequest,
    ) -> Result<Preset, ServiceError> {
        self.check_preset(tenant, &request).await?;
        let id = match id {
            Some(id) => id,
            None => format!("pre_{:016x}", u64::from_be_bytes(self.inner.chance.draw()?)).parse()?,
        };
        let now = self.now();
        let preset = Preset {
            tenant,
            id,
            name: request.name,
            stops: request.stops,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        self.insert_counted(tenant, &preset, &preset.id).await?;
        Ok(preset)
    }

    /// Gives a preset another name and other destinations. Jobs that are there already keep theirs.
    ///
    /// # Errors
    /// [`ServiceError::PresetNotFound`], [`ServiceError::Invalid`], [`ServiceError::DestinationNotFound`], and those of
    /// the store.
    pub async fn change_preset(
        &self,
        tenant: TenantId,
        id: &Handle,
        request: PresetRequest,
    ) -> Result<Preset, ServiceError> {
        for _ in 0..ROUNDS {
            let known = self.preset(tenant, id).await?;
            self.check_preset(tenant, &request).await?;
            let preset = Preset {
                name: request.name.clone(),
                stops: request.stops.clone(),
                version: known.version.next(),
                updated_at: self.now().max(known.updated_at),
                ..known.clone()
            };
            match self.store().replace(known.version, &preset).await? {
                Swap::Swapped => return Ok(preset),
                Swap::Moved => {}
                Swap::Missing => return Err(ServiceError::PresetNotFound { id: id.clone() }),
            }
        }
        Err(StoreError::Contended { what: "preset" }.into())
    }

    /// A preset of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::PresetNotFound`], and those of the store.
    pub async fn preset(&self, tenant: TenantId, id: &Handle) -> Result<Preset, ServiceError> {
        let found = self.store().get::<Preset>(tenant, id.as_str()).await?;
        found.ok_or_else(|| ServiceError::PresetNotFound { id: id.clone() })
    }

    /// The tenant's presets, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn presets(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Preset>, ServiceError> {
        Ok(self.store().list(tenant, after, listed(limit)).await?)
    }

    /// Takes a preset away; its destinations stay, and so do those of jobs that were submitted with it.
    ///
    /// # Errors
    /// [`ServiceError::PresetNotFound`], and those of the store.
    pub async fn delete_preset(&self, tenant: TenantId, id: &Handle) -> Result<(), ServiceError> {
        match self.store().delete::<Preset>(tenant, id.as_str(), None).await? {
            Swap::Missing => Err(ServiceError::PresetNotFound { id: id.clone() }),
            Swap::Swapped | Swap::Moved => Ok(()),
        }
    }

    async fn check_preset(&self, tenant: TenantId, request: &PresetRequest) -> Result<(), ServiceError> {
        marquetry_model::text("name", &request.name, 255)?;
        let distinct: BTreeSet<&Handle> = request.stops.iter().map(|stop| &stop.destination).collect();
        if distinct.len() != request.stops.len() || !(1..=MOST_STOPS).contains(&distinct.len()) {
            return Err(ServiceError::Invalid(ModelError::Malformed {
                field: "destinations",
                expected: "1 to 20 destinations, none twice",
            }));
        }
        for path in request.stops.iter().filter_map(|stop| stop.path.as_deref()) {
            PathTemplate::parse("path", path)?;
        }
        for id in distinct {
            self.known_destination(tenant, id).await?;
        }
        Ok(())
    }
}

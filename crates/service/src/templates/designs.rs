//! Designs: a customer's own copy of a template, which later revisions do not change.

use marquetry_model::{About, Design, DesignId, TenantId, Version};
use marquetry_store::{RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};
use serde_json::{Map, Value};

use super::fills::{FillRequest, values};
use crate::jobs::listed;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError, fingerprint};

/// What is to change about a design. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesignChange {
    /// Values that take the place of those of the same name, a JSON object; null takes one away.
    pub fields: Option<String>,
    /// What else is known of it.
    pub about: About,
}

impl Service {
    /// Copies the published revision of a template for one customer. Nothing is rendered.
    ///
    /// With an idempotency key the same call makes one design, however often it is made.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], [`ServiceError::TemplateNotPublished`], [`ServiceError::ValuesRefused`],
    /// [`ServiceError::IdempotencyConflict`], and those of the store.
    pub async fn create_design(
        &self,
        tenant: TenantId,
        request: FillRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Design, ServiceError> {
        let id = match idempotency_key {
            Some(key) => {
                marquetry_model::text("idempotency_key", key, 255)?;
                fingerprint::short(&[tenant.as_bytes(), b"design", key.as_bytes()])
            }
            None => self.inner.chance.draw()?,
        };
        let (design, known) = self
            .new_design(tenant, &request, DesignId::from_random(id))
            .await?;
        match known {
            Known::New => Ok(design),
            Known::Before if design.about == request.about && same(&design.fields, &request.fields) => {
                Ok(design)
            }
            Known::Before => Err(ServiceError::IdempotencyConflict),
        }
    }

    /// A design of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::DesignNotFound`], and those of the store.
    pub async fn design(&self, tenant: TenantId, id: DesignId) -> Result<Design, ServiceError> {
        let found = self.store().get::<Design>(tenant, &id.to_string()).await?;
        found.ok_or(ServiceError::DesignNotFound { id })
    }

    /// The tenant's designs, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn designs(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Design>, ServiceError> {
        Ok(self.store().list(tenant, after, listed(limit)).await?)
    }

    /// Changes a design by hand.
    ///
    /// # Errors
    /// [`ServiceError::DesignNotFound`], [`ServiceError::ValuesRefused`], and those of the store.
    pub async fn change_design(
        &self,
        tenant: TenantId,
        id: DesignId,
        change: DesignChange,
    ) -> Result<Design, ServiceError> {
        let given = change.fields.as_deref().map(values).transpose()?;
        for _ in 0..ROUNDS {
            let design = self.design(tenant, id).await?;
            let mut fields = values(&design.fields)?;
            merge(&mut fields, given.clone().unwrap_or_default());
            let layout = self.checked_layout(tenant, design.pinned.layout).await?;
            let fields = Value::Object(fields);
            self.fill(&layout, &fields)?;
            let changed = Design {
                fields: fields.to_string(),
                about: change.about.clone().over(design.about.clone()),
                version: design.version.next(),
                updated_at: self.now().max(design.updated_at),
                ..design.clone()
            };
            if self.replace_design(&design, &changed).await? {
                return Ok(changed);
            }
        }
        Err(StoreError::Contended { what: "design" }.into())
    }

    /// Takes a design away. Renders of it that wait are made all the same.
    ///
    /// # Errors
    /// [`ServiceError::DesignNotFound`], and those of the store.
    pub async fn delete_design(&self, tenant: TenantId, id: DesignId) -> Result<(), ServiceError> {
        let design = self.design(tenant, id).await?;
        let layout = design.pinned.layout.to_string();
        self.store().touch_layout(tenant, &layout, self.now()).await?;
        match self
            .store()
            .delete::<Design>(tenant, &id.to_string(), None)
            .await?
        {
            Swap::Missing => Err(ServiceError::DesignNotFound { id }),
            Swap::Swapped | Swap::Moved => Ok(()),
        }
    }

    /// Makes a design under this id, or finds the one that has it: made twice under one idempotency key, it has one
    /// id, and nobody needs to remember which call was first.
    pub(super) async fn new_design(
        &self,
        tenant: TenantId,
        request: &FillRequest,
        id: DesignId,
    ) -> Result<(Design, Known), ServiceError> {
        let (pinned, layout) = self.pinned_template(tenant, &request.template).await?;
        let fields = Value::Object(values(&request.fields)?);
        self.fill(&layout, &fields)?;
        let now = self.now();
        let design = Design {
            tenant,
            id,
            pinned,
            fields: fields.to_string(),
            about: request.about.clone(),
            team: None,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        self.insert_design(design).await
    }

    /// Writes a design down, or finds the one that has its id already.
    pub(super) async fn insert_design(&self, design: Design) -> Result<(Design, Known), ServiceError> {
        match self.store().insert(&design).await {
            Ok(()) => Ok((design, Known::New)),
            Err(StoreError::Duplicate { .. }) => {
                let known = self.design(design.tenant, design.id).await?;
                Ok((known, Known::Before))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Swaps a design for what it is to be; tells whether it was still what it was.
    pub(super) async fn replace_design(&self, known: &Design, design: &Design) -> Result<bool, ServiceError> {
        match self.store().replace(known.version, design).await? {
            Swap::Swapped => Ok(true),
            Swap::Moved => Ok(false),
            Swap::Missing => Err(ServiceError::DesignNotFound { id: known.id }),
        }
    }
}

/// Whether a design was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was made just now.
    New,
    /// It was.
    Before,
}

/// Puts `given` over what is there; null takes a value away.
pub(super) fn merge(fields: &mut Map<String, Value>, given: Map<String, Value>) {
    for (name, value) in given {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
}

/// Whether two texts of JSON mean the same values.
fn same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    read(one) == read(other)
}

//! Templates: saved as drafts, published as revisions, and from then on never drawn differently under one revision.

mod assets;
mod catalogue;
mod designs;
mod fills;
mod groups;
mod layouts;
mod teams;

pub use assets::AssetRequest;
pub use designs::DesignChange;
pub use fills::{FillRequest, GroupFill};
pub use groups::GroupRequest;
pub(crate) use layouts::CheckedLayouts;
pub(crate) use teams::TeamGates;
pub use teams::{Seat, SeatRequest, TeamDesign};

use std::sync::Arc;

use marquetry_job::Timestamp;
use marquetry_model::{
    ContentHash, Handle, Layout, ModelError, Pinned, Published, Template, TenantId, Version,
};
use marquetry_store::{RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};
use marquetry_template::{self as format, Checked};
use serde_json::{Map, Value};

use crate::jobs::listed;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError, resolve};

/// A template with what its layout says: that which is drawn, or the draft when none is yet.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateView {
    /// The template.
    pub template: Template,
    /// Its layout.
    pub layout: Arc<Checked>,
}

/// Which layout of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What its owner is working on.
    Draft,
    /// What is drawn.
    Published,
}

/// What saving a layout came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Saved {
    /// There was no template of that name.
    Made(TemplateView),
    /// Its draft was replaced.
    Changed(TemplateView),
}

impl Saved {
    /// The template as it is now.
    pub fn into_view(self) -> TemplateView {
        match self {
            Self::Made(view) | Self::Changed(view) => view,
        }
    }
}

impl Service {
    /// Makes a template of a layout, as a draft. A layout that states no `id` is given one; its `revision` is counted
    /// here, whatever it states.
    ///
    /// # Errors
    /// [`ServiceError::LayoutRefused`] with everything that is wrong with it, [`ServiceError::Taken`] when its id is
    /// another template's, and those of the store.
    pub async fn create_template(
        &self,
        tenant: TenantId,
        layout: &[u8],
    ) -> Result<TemplateView, ServiceError> {
        let chance = self.inner.chance.draw::<8>()?;
        let fresh = || format!("tpl_{:016x}", u64::from_be_bytes(chance));
        let (json, checked) = self.checked_draft(tenant, layout, &fresh, 1).await?;
        let id: Handle = checked.template().id.as_str().parse()?;
        let now = self.now();
        let draft = self.put_layout(tenant, json, now).await?;
        let template = Template {
            tenant,
            id: id.clone(),
            name: checked.template().name.to_string(),
            draft,
            published: None,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        match self.store().insert(&template).await {
            Ok(()) => {
                tracing::info!(template = %id, %tenant, "template made");
                Ok(TemplateView {
                    template,
                    layout: self.inner.layouts.learn(draft, checked),
                })
            }
            Err(StoreError::Duplicate { .. }) => Err(ServiceError::Taken { what: "template", id }),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a layout the draft of the template of this name, which is made if there is none. What is drawn stays what
    /// was published.
    ///
    /// # Errors
    /// [`ServiceError::LayoutRefused`] with everything that is wrong with it, [`ServiceError::Invalid`] when it states
    /// another id, and those of the store.
    pub async fn save_template(
        &self,
        tenant: TenantId,
        id: &Handle,
        layout: &[u8],
    ) -> Result<Saved, ServiceError> {
        for _ in 0..ROUNDS {
            let known = self.store().get::<Template>(tenant, id.as_str()).await?;
            let next = known.as_ref().map_or(1, next_revision);
            let own = || id.to_string();
            let (json, checked) = self.checked_draft(tenant, layout, &own, next).await?;
            if checked.template().id.as_str() != id.as_str() {
                return Err(ServiceError::Invalid(ModelError::Malformed {
                    field: "id",
                    expected: "the id that stands in the path",
                }));
            }
            let name = checked.template().name.to_string();
            let now = self.now();
            let draft = self.put_layout(tenant, json, now).await?;
            let layout = self.inner.layouts.learn(draft, checked);
            let Some(known) = known else {
                let template = Template {
                    tenant,
                    id: id.clone(),
                    name,
                    draft,
                    published: None,
                    version: Version::FIRST,
                    created_at: now,
                    updated_at: now,
                };
                match self.store().insert(&template).await {
                    Ok(()) => return Ok(Saved::Made(TemplateView { template, layout })),
                    Err(StoreError::Duplicate { .. }) => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            let template = Template {
                name,
                draft,
                version: known.version.next(),
                updated_at: now.max(known.updated_at),
                ..known.clone()
            };
            if self.replace_template(&known, &template).await? {
                return Ok(Saved::Changed(self.view(template).await?));
            }
        }
        Err(StoreError::Contended { what: "template" }.into())
    }

    /// Draws the draft from now on, as a revision of its own. Publishing it twice is publishing it once.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], and those of the store.
    pub async fn publish_template(
        &self,
        tenant: TenantId,
        id: &Handle,
    ) -> Result<TemplateView, ServiceError> {
        for _ in 0..ROUNDS {
            let known = self.known_template(tenant, id).await?;
            if known
                .published
                .is_some_and(|published| published.layout == known.draft)
            {
                return self.view(known).await;
            }
            let now = self.now();
            let template = Template {
                published: Some(Published {
                    revision: next_revision(&known),
                    layout: known.draft,
                    at: now,
                }),
                version: known.version.next(),
                updated_at: now.max(known.updated_at),
                ..known.clone()
            };
            if self.replace_template(&known, &template).await? {
                let revision = next_revision(&known);
                tracing::info!(template = %id, %tenant, revision, "template published");
                return self.view(template).await;
            }
        }
        Err(StoreError::Contended { what: "template" }.into())
    }

    /// Takes a template away. Designs that were made of it and jobs that wait keep their revision.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], and those of the store.
    pub async fn delete_template(&self, tenant: TenantId, id: &Handle) -> Result<(), ServiceError> {
        let known = self.known_template(tenant, id).await?;
        self.hold_layouts(&known).await?;
        match self.store().delete::<Template>(tenant, id.as_str(), None).await? {
            Swap::Missing => Err(ServiceError::TemplateNotFound { id: id.clone() }),
            Swap::Swapped | Swap::Moved => {
                tracing::info!(template = %id, %tenant, "template deleted");
                Ok(())
            }
        }
    }

    /// A template of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], and those of the store.
    pub async fn template(&self, tenant: TenantId, id: &Handle) -> Result<TemplateView, ServiceError> {
        let template = self.known_template(tenant, id).await?;
        self.view(template).await
    }

    /// The tenant's templates, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn templates(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<TemplateView>, ServiceError> {
        let page = self
            .store()
            .list::<Template>(tenant, after, listed(limit))
            .await?;
        let mut items = Vec::with_capacity(page.items.len());
        for template in page.items {
            items.push(self.view(template).await?);
        }
        Ok(RecordPage {
            items,
            next: page.next,
        })
    }

    /// A layout of a template, as JSON.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], [`ServiceError::TemplateNotPublished`], and those of the store.
    pub async fn layout(&self, tenant: TenantId, id: &Handle, stage: Stage) -> Result<String, ServiceError> {
        let template = self.known_template(tenant, id).await?;
        let content = match stage {
            Stage::Draft => template.draft,
            Stage::Published => published(&template)?.layout,
        };
        Ok(self.stored_layout(tenant, content).await?.json)
    }

    /// The revision that is drawn, and its layout.
    async fn pinned_template(
        &self,
        tenant: TenantId,
        id: &Handle,
    ) -> Result<(Pinned, Arc<Checked>), ServiceError> {
        let template = self.known_template(tenant, id).await?;
        let published = published(&template)?;
        let pinned = Pinned {
            template: id.clone(),
            revision: published.revision,
            layout: published.layout,
        };
        let checked = self.checked_layout(tenant, published.layout).await?;
        Ok((pinned, checked))
    }

    async fn known_template(&self, tenant: TenantId, id: &Handle) -> Result<Template, ServiceError> {
        let found = self.store().get::<Template>(tenant, id.as_str()).await?;
        found.ok_or_else(|| ServiceError::TemplateNotFound { id: id.clone() })
    }

    async fn view(&self, template: Template) -> Result<TemplateView, ServiceError> {
        let shown = template
            .published
            .map_or(template.draft, |published| published.layout);
        let layout = self.checked_layout(template.tenant, shown).await?;
        Ok(TemplateView { template, layout })
    }

    /// Swaps a template for what it is to be; tells whether it was still what it was.
    async fn replace_template(&self, known: &Template, template: &Template) -> Result<bool, ServiceError> {
        self.hold_layouts(known).await?;
        match self.store().replace(known.version, template).await? {
            Swap::Swapped => Ok(true),
            Swap::Moved => Ok(false),
            Swap::Missing => Err(ServiceError::TemplateNotFound { id: known.id.clone() }),
        }
    }

    /// Keeps the layouts of a template for a while after nothing may point to them any more: whoever submits a job at
    /// this moment has read of them already.
    async fn hold_layouts(&self, template: &Template) -> Result<(), ServiceError> {
        let published = template.published.map(|published| published.layout);
        for layout in published.into_iter().chain([template.draft]) {
            let id = layout.to_string();
            self.store()
                .touch_layout(template.tenant, &id, self.now())
                .await?;
        }
        Ok(())
    }

    /// Writes a layout down under its hash.
    async fn put_layout(
        &self,
        tenant: TenantId,
        json: String,
        at: Timestamp,
    ) -> Result<ContentHash, ServiceError> {
        let content = resolve::hash(json.as_bytes());
        let layout = Layout {
            tenant,
            content,
            json,
            at,
        };
        self.store().put_layout(&layout).await?;
        Ok(content)
    }

    /// A layout as it is to be stored: with the id that it lacks, and the revision that it will be.
    async fn checked_draft(
        &self,
        tenant: TenantId,
        layout: &[u8],
        id: &(dyn Fn() -> String + Sync),
        revision: u32,
    ) -> Result<(String, Checked), ServiceError> {
        let limits = &self.inner.settings.layout_limits;
        let refused = ServiceError::LayoutRefused;
        let members = match serde_json::from_slice(layout) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        // What is missing is written into the text, not into what was read of it: whoever reads the text sees members
        // that stand twice.
        let text = with_members(layout, &members, &id(), revision);
        let mut value = format::Template::parse(&text, limits)
            .map_err(refused)?
            .to_value();
        value["revision"] = revision.into();
        let checked = self.check_layout(tenant, &value).await?;
        Ok((value.to_string(), checked))
    }
}

/// A layout with the `id` and the `revision` that it lacks.
fn with_members(layout: &[u8], members: &Map<String, Value>, id: &str, revision: u32) -> Vec<u8> {
    let mut missing = String::new();
    if !members.contains_key("id") {
        missing.push_str(&format!(r#""id":{},"#, Value::from(id)));
    }
    if !members.contains_key("revision") {
        missing.push_str(&format!(r#""revision":{revision},"#));
    }
    match layout.iter().position(|byte| *byte == b'{') {
        Some(at) if !members.is_empty() => {
            let (before, after) = layout.split_at(at + 1);
            [before, missing.as_bytes(), after].concat()
        }
        // What is wrong with it is told by whoever reads it.
        _ => layout.to_vec(),
    }
}

/// The revision that a draft becomes when it is published.
fn next_revision(template: &Template) -> u32 {
    let last = template.published.map_or(0, |published| published.revision);
    last.saturating_add(1)
}

fn published(template: &Template) -> Result<Published, ServiceError> {
    template
        .published
        .ok_or_else(|| ServiceError::TemplateNotPublished {
            id: template.id.clone(),
        })
}

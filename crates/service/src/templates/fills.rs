//! The way in for templates: values are checked against the fields, everything is pinned, and what is asked becomes a
//! durable job.

use std::collections::{BTreeMap, BTreeSet};

use marquetry_model::{
    About, Callback, Design, DesignId, Handle, JobSpec, ModelError, Pinned, TemplateAsset, TemplateSpec,
    TenantId,
};
use marquetry_store::RecordStoreExt as _;
use marquetry_template::{Checked, Filled, Source};
use serde_json::{Map, Value};

use super::catalogue::mockup_of;
use super::designs::Known;
use crate::{BatchRequest, BatchView, Service, ServiceError, Submitted, Terms, fingerprint};

/// A template to be filled.
#[derive(Clone, Debug, PartialEq)]
pub struct FillRequest {
    /// Which. Its published revision is drawn.
    pub template: Handle,
    /// The values, a JSON object by the names of fields. Those of no field are passed over with a warning.
    pub fields: String,
    /// Whom or what it is for.
    pub about: About,
}

/// Every template of a group to be filled.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFill {
    /// The values for each, a JSON object. Those that a template has no field for are passed over with a warning.
    pub fields: String,
    /// Whom or what it is for.
    pub about: About,
    /// Somebody who wants to hear when all of them have ended.
    pub of_all: Option<Callback>,
}

impl Service {
    /// Renders the published revision of a template with these values.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], [`ServiceError::TemplateNotPublished`], [`ServiceError::ValuesRefused`] with
    /// every value that is wrong, [`ServiceError::Lacking`]; and as [`Self::submit_render`] for the terms and the queue.
    pub async fn submit_template(
        &self,
        tenant: TenantId,
        request: FillRequest,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        let (pinned, layout) = self.pinned_template(tenant, &request.template).await?;
        self.submit_filled("template", tenant, pinned, &layout, request, terms)
            .await
    }

    /// Renders the draft of a template, for its owner to look at.
    ///
    /// # Errors
    /// As [`Self::submit_template`].
    pub async fn submit_preview(
        &self,
        tenant: TenantId,
        request: FillRequest,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        let template = self.known_template(tenant, &request.template).await?;
        let layout = self.checked_layout(tenant, template.draft).await?;
        let revision = match template.published {
            Some(published) if published.layout == template.draft => published.revision,
            _ => super::next_revision(&template),
        };
        let pinned = Pinned {
            template: template.id,
            revision,
            layout: template.draft,
        };
        self.submit_filled("preview", tenant, pinned, &layout, request, terms)
            .await
    }

    /// Makes a design of a template and renders it. When the render fails, or cannot be submitted, the design stays.
    ///
    /// # Errors
    /// As [`Self::submit_template`].
    pub async fn submit_new_design(
        &self,
        tenant: TenantId,
        request: FillRequest,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        let claim = self.claim(&terms, "new-design", || fingerprint::fill(&request, &terms));
        // A queue that is full should not fill up with designs.
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        // Of the request too: the same key on another request should find nothing of this one.
        let id = match &claim {
            Some(claim) => {
                fingerprint::short(&[tenant.as_bytes(), claim.key.as_bytes(), &claim.fingerprint.0])
            }
            None => self.inner.chance.draw()?,
        };
        let id = DesignId::from_random(id);
        let (design, known) = self.new_design(tenant, &request, id).await?;
        let spec = self.spec_of_design(tenant, &design).await?;
        let submitted = self
            .submit(tenant, JobSpec::Template(Box::new(spec)), terms, claim)
            .await;
        if matches!(submitted, Err(ServiceError::IdempotencyConflict)) && known == Known::New {
            self.delete_design(tenant, id).await?;
        }
        submitted
    }

    /// Renders a design as it is now.
    ///
    /// # Errors
    /// [`ServiceError::DesignNotFound`], and as [`Self::submit_template`].
    pub async fn submit_design(
        &self,
        tenant: TenantId,
        id: DesignId,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        let design = self.design(tenant, id).await?;
        let spec = self.spec_of_design(tenant, &design).await?;
        let claim = self.claim(&terms, "design", || fingerprint::design(id, &terms));
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        self.submit(tenant, JobSpec::Template(Box::new(spec)), terms, claim)
            .await
    }

    /// Renders the published revision of every template of a group, with the same values for each: all of them or none.
    /// The callback of `terms` hears of each render, `of_all` of their end together.
    ///
    /// # Errors
    /// [`ServiceError::GroupNotFound`], and for each template as [`Self::submit_template`].
    pub async fn submit_group(
        &self,
        tenant: TenantId,
        id: &Handle,
        request: GroupFill,
        terms: impl Into<Terms>,
    ) -> Result<BatchView, ServiceError> {
        let terms = self.checked(terms.into())?;
        let group = self.group(tenant, id).await?;
        let claim = self.claim(&terms, "group", || fingerprint::group(id, &request, &terms));
        let mut specs = Vec::with_capacity(group.templates.len());
        for template in &group.templates {
            let (pinned, layout) = self.pinned_template(tenant, template).await?;
            let about = request.about.clone();
            let spec = self
                .pin(tenant, pinned, &layout, &request.fields, about, None)
                .await?;
            specs.push(JobSpec::Template(Box::new(spec)));
        }
        let batch = BatchRequest {
            group: Some(group.id),
            specs,
            callback: request.of_all,
        };
        self.submit_batch(tenant, batch, terms, claim).await
    }

    /// Fills a revision and writes the job down, under a key of `route`.
    async fn submit_filled(
        &self,
        route: &str,
        tenant: TenantId,
        pinned: Pinned,
        layout: &Checked,
        request: FillRequest,
        terms: Terms,
    ) -> Result<Submitted, ServiceError> {
        let claim = self.claim(&terms, route, || fingerprint::fill(&request, &terms));
        let spec = self
            .pin(tenant, pinned, layout, &request.fields, request.about, None)
            .await?;
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        self.submit(tenant, JobSpec::Template(Box::new(spec)), terms, claim)
            .await
    }

    async fn spec_of_design(&self, tenant: TenantId, design: &Design) -> Result<TemplateSpec, ServiceError> {
        let layout = self.checked_layout(tenant, design.pinned.layout).await?;
        let (pinned, about) = (design.pinned.clone(), design.about.clone());
        self.pin(tenant, pinned, &layout, &design.fields, about, Some(design.id))
            .await
    }

    /// What is drawn, with everything that it needs as it is at this moment.
    async fn pin(
        &self,
        tenant: TenantId,
        pinned: Pinned,
        layout: &Checked,
        fields: &str,
        about: About,
        design: Option<DesignId>,
    ) -> Result<TemplateSpec, ServiceError> {
        let fields = Value::Object(values(fields)?);
        let needed = needed(layout, &self.fill(layout, &fields)?);
        let mut assets = BTreeMap::new();
        for name in needed.assets {
            let found = self.store().get::<TemplateAsset>(tenant, &name).await?;
            let asset = found.ok_or_else(|| ServiceError::Lacking {
                what: format!("asset {name:?}"),
            })?;
            assets.insert(asset.id, asset.content);
        }
        let mut mockups = Vec::new();
        for id in needed.mockups {
            let id = mockup_of(id);
            let found = self.store().mockup(tenant, id).await?;
            let mockup = found.ok_or_else(|| ServiceError::Lacking {
                what: format!("mockup {id}"),
            })?;
            mockups.push((id, mockup.content));
        }
        Ok(TemplateSpec {
            pinned,
            fields: fields.to_string(),
            design,
            about,
            mockups,
            assets: assets.into_iter().collect(),
            export: None,
        })
    }
}

/// The names of what must be there when a filled template is drawn.
struct Needed {
    assets: BTreeSet<String>,
    mockups: BTreeSet<uuid::Uuid>,
}

fn needed(layout: &Checked, filled: &Filled) -> Needed {
    let needs = filled.needs();
    let pictures = needs.pictures.iter().filter_map(|picture| match &picture.source {
        Source::Asset(asset) => Some(asset.to_string()),
        Source::Url(_) => None,
    });
    let masks = needs.masks.iter().map(ToString::to_string);
    // Every face of a family that is used: which of them fits best is for whoever sets the words.
    let used = |family| needs.fonts.iter().any(|(needed, ..)| needed == family);
    let fonts = layout.template().fonts.iter();
    let fonts = fonts
        .filter(|face| used(&face.family))
        .map(|face| face.asset.to_string());
    Needed {
        assets: pictures.chain(masks).chain(fonts).collect(),
        mockups: needs.mockups,
    }
}

/// Values as they were given.
pub(super) fn values(fields: &str) -> Result<Map<String, Value>, ServiceError> {
    serde_json::from_str(fields).map_err(|_| {
        ServiceError::Invalid(ModelError::Malformed {
            field: "fields",
            expected: "a JSON object",
        })
    })
}

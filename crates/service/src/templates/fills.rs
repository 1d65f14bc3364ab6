//! The way in for templates: values are checked against the fields, everything is pinned, and what is asked becomes a
//! durable job.

use std::collections::{BTreeMap, BTreeSet};

use marquetry_model::{
    About, Callback, Design, DesignId, Handle, JobSpec, ModelError, Pinned, TemplateAsset, TemplateSpec,
    TenantId,
};
use marquetry_store::{IdempotencyClaim, RecordStoreExt as _};
use marquetry_template::{Checked, Filled, Source};
use serde_json::{Map, Value};

use super::catalogue::mockup_of;
use super::designs::Known;
use crate::sending::{Cargo, Way};
use crate::{BatchRequest, BatchView, JobOrder, Service, ServiceError, Submitted, Terms, fingerprint};

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
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
        let (pinned, layout) = self.pinned_template(tenant, &request.template).await?;
        let claim = self.claim(&terms, "template", || fingerprint::fill(&request, &terms));
        let filling = Filling::new(pinned, &layout, &request.fields, request.about);
        self.submit_filled(tenant, filling, way, terms, claim).await
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
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
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
        let claim = self.claim(&terms, "preview", || fingerprint::fill(&request, &terms));
        let filling = Filling::new(pinned, &layout, &request.fields, request.about);
        self.submit_filled(tenant, filling, way, terms, claim).await
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
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
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
        let about = design.about.clone();
        let order = self.order_of_design(tenant, &design, about, way.as_ref()).await?;
        let submitted = self.submit(tenant, order, terms, claim).await;
        if matches!(submitted, Err(ServiceError::IdempotencyConflict)) && known == Known::New {
            self.delete_design(tenant, id).await?;
        }
        submitted
    }

    /// Renders a design as it is now. What `about` says is put over what the design says of itself, for this render
    /// alone.
    ///
    /// # Errors
    /// [`ServiceError::DesignNotFound`], and as [`Self::submit_template`].
    pub async fn submit_design(
        &self,
        tenant: TenantId,
        id: DesignId,
        about: About,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
        let design = self.design(tenant, id).await?;
        let claim = self.claim(&terms, "design", || fingerprint::design(id, &about, &terms));
        let about = about.over(design.about.clone());
        let order = self.order_of_design(tenant, &design, about, way.as_ref()).await?;
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        self.submit(tenant, order, terms, claim).await
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
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
        let group = self.group(tenant, id).await?;
        let claim = self.claim(&terms, "group", || fingerprint::group(id, &request, &terms));
        let mut orders = Vec::with_capacity(group.templates.len());
        for (at, template) in group.templates.iter().enumerate() {
            let (pinned, layout) = self.pinned_template(tenant, template).await?;
            let filling = Filling {
                index: at + 1,
                ..Filling::new(pinned, &layout, &request.fields, request.about.clone())
            };
            orders.push(self.ordered(tenant, filling, way.as_ref()).await?);
        }
        let batch = BatchRequest {
            group: Some(group.id),
            orders,
            callback: request.of_all,
        };
        self.submit_batch(tenant, batch, terms, claim).await
    }

    /// Fills a revision and writes the job down.
    async fn submit_filled(
        &self,
        tenant: TenantId,
        filling: Filling<'_>,
        way: Option<Way>,
        terms: Terms,
        claim: Option<IdempotencyClaim>,
    ) -> Result<Submitted, ServiceError> {
        let order = self.ordered(tenant, filling, way.as_ref()).await?;
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        self.submit(tenant, order, terms, claim).await
    }

    async fn order_of_design(
        &self,
        tenant: TenantId,
        design: &Design,
        about: About,
        way: Option<&Way>,
    ) -> Result<JobOrder, ServiceError> {
        let layout = self.checked_layout(tenant, design.pinned.layout).await?;
        let filling = Filling {
            design: Some(design.id),
            ..Filling::new(design.pinned.clone(), &layout, &design.fields, about)
        };
        self.ordered(tenant, filling, way).await
    }

    /// What is drawn, with everything that it needs as it is at this moment, and where its file goes.
    async fn ordered(
        &self,
        tenant: TenantId,
        filling: Filling<'_>,
        way: Option<&Way>,
    ) -> Result<JobOrder, ServiceError> {
        let fields = Value::Object(values(filling.fields)?);
        let filled = self.fill(filling.layout, &fields)?;
        let needed = needed(filling.layout, &filled);
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
        let cargo = Cargo {
            about: &filling.about,
            index: filling.index,
            filled: Some(&filled),
            subject: filling.pinned.template.as_str(),
            // As the worker makes it of one page, and of two.
            extension: match filling.layout.template().pages.len() {
                0 | 1 => "jpg",
                _ => "pdf",
            },
        };
        let send_to = self.sent(way, &cargo)?;
        let spec = TemplateSpec {
            pinned: filling.pinned,
            fields: fields.to_string(),
            design: filling.design,
            about: filling.about,
            mockups,
            assets: assets.into_iter().collect(),
            export: None,
        };
        Ok(JobOrder {
            spec: JobSpec::Template(Box::new(spec)),
            send_to,
        })
    }
}

/// A revision with values, on its way to become a job.
struct Filling<'f> {
    pinned: Pinned,
    layout: &'f Checked,
    fields: &'f str,
    about: About,
    design: Option<DesignId>,
    /// Which of those that are submitted together, from 1.
    index: usize,
}

impl<'f> Filling<'f> {
    /// Of no design, and submitted alone.
    fn new(pinned: Pinned, layout: &'f Checked, fields: &'f str, about: About) -> Self {
        Self {
            pinned,
            layout,
            fields,
            about,
            design: None,
            index: 1,
        }
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

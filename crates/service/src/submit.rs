//! The way in: what is asked becomes a durable job.

use std::time::Duration;

use marquetry_model::{
    About, Announce, BlobKey, Callback, Export, Job, JobId, JobSpec, Mockup, ModelError, Priority,
    RenderRequest, RequestedAsset, SendTo, TenantId, UploadSource, UploadSpec, footprint,
};
use marquetry_store::failpoint::{self, Point};
use marquetry_store::{Fingerprint, IdempotencyClaim, Inserted};

use crate::sending::Cargo;
use crate::{SendRequest, Service, ServiceError, StoredUpload, fingerprint, resolve};

/// Whether the caller waits for the end of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The caller looks later, or hears by a webhook: the end of the job is an event.
    No,
    /// The caller waits this long, or as long as the service allows if that is shorter. The end of the job is no
    /// event, not even when the wait was too short.
    UpTo(Duration),
}

/// How a job is submitted. A [`Wait`] alone is the simplest of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether the caller waits.
    pub wait: Wait,
    /// Somebody who wants to hear of this one job. Only jobs that nobody waits for tell anybody anything.
    pub callback: Option<Callback>,
    /// Makes it safe to submit again: 1 to 255 characters of the caller's choice.
    pub idempotency_key: Option<String>,
    /// How urgent the job is among those of all tenants. Not part of what is asked: a submission that is repeated
    /// keeps the priority that it had.
    pub priority: Priority,
    /// Where the file is to be sent once it is made.
    pub send_to: Option<SendRequest>,
}

/// What a job is made of: what is to be done, and where its file goes.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOrder {
    /// What is to be done.
    pub spec: JobSpec,
    /// Where its file goes, resolved.
    pub send_to: Option<SendTo>,
}

impl From<JobSpec> for JobOrder {
    fn from(spec: JobSpec) -> Self {
        Self { spec, send_to: None }
    }
}

/// A mockup to be made.
#[derive(Debug)]
pub struct UploadRequest {
    /// What it is to be called. 1 to 255 characters.
    pub name: String,
    /// The PSD or PSB.
    pub file: UploadFile,
}

/// Where the file of an upload is.
#[derive(Debug)]
pub enum UploadFile {
    /// At an http or https address; the worker fetches it.
    Url(String),
    /// Here already, put by [`Service::put_upload`].
    Stored(StoredUpload),
}

/// What became of a submission. The job is durable in either case.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    /// It will be done; look for it later.
    Accepted(Job),
    /// It has ended; its state says how.
    Finished(Job),
}

impl From<Wait> for Terms {
    fn from(wait: Wait) -> Self {
        Self {
            wait,
            callback: None,
            idempotency_key: None,
            priority: Priority::default(),
            send_to: None,
        }
    }
}

impl Submitted {
    /// The job, as it was last seen.
    pub const fn job(&self) -> &Job {
        match self {
            Self::Accepted(job) | Self::Finished(job) => job,
        }
    }

    /// The job, as it was last seen.
    pub fn into_job(self) -> Job {
        match self {
            Self::Accepted(job) | Self::Finished(job) => job,
        }
    }
}

impl Service {
    /// Makes a mockup from a file.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the name or the idempotency key, [`ServiceError::UrlRefused`] for the
    /// callback, [`ServiceError::IdempotencyConflict`], [`ServiceError::QueueFull`], and those of the store.
    pub async fn submit_upload(
        &self,
        tenant: TenantId,
        request: UploadRequest,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        if terms.send_to.is_some() {
            return Err(ServiceError::Invalid(ModelError::Malformed {
                field: "send_to",
                expected: "absent, for an upload makes no file",
            }));
        }
        let source = match &request.file {
            UploadFile::Url(url) => UploadSource::Url(url.clone()),
            UploadFile::Stored(stored) => UploadSource::Blob {
                key: stored.key().clone(),
            },
        };
        let spec = UploadSpec::new(request.name, source)?;
        let claim = self.claim(&terms, "upload", || fingerprint::upload(&spec, &terms));
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        let submitted = self
            .submit(tenant, JobSpec::Upload(spec).into(), terms, claim)
            .await;
        // Only now may anybody else decide that the file is not needed.
        drop(request.file);
        submitted
    }

    /// Draws a mockup with changes.
    ///
    /// # Errors
    /// [`ServiceError::MockupNotFound`], [`ServiceError::SmartObjectNotFound`],
    /// [`ServiceError::TextLayerNotFound`], [`ServiceError::TextLayerNotEditable`]; [`ServiceError::Invalid`] when
    /// something cannot be hidden or has the wrong form; [`ServiceError::AssetTooLarge`], [`ServiceError::NeverFits`],
    /// [`ServiceError::UrlRefused`] for the callback, [`ServiceError::RecipientNotFound`],
    /// [`ServiceError::IdempotencyConflict`], [`ServiceError::QueueFull`], and those of store and blobs.
    pub async fn submit_render(
        &self,
        tenant: TenantId,
        request: RenderRequest,
        terms: impl Into<Terms>,
    ) -> Result<Submitted, ServiceError> {
        let terms = self.checked(terms.into())?;
        self.check_assets(&request)?;
        let way = self.way(tenant, terms.send_to.as_ref()).await?;
        let mockup = self.mockup(tenant, request.mockup).await?;
        let hashes = resolve::hash_assets(&request);
        let claim = self.claim(&terms, "render", || {
            fingerprint::render(&request, &hashes, &terms)
        });
        let (spec, bytes) = resolve::resolve(request, &hashes, &mockup)?;
        self.check_footprint(&mockup, &spec.export)?;
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        // Blobs first, row second: a job never points at bytes that are not there.
        for (key, bytes) in bytes {
            self.put_bytes(&key, bytes).await?;
        }
        let cargo = Cargo {
            about: &About::default(),
            index: 1,
            filled: None,
            subject: "render",
            extension: spec.export.format.extension(),
        };
        let order = JobOrder {
            send_to: self.sent(way.as_ref(), &cargo)?,
            spec: JobSpec::Render(Box::new(spec)),
        };
        self.submit(tenant, order, terms, claim).await
    }

    /// Writes the job down and waits for its end if that is wanted.
    pub(crate) async fn submit(
        &self,
        tenant: TenantId,
        order: JobOrder,
        terms: Terms,
        claim: Option<IdempotencyClaim>,
    ) -> Result<Submitted, ServiceError> {
        let id = JobId::from_random(self.inner.chance.draw()?);
        // Where the caller's span has a place for it, as that of a request has.
        tracing::Span::current().record("job", tracing::field::display(id));
        let announce = match terms.wait {
            Wait::No => Announce::Events,
            Wait::UpTo(_) => Announce::Silent,
        };
        let callback = match terms.callback {
            Some(callback) => Some(self.sealed_callback(tenant, callback)?),
            None => None,
        };
        let job = Job {
            priority: terms.priority,
            charge: self.inner.settings.prices.of(&order.spec),
            send_to: order.send_to,
            ..Job::accepted(id, tenant, order.spec, announce, callback, self.now())
        };
        // Before the job is there, or its end could pass between the two.
        let changes = self.store().changes();
        failpoint::pass(Point::BeforeAccept);
        let inserted = self.store().insert_job(&job, claim.as_ref()).await?;
        failpoint::pass(Point::AfterAccept);
        let job = match inserted {
            Inserted::New => {
                tracing::info!(job = %job.id, %tenant, kind = job.kind().name(), "job accepted");
                metrics::counter!("marquetry_jobs_accepted_total", "kind" => job.kind().name()).increment(1);
                job
            }
            Inserted::Twin(twin) => {
                tracing::info!(job = %twin.id, %tenant, "submission repeated");
                *twin
            }
            Inserted::Conflict => return Err(ServiceError::IdempotencyConflict),
            Inserted::Denied(denied) => return Err(ServiceError::Denied(denied)),
        };
        match terms.wait {
            Wait::No => Ok(Submitted::Accepted(job)),
            Wait::UpTo(limit) => self.wait_for_end(job, changes, limit).await,
        }
    }

    /// Lets one more job in. What was submitted before adds none, so it is let in however many wait.
    pub(crate) async fn admit_or_repeat(
        &self,
        tenant: TenantId,
        claim: Option<&IdempotencyClaim>,
    ) -> Result<(), ServiceError> {
        match (self.admit(tenant).await, claim) {
            (Err(full @ ServiceError::QueueFull { .. }), Some(claim)) => {
                let remembered = self.store().remembers(tenant, &claim.key, self.now()).await?;
                if remembered { Ok(()) } else { Err(full) }
            }
            (admitted, _) => admitted,
        }
    }

    /// The terms, if nothing is wrong with them.
    pub(crate) fn checked(&self, terms: Terms) -> Result<Terms, ServiceError> {
        if let Some(key) = &terms.idempotency_key {
            marquetry_model::text("idempotency_key", key, 255)?;
        }
        if let Some(callback) = &terms.callback {
            self.judge(&callback.url)?;
        }
        Ok(terms)
    }

    pub(crate) fn claim(
        &self,
        terms: &Terms,
        route: &str,
        fingerprint: impl FnOnce() -> Fingerprint,
    ) -> Option<IdempotencyClaim> {
        terms.idempotency_key.as_ref().map(|key| IdempotencyClaim {
            // One key may serve an upload and a render: they are different submissions.
            key: format!("{route}:{key}"),
            fingerprint: fingerprint(),
            until: self.now() + self.inner.settings.idempotency_kept,
        })
    }

    fn check_assets(&self, request: &RenderRequest) -> Result<(), ServiceError> {
        for change in &request.changes {
            if let Some(RequestedAsset::Bytes(bytes)) = &change.asset {
                self.check_asset(bytes)?;
            }
        }
        Ok(())
    }

    /// Whether there is a worker that can ever draw it, as far as sizes tell.
    fn check_footprint(&self, mockup: &Mockup, export: &Export) -> Result<(), ServiceError> {
        let wanted = footprint::of_drawing(mockup.size, export.size);
        let allowed = self.inner.settings.most_render_bytes;
        if wanted > allowed {
            return Err(ServiceError::NeverFits { wanted, allowed });
        }
        Ok(())
    }

    /// Whether bytes may be an asset; what they are is for `codec` to find out.
    pub(crate) fn check_asset(&self, bytes: &[u8]) -> Result<(), ServiceError> {
        if bytes.is_empty() {
            return Err(ModelError::Empty { field: "asset" }.into());
        }
        let (bytes, limit) = (length(bytes), self.inner.settings.most_asset_bytes);
        if bytes > limit {
            return Err(ServiceError::AssetTooLarge { bytes, limit });
        }
        Ok(())
    }

    /// Puts bytes under their key, over what is there: the same key means the same bytes, and a blob that was just
    /// written is young, which keeps it from being swept away.
    pub(crate) async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: impl Into<bytes::Bytes>,
    ) -> Result<(), ServiceError> {
        use marquetry_blobs::Blobs as _;
        let put = self.inner.blobs.put_blob(key, bytes.into()).await;
        put.map_err(ServiceError::blobs("putting an asset"))
    }
}

pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

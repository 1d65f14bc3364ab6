//! Batches: jobs that come in together or not at all, and are asked for as one.

use marquetry_model::{
    Announce, Batch, BatchId, BatchStanding, Callback, Handle, Job, JobId, ModelError, TenantId,
};
use marquetry_store::{IdempotencyClaim, Inserted, Noun as _, RecordStoreExt as _, Submission};

use crate::{JobOrder, Service, ServiceError, Terms};

/// Jobs to be submitted together.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchRequest {
    /// The design group whose templates are made.
    pub group: Option<Handle>,
    /// What is to be done, and where the files go; 1 to 100 jobs.
    pub orders: Vec<JobOrder>,
    /// Somebody who wants to hear when all of them have ended.
    pub callback: Option<Callback>,
}

/// A batch, and its jobs as far as they are remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchView {
    /// The batch.
    pub batch: Batch,
    /// Its jobs, in its order.
    pub jobs: Vec<Job>,
}

impl BatchView {
    /// Where the batch stands.
    pub fn standing(&self) -> BatchStanding {
        BatchStanding::of(&self.jobs)
    }
}

/// The most jobs of a batch.
const MOST_JOBS: usize = 100;

impl Service {
    /// Submits jobs together: all of them are durable, and what they cost is held, or none. The callback and the
    /// priority of `terms` are those of each job; nobody waits for a batch. `claim` makes it safe to repeat.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the number of jobs, [`ServiceError::UrlRefused`] for a callback,
    /// [`ServiceError::Denied`], [`ServiceError::IdempotencyConflict`], [`ServiceError::QueueFull`], and those of the
    /// store.
    pub async fn submit_batch(
        &self,
        tenant: TenantId,
        request: BatchRequest,
        terms: Terms,
        claim: Option<IdempotencyClaim>,
    ) -> Result<BatchView, ServiceError> {
        let terms = self.checked(terms)?;
        if !(1..=MOST_JOBS).contains(&request.orders.len()) {
            return Err(few_or_many());
        }
        let of_all = match request.callback {
            Some(callback) => {
                self.judge(&callback.url)?;
                Some(self.sealed_callback(tenant, callback)?)
            }
            None => None,
        };
        let of_each = match terms.callback {
            Some(callback) => Some(self.sealed_callback(tenant, callback)?),
            None => None,
        };
        self.admit_or_repeat(tenant, claim.as_ref()).await?;
        let now = self.now();
        let mut jobs = Vec::with_capacity(request.orders.len());
        for order in request.orders {
            let id = JobId::from_random(self.inner.chance.draw()?);
            jobs.push(Job {
                priority: terms.priority,
                charge: self.inner.settings.prices.of(&order.spec),
                send_to: order.send_to,
                ..Job::accepted(id, tenant, order.spec, Announce::Events, of_each.clone(), now)
            });
        }
        let Some((first, more)) = jobs.split_first() else {
            return Err(few_or_many());
        };
        let batch = Batch {
            tenant,
            id: batch_of(first.id),
            group: request.group,
            jobs: jobs.iter().map(|job| job.id).collect(),
            callback: of_all,
            created_at: now,
        };
        let mut records = vec![batch.record()];
        // Only for somebody who wants to hear of it.
        records.extend(batch.callback.as_ref().map(|_| batch.pending().record()));
        let submission = Submission {
            first: first.clone(),
            more: more.to_vec(),
            claim,
            records,
        };
        match self.store().insert_jobs(&submission).await? {
            Inserted::New => {
                tracing::info!(batch = %batch.id, %tenant, jobs = jobs.len(), "batch accepted");
                for job in &jobs {
                    let kind = job.kind().name();
                    metrics::counter!("marquetry_jobs_accepted_total", "kind" => kind).increment(1);
                }
                Ok(BatchView { batch, jobs })
            }
            Inserted::Twin(twin) => {
                tracing::info!(job = %twin.id, %tenant, "submission repeated");
                let batch = self.batch(tenant, batch_of(twin.id)).await?;
                // A key of something else cannot be that of a batch: its fingerprint would be another.
                batch.ok_or(ServiceError::IdempotencyConflict)
            }
            Inserted::Conflict => Err(ServiceError::IdempotencyConflict),
            Inserted::Denied(denied) => Err(ServiceError::Denied(denied)),
        }
    }

    /// A batch of the tenant, with its jobs.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn batch(&self, tenant: TenantId, id: BatchId) -> Result<Option<BatchView>, ServiceError> {
        let Some(batch) = self.store().get::<Batch>(tenant, &id.to_string()).await? else {
            return Ok(None);
        };
        let mut jobs = Vec::with_capacity(batch.jobs.len());
        for id in &batch.jobs {
            jobs.extend(self.store().job(tenant, *id).await?);
        }
        Ok(Some(BatchView { batch, jobs }))
    }
}

fn few_or_many() -> ServiceError {
    ServiceError::Invalid(ModelError::Malformed {
        field: "jobs",
        expected: "1 to 100 jobs",
    })
}

/// The id of the batch that begins with a job: whoever repeats a submission is answered with that job.
fn batch_of(first: JobId) -> BatchId {
    let mut hash = blake3::Hasher::new();
    hash.update(b"batch");
    hash.update(first.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    BatchId::from_random(id)
}

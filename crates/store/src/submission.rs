//! What comes in together: all of it becomes durable in one transaction, or nothing does.

use marquetry_model::{Job, TenantId};

use crate::{IdempotencyClaim, Record};

/// Jobs that are submitted together, of one tenant, and what comes with them. What they
/// [cost](marquetry_model::Job::charge) is held with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// The first job: what a repeated submission is answered with.
    pub first: Job,
    /// The others.
    pub more: Vec<Job>,
    /// Makes it safe to repeat.
    pub claim: Option<IdempotencyClaim>,
    /// Records that appear with it.
    pub records: Vec<Record>,
}

impl Submission {
    /// One job, and nothing with it.
    pub const fn of(job: Job) -> Self {
        Self {
            first: job,
            more: Vec::new(),
            claim: None,
            records: Vec::new(),
        }
    }

    /// Whether it is one job that costs nothing, with nothing but its key.
    pub const fn is_plain(&self) -> bool {
        self.more.is_empty() && self.records.is_empty() && self.first.charge.is_none()
    }

    /// Whose it is.
    pub const fn tenant(&self) -> TenantId {
        self.first.tenant
    }

    /// All jobs, in order.
    pub fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::with_capacity(self.more.len() + 1);
        jobs.push(self.first.clone());
        jobs.extend(self.more.iter().cloned());
        jobs
    }
}

//! Jobs that were submitted together, and what is owed once others have ended.

use marquetry_job::{JobState, Timestamp};

use crate::{BatchId, Callback, DeliveryId, Handle, Job, JobId, TenantId, Version};

/// Jobs that were submitted together and are asked for as one. Never changes: where it stands is what its jobs say.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub id: BatchId,
    /// The design group whose templates are made.
    pub group: Option<Handle>,
    /// Its jobs, in order; at least one.
    pub jobs: Vec<JobId>,
    /// Somebody who wants to hear when all of them have ended.
    pub callback: Option<Callback>,
    /// When it came in.
    pub created_at: Timestamp,
}

/// Something that is owed once others have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Whose it is.
    pub tenant: TenantId,
    /// What is owed.
    pub then: Then,
    /// What has to end before.
    pub after: After,
    /// Since when.
    pub created_at: Timestamp,
}

/// What has to end before. What is not there any more has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// All of these jobs, and where their files are sent, that too.
    Jobs(Vec<JobId>),
    /// All of these deliveries.
    Deliveries(Vec<DeliveryId>),
}

/// What is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// To tell of the end of a batch.
    TellOfBatch(BatchId),
    /// To tell of the end of a job.
    TellOfJob(JobId),
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchStanding {
    /// None of its jobs has begun.
    Waiting,
    /// Some have begun, and not all have ended.
    Running,
    /// All have succeeded.
    Succeeded,
    /// All have ended, and so many of them not well.
    Failed {
        /// How many.
        failed: usize,
    },
}

impl BatchStanding {
    /// That of a batch with these jobs.
    pub fn of(jobs: &[Job]) -> Self {
        let failed = jobs
            .iter()
            .filter(|job| job.state.is_terminal() && !matches!(job.state, JobState::Succeeded { .. }))
            .count();
        let waits = |job: &Job| matches!(job.state, JobState::Queued { .. }) && job.started_at.is_none();
        if jobs.iter().all(|job| job.state.is_terminal()) {
            match failed {
                0 => Self::Succeeded,
                failed => Self::Failed { failed },
            }
        } else if jobs.iter().all(waits) {
            Self::Waiting
        } else {
            Self::Running
        }
    }
}

impl Batch {
    /// What is owed when all its jobs have ended.
    pub fn pending(&self) -> Pending {
        Pending {
            tenant: self.tenant,
            then: Then::TellOfBatch(self.id),
            after: After::Jobs(self.jobs.clone()),
            created_at: self.created_at,
        }
    }

    /// Its version, which never changes.
    pub const VERSION: Version = Version::FIRST;
}

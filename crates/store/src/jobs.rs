//! The store of jobs.

use std::sync::Arc;

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, Job, JobId, JobKind, Mockup, MockupId, Posting, TenantId, Version};

use crate::{
    Changes, Cursor, IdempotencyClaim, Inserted, Page, Pick, Record, StoreError, Submission, Suspect,
    Suspects,
};

/// Remembers jobs. Small on purpose: what the states mean is decided by the caller.
#[async_trait]
pub trait JobStore: std::fmt::Debug + Send + Sync {
    /// Makes `job` durable, together with the key that makes its submission safe to repeat. When the
    /// key is remembered already (at `job.created_at`), the job is not inserted.
    ///
    /// The job is given its turn, a number that never changes: one more than the greatest turn of this tenant and
    /// priority among jobs that have begun or have not ended, and at least the greatest turn of this priority that was
    /// ever begun, those of forgotten jobs included; zero when there are none of either. Jobs that were cancelled before
    /// they began count for nothing. Two jobs that come in at one moment may be given one turn.
    ///
    /// What the job [costs](Job::charge) is held in the same transaction, as [`insert_jobs`](Self::insert_jobs) says.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Result<Inserted, StoreError>;

    /// Makes several jobs of one tenant durable, with their key, their records, and what they cost held in the
    /// tenant's account by [`Account::hold_for`](marquetry_model::Account::hold_for): all in one transaction, or
    /// nothing. Each is given its turn, in their order.
    ///
    /// A key that is remembered answers before the account is asked. As it stands here, one plain job is taken and
    /// everything else refused, which is right for a store that keeps no accounts and no records.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when an id is taken.
    async fn insert_jobs(&self, submission: &Submission) -> Result<Inserted, StoreError> {
        if submission.is_plain() {
            return self
                .insert_job(&submission.first, submission.claim.as_ref())
                .await;
        }
        Err(StoreError::Broken {
            doing: "inserting jobs with what comes with them",
            source: "this store takes single jobs that cost nothing".into(),
        })
    }

    /// Whether an idempotency key of this tenant is remembered at `at`: inserting a job with it then inserts nothing.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Result<bool, StoreError>;

    /// The job with this id, if it is this tenant's.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// A tenant's jobs, newest first by `(created_at, id)`, those after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Job>, StoreError>;

    /// Jobs of all tenants whose [`due`](marquetry_job::JobState::due) moment is not after `pick.now`, at most
    /// `pick.limit`. First those whose lease has lapsed, the longest lapsed first by `(due, created_at, id)`;
    /// then those that wait, by priority in the order of `pick.first` and by `(turn, created_at, id)` within one,
    /// but for tenants that have `pick.at_once` jobs running or found to be run. `pick.suspects` says what becomes of
    /// those whose holder has vanished before.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when one that would be found cannot be read: who looks at the line may go by what is
    /// not there, as when it decides what may be deleted.
    async fn due_jobs(&self, pick: &Pick) -> Result<Vec<Job>, StoreError>;

    /// Lends due jobs to `step` and writes those it takes, so that nobody else is lent them meanwhile:
    /// the store picks, under a lock of its own, what [`due_jobs`](Self::due_jobs) would find;
    /// `step` decides; and what it decided is written in one transaction.
    ///
    /// What others are being lent at this moment may be passed over: finding nothing does not mean that
    /// nothing is due. Where suspects are passed over, the one that [`Suspects::Alone`] would find is told of.
    /// A job that cannot be read is passed over (see [`readable`](crate::persisted::readable)), here and in lists.
    /// As it stands here, the jobs are found and swapped one by one, which is right for any store in which all can be
    /// read, and quick for none.
    ///
    /// # Errors
    /// Only those of the backend. What was written before the error is found again when its lease lapses.
    async fn claim_due(&self, pick: &Pick, step: ClaimStep) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::default();
        if pick.suspects == Suspects::PassedOver {
            let alone = Pick {
                limit: 1,
                suspects: Suspects::Alone,
                ..*pick
            };
            let found = self.due_jobs(&alone).await?;
            claimed.suspect = found.first().and_then(Suspect::of);
        }
        for job in self.due_jobs(pick).await? {
            let Some(taken) = step(&job) else {
                claimed.left.push(job);
                continue;
            };
            let swap = JobSwap::only(taken);
            if self.replace_job(job.version, &swap).await? == Swap::Swapped {
                claimed.taken.push(swap.job);
            }
        }
        Ok(claimed)
    }

    /// The earliest moment at which any job is due, past or future; `None` when every job has ended.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn next_due_job(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Running jobs of all tenants, lapsed or not, at most `limit`, in the order of their ids, those
    /// after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn held_jobs(&self, after: Option<JobId>, limit: u32) -> Result<Vec<Job>, StoreError>;

    /// Puts `swap.job` in the place of the stored one if that is at version `expected`, adds the deliveries, the
    /// records and the mockup with it, and settles what was held for it: all in one transaction, or nothing.
    ///
    /// The spec, tenant, cost and creation time of a job never change; a store need not write them again.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id of a delivery, a record or the mockup is taken.
    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Result<Swap, StoreError>;

    /// Several swaps, no two of one job: each as [`replace_job`](Self::replace_job) would do it by itself, and what became
    /// of each, in their order. One that is refused or fails keeps no other from being done.
    ///
    /// As it stands here they are done one by one, which is right for any store, and quick for none.
    async fn replace_jobs(&self, swaps: &[(Version, JobSwap)]) -> Vec<Result<Swap, StoreError>> {
        let swapping = swaps
            .iter()
            .map(|(expected, swap)| self.replace_job(*expected, swap));
        futures::future::join_all(swapping).await
    }

    /// Jobs of all tenants that have not ended and were created no later than `before`, at most `limit`, the oldest
    /// first by `(created_at, id)`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn overdue_jobs(&self, before: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError>;

    /// Forgets jobs of all tenants that have ended and were created no later than `before`, at most `limit`, the
    /// oldest first by `(created_at, id)`, and the idempotency keys that led to them; tells how many jobs. Several
    /// callers at once share the work.
    ///
    /// # Errors
    /// Only those of the backend; nothing is forgotten then.
    async fn forget_jobs(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// How many jobs have not ended: of one tenant, or of all.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Result<u64, StoreError>;

    /// Forgets the idempotency keys whose time was up at `now`; tells how many.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn forget_claims(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Hears of changes made through this store from now on.
    fn changes(&self) -> Changes;
}

/// Which jobs to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only jobs of one kind.
    pub kind: Option<JobKind>,
    /// Only jobs that work on this mockup.
    pub subject: Option<MockupId>,
}

impl JobFilter {
    /// Whether `job` is to be listed.
    pub fn admits(&self, job: &Job) -> bool {
        self.kind.is_none_or(|kind| job.kind() == kind)
            && self
                .subject
                .is_none_or(|mockup| job.spec.subject() == Some(mockup))
    }
}

/// What [`JobStore::replace_job`] writes together.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSwap {
    /// The job in its new state, at its new version.
    pub job: Job,
    /// The deliveries that its end owes.
    pub owed: Vec<Delivery>,
    /// The mockup that it made.
    pub mockup: Option<Mockup>,
    /// Records that appear with it.
    pub records: Vec<Record>,
    /// What becomes of what was held for it: [`Posting::Charged`], [`Posting::Released`], or nothing yet.
    pub settled: Option<Posting>,
}

impl JobSwap {
    /// Whether it settles nothing and no records come with it.
    pub fn is_plain(&self) -> bool {
        self.settled.is_none() && self.records.is_empty()
    }

    /// A new state that owes nothing and made nothing.
    pub fn only(job: Job) -> Self {
        Self {
            job,
            owed: Vec::new(),
            mockup: None,
            records: Vec::new(),
            settled: None,
        }
    }
}

/// Decides about one due job that a store lends: the job as it is to be written, most often taken, and one version
/// on, or `None` to leave it as it is. It may be asked on any thread, and more than once about a job.
pub type ClaimStep = Arc<dyn Fn(&Job) -> Option<Job> + Send + Sync>;

/// What became of the jobs that were lent to a [`ClaimStep`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claimed {
    /// Taken, as they are written now, in the order they were found in.
    pub taken: Vec<Job>,
    /// Left as they were.
    pub left: Vec<Job>,
    /// The suspect that was passed over and would be found by a process that runs nothing.
    pub suspect: Option<Suspect>,
}

/// What became of a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "when the record moved, nothing was written"]
pub enum Swap {
    /// It is durable now.
    Swapped,
    /// The record is at another version: read it again and step again.
    Moved,
    /// There is no such record.
    Missing,
}

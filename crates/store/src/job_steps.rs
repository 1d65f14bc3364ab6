//! The loop that worker and service share: find a job, step it, swap it, and begin again when it moved.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use marquetry_job::{Cancel, Cause, Hold, IllegalStep, Jitter, JobEvent, JobState, RetrySchedule, Timestamp};
use marquetry_model::{Delivery, Job, JobId, JobResult, Mockup, Pending, Progress, TenantId};

use self::rounds::Swapped;
use crate::failpoint::{self, Point};
use crate::{Store, StoreError, Suspect};

mod claims;
mod rounds;

/// Knows who is to hear of a job's end, and in whose words.
#[async_trait]
pub trait Announcer: std::fmt::Debug + Send + Sync {
    /// What is owed because `job` ends in the state it has here. Asked again when the swap has to be repeated, and not
    /// asked for jobs that end silently and are sent nowhere.
    ///
    /// # Errors
    /// When the endpoints could not be read; the job then does not end yet. What can never be written
    /// should be left out and logged rather than hold the job up.
    async fn owed(&self, job: &Job, now: Timestamp) -> Result<Owed, StoreError>;

    /// The deliveries that `pending` leads to, now that what it waited for has ended. Nothing as it stands here.
    ///
    /// # Errors
    /// When what it is about could not be read; it then stays pending.
    async fn owed_after(&self, pending: &Pending, now: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        let (_, _) = (pending, now);
        Ok(Vec::new())
    }
}

/// What the end of a job owes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owed {
    /// Now.
    pub deliveries: Vec<Delivery>,
    /// Once those have ended.
    pub later: Option<Pending>,
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence;

#[async_trait]
impl Announcer for Silence {
    async fn owed(&self, _: &Job, _: Timestamp) -> Result<Owed, StoreError> {
        Ok(Owed::default())
    }
}

/// Steps jobs in a store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JobSteps {
    store: Arc<dyn Store>,
    announcer: Arc<dyn Announcer>,
    retry: Arc<RetrySchedule>,
    /// How many jobs of one tenant may run.
    at_once: u32,
    /// How long after it came in a job has to have ended.
    deadline: Duration,
    /// How many jobs were taken since a low one came first.
    since_low: Arc<AtomicUsize>,
    /// Jobs claimed or renewed here, as they were written then. Most reports find theirs unchanged and
    /// need not read it again: half the calls of a claim and a finish. The store still compares versions,
    /// so an entry that is out of date costs one vain swap and nothing else.
    held: Arc<Mutex<HashMap<(TenantId, JobId), Job>>>,
}

/// What became of a worker's report.
#[derive(Clone, Debug, PartialEq)]
pub enum Reported<T> {
    /// It was written, and this is the record now. Look at its state: a job that was finished after
    /// its cancel was asked is cancelled.
    Written(T),
    /// The reporter no longer holds it, or it has ended: whatever was done does not count.
    Refused(IllegalStep),
    /// There is no such record.
    Missing,
}

/// What a claim gave to a worker that runs other jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The jobs that it holds now.
    pub jobs: Vec<Job>,
    /// A suspect that waits for a worker that runs nothing. If all of them claim on, none ever will.
    pub suspect: Option<Suspect>,
}

/// What became of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The worker holds the job until then, and is told whether it is to stop.
    Held {
        /// Until when.
        until: Timestamp,
        /// Whether somebody wants the job stopped.
        cancel: Cancel,
    },
    /// The worker no longer holds the job: stop working on it.
    Lost,
}

/// What became of the wish to cancel a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancelling {
    /// It was waiting and is cancelled now.
    Done(Job),
    /// It is running and will stop at its next stage.
    Asked(Job),
    /// It had been cancelled before.
    Already(Job),
    /// It had ended otherwise before.
    TooLate(Job),
    /// This tenant has no such job.
    Unknown,
}

/// A job that is done, as its worker tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Whose job it is.
    pub tenant: TenantId,
    /// The job.
    pub id: JobId,
    /// The hold that the worker was given.
    pub by: Hold,
    /// What came of it, whose blobs are stored.
    pub result: JobResult,
    /// The mockup that it made.
    pub mockup: Option<Mockup>,
}

/// What a job that is finished, or goes on, brings along.
#[derive(Clone, Debug, Default)]
struct Fruit {
    result: Option<JobResult>,
    mockup: Option<Mockup>,
    progress: Option<Progress>,
}

impl Fruit {
    fn of(finished: &Finished) -> Self {
        Self {
            result: Some(finished.result.clone()),
            mockup: finished.mockup.clone(),
            progress: None,
        }
    }
}

impl JobSteps {
    /// How often a step is tried anew when the record moved in between. Each loss means that somebody
    /// else got ahead, and a job has few who may move it.
    const ROUNDS: usize = 64;
    /// How many held jobs are kept at hand.
    const MOST_HELD: usize = 1024;
    /// How many jobs of one tenant run at once unless told otherwise.
    pub const AT_ONCE: u32 = 64;
    /// How long after it came in a job has to have ended, unless told otherwise.
    pub const DEADLINE: Duration = Duration::from_hours(24);

    /// Steps over `store`, telling `announcer` of ends, trying again by `retry`.
    pub fn new(store: Arc<dyn Store>, announcer: Arc<dyn Announcer>, retry: RetrySchedule) -> Self {
        Self {
            store,
            announcer,
            retry: Arc::new(retry),
            at_once: Self::AT_ONCE,
            deadline: Self::DEADLINE,
            since_low: Arc::default(),
            held: Arc::default(),
        }
    }

    /// The same, taking jobs of a tenant only while fewer than `at_once` of them run, those of all workers counted.
    /// At least one. [`Self::AT_ONCE`] unless told otherwise.
    #[must_use]
    pub fn at_once(mut self, at_once: u32) -> Self {
        self.at_once = at_once.max(1);
        self
    }

    /// The same, failing jobs that have not ended `deadline` after they came in, waiting included.
    /// [`Self::DEADLINE`] unless told otherwise.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Tells that the holder is alive and goes on until `now + lease_for`.
    ///
    /// # Errors
    /// Those of the store; the lease then runs on as it was.
    pub async fn renew(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        now: Timestamp,
        lease_for: Duration,
    ) -> Result<Renewal, StoreError> {
        self.renew_at(tenant, id, by, now, lease_for, None).await
    }

    /// The same, and tells how far the work has come, for those who ask in other processes.
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub async fn renew_at(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        now: Timestamp,
        lease_for: Duration,
        progress: Option<Progress>,
    ) -> Result<Renewal, StoreError> {
        let fruit = Fruit {
            progress,
            ..Fruit::default()
        };
        let event = JobEvent::Renewed {
            by,
            until: now + lease_for,
        };
        Ok(
            match self.report(tenant, id, event, now, Jitter::MIDDLE, fruit).await? {
                Reported::Written(Job {
                    state: JobState::Running { lease, cancel, .. },
                    ..
                }) => Renewal::Held {
                    until: lease.until,
                    cancel,
                },
                _ => Renewal::Lost,
            },
        )
    }

    /// Ends a job well: result, mockup, deliveries and state in one transaction. The blobs must be
    /// stored before. When its cancel was asked, the job ends cancelled and the mockup is not added.
    ///
    /// # Errors
    /// Those of the store; the job then still runs.
    pub async fn finish(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        result: JobResult,
        mockup: Option<Mockup>,
        now: Timestamp,
    ) -> Result<Reported<Job>, StoreError> {
        let fruit = Fruit {
            result: Some(result),
            mockup,
            progress: None,
        };
        failpoint::pass(Point::BeforeFinish);
        let reported = self
            .report(tenant, id, JobEvent::Finished { by }, now, Jitter::MIDDLE, fruit)
            .await;
        failpoint::pass(Point::AfterFinish);
        reported
    }

    /// Ends several jobs well, each as [`finish`](Self::finish) would end it by itself; what became of each, in their
    /// order. Those that were claimed here are written together.
    pub async fn finish_all(
        &self,
        finished: Vec<Finished>,
        now: Timestamp,
    ) -> Vec<Result<Reported<Job>, StoreError>> {
        failpoint::pass(Point::BeforeFinish);
        let (mut known, mut places) = (Vec::new(), Vec::new());
        {
            let mut held = self.held();
            for (place, one) in finished.iter().enumerate() {
                if let Some(job) = held.remove(&(one.tenant, one.id)) {
                    known.push((job, JobEvent::Finished { by: one.by }, Fruit::of(one)));
                    places.push(place);
                }
            }
        }
        let mut reported: Vec<Option<Result<Reported<Job>, StoreError>>> =
            finished.iter().map(|_| None).collect();
        let together = self.swap_with(known, now).await;
        for (place, swapped) in places.into_iter().zip(together) {
            reported[place] = match swapped {
                Ok(Swapped::Now(job)) => Some(Ok(Reported::Written(*job))),
                // Whatever else became of it is found out by reading it again.
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            };
        }
        let asking = finished.iter().zip(reported).map(|(one, known)| async move {
            match known {
                Some(reported) => reported,
                None => {
                    let event = JobEvent::Finished { by: one.by };
                    let fruit = Fruit::of(one);
                    self.report(one.tenant, one.id, event, now, Jitter::MIDDLE, fruit)
                        .await
                }
            }
        });
        let reported = join_all(asking).await;
        failpoint::pass(Point::AfterFinish);
        reported
    }

    /// Tells that the attempt broke: it is tried again, or fails.
    ///
    /// # Errors
    /// Those of the store; the job then still runs.
    pub async fn broke(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        cause: Cause,
        now: Timestamp,
        jitter: Jitter,
    ) -> Result<Reported<Job>, StoreError> {
        self.report(
            tenant,
            id,
            JobEvent::Broke { by, cause },
            now,
            jitter,
            Fruit::default(),
        )
        .await
    }

    /// Gives a job back unfinished because the worker shuts down.
    ///
    /// # Errors
    /// Those of the store; the lease then has to lapse.
    pub async fn hand_back(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        now: Timestamp,
    ) -> Result<Reported<Job>, StoreError> {
        self.report(
            tenant,
            id,
            JobEvent::HandedBack { by },
            now,
            Jitter::MIDDLE,
            Fruit::default(),
        )
        .await
    }

    /// Tells that the holder saw the wish to cancel and has stopped.
    ///
    /// # Errors
    /// Those of the store; the lease then has to lapse.
    pub async fn stopped(
        &self,
        tenant: TenantId,
        id: JobId,
        by: Hold,
        now: Timestamp,
    ) -> Result<Reported<Job>, StoreError> {
        self.report(
            tenant,
            id,
            JobEvent::Stopped { by },
            now,
            Jitter::MIDDLE,
            Fruit::default(),
        )
        .await
    }

    /// Ends a job that has had all the time it may have.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn deadline_passed(
        &self,
        tenant: TenantId,
        id: JobId,
        now: Timestamp,
    ) -> Result<Reported<Job>, StoreError> {
        self.report(
            tenant,
            id,
            JobEvent::DeadlinePassed,
            now,
            Jitter::MIDDLE,
            Fruit::default(),
        )
        .await
    }

    /// Cancels a job that waits, or asks a running one to stop.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn cancel(
        &self,
        tenant: TenantId,
        id: JobId,
        now: Timestamp,
    ) -> Result<Cancelling, StoreError> {
        for _ in 0..Self::ROUNDS {
            let Some(job) = self.store.job(tenant, id).await? else {
                return Ok(Cancelling::Unknown);
            };
            match &job.state {
                JobState::Cancelled { .. } => return Ok(Cancelling::Already(job)),
                state if state.is_terminal() => return Ok(Cancelling::TooLate(job)),
                JobState::Running {
                    cancel: Cancel::Asked,
                    ..
                } => return Ok(Cancelling::Asked(job)),
                _ => {}
            }
            match self
                .swap(job, JobEvent::CancelAsked, now, Jitter::MIDDLE, Fruit::default())
                .await?
            {
                Swapped::Now(job) if job.state.is_terminal() => return Ok(Cancelling::Done(*job)),
                Swapped::Now(job) => return Ok(Cancelling::Asked(*job)),
                Swapped::Moved | Swapped::Illegal { .. } | Swapped::Missing => {}
            }
        }
        Err(StoreError::Contended { what: "job" })
    }

    /// Frees every running job, because every holder is known to be dead: to be called when the only
    /// process that may use this store has just started, before it claims anything. Tells how many.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (mut freed, mut after) = (0, None);
        loop {
            let held = self.store.held_jobs(after, 256).await?;
            let Some(last) = held.last() else { return Ok(freed) };
            after = Some(last.id);
            let swaps = held.into_iter().filter_map(|job| {
                let was = job.state.hold()?;
                Some((job, JobEvent::HolderDied { was }))
            });
            for outcome in self.swap_all(swaps, now).await {
                freed += u64::from(matches!(outcome?, Swapped::Now(_)));
            }
        }
    }

    /// Ends every job whose deadline has passed, whether it waits or runs. Tells how many.
    ///
    /// # Errors
    /// Those of the store; jobs that were ended by then have ended.
    pub async fn end_overdue(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut ended = 0;
        for _ in 0..Self::ROUNDS {
            let overdue = self.store.overdue_jobs(now - self.deadline, 256).await?;
            if overdue.is_empty() {
                break;
            }
            let swaps = overdue.into_iter().map(|job| (job, JobEvent::DeadlinePassed));
            for outcome in self.swap_all(swaps, now).await {
                ended += u64::from(matches!(outcome?, Swapped::Now(_)));
            }
        }
        Ok(ended)
    }
}

//! Our stores, used as a service and its workers use them: whole jobs, and every step through [`JobSteps`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{join_all, try_join_all};
use marquetry_job::{RetrySchedule, WorkerId};
use marquetry_model::{Job, JobId, JobResult};
use marquetry_store::conformance::sample::render_job;
use marquetry_store::{Clock as _, Finished, Inserted, JobSteps, Reported, Silence, Store, SystemClock};

use crate::Outcome;
use crate::contender::{Contender, Taking};

/// Longer than any run.
const LEASE: Duration = Duration::from_secs(3600);

/// A store of ours.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) name: String,
    pub(crate) store: Arc<dyn Store>,
}

/// A render as it comes in now, with an id as the service gives it.
pub(crate) fn fresh_job() -> Job {
    let sample = render_job(1);
    let id = JobId::from_random(*uuid::Uuid::now_v7().as_bytes());
    Job::accepted(
        id,
        sample.tenant,
        sample.spec,
        sample.announce,
        sample.callback,
        SystemClock.now(),
    )
}

/// A worker of its own.
pub(crate) fn worker() -> WorkerId {
    WorkerId::from_random(*uuid::Uuid::new_v4().as_bytes())
}

impl Ours {
    /// Steps as a worker process makes them. One tenant may have all workers: what is measured is the store.
    pub(crate) fn steps(&self) -> JobSteps {
        JobSteps::new(
            Arc::clone(&self.store),
            Arc::new(Silence),
            RetrySchedule::default(),
        )
        .at_once(1_000_000)
    }
}

#[async_trait]
impl Contender for Ours {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn accept(&self, jobs: u32, callers: u32) -> Outcome<()> {
        let left = AtomicU32::new(jobs);
        let take = || left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        try_join_all((0..callers).map(|_| async {
            while take().is_ok() {
                if self.store.insert_job(&fresh_job(), None).await? != Inserted::New {
                    return Outcome::Err("a new job is known".into());
                }
            }
            Ok(())
        }))
        .await?;
        Ok(())
    }

    async fn ready(&self, _: Taking, _: u32) -> Outcome<()> {
        Ok(())
    }

    async fn drain(&self, taking: Taking, jobs: u32) -> Outcome<()> {
        let done = Arc::new(AtomicU32::new(0));
        let working = (0..taking.workers).map(|_| {
            let (steps, done) = (self.steps(), Arc::clone(&done));
            tokio::spawn(work(steps, taking.batch, jobs, done))
        });
        for worker in join_all(working).await {
            worker??;
        }
        Ok(())
    }
}

/// Claims and finishes until all is done: finding nothing may mean that others are being lent what is left.
async fn work(steps: JobSteps, batch: u32, jobs: u32, done: Arc<AtomicU32>) -> Outcome<()> {
    let worker = worker();
    while done.load(Ordering::Relaxed) < jobs {
        let now = SystemClock.now();
        let taken = steps.claim(worker, now, LEASE, usize::try_from(batch)?).await?;
        if taken.is_empty() {
            tokio::task::yield_now().await;
        }
        let finished = taken.iter().map(|job| {
            let by = job.state.hold().ok_or("a claimed job is not held")?;
            Outcome::Ok(Finished {
                tenant: job.tenant,
                id: job.id,
                by,
                result: JobResult::default(),
                mockup: None,
            })
        });
        let reported = steps.finish_all(finished.collect::<Outcome<_>>()?, now).await;
        for one in &reported {
            if !matches!(one, Ok(Reported::Written(_))) {
                return Err(format!("a job was not finished: {one:?}").into());
            }
        }
        done.fetch_add(u32::try_from(reported.len())?, Ordering::Relaxed);
    }
    Ok(())
}

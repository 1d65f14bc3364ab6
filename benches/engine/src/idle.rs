//! From the moment a job comes in to the moment a worker holds it, when there is nothing else to do (R8).

use std::sync::Arc;
use std::time::{Duration, Instant};

use marquetry_store::{Change, Clock as _, JobSteps, Store, SystemClock};

use crate::Outcome;
use crate::ours::{fresh_job, worker};

const LEASE: Duration = Duration::from_secs(3600);

/// Submits `count` jobs, one after the other, to a worker that waits; gives the times in their order of length.
pub(crate) async fn times(steps: &JobSteps, store: &Arc<dyn Store>, count: u32) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..count {
        let mut changes = store.changes();
        let waiting = async {
            loop {
                let change = changes.next().await.ok_or("the store closed")?;
                if let Change::JobWaiting(_) | Change::Missed = change {
                    let taken = steps.claim(worker(), SystemClock.now(), LEASE, 1).await?;
                    if let Some(job) = taken.into_iter().next() {
                        return Outcome::Ok(job);
                    }
                }
            }
        };
        let began = Instant::now();
        let submitting = async { Outcome::Ok(store.insert_job(&fresh_job(), None).await?) };
        let (_, job) = futures::future::try_join(submitting, waiting).await?;
        times.push(began.elapsed());
        let hold = job.state.hold().ok_or("a claimed job is not held")?;
        steps
            .finish(
                job.tenant,
                job.id,
                hold,
                Default::default(),
                None,
                SystemClock.now(),
            )
            .await?;
    }
    times.sort();
    Ok(times)
}

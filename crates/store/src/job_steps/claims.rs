//! Claims: jobs that are due pass into the hands of a worker. What a claim decides is said here, under which lock it
//! decides by the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use marquetry_job::{Jitter, JobEvent, JobState, Timestamp, WorkerId};
use marquetry_model::Job;

use super::rounds::Swapped;
use super::{Beside, JobSteps};
use crate::failpoint::{self, Point};
use crate::{ClaimStep, First, Pick, StoreError, Suspects};

impl JobSteps {
    /// Of so many jobs taken one at least is low, if any low one waits: however much else there is, low jobs move.
    const ONE_LOW_IN: usize = 16;

    /// Takes up to `most` due jobs for `worker`, which runs nothing, in the order of
    /// [`due_jobs`](crate::JobStore::due_jobs), each until `now + lease_for`. One in sixteen is a low one, if any
    /// waits. If a suspect is due, it is that one and no other: it must run alone.
    ///
    /// A job whose holder fell silent becomes a suspect that waits. A job whose deadline has passed, whose holders
    /// vanished too often, or that was to be cancelled when its holder vanished, ends here instead of being taken.
    /// Others are looked for in its place.
    ///
    /// # Errors
    /// Those of the store. Jobs that were taken before the error are found again when their lease
    /// lapses.
    pub async fn claim(
        &self,
        worker: WorkerId,
        now: Timestamp,
        lease_for: Duration,
        most: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let taken = self.take(worker, now, lease_for, most, Suspects::Alone).await?;
        Ok(taken.jobs)
    }

    /// The same for a `worker` that runs other jobs: suspects are passed over, and it is told if one waits.
    ///
    /// # Errors
    /// As [`Self::claim`].
    pub async fn claim_beside(
        &self,
        worker: WorkerId,
        now: Timestamp,
        lease_for: Duration,
        most: usize,
    ) -> Result<Beside, StoreError> {
        self.take(worker, now, lease_for, most, Suspects::PassedOver)
            .await
    }

    async fn take(
        &self,
        worker: WorkerId,
        now: Timestamp,
        lease_for: Duration,
        most: usize,
        suspects: Suspects,
    ) -> Result<Beside, StoreError> {
        let event = JobEvent::Claimed {
            worker,
            until: now + lease_for,
        };
        let step = self.taking(event.clone(), now);
        let mut taken: Vec<Job> = Vec::new();
        let mut suspect = None;
        // Others may move what was found, and jobs may end here; go on looking while anything moves.
        for _ in 0..Self::ROUNDS {
            let wanted = most - taken.len();
            if wanted == 0 || taken.iter().any(|job| job.state.is_suspect()) {
                break;
            }
            let low = self.since_low.load(Ordering::Relaxed) >= Self::ONE_LOW_IN;
            if low {
                self.since_low.store(0, Ordering::Relaxed);
            }
            let pick = Pick {
                now,
                limit: u32::try_from(wanted).unwrap_or(u32::MAX),
                at_once: self.at_once,
                first: if low { First::OneLow } else { First::Urgent },
                suspects: if taken.is_empty() {
                    suspects
                } else {
                    Suspects::PassedOver
                },
            };
            let claimed = self.store.claim_due(&pick, Arc::clone(&step)).await?;
            suspect = claimed.suspect;
            if claimed.taken.is_empty() && claimed.left.is_empty() {
                break;
            }
            // The others were freed from a holder that fell silent, and wait.
            let held = claimed.taken.into_iter().filter(|job| job.state.hold().is_some());
            taken.extend(held.inspect(|job| self.keep(job)));
            // What this claim ends owes deliveries, and who is to hear of it must be looked up: that is
            // no matter for the lock of a store, so it goes the way of every other end.
            let swaps = claimed.left.into_iter().map(|job| {
                let event = match &job.state {
                    _ if self.overdue(&job, now) => JobEvent::DeadlinePassed,
                    JobState::Running { .. } => JobEvent::LeaseLapsed,
                    _ => event.clone(),
                };
                (job, event)
            });
            for outcome in self.swap_all(swaps, now).await {
                match outcome? {
                    Swapped::Now(job) if job.state.hold().is_some() => taken.push(*job),
                    Swapped::Now(_) | Swapped::Moved | Swapped::Illegal { .. } | Swapped::Missing => {}
                }
            }
        }
        self.since_low.fetch_add(taken.len(), Ordering::Relaxed);
        if !taken.is_empty() {
            failpoint::pass(Point::AfterClaim);
        }
        Ok(Beside { jobs: taken, suspect })
    }

    /// What a claim decides about each job that the store lends: to take it, to free it from a holder that fell
    /// silent, or to leave those that the claim would end.
    ///
    /// What is freed is not taken in the same step: it is a suspect now, and whoever claims may run others.
    fn taking(&self, event: JobEvent, now: Timestamp) -> ClaimStep {
        let (retry, before) = (Arc::clone(&self.retry), now - self.deadline);
        Arc::new(move |job| {
            if job.created_at <= before {
                return None;
            }
            let state = job.state.clone();
            let event = match &state {
                JobState::Running { .. } => JobEvent::LeaseLapsed,
                _ => event.clone(),
            };
            let state = state.step(event, now, &retry, Jitter::MIDDLE).ok()?;
            (!state.is_terminal()).then(|| job.clone().stepped(state, None, now))
        })
    }

    fn overdue(&self, job: &Job, now: Timestamp) -> bool {
        job.created_at <= now - self.deadline
    }
}

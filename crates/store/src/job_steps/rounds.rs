//! One round of the loop: where a job goes, what is written with it, and what became of that.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use futures::future::join_all;
use marquetry_job::{IllegalStep, Jitter, JobEvent, JobState, Timestamp};
use marquetry_model::{Announce, Job, JobId, Pending, Posting, TenantId, Version};

use super::{Fruit, JobSteps, Owed, Reported};
use crate::{JobSwap, Noun as _, StoreError, Swap, figures};

/// A step that is to be written.
struct Stepped {
    /// The version that it was made from, and what replaces it.
    swap: (Version, JobSwap),
    /// Whether the job goes on in the hands of the same worker.
    stays: bool,
}

impl JobSteps {
    pub(super) async fn report(
        &self,
        tenant: TenantId,
        id: JobId,
        event: JobEvent,
        now: Timestamp,
        jitter: Jitter,
        fruit: Fruit,
    ) -> Result<Reported<Job>, StoreError> {
        let known = self.held().remove(&(tenant, id));
        if let Some(job) = known
            && let Swapped::Now(job) = self.swap(job, event.clone(), now, jitter, fruit.clone()).await?
        {
            return Ok(Reported::Written(*job));
        }
        for _ in 0..Self::ROUNDS {
            let Some(job) = self.store.job(tenant, id).await? else {
                return Ok(Reported::Missing);
            };
            match self.swap(job, event.clone(), now, jitter, fruit.clone()).await? {
                Swapped::Now(job) => return Ok(Reported::Written(*job)),
                Swapped::Illegal(why) => return Ok(Reported::Refused(why)),
                Swapped::Missing => return Ok(Reported::Missing),
                Swapped::Moved => {}
            }
        }
        Err(StoreError::Contended { what: "job" })
    }

    /// One step and one swap of a job that was just read.
    pub(super) async fn swap(
        &self,
        job: Job,
        event: JobEvent,
        now: Timestamp,
        jitter: Jitter,
        fruit: Fruit,
    ) -> Result<Swapped, StoreError> {
        let stepped = match self.step(job, event, now, jitter, fruit).await? {
            Ok(stepped) => stepped,
            Err(why) => return Ok(Swapped::Illegal(why)),
        };
        let (expected, swap) = &stepped.swap;
        let outcome = self.store.replace_job(*expected, swap).await?;
        Ok(self.swapped(stepped, outcome))
    }

    /// The same of several jobs at once, no two of them one; what became of each, in their order.
    pub(super) async fn swap_all(
        &self,
        jobs: impl IntoIterator<Item = (Job, JobEvent)>,
        now: Timestamp,
    ) -> Vec<Result<Swapped, StoreError>> {
        let all = jobs
            .into_iter()
            .map(|(job, event)| (job, event, Fruit::default()));
        self.swap_with(all, now).await
    }

    /// The same with what each brings along.
    pub(super) async fn swap_with(
        &self,
        jobs: impl IntoIterator<Item = (Job, JobEvent, Fruit)>,
        now: Timestamp,
    ) -> Vec<Result<Swapped, StoreError>> {
        let stepping = jobs
            .into_iter()
            .map(|(job, event, fruit)| self.step(job, event, now, Jitter::MIDDLE, fruit));
        let (mut swaps, mut ways) = (Vec::new(), Vec::new());
        let mut outcomes: Vec<Option<Result<Swapped, StoreError>>> = Vec::new();
        for stepped in join_all(stepping).await {
            outcomes.push(match stepped {
                Ok(Ok(Stepped { swap, stays })) => {
                    swaps.push(swap);
                    ways.push(stays);
                    None
                }
                Ok(Err(why)) => Some(Ok(Swapped::Illegal(why))),
                Err(error) => Some(Err(error)),
            });
        }
        let written = match swaps.is_empty() {
            true => Vec::new(),
            false => self.store.replace_jobs(&swaps).await,
        };
        let mut written = written.into_iter().zip(swaps.into_iter().zip(ways));
        let outcomes = outcomes.into_iter().map(|known| {
            known.unwrap_or_else(|| {
                // A store that answers for fewer than it was asked to swap has not said what became of the others.
                let (outcome, (swap, stays)) = written.next().ok_or(StoreError::Closed)?;
                Ok(self.swapped(Stepped { swap, stays }, outcome?))
            })
        });
        outcomes.collect()
    }

    /// Where `event` takes a job, and all that is to be written with it.
    async fn step(
        &self,
        job: Job,
        event: JobEvent,
        now: Timestamp,
        jitter: Jitter,
        fruit: Fruit,
    ) -> Result<Result<Stepped, IllegalStep>, StoreError> {
        let expected = job.version;
        let stays = matches!(event, JobEvent::Claimed { .. } | JobEvent::Renewed { .. });
        let broke = match &event {
            JobEvent::Broke { cause, .. } => Some(cause.failure.clone()),
            _ => None,
        };
        let state = match job.state.clone().step(event, now, &self.retry, jitter) {
            Ok(state) => state,
            Err(why) => return Ok(Err(why)),
        };
        let succeeded = matches!(state, JobState::Succeeded { .. });
        let mut job = job.stepped(state, fruit.result, now);
        if let Some(failure) = &broke {
            job.timeline.explain(failure);
        }
        let heard = job.announce == Announce::Events || job.send_to.is_some();
        let owed = match heard && job.state.is_terminal() {
            true => self.announcer.owed(&job, now).await?,
            false => Owed::default(),
        };
        job.timeline
            .owe(owed.deliveries.iter().map(|delivery| delivery.id));
        if stays && fruit.progress.is_some() {
            job.timeline.progress = fruit.progress;
        }
        let settled = match job.charge {
            Some(_) if succeeded => Some(Posting::Charged),
            Some(_) if job.state.is_terminal() => Some(Posting::Released),
            _ => None,
        };
        let swap = JobSwap {
            job,
            records: owed.later.iter().map(Pending::record).collect(),
            owed: owed.deliveries,
            mockup: fruit.mockup.filter(|_| succeeded),
            settled,
        };
        Ok(Ok(Stepped {
            swap: (expected, swap),
            stays,
        }))
    }

    /// What a swap that was tried means.
    fn swapped(&self, stepped: Stepped, outcome: Swap) -> Swapped {
        let job = stepped.swap.1.job;
        match outcome {
            Swap::Swapped => {
                if job.state.is_terminal() {
                    figures::ended(&job);
                }
                if stepped.stays && !job.state.is_terminal() {
                    self.keep(&job);
                }
                Swapped::Now(Box::new(job))
            }
            Swap::Moved => Swapped::Moved,
            Swap::Missing => Swapped::Missing,
        }
    }

    pub(super) fn keep(&self, job: &Job) {
        let mut held = self.held();
        if held.len() >= Self::MOST_HELD {
            // Only what was claimed and never reported piles up; forgetting costs a read each.
            held.clear();
        }
        held.insert((job.tenant, job.id), job.clone());
    }

    pub(super) fn held(&self) -> MutexGuard<'_, HashMap<(TenantId, JobId), Job>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a step and its swap.
pub(super) enum Swapped {
    Now(Box<Job>),
    Moved,
    Illegal(IllegalStep),
    Missing,
}

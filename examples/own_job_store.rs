//! A `JobStore` of your own: here a map in memory, in your program perhaps a table of yours.
//!
//! A store never decides. It finds what is due, compares versions, and swaps; what a claim or a
//! failure means is `JobState::step` alone. A backend that implements all five traits runs the public
//! suites (`marquetry_store::job_store_suite!` and its siblings) to know that it keeps the rules.
//!
//! `cargo run -p marquetry-examples --example own_job_store`
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_job::{Jitter, JobEvent, JobState, RetrySchedule, Timestamp, WorkerId};
use marquetry_model::{
    Announce, Job, JobId, JobResult, JobSpec, Priority, TenantId, UploadSource, UploadSpec, Version,
};
use marquetry_store::{
    Bell, Change, Changes, Clock, Cursor, First, IdempotencyClaim, Inserted, JobFilter, JobStore, JobSwap,
    Page, Pick, StoreError, Suspects, Swap, SystemClock,
};

/// Jobs by id, and the keys of submissions that were seen.
#[derive(Debug, Default)]
struct Kept {
    jobs: BTreeMap<JobId, Job>,
    turns: BTreeMap<JobId, u64>,
    claims: BTreeMap<(TenantId, String), (IdempotencyClaim, JobId)>,
}

impl Kept {
    /// Tenants take turns: a new job comes after its tenant's last one, and not before what is being served.
    fn turn(&self, job: &Job) -> u64 {
        let begun = |other: &Job| other.started_at.is_some();
        let greatest = |counts: &dyn Fn(&Job) -> bool| {
            let alike = |other: &&Job| other.priority == job.priority && counts(other);
            let turns = self
                .jobs
                .values()
                .filter(alike)
                .map(|other| self.turns[&other.id]);
            turns.max()
        };
        let own =
            greatest(&|other| other.tenant == job.tenant && (begun(other) || !other.state.is_terminal()));
        own.map_or(0, |own| own + 1).max(greatest(&begun).unwrap_or(0))
    }
}

/// The store: one lock makes each method the transaction that the trait asks for.
#[derive(Debug, Default)]
struct MapStore {
    kept: Mutex<Kept>,
    bell: Bell,
}

impl MapStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobStore for MapStore {
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Result<Inserted, StoreError> {
        let mut kept = self.kept();
        if let Some(claim) = claim {
            let place = (job.tenant, claim.key.clone());
            if let Some((seen, twin)) = kept
                .claims
                .get(&place)
                .filter(|(seen, _)| job.created_at < seen.until)
            {
                let same = seen.fingerprint == claim.fingerprint;
                let twin = kept.jobs.get(twin).filter(|_| same).cloned();
                return Ok(twin.map_or(Inserted::Conflict, |job| Inserted::Twin(Box::new(job))));
            }
            kept.claims.insert(place, (claim.clone(), job.id));
        }
        if kept.jobs.contains_key(&job.id) {
            return Err(StoreError::Duplicate { what: "job" });
        }
        let turn = kept.turn(job);
        kept.turns.insert(job.id, turn);
        kept.jobs.insert(job.id, job.clone());
        drop(kept);
        self.bell.ring(Change::JobWaiting(job.id));
        Ok(Inserted::New)
    }

    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Result<bool, StoreError> {
        let kept = self.kept();
        let known = kept.claims.get(&(tenant, key.to_owned()));
        Ok(known.is_some_and(|(known, _)| at < known.until))
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self
            .kept()
            .jobs
            .get(&id)
            .filter(|job| job.tenant == tenant)
            .cloned())
    }

    async fn list_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Job>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let place = |job: &Job| (job.created_at, *job.id.as_bytes());
        let kept = self.kept();
        let mut found: Vec<Job> = kept
            .jobs
            .values()
            .filter(|job| job.tenant == tenant && filter.admits(job))
            .filter(|job| after.is_none_or(|after| place(job) < (after.at, after.id)))
            .cloned()
            .collect();
        found.sort_by_key(|job| std::cmp::Reverse(place(job)));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found
            .last()
            .filter(|_| more)
            .map(place)
            .map(|(at, id)| Cursor { at, id });
        Ok(Page { items: found, next })
    }

    async fn due_jobs(&self, pick: &Pick) -> Result<Vec<Job>, StoreError> {
        let kept = self.kept();
        let due = |job: &&Job| job.state.due().is_some_and(|due| due <= pick.now);
        let running = |job: &Job| job.state.hold().is_some();
        let suspect = |job: &Job| job.state.is_suspect() && !running(job);
        let mut running_of = BTreeMap::<TenantId, u32>::new();
        for job in kept.jobs.values().filter(|job| running(job)) {
            *running_of.entry(job.tenant).or_default() += 1;
        }
        // Lapsed leases first, then by priority and turn.
        let mut found: Vec<&Job> = kept.jobs.values().filter(due).collect();
        found.sort_by_key(|job| {
            let lapsed = running(job).then_some(job.state.due());
            (
                lapsed.is_none(),
                lapsed,
                job.priority,
                kept.turns[&job.id],
                job.created_at,
                job.id,
            )
        });
        // Whoever runs nothing is lent lapsed jobs, or one suspect, alone.
        if pick.suspects == Suspects::Alone {
            let lapsed = found.iter().copied().filter(|job| running(job));
            let mut apart: Vec<&Job> = lapsed.take(pick.limit as usize).collect();
            if apart.is_empty() && pick.limit > 0 {
                let mine = found.iter().copied().filter(|job| suspect(job));
                let room = |job: &&Job| running_of.get(&job.tenant).is_none_or(|of| *of < pick.at_once);
                let next = mine.filter(room);
                apart.extend(next.min_by_key(|job| (job.state.due(), job.created_at, job.id)));
            }
            if !apart.is_empty() {
                return Ok(apart.into_iter().cloned().collect());
            }
        }
        // Others pass suspects over, and keep room for them.
        if pick.suspects != Suspects::InLine {
            for job in found.iter().filter(|job| suspect(job)) {
                *running_of.entry(job.tenant).or_default() += 1;
            }
            found.retain(|job| !suspect(job));
        }
        // Now and then one low job goes before all others that wait; the sort is stable.
        let has_room = |job: &&Job| running_of.get(&job.tenant).is_none_or(|of| *of < pick.at_once);
        let low = |job: &&Job| !running(job) && job.priority == Priority::Low;
        if pick.first == First::OneLow
            && let Some(one) = found.iter().copied().filter(low).find(has_room)
        {
            found.sort_by_key(|job| (!running(job), job.id != one.id));
        }
        // Waiting jobs of a tenant that has enough running are passed over.
        found.retain(|job| {
            let of = running_of.entry(job.tenant).or_default();
            let room = running(job) || *of < pick.at_once;
            *of += u32::from(room && !running(job));
            room
        });
        found.truncate(usize::try_from(pick.limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().cloned().collect())
    }

    async fn next_due_job(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.kept().jobs.values().filter_map(|job| job.state.due()).min())
    }

    async fn held_jobs(&self, after: Option<JobId>, limit: u32) -> Result<Vec<Job>, StoreError> {
        let kept = self.kept();
        let held = |job: &&Job| job.state.hold().is_some() && after.is_none_or(|after| job.id > after);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(kept.jobs.values().filter(held).take(limit).cloned().collect())
    }

    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Result<Swap, StoreError> {
        let mut kept = self.kept();
        let Some(stored) = kept.jobs.get_mut(&swap.job.id) else {
            return Ok(Swap::Missing);
        };
        if stored.version != expected {
            return Ok(Swap::Moved);
        }
        // A store of all five traits writes `swap.owed` and `swap.mockup` in this same transaction.
        stored.clone_from(&swap.job);
        drop(kept);
        self.bell.ring_job(&swap.job);
        Ok(Swap::Swapped)
    }

    async fn overdue_jobs(&self, before: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
        let kept = self.kept();
        let overdue = |job: &&Job| !job.state.is_terminal() && job.created_at <= before;
        let mut found: Vec<Job> = kept.jobs.values().filter(overdue).cloned().collect();
        found.sort_by_key(|job| (job.created_at, job.id));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn forget_jobs(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut kept = self.kept();
        let old = |job: &&Job| job.state.is_terminal() && job.created_at <= before;
        let mut found: Vec<_> = kept
            .jobs
            .values()
            .filter(old)
            .map(|job| (job.created_at, job.id))
            .collect();
        found.sort_unstable();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        for (_, id) in &found {
            kept.jobs.remove(id);
            kept.turns.remove(id);
            kept.claims.retain(|_, (_, job)| job != id);
        }
        Ok(found.len() as u64)
    }

    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Result<u64, StoreError> {
        let live = |job: &&Job| !job.state.is_terminal() && tenant.is_none_or(|tenant| job.tenant == tenant);
        Ok(self.kept().jobs.values().filter(live).count() as u64)
    }

    async fn forget_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut kept = self.kept();
        let before = kept.claims.len();
        kept.claims.retain(|_, (claim, _)| now < claim.until);
        Ok((before - kept.claims.len()) as u64)
    }

    fn changes(&self) -> Changes {
        self.bell.listen()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MapStore::default();
    let tenant = TenantId::from_random([1; 16]);
    let worker = WorkerId::from_random([2; 16]);
    let now = SystemClock.now();

    let spec = UploadSpec::new(
        "Mug".to_owned(),
        UploadSource::Url("https://example.com/mug.psd".to_owned()),
    )?;
    let id = JobId::from_random([3; 16]);
    let job = Job::accepted(id, tenant, JobSpec::Upload(spec), Announce::Silent, None, now);
    println!("inserted: {:?}", store.insert_job(&job, None).await?);

    // Find, step, swap. Whoever swaps first holds the job; the other one is told that it moved.
    let found = store
        .due_jobs(&Pick::any(now, 1))
        .await?
        .pop()
        .ok_or("nothing is due")?;
    let retry = RetrySchedule::default();
    let claimed = JobEvent::Claimed {
        worker,
        until: now + Duration::from_secs(15),
    };
    let running = found.state.clone().step(claimed, now, &retry, Jitter::MIDDLE)?;
    let job = found.clone().stepped(running, None, now);
    let first = store
        .replace_job(found.version, &JobSwap::only(job.clone()))
        .await?;
    let second = store
        .replace_job(found.version, &JobSwap::only(job.clone()))
        .await?;
    println!("claimed: {first:?}; a second claim of the same version: {second:?}");

    let by = job.state.hold().ok_or("the job is not held")?;
    let done = job
        .state
        .clone()
        .step(JobEvent::Finished { by }, now, &retry, Jitter::MIDDLE)?;
    let ended = job.clone().stepped(done, Some(JobResult::default()), now);
    let swapped = store.replace_job(job.version, &JobSwap::only(ended)).await?;
    let ended = store.job(tenant, id).await?.ok_or("the job is gone")?;
    println!(
        "finished: {swapped:?}; it ended: {}",
        matches!(ended.state, JobState::Succeeded { .. })
    );
    Ok(())
}

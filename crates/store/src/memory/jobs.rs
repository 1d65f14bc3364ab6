//! Jobs in memory.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use marquetry_job::{JobState, Timestamp};
use marquetry_model::{Job, JobId, Priority, TenantId, Version};

use super::ledger::account;
use super::records::check_new;
use super::{MemoryStore, RememberedClaim, Shelves, first, ledger, records};
use crate::{
    Change, Changes, ClaimStep, Claimed, Cursor, First, IdempotencyClaim, Inserted, JobFilter, JobStore,
    JobSwap, Page, Pick, StoreError, Submission, Suspect, Suspects, Swap,
};

#[async_trait]
impl JobStore for MemoryStore {
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Result<Inserted, StoreError> {
        let submission = Submission {
            claim: claim.cloned(),
            ..Submission::of(job.clone())
        };
        self.insert_jobs(&submission).await
    }

    async fn insert_jobs(&self, submission: &Submission) -> Result<Inserted, StoreError> {
        let mut shelves = self.shelves();
        let (tenant, jobs) = (submission.tenant(), submission.jobs());
        if let Some(claim) = &submission.claim
            && let Some(known) = shelves.claims.get(&(tenant, claim.key.clone()))
            && submission.first.created_at < known.until
        {
            if known.fingerprint != claim.fingerprint {
                return Ok(Inserted::Conflict);
            }
            let twin = shelves
                .jobs
                .get(&known.job)
                .cloned()
                .ok_or(StoreError::Unreadable {
                    what: "idempotency key",
                    problem: "its job is missing".into(),
                })?;
            return Ok(Inserted::Twin(Box::new(twin)));
        }
        // Everything that can fail comes before the first change.
        let mut ids = BTreeSet::new();
        if jobs
            .iter()
            .any(|job| shelves.jobs.contains_key(&job.id) || !ids.insert(job.id))
        {
            return Err(StoreError::Duplicate { what: "job" });
        }
        check_new(&shelves, &submission.records)?;
        let (account, entries) = match account(&shelves, tenant).hold_for(&jobs) {
            Ok(held) => held,
            Err(denied) => return Ok(Inserted::Denied(denied)),
        };
        ledger::check_new(&shelves, &entries)?;
        if !entries.is_empty() {
            ledger::write(&mut shelves, account, entries);
        }
        if let Some(claim) = &submission.claim {
            let remembered = RememberedClaim {
                job: submission.first.id,
                fingerprint: claim.fingerprint,
                until: claim.until,
            };
            shelves.claims.insert((tenant, claim.key.clone()), remembered);
        }
        records::add(&mut shelves, &submission.records);
        for job in &jobs {
            let turn = turn(&shelves, job);
            shelves.turns.insert(job.id, turn);
            put(&mut shelves, job);
        }
        drop(shelves);
        jobs.iter().for_each(|job| self.bell.ring_job(job));
        Ok(Inserted::New)
    }

    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Result<bool, StoreError> {
        let shelves = self.shelves();
        let known = shelves.claims.get(&(tenant, key.to_owned()));
        Ok(known.is_some_and(|known| at < known.until))
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self
            .shelves()
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
        let place = |job: &Job| (job.created_at, *job.id.as_bytes());
        let shelves = self.shelves();
        let admitted = shelves
            .jobs
            .values()
            .filter(|job| job.tenant == tenant && filter.admits(job))
            .filter(|job| after.is_none_or(|after| place(job) < (after.at, after.id)))
            .cloned()
            .collect();
        let jobs = first(admitted, limit.saturating_add(1), |job| Reverse(place(job)));
        Ok(Page::from_surplus(jobs, limit, |job| Cursor {
            at: job.created_at,
            id: *job.id.as_bytes(),
        }))
    }

    async fn due_jobs(&self, pick: &Pick) -> Result<Vec<Job>, StoreError> {
        Ok(due(&self.shelves(), pick))
    }

    async fn claim_due(&self, pick: &Pick, step: ClaimStep) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::default();
        let mut shelves = self.shelves();
        if pick.suspects == Suspects::PassedOver {
            claimed.suspect = suspect(&shelves, pick).as_ref().and_then(Suspect::of);
        }
        for job in due(&shelves, pick) {
            match step(&job) {
                Some(taken) => {
                    put(&mut shelves, &taken);
                    claimed.taken.push(taken);
                }
                None => claimed.left.push(job),
            }
        }
        drop(shelves);
        claimed.taken.iter().for_each(|job| self.bell.ring_job(job));
        Ok(claimed)
    }

    async fn next_due_job(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self
            .shelves()
            .jobs
            .values()
            .filter_map(|job| job.state.due())
            .min())
    }

    async fn held_jobs(&self, after: Option<JobId>, limit: u32) -> Result<Vec<Job>, StoreError> {
        let shelves = self.shelves();
        let held = shelves
            .jobs
            .values()
            .filter(|job| matches!(job.state, JobState::Running { .. }))
            .filter(|job| after.is_none_or(|after| job.id > after));
        Ok(first(held.cloned().collect(), limit, |job| job.id))
    }

    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Result<Swap, StoreError> {
        let mut shelves = self.shelves();
        match shelves.jobs.get(&swap.job.id) {
            Some(job) if job.tenant == swap.job.tenant => {
                if job.version != expected {
                    return Ok(Swap::Moved);
                }
            }
            _ => return Ok(Swap::Missing),
        }
        // Everything that can fail comes before the first change.
        let mut ids = BTreeSet::new();
        if swap
            .owed
            .iter()
            .any(|owed| shelves.deliveries.contains_key(&owed.id) || !ids.insert(owed.id))
        {
            return Err(StoreError::Duplicate { what: "delivery" });
        }
        if swap
            .mockup
            .as_ref()
            .is_some_and(|mockup| shelves.mockups.contains_key(&mockup.id))
        {
            return Err(StoreError::Duplicate { what: "mockup" });
        }
        check_new(&shelves, &swap.records)?;
        let settled = swap
            .settled
            .map(|posting| ledger::settled(&shelves, &swap.job, posting))
            .transpose()?;
        if let Some((account, entry)) = settled {
            ledger::write(&mut shelves, account, [entry]);
        }
        records::add(&mut shelves, &swap.records);
        put(&mut shelves, &swap.job);
        shelves
            .deliveries
            .extend(swap.owed.iter().map(|owed| (owed.id, owed.clone())));
        shelves
            .mockups
            .extend(swap.mockup.iter().map(|mockup| (mockup.id, mockup.clone())));
        drop(shelves);
        self.bell.ring_job(&swap.job);
        if let Some(news) = Change::of_owed(&swap.owed) {
            self.bell.ring(news);
        }
        Ok(Swap::Swapped)
    }

    async fn overdue_jobs(&self, before: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
        let shelves = self.shelves();
        let overdue = shelves
            .jobs
            .values()
            .filter(|job| !job.state.is_terminal() && job.created_at <= before);
        Ok(first(overdue.cloned().collect(), limit, |job| {
            (job.created_at, job.id)
        }))
    }

    async fn forget_jobs(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut shelves = self.shelves();
        let old = shelves
            .jobs
            .values()
            .filter(|job| job.state.is_terminal() && job.created_at <= before)
            .map(|job| (job.created_at, job.id));
        let old = first(old.collect(), limit, |place| *place);
        for (_, id) in &old {
            shelves.jobs.remove(id);
            shelves.turns.remove(id);
            shelves.claims.retain(|_, claim| claim.job != *id);
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }

    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Result<u64, StoreError> {
        let shelves = self.shelves();
        let live = shelves
            .jobs
            .values()
            .filter(|job| !job.state.is_terminal() && tenant.is_none_or(|tenant| job.tenant == tenant));
        Ok(u64::try_from(live.count()).unwrap_or(u64::MAX))
    }

    async fn forget_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut shelves = self.shelves();
        let before = shelves.claims.len();
        shelves.claims.retain(|_, claim| now < claim.until);
        Ok(u64::try_from(before - shelves.claims.len()).unwrap_or(u64::MAX))
    }

    fn changes(&self) -> Changes {
        self.bell.listen()
    }
}

/// Keeps a job as it is now. Once it has begun, its turn was served.
fn put(shelves: &mut Shelves, job: &Job) {
    if job.started_at.is_some()
        && let Some(turn) = shelves.turns.get(&job.id)
    {
        let served = shelves.served.entry(job.priority).or_default();
        *served = (*served).max(*turn);
    }
    shelves.jobs.insert(job.id, job.clone());
}

/// The turn of a job that comes in.
fn turn(shelves: &Shelves, job: &Job) -> u64 {
    let alike = |other: &&Job| other.priority == job.priority;
    let begun = |other: &&Job| other.started_at.is_some();
    let turn_of = |other: &Job| shelves.turns.get(&other.id).copied();
    let jobs = || shelves.jobs.values().filter(alike);
    let own = jobs()
        .filter(|other| other.tenant == job.tenant && (begun(other) || !other.state.is_terminal()))
        .filter_map(turn_of)
        .max();
    let served = shelves.served.get(&job.priority).copied().unwrap_or(0);
    own.map_or(0, |own| own + 1).max(served)
}

fn running(job: &&Job) -> bool {
    matches!(job.state, JobState::Running { .. })
}

fn waiting_suspect(job: &&Job) -> bool {
    job.state.is_suspect() && !running(job)
}

fn count_running(shelves: &Shelves) -> HashMap<TenantId, u32> {
    let mut taken = HashMap::new();
    for job in shelves.jobs.values().filter(running) {
        *taken.entry(job.tenant).or_default() += 1;
    }
    taken
}

/// The suspect that is next.
fn suspect(shelves: &Shelves, pick: &Pick) -> Option<Job> {
    let taken = count_running(shelves);
    let may_run = |job: &&Job| taken.get(&job.tenant).is_none_or(|taken| *taken < pick.at_once);
    let suspects = shelves.jobs.values().filter(waiting_suspect).filter(may_run);
    let next = suspects.min_by_key(|job| (job.state.due(), job.created_at, job.id))?;
    next.state
        .due()
        .is_some_and(|due| due <= pick.now)
        .then(|| next.clone())
}

/// Who is next.
fn due(shelves: &Shelves, pick: &Pick) -> Vec<Job> {
    let is_due = |job: &&Job| job.state.due().is_some_and(|due| due <= pick.now);
    let jobs = || shelves.jobs.values();

    let lapsed = jobs().filter(running).filter(is_due).cloned().collect();
    let mut found = first(lapsed, pick.limit, |job: &Job| {
        (job.state.due(), job.created_at, job.id)
    });
    if pick.suspects == Suspects::Alone {
        if found.is_empty() && pick.limit > 0 {
            found.extend(suspect(shelves, pick));
        }
        if !found.is_empty() {
            return found;
        }
    }

    let passed_over = |job: &&Job| pick.suspects != Suspects::InLine && waiting_suspect(job);
    let mut taken = count_running(shelves);
    for job in jobs().filter(passed_over).filter(is_due) {
        *taken.entry(job.tenant).or_default() += 1;
    }
    let turn_of = |job: &Job| shelves.turns.get(&job.id).copied();
    let place = |job: &Job| (job.priority, turn_of(job), job.created_at, job.id);
    let mut waiting: Vec<&Job> = jobs()
        .filter(|job| !running(job) && !passed_over(job))
        .filter(is_due)
        .collect();
    waiting.sort_by_key(|job| place(job));
    let may_run = |job: &&&Job| taken.get(&job.tenant).is_none_or(|taken| *taken < pick.at_once);
    let low = |job: &&&Job| pick.first == First::OneLow && job.priority == Priority::Low;
    let one = waiting.iter().filter(low).find(may_run).map(|job| job.id);
    // Stable: the others stay in their order.
    waiting.sort_by_key(|job| Some(job.id) != one);
    for job in waiting {
        if u32::try_from(found.len()).is_ok_and(|found| found >= pick.limit) {
            break;
        }
        let taken = taken.entry(job.tenant).or_default();
        if *taken < pick.at_once {
            *taken += 1;
            found.push(job.clone());
        }
    }
    found
}

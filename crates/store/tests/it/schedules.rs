//! Claim, renewal, cancel, end and hand-back under ten thousand schedules drawn at random: however the calls of two
//! workers and somebody who cancels fall between each other, each job ends once and owes one delivery; and a job that
//! kills its process takes none along for good.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_job::{Cause, Failure, Jitter, JobEvent, JobState, RetrySchedule, Timestamp, code};
use marquetry_model::{
    Account, ApiKey, ApiKeyId, AttemptRecord, Carriage, ContentHash, Delivery, DeliveryId, Endpoint,
    EndpointId, Happening, Job, JobId, KeyHash, Lane, LedgerEntry, Mockup, MockupId, Tenant, TenantId,
    Version,
};
use marquetry_store::conformance::sample::{
    LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker,
};
use marquetry_store::memory::MemoryStore;
use marquetry_store::{
    Cancelling, Changes, ClaimStep, Claimed, Cursor, DeliveryFilter, DeliveryStore, EndpointStore,
    IdempotencyClaim, Inserted, JobFilter, JobSteps, JobStore, JobSwap, KeyStore, LedgerStore, MockupFilter,
    MockupOrder, MockupPage, MockupStore, Page, Pick, Posted, PostingOrder, Record, RecordCursor, RecordKind,
    RecordPage, RecordStore, Reported, Store, StoreError, Submission, Swap, Window,
};
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// The store in memory; before each call whoever else there is may go first.
#[derive(Debug, Default)]
struct Interleaved(MemoryStore);

/// A trait whose every call is passed on after a yield.
macro_rules! passed_on {
    ($store:ident: $($call:ident($($name:ident: $kind:ty),*) -> $answer:ty;)* $(;$($more:tt)*)?) => {
        #[async_trait]
        impl $store for Interleaved {
            $(async fn $call(&self, $($name: $kind),*) -> Result<$answer, StoreError> {
                yield_now().await;
                self.0.$call($($name),*).await
            })*
            $($($more)*)?
        }
    };
}

passed_on!(JobStore:
    insert_job(job: &Job, claim: Option<&IdempotencyClaim>) -> Inserted;
    insert_jobs(submission: &Submission) -> Inserted;
    remembers(tenant: TenantId, key: &str, at: Timestamp) -> bool;
    job(tenant: TenantId, id: JobId) -> Option<Job>;
    list_jobs(tenant: TenantId, filter: &JobFilter, after: Option<Cursor>, limit: u32) -> Page<Job>;
    due_jobs(pick: &Pick) -> Vec<Job>;
    claim_due(pick: &Pick, step: ClaimStep) -> Claimed;
    next_due_job() -> Option<Timestamp>;
    held_jobs(after: Option<JobId>, limit: u32) -> Vec<Job>;
    replace_job(expected: Version, swap: &JobSwap) -> Swap;
    overdue_jobs(before: Timestamp, limit: u32) -> Vec<Job>;
    forget_jobs(before: Timestamp, limit: u32) -> u64;
    count_live_jobs(tenant: Option<TenantId>) -> u64;
    forget_claims(now: Timestamp) -> u64;
    ;fn changes(&self) -> Changes {
        self.0.changes()
    }
);
passed_on!(MockupStore:
    insert_mockup(mockup: &Mockup) -> ();
    mockup(tenant: TenantId, id: MockupId) -> Option<Mockup>;
    list_mockups(tenant: TenantId, filter: &MockupFilter, order: MockupOrder, limit: u32, offset: u64) -> MockupPage;
    replace_mockup(expected: Version, mockup: &Mockup) -> Swap;
    delete_mockup(tenant: TenantId, id: MockupId) -> Option<Mockup>;
    content_in_use(content: ContentHash) -> bool;
);
passed_on!(RecordStore:
    insert_record(record: &Record) -> ();
    record(tenant: TenantId, kind: RecordKind, id: &str) -> Option<Record>;
    list_records(tenant: TenantId, kind: RecordKind, after: Option<&RecordCursor>, limit: u32) -> RecordPage<Record>;
    replace_record(expected: Version, record: &Record) -> Swap;
    delete_record(tenant: TenantId, kind: RecordKind, id: &str, expected: Option<Version>) -> Swap;
    discharge_record(tenant: TenantId, kind: RecordKind, id: &str, expected: Version, owed: &[Delivery]) -> Swap;
    is_referred_to(id: &str) -> bool;
    loose_records(kind: RecordKind, before: Timestamp, after: Option<(TenantId, &str)>, limit: u32) -> Vec<Record>;
);
passed_on!(LedgerStore:
    account(tenant: TenantId) -> Option<Account>;
    post(order: &PostingOrder) -> Posted;
    list_entries(tenant: TenantId, before: Option<u64>, limit: u32) -> Vec<LedgerEntry>;
);
passed_on!(EndpointStore:
    insert_endpoint(endpoint: &Endpoint) -> ();
    endpoint(tenant: TenantId, id: EndpointId) -> Option<Endpoint>;
    list_endpoints(tenant: TenantId) -> Vec<Endpoint>;
    swap_endpoint(expected: Version, endpoint: &Endpoint, owed: &[Delivery]) -> Swap;
    delete_endpoint(tenant: TenantId, id: EndpointId) -> bool;
);
passed_on!(DeliveryStore:
    insert_delivery(delivery: &Delivery) -> ();
    delivery(tenant: TenantId, id: DeliveryId) -> Option<Delivery>;
    list_deliveries(tenant: TenantId, filter: &DeliveryFilter, after: Option<Cursor>, limit: u32) -> Page<Delivery>;
    due_deliveries(carriage: Carriage, window: Window, limit: u32, except: &[Lane]) -> Vec<Delivery>;
    next_due_delivery(carriage: Carriage, from: Timestamp, except: &[Lane]) -> Option<Timestamp>;
    held_deliveries(carriage: Carriage, after: Option<DeliveryId>, limit: u32) -> Vec<Delivery>;
    replace_delivery(expected: Version, delivery: &Delivery, tried: Option<&AttemptRecord>) -> Swap;
    delivery_attempts(tenant: TenantId, id: DeliveryId, before: Option<u32>, limit: u32) -> Vec<AttemptRecord>;
    forget_attempts(before: Timestamp, limit: u32) -> u64;
    forget_deliveries(before: Timestamp, limit: u32) -> u64;
);
passed_on!(KeyStore:
    insert_tenant(tenant: &Tenant) -> ();
    tenant(id: TenantId) -> Option<Tenant>;
    list_tenants() -> Vec<Tenant>;
    insert_key(key: &ApiKey) -> ();
    key_by_hash(hash: &KeyHash) -> Option<ApiKey>;
    list_keys(tenant: TenantId) -> Vec<ApiKey>;
    revoke_key(tenant: TenantId, id: ApiKeyId, at: Timestamp) -> bool;
    count_use(id: ApiKeyId, requests: u64, at: Timestamp) -> ();
);

const JOBS: u64 = 2;
const SCHEDULES: usize = 10_000;

/// Ends that somebody was told are written, in the order they were told.
type Ends = Arc<Mutex<Vec<(JobId, JobState)>>>;

fn note(ends: &Ends, reported: Reported<Job>) {
    if let Reported::Written(job) = reported
        && job.state.is_terminal()
    {
        ends.lock().unwrap().push((job.id, job.state));
    }
}

/// A worker that claims three times. The second one's clock is so far ahead that every lease has lapsed for it.
async fn work(store: Arc<dyn Store>, number: u64, ends: Ends) {
    let steps = job_steps(&store);
    for round in 0..3 {
        let now = at(10) + Duration::from_secs(40 * (number - 1) + round);
        for job in steps.claim(worker(number), now, LEASE, 2).await.unwrap() {
            let (tenant, id, by) = (job.tenant, job.id, job.state.hold().unwrap());
            steps.renew(tenant, id, by, now, LEASE).await.unwrap();
            let reported = match (number + round) % 3 {
                0 => steps.hand_back(tenant, id, by, now).await,
                1 => steps.finish(tenant, id, by, result(number), None, now).await,
                _ => {
                    let cause = Cause::later(Failure::new("c", "m", "d"));
                    steps.broke(tenant, id, by, cause, now, Jitter::LEAST).await
                }
            };
            note(&ends, reported.unwrap());
        }
    }
}

async fn lives() {
    let store: Arc<dyn Store> = Arc::new(Interleaved::default());
    for n in 0..JOBS {
        let inserted = store.insert_job(&render_job(n), None).await.unwrap();
        assert_eq!(inserted, Inserted::New);
    }
    let ends = Ends::default();
    let workers = [1, 2].map(|number| spawn(work(Arc::clone(&store), number, Arc::clone(&ends))));
    let cancelling = {
        let store = Arc::clone(&store);
        spawn(async move {
            job_steps(&store)
                .cancel(tenant_id(1), job_id(0), at(20))
                .await
                .unwrap()
        })
    };
    let cancelling = cancelling.await.unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    if let Cancelling::Done(job) = &cancelling {
        ends.lock().unwrap().push((job.id, job.state.clone()));
    }

    // Whatever is left is done by one who comes much later.
    let steps = job_steps(&store);
    let late = at(1000);
    for job in steps.claim(worker(3), late, LEASE, 9).await.unwrap() {
        let by = job.state.hold().unwrap();
        let reported = steps.finish(job.tenant, job.id, by, result(3), None, late).await;
        note(&ends, reported.unwrap());
    }

    let ends = ends.lock().unwrap().clone();
    for n in 0..JOBS {
        let job = store.job(tenant_id(1), job_id(n)).await.unwrap().unwrap();
        assert!(job.state.is_terminal(), "{:?}", job.state);
        let told: Vec<_> = ends.iter().filter(|(id, _)| *id == job.id).collect();
        assert!(told.len() <= 1, "it ended more than once: {told:?}");
        if let Some((_, state)) = told.first() {
            assert_eq!(*state, job.state, "an end that was told changed");
        }
        assert_eq!(
            job.result.is_some(),
            matches!(job.state, JobState::Succeeded { .. })
        );
    }
    let cancelled = store.job(tenant_id(1), job_id(0)).await.unwrap().unwrap().state;
    match cancelling {
        Cancelling::TooLate(job) => assert_eq!(cancelled, job.state),
        _ => assert!(
            matches!(cancelled, JobState::Cancelled { .. }),
            "{cancelled:?} after a cancel"
        ),
    }
    let owed = store
        .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 99, &[])
        .await
        .unwrap();
    assert_eq!(owed.len() as u64, JOBS, "each end owes one delivery");
}

fn at_random(run: impl Fn() + Send + Sync + 'static) {
    Runner::new(RandomScheduler::new(SCHEDULES), room()).run(run);
}

fn with_few_switches(run: impl Fn() + Send + Sync + 'static) {
    Runner::new(PctScheduler::new(3, SCHEDULES / 2), room()).run(run);
}

/// The stack of a task is 32 KiB unless one says more, which is not enough for steps that are compiled without much care.
fn room() -> Config {
    let mut config = Config::new();
    config.stack_size = 512 << 10;
    config
}

#[test]
fn each_job_ends_once_however_the_calls_fall() {
    at_random(|| block_on(lives()));
}

#[test]
fn each_job_ends_once_when_few_switches_are_chosen_badly() {
    with_few_switches(|| block_on(lives()));
}

/// How many jobs there are beside the poison, job 0, and how many processes draw them.
const INNOCENTS: u64 = 2;
const PROCESSES: u64 = 2;

/// A place where a process draws up to two jobs at once, dies if one of them is the poison, and is started anew, until
/// all jobs have ended.
async fn mortal(store: Arc<dyn Store>, place: u64) {
    let steps = job_steps(&store);
    let (mut life, mut rounds) = (0, 0);
    let mut held: Vec<Job> = Vec::new();
    while store.count_live_jobs(None).await.unwrap() > 0 {
        rounds += 1;
        assert!(rounds < 10_000, "a job waits for ever");
        let process = worker(100 * (place + 1) + life);
        let suspect = if held.is_empty() {
            held = steps.claim(process, at(10), LEASE, 2).await.unwrap();
            None
        } else {
            let beside = steps.claim_beside(process, at(10), LEASE, 1).await.unwrap();
            held.extend(beside.jobs);
            beside.suspect
        };
        let suspects = held.iter().filter(|job| job.state.is_suspect()).count();
        assert!(
            suspects == 0 || held.len() == 1,
            "a suspect runs beside another job"
        );
        // It draws when it has enough, must be idle for a suspect, or has looked twice.
        if held.len() == 2 || suspects == 1 || suspect.is_some() || rounds % 2 == 0 {
            life += draw(&store, &steps, std::mem::take(&mut held)).await;
        }
    }
}

/// Ends all jobs well, or dies with all of them; how many times that was.
async fn draw(store: &Arc<dyn Store>, steps: &JobSteps, held: Vec<Job>) -> u64 {
    let dies = held.iter().any(|job| job.id == job_id(0));
    for job in held {
        let by = job.state.hold().unwrap();
        if dies {
            // Whoever finds the process dead says so.
            let (retry, died) = (RetrySchedule::default(), JobEvent::HolderDied { was: by });
            let state = job.state.clone().step(died, at(10), &retry, Jitter::MIDDLE);
            let expected = job.version;
            let freed = JobSwap::only(job.stepped(state.unwrap(), None, at(10)));
            assert_eq!(store.replace_job(expected, &freed).await.unwrap(), Swap::Swapped);
        } else {
            let ended = steps.finish(job.tenant, job.id, by, result(1), None, at(10));
            assert!(matches!(ended.await.unwrap(), Reported::Written(_)));
        }
    }
    u64::from(dies)
}

async fn deaths() {
    let store: Arc<dyn Store> = Arc::new(Interleaved::default());
    for n in 0..=INNOCENTS {
        let inserted = store.insert_job(&render_job(n), None).await.unwrap();
        assert_eq!(inserted, Inserted::New);
    }
    let processes: Vec<_> = (0..PROCESSES)
        .map(|place| spawn(mortal(Arc::clone(&store), place)))
        .collect();
    for process in processes {
        process.await.unwrap();
    }
    for n in 0..=INNOCENTS {
        let job = store.job(tenant_id(1), job_id(n)).await.unwrap().unwrap();
        let lost = job.timeline.moments.iter();
        let lost = lost.filter(|moment| moment.what == Happening::HolderLost).count();
        match job.state {
            JobState::Failed { cause, .. } if n == 0 => assert_eq!(cause.code, code::WORKER_CRASHED),
            JobState::Succeeded { .. } if n > 0 => assert!(lost <= 1, "job {n} died {lost} times"),
            state => panic!("job {n} ended as {state:?}"),
        }
    }
}

#[test]
fn a_poison_job_harms_no_other_however_the_calls_fall() {
    at_random(|| block_on(deaths()));
}

#[test]
fn a_poison_job_harms_no_other_when_few_switches_are_chosen_badly() {
    with_few_switches(|| block_on(deaths()));
}

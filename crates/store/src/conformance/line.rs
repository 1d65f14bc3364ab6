//! The rules of the line: who is next, and that nobody waits for more than their share.

use std::sync::Arc;

use marquetry_job::JobState;
use marquetry_model::{Job, JobId, Priority};

use super::sample::{LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker};
use crate::{Beside, First, Inserted, JobSteps, Pick, Store, Suspect, Suspects};

type Shared = Arc<dyn Store>;

/// Job `n` of a tenant, which came in at `at(0)` like all the others: only the line tells them apart.
fn job(n: u64, tenant: u64, priority: Priority) -> Job {
    Job {
        tenant: tenant_id(tenant),
        priority,
        created_at: at(0),
        updated_at: at(0),
        state: JobState::accepted(at(0)),
        ..render_job(n)
    }
}

async fn insert(store: &Shared, n: u64, tenant: u64, priority: Priority) {
    let inserted = store.insert_job(&job(n, tenant, priority), None).await.unwrap();
    assert_eq!(inserted, Inserted::New);
}

async fn next(store: &Shared, limit: u32) -> Vec<JobId> {
    ids(&store.due_jobs(&Pick::any(at(9), limit)).await.unwrap())
}

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

/// Claims one job and ends it well; tells which it was.
async fn serve(steps: &JobSteps) -> Option<Job> {
    let job = steps.claim(worker(1), at(9), LEASE, 1).await.unwrap().pop()?;
    let by = job.state.hold().unwrap();
    steps
        .finish(job.tenant, job.id, by, result(1), None, at(9))
        .await
        .unwrap();
    Some(job)
}

/// However much one tenant has in line, another's first job is next.
pub async fn a_newcomer_is_next(store: Shared) {
    for n in 0..50 {
        insert(&store, n, 1, Priority::Normal).await;
    }
    let steps = job_steps(&store);
    // While the first tenant's second job runs, another comes.
    serve(&steps).await;
    steps.claim(worker(1), at(9), LEASE, 1).await.unwrap();
    insert(&store, 100, 2, Priority::Normal).await;
    assert_eq!(next(&store, 2).await, [job_id(100), job_id(2)]);
}

/// Two tenants with much in line are served in turns, also when one of them came much later.
pub async fn tenants_take_turns(store: Shared) {
    for n in 0..30 {
        insert(&store, n, 1, Priority::Normal).await;
    }
    let steps = job_steps(&store);
    for _ in 0..10 {
        serve(&steps).await;
    }
    for n in 100..120 {
        insert(&store, n, 2, Priority::Normal).await;
    }
    let mut lead = 0_i32;
    for _ in 0..40 {
        let served = serve(&steps).await.unwrap();
        lead += if served.tenant == tenant_id(1) { 1 } else { -1 };
        assert!(lead.abs() <= 2, "one tenant is {lead} jobs ahead");
    }
}

/// Tenants who come back as soon as they were served do not keep back one who has much in line.
pub async fn coming_back_at_once_gains_nothing(store: Shared) {
    for n in 0..20 {
        insert(&store, n, 1, Priority::Normal).await;
    }
    let steps = job_steps(&store);
    let mut patient = 0;
    for n in (100..160).step_by(2) {
        insert(&store, n, 2, Priority::Normal).await;
        insert(&store, n + 1, 3, Priority::Normal).await;
        for _ in 0..2 {
            let served = serve(&steps).await.unwrap();
            patient += u32::from(served.tenant == tenant_id(1));
        }
    }
    assert!(
        patient >= 19,
        "it was served {patient} times of 60, its share was 20"
    );
}

/// What a tenant had in line and took back before its turn does not count against it.
pub async fn a_cancelled_job_gives_its_turn_back(store: Shared) {
    let steps = job_steps(&store);
    for n in 0..20 {
        insert(&store, n, 1, Priority::Normal).await;
    }
    for n in 0..20 {
        steps.cancel(tenant_id(1), job_id(n), at(1)).await.unwrap();
    }
    for n in 100..110 {
        insert(&store, n, 2, Priority::Normal).await;
    }
    insert(&store, 30, 1, Priority::Normal).await;
    assert!(next(&store, 2).await.contains(&job_id(30)));
}

/// The urgent go first, whoever's they are.
pub async fn priorities_come_before_turns(store: Shared) {
    insert(&store, 1, 1, Priority::Low).await;
    insert(&store, 2, 1, Priority::Normal).await;
    for n in 3..6 {
        insert(&store, n, 2, Priority::High).await;
    }
    assert_eq!(next(&store, 9).await, [3, 4, 5, 2, 1].map(job_id));
    let low_first = Pick {
        first: First::OneLow,
        ..Pick::any(at(9), 3)
    };
    insert(&store, 6, 2, Priority::Low).await;
    assert_eq!(
        ids(&store.due_jobs(&low_first).await.unwrap()),
        [1, 3, 4].map(job_id)
    );
    let all = Pick {
        limit: 9,
        ..low_first
    };
    assert_eq!(
        ids(&store.due_jobs(&all).await.unwrap()),
        [1, 3, 4, 5, 2, 6].map(job_id)
    );
    let stored = store.job(tenant_id(2), job_id(3)).await.unwrap().unwrap();
    assert_eq!(stored.priority, Priority::High);
}

/// A low job is taken in the end, however many others there are.
pub async fn low_jobs_do_not_starve(store: Shared) {
    insert(&store, 0, 1, Priority::Low).await;
    for n in 1..60 {
        insert(&store, n, 2, Priority::High).await;
    }
    let steps = job_steps(&store);
    let mut served = 0;
    while serve(&steps).await.unwrap().id != job_id(0) {
        served += 1;
        assert!(served < 40, "the low job still waits");
    }
    assert!(served >= 10, "and it did not push in");
}

/// A lapsed lease comes before all that waits, and is no further job of its tenant.
pub async fn a_lapsed_lease_is_taken_up_first(store: Shared) {
    insert(&store, 1, 1, Priority::Low).await;
    let steps = job_steps(&store).at_once(1);
    steps.claim(worker(1), at(1), LEASE, 1).await.unwrap();
    insert(&store, 2, 2, Priority::High).await;
    insert(&store, 3, 1, Priority::High).await;
    let narrow = Pick {
        at_once: 1,
        ..Pick::any(at(60), 9)
    };
    let found = store.due_jobs(&narrow).await.unwrap();
    assert_eq!(ids(&found), [job_id(1), job_id(2)]);
    let claimed = steps.claim(worker(2), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(1)], "it runs alone");
    let claimed = steps.claim(worker(3), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(2)], "its tenant runs one");
}

/// A tenant's jobs beyond what it may run are passed over, and those of others behind them are not.
pub async fn a_tenant_at_its_limit_is_passed_over(store: Shared) {
    for n in 0..30 {
        insert(&store, n, 1, Priority::High).await;
    }
    insert(&store, 100, 2, Priority::Low).await;
    let steps = job_steps(&store).at_once(3);
    let claimed = steps.claim(worker(1), at(9), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [0, 1, 2, 100].map(job_id));
    assert!(steps.claim(worker(2), at(9), LEASE, 9).await.unwrap().is_empty());
    let by = claimed[1].state.hold().unwrap();
    steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(9))
        .await
        .unwrap();
    let claimed = steps.claim(worker(2), at(9), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(3)]);
}

/// Jobs `ns` become suspects that are due from `at(second)` on: somebody held them and fell silent.
async fn suspect(store: &Shared, ns: std::ops::Range<u64>, second: i64) {
    let steps = job_steps(store);
    let lease = LEASE / 15 * u32::try_from(second - 1).unwrap();
    let held = steps
        .claim(worker(90), at(1), lease, ns.clone().count())
        .await
        .unwrap();
    assert_eq!(ids(&held), ns.map(job_id).collect::<Vec<_>>());
    // Whoever runs something frees them and leaves them where they are.
    let beside = steps
        .claim_beside(worker(91), at(second), LEASE, 1)
        .await
        .unwrap();
    assert!(beside.jobs.iter().all(|job| !job.state.is_suspect()));
    for job in beside.jobs {
        let by = job.state.hold().unwrap();
        let back = steps.hand_back(job.tenant, job.id, by, at(second)).await;
        back.unwrap();
    }
}

fn pick(suspects: Suspects) -> Pick {
    Pick {
        suspects,
        ..Pick::any(at(60), 9)
    }
}

/// A process that runs something is lent everything but suspects, and is told which one waits.
pub async fn suspects_are_passed_over_beside_others(store: Shared) {
    for n in 1..=4 {
        insert(&store, n, 1, Priority::High).await;
    }
    suspect(&store, 1..3, 20).await;
    let found = |suspects| {
        let store = Arc::clone(&store);
        async move { ids(&store.due_jobs(&pick(suspects)).await.unwrap()) }
    };
    assert_eq!(found(Suspects::InLine).await, [1, 2, 3, 4].map(job_id));
    assert_eq!(found(Suspects::PassedOver).await, [3, 4].map(job_id));
    let Beside { jobs, suspect } = job_steps(&store)
        .claim_beside(worker(1), at(60), LEASE, 9)
        .await
        .unwrap();
    assert_eq!(ids(&jobs), [3, 4].map(job_id));
    let waits = Suspect {
        job: job_id(1),
        due: at(20),
    };
    assert_eq!(suspect, Some(waits));
}

/// A process that runs nothing is lent one suspect and nothing else, whatever else is due and however urgent it is.
pub async fn a_suspect_is_taken_alone(store: Shared) {
    for n in 1..=2 {
        insert(&store, n, 1, Priority::Low).await;
    }
    suspect(&store, 1..3, 20).await;
    insert(&store, 3, 2, Priority::High).await;
    assert_eq!(
        ids(&store.due_jobs(&pick(Suspects::Alone)).await.unwrap()),
        [job_id(1)]
    );
    let steps = job_steps(&store);
    // Two processes may each run one at the same time.
    for n in 1..=2 {
        let claimed = steps.claim(worker(n), at(60), LEASE, 9).await.unwrap();
        assert_eq!(ids(&claimed), [job_id(n)]);
        assert!(claimed[0].state.is_suspect());
    }
    let claimed = steps.claim(worker(3), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(3)], "nobody waits for those that run");
}

/// Of suspects the one that has been due longest is next.
pub async fn the_longest_due_suspect_is_next(store: Shared) {
    insert(&store, 1, 1, Priority::Normal).await;
    suspect(&store, 1..2, 30).await;
    insert(&store, 2, 2, Priority::High).await;
    let steps = job_steps(&store);
    // The second one breaks its process first and is tried again before the first was.
    let held = steps.claim_beside(worker(7), at(2), LEASE, 1).await.unwrap();
    assert_eq!(ids(&held.jobs), [job_id(2)]);
    let freed = steps.claim_beside(worker(8), at(31), LEASE, 9).await.unwrap();
    assert_eq!(freed.jobs, []);
    assert_eq!(freed.suspect.map(|suspect| suspect.job), Some(job_id(1)));
    for n in 1..=2 {
        let claimed = steps.claim(worker(n), at(60), LEASE, 9).await.unwrap();
        assert_eq!(ids(&claimed), [job_id(n)]);
    }
}

/// A suspect that ends its attempt well or is handed back is no different from any other job, but that it stays
/// what it is until it ends.
pub async fn a_suspect_that_is_handed_back_stays_one(store: Shared) {
    insert(&store, 1, 1, Priority::Normal).await;
    suspect(&store, 1..2, 20).await;
    insert(&store, 2, 1, Priority::Normal).await;
    let steps = job_steps(&store);
    let claimed = steps.claim(worker(1), at(60), LEASE, 9).await.unwrap();
    let by = claimed[0].state.hold().unwrap();
    steps
        .hand_back(tenant_id(1), job_id(1), by, at(61))
        .await
        .unwrap();
    let beside = steps.claim_beside(worker(2), at(61), LEASE, 9).await.unwrap();
    assert_eq!(ids(&beside.jobs), [job_id(2)]);
    let claimed = steps.claim(worker(3), at(62), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(1)]);
    let by = claimed[0].state.hold().unwrap();
    let ended = steps.finish(tenant_id(1), job_id(1), by, result(1), None, at(63));
    ended.await.unwrap();
    assert_eq!(store.due_jobs(&pick(Suspects::Alone)).await.unwrap(), []);
    assert_eq!(
        store.job(tenant_id(1), job_id(1)).await.unwrap().unwrap().result,
        Some(result(1))
    );
}

/// What a tenant may run is kept for its suspects: its other jobs do not keep them waiting, and one that may not run
/// yet keeps nobody else.
pub async fn room_is_kept_for_suspects(store: Shared) {
    insert(&store, 1, 1, Priority::Normal).await;
    suspect(&store, 1..2, 20).await;
    for n in 2..=3 {
        insert(&store, n, 1, Priority::High).await;
        insert(&store, 10 + n, 2, Priority::High).await;
    }
    let steps = job_steps(&store).at_once(1);
    // The only one that tenant 1 may run is kept for its suspect.
    let beside = steps.claim_beside(worker(1), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&beside.jobs), [job_id(12)]);
    assert_eq!(beside.suspect.map(|suspect| suspect.job), Some(job_id(1)));
    // Where it may run two, one of its other jobs goes beside.
    let wide = job_steps(&store).at_once(2);
    let beside = wide.claim_beside(worker(2), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&beside.jobs), [2, 13].map(job_id));
    // Now it may not run for a while, and nobody is asked to wait for it or made to.
    insert(&store, 20, 3, Priority::Low).await;
    let beside = steps.claim_beside(worker(3), at(60), LEASE, 9).await.unwrap();
    assert_eq!((ids(&beside.jobs), beside.suspect), (vec![job_id(20)], None));
    insert(&store, 21, 4, Priority::Low).await;
    let claimed = steps.claim(worker(4), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&claimed), [job_id(21)]);
}

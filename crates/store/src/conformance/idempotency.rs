//! The rules of repeating a submission.

use std::sync::Arc;

use marquetry_model::{Job, JobId};

use super::sample::{LEASE, at, job_id, job_steps, render_job, result, tenant_id, worker};
use crate::{Fingerprint, IdempotencyClaim, Inserted, JobFilter, Store};

type Shared = Arc<dyn Store>;

fn claim(key: &str, request: u8) -> IdempotencyClaim {
    let until = at(0) + IdempotencyClaim::KEPT;
    IdempotencyClaim {
        key: key.into(),
        fingerprint: Fingerprint([request; 32]),
        until,
    }
}

async fn submit(store: &Shared, n: u64, claim: &IdempotencyClaim) -> Inserted {
    store
        .insert_job(
            &Job {
                created_at: at(0),
                ..render_job(n)
            },
            Some(claim),
        )
        .await
        .unwrap()
}

fn twin(inserted: Inserted) -> JobId {
    let Inserted::Twin(job) = inserted else {
        panic!("{inserted:?} is no twin")
    };
    job.id
}

/// The same key and request again gives the job that the first one made, as it stands now.
pub async fn a_twin_gets_the_first_job(store: Shared) {
    assert_eq!(submit(&store, 1, &claim("a", 1)).await, Inserted::New);
    let steps = job_steps(&store);
    let by = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(2))
        .await
        .unwrap();
    let Inserted::Twin(job) = submit(&store, 2, &claim("a", 1)).await else {
        panic!("not a twin")
    };
    assert_eq!(Some(*job), store.job(tenant_id(1), job_id(1)).await.unwrap());
    assert_eq!(store.job(tenant_id(1), job_id(2)).await.unwrap(), None);
}

/// However many twins come at once, one job is made.
pub async fn parallel_twins_make_one_job(store: Shared) {
    let twins = (0..24).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { (n, submit(&store, n, &claim("a", 1)).await) })
    });
    let mut made = None;
    let mut told = Vec::new();
    for outcome in twins.collect::<Vec<_>>() {
        match outcome.await.unwrap() {
            (n, Inserted::New) => assert_eq!(made.replace(job_id(n)), None, "two jobs were made"),
            (_, inserted) => told.push(twin(inserted)),
        }
    }
    let made = made.unwrap();
    assert!(told.iter().all(|id| *id == made));
    let page = store
        .list_jobs(tenant_id(1), &JobFilter::default(), None, 99)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
}

/// Another request under a key that is kept makes no job.
pub async fn another_request_under_a_key_conflicts(store: Shared) {
    assert_eq!(submit(&store, 1, &claim("a", 1)).await, Inserted::New);
    assert_eq!(submit(&store, 2, &claim("a", 2)).await, Inserted::Conflict);
    assert_eq!(store.job(tenant_id(1), job_id(2)).await.unwrap(), None);
}

/// A key is kept until its time and free from then on, swept or not.
pub async fn a_key_is_forgotten_after_its_time(store: Shared) {
    assert_eq!(submit(&store, 1, &claim("a", 1)).await, Inserted::New);
    let end = claim("a", 1).until;
    let late = |n, now| Job {
        created_at: now,
        ..render_job(n)
    };
    let just_before = end - std::time::Duration::from_micros(1);
    let kept = store
        .insert_job(&late(2, just_before), Some(&claim("a", 1)))
        .await
        .unwrap();
    assert_eq!(twin(kept), job_id(1));
    let next = IdempotencyClaim {
        until: end + IdempotencyClaim::KEPT,
        ..claim("a", 2)
    };
    assert_eq!(
        store.insert_job(&late(3, end), Some(&next)).await.unwrap(),
        Inserted::New
    );
    assert_eq!(
        twin(store.insert_job(&late(4, end), Some(&next)).await.unwrap()),
        job_id(3)
    );
}

/// Sweeping removes what is over and nothing else; the jobs stay.
pub async fn forgetting_leaves_what_is_still_kept(store: Shared) {
    let short = IdempotencyClaim {
        until: at(5),
        ..claim("short", 1)
    };
    assert_eq!(submit(&store, 1, &short).await, Inserted::New);
    assert_eq!(submit(&store, 2, &claim("long", 1)).await, Inserted::New);
    assert_eq!(store.forget_claims(at(4)).await.unwrap(), 0);
    assert_eq!(store.forget_claims(at(5)).await.unwrap(), 1);
    assert_eq!(submit(&store, 3, &short).await, Inserted::New);
    assert_eq!(twin(submit(&store, 4, &claim("long", 1)).await), job_id(2));
    assert!(store.job(tenant_id(1), job_id(1)).await.unwrap().is_some());
}

/// Two tenants may choose the same key.
pub async fn a_key_belongs_to_its_tenant(store: Shared) {
    assert_eq!(submit(&store, 1, &claim("a", 1)).await, Inserted::New);
    let other = Job {
        tenant: tenant_id(2),
        ..render_job(2)
    };
    assert_eq!(
        store.insert_job(&other, Some(&claim("a", 2))).await.unwrap(),
        Inserted::New
    );
}

/// When the job is refused, its key is free.
pub async fn a_refused_job_keeps_no_key(store: Shared) {
    assert_eq!(
        store.insert_job(&render_job(1), None).await.unwrap(),
        Inserted::New
    );
    assert!(
        store
            .insert_job(&render_job(1), Some(&claim("a", 1)))
            .await
            .is_err()
    );
    assert_eq!(submit(&store, 2, &claim("a", 2)).await, Inserted::New);
}

/// A store knows whether it remembers a key without being given a job: the tenant's own, for as long as it is kept.
pub async fn a_kept_key_is_known(store: Shared) {
    let kept = claim("a", 1);
    assert!(!store.remembers(tenant_id(1), "a", at(2)).await.unwrap());
    assert_eq!(submit(&store, 1, &kept).await, Inserted::New);
    let second = std::time::Duration::from_secs(1);
    assert!(
        store
            .remembers(tenant_id(1), "a", kept.until - second)
            .await
            .unwrap()
    );
    assert!(!store.remembers(tenant_id(1), "a", kept.until).await.unwrap());
    assert!(!store.remembers(tenant_id(1), "b", at(2)).await.unwrap());
    assert!(!store.remembers(tenant_id(2), "a", at(2)).await.unwrap());
}

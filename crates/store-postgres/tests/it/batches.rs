//! Many writes in one statement: each caller hears of its own, and one that fails fails nobody else.

use std::sync::Arc;

use futures::future::join_all;
use marquetry_job::JobState;
use marquetry_model::{Job, Version};
use marquetry_store::conformance::sample::{at, delivery, job_id, render_job, tenant_id};
use marquetry_store::{
    DeliveryStore, Fingerprint, IdempotencyClaim, Inserted, JobStore, JobSwap, Store, StoreError, Swap,
};
use marquetry_store_postgres::PostgresStore;

use crate::world::{database, open};

async fn insert_all(store: &PostgresStore, count: u64) {
    let added =
        join_all((0..count).map(|n| async move { store.insert_job(&render_job(n), None).await })).await;
    for outcome in added {
        assert_eq!(outcome.unwrap(), Inserted::New);
    }
}

fn cancelled(job: Job) -> JobSwap {
    JobSwap::only(job.stepped(JobState::Cancelled { at: at(5) }, None, at(5)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_id_among_many_new_ones_fails_alone() {
    let Some(database) = database().await else { return };
    let store = open(&database).await;
    insert_all(&store, 3).await;
    let store = &store;
    let added =
        join_all((0..100).map(|n| async move { (n, store.insert_job(&render_job(n), None).await) })).await;
    for (n, outcome) in added {
        match outcome {
            Err(StoreError::Duplicate { what: "job" }) => assert!(n < 3, "job {n} was new"),
            outcome => {
                assert_eq!(outcome.unwrap(), Inserted::New);
                assert!(n >= 3, "job {n} was taken");
            }
        }
    }
    assert_eq!(store.count_live_jobs(None).await.unwrap(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_cannot_be_among_many_that_can_fails_alone() {
    let Some(database) = database().await else { return };
    let store = open(&database).await;
    insert_all(&store, 60).await;
    store.insert_delivery(&delivery(7)).await.unwrap();
    let store = &store;
    let swaps = join_all((0..70).map(|n| async move {
        let swap = JobSwap {
            // That of 7 is owed already; one in three owes something.
            owed: if n % 3 == 1 { vec![delivery(n)] } else { vec![] },
            ..cancelled(render_job(n))
        };
        let expected = if n == 20 { Version(9) } else { Version::FIRST };
        (n, store.replace_job(expected, &swap).await)
    }))
    .await;
    for (n, outcome) in swaps {
        match n {
            7 => assert!(
                matches!(outcome, Err(StoreError::Duplicate { what: "delivery" })),
                "{outcome:?}"
            ),
            20 => assert_eq!(outcome.unwrap(), Swap::Moved),
            60.. => assert_eq!(outcome.unwrap(), Swap::Missing),
            _ => assert_eq!(outcome.unwrap(), Swap::Swapped, "{n}"),
        }
    }
    for n in [7, 20] {
        let job = store.job(tenant_id(1), job_id(n)).await.unwrap().unwrap();
        assert_eq!(job, render_job(n));
    }
    assert_eq!(store.count_live_jobs(None).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_that_come_at_once_through_two_processes_make_one_job_a_key() {
    const KEYS: u64 = 10;
    const TWINS: u64 = 40;
    let Some(database) = database().await else { return };
    let stores = [Arc::new(open(&database).await), Arc::new(open(&database).await)];
    let asks = (0..KEYS * TWINS).map(|n| {
        let store = Arc::clone(&stores[usize::try_from(n % 2).unwrap()]);
        let claim = IdempotencyClaim {
            key: format!("key {}", n % KEYS),
            fingerprint: Fingerprint([1; 32]),
            until: at(1 << 30),
        };
        tokio::spawn(async move {
            (
                n % KEYS,
                store.insert_job(&render_job(n), Some(&claim)).await.unwrap(),
            )
        })
    });
    let (mut new, mut twins) = (Vec::new(), Vec::new());
    for (n, ask) in (0..).zip(join_all(asks).await) {
        match ask.unwrap() {
            (key, Inserted::New) => new.push((key, job_id(n))),
            (key, Inserted::Twin(job)) => twins.push((key, job.id)),
            (_, Inserted::Conflict | Inserted::Denied(_)) => panic!("nobody asked for anything else"),
        }
    }
    new.sort();
    assert_eq!(new.len(), usize::try_from(KEYS).unwrap());
    for twin in twins {
        assert!(new.contains(&twin), "a twin of another job");
    }
    assert_eq!(stores[0].count_live_jobs(None).await.unwrap(), KEYS);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_against_finishes_in_two_processes_give_one_end_each() {
    let Some(database) = database().await else { return };
    let stores: [Arc<dyn Store>; 2] = [Arc::new(open(&database).await), Arc::new(open(&database).await)];
    let jobs: Vec<Job> = (0..100).map(render_job).collect();
    for job in &jobs {
        let _ = stores[0].insert_job(job, None).await.unwrap();
    }
    // Both sides swap all jobs at the version they were shown, in orders that cross each other.
    let side = |which: usize| {
        let (store, mut jobs) = (Arc::clone(&stores[which]), jobs.clone());
        if which == 1 {
            jobs.reverse();
        }
        tokio::spawn(async move {
            let swaps = jobs.into_iter().map(|job| {
                let store = Arc::clone(&store);
                async move {
                    (
                        job.id,
                        store.replace_job(Version::FIRST, &cancelled(job)).await.unwrap(),
                    )
                }
            });
            join_all(swaps).await
        })
    };
    let (one, other) = (side(0), side(1));
    let mut ends = one.await.unwrap();
    ends.extend(other.await.unwrap());
    ends.retain(|(_, swap)| *swap == Swap::Swapped);
    ends.sort_by_key(|(id, _)| *id);
    ends.dedup_by_key(|(id, _)| *id);
    assert_eq!(ends.len(), jobs.len());
}

//! The rules of swaps that are asked for together: each stands for itself.

use std::sync::Arc;

use marquetry_job::{Hold, JobState};
use marquetry_model::{Job, Version};

use super::sample::{
    LEASE, at, delivery, delivery_id, job_id, job_steps, render_job, result, tenant_id, worker,
};
use crate::{Finished, Inserted, JobSwap, Reported, Store, StoreError, Swap};

type Shared = Arc<dyn Store>;

async fn insert(store: &Shared, jobs: u64) {
    for n in 1..=jobs {
        let inserted = store.insert_job(&render_job(n), None).await.unwrap();
        assert_eq!(inserted, Inserted::New);
    }
}

async fn reload(store: &Shared, n: u64) -> Job {
    store.job(tenant_id(1), job_id(n)).await.unwrap().unwrap()
}

/// A swap that fails for what comes with it, one of a version that is gone and one of a job that is not there keep none
/// of the others from being written.
pub async fn each_swap_of_many_stands_for_itself(store: Shared) {
    insert(&store, 4).await;
    store.insert_delivery(&delivery(9)).await.unwrap();
    let ended = |n: u64, owed: u64| {
        let job = render_job(n).stepped(JobState::Succeeded { at: at(9) }, Some(result(n)), at(9));
        JobSwap {
            owed: vec![delivery(owed)],
            ..JobSwap::only(job)
        }
    };
    let swaps = [
        (Version::FIRST, ended(1, 1)),
        (Version::FIRST, ended(2, 9)),
        (Version::FIRST.next(), ended(3, 3)),
        (Version::FIRST, ended(5, 5)),
        (Version::FIRST, ended(4, 4)),
    ];
    let outcomes = store.replace_jobs(&swaps).await;
    assert!(
        matches!(
            &outcomes[..],
            [
                Ok(Swap::Swapped),
                Err(StoreError::Duplicate { what: "delivery" }),
                Ok(Swap::Moved),
                Ok(Swap::Missing),
                Ok(Swap::Swapped),
            ]
        ),
        "{outcomes:?}"
    );
    for (n, swap) in [(1, &swaps[0].1), (4, &swaps[4].1)] {
        assert_eq!(reload(&store, n).await, swap.job);
        let owed = store.delivery(tenant_id(1), delivery_id(n)).await.unwrap();
        assert_eq!(owed.as_ref(), swap.owed.first());
    }
    for n in [2, 3] {
        assert_eq!(reload(&store, n).await, render_job(n));
    }
    assert_eq!(store.delivery(tenant_id(1), delivery_id(3)).await.unwrap(), None);
    assert_eq!(store.delivery(tenant_id(1), delivery_id(5)).await.unwrap(), None);
    assert!(store.replace_jobs(&[]).await.is_empty());
}

/// Jobs that end together owe what each owes; who does not hold his any more is refused, and the others are not.
pub async fn jobs_that_end_together_are_each_fenced(store: Shared) {
    insert(&store, 3).await;
    let steps = job_steps(&store);
    let held = steps.claim(worker(1), at(10), LEASE, 3).await.unwrap();
    let late = Hold {
        worker: worker(1),
        epoch: 7,
    };
    let mut finished: Vec<Finished> = held
        .iter()
        .map(|job| Finished {
            tenant: job.tenant,
            id: job.id,
            by: job.state.hold().unwrap(),
            result: result(1),
            mockup: None,
        })
        .collect();
    finished[1].by = late;
    // One that never was, and one that is told of twice.
    let unknown = Finished {
        id: job_id(77),
        ..finished[0].clone()
    };
    finished.extend([unknown, finished[0].clone()]);
    let reported = steps.finish_all(finished, at(11)).await;
    let reported: Vec<Reported<Job>> = reported.into_iter().map(Result::unwrap).collect();
    for n in [0, 2] {
        let Reported::Written(job) = &reported[n] else {
            panic!("{:?}", reported[n])
        };
        assert_eq!(job.id, held[n].id);
        assert_eq!(job.state, JobState::Succeeded { at: at(11) });
        assert_eq!(store.job(job.tenant, job.id).await.unwrap().as_ref(), Some(job));
        let [owed] = job.timeline.deliveries[..] else {
            panic!("{:?}", job.timeline)
        };
        assert!(store.delivery(job.tenant, owed).await.unwrap().is_some());
    }
    assert!(matches!(reported[1], Reported::Refused(_)), "{reported:?}");
    assert_eq!(
        store.job(held[1].tenant, held[1].id).await.unwrap().as_ref(),
        Some(&held[1])
    );
    assert_eq!(reported[3], Reported::Missing);
    assert!(matches!(reported[4], Reported::Refused(_)), "{reported:?}");
}

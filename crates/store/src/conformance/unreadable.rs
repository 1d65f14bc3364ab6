//! What a store does when it comes upon a row that it cannot read. Only a backend knows how to damage one, so this rule
//! is in no suite, and called by each that keeps rows.

use std::sync::Arc;

use marquetry_job::Timestamp;
use marquetry_model::{Carriage, Delivery, Job, JobId};

use super::sample::{
    LEASE, at, delivery, delivery_id, delivery_steps, job_id, job_steps, render_job, tenant_id, worker,
};
use crate::{DeliveryFilter, Inserted, JobFilter, Pick, Store, StoreError};

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

/// Jobs that cannot be read are passed over by claims, lists and sweeps; one that is asked for by its id is an error
/// that names it, and so is the line as a whole.
///
/// `damage` makes the row of a job one that no program can read.
pub async fn a_damaged_job_stops_nothing(store: Arc<dyn Store>, damage: impl AsyncFn(JobId)) {
    for n in 0..12 {
        assert_eq!(
            store.insert_job(&render_job(n), None).await.unwrap(),
            Inserted::New
        );
    }
    for n in [0, 1, 2, 5] {
        damage(job_id(n)).await;
    }
    let error = store.job(tenant_id(1), job_id(0)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
    assert!(error.to_string().contains(&job_id(0).to_string()), "{error}");
    let error = store.due_jobs(&Pick::any(Timestamp::MAX, 99)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");

    let (all, mut listed, mut after) = (JobFilter::default(), Vec::new(), None);
    loop {
        let page = store.list_jobs(tenant_id(1), &all, after, 3).await.unwrap();
        listed.extend(ids(&page.items));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [11, 10, 9, 8, 7, 6, 4, 3].map(job_id));
    let overdue = store.overdue_jobs(at(8), 4).await.unwrap();
    assert_eq!(ids(&overdue), [3, 4, 6, 7].map(job_id));

    let steps = job_steps(&store);
    let first = steps.claim(worker(1), at(20), LEASE, 1).await.unwrap();
    assert_eq!(ids(&first), [job_id(3)]);
    let beside = steps.claim_beside(worker(1), at(20), LEASE, 9).await.unwrap();
    assert_eq!(ids(&beside.jobs), [4, 6, 7, 8, 9, 10, 11].map(job_id));
    damage(job_id(4)).await;
    let held = store.held_jobs(Some(job_id(3)), 2).await.unwrap();
    assert_eq!(ids(&held), [6, 7].map(job_id));
    assert_eq!(steps.recover(at(21)).await.unwrap(), 7);

    // All of them are suspects now.
    damage(job_id(3)).await;
    let alone = steps.claim(worker(2), at(22), LEASE, 9).await.unwrap();
    assert_eq!(ids(&alone), [job_id(6)]);
    let beside = steps.claim_beside(worker(2), at(22), LEASE, 9).await.unwrap();
    assert_eq!(beside.suspect.map(|suspect| suspect.job), Some(job_id(7)));
    // The lease of job 4, which nobody can read, lapses with that of job 6.
    let alone = steps.claim(worker(3), at(60), LEASE, 9).await.unwrap();
    assert_eq!(ids(&alone), [job_id(7)]);
}

/// The same of deliveries.
///
/// `damage` makes the row of a delivery one that no program can read.
pub async fn a_damaged_delivery_stops_nothing(
    store: Arc<dyn Store>,
    damage: impl AsyncFn(marquetry_model::DeliveryId),
) {
    for n in 0..8 {
        store.insert_delivery(&delivery(n)).await.unwrap();
    }
    for n in [0, 1, 3] {
        damage(delivery_id(n)).await;
    }
    let ids = |found: &[Delivery]| found.iter().map(|one| one.id).collect::<Vec<_>>();
    let error = store.delivery(tenant_id(1), delivery_id(0)).await.unwrap_err();
    assert!(error.to_string().contains(&delivery_id(0).to_string()), "{error}");

    let all = DeliveryFilter::default();
    let page = store.list_deliveries(tenant_id(1), &all, None, 4).await.unwrap();
    assert_eq!(ids(&page.items), [7, 6, 5, 4].map(delivery_id));
    let rest = store
        .list_deliveries(tenant_id(1), &all, page.next, 4)
        .await
        .unwrap();
    assert_eq!((ids(&rest.items), rest.next), (vec![delivery_id(2)], None));
    let due = store
        .due_deliveries(Carriage::Message, at(60).into(), 2, &[])
        .await
        .unwrap();
    assert_eq!(ids(&due), [2, 4].map(delivery_id));

    let steps = delivery_steps(&store);
    let claimed = steps
        .claim(Carriage::Message, worker(1), at(60), LEASE, 9, &[])
        .await
        .unwrap();
    assert_eq!(ids(&claimed), [2, 4, 5, 6, 7].map(delivery_id));
    damage(delivery_id(2)).await;
    let held = store.held_deliveries(Carriage::Message, None, 2).await.unwrap();
    assert_eq!(ids(&held), [4, 5].map(delivery_id));
    assert_eq!(steps.recover(Carriage::Message, at(61)).await.unwrap(), 4);
}

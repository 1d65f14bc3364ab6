//! The rules of a store of jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use marquetry_job::{Cause, Failure, Jitter, JobState, Timestamp};
use marquetry_model::{Announce, Carriage, Happening, Job, JobKind, JobResult, Progress, Version};

use super::overtaken::overtaken;
use super::sample::{
    LEASE, at, delivery, delivery_id, job_id, job_steps, mockup, mockup_id, render_job, result, tenant_id,
    upload_job, worker,
};
use crate::{
    Cancelling, Change, ClaimStep, Inserted, JobFilter, JobSwap, Pick, Renewal, Reported, Store, StoreError,
    Swap,
};

type Shared = Arc<dyn Store>;

async fn insert(store: &Shared, job: &Job) {
    assert_eq!(store.insert_job(job, None).await.unwrap(), Inserted::New);
}

async fn reload(store: &Shared, n: u64) -> Job {
    store.job(tenant_id(1), job_id(n)).await.unwrap().unwrap()
}

/// What was inserted comes back equal, field by field.
pub async fn an_inserted_job_reads_back_whole(store: Shared) {
    for job in [render_job(1), upload_job(2)] {
        insert(&store, &job).await;
        assert_eq!(store.job(job.tenant, job.id).await.unwrap(), Some(job));
    }
}

/// What happened to a job is kept with it: who took it, why a try broke, what its end owed.
pub async fn a_job_keeps_its_timeline(store: Shared) {
    insert(&store, &render_job(1)).await;
    let steps = job_steps(&store);
    let claimed = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap();
    let by = claimed[0].state.hold().unwrap();
    let progress = Progress {
        stage: "draw".into(),
        percent: 45,
    };
    let renewed = steps.renew_at(tenant_id(1), job_id(1), by, at(2), LEASE, Some(progress.clone()));
    assert!(matches!(renewed.await.unwrap(), Renewal::Held { .. }));
    assert_eq!(reload(&store, 1).await.timeline.progress, Some(progress));
    let cause = Cause::later(Failure::new(
        "artwork_download_failed",
        "it answered 503",
        "for the log",
    ));
    let broke = steps.broke(tenant_id(1), job_id(1), by, cause, at(3), Jitter::LEAST);
    assert!(matches!(broke.await.unwrap(), Reported::Written(_)));
    let timeline = reload(&store, 1).await.timeline;
    assert_eq!(timeline.progress, None);
    let told: Vec<_> = timeline
        .moments
        .into_iter()
        .map(|moment| (moment.at, moment.what))
        .collect();
    let expected = [
        (
            at(1),
            Happening::Claimed {
                worker: worker(1),
                attempt: 1,
            },
        ),
        (
            at(3),
            Happening::Broke {
                attempt: 1,
                code: "artwork_download_failed".into(),
                message: "it answered 503".into(),
                again: at(3),
            },
        ),
    ];
    assert_eq!(told, expected);
    let mut ended = reload(&store, 1).await;
    let expected = ended.version;
    ended = ended.stepped(JobState::Cancelled { at: at(4) }, None, at(4));
    ended.timeline.owe([delivery_id(1)]);
    assert_eq!(
        store.replace_job(expected, &JobSwap::only(ended)).await.unwrap(),
        Swap::Swapped
    );
    assert_eq!(reload(&store, 1).await.timeline.deliveries, [delivery_id(1)]);
}

/// A second job under one id is refused, and the first stays as it was.
pub async fn an_id_is_taken_once(store: Shared) {
    insert(&store, &render_job(1)).await;
    let other = Job {
        tenant: tenant_id(2),
        ..upload_job(1)
    };
    let error = store.insert_job(&other, None).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "job" }),
        "{error:?}"
    );
    assert_eq!(reload(&store, 1).await, render_job(1));
}

/// Reading, listing, counting and swapping under another tenant's name finds nothing.
pub async fn other_tenants_see_nothing(store: Shared) {
    insert(&store, &render_job(1)).await;
    let stranger = tenant_id(2);
    assert_eq!(store.job(stranger, job_id(1)).await.unwrap(), None);
    let page = store
        .list_jobs(stranger, &JobFilter::default(), None, 10)
        .await
        .unwrap();
    assert!(page.items.is_empty());
    assert_eq!(store.count_live_jobs(Some(stranger)).await.unwrap(), 0);
    let stolen = Job {
        tenant: stranger,
        ..render_job(1)
    };
    let stolen = JobSwap::only(stolen.stepped(JobState::Cancelled { at: at(5) }, None, at(5)));
    assert_eq!(
        store.replace_job(Version::FIRST, &stolen).await.unwrap(),
        Swap::Missing
    );
    assert_eq!(
        job_steps(&store)
            .cancel(stranger, job_id(1), at(5))
            .await
            .unwrap(),
        Cancelling::Unknown
    );
    assert_eq!(reload(&store, 1).await, render_job(1));
}

/// A tenant's jobs are due in the order they were inserted in, but for those whose moment has not come.
pub async fn one_tenant_is_served_in_the_order_it_asked(store: Shared) {
    for n in [3, 1, 5, 2, 4] {
        insert(&store, &render_job(n)).await;
    }
    let due = store.due_jobs(&Pick::any(at(4), 3)).await.unwrap();
    assert_eq!(
        due.iter().map(|job| job.id).collect::<Vec<_>>(),
        [job_id(3), job_id(1), job_id(2)]
    );
    let claimed = job_steps(&store).claim(worker(1), at(9), LEASE, 2).await.unwrap();
    assert_eq!(
        claimed.iter().map(|job| job.id).collect::<Vec<_>>(),
        [job_id(3), job_id(1)]
    );
}

/// A job shows up at its moment, not a microsecond earlier.
pub async fn a_job_is_not_found_before_it_is_due(store: Shared) {
    insert(&store, &render_job(5)).await;
    let before = at(5) - std::time::Duration::from_micros(1);
    assert!(store.due_jobs(&Pick::any(before, 10)).await.unwrap().is_empty());
    assert_eq!(store.due_jobs(&Pick::any(at(5), 10)).await.unwrap().len(), 1);
}

/// Queued jobs count by their wait, running ones by their lease, ended ones not at all.
pub async fn the_next_due_moment_is_the_earliest(store: Shared) {
    assert_eq!(store.next_due_job().await.unwrap(), None);
    insert(&store, &render_job(30)).await;
    assert_eq!(store.next_due_job().await.unwrap(), Some(at(30)));
    insert(&store, &render_job(10)).await;
    assert_eq!(store.next_due_job().await.unwrap(), Some(at(10)));
    let steps = job_steps(&store);
    let claimed = steps.claim(worker(1), at(12), LEASE, 1).await.unwrap();
    assert_eq!(store.next_due_job().await.unwrap(), Some(at(27)));
    let by = claimed[0].state.hold().unwrap();
    steps
        .finish(tenant_id(1), job_id(10), by, result(10), None, at(13))
        .await
        .unwrap();
    assert_eq!(store.next_due_job().await.unwrap(), Some(at(30)));
}

/// Four workers that grab at once share the jobs out, each job to one.
pub async fn two_workers_never_hold_one_job(store: Shared) {
    for n in 0..40 {
        insert(&store, &upload_job(n)).await;
    }
    let claims = (1..=4).map(|n| {
        let steps = job_steps(&store);
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let more = steps.claim(worker(n), at(100), LEASE, 3).await.unwrap();
                if more.is_empty() {
                    return taken;
                }
                taken.extend(more);
            }
        })
    });
    let mut holders = BTreeMap::new();
    for claim in claims.collect::<Vec<_>>() {
        for job in claim.await.unwrap() {
            let before = holders.insert(job.id, job.state.hold());
            assert_eq!(before, None, "{} was claimed twice", job.id);
        }
    }
    assert_eq!(holders.len(), 40);
    for n in 0..40 {
        assert_eq!(reload(&store, n).await.state.hold(), holders[&job_id(n)]);
    }
}

/// Of the jobs that are lent, those that the step takes are written and told of,
/// and the others stay as they were.
pub async fn a_claim_writes_what_it_takes_and_nothing_else(store: Shared) {
    for n in [1, 2, 3, 4, 9] {
        insert(&store, &render_job(n)).await;
    }
    let mut changes = store.changes();
    let cancelled = |job: &Job| {
        job.clone()
            .stepped(JobState::Cancelled { at: at(5) }, None, at(5))
    };
    let step: ClaimStep = Arc::new(move |job| (job.id != job_id(2)).then(|| cancelled(job)));
    let claimed = store
        .claim_due(&Pick::any(at(5), 3), Arc::clone(&step))
        .await
        .unwrap();
    let taken = |n| cancelled(&render_job(n));
    assert_eq!(claimed.taken, [taken(1), taken(3)]);
    assert_eq!(claimed.left, [render_job(2)]);
    assert_eq!(reload(&store, 1).await, taken(1));
    for n in [2, 4, 9] {
        assert_eq!(reload(&store, n).await, render_job(n));
    }
    // A store may ring after it has answered, so the last insert may still be heard here.
    for n in [1, 3] {
        let ended = loop {
            match changes.next().await {
                Some(Change::JobWaiting(_)) => {}
                change => break change,
            }
        };
        assert_eq!(ended, Some(Change::JobEnded(job_id(n))));
    }
    // What has been taken is lent no more; what was left is.
    let again = store.claim_due(&Pick::any(at(5), 9), step).await.unwrap();
    assert_eq!(again.taken, [taken(4)]);
    assert_eq!(again.left, [render_job(2)]);
}

/// Who was shown an older version swaps nothing.
pub async fn a_moved_version_is_refused(store: Shared) {
    let job = render_job(1);
    insert(&store, &job).await;
    let cancelled = job
        .clone()
        .stepped(JobState::Cancelled { at: at(2) }, None, at(2));
    let failed = JobState::Failed {
        at: at(3),
        cause: Failure::new("c", "m", "d"),
    };
    let failed = job.stepped(failed, None, at(3));
    let first = store
        .replace_job(Version::FIRST, &JobSwap::only(cancelled.clone()))
        .await
        .unwrap();
    assert_eq!(first, Swap::Swapped);
    let late = JobSwap {
        owed: vec![delivery(1)],
        mockup: Some(mockup(1)),
        ..JobSwap::only(failed)
    };
    assert_eq!(
        store.replace_job(Version::FIRST, &late).await.unwrap(),
        Swap::Moved
    );
    assert_eq!(reload(&store, 1).await, cancelled);
    assert_eq!(store.delivery(tenant_id(1), delivery_id(1)).await.unwrap(), None);
    assert_eq!(store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(), None);
}

/// Nothing is made by a swap of a job that is not there.
pub async fn what_is_not_there_is_missing(store: Shared) {
    let swap = JobSwap {
        owed: vec![delivery(1)],
        ..JobSwap::only(render_job(1))
    };
    assert_eq!(
        store.replace_job(Version::FIRST, &swap).await.unwrap(),
        Swap::Missing
    );
    assert_eq!(store.job(tenant_id(1), job_id(1)).await.unwrap(), None);
    assert_eq!(store.delivery(tenant_id(1), delivery_id(1)).await.unwrap(), None);
    let steps = job_steps(&store);
    let by = marquetry_job::Hold {
        worker: worker(1),
        epoch: 1,
    };
    let reported = steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(1))
        .await
        .unwrap();
    assert_eq!(reported, Reported::Missing);
}

/// The end of a job and what it owes become visible at once.
pub async fn deliveries_and_state_appear_together(store: Shared) {
    insert(&store, &render_job(1)).await;
    let steps = job_steps(&store);
    let by = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    assert!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .is_empty()
    );
    let watcher = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                let owed = store
                    .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
                    .await
                    .unwrap();
                let ended = reload(&store, 1).await.state.is_terminal();
                // Deliveries were read first: if one was there, its job must have ended by then.
                assert!(
                    ended || owed.is_empty(),
                    "a delivery is owed for a job that still runs"
                );
                if ended {
                    return store
                        .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
                        .await
                        .unwrap();
                }
                tokio::task::yield_now().await;
            }
        })
    };
    let Reported::Written(job) = steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(2))
        .await
        .unwrap()
    else {
        panic!("the holder was refused");
    };
    assert_eq!(
        (job.state.clone(), job.result.clone()),
        (JobState::Succeeded { at: at(2) }, Some(result(1)))
    );
    assert_eq!(reload(&store, 1).await, job);
    let owed = watcher.await.unwrap();
    assert_eq!(owed.iter().map(|owed| owed.job).collect::<Vec<_>>(), [job_id(1)]);
}

/// When one of the deliveries cannot be written, nothing is.
pub async fn a_swap_that_fails_writes_nothing(store: Shared) {
    let job = render_job(1);
    insert(&store, &job).await;
    store.insert_delivery(&delivery(8)).await.unwrap();
    let ended = job
        .clone()
        .stepped(JobState::Succeeded { at: at(2) }, Some(result(1)), at(2));
    let owed = vec![delivery(7), delivery(8)];
    let swap = JobSwap {
        owed,
        mockup: Some(mockup(1)),
        ..JobSwap::only(ended)
    };
    let error = store.replace_job(Version::FIRST, &swap).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "delivery" }),
        "{error:?}"
    );
    assert_eq!(reload(&store, 1).await, job);
    assert_eq!(store.delivery(tenant_id(1), delivery_id(7)).await.unwrap(), None);
    assert_eq!(store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(), None);
}

/// An upload's mockup is there as soon as the job has ended, and not when it ended otherwise.
pub async fn a_mockup_appears_with_its_upload(store: Shared) {
    let steps = job_steps(&store);
    for n in [1, 2] {
        insert(&store, &upload_job(n)).await;
        let by = steps.claim(worker(1), at(9), LEASE, 1).await.unwrap()[0]
            .state
            .hold()
            .unwrap();
        if n == 2 {
            assert!(matches!(
                steps.cancel(tenant_id(1), job_id(2), at(9)).await.unwrap(),
                Cancelling::Asked(_)
            ));
        }
        let made = JobResult {
            mockup: Some(mockup_id(n)),
            ..JobResult::default()
        };
        steps
            .finish(tenant_id(1), job_id(n), by, made, Some(mockup(n)), at(10))
            .await
            .unwrap();
    }
    assert_eq!(
        reload(&store, 1).await.result.and_then(|result| result.mockup),
        Some(mockup_id(1))
    );
    assert_eq!(
        store.mockup(tenant_id(1), mockup_id(1)).await.unwrap(),
        Some(mockup(1))
    );
    assert_eq!(reload(&store, 2).await.state, JobState::Cancelled { at: at(10) });
    assert_eq!(store.mockup(tenant_id(1), mockup_id(2)).await.unwrap(), None);
}

/// A job whose holder fell silent is claimed by another, as a later attempt; a job that is renewed is
/// not.
pub async fn a_lapsed_lease_is_found_again(store: Shared) {
    let steps = job_steps(&store);
    for n in [1, 2] {
        insert(&store, &render_job(n)).await;
    }
    let held = steps.claim(worker(1), at(2), LEASE, 2).await.unwrap();
    assert_eq!(held.len(), 2);
    let by = held[1].state.hold().unwrap();
    let renewed = steps
        .renew(tenant_id(1), job_id(2), by, at(10), LEASE)
        .await
        .unwrap();
    assert_eq!(
        renewed,
        Renewal::Held {
            until: at(25),
            cancel: marquetry_job::Cancel::NotAsked
        }
    );
    assert!(steps.claim(worker(2), at(16), LEASE, 9).await.unwrap().is_empty());
    let found = steps.claim(worker(2), at(17), LEASE, 9).await.unwrap();
    assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [job_id(1)]);
    assert_eq!(found[0].state.attempt().unwrap().number(), 2);
    assert_eq!(found[0].started_at, Some(at(2)));
}

/// Everything that a fenced-off worker reports is refused, and it learns so when it renews.
pub async fn a_worker_that_comes_back_late_is_refused(store: Shared) {
    let steps = job_steps(&store);
    insert(&store, &render_job(1)).await;
    let old = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    let new = steps.claim(worker(2), at(60), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    let (tenant, id) = (tenant_id(1), job_id(1));
    assert_eq!(
        steps.renew(tenant, id, old, at(61), LEASE).await.unwrap(),
        Renewal::Lost
    );
    let late = steps
        .finish(tenant, id, old, result(1), None, at(61))
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
    let cause = Cause::never(Failure::new("c", "m", "d"));
    let late = steps
        .broke(tenant, id, old, cause, at(61), Jitter::MIDDLE)
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
    assert_eq!(reload(&store, 1).await.state.hold(), Some(new));
    assert!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .is_empty()
    );
}

/// A job that broke waits and comes back; on its last attempt it fails and owes its delivery.
pub async fn a_broken_attempt_comes_back_after_its_wait(store: Shared) {
    let steps = job_steps(&store);
    insert(&store, &render_job(1)).await;
    let mut now = at(1);
    for attempt in 1..=4 {
        let claimed = steps.claim(worker(1), now, LEASE, 1).await.unwrap();
        assert_eq!(claimed[0].state.attempt().unwrap().number(), attempt);
        let by = claimed[0].state.hold().unwrap();
        let cause = Cause::later(Failure::new("asset_unreachable", "m", "d"));
        steps
            .broke(tenant_id(1), job_id(1), by, cause, now, Jitter::MOST)
            .await
            .unwrap();
        if let Some(due) = store.next_due_job().await.unwrap() {
            assert!(store.due_jobs(&Pick::any(now, 1)).await.unwrap().is_empty());
            now = due;
        }
    }
    let JobState::Failed { cause, .. } = reload(&store, 1).await.state else {
        panic!("it should have failed")
    };
    assert_eq!(cause.code, "asset_unreachable");
    assert_eq!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .len(),
        1
    );
}

/// Held jobs are listed by id, page by page, and no others.
pub async fn held_jobs_are_found_whatever_their_lease(store: Shared) {
    for n in 1..=4 {
        insert(&store, &render_job(n)).await;
    }
    let steps = job_steps(&store);
    steps.claim(worker(1), at(3), LEASE, 3).await.unwrap();
    let ids = |jobs: Vec<Job>| jobs.iter().map(|job| job.id).collect::<Vec<_>>();
    assert_eq!(
        ids(store.held_jobs(None, 2).await.unwrap()),
        [job_id(1), job_id(2)]
    );
    assert_eq!(
        ids(store.held_jobs(Some(job_id(2)), 2).await.unwrap()),
        [job_id(3)]
    );
    assert!(store.held_jobs(Some(job_id(3)), 2).await.unwrap().is_empty());
}

/// After recovery every job that was held can be claimed at once, and the dead worker is fenced off.
pub async fn recovery_frees_what_dead_workers_held(store: Shared) {
    for n in 1..=3 {
        insert(&store, &render_job(n)).await;
    }
    let steps = job_steps(&store);
    let dead = steps.claim(worker(1), at(3), LEASE, 2).await.unwrap();
    assert_eq!(steps.recover(at(4)).await.unwrap(), 2);
    // Those that the dead worker held are taken one by one, each by a worker that runs nothing else.
    for n in 1..=3 {
        let claimed = steps.claim(worker(1 + n), at(4), LEASE, 9).await.unwrap();
        assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [job_id(n)]);
    }
    let by = dead[0].state.hold().unwrap();
    let late = steps
        .finish(tenant_id(1), dead[0].id, by, result(1), None, at(5))
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
}

/// However cancel and finish race, one end stands, and it owes one delivery.
pub async fn cancel_against_finish_gives_one_end(store: Shared) {
    let steps = job_steps(&store);
    for n in 0..300 {
        insert(&store, &render_job(n)).await;
        let by = steps.claim(worker(1), at(1000), LEASE, 1).await.unwrap()[0]
            .state
            .hold()
            .unwrap();
        let (one, other) = (steps.clone(), steps.clone());
        let finish = tokio::spawn(async move {
            one.finish(tenant_id(1), job_id(n), by, result(n), None, at(1001))
                .await
                .unwrap()
        });
        let cancel =
            tokio::spawn(async move { other.cancel(tenant_id(1), job_id(n), at(1001)).await.unwrap() });
        let Reported::Written(ended) = finish.await.unwrap() else {
            panic!("the holder was refused")
        };
        let cancelling = cancel.await.unwrap();
        let job = reload(&store, n).await;
        assert_eq!(job, ended);
        match cancelling {
            Cancelling::TooLate(_) => assert!(matches!(job.state, JobState::Succeeded { .. })),
            Cancelling::Asked(_) | Cancelling::Already(_) | Cancelling::Done(_) => {
                assert!(
                    matches!(job.state, JobState::Cancelled { .. }),
                    "{:?} after a cancel",
                    job.state
                );
                assert_eq!(job.result, None);
            }
            Cancelling::Unknown => panic!("the job was not found"),
        }
    }
    assert_eq!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 999, &[])
            .await
            .unwrap()
            .len(),
        300
    );
}

/// Between a worker's last look at its job and its final commit the lease runs out and another worker claims: the
/// commit is refused, and the end that the other one gives stands alone.
pub async fn lease_expires_during_the_final_commit(store: Shared) {
    insert(&store, &render_job(1)).await;
    let (tenant, id) = (tenant_id(1), job_id(1));
    let slow = overtaken(&store, at(60));
    let first = slow.claim(worker(1), at(1), LEASE, 1).await.unwrap();
    let late = slow
        .finish(
            tenant,
            id,
            first[0].state.hold().unwrap(),
            result(1),
            None,
            at(60),
        )
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
    let held = reload(&store, 1).await;
    let second = held.state.hold().unwrap();
    assert_eq!((second.worker, held.result), (worker(2), None));
    let ended = job_steps(&store)
        .finish(tenant, id, second, result(2), None, at(61))
        .await
        .unwrap();
    assert!(matches!(ended, Reported::Written(_)), "{ended:?}");
    assert_eq!(reload(&store, 1).await.result, Some(result(2)));
    let owed = store
        .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
        .await
        .unwrap();
    assert_eq!(owed.len(), 1, "one end owes one delivery");
}

/// Two workers are shown one job and both take it: one holds it, the other is told that it moved.
pub async fn two_workers_one_job(store: Shared) {
    insert(&store, &render_job(1)).await;
    let shown = store.due_jobs(&Pick::any(at(1), 1)).await.unwrap().remove(0);
    let taken = |n| {
        let claim = marquetry_job::JobEvent::Claimed {
            worker: worker(n),
            until: at(16),
        };
        let retry = marquetry_job::RetrySchedule::default();
        let state = shown.state.clone().step(claim, at(1), &retry, Jitter::MIDDLE);
        JobSwap::only(shown.clone().stepped(state.unwrap(), None, at(1)))
    };
    let swaps = [taken(1), taken(2)];
    assert_eq!(
        store.replace_job(shown.version, &swaps[0]).await.unwrap(),
        Swap::Swapped
    );
    assert_eq!(
        store.replace_job(shown.version, &swaps[1]).await.unwrap(),
        Swap::Moved
    );
    assert_eq!(reload(&store, 1).await, swaps[0].job);
}

/// A job that waited beyond its deadline is failed by whoever would have claimed it, and tells so.
pub async fn an_overdue_job_is_failed_and_not_begun(store: Shared) {
    for n in [1, 50] {
        insert(&store, &render_job(n)).await;
    }
    let steps = job_steps(&store).deadline(std::time::Duration::from_secs(60));
    let claimed = steps.claim(worker(1), at(61), LEASE, 9).await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [job_id(50)]);
    let JobState::Failed { cause, at: when } = reload(&store, 1).await.state else {
        panic!("it should have failed")
    };
    assert_eq!(
        (cause.code.as_str(), when),
        (marquetry_job::code::TIMED_OUT, at(61))
    );
    // One that runs is failed too, and what its worker brings later is refused.
    assert_eq!(steps.end_overdue(at(109)).await.unwrap(), 0);
    assert_eq!(steps.end_overdue(at(110)).await.unwrap(), 1);
    let by = claimed[0].state.hold().unwrap();
    let late = steps
        .finish(tenant_id(1), job_id(50), by, result(1), None, at(111))
        .await
        .unwrap();
    assert!(matches!(late, Reported::Refused(_)), "{late:?}");
    assert_eq!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .len(),
        2
    );
}

/// Jobs that have not ended, the oldest first; those that have ended and younger ones are no matter.
pub async fn overdue_jobs_are_found_by_age(store: Shared) {
    for n in [4, 2, 1, 3, 5] {
        insert(&store, &render_job(n)).await;
    }
    let steps = job_steps(&store);
    steps.claim(worker(1), at(4), LEASE, 1).await.unwrap();
    steps.cancel(tenant_id(1), job_id(2), at(4)).await.unwrap();
    let ids = |jobs: Vec<Job>| jobs.iter().map(|job| job.id).collect::<Vec<_>>();
    let found = store.overdue_jobs(at(4), 9).await.unwrap();
    assert_eq!(ids(found), [1, 3, 4].map(job_id));
    let found = store.overdue_jobs(at(4), 2).await.unwrap();
    assert_eq!(ids(found), [1, 3].map(job_id));
}

/// Old jobs that have ended are forgotten with the keys that led to them; what has not ended stays, however old.
pub async fn ended_jobs_are_forgotten_by_age(store: Shared) {
    let claim = crate::IdempotencyClaim {
        key: "k".into(),
        fingerprint: crate::Fingerprint([1; 32]),
        until: at(1000),
    };
    for n in 1..=5 {
        let claim = (n == 1).then_some(&claim);
        let inserted = store.insert_job(&render_job(n), claim).await.unwrap();
        assert_eq!(inserted, Inserted::New);
    }
    let steps = job_steps(&store);
    for n in [1, 2, 4, 5] {
        steps.cancel(tenant_id(1), job_id(n), at(9)).await.unwrap();
    }
    assert_eq!(store.forget_jobs(at(4), 1).await.unwrap(), 1);
    assert_eq!(store.job(tenant_id(1), job_id(1)).await.unwrap(), None);
    assert_eq!(store.forget_jobs(at(4), 9).await.unwrap(), 2);
    assert_eq!(store.forget_jobs(at(4), 9).await.unwrap(), 0);
    let left = store
        .list_jobs(tenant_id(1), &JobFilter::default(), None, 9)
        .await
        .unwrap();
    let left: Vec<_> = left.items.iter().map(|job| job.id).collect();
    assert_eq!(left, [job_id(5), job_id(3)]);
    // The key is free for another request.
    let other = crate::IdempotencyClaim {
        fingerprint: crate::Fingerprint([2; 32]),
        ..claim
    };
    let again = store.insert_job(&render_job(6), Some(&other)).await.unwrap();
    assert_eq!(again, Inserted::New);
}

/// A job whose caller waits on the line tells nobody.
pub async fn a_silent_job_owes_nothing(store: Shared) {
    let steps = job_steps(&store);
    insert(
        &store,
        &Job {
            announce: Announce::Silent,
            ..render_job(1)
        },
    )
    .await;
    let by = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(2))
        .await
        .unwrap();
    assert_eq!(reload(&store, 1).await.announce, Announce::Silent);
    assert!(
        store
            .due_deliveries(Carriage::Message, Timestamp::MAX.into(), 9, &[])
            .await
            .unwrap()
            .is_empty()
    );
}

/// Newest first; what is inserted while somebody turns pages shifts none of them.
pub async fn cursor_pages_do_not_shift(store: Shared) {
    for n in 1..=5 {
        insert(&store, &render_job(n)).await;
    }
    // Two of one moment, which only their ids tell apart.
    insert(
        &store,
        &Job {
            created_at: at(3),
            ..render_job(33)
        },
    )
    .await;
    let all = JobFilter::default();
    let first = store.list_jobs(tenant_id(1), &all, None, 2).await.unwrap();
    insert(&store, &render_job(50)).await;
    let second = store.list_jobs(tenant_id(1), &all, first.next, 2).await.unwrap();
    let third = store.list_jobs(tenant_id(1), &all, second.next, 2).await.unwrap();
    let seen = [first.items, second.items, third.items].concat();
    let expected = [5, 4, 33, 3, 2, 1].map(job_id);
    assert_eq!(seen.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
    assert_eq!(third.next, None);
}

/// By kind, by subject, by both.
pub async fn filters_narrow_the_list(store: Shared) {
    for n in [1, 2] {
        insert(&store, &render_job(n)).await;
        insert(&store, &upload_job(10 + n)).await;
    }
    let list = async |kind, subject| {
        let page = store
            .list_jobs(tenant_id(1), &JobFilter { kind, subject }, None, 9)
            .await
            .unwrap();
        page.items.iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(list(Some(JobKind::Upload), None).await, [12, 11].map(job_id));
    assert_eq!(list(None, Some(mockup_id(1))).await, [2, 1].map(job_id));
    assert_eq!(
        list(Some(JobKind::Render), Some(mockup_id(1))).await,
        [2, 1].map(job_id)
    );
    assert!(list(Some(JobKind::Upload), Some(mockup_id(1))).await.is_empty());
    assert!(list(None, Some(mockup_id(2))).await.is_empty());
}

/// Jobs that have not ended are counted, for one tenant and for all.
pub async fn live_jobs_are_counted(store: Shared) {
    for n in 1..=3 {
        insert(&store, &render_job(n)).await;
    }
    insert(
        &store,
        &Job {
            tenant: tenant_id(2),
            ..render_job(4)
        },
    )
    .await;
    let steps = job_steps(&store);
    steps.claim(worker(1), at(1), LEASE, 1).await.unwrap();
    steps.cancel(tenant_id(1), job_id(2), at(2)).await.unwrap();
    assert_eq!(store.count_live_jobs(Some(tenant_id(1))).await.unwrap(), 2);
    assert_eq!(store.count_live_jobs(Some(tenant_id(2))).await.unwrap(), 1);
    assert_eq!(store.count_live_jobs(None).await.unwrap(), 3);
}

/// A listener hears of a new job, of its moves and of its end, after they can be read.
pub async fn changes_are_heard(store: Shared) {
    let mut changes = store.changes();
    insert(&store, &render_job(1)).await;
    assert_eq!(changes.next().await, Some(Change::JobWaiting(job_id(1))));
    let steps = job_steps(&store);
    let by = steps.claim(worker(1), at(1), LEASE, 1).await.unwrap()[0]
        .state
        .hold()
        .unwrap();
    assert_eq!(changes.next().await, Some(Change::JobMoved(job_id(1))));
    steps
        .finish(tenant_id(1), job_id(1), by, result(1), None, at(2))
        .await
        .unwrap();
    assert_eq!(changes.next().await, Some(Change::JobEnded(job_id(1))));
    assert!(reload(&store, 1).await.state.is_terminal());
    assert_eq!(changes.next().await, Some(Change::Delivery));
}

//! The rules of a store of accounts, and of what comes in and ends together.

use std::sync::Arc;

use futures::future::join_all;
use marquetry_job::{Cause, Failure, Jitter};
use marquetry_model::{Account, Amount, Denied, Job, JobId, LedgerEntry, Posting, Version};

use super::sample::{
    LEASE, at, job_id, job_steps, record, render_job, result, template_job, tenant_id, upload_job, worker,
};
use crate::{
    Fingerprint, IdempotencyClaim, Inserted, JobSwap, Posted, PostingOrder, Store, StoreError, Submission,
    Swap,
};

type Shared = Arc<dyn Store>;

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn order(posting: Posting, sum: &str, reference: &str) -> PostingOrder {
    PostingOrder {
        tenant: tenant_id(1),
        posting,
        amount: amount(sum),
        reference: reference.into(),
        at: at(1),
    }
}

async fn top_up(store: &Shared, sum: &str) -> Account {
    match store.post(&order(Posting::TopUp, sum, sum)).await.unwrap() {
        Posted::Made(account) => account,
        other => panic!("{other:?}"),
    }
}

/// The balance and what is held of it.
async fn funds(store: &Shared) -> (String, String) {
    let account = store.account(tenant_id(1)).await.unwrap().unwrap();
    (account.balance.to_string(), account.held.to_string())
}

fn funded(balance: &str, held: &str) -> (String, String) {
    (balance.to_owned(), held.to_owned())
}

fn costing(job: Job, sum: &str) -> Job {
    Job {
        charge: Some(amount(sum)),
        ..job
    }
}

async fn claimed(store: &Shared) -> Job {
    let mut jobs = job_steps(store).claim(worker(1), at(50), LEASE, 1).await.unwrap();
    jobs.pop().unwrap()
}

async fn postings(store: &Shared) -> Vec<(Posting, String)> {
    let entries = store.list_entries(tenant_id(1), None, 99).await.unwrap();
    entries
        .into_iter()
        .map(|entry| (entry.posting, entry.amount.to_string()))
        .collect()
}

/// Whether the entries, one after another, lead to the account as it is.
///
/// # Panics
/// When they do not.
pub async fn adds_up(store: &Shared, tenant: marquetry_model::TenantId) -> Account {
    let mut entries = Vec::new();
    loop {
        let before = entries.last().map(|last: &LedgerEntry| last.number);
        let page = store.list_entries(tenant, before, 100).await.unwrap();
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    let replayed = entries
        .iter()
        .rev()
        .fold(Account::empty(tenant), |account, entry| {
            let posted = account.post(entry.posting, entry.amount, entry.reference.as_str(), entry.at);
            let (next, again) = posted.unwrap();
            assert_eq!(again, *entry);
            next
        });
    let account = store.account(tenant).await.unwrap();
    assert_eq!(account.unwrap_or(Account::empty(tenant)), replayed);
    replayed
}

/// The first entry makes the account; what is ordered again under its reference is not made again.
pub async fn an_account_begins_with_its_first_entry(store: Shared) {
    assert_eq!(store.account(tenant_id(1)).await.unwrap(), None);
    let account = top_up(&store, "12.5").await;
    assert_eq!((account.balance, account.held), (amount("12.5"), Amount::ZERO));
    assert_eq!(store.account(tenant_id(1)).await.unwrap(), Some(account));
    let again = store.post(&order(Posting::TopUp, "12.5", "12.5")).await.unwrap();
    assert_eq!(again, Posted::Known(account));
    let other = store.post(&order(Posting::TopUp, "1", "else")).await.unwrap();
    assert!(matches!(other, Posted::Made(account) if account.balance == amount("13.5")));
    assert_eq!(store.account(tenant_id(2)).await.unwrap(), None);

    let entries = store.list_entries(tenant_id(1), None, 9).await.unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry.number).collect::<Vec<_>>(),
        [2, 1]
    );
    assert_eq!(entries[1].reference, "12.5");
    assert_eq!(
        store.list_entries(tenant_id(1), Some(2), 9).await.unwrap(),
        entries[1..]
    );
    assert_eq!(
        store.list_entries(tenant_id(1), None, 1).await.unwrap(),
        entries[..1]
    );
    let too_much = store.post(&order(Posting::TopUp, "9000000000", "more")).await;
    assert_eq!(too_much.unwrap(), Posted::Denied(Denied::TooMuch));
    adds_up(&store, tenant_id(1)).await;
}

/// What a job costs is held when it comes in, and charged when it succeeds.
pub async fn a_job_that_succeeds_is_charged(store: Shared) {
    top_up(&store, "1").await;
    let job = costing(template_job(1), "0.044");
    assert_eq!(store.insert_job(&job, None).await.unwrap(), Inserted::New);
    assert_eq!(store.job(tenant_id(1), job.id).await.unwrap(), Some(job));
    assert_eq!(funds(&store).await, funded("1", "0.044"));
    let job = claimed(&store).await;
    let by = job.state.hold().unwrap();
    let steps = job_steps(&store);
    // Told once more, as after an answer that was lost, it is charged no more.
    for _ in 0..2 {
        let told = steps
            .finish(job.tenant, job.id, by, result(1), None, at(51))
            .await;
        told.unwrap();
        assert_eq!(funds(&store).await, funded("0.956", "0"));
    }
    let all = [
        (Posting::Charged, "0.044"),
        (Posting::Held, "0.044"),
        (Posting::TopUp, "1"),
    ];
    assert_eq!(
        postings(&store).await,
        all.map(|(posting, sum)| (posting, sum.to_owned()))
    );
    adds_up(&store, tenant_id(1)).await;
}

/// A job that fails or is cancelled gives back what was held for it.
pub async fn a_job_that_ends_otherwise_gives_back(store: Shared) {
    top_up(&store, "1").await;
    let steps = job_steps(&store);
    for n in 1..=3 {
        let inserted = store.insert_job(&costing(render_job(n), "0.3"), None).await;
        assert_eq!(inserted.unwrap(), Inserted::New);
    }
    assert_eq!(funds(&store).await, funded("1", "0.9"));
    let job = claimed(&store).await;
    let by = job.state.hold().unwrap();
    let cause = Cause::later(Failure::new("c", "m", "d"));
    let again = steps
        .broke(job.tenant, job.id, by, cause, at(51), Jitter::LEAST)
        .await;
    again.unwrap();
    assert_eq!(funds(&store).await, funded("1", "0.9"), "it is tried again");
    steps.cancel(job.tenant, job.id, at(52)).await.unwrap();
    assert_eq!(funds(&store).await, funded("1", "0.6"));
    let job = claimed(&store).await;
    let by = job.state.hold().unwrap();
    let cause = Cause::never(Failure::new("c", "m", "d"));
    let failed = steps
        .broke(job.tenant, job.id, by, cause, at(53), Jitter::LEAST)
        .await;
    failed.unwrap();
    assert_eq!(funds(&store).await, funded("1", "0.3"));
    assert_eq!(steps.end_overdue(at(1_000_000)).await.unwrap(), 1);
    assert_eq!(funds(&store).await, funded("1", "0"));
    adds_up(&store, tenant_id(1)).await;
}

/// What cannot be paid for is not queued, keeps no key, and changes nothing.
pub async fn what_cannot_be_paid_is_not_queued(store: Shared) {
    let claim = IdempotencyClaim {
        key: "key".into(),
        fingerprint: Fingerprint([1; 32]),
        until: at(99),
    };
    let job = costing(render_job(1), "0.5");
    let denied = store.insert_job(&job, Some(&claim)).await.unwrap();
    let expected = Denied::Insufficient {
        wanted: amount("0.5"),
        available: Amount::ZERO,
    };
    assert_eq!(denied, Inserted::Denied(expected));
    assert_eq!(store.account(tenant_id(1)).await.unwrap(), None);
    assert!(!store.remembers(tenant_id(1), "key", at(1)).await.unwrap());
    let before = top_up(&store, "0.4").await;
    let denied = store.insert_job(&job, Some(&claim)).await.unwrap();
    assert!(
        matches!(denied, Inserted::Denied(Denied::Insufficient { available, .. }) if available == amount("0.4"))
    );
    assert_eq!(store.account(tenant_id(1)).await.unwrap(), Some(before));
    assert_eq!(store.job(tenant_id(1), job.id).await.unwrap(), None);
    assert_eq!(store.count_live_jobs(None).await.unwrap(), 0);
    // Enough now, and the same submission under the same key.
    top_up(&store, "0.1").await;
    assert_eq!(store.insert_job(&job, Some(&claim)).await.unwrap(), Inserted::New);
    assert_eq!(funds(&store).await, funded("0.5", "0.5"));
}

/// A suspended account begins nothing; what was begun ends as ever.
pub async fn a_suspended_account_begins_nothing(store: Shared) {
    top_up(&store, "1").await;
    let first = store.insert_job(&costing(render_job(1), "0.5"), None).await;
    assert_eq!(first.unwrap(), Inserted::New);
    let suspended = store.post(&order(Posting::Suspended, "0", "card refused")).await;
    assert!(matches!(suspended.unwrap(), Posted::Made(_)));
    let second = costing(render_job(2), "0.1");
    let denied = store.insert_job(&second, None).await.unwrap();
    assert_eq!(denied, Inserted::Denied(Denied::Suspended));
    let job = claimed(&store).await;
    let by = job.state.hold().unwrap();
    let finished = job_steps(&store)
        .finish(job.tenant, job.id, by, result(1), None, at(51))
        .await;
    finished.unwrap();
    assert_eq!(funds(&store).await, funded("0.5", "0"));
    for reason in ["paid", "card refused"] {
        let posted = store.post(&order(Posting::Reopened, "0", reason)).await.unwrap();
        assert!(matches!(posted, Posted::Made(_)), "{posted:?}");
    }
    assert_eq!(store.insert_job(&second, None).await.unwrap(), Inserted::New);
}

/// A submission that is repeated is held for once, even when nothing more could be paid.
pub async fn a_twin_is_held_for_once(store: Shared) {
    top_up(&store, "0.5").await;
    let claim = IdempotencyClaim {
        key: "key".into(),
        fingerprint: Fingerprint([1; 32]),
        until: at(99),
    };
    let job = costing(render_job(1), "0.5");
    assert_eq!(store.insert_job(&job, Some(&claim)).await.unwrap(), Inserted::New);
    let twin = costing(render_job(2), "0.5");
    let twin = store.insert_job(&twin, Some(&claim)).await.unwrap();
    assert!(matches!(twin, Inserted::Twin(twin) if twin.id == job.id));
    assert_eq!(funds(&store).await, funded("0.5", "0.5"));
}

/// Several jobs come in together with their records, or none of them does.
pub async fn several_jobs_come_in_together(store: Shared) {
    top_up(&store, "1").await;
    let submission = |sum: &str| Submission {
        more: vec![costing(render_job(2), sum), upload_job(3)],
        records: vec![record(1)],
        ..Submission::of(costing(template_job(1), sum))
    };
    let denied = store.insert_jobs(&submission("0.6")).await.unwrap();
    let expected = Denied::Insufficient {
        wanted: amount("1.2"),
        available: amount("1"),
    };
    assert_eq!(denied, Inserted::Denied(expected));
    let there = async |id: JobId| store.job(tenant_id(1), id).await.unwrap().is_some();
    for n in 1..=3 {
        assert!(!there(job_id(n)).await);
    }
    assert_eq!(funds(&store).await, funded("1", "0"));

    store.insert_record(&record(1)).await.unwrap();
    let error = store.insert_jobs(&submission("0.5")).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "template" }),
        "{error:?}"
    );
    assert!(!there(job_id(1)).await);
    assert_eq!(funds(&store).await, funded("1", "0"));
    let stored = record(1);
    let gone = store
        .delete_record(stored.tenant, stored.kind, &stored.id, None)
        .await;
    assert_eq!(gone.unwrap(), Swap::Swapped);

    assert_eq!(
        store.insert_jobs(&submission("0.5")).await.unwrap(),
        Inserted::New
    );
    assert_eq!(funds(&store).await, funded("1", "1"));
    for n in 1..=3 {
        assert!(there(job_id(n)).await);
    }
    assert!(
        store
            .record(stored.tenant, stored.kind, &stored.id)
            .await
            .unwrap()
            .is_some()
    );
    // They are served in their order.
    let served = job_steps(&store)
        .claim(worker(1), at(50), LEASE, 9)
        .await
        .unwrap();
    let served: Vec<JobId> = served.iter().map(|job| job.id).collect();
    assert_eq!(served, [1, 2, 3].map(job_id));

    // One id that is taken keeps all out.
    let taken = Submission {
        more: vec![costing(render_job(2), "0")],
        ..Submission::of(costing(render_job(9), "0"))
    };
    let error = store.insert_jobs(&taken).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Duplicate { what: "job" }),
        "{error:?}"
    );
    assert!(!there(job_id(9)).await);
    adds_up(&store, tenant_id(1)).await;
}

/// A job's end brings its records, unless the job has moved.
pub async fn records_appear_with_an_end(store: Shared) {
    top_up(&store, "1").await;
    let job = costing(render_job(1), "0.5");
    assert_eq!(store.insert_job(&job, None).await.unwrap(), Inserted::New);
    let ended = marquetry_job::JobState::Cancelled { at: at(2) };
    let swap = JobSwap {
        records: vec![record(1)],
        settled: Some(Posting::Released),
        ..JobSwap::only(job.clone().stepped(ended, None, at(2)))
    };
    let late = store.replace_job(Version(7), &swap).await.unwrap();
    assert_eq!(late, Swap::Moved);
    assert_eq!(funds(&store).await, funded("1", "0.5"));
    let stored = record(1);
    let found = || store.record(stored.tenant, stored.kind, &stored.id);
    assert_eq!(found().await.unwrap(), None);
    assert_eq!(
        store.replace_job(job.version, &swap).await.unwrap(),
        Swap::Swapped
    );
    assert_eq!(funds(&store).await, funded("1", "0"));
    assert_eq!(found().await.unwrap(), Some(record(1)));
}

/// However many submit at once, no more is held than there is.
pub async fn parallel_submissions_never_overdraw(store: Shared) {
    top_up(&store, "1").await;
    let submitted = (1..=24).map(|n| {
        let store = Arc::clone(&store);
        async move {
            store
                .insert_job(&costing(render_job(n), "0.1"), None)
                .await
                .unwrap()
        }
    });
    let outcomes = join_all(submitted).await;
    let taken = outcomes.iter().filter(|one| **one == Inserted::New).count();
    assert_eq!(taken, 10);
    assert!(
        outcomes
            .iter()
            .all(|one| matches!(one, Inserted::New | Inserted::Denied(_)))
    );
    assert_eq!(funds(&store).await, funded("1", "1"));
    assert_eq!(store.count_live_jobs(None).await.unwrap(), 10);
    adds_up(&store, tenant_id(1)).await;
}

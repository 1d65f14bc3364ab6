//! Money in a storm: sequences of submissions, claims, ends and payments, drawn at random, many at once, of which some
//! are given up in the middle. Whatever happened, the accounts must add up afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use marquetry_job::{Cause, Failure, Jitter, JobState, Timestamp};
use marquetry_model::{Account, Amount, Job, JobId, LedgerEntry, Posting, TenantId};

use super::ledger::adds_up;
use super::sample::{LEASE, at, job_steps, render_job, result, template_job, tenant_id, upload_job, worker};
use crate::{Cursor, JobFilter, PostingOrder, Store, Submission};

/// How many tenants there are.
const TENANTS: u64 = 3;

/// A storm.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// What is drawn. The same store must not see one seed twice.
    pub seed: u64,
    /// How many sequences.
    pub sequences: u64,
    /// How many of them at a time.
    pub at_once: usize,
}

/// What a storm left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wreckage {
    /// Jobs that cost something and succeeded.
    pub charged: u64,
    /// Jobs that cost something and ended otherwise.
    pub released: u64,
    /// What was paid in, in millionths, all tenants together.
    pub paid_in: u64,
    /// What was charged, in millionths.
    pub taken: u64,
}

/// Numbers without a pattern: the same from the same seed. (SplitMix64.)
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// Plays a storm on a store; counts finished sequences in `done`. What goes wrong in a single call is part of it.
pub async fn play(store: &Arc<dyn Store>, storm: Storm, done: &AtomicU64) {
    stream::iter(0..storm.sequences)
        .for_each_concurrent(storm.at_once, |number| async move {
            let mut dice = Dice(storm.seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
            let patience = Duration::from_micros(dice.roll(3_000));
            let whole = dice.roll(6) > 0;
            let sequence = sequence(store, storm.seed, number, dice);
            if whole {
                sequence.await;
            } else {
                // Whoever asked is gone; what was asked may be done, or not, or done later.
                let _given_up = tokio::time::timeout(patience, sequence).await;
            }
            done.fetch_add(1, Ordering::Relaxed);
        })
        .await;
}

async fn sequence(store: &Arc<dyn Store>, seed: u64, number: u64, mut dice: Dice) {
    let now = at(1_000 + i64::try_from(number / 8).unwrap_or(0));
    let tenant = tenant_id(1 + dice.roll(TENANTS));
    if dice.roll(8) == 0 {
        let order = PostingOrder {
            tenant,
            posting: Posting::TopUp,
            amount: Amount::from_micros(dice.roll(400)).unwrap(),
            reference: format!("payment {seed}-{number}"),
            at: now,
        };
        for _ in 0..=dice.roll(2) {
            let _ = store.post(&order).await;
        }
    }
    let first = job(seed, number, 0, tenant, &mut dice, now);
    let submitted = if dice.roll(6) == 0 {
        let more = (1..=dice.roll(3))
            .map(|n| job(seed, number, n, tenant, &mut dice, now))
            .collect();
        let submission = Submission {
            more,
            ..Submission::of(first)
        };
        store.insert_jobs(&submission).await
    } else {
        store.insert_job(&first, None).await
    };
    drop(submitted);
    let most = usize::try_from(dice.roll(3)).unwrap();
    let held = job_steps(store)
        .claim(worker(dice.roll(4)), now, LEASE, most)
        .await;
    for job in held.unwrap_or_default() {
        end(store, &job, &mut dice, now).await;
    }
}

/// What becomes of a job that is held; some are forgotten by their workers.
async fn end(store: &Arc<dyn Store>, job: &Job, dice: &mut Dice, now: Timestamp) {
    let steps = job_steps(store);
    let Some(by) = job.state.hold() else { return };
    let failure = || Failure::new("c", "m", "d");
    match dice.roll(10) {
        0..5 => drop(steps.finish(job.tenant, job.id, by, result(1), None, now).await),
        5 => {
            let cause = Cause::never(failure());
            drop(
                steps
                    .broke(job.tenant, job.id, by, cause, now, Jitter::LEAST)
                    .await,
            );
        }
        6 => {
            let cause = Cause::later(failure());
            drop(
                steps
                    .broke(job.tenant, job.id, by, cause, now, Jitter::LEAST)
                    .await,
            );
        }
        7 => drop(steps.hand_back(job.tenant, job.id, by, now).await),
        8 => {
            drop(steps.cancel(job.tenant, job.id, now).await);
            drop(steps.finish(job.tenant, job.id, by, result(1), None, now).await);
        }
        _ => {}
    }
}

fn job(seed: u64, number: u64, place: u64, tenant: TenantId, dice: &mut Dice, now: Timestamp) -> Job {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seed.to_be_bytes());
    // The version's mark of an id lies between; what is below it is whole.
    id[9..].copy_from_slice(&(number * 4 + place).to_be_bytes()[1..]);
    let job = match dice.roll(3) {
        0 => render_job(1),
        1 => template_job(1),
        _ => upload_job(1),
    };
    Job {
        id: JobId::from_bytes(id),
        tenant,
        charge: (dice.roll(8) > 0).then(|| Amount::from_micros(dice.roll(60)).unwrap()),
        created_at: now,
        updated_at: now,
        state: JobState::accepted(now),
        ..job
    }
}

/// Ends every job that has not ended, as those that start after a crash do in time, and compares: every account adds
/// up, holds nothing, and has been charged for those jobs that succeeded and for no others.
///
/// # Panics
/// When they do not.
pub async fn settle(store: &Arc<dyn Store>) -> Wreckage {
    let steps = job_steps(store);
    let late = at(10_000_000);
    steps.recover(late).await.unwrap();
    while steps.end_overdue(late).await.unwrap() > 0 {}
    let mut wreckage = Wreckage::default();
    for n in 1..=TENANTS {
        compare(store, tenant_id(n), &mut wreckage).await;
    }
    wreckage
}

async fn compare(store: &Arc<dyn Store>, tenant: TenantId, wreckage: &mut Wreckage) {
    let account: Account = adds_up(store, tenant).await;
    assert_eq!(
        account.held,
        Amount::ZERO,
        "nothing is held once everything has ended"
    );
    let mut postings = std::collections::HashMap::new();
    let (mut paid_in, mut taken, mut before) = (0, 0, None);
    loop {
        let page = store.list_entries(tenant, before, 500).await.unwrap();
        let Some(LedgerEntry { number, .. }) = page.last() else {
            break;
        };
        before = Some(*number);
        for entry in page {
            match entry.posting {
                Posting::TopUp => paid_in += entry.amount.micros(),
                Posting::Charged => taken += entry.amount.micros(),
                _ => {}
            }
            if entry.posting != Posting::TopUp && entry.posting != Posting::Held {
                let earlier = postings.insert(entry.reference, (entry.posting, entry.amount));
                assert_eq!(earlier, None, "a job is settled once");
            }
        }
    }
    assert_eq!(account.balance.micros(), paid_in - taken);
    let mut after: Option<Cursor> = None;
    loop {
        let page = store
            .list_jobs(tenant, &JobFilter::default(), after, 500)
            .await
            .unwrap();
        for job in &page.items {
            assert!(job.state.is_terminal(), "{job:?}");
            let settled = postings.remove(&job.id.to_string());
            let Some(charge) = job.charge else {
                assert_eq!(settled, None);
                continue;
            };
            let expected = if matches!(job.state, JobState::Succeeded { .. }) {
                wreckage.charged += 1;
                Posting::Charged
            } else {
                wreckage.released += 1;
                Posting::Released
            };
            assert_eq!(settled, Some((expected, charge)), "{job:?}");
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(
        postings.is_empty(),
        "nobody pays for a job that is not there: {postings:?}"
    );
    wreckage.paid_in += paid_in;
    wreckage.taken += taken;
}

/// The short form of it: a few hundred sequences.
///
/// # Panics
/// When the accounts do not add up.
pub async fn accounts_add_up_after_a_storm(store: Arc<dyn Store>) {
    let storm = Storm {
        seed: 7,
        sequences: 400,
        at_once: 8,
    };
    let done = AtomicU64::new(0);
    play(&store, storm, &done).await;
    assert_eq!(done.into_inner(), storm.sequences);
    let wreckage = settle(&store).await;
    assert!(wreckage.charged > 0 && wreckage.released > 0, "{wreckage:?}");
}

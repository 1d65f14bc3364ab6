//! Jobs that come in or end together with other things: several statements in one transaction. A plain job takes the
//! quicker way, many in one statement.

use marquetry_model::Job;
use marquetry_store::persisted::JobRow;
use marquetry_store::{Inserted, JobSwap, StoreError, Submission, Swap};

use super::adding::{self, NewJob};
use super::jobs::change;
use super::swapping::{NewState, changes, swap_in};
use super::{ledger, records};
use crate::error::Work;
use crate::store::Shared;
use crate::transaction::Transaction;

/// Jobs, what holds their cost, their key and their records.
pub(super) async fn insert(shared: &Shared, submission: &Submission) -> Work<Inserted> {
    let jobs = submission.jobs();
    let mut wishes: Vec<NewJob> = jobs.iter().map(new).collect();
    if let Some(first) = wishes.first_mut() {
        first.claim.clone_from(&submission.claim);
    }
    let transaction = Transaction::begin(&shared.pool).await?;
    let (sql, columns) = adding::statement(&wishes.iter().collect::<Vec<_>>());
    let added = transaction.run(&sql, &columns.values(), "job").await?;
    if added.len() < wishes.len() {
        transaction.undo().await?;
        let known = match wishes.first() {
            Some(first) => adding::known_of(shared, first).await?,
            None => None,
        };
        return known.ok_or(StoreError::Duplicate { what: "job" });
    }
    for record in &submission.records {
        records::insert(&transaction, record).await?;
    }
    if jobs.iter().any(|job| job.charge.is_some()) {
        let account = ledger::locked(&transaction, submission.tenant()).await?;
        match account.hold_for(&jobs) {
            Ok((account, entries)) => ledger::write(&transaction, &account, &entries).await?,
            Err(denied) => {
                transaction.undo().await?;
                return Ok(Inserted::Denied(denied));
            }
        }
    }
    transaction.commit().await?;
    shared.ring(wishes.iter().map(|wish| wish.news));
    Ok(Inserted::New)
}

/// A job in its new state, the settlement of what was held for it, and its records.
pub(super) async fn replace(shared: &Shared, swap: &JobSwap, wish: NewState) -> Work<Swap> {
    let transaction = Transaction::begin(&shared.pool).await?;
    let outcome = swap_in(&transaction, &wish).await?;
    if outcome != Swap::Swapped {
        transaction.undo().await?;
        return Ok(outcome);
    }
    if let Some(posting) = swap.settled {
        ledger::settle(&transaction, &swap.job, posting).await?;
    }
    for record in &swap.records {
        records::insert(&transaction, record).await?;
    }
    transaction.commit().await?;
    shared.ring(changes(&wish));
    Ok(Swap::Swapped)
}

/// A job to be added, without a key.
pub(super) fn new(job: &Job) -> NewJob {
    NewJob {
        row: JobRow::of(job),
        claim: None,
        news: change(job),
    }
}

//! Tells other processes what this one changed, after it was committed and beside the work.
//!
//! Not in the transaction of the change: PostgreSQL keeps notifications in one order by letting only one transaction
//! that notifies commit at a time, flush to the disk included. Eight connections that wrote in parallel came to one
//! commit after the other; measured, 100 to 300 a second on a busy disk, where they now share flushes. What is said
//! here waits for no flush, and much of it goes in one text. News are hints: a process that dies with some unsaid costs
//! the others the wait until their next look, as a lost connection of a listener does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use marquetry_store::Change;
use tokio::sync::Notify;

use crate::error::Undone;
use crate::news::{self, CHANNEL, Tag};
use crate::pool::Pool;

/// How many changes may wait to be told. Beyond that everybody is told to look at everything.
const MOST: usize = 2_048;
/// How many changes make one text, so that it is below PostgreSQL's limit.
const TEXT: usize = 120;
/// The wait after something was told: what changes meanwhile goes in one text. The first news after a quiet time are told
/// at once; a busy process does not spend a transaction on each.
const BREATH: Duration = Duration::from_millis(5);
/// The wait before trying again when the database did not take it.
const AGAIN: Duration = Duration::from_secs(1);

/// What is to be told. Cheap to clone; all clones are one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsaid(Arc<List>);

#[derive(Debug, Default)]
struct List {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: Vec<Change>,
    over: bool,
}

impl Unsaid {
    /// Has it told soon.
    pub(crate) fn add(&self, change: Change) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = &mut waiting.changes;
        if change == Change::Delivery && changes.contains(&change) || changes.first() == Some(&Change::Missed)
        {
            return;
        }
        if changes.len() < MOST {
            changes.push(change);
        } else {
            *changes = vec![Change::Missed];
        }
        drop(waiting);
        self.0.more.notify_one();
    }

    /// Nothing more comes: the teller ends when it has said what waits.
    pub(crate) fn close(&self) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.over = true;
        drop(waiting);
        self.0.more.notify_one();
    }

    /// What waits, once something does; `None` when nothing more will come.
    async fn take(&self) -> Option<Vec<Change>> {
        loop {
            {
                let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if !waiting.changes.is_empty() {
                    return Some(std::mem::take(&mut waiting.changes));
                }
                if waiting.over {
                    return None;
                }
            }
            self.0.more.notified().await;
        }
    }
}

/// Tells what is added to `unsaid`, until that is closed.
pub(crate) async fn tell(unsaid: Unsaid, pool: Pool, tag: Tag) {
    while let Some(changes) = unsaid.take().await {
        if let Err(undone) = say(&pool, &tag, &changes).await {
            tracing::warn!(error = %undone.error(), "other processes are not told of changes");
            if unsaid
                .0
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .over
            {
                return;
            }
            tokio::time::sleep(AGAIN).await;
            unsaid.add(Change::Missed);
        }
        tokio::time::sleep(BREATH).await;
    }
}

async fn say(pool: &Pool, tag: &Tag, changes: &[Change]) -> Result<(), Undone> {
    // Letters and digits only: nothing in it needs to be quoted.
    let texts = changes.chunks(TEXT).map(|some| news::told(tag, some));
    let told: String = texts
        .map(|text| format!("SELECT pg_notify('{CHANNEL}', '{text}');"))
        .collect();
    let sql = format!("BEGIN; SET LOCAL synchronous_commit = off; {told} COMMIT");
    let client = pool.borrow_plain().await?.whole();
    let said = pool.patiently(&client, client.batch_execute(&sql)).await?;
    said.map_err(|error| Undone::of(&error, "notification"))?;
    client.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use marquetry_model::JobId;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_bounded_and_said_before_the_end() {
        let unsaid = Unsaid::default();
        unsaid.add(Change::Delivery);
        unsaid.add(Change::Delivery);
        unsaid.add(Change::JobWaiting(JobId::from_bytes([1; 16])));
        assert_eq!(unsaid.take().await.unwrap().len(), 2);
        for n in 0..=MOST {
            unsaid.add(Change::JobEnded(JobId::from_bytes(u128::to_be_bytes(n as u128))));
        }
        unsaid.add(Change::Delivery);
        unsaid.close();
        assert_eq!(unsaid.take().await.unwrap(), [Change::Missed]);
        assert_eq!(unsaid.take().await, None);
    }
}

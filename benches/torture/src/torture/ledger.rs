//! What the program has promised: every job it accepted, and how each was seen to end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use crate::mockup::Colour;

/// A job that was answered with 2xx.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) colour: Colour,
    /// Whether its end is to be told by webhook. Whoever waited for the answer is told nothing else.
    pub(crate) told: bool,
    /// Whether a cancel was answered with 2xx: from then on it can end only cancelled.
    pub(crate) cancelled: bool,
    pub(crate) accepted: Instant,
    pub(crate) ended: Option<Ended>,
}

/// How a job ended, as far as it must never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: String,
    pub(crate) result: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) updated: String,
}

impl Ended {
    /// `None` while the job has not ended.
    pub(crate) fn of(job: &Value) -> Option<Self> {
        let text = |name: &str| job[name].as_str().map(str::to_owned);
        let status = text("status")?;
        ["succeeded", "failed", "cancelled"]
            .contains(&status.as_str())
            .then(|| Self {
                result: text("result_url"),
                code: text("error_code"),
                updated: text("updated_at").unwrap_or_default(),
                status,
            })
    }

    /// Whether somebody has to be told of it. A cancel is no event: whoever asked for it knows.
    pub(crate) fn is_event(&self) -> bool {
        self.status != "cancelled"
    }
}

/// A submission under a key that may be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    pub(crate) key: String,
    pub(crate) body: Value,
    pub(crate) colour: Colour,
    /// The job it led to; `None` while nobody has answered.
    pub(crate) job: Option<String>,
}

/// Everything that is known, shared by all clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) promises: BTreeMap<String, Promise>,
    /// Those that were not seen to end.
    pub(crate) pending: Vec<String>,
    /// Those that have ended and of which not everything owed was heard.
    pub(crate) owed: Vec<String>,
    pub(crate) keyed: Vec<Keyed>,
    /// Submissions without an answer that cannot be asked about again: each may have led to a job.
    pub(crate) unanswered: u64,
    pub(crate) refused: u64,
    /// Answers of 5xx while blob calls were made to fail.
    pub(crate) troubled: u64,
    pub(crate) repeated: u64,
    pub(crate) cancels: u64,
    pub(crate) faults: Faults,
}

/// What must not be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) changed: u64,
    pub(crate) unreadable: u64,
    pub(crate) unsent: u64,
    pub(crate) doubled: u64,
    pub(crate) twins: u64,
    pub(crate) uncancelled: u64,
    pub(crate) failed: u64,
    pub(crate) unexpected: u64,
    pub(crate) unclean: u64,
    /// The first of them in words.
    pub(crate) words: Vec<String>,
}

impl Faults {
    const MOST_WORDS: usize = 40;

    pub(crate) fn word(&mut self, word: String) {
        if self.words.len() < Self::MOST_WORDS {
            self.words.push(word);
        }
    }
}

impl Ledger {
    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a 2xx that is in the journal.
    pub(crate) fn accept(&self, job: &str, colour: Colour, told: bool) {
        let promise = Promise {
            colour,
            told,
            cancelled: false,
            accepted: Instant::now(),
            ended: None,
        };
        let mut entries = self.entries();
        // A repeated submission is answered with a job that is known, and may have ended.
        if !entries.promises.contains_key(job) {
            entries.promises.insert(job.to_owned(), promise);
            entries.pending.push(job.to_owned());
        }
    }
}

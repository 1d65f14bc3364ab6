//! How often keys were used, added up in memory: a write for every request would cost more than the request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::ApiKeyId;

use crate::{Service, ServiceError};

/// Uses that no store knows of yet.
#[derive(Debug, Default)]
pub(crate) struct KeyUses(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    uses: HashMap<ApiKeyId, Uses>,
    total: u64,
    since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) count: u64,
    pub(crate) last: Timestamp,
}

impl KeyUses {
    /// So many uses are written even when little time has passed.
    const MOST: u64 = 1000;
    /// The oldest that an unwritten use becomes: what a crash can lose.
    pub(crate) const OLDEST: Duration = Duration::from_secs(5);

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one use; tells whether it is time to write.
    pub(crate) fn note(&self, key: ApiKeyId, now: Timestamp) -> bool {
        let mut noted = self.noted();
        noted.add(key, Uses { count: 1, last: now });
        let since = *noted.since.get_or_insert(now);
        noted.total >= Self::MOST || now.since(since) >= Self::OLDEST
    }

    /// What is not written yet about one key.
    pub(crate) fn of(&self, key: ApiKeyId) -> Option<Uses> {
        self.noted().uses.get(&key).copied()
    }

    fn take(&self) -> HashMap<ApiKeyId, Uses> {
        std::mem::take(&mut *self.noted()).uses
    }

    fn give_back(&self, key: ApiKeyId, uses: Uses) {
        self.noted().add(key, uses);
    }
}

impl Noted {
    fn add(&mut self, key: ApiKeyId, more: Uses) {
        self.total = self.total.saturating_add(more.count);
        self.uses
            .entry(key)
            .and_modify(|uses| {
                uses.count = uses.count.saturating_add(more.count);
                uses.last = uses.last.max(more.last);
            })
            .or_insert(more);
    }
}

impl Service {
    /// Writes down how often keys were used. Happens by itself while keys are used and in
    /// [`Self::keep_house`]; to be called once more before the program ends.
    ///
    /// # Errors
    /// Those of the store; what could not be written is kept for the next time.
    pub async fn flush_key_uses(&self) -> Result<(), ServiceError> {
        let mut outcome = Ok(());
        for (key, uses) in self.inner.uses.take() {
            if let Err(error) = self.store().count_use(key, uses.count, uses.last).await {
                self.inner.uses.give_back(key, uses);
                outcome = Err(error.into());
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_add_up_and_fall_due_by_number_or_by_age() {
        let uses = KeyUses::default();
        let (key, other) = (ApiKeyId::from_random([1; 16]), ApiKeyId::from_random([2; 16]));
        let start = Timestamp::from_micros(0);
        for _ in 0..KeyUses::MOST - 2 {
            assert!(!uses.note(key, start));
        }
        assert!(!uses.note(other, start));
        assert!(uses.note(key, start), "by number");
        let count = KeyUses::MOST - 1;
        assert_eq!(uses.of(key), Some(Uses { count, last: start }));

        assert_eq!(uses.take().len(), 2);
        assert!(!uses.note(key, start));
        assert!(uses.note(key, start + KeyUses::OLDEST), "by age");
    }

    #[test]
    fn what_could_not_be_written_is_added_to_what_came_since() {
        let uses = KeyUses::default();
        let key = ApiKeyId::from_random([1; 16]);
        let (early, late) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        uses.note(key, early);
        let taken = uses.take();
        uses.note(key, late);
        uses.give_back(key, taken[&key]);
        assert_eq!(uses.of(key), Some(Uses { count: 2, last: late }));
    }
}

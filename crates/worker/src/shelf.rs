//! The shelf: open mockups that wait for the next render, by the hash of their content.
//!
//! Kept within a budget of bytes, measured anew after each use because a mockup grows while it is
//! drawn. What was used least recently leaves first; whoever is drawing it keeps it until done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use marquetry_model::ContentHash;
use marquetry_render::OpenMockup;
use tokio::sync::OnceCell;

/// Open mockups within a budget.
#[derive(Debug)]
pub(crate) struct Shelf {
    budget: u64,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    by_content: HashMap<ContentHash, Place>,
    /// Counts uses; the least count was used longest ago.
    uses: u64,
}

#[derive(Debug)]
struct Place {
    /// Empty while the first who wants it opens it and the others wait.
    mockup: Arc<OnceCell<Arc<OpenMockup>>>,
    used: u64,
    cost: u64,
}

impl Shelf {
    pub(crate) fn new(budget: u64) -> Self {
        Self {
            budget,
            places: Mutex::default(),
        }
    }

    /// The mockup with this content, opened by `open` if it is not here. Of many who want the same
    /// one at once only one opens it; when that fails or is given up, the next of them tries.
    pub(crate) async fn take<E, F: Future<Output = Result<OpenMockup, E>>>(
        &self,
        content: ContentHash,
        open: impl FnOnce() -> F,
    ) -> Result<Arc<OpenMockup>, E> {
        let cell = {
            let mut places = self.places();
            places.uses += 1;
            let used = places.uses;
            let place = places.by_content.entry(content).or_insert_with(Place::empty);
            place.used = used;
            Arc::clone(&place.mockup)
        };
        cell.get_or_try_init(|| async { open().await.map(Arc::new) })
            .await
            .cloned()
    }

    /// Adds a mockup that was opened elsewhere.
    pub(crate) fn add(&self, content: ContentHash, mockup: Arc<OpenMockup>) {
        {
            let mut places = self.places();
            places.uses += 1;
            let used = places.uses;
            let place = places.by_content.entry(content).or_insert_with(Place::empty);
            place.used = used;
            // One that is here already is warmer than the new one.
            let _ = place.mockup.set(mockup);
        }
        self.settle(content);
    }

    /// Measures a mockup that was just used, and lets others go until all fit the budget.
    pub(crate) fn settle(&self, content: ContentHash) {
        let mut leaving = Vec::new();
        let mut places = self.places();
        if let Some(place) = places.by_content.get_mut(&content)
            && let Some(mockup) = place.mockup.get()
        {
            place.cost = mockup.cost();
        }
        // Places whose opening failed and that nobody waits for.
        places
            .by_content
            .retain(|_, place| place.mockup.initialized() || Arc::strong_count(&place.mockup) > 1);
        while places.cost() > self.budget {
            let opened = places
                .by_content
                .iter()
                .filter(|(_, place)| place.mockup.initialized());
            let Some(oldest) = opened.min_by_key(|(_, place)| place.used).map(|(key, _)| *key) else {
                break;
            };
            leaving.extend(places.by_content.remove(&oldest));
        }
        drop(places);
        // Freeing hundreds of megabytes takes a while; nobody waits for the lock meanwhile.
        drop(leaving);
    }

    /// Lets mockups that nobody draws go, those used longest ago first, until all cost no more than `most`; tells
    /// whether that could be reached.
    pub(crate) fn make_room(&self, most: u64) -> bool {
        let mut leaving = Vec::new();
        let mut places = self.places();
        while places.cost() > most {
            let idle = places.by_content.iter().filter(|(_, place)| place.is_idle());
            let Some(oldest) = idle.min_by_key(|(_, place)| place.used).map(|(key, _)| *key) else {
                break;
            };
            leaving.extend(places.by_content.remove(&oldest));
        }
        let fits = places.cost() <= most;
        drop(places);
        drop(leaving);
        fits
    }

    /// Takes a mockup off the shelf, because it may have been left in a bad state.
    pub(crate) fn forget(&self, content: ContentHash) {
        let place = self.places().by_content.remove(&content);
        drop(place);
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn cost(&self) -> u64 {
        self.by_content
            .values()
            .fold(0, |sum: u64, place| sum.saturating_add(place.cost))
    }
}

impl Place {
    /// Whether it is open and nobody else has it.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.mockup) == 1
            && self
                .mockup
                .get()
                .is_some_and(|mockup| Arc::strong_count(mockup) == 1)
    }

    fn empty() -> Self {
        Self {
            mockup: Arc::default(),
            used: 0,
            cost: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use marquetry_render::{Limits, RenderError, open};
    use marquetry_testkit::psd::Builder;

    use super::*;

    fn content(number: u8) -> ContentHash {
        ContentHash::from_bytes([number; 32])
    }

    fn opened() -> OpenMockup {
        open(Builder::new(64, 64).to_bytes(), &Limits::default()).unwrap()
    }

    fn here(shelf: &Shelf) -> Vec<u8> {
        let mut here: Vec<u8> = shelf
            .places()
            .by_content
            .keys()
            .map(|key| key.as_bytes()[0])
            .collect();
        here.sort_unstable();
        here
    }

    async fn use_one(shelf: &Shelf, number: u8) -> Arc<OpenMockup> {
        let taken = shelf
            .take(content(number), || async { Ok::<_, Infallible>(opened()) })
            .await
            .unwrap();
        shelf.settle(content(number));
        taken
    }

    #[tokio::test]
    async fn many_who_want_one_at_once_open_it_once() {
        let shelf = Arc::new(Shelf::new(u64::MAX));
        let openings = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (shelf, openings) = (Arc::clone(&shelf), Arc::clone(&openings));
                tokio::spawn(async move {
                    let open = || async {
                        openings.fetch_add(1, Ordering::SeqCst);
                        tokio::task::yield_now().await;
                        Ok::<_, Infallible>(opened())
                    };
                    shelf.take(content(1), open).await.unwrap()
                })
            })
            .collect();
        let taken = futures::future::try_join_all(tasks).await.unwrap();
        assert_eq!(openings.load(Ordering::SeqCst), 1);
        assert!(taken.iter().all(|mockup| Arc::ptr_eq(mockup, &taken[0])));
    }

    #[tokio::test]
    async fn a_failed_opening_is_tried_by_the_next() {
        let shelf = Shelf::new(u64::MAX);
        let fails = shelf
            .take(content(1), || async {
                Err::<OpenMockup, _>(RenderError::Stopped)
            })
            .await;
        assert!(fails.is_err());
        shelf.settle(content(1));
        assert!(here(&shelf).is_empty(), "nothing stays of it");
        use_one(&shelf, 1).await;
        assert_eq!(here(&shelf), [1]);
    }

    #[tokio::test]
    async fn an_opening_given_up_is_taken_over() {
        let shelf = Shelf::new(u64::MAX);
        let mut stuck =
            Box::pin(shelf.take(content(1), std::future::pending::<Result<OpenMockup, Infallible>>));
        assert!(futures::poll!(&mut stuck).is_pending());
        let mut waiting = Box::pin(shelf.take(content(1), || async { Ok::<_, Infallible>(opened()) }));
        assert!(
            futures::poll!(&mut waiting).is_pending(),
            "the first one opens it"
        );
        drop(stuck);
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn the_least_recently_used_leaves_first() {
        let one = opened().cost();
        let shelf = Shelf::new(one * 2);
        use_one(&shelf, 1).await;
        use_one(&shelf, 2).await;
        use_one(&shelf, 1).await;
        use_one(&shelf, 3).await;
        assert_eq!(here(&shelf), [1, 3]);
    }

    #[tokio::test]
    async fn what_nobody_draws_makes_room() {
        let one = opened().cost();
        let shelf = Shelf::new(u64::MAX);
        let in_use = use_one(&shelf, 1).await;
        use_one(&shelf, 2).await;
        use_one(&shelf, 3).await;
        assert!(shelf.make_room(2 * one));
        assert_eq!(here(&shelf), [1, 3]);
        assert!(!shelf.make_room(0), "one of them is drawn");
        assert_eq!(here(&shelf), [1]);
        drop(in_use);
        assert!(shelf.make_room(0));
    }

    #[tokio::test]
    async fn what_is_in_use_outlives_its_place() {
        let shelf = Shelf::new(1);
        let in_use = use_one(&shelf, 1).await;
        assert!(here(&shelf).is_empty(), "more than the budget by itself");
        assert_eq!(in_use.size(), marquetry_pixel::Size::new(64, 64));
    }

    #[tokio::test]
    async fn an_upload_lays_its_mockup_on_the_shelf() {
        let shelf = Shelf::new(u64::MAX);
        let added = Arc::new(opened());
        shelf.add(content(4), Arc::clone(&added));
        assert!(Arc::ptr_eq(&use_one(&shelf, 4).await, &added));
        shelf.forget(content(4));
        assert!(here(&shelf).is_empty());
    }
}

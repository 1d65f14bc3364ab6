//! Layouts that are ready to be filled, with the fonts they bring, kept for the next render.
//!
//! Reading a layout and unpacking its fonts costs more than filling it does. What was used least recently leaves first
//! once all cost more than the budget; whoever is drawing keeps theirs until done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use marquetry_model::{ContentHash, Handle, TemplateSpec};
use marquetry_render::FontShelf;
use marquetry_template::Checked;

/// A layout that was read and checked, and the fonts to set it in.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) checked: Checked,
    pub(crate) fonts: FontShelf,
    /// Bytes that it may hold, roughly.
    pub(crate) cost: u64,
}

/// What a layout and its fonts follow from: its hash, and the assets by their hashes.
pub(crate) type LayoutKey = (ContentHash, Vec<(Handle, ContentHash)>);

/// The key of what a job draws.
pub(crate) fn key_of(spec: &TemplateSpec) -> LayoutKey {
    (spec.pinned.layout, spec.assets.clone())
}

/// Layouts within a budget.
#[derive(Debug)]
pub(crate) struct Layouts {
    budget: u64,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    by_key: HashMap<LayoutKey, (Arc<Laid>, u64)>,
    /// Counts uses; the least count was used longest ago.
    uses: u64,
}

impl Layouts {
    pub(crate) fn new(budget: u64) -> Self {
        Self {
            budget,
            places: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, key: &LayoutKey) -> Option<Arc<Laid>> {
        let mut places = self.places();
        places.uses += 1;
        let uses = places.uses;
        let (laid, used) = places.by_key.get_mut(key)?;
        *used = uses;
        Some(Arc::clone(laid))
    }

    /// Keeps a layout, and lets others go until all fit the budget; one that is larger than that is not kept.
    pub(crate) fn keep(&self, key: LayoutKey, laid: Arc<Laid>) {
        let mut leaving = Vec::new();
        let mut places = self.places();
        places.uses += 1;
        let uses = places.uses;
        places.by_key.insert(key, (laid, uses));
        while places.cost() > self.budget {
            let oldest = places.by_key.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            leaving.extend(places.by_key.remove(&oldest));
        }
        drop(places);
        drop(leaving);
    }

    /// Takes a layout away, because it may have been left in a bad state.
    pub(crate) fn forget(&self, key: &LayoutKey) {
        let place = self.places().by_key.remove(key);
        drop(place);
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn cost(&self) -> u64 {
        self.by_key
            .values()
            .fold(0, |sum: u64, (laid, _)| sum.saturating_add(laid.cost))
    }
}

#[cfg(test)]
mod tests {
    use marquetry_template::{Everything, Limits, Template};

    use super::*;

    fn laid(cost: u64) -> Arc<Laid> {
        let json = br#"{"schema":1,"id":"a","name":"A","revision":1,
                        "pages":[{"id":"front","width":8,"height":8,"layers":[]}]}"#;
        let limits = Limits::default();
        let checked = Template::parse(json, &limits).unwrap();
        Arc::new(Laid {
            checked: checked.check(&Everything, &limits).unwrap(),
            fonts: FontShelf::default(),
            cost,
        })
    }

    fn key(n: u8) -> LayoutKey {
        (ContentHash::from_bytes([n; 32]), vec![])
    }

    #[test]
    fn what_was_used_longest_ago_leaves_first() {
        let layouts = Layouts::new(100);
        layouts.keep(key(1), laid(40));
        layouts.keep(key(2), laid(40));
        assert!(layouts.get(&key(1)).is_some());
        layouts.keep(key(3), laid(40));
        assert!(layouts.get(&key(2)).is_none());
        assert!(layouts.get(&key(1)).is_some() && layouts.get(&key(3)).is_some());
        layouts.keep(key(4), laid(101));
        assert!(layouts.get(&key(4)).is_none());
        layouts.forget(&key(1));
        assert!(layouts.get(&key(1)).is_none());
    }
}

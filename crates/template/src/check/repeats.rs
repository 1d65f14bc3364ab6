//! What a repeat needs: cells, and for free ones their places.

use std::collections::BTreeSet;

use super::{Catalogue, Checking};
use crate::problem::{Path, quoted};
use crate::{LayoutMode, RepeatLayer};

impl<C: Catalogue> Checking<'_, C> {
    pub(super) fn repeat(&mut self, repeat: &RepeatLayer, path: &Path<'_>) {
        let (cells, most) = (repeat.cells(), self.limits.slots);
        if cells == 0 {
            self.complain(path, "has no cells: give it \"count\" or \"slots\"");
        }
        if cells > most {
            self.complain(
                &path.member("count"),
                format!("is {cells}, {most} cells are allowed"),
            );
        }
        if cells < repeat.slots.len() {
            let slots = repeat.slots.len();
            self.complain(
                &path.member("count"),
                format!("is {cells}, less than the {slots} slots"),
            );
        }
        let layout = path.member("layout");
        for (member, length) in [
            ("cell_width", repeat.layout.cell_width),
            ("cell_height", repeat.layout.cell_height),
        ] {
            if length.get() <= 0.0 {
                self.complain(&layout.member(member), "must be more than 0");
            }
        }
        let free = repeat.layout.mode == LayoutMode::Free;
        if free && cells > repeat.slots.len() {
            let slots = repeat.slots.len();
            self.complain(
                &layout.member("mode"),
                format!(
                    "is free, so each of the {cells} cells needs a slot that says where it is; {slots} do"
                ),
            );
        }
        self.slots(repeat, &path.member("slots"), free);
    }

    fn slots(&mut self, repeat: &RepeatLayer, path: &Path<'_>, free: bool) {
        let (mut ids, mut players) = (BTreeSet::new(), BTreeSet::new());
        for (index, slot) in repeat.slots.iter().enumerate() {
            let path = path.item(index);
            self.unique(&mut ids, &slot.id, &path.member("id"));
            if let Some(player) = &slot.player_id
                && !players.insert(player)
            {
                let player = quoted(player.as_str());
                self.complain(
                    &path.member("player_id"),
                    format!("{player} has another slot too"),
                );
            }
            if free && (slot.x.is_none() || slot.y.is_none()) {
                self.complain(&path, "lacks \"x\" or \"y\", which the mode free needs");
            }
            let placed = [
                slot.x.is_some(),
                slot.y.is_some(),
                slot.width.is_some(),
                slot.height.is_some(),
            ];
            if !free && placed.contains(&true) {
                self.complain(&path, "says where it is, which only the mode free asks for");
            }
            if [slot.width, slot.height]
                .into_iter()
                .flatten()
                .any(|length| length.get() <= 0.0)
            {
                self.complain(&path, "has a width or height of 0");
            }
        }
    }
}

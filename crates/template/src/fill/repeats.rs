//! Items into cells: a repeat becomes a group of groups.

use std::collections::BTreeSet;

use super::scope::Scope;
use super::seats::seats;
use super::value::{Item, Values};
use super::{At, Filling};
use crate::filled::{Content, FilledGroup, FilledLayer};
use crate::geometry::{Area, cells};
use crate::units::PlayerId;
use crate::{EmptySlot, Layer, RepeatLayer};

/// What a repeat draws when nobody gave anything: its cells with the template's own content.
static NOTHING_GIVEN: Values = Values::new();

impl Filling<'_, '_, '_> {
    /// One group for each cell that is drawn.
    pub(super) fn cells(
        &mut self,
        repeat: &RepeatLayer,
        layer: &Layer,
        scope: &Scope<'_>,
        at: At<'_>,
    ) -> Vec<FilledLayer> {
        let field = layer.common.field.as_ref();
        let name = field.map_or("", |field| field.as_str());
        let at = at.member(name);
        let items = scope.team(field).unwrap_or(&[]);
        let total = repeat.cells();
        let seats = self.seated(repeat, items, &at).unwrap_or_default();
        // Nobody can give items where there is no field: such a repeat is a pattern, drawn as it is.
        let hide = repeat.empty_slot == EmptySlot::Hide && field.is_some();
        // Without placeholders the cells end with the last item, and the last row is that item's.
        let last = seats.iter().rposition(Option::is_some);
        let shown = if hide {
            last.map_or(0, |last| last + 1)
        } else {
            total
        };
        let places = cells(&repeat.layout, &repeat.slots, layer.common.width.get(), shown);
        let inner = field
            .and_then(|field| scope.fields.get(field.as_str()))
            .map(|team| &team.item);
        let mut filled = Vec::new();
        for (index, place) in places.into_iter().enumerate() {
            let seat = seats.get(index).copied().flatten();
            let item = seat.and_then(|seat| items.get(seat)?.as_ref());
            if item.is_none() && hide {
                continue;
            }
            let layers = match inner {
                Some(fields) => {
                    let values = item.map_or(&NOTHING_GIVEN, |item| &item.values);
                    let mut cell = Scope::new(fields, values, Some(scope));
                    cell.vacant = item.is_none();
                    let at = at.item(seat.unwrap_or(0));
                    self.layers(&repeat.item, &cell, &at)
                }
                None => self.layers(&repeat.item, scope, &at),
            };
            let slot = repeat.slots.get(index).map(|slot| slot.id.as_str());
            filled.push(cell(repeat, place, slot, layers));
        }
        filled
    }

    fn seated(
        &mut self,
        repeat: &RepeatLayer,
        items: &[Option<Item>],
        at: At<'_>,
    ) -> Option<Vec<Option<usize>>> {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            if let Some(player) = item.as_ref().and_then(|item| item.player_id.as_ref())
                && !seen.insert(player)
            {
                let message = format!(
                    "{player:?} is the player of another item too",
                    player = player.as_str()
                );
                self.reader.complain(&at.item(index).member("player_id"), message);
                return None;
            }
        }
        let players: Vec<Option<Option<&PlayerId>>> = items
            .iter()
            .map(|item| item.as_ref().map(|item| item.player_id.as_ref()))
            .collect();
        match seats(&repeat.slots, repeat.cells(), repeat.order, &players) {
            Ok(seats) => Some(seats),
            Err(item) => {
                let (given, cells) = (items.len(), repeat.cells());
                self.reader.complain(
                    &at.item(item),
                    format!("has no place: {given} items are given, {cells} places are there"),
                );
                None
            }
        }
    }
}

fn cell(repeat: &RepeatLayer, place: Area, slot: Option<&str>, layers: Vec<FilledLayer>) -> FilledLayer {
    let own = (repeat.layout.cell_width.get(), repeat.layout.cell_height.get());
    // An item keeps its shape in a cell of another one, and stands in its middle.
    let scale = (place.width / own.0).min(place.height / own.1);
    let frame = Area {
        x: place.x + (place.width - own.0 * scale) / 2.0,
        y: place.y + (place.height - own.1 * scale) / 2.0,
        width: own.0 * scale,
        height: own.1 * scale,
    };
    FilledLayer {
        name: slot.unwrap_or_default().to_owned(),
        content: Content::Group(FilledGroup {
            layers,
            clip: false,
            scale,
        }),
        ..FilledLayer::plain(frame)
    }
}

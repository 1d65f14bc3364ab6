//! Who takes which cell of a repeat.

use crate::units::PlayerId;
use crate::{ItemOrder, Slot};

/// Every cell is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {cells} places are taken")]
pub struct Full {
    /// How many there are.
    pub cells: usize,
}

/// The cell that a player takes: the one whose slot names them, else the one that they hold already,
/// else the first free one, in order.
///
/// `held` says for each cell who holds it; a cell that someone without a `player_id` holds is
/// `Some(None)`. The cell that comes back may be held: by the same player, who takes it anew, or by
/// another, who sits where the slot names this one and has to make way.
///
/// # Errors
/// [`Full`] when there is none.
pub fn seat(
    slots: &[Slot],
    held: &[Option<Option<&PlayerId>>],
    player: Option<&PlayerId>,
) -> Result<usize, Full> {
    let cells = held.len();
    let named = |slot: &Slot| player.is_some() && slot.player_id.as_ref() == player;
    let holds = |held: &Option<Option<&PlayerId>>| player.is_some() && *held == Some(player);
    // A free cell that waits for nobody else, before one that does.
    let waits = |at: usize| slots.get(at).is_some_and(|slot| slot.player_id.is_some());
    let free = || {
        let mut free = (0..cells).filter(|at| held[*at].is_none());
        free.clone().find(|at| !waits(*at)).or_else(|| free.next())
    };
    slots
        .iter()
        .take(cells)
        .position(named)
        .or_else(|| held.iter().position(holds))
        .or_else(free)
        .ok_or(Full { cells })
}

/// For each cell the item in it, of items that are given all at once. An item that is `None` keeps a
/// cell free.
///
/// # Errors
/// The first item that has no cell.
pub(super) fn seats(
    slots: &[Slot],
    cells: usize,
    order: ItemOrder,
    players: &[Option<Option<&PlayerId>>],
) -> Result<Vec<Option<usize>>, usize> {
    let mut line: Vec<usize> = (0..players.len()).collect();
    if order == ItemOrder::PlayerId {
        line.sort_by_key(|item| rank(players[*item].flatten()));
    }
    // Those whom a slot names go first, so that nobody sits down there before them.
    let named = |item: &usize| {
        let player = players[*item].flatten();
        player.is_some()
            && slots
                .iter()
                .take(cells)
                .any(|slot| slot.player_id.as_ref() == player)
    };
    let mut seats: Vec<Option<usize>> = vec![None; cells];
    for item in line.iter().copied().filter(named) {
        let at = slots
            .iter()
            .position(|slot| slot.player_id.as_ref() == players[item].flatten());
        match at.filter(|at| seats[*at].is_none()) {
            Some(at) => seats[at] = Some(item),
            None => return Err(item),
        }
    }
    let mut from = 0;
    for item in line.into_iter().filter(|item| !named(item)) {
        match (from..cells).find(|at| seats[*at].is_none()) {
            Some(at) => {
                seats[at] = Some(item);
                from = at + 1;
            }
            // A place kept free at the end needs no cell.
            None if players[item].is_none() => {}
            None => return Err(item),
        }
    }
    Ok(seats
        .into_iter()
        .map(|seat| seat.filter(|item| players[*item].is_some()))
        .collect())
}

/// Numbers by value, then the rest by letters, then those without.
fn rank(player: Option<&PlayerId>) -> (u8, u64, Option<&str>) {
    match player.map(PlayerId::as_str) {
        Some(text) => match text.parse() {
            Ok(number) => (0, number, Some(text)),
            Err(_) => (1, 0, Some(text)),
        },
        None => (2, 0, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    fn player(text: &str) -> PlayerId {
        PlayerId::new(text).unwrap()
    }

    fn slots(players: &[&str]) -> Vec<Slot> {
        let slot = |text: &&str| Slot {
            id: Id::new("s").unwrap(),
            player_id: PlayerId::new(*text),
            x: None,
            y: None,
            width: None,
            height: None,
        };
        players.iter().map(slot).collect()
    }

    #[test]
    fn a_player_takes_their_slot_then_the_one_they_hold_then_the_first_free_one() {
        let slots = slots(&["", "7", ""]);
        let (seven, nine, ten) = (player("7"), player("9"), player("10"));
        assert_eq!(seat(&slots, &[None; 3], Some(&seven)), Ok(1));
        let held = [Some(Some(&nine)), None, None];
        assert_eq!(seat(&slots, &held, Some(&nine)), Ok(0));
        // The second cell waits for number 7.
        assert_eq!(seat(&slots, &held, Some(&ten)), Ok(2));
        assert_eq!(seat(&slots, &held, None), Ok(2));
        let held = [Some(Some(&nine)), None, Some(None)];
        assert_eq!(seat(&slots, &held, Some(&ten)), Ok(1));
        let held = [Some(Some(&nine)), Some(Some(&seven)), Some(None)];
        assert_eq!(seat(&slots, &held, Some(&ten)), Err(Full { cells: 3 }));
    }

    #[test]
    fn items_sit_as_given_around_those_whom_a_slot_names() {
        let (seven, nine) = (player("7"), player("9"));
        let items = [Some(Some(&nine)), Some(Some(&seven)), None, Some(None)];
        assert_eq!(
            super::seats(&slots(&["", "7"]), 5, ItemOrder::Given, &items),
            Ok(vec![Some(0), Some(1), None, Some(3), None])
        );
        assert_eq!(super::seats(&[], 2, ItemOrder::Given, &items), Err(3));
        // One slot cannot seat two.
        let twice = [Some(Some(&seven)), Some(Some(&seven))];
        assert_eq!(super::seats(&slots(&["7"]), 4, ItemOrder::Given, &twice), Err(1));
    }

    #[test]
    fn players_sort_by_number_then_by_letter() {
        let ids = ["b", "10", "9", "a"].map(player);
        let mut items: Vec<Option<Option<&PlayerId>>> = ids.iter().map(|id| Some(Some(id))).collect();
        items.push(Some(None));
        assert_eq!(
            super::seats(&[], 5, ItemOrder::PlayerId, &items),
            Ok(vec![Some(2), Some(1), Some(3), Some(0), Some(4)])
        );
    }
}

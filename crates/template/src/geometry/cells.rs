//! Where the cells of a repeat are.

use super::Area;
use crate::{CellLayout, LastRow, LayoutMode, Slot};

/// The first `count` cells, from the top left corner of a repeat that is `width` pixels wide.
///
/// `slots` say where free cells are; a free cell without a slot lies in the corner.
pub fn cells(layout: &CellLayout, slots: &[Slot], width: f64, count: usize) -> Vec<Area> {
    let cell = (layout.cell_width.get(), layout.cell_height.get());
    let gap = (layout.gap_x.get(), layout.gap_y.get());
    let columns = match layout.mode {
        LayoutMode::Free => return (0..count).map(|index| free(cell, slots.get(index))).collect(),
        LayoutMode::Row => count.max(1),
        LayoutMode::Column => 1,
        LayoutMode::Grid => match layout.columns {
            Some(columns) => usize::try_from(columns.get()).unwrap_or(usize::MAX),
            None => fitting(width, cell.0, gap.0, count),
        },
    };
    let last = count - count % columns;
    // How far an incomplete last row moves to stand in the middle of a full one.
    let missing = number(columns - count % columns) * (cell.0 + gap.0);
    let shift = match layout.last_row {
        LastRow::Center if layout.mode == LayoutMode::Grid => missing / 2.0,
        LastRow::Center | LastRow::Left => 0.0,
    };
    (0..count)
        .map(|index| {
            let (column, row) = (number(index % columns), number(index / columns));
            Area {
                x: column * (cell.0 + gap.0) + if index >= last { shift } else { 0.0 },
                y: row * (cell.1 + gap.1),
                width: cell.0,
                height: cell.1,
            }
        })
        .collect()
}

fn free(cell: (f64, f64), slot: Option<&Slot>) -> Area {
    let Some(slot) = slot else {
        return Area::new(0.0, 0.0, cell.0, cell.1);
    };
    Area {
        x: slot.x.map_or(0.0, |x| x.get()),
        y: slot.y.map_or(0.0, |y| y.get()),
        width: slot.width.map_or(cell.0, |width| width.get()),
        height: slot.height.map_or(cell.1, |height| height.get()),
    }
}

/// How many cells fit side by side: at least one, at most all.
fn fitting(width: f64, cell: f64, gap: f64, count: usize) -> usize {
    let fits = |columns: &usize| number(*columns) * (cell + gap) - gap <= width + 1e-6;
    (1..=count.max(1)).rev().find(fits).unwrap_or(1)
}

fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Columns, Coordinate, Id, Length};

    fn layout(mode: LayoutMode, columns: Option<u32>, last_row: LastRow) -> CellLayout {
        CellLayout {
            mode,
            columns: columns.and_then(Columns::new),
            gap_x: Coordinate::new(20.0).unwrap(),
            gap_y: Coordinate::new(30.0).unwrap(),
            cell_width: Length::new(100.0).unwrap(),
            cell_height: Length::new(50.0).unwrap(),
            last_row,
        }
    }

    fn corners(layout: &CellLayout, count: usize) -> Vec<(f64, f64)> {
        cells(layout, &[], 340.0, count)
            .iter()
            .map(|cell| (cell.x, cell.y))
            .collect()
    }

    #[test]
    fn a_grid_goes_row_by_row() {
        let grid = layout(LayoutMode::Grid, Some(2), LastRow::Left);
        assert_eq!(corners(&grid, 3), [(0.0, 0.0), (120.0, 0.0), (0.0, 80.0)]);
    }

    #[test]
    fn an_incomplete_last_row_stands_in_the_middle_when_asked_to() {
        let grid = layout(LayoutMode::Grid, Some(3), LastRow::Center);
        assert_eq!(corners(&grid, 4)[3], (120.0, 80.0));
        assert_eq!(corners(&grid, 5)[3..], [(60.0, 80.0), (180.0, 80.0)]);
        // A full one stays where it is.
        assert_eq!(corners(&grid, 6)[3], (0.0, 80.0));
    }

    #[test]
    fn without_columns_a_grid_has_as_many_as_fit() {
        let grid = layout(LayoutMode::Grid, None, LastRow::Left);
        assert_eq!(corners(&grid, 4)[3], (0.0, 80.0));
        assert_eq!(cells(&grid, &[], 50.0, 2)[1].y, 80.0);
    }

    #[test]
    fn rows_and_columns_go_one_way() {
        let row = layout(LayoutMode::Row, Some(2), LastRow::Center);
        assert_eq!(corners(&row, 3), [(0.0, 0.0), (120.0, 0.0), (240.0, 0.0)]);
        let column = layout(LayoutMode::Column, None, LastRow::Center);
        assert_eq!(corners(&column, 3), [(0.0, 0.0), (0.0, 80.0), (0.0, 160.0)]);
    }

    #[test]
    fn free_cells_are_where_their_slots_say() {
        let slot = Slot {
            id: Id::new("s").unwrap(),
            player_id: None,
            x: Coordinate::new(7.0),
            y: Coordinate::new(9.0),
            width: None,
            height: Length::new(80.0),
        };
        let free = layout(LayoutMode::Free, None, LastRow::Left);
        assert_eq!(cells(&free, &[slot], 0.0, 1), [Area::new(7.0, 9.0, 100.0, 80.0)]);
        assert!(cells(&free, &[], 0.0, 0).is_empty());
    }
}

//! Layers that are drawn once for each item of a list: teams, price lists, tables.

use super::group::Layers;
use crate::Limits;
use crate::form::{Listed, choice, record};
use crate::units::{CellCount, Columns, Coordinate, Id, Length, PlayerId};

record! {
    /// Layers that are drawn once for each item of a list, each time in a cell of its own.
    pub struct RepeatLayer {
        /// Where the cells are.
        layout("layout"): required CellLayout;
        /// Cells with names of their own.
        slots("slots"): or Vec<Slot> = Vec::new();
        /// How many cells there are; as many as slots, when it is not given.
        count("count"): optional CellCount;
        /// What becomes of cells without an item.
        empty_slot("empty_slot"): or EmptySlot = EmptySlot::Placeholder;
        /// In which order items take their cells.
        order("order"): or ItemOrder = ItemOrder::Given;
        /// What is drawn in each cell, from the cell's top left corner. Fields belong to the item.
        item("item"): required Layers;
    }
}

impl RepeatLayer {
    /// How many cells it has: as many as `count` says, or as there are slots.
    pub fn cells(&self) -> usize {
        match self.count {
            Some(count) => usize::try_from(count.get()).unwrap_or(usize::MAX),
            None => self.slots.len(),
        }
    }
}

record! {
    /// Where cells are.
    pub struct CellLayout {
        /// How they follow one another.
        mode("mode"): or LayoutMode = LayoutMode::Grid;
        /// Cells side by side in a grid; as many as fit the frame, when it is not given.
        columns("columns"): optional Columns;
        /// Pixels between neighbours side by side.
        gap_x("gap_x"): or Coordinate = Coordinate::fixed(0.0);
        /// Pixels between rows.
        gap_y("gap_y"): or Coordinate = Coordinate::fixed(0.0);
        /// How wide a cell is, in pixels.
        cell_width("cell_width"): required Length;
        /// How high a cell is, in pixels.
        cell_height("cell_height"): required Length;
        /// Where an incomplete last row of a grid stands.
        last_row("last_row"): or LastRow = LastRow::Left;
    }
}

choice! {
    /// How cells follow one another.
    pub enum LayoutMode {
        /// Row by row.
        Grid = "grid",
        /// Side by side.
        Row = "row",
        /// One below the other.
        Column = "column",
        /// Each where its slot says.
        Free = "free",
    }
}

choice! {
    /// Where an incomplete last row stands.
    pub enum LastRow {
        /// At the left.
        Left = "left",
        /// In the middle.
        Center = "center",
    }
}

choice! {
    /// What becomes of cells without an item.
    pub enum EmptySlot {
        /// They are not drawn.
        Hide = "hide",
        /// They are drawn with the template's own content.
        Placeholder = "placeholder",
    }
}

choice! {
    /// In which order items take their cells.
    pub enum ItemOrder {
        /// As they were given.
        Given = "given",
        /// By `player_id`: numbers first and by value, then the rest by letters, then those without.
        PlayerId = "player_id",
    }
}

record! {
    /// A cell with a name of its own.
    pub struct Slot {
        /// Names the slot in its repeat.
        id("id"): required Id;
        /// Whose place it is.
        player_id("player_id"): optional PlayerId;
        /// From the left edge of the repeat, in pixels; for the mode `free`.
        x("x"): optional Coordinate;
        /// From the top edge of the repeat, in pixels; for the mode `free`.
        y("y"): optional Coordinate;
        /// How wide the cell is, when it is not as wide as the others; for the mode `free`.
        width("width"): optional Length;
        /// How high the cell is, when it is not as high as the others; for the mode `free`.
        height("height"): optional Length;
    }
}

impl Listed for Slot {
    const PLURAL: &'static str = "slots";

    fn most(limits: &Limits) -> usize {
        limits.slots
    }
}

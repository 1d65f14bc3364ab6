//! How an asset lies in the frame of a smart object: the geometry, and nothing but.
//!
//! Origin top left, y down. The frame is as large as the smart object's contents. The order is: flip,
//! turn clockwise, fit the turned picture's bounding box into a box, put the box into the frame, cut
//! off what is outside. Areas without picture stay transparent.

use marquetry_pixel::Size;

use crate::{ModelError, Within};

mod layout;

pub use layout::{Area, Layout, Spot, lay_out, turned};

/// Degrees, clockwise.
pub type Rotation = Within<-360, 360>;

/// How an asset lies in the frame of a smart object. The default stretches it over the whole frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Placement {
    /// How the asset fills its box.
    pub fit: Fit,
    /// Mirrored before it is turned.
    pub flip: Flip,
    /// Turned before it is fitted.
    pub rotation: Rotation,
    /// The box; the whole frame when absent.
    pub size: Option<BoxSize>,
    /// Where the box is; with a `size` in the frame, without one it moves the smart object itself.
    pub position: Option<Position>,
    /// Repeats the box over the whole frame. Needs a `size`.
    pub tile: Option<Tile>,
}

/// How an asset fills a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Stretched to the box; proportions may change.
    #[default]
    Fill,
    /// As large as fits inside, centred, the rest transparent.
    Contain,
    /// As small as covers the box, centred, what hangs over cut off.
    Cover,
}

/// Mirroring, before anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flip {
    /// Left and right change places.
    pub horizontal: bool,
    /// Top and bottom change places.
    pub vertical: bool,
}

/// A box in pixels of the frame; a side that is missing is as long as the frame's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoxSize {
    width: Option<u32>,
    height: Option<u32>,
}

/// The top left corner of a box, in pixels. May be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Down from the top edge.
    pub top: i32,
    /// Right from the left edge.
    pub left: i32,
}

/// Repetition of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// The gap between two tiles, in percent of the tile's width and of its height.
    pub spacing: Within<0, 100>,
}

impl Default for Rotation {
    /// Not turned.
    fn default() -> Self {
        Self::clamped(0)
    }
}

impl BoxSize {
    /// The longest side in pixels: what a PSB may be wide.
    pub const LONGEST: u32 = 300_000;

    /// A box with at least one side given.
    ///
    /// # Errors
    /// [`ModelError::Empty`] when both are missing, [`ModelError::OutOfRange`] for a side that is zero
    /// or longer than 300,000.
    pub fn new(width: Option<u32>, height: Option<u32>) -> Result<Self, ModelError> {
        for (field, side) in [("size.width", width), ("size.height", height)] {
            if side.is_some_and(|side| !(1..=Self::LONGEST).contains(&side)) {
                return Err(ModelError::OutOfRange {
                    field,
                    least: 1,
                    most: Self::LONGEST.into(),
                });
            }
        }
        if width.is_none() && height.is_none() {
            return Err(ModelError::Empty { field: "size" });
        }
        Ok(Self { width, height })
    }

    /// The width, if it was given.
    pub const fn width(self) -> Option<u32> {
        self.width
    }

    /// The height, if it was given.
    pub const fn height(self) -> Option<u32> {
        self.height
    }

    /// The box inside `frame`.
    pub fn within(self, frame: Size) -> Size {
        Size::new(
            self.width.unwrap_or(frame.width),
            self.height.unwrap_or(frame.height),
        )
    }
}

impl Placement {
    /// Checks what a single value cannot: that tiles have a size.
    ///
    /// # Errors
    /// [`ModelError::Needs`] for tiles without a size.
    pub fn check(&self) -> Result<(), ModelError> {
        match (self.tile, self.size) {
            (Some(_), None) => Err(ModelError::Needs {
                field: "tile",
                other: "size",
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests_support {
    pub(crate) fn plain() -> super::Placement {
        super::Placement::default()
    }
}

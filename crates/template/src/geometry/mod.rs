//! Where pictures and cells go: pure arithmetic, in pixels between pixels, y down.

mod cells;
mod face;
mod fit;

pub use cells::cells;
pub use face::place_face;
pub use fit::{clip, cropped, place, place_content};

/// A rectangle between pixels, y down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub x: f64,
    /// Its top edge.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// How wide and high something is, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

impl Extent {
    /// `width` by `height` pixels.
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }

    /// Whether there is nothing to see, or no number.
    fn is_nothing(self) -> bool {
        // Not `<=`, which would let NaN pass.
        !(self.width > 0.0 && self.height > 0.0 && self.width.is_finite() && self.height.is_finite())
    }
}

impl Area {
    /// `(x, y)` is its top left corner.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// The column just right of it.
    pub fn right(self) -> f64 {
        self.x + self.width
    }

    /// The row just below it.
    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    /// How wide and high it is.
    pub fn extent(self) -> Extent {
        Extent::new(self.width, self.height)
    }
}

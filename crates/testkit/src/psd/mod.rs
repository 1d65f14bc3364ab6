//! Writes PSD and PSB files of every shape the parser must read: a builder of documents, layers and blocks.
//! After the *Adobe Photoshop File Formats Specification*; where Photoshop itself differs, as Photoshop does.
//!
//! This is a tool for tests: what makes no sense (a raster that does not fill its rectangle) is an assertion,
//! and nothing is checked that a test might want to get wrong on purpose (blocks and resources are any bytes).
//!
//! ```
//! use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject};
//!
//! let id = "0d7f3f3c-1111-4222-8333-444455556666";
//! let square = Rect::new(2, 2, 4, 4);
//! let placed = SmartObject::new(id, [[2.0, 2.0], [6.0, 2.0], [6.0, 6.0], [2.0, 6.0]], [100.0, 100.0]);
//! let mut document = Builder::new(8, 8).dpi(300.0);
//! document.push(Layer::smart_object("design", placed, square, vec![90; 64]).opacity(235));
//! document.link(Linked::embedded(id, "design.png", b"PNG bytes".to_vec()));
//! assert!(document.to_bytes().windows(4).any(|bytes| bytes == b"SoLd"));
//! ```

pub mod adjustment;
mod channel;
mod descriptor;
mod document;
pub mod effect;
mod layer;
mod mask;
mod record;
mod smart;
mod specimen;
mod text;
mod vector;

pub use channel::Compression;
pub use descriptor::{Descriptor, Step, Value};
pub use document::{Builder, Depth, Format, Mode};
pub use layer::{BLEND_KEYS, Content, Layer};
pub use mask::{Mask, RealMask, vector_mask};
pub use smart::{Linked, SmartObject, Warp, filter_mask_block};
pub use specimen::specimen;
pub use text::Text;
pub use vector::{
    Curve, gradient, gradient_fill, pattern_block, pattern_fill, solid_paint, stroke, vector_path,
};

/// A box on the canvas in whole pixels, right and bottom outside. May lie outside the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Column after the last.
    pub right: i32,
    /// Row after the last.
    pub bottom: i32,
}

impl Rect {
    /// The box of `width` by `height` pixels at (`left`, `top`).
    ///
    /// # Panics
    /// When an edge leaves the range of `i32`.
    #[must_use]
    pub fn new(left: i32, top: i32, width: u32, height: u32) -> Self {
        let end = |start: i32, size: u32| start.checked_add_unsigned(size).expect("an edge within i32");
        Self {
            left,
            top,
            right: end(left, width),
            bottom: end(top, height),
        }
    }

    /// Columns; zero when the box is inside out.
    #[must_use]
    pub fn width(self) -> usize {
        usize::try_from(i64::from(self.right) - i64::from(self.left)).unwrap_or(0)
    }

    /// Rows; zero when the box is inside out.
    #[must_use]
    pub fn height(self) -> usize {
        usize::try_from(i64::from(self.bottom) - i64::from(self.top)).unwrap_or(0)
    }

    /// Pixels in it.
    #[must_use]
    pub fn area(self) -> usize {
        self.width() * self.height()
    }

    /// Top, left, bottom, right: the order of the file.
    fn write(self, ink: &mut crate::bytes::Ink) {
        ink.i32(self.top).i32(self.left).i32(self.bottom).i32(self.right);
    }
}

//! A rectangle with edges between pixels, as descriptors hold them.

use crate::descriptor::Descriptor;

/// Four edges, in whatever unit the owner says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl Bounds {
    /// Reads an object with the keys `Left`, `Top `, `Rght`, `Btom`. `None` when one is missing.
    pub fn from_descriptor(object: &Descriptor) -> Option<Self> {
        Some(Self {
            left: object.f64("Left")?,
            top: object.f64("Top ")?,
            right: object.f64("Rght")?,
            bottom: object.f64("Btom")?,
        })
    }

    /// From left to right.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// From top to bottom.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

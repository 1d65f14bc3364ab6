//! Masks of a layer: the raster mask with its parameters, the real user mask beside it, vector mask paths.
//! Adobe Photoshop File Formats Specification, *Layer mask / adjustment layer data* and *Path records*.

use super::Rect;
use crate::bytes::{Ink, LengthField};

/// A raster mask. All fields are public: `Mask { default: 255, ..Mask::new(rect, pixels) }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Where `pixels` lie.
    pub rect: Rect,
    /// One byte a pixel, 255 shows; widened to the document's depth on writing.
    pub pixels: Vec<u8>,
    /// What the mask is outside `rect`: 0 or 255.
    pub default: u8,
    /// Whether the mask is switched off.
    pub disabled: bool,
    /// Whether the mask moves with its layer (flag 0).
    pub relative: bool,
    /// Whether the mask is inverted when blending (flag 2, obsolete).
    pub inverted: bool,
    /// Whether the pixels came from rendering other data, such as a vector mask (flag 3).
    pub derived: bool,
    /// How much of the mask counts, 255 all.
    pub density: Option<u8>,
    /// Blur of the mask in pixels.
    pub feather: Option<f64>,
    /// The same for the vector mask.
    pub vector_density: Option<u8>,
    /// The same for the vector mask.
    pub vector_feather: Option<f64>,
    /// The user's own mask where the outer one is a vector mask and it, rendered together.
    pub real: Option<RealMask>,
}

/// The user's own mask where the layer has a vector mask as well: channel -3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealMask {
    /// Where `pixels` lie.
    pub rect: Rect,
    /// One byte a pixel.
    pub pixels: Vec<u8>,
    /// What the mask is outside `rect`: 0 or 255.
    pub default: u8,
    /// Flags as in the file.
    pub flags: u8,
}

impl Mask {
    /// A plain mask that hides everything outside `rect`.
    ///
    /// # Panics
    /// When `pixels` do not fill `rect`.
    #[must_use]
    pub fn new(rect: Rect, pixels: Vec<u8>) -> Self {
        assert_eq!(pixels.len(), rect.area(), "mask pixels fill their rectangle");
        Self {
            rect,
            pixels,
            default: 0,
            disabled: false,
            relative: false,
            inverted: false,
            derived: false,
            density: None,
            feather: None,
            vector_density: None,
            vector_feather: None,
            real: None,
        }
    }

    fn has_parameters(&self) -> bool {
        self.density.is_some()
            || self.feather.is_some()
            || self.vector_density.is_some()
            || self.vector_feather.is_some()
    }

    /// The mask data of a layer record, with its length.
    pub(super) fn write(&self, ink: &mut Ink) {
        let bit = |on: bool, at: u8| u8::from(on) << at;
        let flags = bit(self.relative, 0)
            | bit(self.disabled, 1)
            | bit(self.inverted, 2)
            | bit(self.derived, 3)
            | bit(self.has_parameters(), 4);
        ink.block(LengthField::Four, |body| {
            self.rect.write(body);
            body.u8(self.default).u8(flags);
            if let Some(real) = &self.real {
                body.u8(real.flags).u8(real.default);
                real.rect.write(body);
            }
            if self.has_parameters() {
                let present = bit(self.density.is_some(), 0)
                    | bit(self.feather.is_some(), 1)
                    | bit(self.vector_density.is_some(), 2)
                    | bit(self.vector_feather.is_some(), 3);
                body.u8(present);
                self.density.inspect(|v| drop_ref(body.u8(*v)));
                self.feather.inspect(|v| drop_ref(body.f64(*v)));
                self.vector_density.inspect(|v| drop_ref(body.u8(*v)));
                self.vector_feather.inspect(|v| drop_ref(body.f64(*v)));
            }
            body.pad(4);
        });
    }
}

/// Ends a chain of writes where a closure must give nothing back.
fn drop_ref(_: &mut Ink) {}

/// The body of a `vmsk` block: closed polygons with straight edges, corners in canvas fractions (0 to 1, x then y).
///
/// # Panics
/// When a corner is outside -128 to 128, which the file's fixed point cannot hold.
#[must_use]
pub fn vector_mask(polygons: &[Vec<[f64; 2]>]) -> Vec<u8> {
    let mut ink = Ink::new();
    ink.u32(3).u32(0);
    // Record 6 opens with the fill rule, record 8 states that nothing is filled at first.
    ink.u16(6).raw(&[0; 24]).u16(8).raw(&[0; 24]);
    for polygon in polygons {
        // Operation 1 adds the polygon to those before it.
        ink.u16(0)
            .u16(u16::try_from(polygon.len()).expect("few corners"))
            .u16(1)
            .u16(1)
            .raw(&[0; 18]);
        for [x, y] in polygon {
            ink.u16(2);
            // The two handles and the corner are one point: a straight edge. Rows come first.
            for _ in 0..3 {
                ink.i32(fixed(*y)).i32(fixed(*x));
            }
        }
    }
    ink.into_bytes()
}

/// 8.24 fixed point.
pub(super) fn fixed(value: f64) -> i32 {
    assert!(value.abs() < 128.0, "a path point within 8.24 fixed point");
    #[expect(clippy::cast_possible_truncation, reason = "below 2^31 by the assertion")]
    let fixed = (value * f64::from(1 << 24)).round() as i32;
    fixed
}

//! Satin: the difference of two blurred images of the shape, drawn apart.
//!
//! Found on Photoshop's own pixels, which it reproduces to the rounding of their 8 bits.

use crate::effect::blur::{Field, blur};
use crate::effect::shade::Shade;
use crate::effect::{Coat, Ground, coloured, ink};
use crate::mask::Plane;
use crate::style::Satin;
use marquetry_pixel::Opacity;

/// Inside the layer.
pub(super) fn satin<'a>(satin: &Satin, ground: Ground<'_>) -> Coat<'a> {
    let (dx, dy) = satin.offset;
    let area = ground.inside();
    let image = |dx: i32, dy: i32| blur(ground.shape, area.translate(dx, dy), satin.size);
    let one = image(dx, dy);
    let other = image(dx.saturating_neg(), dy.saturating_neg());
    let shade = Shade::contour(satin.contour.as_ref());
    let pairs = one.values().iter().zip(other.values());
    let bytes = pairs.map(|(one, other)| {
        let apart = one.abs_diff(*other);
        shade.at(if satin.invert { Field::FULL - apart } else { apart })
    });
    let plane = Plane::new(area, bytes.collect());
    coloured(
        satin.colour,
        ink(satin.blend, satin.opacity, Opacity::OPAQUE),
        plane,
    )
}

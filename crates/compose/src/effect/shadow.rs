//! Drop shadows and inner shadows.
//!
//! Offset, size, spread, colour and how they meet the layer were found on Photoshop's own pixels, and
//! reproduce them to the rounding of 8 bits; noise is scattered by chance of our own.

use marquetry_pixel::{Opacity, Rect};

use crate::effect::blur::{Field, blur};
use crate::effect::distance::{dilate, erode};
use crate::effect::shade::{Shade, scatter};
use crate::effect::{Coat, Ground, coloured, ink};
use crate::mask::Plane;
use crate::style::Shadow;

/// Below the layer.
pub(super) fn drop<'a>(shadow: &Shadow, ground: Ground<'_>) -> Coat<'a> {
    let (dx, dy) = shadow.offset;
    let shape = grown_shape(ground.shape, shadow.size, shadow.spread, dilate);
    let seen = crate::bounds::grown(ground.shape.area(), shadow.size.saturating_add(2));
    let area = seen.translate(dx, dy).intersect(ground.canvas);
    let field = blur(
        &shape,
        area.translate(dx.saturating_neg(), dy.saturating_neg()),
        softness(shadow.size, shadow.spread),
    );
    let shade = Shade::contour(shadow.contour.as_ref());
    let plane = moved(field.to_plane(|value| shade.at(value)), area);
    Coat {
        concealed: shadow.conceals,
        ..coloured(
            shadow.colour,
            ink(shadow.blend, shadow.opacity, ground.opacity),
            scatter(plane, shadow.noise),
        )
    }
}

/// Inside the layer: the shadow of all that is around it.
pub(super) fn inner<'a>(shadow: &Shadow, ground: Ground<'_>) -> Coat<'a> {
    let (dx, dy) = shadow.offset;
    let shape = grown_shape(ground.shape, shadow.size, shadow.spread, erode);
    let area = ground.inside();
    let field = blur(
        &shape,
        area.translate(dx.saturating_neg(), dy.saturating_neg()),
        softness(shadow.size, shadow.spread),
    );
    let shade = Shade::contour(shadow.contour.as_ref());
    // A blur of the outside is what a blur of the inside leaves.
    let plane = moved(field.to_plane(|value| shade.at(Field::FULL - value)), area);
    let ink = ink(shadow.blend, shadow.opacity, Opacity::OPAQUE);
    coloured(shadow.colour, ink, scatter(plane, shadow.noise))
}

/// `shape` grown (or shrunk) by the share of the size that isn't blurred.
pub(super) fn grown_shape(
    shape: &Plane,
    size: u32,
    spread: f64,
    grow: impl Fn(&Plane, f64) -> Plane,
) -> Plane {
    grow(shape, f64::from(size - softness(size, spread)))
}

/// The share of the size that is blurred, in whole pixels: half a pixel belongs to the other share.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no more than the size; NaN becomes 0"
)]
pub(super) fn softness(size: u32, spread: f64) -> u32 {
    let grown = (f64::from(size) * spread.clamp(0.0, 1.0)).round() as u32;
    size.saturating_sub(grown)
}

/// The same bytes somewhere else.
pub(super) fn moved(plane: Plane, area: Rect) -> Plane {
    Plane::new(area, plane.into_bytes())
}

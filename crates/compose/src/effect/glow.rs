//! Outer and inner glows.
//!
//! The softer technique, range and spread reproduce Photoshop's own pixels to the rounding of 8 bits.
//! No file of Photoshop's with a precise glow was at hand: its straight fall-off is what the dialog
//! shows. Noise and jitter are scattered by chance of our own.

use marquetry_pixel::{Opacity, narrow, share_to_byte};

use crate::blend::Ink;
use crate::effect::blur::{Field, blur};
use crate::effect::distance::{Distances, PIXEL, dilate, erode, outside};
use crate::effect::shade::{Shade, bent, colours, scatter};
use crate::effect::shadow::{grown_shape, softness};
use crate::effect::{Coat, Ground, coloured, ink};
use crate::mask::Plane;
use crate::paint::{luck, rows};
use crate::step::Source;
use crate::style::{Glow, GlowSource, GlowTechnique, Light};

/// Around the layer.
pub(super) fn outer<'a>(glow: &Glow, ground: Ground<'_>) -> Coat<'a> {
    let area = ground.around(glow.size.saturating_add(2));
    let plane = match glow.technique {
        GlowTechnique::Softer => {
            let shape = grown_shape(ground.shape, glow.size, glow.spread, dilate);
            let shade = fall_off(glow, GlowSource::Edge);
            blur(&shape, area, softness(glow.size, glow.spread)).to_plane(|value| shade.at(value))
        }
        GlowTechnique::Precise => {
            let far = crate::bounds::grown(ground.shape.area(), glow.size.saturating_add(2));
            let shade = by_distance(glow, GlowSource::Edge);
            Distances::new(ground.shape, far).to_plane(shade)
        }
    };
    Coat {
        concealed: true,
        ..lit(glow, ground.opacity, plane)
    }
}

/// Inside the layer.
pub(super) fn inner<'a>(glow: &Glow, ground: Ground<'_>) -> Coat<'a> {
    let plane = match glow.technique {
        GlowTechnique::Softer => {
            let shape = grown_shape(ground.shape, glow.size, glow.spread, erode);
            let shade = fall_off(glow, glow.source);
            blur(&shape, ground.inside(), softness(glow.size, glow.spread))
                .to_plane(|value| shade.at(Field::FULL - value))
        }
        GlowTechnique::Precise => {
            let around = outside(ground.shape);
            let shade = by_distance(glow, glow.source);
            Distances::new(&around, around.area()).to_plane(shade)
        }
    };
    lit(glow, Opacity::OPAQUE, plane)
}

/// How strong a softer glow is by what the blur says.
fn fall_off(glow: &Glow, source: GlowSource) -> Shade {
    let range = narrow(glow.range).max(0.01);
    Shade::new(|value| strength(glow, source, (value / range).min(1.0)))
}

/// How strong a glow is that is `near` the edge: 1 at it, 0 as far away as it shines.
fn strength(glow: &Glow, source: GlowSource, near: f32) -> f32 {
    let near = match source {
        GlowSource::Edge => near,
        GlowSource::Centre => 1.0 - near,
    };
    bent(glow.contour.as_ref(), near)
}

/// How strong a precise glow is by the distance from the edge.
fn by_distance(glow: &Glow, source: GlowSource) -> impl Fn(u16) -> u8 {
    let size = narrow_size(glow.size);
    let (spread, range) = (narrow(glow.spread), narrow(glow.range).max(0.01));
    let table: Vec<u8> = (0..=u16::MAX / STEP)
        .map(|step| {
            let distance = f32::from(step) * f32::from(STEP) / f32::from(PIXEL);
            let soft = (size * (1.0 - spread)).max(1.0);
            let near = ((size + 1.0 - distance) / soft).clamp(0.0, 1.0);
            share_to_byte(strength(glow, source, (near * 0.5 / range).min(1.0)))
        })
        .collect();
    move |distance| table.get(usize::from(distance / STEP)).copied().unwrap_or(0)
}

/// Distances are looked up in 16ths of a pixel.
const STEP: u16 = 16;

fn narrow_size(size: u32) -> f32 {
    size.min(4096) as f32
}

/// The glow's colours, as strong as `plane` says.
fn lit<'a>(glow: &Glow, fade: Opacity, plane: Plane) -> Coat<'a> {
    let ink = ink(glow.blend, glow.opacity, fade);
    match &glow.light {
        Light::Colour(colour) => coloured(*colour, ink, scatter(plane, glow.noise)),
        Light::Ramp(ramp) => mapped(
            jittered(scatter(plane, glow.noise), glow.jitter),
            colours(ramp),
            ink,
        ),
    }
}

/// Colours out of a table, by what a plane says.
pub(super) fn mapped<'a>(plane: Plane, table: Box<[[f32; 4]; 256]>, ink: Ink) -> Coat<'a> {
    Coat {
        area: plane.area(),
        source: Source::Mapped { plane, table },
        ink,
        coverage: None,
        concealed: false,
        replaces: false,
    }
}

/// Shifts places on the ramp by chance, at most by half of it.
fn jittered(plane: Plane, jitter: f64) -> Plane {
    let jitter = narrow(jitter);
    if jitter <= 0.0 {
        return plane;
    }
    let area = plane.area();
    let mut bytes = plane.into_bytes();
    for (y, row) in rows(area).zip(bytes.chunks_exact_mut(area.width.max(1) as usize)) {
        for (value, x) in row.iter_mut().zip(area.x..) {
            if *value > 0 {
                // Another chance than that of the noise.
                let shift = jitter * (luck(y, x) - 0.5);
                *value = share_to_byte(f32::from(*value) / 255.0 + shift).max(1);
            }
        }
    }
    Plane::new(area, bytes)
}

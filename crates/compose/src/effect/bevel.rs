//! Bevel and emboss: a height, its slopes, and light that falls on them.
//!
//! The smooth technique reproduces Photoshop's own pixels (inner bevel, emboss and pillow emboss of
//! many sizes, altitudes and softness, corners too) to the rounding of 8 bits: the height is the blurred shape, as many
//! pixels high at full depth as the blur is wide; its slope is that between the columns or rows to both sides, each the
//! mean of three pixels; light and shade are how much more or less of the light it catches than flat ground does; and
//! softening blurs their difference, so that in the middle of a narrow shape one undoes the other. A texture lowers the
//! height by how light it is, and a straight edge profile makes the slope as much steeper as its range is shorter, both
//! to the rounding too. No file of Photoshop's with the two chiselled techniques or a bent profile was at hand; those
//! follow from what the dialog says of them.

use marquetry_pixel::{Opacity, Rect, narrow, share_to_byte};

use crate::bounds::grown;
use crate::effect::blur::{Field, LEAST, blur};
use crate::effect::distance::{Distances, PIXEL, dilate, erode, outside};
use crate::effect::shade::bent;
use crate::effect::{Coats, Ground, coloured, ink};
use crate::mask::{Plane, times};
use crate::paint::rows;
use crate::style::{Bevel, BevelPlace, BevelTechnique, BevelTexture, Shading, StrokePosition};

pub(super) fn bevel(bevel: &Bevel, ground: Ground<'_>, coats: &mut Coats<'_>) {
    let (half, whole) = (bevel.size.div_ceil(2), bevel.size);
    // How far the slope reaches out of the shape, and how wide it is on each side.
    let (reach, width) = match bevel.place {
        BevelPlace::Inner => (0, whole),
        BevelPlace::Outer => (whole, whole),
        BevelPlace::Emboss | BevelPlace::Pillow | BevelPlace::Stroke(..) => (half, half),
    };
    let soften = bevel.soften.min(MOST_SOFTENED);
    let area = ground.around(reach.saturating_add(soften).saturating_add(1));
    if area.is_empty() {
        return;
    }
    let near = match soften {
        0 => area,
        // What cannot be seen reaches into what can.
        _ => grown(ground.shape.area(), width.saturating_add(1)).intersect(grown(ground.canvas, soften)),
    };
    let (mut light, mut shade) = Relief::new(bevel, ground.shape, near, width).lit(bevel, ground.shape);
    if soften > 0 {
        (light, shade) = softened(&light, &shade, area, soften);
    }
    if let Some(window) = window(bevel, ground.shape, area, width) {
        for plane in [&mut light, &mut shade] {
            each(plane, &window, times);
        }
    }
    let lies_within = bevel.place == BevelPlace::Inner;
    for (plane, shading) in [(shade, &bevel.shadow), (light, &bevel.highlight)] {
        let Shading {
            colour,
            blend,
            opacity,
        } = *shading;
        if lies_within {
            coats
                .lining
                .push(coloured(colour, ink(blend, opacity, Opacity::OPAQUE), plane));
        } else {
            coats
                .above
                .push(coloured(colour, ink(blend, opacity, ground.opacity), plane));
        }
    }
}

/// What is left of either once both are blurred and laid against each other.
fn softened(light: &Plane, shade: &Plane, area: Rect, size: u32) -> (Plane, Plane) {
    let (light, shade) = (blur(light, area, size), blur(shade, area, size));
    let surplus = |one: &Field, other: &Field| {
        let both = one.values().iter().zip(other.values());
        let bytes = both.map(|(one, &other)| share_to_byte(share(one.saturating_sub(other))));
        Plane::new(area, bytes.collect())
    };
    (surplus(&light, &shade), surplus(&shade, &light))
}

/// Where the bevel may be seen; `None` for all of `area`. However soft, one outside of the shape ends with its slope, and
/// fades where that is not a sixteenth of its height any more (`Pep8-icon.psd` of size 6, the `sprites` of Dave Gnukem of
/// size 1).
fn window(bevel: &Bevel, shape: &Plane, area: Rect, width: u32) -> Option<Plane> {
    let slope = || {
        let seen = |height| share_to_byte(SLOPE_SEEN * share(height));
        match bevel.technique {
            BevelTechnique::Smooth => blur(shape, area, width).to_plane(seen),
            BevelTechnique::ChiselHard | BevelTechnique::ChiselSoft => {
                Plane::new(area, vec![255; area.width as usize * area.height as usize])
            }
        }
    };
    let without = |mut plane, hole: &Plane| {
        each(&mut plane, hole, |byte, hole| times(byte, 255 - hole));
        Some(plane)
    };
    match bevel.place {
        BevelPlace::Inner | BevelPlace::Emboss => None,
        BevelPlace::Outer => without(slope(), shape),
        BevelPlace::Pillow => Some(slope()),
        BevelPlace::Stroke(position, size) => {
            let (out, inwards) = match position {
                StrokePosition::Outside => (size, 0.0),
                StrokePosition::Inside => (0.0, size),
                StrokePosition::Centre => (size / 2.0, size / 2.0),
            };
            without(dilate(shape, out), &erode(shape, inwards))
        }
    }
}

/// Changes each byte of `plane` by what `other` has there; that is nothing outside of it.
fn each(plane: &mut Plane, other: &Plane, of: impl Fn(u8, u8) -> u8) {
    let area = plane.area();
    let seen = area.intersect(other.area());
    let mut bytes = std::mem::replace(plane, Plane::new(Rect::default(), Vec::new())).into_bytes();
    let width = area.width as usize;
    for (y, line) in rows(area).zip(bytes.chunks_exact_mut(width.max(1))) {
        let row = Rect { y, height: 1, ..seen };
        let (from, others): (usize, &[u8]) = if row.intersect(seen).is_empty() {
            (width, &[])
        } else {
            (seen.x.abs_diff(area.x) as usize, other.row(row))
        };
        let (before, rest) = line.split_at_mut(from);
        let (here, after) = rest.split_at_mut(others.len());
        for byte in before.iter_mut().chain(after) {
            *byte = of(*byte, 0);
        }
        for (byte, &other) in here.iter_mut().zip(others) {
            *byte = of(*byte, other);
        }
    }
    *plane = Plane::new(area, bytes);
}

/// Heights in pixels, one pixel further than `area` on every side.
struct Relief {
    area: Rect,
    heights: Vec<f32>,
}

impl Relief {
    fn new(bevel: &Bevel, shape: &Plane, area: Rect, width: u32) -> Self {
        let around = grown(area, 1);
        // A size of none is a step of one pixel, whatever the depth.
        let height = match width {
            0 => 1.0_f32.copysign(depth(bevel)),
            _ => width.max(LEAST) as f32 * depth(bevel),
        };
        let profile = |share: f32| height * profile(bevel, share);
        let mut heights: Vec<f32> = match bevel.technique {
            BevelTechnique::Smooth => blur(shape, around, width)
                .values()
                .iter()
                .map(|&value| profile(f32::from(value) / f32::from(Field::FULL)))
                .collect(),
            BevelTechnique::ChiselHard | BevelTechnique::ChiselSoft => {
                let cut = cut(bevel.place, shape, around, width.max(1));
                let cut = if bevel.technique == BevelTechnique::ChiselSoft {
                    blur(&cut, around, (width / 4).max(2)).to_plane(|value| share_to_byte(share(value)))
                } else {
                    cut
                };
                cut.bytes()
                    .iter()
                    .map(|&value| profile(f32::from(value) / 255.0))
                    .collect()
            }
        };
        if let Some(texture) = &bevel.texture {
            press(texture, bevel.place, height, around, &mut heights);
        }
        Self {
            area: around,
            heights,
        }
    }

    /// Where it catches more light than flat ground does, and where less.
    fn lit(&self, bevel: &Bevel, shape: &Plane) -> (Plane, Plane) {
        let inner = grown_by_less(self.area);
        let stride = self.area.width as usize;
        let (sin, cos) = radians(bevel.angle).sin_cos();
        let (flat, along) = radians(bevel.altitude.clamp(0.0, 90.0)).sin_cos();
        // y goes down.
        let (toward_x, toward_y) = (cos * along, -sin * along);
        let count = inner.width as usize * inner.height as usize;
        let (mut light, mut shade) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for y in rows(inner) {
            let at = y.abs_diff(self.area.y) as usize * stride;
            let row = &self.heights[at..at + stride];
            let above = &self.heights[at - stride..at];
            let below = &self.heights[at + stride..at + 2 * stride];
            for x in 1..stride - 1 {
                let column = |x: usize| above[x] + row[x] + below[x];
                let line = |row: &[f32]| row[x - 1] + row[x] + row[x + 1];
                let slope_x = (column(x + 1) - column(x - 1)) / 6.0;
                let slope_y = (line(below) - line(above)) / 6.0;
                let steep = (1.0 + slope_x * slope_x + slope_y * slope_y).sqrt();
                let toward = slope_x * toward_x + slope_y * toward_y;
                let (mut more, mut less) = against_flat(bevel, (flat - toward) / steep, flat);
                if bevel.place == BevelPlace::Pillow {
                    // The outside falls towards the edge too.
                    let (more_out, less_out) = against_flat(bevel, (flat + toward) / steep, flat);
                    let within = f32::from(covered(shape, inner, x, y)) / 255.0;
                    more = more_out + (more - more_out) * within;
                    less = less_out + (less - less_out) * within;
                }
                light.push(share_to_byte(more));
                shade.push(share_to_byte(less));
            }
        }
        (Plane::new(inner, light), Plane::new(inner, shade))
    }
}

/// Presses a pattern into `heights`, which reach up to `height`: white lies as deep below black as a depth of one says.
/// Where the slope reaches out of the shape, the pattern ends with it.
fn press(texture: &BevelTexture, place: BevelPlace, height: f32, area: Rect, heights: &mut [f32]) {
    let deep = height * narrow(texture.depth);
    if deep == 0.0 {
        return;
    }
    let stride = area.width as usize;
    let mut lightness = vec![0.0; stride];
    for (y, row) in rows(area).zip(heights.chunks_exact_mut(stride.max(1))) {
        texture.pattern.lightness_row(y, area.x, &mut lightness);
        for (here, lightness) in row.iter_mut().zip(&lightness) {
            let share = match place {
                BevelPlace::Inner | BevelPlace::Stroke(..) => 1.0,
                BevelPlace::Outer | BevelPlace::Emboss | BevelPlace::Pillow => {
                    (*here / height).clamp(0.0, 1.0)
                }
            };
            *here -= deep * lightness * share;
        }
    }
}

/// How much of a pixel the shape covers that is `x` columns into the padded `area`.
fn covered(shape: &Plane, area: Rect, x: usize, y: i32) -> u8 {
    let column = area.x.saturating_add_unsigned(u32::try_from(x - 1).unwrap_or(0));
    let here = Rect::new(column, y, 1, 1);
    if shape.area().contains(here) {
        shape.row(here)[0]
    } else {
        0
    }
}

/// How much more and how much less light than flat ground catches, after the gloss contour.
fn against_flat(bevel: &Bevel, caught: f32, flat: f32) -> (f32, f32) {
    let caught = caught.clamp(0.0, 1.0);
    // 0 in the dark, a half on flat ground, 1 straight in the light.
    let tone = if caught >= flat {
        0.5 + 0.5 * (caught - flat) / (1.0 - flat).max(1e-6)
    } else {
        0.5 * caught / flat.max(1e-6)
    };
    let tone = bent(bevel.gloss.as_ref(), tone.clamp(0.0, 1.0));
    ((2.0 * tone - 1.0).max(0.0), (1.0 - 2.0 * tone).max(0.0))
}

/// The chiselled shape: how far up the slope each place is, of 255.
fn cut(place: BevelPlace, shape: &Plane, area: Rect, width: u32) -> Plane {
    let width = width as f32;
    let pixels = |distance: u16| f32::from(distance) / f32::from(PIXEL);
    let around = outside(shape);
    let deep = Distances::new(&around, grown(shape.area(), 1));
    let far = Distances::new(shape, grown(area, 1));
    // 0 at the edge, 1 as far in (or out) as the slope goes.
    let inwards = deep.to_plane(|distance| share_to_byte(pixels(distance) / width));
    let outwards = far.to_plane(|distance| share_to_byte(pixels(distance) / width));
    let mut plane = Plane::new(area, vec![0; area.width as usize * area.height as usize]);
    match place {
        BevelPlace::Inner => each(&mut plane, &inwards, |_, deep| deep),
        BevelPlace::Outer => each(&mut plane, &outwards, |_, far| 255 - far),
        BevelPlace::Emboss | BevelPlace::Pillow | BevelPlace::Stroke(..) => {
            each(&mut plane, &outwards, |_, far| (255 - far) / 2);
            each(&mut plane, &inwards, |out, deep| out.saturating_add(deep / 2));
        }
    }
    plane
}

/// `area` without the pixel on every side that it was grown by.
fn grown_by_less(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// The height that the edge's profile makes of how far up the slope a place is: it spans the upper part of the slope, and
/// below that it goes on falling as steeply as a straight line does.
fn profile(bevel: &Bevel, share: f32) -> f32 {
    let Some(profile) = &bevel.profile else {
        return share;
    };
    let range = narrow(profile.range).max(0.01);
    let along = ((share - (1.0 - range)) / range).min(1.0);
    bent(profile.contour.as_ref(), along.max(0.0)) + along.min(0.0)
}

fn share(value: u16) -> f32 {
    f32::from(value) / f32::from(Field::FULL)
}

/// Of the height, negative for one that sinks.
#[expect(clippy::cast_possible_truncation, reason = "clamped first")]
fn depth(bevel: &Bevel) -> f32 {
    if bevel.depth.is_nan() {
        return 0.0;
    }
    bevel.depth.clamp(-MOST_DEPTH, MOST_DEPTH) as f32
}

/// How much of a bevel is seen by how high its slope is, up to all of it.
const SLOPE_SEEN: f32 = 16.0;
/// Photoshop has 16 pixels at most, and scales effects up twenty times: what is worked out beyond the canvas has an end.
const MOST_SOFTENED: u32 = 320;
/// Ten times is the most that Photoshop has.
const MOST_DEPTH: f64 = 100.0;

#[expect(clippy::cast_possible_truncation, reason = "an angle")]
fn radians(degrees: f64) -> f32 {
    if degrees.is_finite() {
        degrees.rem_euclid(360.0).to_radians() as f32
    } else {
        0.0
    }
}

//! Strokes along a shape's edge.
//!
//! Found on Photoshop's own pixels, on shapes with soft edges. Where a stroke meets its layer depends on
//! its position: one outside lies below the layer, as a shadow does; one inside is paint within the
//! layer's shape, as an overlay is; one on the edge lies over both.

use crate::bounds::grown;
use crate::effect::distance::{Distances, PIXEL, dilate, erode, outside};
use crate::effect::glow::mapped;
use crate::effect::shade::colours;
use crate::effect::{Coat, Coats, Ground, ink};
use crate::mask::{Plane, times};
use crate::paint::rows;
use crate::scene::Paint;
use crate::step::Source;
use crate::style::{StrokeEffect, StrokePaint, StrokePosition};
use marquetry_pixel::{Opacity, Rect, narrow, share_to_byte};

pub(super) fn stroke<'a>(stroke: &'a StrokeEffect, ground: Ground<'_>, coats: &mut Coats<'a>) {
    let size = stroke.size.clamp(0.0, crate::effect::distance::MOST);
    let (out, inwards) = match stroke.position {
        StrokePosition::Outside => (size, 0.0),
        StrokePosition::Inside => (0.0, size),
        StrokePosition::Centre => (size / 2.0, size / 2.0),
    };
    if size <= 0.0 {
        return;
    }
    let hole = erode(ground.shape, inwards);
    let (coverage, fade) = match stroke.position {
        StrokePosition::Outside => (dilate(ground.shape, out), ground.opacity),
        StrokePosition::Inside => (around(&hole, ground.shape.area()), Opacity::OPAQUE),
        StrokePosition::Centre => (without(dilate(ground.shape, out), &hole), ground.opacity),
    };
    let ink = ink(stroke.blend, stroke.opacity, fade);
    let (source, area) = match &stroke.paint {
        StrokePaint::Paint(paint) => {
            let Some((source, seen)) = Source::of(paint, paint.bounds(ground.canvas)) else {
                return;
            };
            (source, seen.intersect(coverage.area()))
        }
        StrokePaint::Burst(ramp) => {
            let places = across(ground.shape, coverage.area(), out, inwards);
            let coat = mapped(places, colours(ramp), ink);
            (coat.source, coat.area)
        }
    };
    let coat = Coat {
        source,
        ink,
        area: area.intersect(ground.canvas),
        coverage: Some(coverage),
        concealed: true,
        // An opaque one replaces whatever it is painted on.
        replaces: !(stroke.overprint || ink.replaces() && is_opaque(&stroke.paint)),
    };
    match stroke.position {
        StrokePosition::Outside => coats.below.push(coat),
        StrokePosition::Inside => coats.lining.push(coat),
        StrokePosition::Centre => coats.above.push(coat),
    }
}

fn is_opaque(paint: &StrokePaint) -> bool {
    match paint {
        StrokePaint::Paint(Paint::Solid(_)) => true,
        StrokePaint::Paint(Paint::Gradient(gradient)) => gradient.is_opaque(),
        StrokePaint::Paint(Paint::Pattern(pattern)) => pattern.is_opaque(),
        StrokePaint::Paint(_) => false,
        StrokePaint::Burst(ramp) => ramp.is_opaque(),
    }
}

/// All of `area` that isn't in `hole`.
fn around(hole: &Plane, area: Rect) -> Plane {
    let count = area.width as usize * area.height as usize;
    without(Plane::new(area, vec![255; count]), hole)
}

/// What of `reach` isn't in `hole`.
fn without(reach: Plane, hole: &Plane) -> Plane {
    let area = reach.area();
    let mut bytes = reach.into_bytes();
    let both = area.intersect(hole.area());
    for y in rows(both) {
        let row = Rect { y, height: 1, ..both };
        let from = y.abs_diff(area.y) as usize * area.width as usize + both.x.abs_diff(area.x) as usize;
        for (byte, &hole) in bytes[from..].iter_mut().zip(hole.row(row)) {
            *byte = times(*byte, 255 - hole);
        }
    }
    Plane::new(area, bytes)
}

/// How far from its outer edge a place on the line is: 255 is there, 1 at the inner edge.
fn across(shape: &Plane, area: Rect, out: f64, inwards: f64) -> Plane {
    let size = out + inwards;
    let away = Distances::new(shape, grown(area, 1));
    let around = outside(shape);
    let deep = Distances::new(&around, grown(area, 1).intersect(around.area()));
    let place = |way: f64| share_to_byte(narrow(1.0 - way / size)).max(1);
    let pixels = |distance: u16| f64::from(distance) / f64::from(PIXEL);
    let away = away.to_plane(|distance| place(out - (pixels(distance) - 0.5)));
    let deep = deep.to_plane(|distance| place(out + (pixels(distance) - 0.5)));
    let mut bytes = Vec::with_capacity(area.width as usize * area.height as usize);
    for y in rows(area) {
        let row = Rect { y, height: 1, ..area };
        let start = bytes.len();
        bytes.extend_from_slice(away.row(row));
        let both = row.intersect(deep.area()).intersect(shape.area());
        if both.is_empty() {
            continue;
        }
        let at = start + both.x.abs_diff(area.x) as usize;
        let inside = shape.row(both).iter().zip(deep.row(both));
        for (byte, (&alpha, &deep)) in bytes[at..].iter_mut().zip(inside) {
            if alpha > 127 {
                *byte = deep;
            }
        }
    }
    Plane::new(area, bytes)
}

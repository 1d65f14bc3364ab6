//! Strokes along a shape's edge.
//!
//! Found on Photoshop's own pixels, at all three positions, on shapes with soft edges: a stroke is
//! painted on what lies below the layer, as far as the grown shape reaches, and the layer on top of it
//! only where the shrunk shape lets it. So no colour shows between the two.

use crate::blend::Ink;
use crate::bounds::grown;
use crate::effect::distance::{Distances, PIXEL, dilate, erode, outside};
use crate::effect::glow::mapped;
use crate::effect::shade::{byte, colours, narrow};
use crate::effect::{Coat, Coats, Ground, Rim};
use crate::mask::Plane;
use crate::paint::rows;
use crate::step::Source;
use crate::style::{Stroke, StrokePaint, StrokePosition};
use marquetry_pixel::{Opacity, Rect};

pub(super) fn stroke<'a>(stroke: &'a Stroke, ground: Ground<'_>, coats: &mut Coats<'a>) {
    let size = stroke.size.clamp(0.0, crate::effect::distance::MOST);
    let (out, inwards) = match stroke.position {
        StrokePosition::Outside => (size, 0.0),
        StrokePosition::Inside => (0.0, size),
        StrokePosition::Centre => (size / 2.0, size / 2.0),
    };
    if size <= 0.0 {
        return;
    }
    let hole = (inwards > 0.0).then(|| erode(ground.shape, inwards));
    let reach = dilate(ground.shape, out);
    let opacity = stroke.opacity.times(ground.opacity);
    let ink = Ink::new(stroke.blend, opacity, Opacity::OPAQUE);
    let coverage = if stroke.overprint {
        without(reach, hole.as_ref().unwrap_or(ground.shape))
    } else {
        reach
    };
    let (source, area) = match &stroke.paint {
        StrokePaint::Paint(paint) => {
            let Some((source, seen)) = Source::of(paint, paint.bounds(ground.canvas)) else {
                return;
            };
            (source, seen.intersect(coverage.area()))
        }
        StrokePaint::Burst(ramp) => {
            let places = across(ground.shape, coverage.area(), out, inwards);
            let coat = mapped(places, colours(ramp), stroke.blend, opacity);
            (coat.source, coat.area)
        }
    };
    let coat = Coat {
        source,
        ink,
        area: area.intersect(ground.canvas),
        coverage: Some(coverage),
        concealed: true,
    };
    if coat.ink.is_clear() && stroke.overprint || coat.area.is_empty() {
        return;
    }
    if stroke.overprint {
        coats.above.push(coat);
    } else {
        coats.rims.push(Rim { coat, hole });
    }
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
            *byte = byte.saturating_sub(hole);
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
    let place = |way: f64| byte(narrow(1.0 - way / size)).max(1);
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

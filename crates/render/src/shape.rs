//! Shape layers drawn from their curves: the fill, and the live stroke over it.
//!
//! Only for shapes that the file stores no pixels of; stored ones are Photoshop's own.

use std::sync::Arc;

use marquetry_compose::{Cap, FillRule, Join, Layer as Painted, Mask, Node, Outline, Pen};
use marquetry_pixel::{BlendMode, Coverage, Opacity, Rect};
use marquetry_psd::Layer;
use marquetry_psd::descriptor::Unit;
use marquetry_psd::fill::{StrokeAlignment, StrokeCap, StrokeJoin, VectorStroke};
use marquetry_psd::path::VectorMask;

use crate::fill::{self, Ground};
use crate::open::OpenMockup;
use crate::vector;

/// What a shape is painted with, bottom to top; each inside its own mask.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) nodes: Vec<Node>,
    /// Whether something of it could not be drawn.
    pub(crate) lacking: bool,
}

/// The fill and stroke of a shape layer. `None` when it has no curves.
pub(crate) fn plan(layer: Layer<'_>, mockup: &OpenMockup) -> Option<Shape> {
    let limits = &mockup.limits.psd;
    let vector = layer.vector_mask(limits).ok()??;
    let canvas = mockup.size().rect();
    let mask = vector::mask(&vector, canvas);
    let stroke = layer.vector_stroke(limits).ok().flatten();
    let ground = Ground {
        shape: vector::bounds(&vector.path, mockup.size()).unwrap_or(canvas),
        canvas,
        reference: layer.reference_point(),
    };
    let mut shape = Shape {
        nodes: Vec::new(),
        lacking: false,
    };
    if stroke.as_ref().is_none_or(|stroke| stroke.fill_enabled) {
        let fill = layer.fill(limits).ok().flatten();
        match fill.and_then(|fill| fill::paint(&fill, ground, mockup)) {
            Some(paint) => shape.nodes.push(Node::Layer(Painted {
                masks: vec![mask.clone()],
                ..Painted::new(paint)
            })),
            None => shape.lacking = true,
        }
    }
    if let Some(stroke) = stroke.filter(|stroke| stroke.enabled) {
        match line(&stroke, &vector, &mask, ground, mockup) {
            Ok(node) => shape.nodes.extend(node),
            Err(Unpaintable) => shape.lacking = true,
        }
    }
    Some(shape)
}

/// A stroke's paint is of a kind that cannot be drawn.
struct Unpaintable;

/// The stroke; `None` when there is nothing of it to be seen.
fn line(
    stroke: &VectorStroke,
    vector: &VectorMask,
    shape: &Mask,
    ground: Ground,
    mockup: &OpenMockup,
) -> Result<Option<Node>, Unpaintable> {
    let Some(mut pen) = pen(stroke) else {
        return Ok(None);
    };
    let parts = vector::parts(&vector.path, mockup.size());
    // Photoshop strokes no path that begins by cutting something out of the whole canvas.
    if vector::starts_full(&vector.path, &parts) {
        return Ok(None);
    }
    let paint = stroke.paint.as_ref();
    let Some(paint) = paint.and_then(|paint| fill::paint(paint, ground, mockup)) else {
        return Err(Unpaintable);
    };
    let edge = edge(&parts);
    let mut masks = Vec::new();
    if stroke.alignment != StrokeAlignment::Center {
        // The half on the wrong side is cut off.
        pen.width *= 2.0;
        masks.push(match stroke.alignment {
            StrokeAlignment::Inside => shape.clone(),
            _ => inverted(shape),
        });
    }
    let line = edge.stroked(&pen);
    let Some(line) = line.and_then(|line| line.mask(FillRule::NonZero, ground.canvas)) else {
        return Ok(None);
    };
    masks.push(line);
    Ok(Some(Node::Layer(Painted {
        masks,
        blend: stroke.blend.unwrap_or(BlendMode::Normal),
        opacity: opacity(stroke.opacity),
        ..Painted::new(paint)
    })))
}

/// The pen that a stroke is drawn with, in canvas pixels. `None` for one without width.
fn pen(stroke: &VectorStroke) -> Option<Pen> {
    let stated = stroke.width?;
    let dpi = if stroke.resolution > 0.0 {
        stroke.resolution
    } else {
        72.0
    };
    let width = match stated.unit {
        Unit::Points | Unit::Distance => stated.value * dpi / 72.0,
        Unit::Millimetres => stated.value * dpi / 25.4,
        _ => stated.value,
    };
    (width > 0.0 && width < 1e5).then(|| Pen {
        width,
        cap: match stroke.cap {
            StrokeCap::Butt => Cap::Butt,
            StrokeCap::Round => Cap::Round,
            StrokeCap::Square => Cap::Square,
        },
        join: match stroke.join {
            StrokeJoin::Miter => Join::Miter,
            StrokeJoin::Round => Join::Round,
            StrokeJoin::Bevel => Join::Bevel,
        },
        miter_limit: stroke.miter_limit.clamp(1.0, 1e4),
        dashes: stroke.dashes.iter().map(|length| length * width).collect(),
        dash_offset: stroke.dash_offset * width,
    })
}

/// What is stroked: the edge of all shapes together.
fn edge(parts: &[vector::Part]) -> Outline {
    let mut edge = Outline::new();
    for part in parts {
        edge.extend(&part.outline);
    }
    edge
}

fn inverted(mask: &Mask) -> Mask {
    let bytes = mask.coverage.bytes().iter().map(|byte| 255 - byte).collect();
    let size = mask.coverage.size();
    Mask {
        coverage: Coverage::from_bytes(size, bytes).map_or_else(|_| Arc::clone(&mask.coverage), Arc::new),
        outside: 255 - mask.outside,
        ..mask.clone()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped first")]
fn opacity(share: f64) -> Opacity {
    Opacity::new(share.clamp(0.0, 1.0) as f32).unwrap_or(Opacity::OPAQUE)
}

/// The part of the canvas that a shape's paints reach.
pub(crate) fn reach(nodes: &[Node], canvas: Rect) -> Rect {
    nodes
        .iter()
        .fold(Rect::default(), |all, node| all.union(node.bounds(canvas)))
}

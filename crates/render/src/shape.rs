//! Shape layers drawn from their curves: the fill, and the live stroke over it.
//!
//! Only for shapes that the file stores no pixels of; stored ones are Photoshop's own.

use std::sync::Arc;

use marquetry_compose::{Cap, FillRule, Group, GroupBlend, Join, Layer as Painted, Mask, Node, Paint, Pen};
use marquetry_pixel::{BlendMode, Coverage, Opacity, Rect};
use marquetry_psd::Layer;
use marquetry_psd::descriptor::Unit;
use marquetry_psd::fill::{StrokeAlignment, StrokeCap, StrokeJoin, VectorStroke};
use marquetry_psd::path::{Path, VectorMask};

use crate::edge::edge;
use crate::fill::{self, Ground};
use crate::open::OpenMockup;
use crate::vector;

impl Ground {
    /// What a shape of these curves is filled by.
    fn of(layer: Layer<'_>, vector: &VectorMask, mockup: &OpenMockup) -> Self {
        let canvas = mockup.size().rect();
        Self {
            shape: vector::bounds(&vector.path, mockup.size())
                .unwrap_or(canvas)
                .into(),
            canvas,
            reference: layer.reference_point(),
        }
    }
}

/// What a shape is painted with, bottom to top; each inside its own mask.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) nodes: Vec<Node>,
    /// Whether something of it could not be drawn.
    pub(crate) lacking: bool,
}

/// What fills a shape, as if the shape were everywhere. `None` when it has no curves, or none is to be
/// filled, or more than a fill is to be seen.
pub(crate) fn fill(layer: Layer<'_>, mockup: &OpenMockup) -> Option<Paint> {
    let limits = &mockup.limits.psd;
    let vector = layer.vector_mask(limits).ok()??;
    let stroke = layer.vector_stroke(limits).ok().flatten();
    if stroke.is_some_and(|stroke| stroke.enabled || !stroke.fill_enabled) {
        return None;
    }
    let ground = Ground::of(layer, &vector, mockup);
    fill::paint(&layer.fill(limits).ok()??, ground, mockup)
}

/// The fill and stroke of a shape layer. `None` when it has no curves.
pub(crate) fn plan(layer: Layer<'_>, mockup: &OpenMockup) -> Option<Shape> {
    let limits = &mockup.limits.psd;
    let mut vector = layer.vector_mask(limits).ok()??;
    let ground = Ground::of(layer, &vector, mockup);
    let described = layer.vector_stroke(limits).ok().flatten();
    let filled = described.as_ref().is_none_or(|stroke| stroke.fill_enabled);
    let stroke = described.filter(|stroke| stroke.enabled);
    let pen = stroke.as_ref().and_then(pen);
    if layer.aligns_edges() {
        vector.path = aligned(&vector, stroke.as_ref().zip(pen.as_ref()), mockup);
    }
    let mut shape = Shape {
        nodes: Vec::new(),
        lacking: false,
    };
    let mut fill = None;
    if filled {
        let described = layer.fill(limits).ok().flatten();
        fill = described.and_then(|fill| fill::paint(&fill, ground, mockup));
        shape.lacking |= fill.is_none();
    }
    let inside = vector::mask(&vector, ground.canvas);
    let alignment = stroke.as_ref().map(|stroke| stroke.alignment).unwrap_or_default();
    let line = match (stroke, pen) {
        (Some(stroke), Some(pen)) => line(&stroke, pen, &vector, ground, mockup),
        _ => Ok(None),
    };
    let line = line.unwrap_or_else(|Unpaintable| {
        shape.lacking = true;
        None
    });
    shape.nodes = stack(fill, line, alignment, inside);
    Some(shape)
}

/// The stroke alone, to be painted once more over what the layer's own would be hidden by. Photoshop lays the line of a
/// shape over what is clipped to the shape and over its overlays (`effects-stroke-composite.psd`); a stroke effect
/// lies over the line. Nothing where there is none, or none that can be drawn.
pub(crate) fn trim(layer: Layer<'_>, blend: BlendMode, mockup: &OpenMockup) -> Vec<Node> {
    let limits = &mockup.limits.psd;
    let stroke = layer.vector_stroke(limits).ok().flatten();
    let Some(stroke) = stroke.filter(|stroke| stroke.enabled) else {
        return Vec::new();
    };
    let (Some(pen), Ok(Some(mut vector))) = (pen(&stroke), layer.vector_mask(limits)) else {
        return Vec::new();
    };
    let ground = Ground::of(layer, &vector, mockup);
    if layer.aligns_edges() {
        vector.path = aligned(&vector, Some((&stroke, &pen)), mockup);
    }
    let Ok(Some(painted)) = line(&stroke, pen, &vector, ground, mockup) else {
        return Vec::new();
    };
    let side = match stroke.alignment {
        StrokeAlignment::Center => None,
        StrokeAlignment::Inside => Some(vector::mask(&vector, ground.canvas)),
        StrokeAlignment::Outside => Some(inverted(&vector::mask(&vector, ground.canvas))),
    };
    let fill = Opacity::from_byte(layer.fill_opacity());
    vec![Node::Layer(Painted {
        blend: if painted.blend == BlendMode::Normal {
            blend
        } else {
            painted.blend
        },
        fill,
        masks: side.into_iter().chain(painted.masks).collect(),
        ..painted
    })]
}

/// Fill and stroke on top of each other, bottom to top. Whatever ends at the edge of the shape is cut
/// off there once, so that no pixel of the edge is made thinner by both.
fn stack(fill: Option<Paint>, line: Option<Painted>, alignment: StrokeAlignment, inside: Mask) -> Vec<Node> {
    let fill = fill.map(Painted::new);
    let within = |paint: Painted, mask: Mask| Painted {
        masks: [vec![mask], paint.masks].concat(),
        ..paint
    };
    let (Some(line), alignment) = (line, alignment) else {
        return fill
            .map(|fill| Node::Layer(within(fill, inside)))
            .into_iter()
            .collect();
    };
    match alignment {
        StrokeAlignment::Inside => {
            let members = fill.into_iter().chain([line]).map(Node::Layer).collect();
            vec![Node::Group(Group {
                blend: GroupBlend::Isolated(BlendMode::Normal),
                masks: vec![inside],
                ..Group::new(members)
            })]
        }
        StrokeAlignment::Center => {
            let fill = fill.map(|fill| within(fill, inside));
            fill.into_iter().chain([line]).map(Node::Layer).collect()
        }
        StrokeAlignment::Outside => {
            let line = within(line, inverted(&inside));
            let fill = fill.map(|fill| within(fill, inside));
            fill.into_iter().chain([line]).map(Node::Layer).collect()
        }
    }
}

/// The path with its edges, or those of the line along it, moved to whole pixels.
fn aligned(vector: &VectorMask, stroke: Option<(&VectorStroke, &Pen)>, mockup: &OpenMockup) -> Path {
    let edge = edge(&vector::parts(&vector.path, mockup.size()));
    let line = stroke.and_then(|(stroke, pen)| match stroke.alignment {
        StrokeAlignment::Center => edge.stroked(pen),
        StrokeAlignment::Outside => edge.stroked(&twice(pen)),
        StrokeAlignment::Inside => None,
    });
    vector::snapped(&vector.path, mockup.size(), line.as_ref().unwrap_or(&edge))
}

/// A stroke's paint is of a kind that cannot be drawn.
struct Unpaintable;

/// The stroke, twice as wide as it is to be when it lies on one side only; the other half is for the
/// caller to cut off. `None` when there is nothing of it to be seen.
fn line(
    stroke: &VectorStroke,
    mut pen: Pen,
    vector: &VectorMask,
    ground: Ground,
    mockup: &OpenMockup,
) -> Result<Option<Painted>, Unpaintable> {
    let parts = vector::parts(&vector.path, mockup.size());
    // Photoshop strokes no path that begins by cutting something out of the whole canvas.
    if vector::starts_full(&vector.path, &parts) {
        return Ok(None);
    }
    let paint = stroke.paint.as_ref();
    let Some(paint) = paint.and_then(|paint| fill::paint(paint, ground, mockup)) else {
        return Err(Unpaintable);
    };
    if stroke.alignment != StrokeAlignment::Center {
        pen = twice(&pen);
    }
    let line = edge(&parts).stroked(&pen);
    let mask = line.and_then(|line| line.mask(FillRule::NonZero, ground.canvas));
    Ok(mask.map(|mask| Painted {
        masks: vec![mask],
        blend: stroke.blend.unwrap_or(BlendMode::Normal),
        opacity: opacity(stroke.opacity),
        ..Painted::new(paint)
    }))
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

/// Of a stroke that lies on one side only the other half is cut off.
fn twice(pen: &Pen) -> Pen {
    Pen {
        width: pen.width * 2.0,
        ..pen.clone()
    }
}

pub(crate) fn inverted(mask: &Mask) -> Mask {
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

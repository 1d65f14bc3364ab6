//! A scene's nodes with everything worked out that does not depend on the band being painted.

use marquetry_pixel::{BlendMode, Opacity, Rect, Rgb};

use crate::art::{Art, Span};
use crate::blend::{Ink, Table};
use crate::place::Sampler;
use crate::scene::{ClipBlend, Group, GroupBlend, Layer, Mask, Node, Paint};

/// One node, ready to be painted.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// Nothing outside changes.
    pub(crate) bounds: Rect,
    pub(crate) masks: &'a [Mask],
    pub(crate) ink: Ink,
    /// Without fill.
    pub(crate) opacity: Opacity,
    pub(crate) source: Source<'a>,
    pub(crate) clipped: Vec<Self>,
    pub(crate) clip_blend: ClipBlend,
}

/// Where a step's pixels come from.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    Raster {
        art: &'a Art,
        spans: &'a [Span],
        at: (i32, i32),
    },
    Solid {
        colour: Rgb,
        /// For painting without mask over opaque pixels.
        table: Option<Box<Table>>,
    },
    Placed(Box<Sampler<'a>>),
    /// Members among themselves first.
    Isolated(Vec<Step<'a>>),
    /// Members straight onto what lies below.
    PassThrough(Vec<Step<'a>>),
}

impl Step<'_> {
    /// Whether it writes opaque pixels all over `area`, looking at nothing below.
    pub(crate) fn hides(&self, area: Rect) -> bool {
        let plain = self.masks.is_empty() && self.clipped.is_empty() && self.ink.replaces();
        let Source::Raster { art, spans, at } = &self.source else {
            return false;
        };
        let width = art.size().width;
        plain
            && self.bounds == area
            && art.size().rect().translate(at.0, at.1).contains(area)
            && spans
                .iter()
                .all(|span| span.opaque && span.columns.start == 0 && span.columns.end == width)
    }
}

/// The steps that change anything in `area`, bottom to top.
pub(crate) fn steps(nodes: &[Node], area: Rect) -> Vec<Step<'_>> {
    nodes.iter().filter_map(|node| step(node, area)).collect()
}

fn step(node: &Node, area: Rect) -> Option<Step<'_>> {
    let bounds = node.bounds(area);
    if bounds.is_empty() {
        return None;
    }
    match node {
        Node::Layer(layer) => layer_step(layer, bounds),
        Node::Group(group) => group_step(group, bounds),
    }
}

fn layer_step(layer: &Layer, bounds: Rect) -> Option<Step<'_>> {
    let ink = Ink::new(layer.blend, layer.opacity, layer.fill);
    let clipped = steps(&layer.clipped, bounds);
    // A base of no fill still lets what is clipped to it show, when that is blended separately.
    if ink.is_clear() && (clipped.is_empty() || layer.clip_blend == ClipBlend::Together) {
        return None;
    }
    let mut bounds = bounds;
    let source = match &layer.paint {
        Paint::Raster { art, at } => raster(art, *at),
        Paint::Solid(colour) => Source::Solid {
            colour: *colour,
            table: layer
                .masks
                .is_empty()
                .then(|| Table::new(ink, *colour))
                .flatten()
                .map(Box::new),
        },
        Paint::Placed(placed) => match Sampler::whole_shift(placed) {
            Some(at) => {
                // No edge pixels about it.
                bounds = bounds.intersect(placed.art.size().rect().translate(at.0, at.1));
                raster(&placed.art, at)
            }
            None => Source::Placed(Box::new(Sampler::new(placed)?)),
        },
    };
    (!bounds.is_empty()).then_some(Step {
        bounds,
        masks: &layer.masks,
        ink,
        opacity: layer.opacity,
        source,
        clipped,
        clip_blend: layer.clip_blend,
    })
}

fn raster(art: &Art, at: (i32, i32)) -> Source<'_> {
    Source::Raster {
        art,
        spans: art.spans(),
        at,
    }
}

fn group_step(group: &Group, bounds: Rect) -> Option<Step<'_>> {
    let children = steps(&group.children, bounds);
    let mode = match group.blend {
        GroupBlend::Isolated(mode) => mode,
        GroupBlend::PassThrough => BlendMode::Normal,
    };
    let ink = Ink::new(mode, group.opacity, group.fill);
    let clipped = steps(&group.clipped, bounds);
    if children.is_empty()
        || group.opacity.get() <= 0.0
        || ink.is_clear() && (clipped.is_empty() || group.clip_blend == ClipBlend::Together)
    {
        return None;
    }
    Some(Step {
        bounds,
        masks: &group.masks,
        ink,
        opacity: group.opacity,
        source: if group.passes_through() {
            Source::PassThrough(children)
        } else {
            Source::Isolated(children)
        },
        clipped,
        clip_blend: group.clip_blend,
    })
}

//! A scene's nodes with everything worked out that does not depend on the band being painted.

use marquetry_pixel::{BlendMode, DeepRgb, Opacity, Rect};

use crate::adjust::Adjustment;
use crate::art::{Art, Span};
use crate::blend::wide::best_level;
use crate::blend::{Ink, Table};
use crate::blend_if::BlendIf;
use crate::effect::{Coats, coats};
use crate::gradient::Gradient;
use crate::mask::Plane;
use crate::paint::{Scratch, shape_of};
use crate::pattern::Pattern;
use crate::place::{Sampler, WarpSampler};
use crate::scene::{ClipBlend, Group, GroupBlend, Layer, Mask, Node, Paint};
use crate::style::{Channels, Interior, Knockout, Style};

/// One node, ready to be painted.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// Nothing outside changes.
    pub(crate) bounds: Rect,
    pub(crate) masks: &'a [Mask],
    pub(crate) ink: Ink,
    /// Without fill.
    pub(crate) opacity: Opacity,
    pub(crate) fill: Opacity,
    pub(crate) source: Source<'a>,
    pub(crate) clipped: Vec<Self>,
    pub(crate) clip_blend: ClipBlend,
    /// For a node with a style.
    pub(crate) dress: Option<Box<Dress<'a>>>,
}

/// What a styled node wears.
#[derive(Debug)]
pub(crate) struct Dress<'a> {
    /// Where the node itself is, without its effects.
    pub(crate) shape: Rect,
    pub(crate) coats: Coats<'a>,
    /// The masks that shape it, when its alpha doesn't.
    pub(crate) outline: Option<&'a [Mask]>,
    pub(crate) interior: Interior,
    pub(crate) trim: Vec<Step<'a>>,
    /// Hide the node and its effects.
    pub(crate) veil: &'a [Mask],
    pub(crate) blend_if: Option<&'a BlendIf>,
    pub(crate) knockout: &'a Knockout,
    pub(crate) channels: Channels,
}

/// The places that steps are worked out for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// All that can be seen of the picture, whatever part of it is being drawn: what effects look
    /// like must not depend on that part.
    pub(crate) canvas: Rect,
    /// The part that is being drawn.
    pub(crate) area: Rect,
}

impl Frame {
    fn within(self, area: Rect) -> Self {
        Self { area, ..self }
    }

    /// Where the pixels of a node in `style` are wanted.
    fn around(self, style: &Style) -> Self {
        if style.is_plain() {
            return self;
        }
        let area = style.around(self.canvas);
        Self { canvas: area, area }
    }
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
        colour: DeepRgb,
        /// For painting without mask over opaque pixels.
        table: Option<Box<Table>>,
    },
    Gradient(&'a Gradient),
    Pattern(&'a Pattern),
    /// Straight RGBA in 255ths by what a plane says; nothing outside it.
    Mapped {
        plane: Plane,
        table: Box<[[f32; 4]; 256]>,
    },
    Placed(Box<Sampler<'a>>),
    Warped(Box<WarpSampler<'a>>),
    Adjust(&'a Adjustment),
    /// Members among themselves first.
    Isolated(Vec<Step<'a>>),
    /// Members straight onto what lies below.
    PassThrough(Vec<Step<'a>>),
}

impl Step<'_> {
    /// Whether it writes opaque pixels all over `area`, looking at nothing below.
    pub(crate) fn hides(&self, area: Rect) -> bool {
        let plain =
            self.masks.is_empty() && self.clipped.is_empty() && self.dress.is_none() && self.ink.replaces();
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

/// The steps that change anything in the frame's area, bottom to top.
pub(crate) fn steps(nodes: &[Node], frame: Frame) -> Vec<Step<'_>> {
    nodes.iter().filter_map(|node| step(node, frame)).collect()
}

fn step(node: &Node, frame: Frame) -> Option<Step<'_>> {
    // Of the whole canvas: a contour can lift all that lies within the bounds of an effect, so these must not depend on
    // what part of the picture is asked for.
    let bounds = node.bounds(frame.canvas).intersect(frame.area);
    if bounds.is_empty() {
        return None;
    }
    match node {
        Node::Layer(layer) => layer_step(layer, bounds, frame),
        Node::Group(group) => group_step(group, bounds, frame),
    }
}

fn layer_step(layer: &Layer, bounds: Rect, frame: Frame) -> Option<Step<'_>> {
    let ink = Ink::new(layer.blend, layer.opacity, layer.fill).fading(layer.fade);
    let around = frame.around(&layer.style);
    let shape = layer.shape_bounds(around.area);
    let clipped = steps(&layer.clipped, around.within(shape));
    // A base of no fill still lets what is clipped to it show, when that is blended separately, and
    // wears its effects.
    let bare = clipped.is_empty() || layer.clip_blend == ClipBlend::Together;
    let unseen = ink.is_clear() && bare && !layer.style.shows_without_fill();
    if layer.opacity.get() <= 0.0 || unseen || !layer.style.channels.any() {
        return None;
    }
    let (source, reach) = Source::of(&layer.paint, shape)?;
    let mut step = Step {
        bounds: if layer.style.is_plain() {
            bounds.intersect(reach)
        } else {
            bounds
        },
        masks: &layer.masks,
        ink,
        opacity: layer.opacity,
        fill: layer.fill,
        source,
        clipped,
        clip_blend: layer.clip_blend,
        dress: None,
    };
    if let Source::Solid { colour, table } = &mut step.source
        && layer.masks.is_empty()
    {
        *table = Table::new(ink, *colour).map(Box::new);
    }
    step.put_on(&layer.style, shape.intersect(reach), frame.canvas);
    (!step.bounds.is_empty()).then_some(step)
}

impl<'a> Source<'a> {
    /// What `paint` is made of, and the part of `area` it can reach. `None` when it is nothing.
    pub(crate) fn of(paint: &'a Paint, area: Rect) -> Option<(Self, Rect)> {
        Some(match paint {
            Paint::Raster { art, at } => (raster(art, *at), area),
            Paint::Solid(colour) => (
                Source::Solid {
                    colour: *colour,
                    table: None,
                },
                area,
            ),
            Paint::Gradient(gradient) => (Source::Gradient(gradient), area),
            Paint::Pattern(pattern) => (Source::Pattern(pattern), area),
            Paint::Placed(placed) => match Sampler::whole_shift(placed) {
                // No edge pixels about it.
                Some(at) => (
                    raster(&placed.art, at),
                    area.intersect(placed.art.size().rect().translate(at.0, at.1)),
                ),
                None => (Source::Placed(Box::new(Sampler::new(placed)?)), area),
            },
            Paint::Warped(warped) => {
                let reach = warped.bounds(area);
                (Source::Warped(Box::new(WarpSampler::new(warped, reach)?)), reach)
            }
            Paint::Adjust(adjustment) => (Source::Adjust(adjustment), area),
        })
    }
}

impl<'a> Step<'a> {
    /// Works out what `style` asks for, of a node that is within `shape` on `canvas`.
    fn put_on(&mut self, style: &'a Style, shape: Rect, canvas: Rect) {
        if style.is_plain() {
            return;
        }
        let plane = match &style.outline {
            _ if style.effects.is_empty() => Plane::new(Rect::default(), Vec::new()),
            Some(outline) => Plane::of_masks(shape, [self.masks, outline]),
            None => shape_of(self, shape, &mut Scratch::new(best_level())),
        };
        self.dress = Some(Box::new(Dress {
            shape,
            coats: coats(style, &plane, canvas, self.opacity),
            outline: style.outline.as_deref(),
            interior: style.interior,
            trim: steps(&style.trim, Frame { canvas, area: shape }),
            veil: &style.veil,
            blend_if: style.blend_if.as_deref(),
            knockout: &style.knockout,
            channels: style.channels,
        }));
    }
}

fn raster(art: &Art, at: (i32, i32)) -> Source<'_> {
    Source::Raster {
        art,
        spans: art.spans(),
        at,
    }
}

fn group_step(group: &Group, bounds: Rect, frame: Frame) -> Option<Step<'_>> {
    let around = frame.around(&group.style);
    let shape = group.shape_bounds(around.area);
    let children = steps(&group.children, around.within(shape));
    let mode = match group.blend {
        GroupBlend::Isolated(mode) => mode,
        GroupBlend::PassThrough => BlendMode::Normal,
    };
    let ink = Ink::new(mode, group.opacity, group.fill);
    let clipped = steps(&group.clipped, around.within(shape));
    let bare = clipped.is_empty() || group.clip_blend == ClipBlend::Together;
    if children.is_empty()
        || group.opacity.get() <= 0.0
        || ink.is_clear() && bare && !group.style.shows_without_fill()
        || !group.style.channels.any()
    {
        return None;
    }
    let mut step = Step {
        bounds,
        masks: &group.masks,
        ink,
        opacity: group.opacity,
        fill: group.fill,
        // What punches through is one thing.
        source: if group.passes_through() && matches!(group.style.knockout, Knockout::None) {
            Source::PassThrough(children)
        } else {
            Source::Isolated(children)
        },
        clipped,
        clip_blend: group.clip_blend,
        dress: None,
    };
    step.put_on(&group.style, shape, frame.canvas);
    Some(step)
}

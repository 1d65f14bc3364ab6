//! What is drawn: a tree of layers and groups, fully resolved.

use std::sync::Arc;

use marquetry_pixel::{BlendMode, Coverage, DeepRgb, Opacity, Projective, Size};

use crate::adjust::Adjustment;
use crate::art::Art;
use crate::gradient::Gradient;
use crate::mesh::Mesh;
use crate::pattern::Pattern;
use crate::style::Style;

/// A picture to be drawn. All positions are canvas pixels, origin top left, y down.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The canvas. The caller has checked that it is affordable.
    pub size: Size,
    /// What the canvas holds before the first node is painted, `size` pixels. `None` is
    /// transparent. A caller that draws the same lower layers again and again draws them once and
    /// starts from here.
    pub backdrop: Option<Arc<Art>>,
    /// Bottom to top.
    pub nodes: Vec<Node>,
}

impl Scene {
    /// Nothing yet, on a transparent canvas.
    pub fn new(size: Size) -> Self {
        Self {
            size,
            backdrop: None,
            nodes: Vec::new(),
        }
    }
}

/// One member of the layer tree.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Node {
    /// Paints something.
    Layer(Layer),
    /// Holds others.
    Group(Group),
}

impl Node {
    /// What it wears.
    pub fn style(&self) -> &Style {
        match self {
            Self::Layer(layer) => &layer.style,
            Self::Group(group) => &group.style,
        }
    }
}

/// One painted layer and what is clipped to it.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What is painted.
    pub paint: Paint,
    /// How it meets what lies below.
    pub blend: BlendMode,
    /// How it fades into what lies below.
    pub fade: Fade,
    /// Of the layer as a whole.
    pub opacity: Opacity,
    /// Fill opacity. The same as [`opacity`](Self::opacity) for most modes (until a layer has
    /// effects, which it spares); colour burn, linear burn, colour dodge, linear dodge, vivid
    /// light, linear light, hard mix and difference weaken the source colour instead.
    pub fill: Opacity,
    /// All of them at once: coverages multiply.
    pub masks: Vec<Mask>,
    /// Layers clipped to this one, bottom to top.
    pub clipped: Vec<Node>,
    /// How they meet it.
    pub clip_blend: ClipBlend,
    /// Effects, and what else needs its shape as a whole.
    pub style: Style,
}

/// In which values a layer's colours are mixed with those below where it shows only in part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fade {
    /// As they are stored.
    #[default]
    Encoded,
    /// In light of a gamma of 1.45, as Photoshop mixes text.
    Text,
}

impl Layer {
    /// Normal, opaque, unmasked, nothing clipped to it.
    pub fn new(paint: Paint) -> Self {
        Self {
            paint,
            blend: BlendMode::Normal,
            fade: Fade::Encoded,
            opacity: Opacity::OPAQUE,
            fill: Opacity::OPAQUE,
            masks: Vec::new(),
            clipped: Vec::new(),
            clip_blend: ClipBlend::default(),
            style: Style::default(),
        }
    }
}

/// A group of layers and what is clipped to it.
#[derive(Clone, Debug)]
pub struct Group {
    /// Whether its members see what lies below the group.
    pub blend: GroupBlend,
    /// Of the group as a whole.
    pub opacity: Opacity,
    /// Fill opacity; see [`Layer::fill`].
    pub fill: Opacity,
    /// All of them at once: coverages multiply.
    pub masks: Vec<Mask>,
    /// Members, bottom to top.
    pub children: Vec<Node>,
    /// Layers clipped to the group, bottom to top. To a group whose members pass through they are
    /// always clipped separately: they blend with everything below, inside the members' shape.
    pub clipped: Vec<Node>,
    /// How they meet it.
    pub clip_blend: ClipBlend,
    /// Effects, and what else needs its shape as a whole.
    pub style: Style,
}

impl Group {
    /// Pass-through, opaque, unmasked, nothing clipped to it.
    pub fn new(children: Vec<Node>) -> Self {
        Self {
            blend: GroupBlend::PassThrough,
            opacity: Opacity::OPAQUE,
            fill: Opacity::OPAQUE,
            masks: Vec::new(),
            children,
            clipped: Vec::new(),
            clip_blend: ClipBlend::default(),
            style: Style::default(),
        }
    }
}

/// Whether a group's members see what lies below the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBlend {
    /// Members blend with everything below, as if the group were not there; its opacity and masks
    /// fade between the picture without and with them.
    #[default]
    PassThrough,
    /// Members are composited among themselves first, on nothing; the result is blended as one
    /// layer.
    Isolated(BlendMode),
}

/// How clipped layers meet the layer they are clipped to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipBlend {
    /// Clipped layers blend with their base's colour, inside its alpha; the result is blended with
    /// the base's mode, opacity and fill. Photoshop's default, *Blend Clipped Layers as Group*.
    #[default]
    Together,
    /// The base is blended first; clipped layers then blend with everything below, wherever the
    /// base's alpha, masks and opacity (not its fill) let them.
    Separately,
}

/// What a layer paints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Paint {
    /// Pixels laid down as they are.
    Raster {
        /// The pixels.
        art: Arc<Art>,
        /// Canvas position of their top left corner.
        at: (i32, i32),
    },
    /// One opaque colour over the whole canvas; masks give it a shape.
    Solid(DeepRgb),
    /// Colours that run over the whole canvas; masks give them a shape.
    Gradient(Arc<Gradient>),
    /// A tile repeated over the whole canvas; masks give it a shape.
    Pattern(Arc<Pattern>),
    /// Pixels carried through a map.
    Placed(Placed),
    /// Pixels carried through a mesh.
    Warped(Warped),
    /// The colours that lie below, changed. It never changes how opaque the picture is: where the
    /// picture is translucent, colours meet as if it were opaque. What is clipped to it is painted
    /// over the changed colours.
    Adjust(Arc<Adjustment>),
}

/// Pixels carried to the canvas through a projective map.
///
/// The art's own edge falls where the map puts it, anti-aliased by the share of each canvas pixel
/// it covers.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The pixels.
    pub art: Arc<Art>,
    /// Art pixels to canvas pixels, both in corner convention. Where the map throws a part of the
    /// art beyond its horizon, that part isn't drawn; a map that folds the plane onto a line draws
    /// nothing.
    pub map: Projective,
    /// How samples between pixels are found.
    pub filter: Filter,
}

/// Pixels carried to the canvas through a mesh of Bezier patches.
///
/// Where the mesh lies over itself, patches further right and further down cover the others. Edges
/// are as soft as those of [`Placed`].
#[derive(Clone, Debug)]
pub struct Warped {
    /// The pixels.
    pub art: Arc<Art>,
    /// Art pixels to pixels of the frame that the mesh bends.
    pub map: Projective,
    /// The frame's way to the canvas. Beyond the frame nothing is drawn.
    pub mesh: Arc<Mesh>,
    /// How samples between pixels are found.
    pub filter: Filter,
}

/// How a sample between pixels is found. Wherever the art shrinks to less than half, samples are
/// taken densely enough from a halved copy of it, so that no filter aliases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// Bicubic when the map enlarges the art at its centre, otherwise bilinear. A shift by whole
    /// pixels is a plain copy.
    #[default]
    Auto,
    /// Straight between the four nearest pixels.
    Bilinear,
    /// The cubic through the sixteen nearest pixels (Catmull and Rom's, sharpness -0.5).
    Bicubic,
}

/// Lets a layer or group through in places.
#[derive(Clone, Debug)]
pub struct Mask {
    /// How much is let through, where it says so.
    pub coverage: Arc<Coverage>,
    /// Canvas position of its top left corner.
    pub at: (i32, i32),
    /// What is let through everywhere else: 0 nothing, 255 all.
    pub outside: u8,
    /// How strong the mask is: at 0.0 it lets everything through.
    pub density: Opacity,
}

impl Mask {
    /// Full density; nothing is let through outside `coverage`.
    pub fn new(coverage: Arc<Coverage>, at: (i32, i32)) -> Self {
        Self {
            coverage,
            at,
            outside: 0,
            density: Opacity::OPAQUE,
        }
    }
}

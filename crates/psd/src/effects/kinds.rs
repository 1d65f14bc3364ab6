//! The effects one by one.

use marquetry_pixel::{BlendMode, Point};

use super::{Common, Contour, Light};
use crate::{
    color::Color,
    descriptor::Key,
    gradient::{Gradient, GradientFill, GradientMethod},
};

/// A drop shadow or an inner shadow.
#[derive(Clone, Debug, PartialEq)]
pub struct Shadow {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// Its colour.
    pub color: Option<Color>,
    /// Where the light comes from.
    pub light: Light,
    /// How far it falls, in pixels.
    pub distance: f64,
    /// Spread of a drop shadow, choke of an inner one, in per cent of the size.
    pub choke: f64,
    /// Blur, in pixels.
    pub size: f64,
    /// Noise, in per cent.
    pub noise: f64,
    /// How the blur falls off.
    pub contour: Option<Contour>,
    /// Whether the contour is smoothed.
    pub anti_alias: bool,
    /// Whether the layer hides the shadow below it. Inner shadows do not use it.
    pub layer_conceals: bool,
}

/// What paints a glow.
#[derive(Clone, Debug, PartialEq)]
pub enum GlowPaint {
    /// One colour. `None` when its space is unknown.
    Color(Option<Color>),
    /// A gradient from the edge outwards (or inwards).
    Gradient(Option<Gradient>, GradientMethod),
}

/// How a glow finds the distance to the shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GlowTechnique {
    /// `SfBL`: blurred.
    #[default]
    Softer,
    /// `PrBL`: by true distance.
    Precise,
}

/// Where an inner glow starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GlowSource {
    /// `SrcE`: at the edge.
    #[default]
    Edge,
    /// `SrcC`: in the centre.
    Center,
}

/// An outer or inner glow.
#[derive(Clone, Debug, PartialEq)]
pub struct Glow {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// Colour or gradient.
    pub paint: GlowPaint,
    /// How distance is found.
    pub technique: GlowTechnique,
    /// Where an inner glow starts; an outer one starts at the edge.
    pub source: GlowSource,
    /// Spread of an outer glow, choke of an inner one, in per cent of the size.
    pub choke: f64,
    /// Size, in pixels.
    pub size: f64,
    /// Noise, in per cent.
    pub noise: f64,
    /// Jitter of a gradient, in per cent.
    pub jitter: f64,
    /// How much of the glow the contour spans, in per cent.
    pub range: f64,
    /// How the glow falls off.
    pub contour: Option<Contour>,
    /// Whether the contour is smoothed.
    pub anti_alias: bool,
}

/// The kinds of bevel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BevelStyle {
    /// `OtrB`.
    Outer,
    /// `InrB`.
    #[default]
    Inner,
    /// `Embs`.
    Emboss,
    /// `PlEb`.
    Pillow,
    /// `strokeEmboss`.
    Stroke,
}

/// How a bevel's edge is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BevelTechnique {
    /// `SfBL`.
    #[default]
    Smooth,
    /// `PrBL`.
    ChiselHard,
    /// `Slmt`.
    ChiselSoft,
}

/// One side of a bevel's shading.
#[derive(Clone, Debug, PartialEq)]
pub struct Shade {
    /// How it blends. `None` for a mode that we do not know.
    pub blend: Option<BlendMode>,
    /// Its colour.
    pub color: Option<Color>,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
}

/// Bevel and emboss.
#[derive(Clone, Debug, PartialEq)]
pub struct Bevel {
    /// Whether it is shown.
    pub enabled: bool,
    /// Whether the layer has it.
    pub present: bool,
    /// Kind.
    pub style: BevelStyle,
    /// How the edge is cut.
    pub technique: BevelTechnique,
    /// Depth, in per cent.
    pub depth: f64,
    /// Whether it rises; else it sinks.
    pub up: bool,
    /// Size, in pixels.
    pub size: f64,
    /// Blur of the shading, in pixels.
    pub soften: f64,
    /// Direction of the light.
    pub light: Light,
    /// Height of the light over the layer, in degrees.
    pub altitude: f64,
    /// Gloss: how light is mapped to shade.
    pub gloss: Option<Contour>,
    /// Whether the gloss is smoothed.
    pub gloss_anti_alias: bool,
    /// The lit side.
    pub highlight: Shade,
    /// The dark side.
    pub shadow: Shade,
    /// The profile of the edge.
    pub shape: Option<BevelShape>,
    /// A pattern pressed into the surface.
    pub texture: Option<BevelTexture>,
}

/// The profile of a bevel's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct BevelShape {
    /// The profile.
    pub contour: Option<Contour>,
    /// Whether it is smoothed.
    pub anti_alias: bool,
    /// How much of the edge it spans, in per cent.
    pub range: f64,
}

/// A pattern pressed into a bevel.
#[derive(Clone, Debug, PartialEq)]
pub struct BevelTexture {
    /// Which pattern.
    pub pattern: Option<PatternName>,
    /// Whether it is upside down.
    pub invert: bool,
    /// Whether it moves with the layer.
    pub align: bool,
    /// Scale, in per cent.
    pub scale: f64,
    /// Depth, in per cent.
    pub depth: f64,
    /// Where its origin lies, in pixels.
    pub phase: Point,
}

/// Satin.
#[derive(Clone, Debug, PartialEq)]
pub struct Satin {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// Its colour.
    pub color: Option<Color>,
    /// Direction in degrees.
    pub angle: f64,
    /// Distance, in pixels.
    pub distance: f64,
    /// Size, in pixels.
    pub size: f64,
    /// How it falls off.
    pub contour: Option<Contour>,
    /// Whether the contour is smoothed.
    pub anti_alias: bool,
    /// Whether it is inverted.
    pub invert: bool,
}

/// A colour over the whole shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorOverlay {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// The colour.
    pub color: Option<Color>,
}

/// A gradient over the whole shape.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientOverlay {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// The gradient and how it runs.
    pub fill: GradientFill,
}

/// A pattern over the whole shape.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternOverlay {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// The pattern and how it lies.
    pub fill: PatternFill,
}

/// A pattern by name; its pixels are among the document's patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatternName {
    /// Shown name.
    pub name: String,
    /// Unique id, which the document's patterns repeat.
    pub id: String,
}

/// A pattern laid over a shape: an overlay, a stroke or a fill layer.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternFill {
    /// Which pattern.
    pub pattern: Option<PatternName>,
    /// Scale, in per cent.
    pub scale: f64,
    /// Turn, in degrees.
    pub angle: f64,
    /// Whether it moves with the layer.
    pub align: bool,
    /// Where its origin lies, in pixels.
    pub phase: Point,
}

/// Where a stroke lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrokePosition {
    /// `OutF`: outside the edge.
    #[default]
    Outside,
    /// `InsF`: inside.
    Inside,
    /// `CtrF`: half and half.
    Center,
}

/// What paints a stroke.
#[derive(Clone, Debug, PartialEq)]
pub enum StrokePaint {
    /// `SClr`: one colour. `None` when its space is unknown.
    Color(Option<Color>),
    /// `GrFl`: a gradient.
    Gradient(GradientFill),
    /// `Ptrn`: a pattern.
    Pattern(PatternFill),
    /// Anything else.
    Other(Key),
}

/// A stroke along the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Enabled, blend mode, opacity.
    pub common: Common,
    /// Where it lies.
    pub position: StrokePosition,
    /// Width, in pixels.
    pub size: f64,
    /// What paints it.
    pub paint: StrokePaint,
    /// Whether it blends with the layer rather than with what lies below.
    pub overprint: bool,
}

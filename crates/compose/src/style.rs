//! What a layer or group wears: effects around and inside its shape, and how they meet it.

use std::sync::Arc;

use marquetry_pixel::{BlendMode, DeepRgb, Opacity};

use crate::art::Art;
use crate::blend_if::BlendIf;
use crate::depth::Depth;
use crate::effect::Contour;
use crate::gradient::Ramp;
use crate::pattern::Pattern;
use crate::scene::{Mask, Node, Paint};

/// Everything about a layer or group that needs its shape as a whole. The default asks for nothing
/// and costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Effects, bottom to top within their place: those that lie below the layer, those inside its
    /// shape, strokes, those over it. Each kind knows its place.
    pub effects: Vec<Effect>,
    /// What effects take for the layer's shape, within its masks, instead of its alpha. What is left
    /// of the alpha then fades the layer inside its shape and changes nothing of its effects: so it is
    /// with a shape layer filled by a gradient that runs out, and with a layer whose transparency
    /// doesn't shape it (no masks at all: its shape is everywhere).
    pub outline: Option<Vec<Mask>>,
    /// How effects inside the shape meet the layer.
    pub interior: Interior,
    /// What belongs to the layer and is painted inside its shape, over what is clipped to it and over the effects
    /// there, but for strokes and bevels: the line along the edge of a shape layer.
    pub trim: Vec<Node>,
    /// Masks that hide the layer together with its effects. The layer's own masks shape it before,
    /// so that effects follow their edges.
    pub veil: Vec<Mask>,
    /// Where tones let it show. `None` is everywhere.
    pub blend_if: Option<Box<BlendIf>>,
    /// What it punches through.
    pub knockout: Knockout,
    /// The colour channels that it changes.
    pub channels: Channels,
}

/// How effects inside the shape meet the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interior {
    /// The layer is blended first; the effects are then blended with everything below, inside its
    /// shape. Photoshop's default.
    #[default]
    Separately,
    /// The effects change the layer's own colours, which then meet what lies below by the layer's
    /// blend mode: Photoshop's *Blend Interior Effects as Group*.
    Together,
}

/// What a layer or group punches through, wherever its shape is, before it paints itself there.
#[derive(Clone, Debug, Default)]
pub enum Knockout {
    /// Nothing.
    #[default]
    None,
    /// The lower members of its group: what the group began with shows, which is nothing in an
    /// isolated group. A layer that is clipped punches through to the layer it is clipped to.
    Shallow,
    /// Everything down to this picture of the whole canvas; nothing shows where there is none.
    Deep(Option<Arc<Art>>),
}

/// The colour channels that a layer or group changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels(
    /// Red, green, blue.
    pub [bool; 3],
);

impl Channels {
    /// Red, green and blue.
    pub const ALL: Self = Self([true; 3]);

    /// Whether there is any.
    pub(crate) fn any(self) -> bool {
        self.0.contains(&true)
    }

    /// Takes the other channels from `before`. A pixel that had no colour gets black ones.
    pub(crate) fn put_back<S: Depth>(self, row: &mut [S], before: &[S]) {
        let (row, before) = (row.as_chunks_mut::<4>().0, before.as_chunks::<4>().0);
        for (pixel, before) in row.iter_mut().zip(before) {
            for (at, changes) in self.0.into_iter().enumerate() {
                if !changes {
                    pixel[at] = before[at];
                }
            }
        }
    }
}

impl Default for Channels {
    fn default() -> Self {
        Self::ALL
    }
}

/// One effect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// The shape's shadow on what lies below it.
    DropShadow(Shadow),
    /// The shadow of the shape's outside, inside it.
    InnerShadow(Shadow),
    /// Light around the shape.
    OuterGlow(Glow),
    /// Light inside the shape.
    InnerGlow(Glow),
    /// Paint all over the shape.
    Overlay(Overlay),
    /// Two images of the shape, taken from each other.
    Satin(Satin),
    /// A line along the shape's edge.
    Stroke(StrokeEffect),
    /// Light on the shape as if its edge were a slope.
    Bevel(Bevel),
}

/// Paint all over the shape.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What is painted.
    pub paint: Paint,
    /// How it meets what it covers.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
}

/// A drop shadow or an inner shadow.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// Its colour.
    pub colour: DeepRgb,
    /// How it meets what it falls on.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
    /// How far it falls to the right and down, in pixels.
    pub offset: (i32, i32),
    /// How far its edge is blurred to both sides, in pixels.
    pub size: u32,
    /// The share of the size, `0.0..=1.0`, that grows the shadow instead of blurring it: Photoshop's
    /// *spread*, or *choke* of an inner shadow.
    pub spread: f64,
    /// How strong it is where the blur says so; `None` is a straight line.
    pub contour: Option<Contour>,
    /// How much of it is scattered by chance, `0.0..=1.0`.
    pub noise: f64,
    /// Whether the shape hides what of a drop shadow falls below it, however translucent it is.
    pub conceals: bool,
}

/// An outer or inner glow.
#[derive(Clone, Debug)]
pub struct Glow {
    /// Its colours.
    pub light: Light,
    /// How it meets what it shines on.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
    /// How far it is from the edge.
    pub technique: GlowTechnique,
    /// Where an inner glow is strongest.
    pub source: GlowSource,
    /// How far it shines, in pixels.
    pub size: u32,
    /// The share of the size, `0.0..=1.0`, that grows the shape instead of blurring it: Photoshop's
    /// *spread*, or *choke* of an inner glow.
    pub spread: f64,
    /// The share of the fall-off, `0.0..=1.0`, that the contour is stretched over; Photoshop's default
    /// is a half.
    pub range: f64,
    /// How strong it is where the blur says so; `None` is a straight line.
    pub contour: Option<Contour>,
    /// How much of it is scattered by chance, `0.0..=1.0`.
    pub noise: f64,
    /// How far the colours of a ramp are scattered by chance, `0.0..=1.0`.
    pub jitter: f64,
}

/// The colours of a glow.
#[derive(Clone, Debug)]
pub enum Light {
    /// One all over.
    Colour(DeepRgb),
    /// Those of a ramp, from where the glow is strongest to where it ends. Opacities too.
    Ramp(Arc<Ramp>),
}

/// How a glow falls off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlowTechnique {
    /// As the blurred shape.
    #[default]
    Softer,
    /// As the distance from the edge grows.
    Precise,
}

/// Where an inner glow is strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlowSource {
    /// At the edge.
    #[default]
    Edge,
    /// Far from it.
    Centre,
}

/// Two blurred images of the shape, drawn apart and taken from each other.
#[derive(Clone, Debug)]
pub struct Satin {
    /// Its colour.
    pub colour: DeepRgb,
    /// How it meets the layer.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
    /// How far each image is drawn from its place, one to this side and one to the other.
    pub offset: (i32, i32),
    /// How far the images are blurred, in pixels.
    pub size: u32,
    /// How strong it is where the images differ that much; `None` is a straight line.
    pub contour: Option<Contour>,
    /// Whether it is strong where the images are alike instead.
    pub invert: bool,
}

/// A line along the shape's edge. It takes the layer's place: what lies below a translucent stroke is
/// what lies below the layer.
#[derive(Clone, Debug)]
pub struct StrokeEffect {
    /// What it is painted with.
    pub paint: StrokePaint,
    /// How it meets what lies below.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
    /// Which side of the edge.
    pub position: StrokePosition,
    /// How wide, in pixels.
    pub size: f64,
    /// Whether it is laid over the layer instead of taking its place.
    pub overprint: bool,
}

/// What a stroke is painted with.
#[derive(Clone, Debug)]
pub enum StrokePaint {
    /// Any paint.
    Paint(Paint),
    /// A ramp across the line, from its outer edge to its inner one.
    Burst(Arc<Ramp>),
}

/// Which side of the edge a stroke is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrokePosition {
    /// Outside.
    #[default]
    Outside,
    /// Inside.
    Inside,
    /// Half of it on each side.
    Centre,
}

/// Light and shade on a shape as if its edge were a slope.
#[derive(Clone, Debug)]
pub struct Bevel {
    /// Where the slope is.
    pub place: BevelPlace,
    /// How it is cut.
    pub technique: BevelTechnique,
    /// How steep it is: 1 rises a pixel on a pixel's way at its steepest, a negative one falls.
    pub depth: f64,
    /// How wide the slope is, in pixels.
    pub size: u32,
    /// How far light and shade are blurred, in pixels.
    pub soften: u32,
    /// Where the light comes from, in degrees, counter-clockwise from the right.
    pub angle: f64,
    /// How high above the layer it stands, in degrees.
    pub altitude: f64,
    /// How bright a place is by how it faces the light; `None` is a straight line.
    pub gloss: Option<Contour>,
    /// What faces the light.
    pub highlight: Shading,
    /// What faces away.
    pub shadow: Shading,
    /// How high the slope is by how far up it one is; `None` is a straight line.
    pub profile: Option<BevelProfile>,
    /// A pattern that is pressed into it.
    pub texture: Option<BevelTexture>,
}

/// Where a bevel's slope is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum BevelPlace {
    /// Inside the shape.
    #[default]
    Inner,
    /// Around it.
    Outer,
    /// Half of it on each side of the edge.
    Emboss,
    /// Half of it on each side of the edge, rising on both.
    Pillow,
    /// On a stroke of this position and width only.
    Stroke(StrokePosition, f64),
}

/// How a bevel's slope is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BevelTechnique {
    /// As the blurred shape.
    #[default]
    Smooth,
    /// As the distance from the edge.
    ChiselHard,
    /// As that, with rounded corners.
    ChiselSoft,
}

/// One side of a bevel's light.
#[derive(Clone, Copy, Debug)]
pub struct Shading {
    /// Its colour.
    pub colour: DeepRgb,
    /// How it meets what it falls on.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
}

/// The profile of a bevel's slope.
#[derive(Clone, Debug)]
pub struct BevelProfile {
    /// How high one is by how far up.
    pub contour: Option<Contour>,
    /// The share of the way, `0.0..=1.0`, that the profile is stretched over.
    pub range: f64,
}

/// A pattern that is pressed into a bevel: the lighter it is, the deeper.
#[derive(Clone, Debug)]
pub struct BevelTexture {
    /// The pattern.
    pub pattern: Pattern,
    /// How deep white lies below black: 1 is as deep as the bevel is high, a negative depth raises it.
    pub depth: f64,
}

impl Style {
    /// Whether drawing can do without it.
    pub(crate) fn is_plain(&self) -> bool {
        self.effects.is_empty()
            && self.trim.is_empty()
            && self.veil.is_empty()
            && self.blend_if.is_none()
            && matches!(self.knockout, Knockout::None)
            && self.channels == Channels::ALL
    }

    /// Whether a node without any fill can still be seen.
    pub(crate) fn shows_without_fill(&self) -> bool {
        !self.effects.is_empty() || !matches!(self.knockout, Knockout::None)
    }

    /// How far effects can be seen beyond the shape, and how far away the shape can matter to them,
    /// in pixels.
    pub fn reach(&self) -> u32 {
        self.effects.iter().map(Effect::reach).max().unwrap_or(0)
    }
}

impl Effect {
    fn reach(&self) -> u32 {
        let far = |(x, y): (i32, i32)| x.unsigned_abs().max(y.unsigned_abs());
        let reach = match self {
            Self::Overlay(_) => return 0,
            Self::DropShadow(shadow) | Self::InnerShadow(shadow) => {
                far(shadow.offset).saturating_add(shadow.size)
            }
            Self::OuterGlow(glow) | Self::InnerGlow(glow) => glow.size,
            Self::Satin(satin) => far(satin.offset).saturating_add(satin.size),
            Self::Stroke(stroke) => pixels(stroke.size),
            Self::Bevel(bevel) => {
                let stroke = match bevel.place {
                    BevelPlace::Stroke(_, size) => pixels(size),
                    _ => 0,
                };
                bevel.size.saturating_add(bevel.soften).saturating_add(stroke)
            }
        };
        // Soft edges and the pixel in which a shape ends.
        reach.saturating_add(2)
    }
}

/// Whole pixels that hold so many.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN becomes 0"
)]
fn pixels(size: f64) -> u32 {
    size.ceil().clamp(0.0, f64::from(u16::MAX)) as u32
}

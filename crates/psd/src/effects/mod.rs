//! Layer effects: shadows, glows, bevel, satin, overlays and strokes, as plain values.
//!
//! Newer files describe them as descriptors (`lfx2`, `lmfx`, `lfxs`), older ones in binary
//! (`lrFX`); both come out as one [`LayerEffects`].

mod legacy;
mod read;

use marquetry_pixel::{BlendMode, Point};

pub use legacy::parse_legacy;
pub use read::parse;

use crate::{
    color::Color,
    descriptor::{Descriptor, Key},
    gradient::{Gradient, GradientFill, GradientMethod},
};

/// All effects of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerEffects {
    /// Whether effects are shown at all.
    pub enabled: bool,
    /// Scale of all sizes and distances, in per cent. Photoshop has applied it already: it is what
    /// the last *Scale Effects* was, kept for its dialog.
    pub scale: f64,
    /// Drop shadows, uppermost first. Effects that can repeat are lists in the order of the file.
    pub drop_shadows: Vec<Shadow>,
    /// Inner shadows.
    pub inner_shadows: Vec<Shadow>,
    /// Glow around the shape.
    pub outer_glow: Option<Glow>,
    /// Glow inside the shape.
    pub inner_glow: Option<Glow>,
    /// Bevel or emboss.
    pub bevel: Option<Bevel>,
    /// Satin.
    pub satin: Option<Satin>,
    /// Colour overlays.
    pub color_overlays: Vec<ColorOverlay>,
    /// Gradient overlays.
    pub gradient_overlays: Vec<GradientOverlay>,
    /// Pattern overlay.
    pub pattern_overlay: Option<PatternOverlay>,
    /// Strokes.
    pub strokes: Vec<Stroke>,
    /// All of it as the file holds it, with what is not understood. `None` for `lrFX`.
    pub descriptor: Option<Descriptor>,
}

impl LayerEffects {
    /// Whether anything of it would be seen: effects are on, and one of them is enabled.
    pub fn is_visible(&self) -> bool {
        self.enabled
            && (self
                .drop_shadows
                .iter()
                .chain(&self.inner_shadows)
                .any(|effect| effect.common.enabled)
                || [&self.outer_glow, &self.inner_glow]
                    .into_iter()
                    .flatten()
                    .any(|e| e.common.enabled)
                || self.bevel.as_ref().is_some_and(|effect| effect.enabled)
                || self.satin.as_ref().is_some_and(|effect| effect.common.enabled)
                || self.color_overlays.iter().any(|effect| effect.common.enabled)
                || self.gradient_overlays.iter().any(|effect| effect.common.enabled)
                || self
                    .pattern_overlay
                    .as_ref()
                    .is_some_and(|effect| effect.common.enabled)
                || self.strokes.iter().any(|effect| effect.common.enabled))
    }
}

/// What every effect has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Common {
    /// Whether it is shown.
    pub enabled: bool,
    /// Whether the layer has it. Photoshop also stores the settings of effects that it has not.
    pub present: bool,
    /// How it blends. `None` for a mode that we do not know.
    pub blend: Option<BlendMode>,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
}

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

/// Where the light comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Light {
    /// Degrees, counter-clockwise from the right.
    pub angle: f64,
    /// Whether the document's global angle is used instead.
    pub global: bool,
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

/// A curve from 0..=255 to 0..=255.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contour {
    /// Its name.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<ContourPoint>,
}

/// One point of a contour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContourPoint {
    /// Input, `0.0..=255.0`.
    pub x: f64,
    /// Output, `0.0..=255.0`.
    pub y: f64,
    /// Whether the curve breaks here instead of running through smoothly.
    pub corner: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, gradient::GradientColors, seed};

    #[test]
    fn a_list_of_effects_and_a_single_one_come_out_alike() {
        let effects = parse(&seed::block(*b"lfx2"), 0, &Limits::default()).unwrap();
        assert!(effects.is_visible());
        let distances: Vec<_> = effects
            .drop_shadows
            .iter()
            .map(|shadow| shadow.distance)
            .collect();
        assert_eq!(distances, [3.0, 9.0]);
        let inner = &effects.inner_shadows[0];
        assert_eq!(
            (inner.common.blend, inner.common.opacity),
            (Some(BlendMode::LinearBurn), 0.35)
        );
        assert_eq!(
            inner.light,
            Light {
                angle: 120.0,
                global: true
            }
        );
        assert_eq!((inner.choke, inner.size), (10.0, 7.0));
        assert_eq!(inner.color, Some(Color::Rgb([1.0, 2.0, 3.0])));
        let corner = ContourPoint {
            x: 255.0,
            y: 200.0,
            corner: true,
        };
        assert_eq!(
            inner.contour.as_ref().map(|contour| contour.points[1]),
            Some(corner)
        );
        let glow = effects.outer_glow.unwrap();
        let GlowPaint::Gradient(Some(gradient), _) = glow.paint else {
            panic!("{:?}", glow.paint)
        };
        assert!(matches!(gradient.colors, GradientColors::Noise(_)));
        let bevel = effects.bevel.unwrap();
        assert_eq!((bevel.style, bevel.up), (BevelStyle::Pillow, false));
        assert!(effects.satin.is_some_and(|satin| satin.invert));
        let stroke = &effects.strokes[0];
        assert_eq!(stroke.position, StrokePosition::Center);
        assert!(matches!(&stroke.paint, StrokePaint::Gradient(fill) if fill.angle == 45.0));
        let pattern = effects.pattern_overlay.unwrap().fill.pattern.unwrap();
        assert_eq!(pattern.id, "pattern-id");
    }

    #[test]
    fn the_old_form_says_the_same_of_a_shadow() {
        let effects = parse_legacy(&seed::block(*b"lrFX"), 0, &Limits::default()).unwrap();
        assert!(effects.enabled && effects.descriptor.is_none());
        let shadow = &effects.drop_shadows[0];
        assert_eq!((shadow.size, shadow.choke, shadow.distance), (7.0, 5.0, 3.0));
        assert_eq!(
            shadow.light,
            Light {
                angle: -90.0,
                global: true
            }
        );
        assert_eq!(
            (shadow.common.blend, shadow.common.opacity),
            (Some(BlendMode::Multiply), 1.0)
        );
        // The document's own colour, here black by ink only, wins over the RGB one.
        assert_eq!(shadow.color, Some(Color::Cmyk([100.0, 0.0, 0.0, 0.0])));
        let error = parse_legacy(b"\0\0\0\x01XXXXcmnS", 5, &Limits::default()).unwrap_err();
        assert!(
            matches!(error, crate::PsdError::Malformed { offset: 9, .. }),
            "{error}"
        );
    }

    #[test]
    fn effects_that_are_off_are_not_visible() {
        let off = |object: seed::Object| {
            let block = seed::Bytes::default().u32s(&[0]).put(&object.versioned()).0;
            !parse(&block, 0, &Limits::default()).unwrap().is_visible()
        };
        assert!(off(seed::object("null")));
        let shadow = seed::object("null").object("DrSh", seed::shadow(1.0));
        assert!(off(shadow.clone().flag("masterFXSwitch", false)));
        assert!(!off(shadow));
        assert!(off(
            seed::object("null").object("DrSh", seed::object("DrSh").flag("enab", false))
        ));
    }
}

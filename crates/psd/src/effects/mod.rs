//! Layer effects: shadows, glows, bevel, satin, overlays and strokes, as plain values.
//!
//! Newer files describe them as descriptors (`lfx2`, `lmfx`, `lfxs`), older ones in binary
//! (`lrFX`); both come out as one [`LayerEffects`].

mod kinds;
mod legacy;
mod read;

use marquetry_pixel::BlendMode;

pub use kinds::{
    Bevel, BevelShape, BevelStyle, BevelTechnique, BevelTexture, ColorOverlay, Glow, GlowPaint, GlowSource,
    GlowTechnique, GradientOverlay, PatternFill, PatternName, PatternOverlay, Satin, Shade, Shadow, Stroke,
    StrokePaint, StrokePosition,
};
pub use legacy::parse_legacy;
pub use read::parse;

use crate::descriptor::Descriptor;

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

/// Where the light comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Light {
    /// Degrees, counter-clockwise from the right.
    pub angle: f64,
    /// Whether the document's global angle is used instead.
    pub global: bool,
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
    use crate::{Limits, color::Color, gradient::GradientColors, seed};

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

//! Layer effects of the document as a style of the scene.
//!
//! What is resolved here: which effects are on, in which order Photoshop paints them, the light that
//! they share, and units (per cent, degrees) into pixels and shares of one.

use marquetry_compose::{
    Contour, ContourPoint, Effect, Glow, GlowSource, GlowTechnique, Interior, Light, Overlay, Paint, Satin,
    Shadow, Stroke, StrokePaint, StrokePosition, Style,
};
use marquetry_pixel::{BlendMode, Opacity, Rgb};
use marquetry_psd::Layer;
use marquetry_psd::color::Color;
use marquetry_psd::effects as psd;
use marquetry_psd::effects::{Common, LayerEffects};

use crate::open::OpenMockup;

/// A layer's effects, resolved.
#[derive(Debug)]
pub(crate) struct Dressed {
    /// Without masks.
    pub(crate) style: Style,
    /// Whether something of them is not drawn, or not as Photoshop would.
    pub(crate) lacking: bool,
}

/// The style that `layer` wears by its effects. One without effects wears none.
pub(crate) fn dressed(layer: Layer<'_>, mockup: &OpenMockup) -> Dressed {
    let mut wardrobe = Wardrobe {
        mockup,
        effects: Vec::new(),
        lacking: false,
    };
    if let Some(effects) = crate::plan::effects(layer, mockup).filter(LayerEffects::is_visible) {
        wardrobe.fill(&effects);
    }
    let interior = if layer.blends_interior_effects_as_group() {
        Interior::Together
    } else {
        Interior::Separately
    };
    Dressed {
        style: Style {
            effects: wardrobe.effects,
            interior,
            ..Style::default()
        },
        lacking: wardrobe.lacking,
    }
}

struct Wardrobe<'a> {
    mockup: &'a OpenMockup,
    effects: Vec<Effect>,
    lacking: bool,
}

impl Wardrobe<'_> {
    /// Bottom to top, as Photoshop paints them. Those that repeat are listed uppermost first.
    fn fill(&mut self, effects: &LayerEffects) {
        for shadow in effects.drop_shadows.iter().rev() {
            let shadow = self.shadow(shadow);
            self.wear(shadow.map(Effect::DropShadow));
        }
        if let Some(glow) = &effects.outer_glow {
            let glow = self.glow(glow);
            self.wear(glow.map(Effect::OuterGlow));
        }
        if let Some(overlay) = &effects.pattern_overlay {
            self.lacking |= is_on(&overlay.common);
        }
        for overlay in effects.gradient_overlays.iter().rev() {
            self.lacking |= is_on(&overlay.common);
        }
        for overlay in effects.color_overlays.iter().rev() {
            if let Some((blend, opacity)) = self.ink(&overlay.common) {
                let paint = self.colour(overlay.color.as_ref()).map(Paint::Solid);
                self.wear(paint.map(|paint| {
                    Effect::Overlay(Overlay {
                        paint,
                        blend,
                        opacity,
                    })
                }));
            }
        }
        if let Some(satin) = &effects.satin {
            let satin = self.satin(satin);
            self.wear(satin.map(Effect::Satin));
        }
        if let Some(glow) = &effects.inner_glow {
            let glow = self.glow(glow);
            self.wear(glow.map(Effect::InnerGlow));
        }
        for shadow in effects.inner_shadows.iter().rev() {
            let shadow = self.shadow(shadow);
            self.wear(shadow.map(Effect::InnerShadow));
        }
        for stroke in effects.strokes.iter().rev() {
            let stroke = self.stroke(stroke);
            self.wear(stroke.map(Effect::Stroke));
        }
        if let Some(bevel) = &effects.bevel {
            self.lacking |= bevel.enabled && bevel.present;
        }
    }

    fn wear(&mut self, effect: Option<Effect>) {
        self.effects.extend(effect);
    }

    /// How an effect blends; `None` when it is off.
    fn ink(&mut self, common: &Common) -> Option<(BlendMode, Opacity)> {
        is_on(common).then(|| (self.blend(common.blend), opacity(common.opacity)))
    }

    fn blend(&mut self, blend: Option<BlendMode>) -> BlendMode {
        self.lacking |= blend.is_none();
        blend.unwrap_or_default()
    }

    fn colour(&mut self, colour: Option<&Color>) -> Option<Rgb> {
        let colour = colour.and_then(|colour| self.mockup.colour(colour));
        self.lacking |= colour.is_none();
        colour
    }

    /// Degrees that the light of an effect comes from.
    fn angle(&self, light: psd::Light) -> f64 {
        let shared = || self.mockup.document.resources().global_angle().ok().flatten();
        let shared = light.global.then(shared).flatten();
        shared.map_or(light.angle, f64::from)
    }

    fn shadow(&mut self, shadow: &psd::Shadow) -> Option<Shadow> {
        let (blend, opacity) = self.ink(&shadow.common)?;
        let (x, y) = offset(self.angle(shadow.light), shadow.distance);
        Some(Shadow {
            colour: self.colour(shadow.color.as_ref())?,
            blend,
            opacity,
            // Away from the light.
            offset: (-x, -y),
            size: size(shadow.size),
            spread: share(shadow.choke),
            contour: shadow.contour.as_ref().and_then(contour),
            noise: share(shadow.noise),
            conceals: shadow.layer_conceals,
        })
    }

    fn glow(&mut self, glow: &psd::Glow) -> Option<Glow> {
        let (blend, opacity) = self.ink(&glow.common)?;
        let light = match &glow.paint {
            psd::GlowPaint::Color(colour) => Light::Colour(self.colour(colour.as_ref())?),
            psd::GlowPaint::Gradient(..) => {
                self.lacking = true;
                return None;
            }
        };
        Some(Glow {
            light,
            blend,
            opacity,
            technique: match glow.technique {
                psd::GlowTechnique::Softer => GlowTechnique::Softer,
                psd::GlowTechnique::Precise => GlowTechnique::Precise,
            },
            source: match glow.source {
                psd::GlowSource::Edge => GlowSource::Edge,
                psd::GlowSource::Center => GlowSource::Centre,
            },
            size: size(glow.size),
            spread: share(glow.choke),
            range: share(glow.range),
            contour: glow.contour.as_ref().and_then(contour),
            noise: share(glow.noise),
            jitter: share(glow.jitter),
        })
    }

    fn satin(&mut self, satin: &psd::Satin) -> Option<Satin> {
        let (blend, opacity) = self.ink(&satin.common)?;
        Some(Satin {
            colour: self.colour(satin.color.as_ref())?,
            blend,
            opacity,
            offset: offset(satin.angle, satin.distance),
            size: size(satin.size),
            contour: satin.contour.as_ref().and_then(contour),
            invert: satin.invert,
        })
    }

    fn stroke(&mut self, stroke: &psd::Stroke) -> Option<Stroke> {
        let (blend, opacity) = self.ink(&stroke.common)?;
        let paint = match &stroke.paint {
            psd::StrokePaint::Color(colour) => Some(Paint::Solid(self.colour(colour.as_ref())?)),
            _ => None,
        };
        self.lacking |= paint.is_none();
        Some(Stroke {
            paint: StrokePaint::Paint(paint?),
            blend,
            opacity,
            position: match stroke.position {
                psd::StrokePosition::Outside => StrokePosition::Outside,
                psd::StrokePosition::Inside => StrokePosition::Inside,
                psd::StrokePosition::Center => StrokePosition::Centre,
            },
            size: stroke.size,
            overprint: stroke.overprint,
        })
    }
}

/// Photoshop also keeps the settings of effects that a layer hasn't.
fn is_on(common: &Common) -> bool {
    common.enabled && common.present
}

fn contour(contour: &psd::Contour) -> Option<Contour> {
    let points = contour.points.iter().map(|point| ContourPoint {
        x: point.x / 255.0,
        y: point.y / 255.0,
        corner: point.corner,
    });
    Contour::new(&points.collect::<Vec<_>>())
}

/// Where a distance in a direction (degrees, counter-clockwise from the right) leads, in whole pixels
/// to the right and down.
fn offset(angle: f64, distance: f64) -> (i32, i32) {
    let (sin, cos) = angle.to_radians().sin_cos();
    (whole(cos * distance), whole(-sin * distance))
}

#[expect(clippy::cast_possible_truncation, reason = "clamped first; NaN becomes 0")]
fn whole(pixels: f64) -> i32 {
    pixels.round().clamp(-FAR, FAR) as i32
}

/// Photoshop's longest distance, in pixels.
const FAR: f64 = 30_000.0;
/// More than Photoshop's widest size scaled up twenty times.
const WIDE: f64 = 5_000.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN becomes 0"
)]
fn size(pixels: f64) -> u32 {
    pixels.round().clamp(0.0, WIDE) as u32
}

/// Per cent to a share of one; what is no number is nothing.
fn share(percent: f64) -> f64 {
    if percent.is_nan() {
        return 0.0;
    }
    (percent / 100.0).clamp(0.0, 1.0)
}

#[expect(clippy::cast_possible_truncation, reason = "a share of one")]
fn opacity(amount: f64) -> Opacity {
    Opacity::new(share(amount * 100.0) as f32).unwrap_or(Opacity::OPAQUE)
}

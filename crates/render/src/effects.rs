//! Layer effects of the document as a style of the scene.
//!
//! What is resolved here: which effects are on, in which order Photoshop paints them, the light that
//! they share, and units (per cent, degrees) into pixels and shares of one.

use std::cell::OnceCell;
use std::sync::Arc;

use marquetry_compose::{
    Bevel, BevelPlace, BevelProfile, BevelTechnique, BevelTexture, Contour, ContourPoint, Effect, Glow,
    GlowSource, GlowTechnique, Interior, Light, Mask, Overlay, Paint, Ramp, Satin, Shading, Shadow,
    StrokeEffect, StrokePaint, StrokePosition, Style,
};
use marquetry_pixel::{BlendMode, DeepRgb, Opacity, Point, Rect};
use marquetry_psd::color::Color;
use marquetry_psd::effects as psd;
use marquetry_psd::effects::{Common, LayerEffects};
use marquetry_psd::fill::Fill;
use marquetry_psd::gradient::{GradientFill, GradientStyle};
use marquetry_psd::{Layer, LayerKind};

use crate::fill::{self, Extent, Ground};
use crate::open::OpenMockup;
use crate::vector;

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
    let effects = crate::plan::effects(layer, mockup).filter(LayerEffects::is_visible);
    let mut wardrobe = Wardrobe {
        layer,
        ground: OnceCell::new(),
        mockup,
        effects: Vec::new(),
        lacking: false,
    };
    if let Some(effects) = effects {
        wardrobe.fill(&effects);
    }
    let interior = if layer.blends_interior_effects_as_group() {
        Interior::Together
    } else {
        Interior::Separately
    };
    Dressed {
        style: Style {
            outline: outline(layer, mockup),
            effects: wardrobe.effects,
            interior,
            ..Style::default()
        },
        lacking: wardrobe.lacking,
    }
}

/// What gradients and patterns of a layer's effects go by.
fn ground(layer: Layer<'_>, mockup: &OpenMockup) -> Ground {
    let vector = layer.vector_mask(&mockup.limits.psd).ok().flatten();
    let curves = vector
        .filter(|mask| !mask.disabled && layer.kind() == LayerKind::Shape)
        .and_then(|mask| vector::extent(&mask.path, mockup.size()));
    let canvas = mockup.size().rect();
    let pixels = || {
        Some(extent(layer, mockup))
            .filter(|pixels| !pixels.is_empty())
            .unwrap_or(canvas)
    };
    Ground {
        shape: curves.unwrap_or_else(|| pixels().into()),
        canvas,
        reference: layer.reference_point(),
    }
}

/// What the gradient of a stroke goes by: the stroke's own bounds.
fn around(ground: Ground, stroke: &psd::Stroke) -> Ground {
    let out = match stroke.position {
        psd::StrokePosition::Outside => stroke.size,
        psd::StrokePosition::Center => stroke.size / 2.0,
        psd::StrokePosition::Inside => 0.0,
    };
    let out = f64::from(size(out));
    let Extent { least, most } = ground.shape;
    Ground {
        shape: Extent {
            least: Point::new(least.x - out, least.y - out),
            most: Point::new(most.x + out, most.y + out),
        },
        ..ground
    }
}

/// Where a layer's pixels are, or those of a group's members: where they are more opaque than not, for what is fainter
/// moves no gradient in Photoshop (six files, soft brushes and leftovers of an alpha of 2 among them).
fn extent(layer: Layer<'_>, mockup: &OpenMockup) -> Rect {
    let own = layer.rect();
    let whole = Rect::new(own.x, own.y, own.width, own.height);
    let body = mockup.art(layer).ok().flatten().map(|art| art.body());
    let own = body.filter(|body| !body.is_empty()).map_or(whole, |body| Rect {
        x: body.x.saturating_add(whole.x),
        y: body.y.saturating_add(whole.y),
        ..body
    });
    layer
        .children()
        .filter(|child| child.is_visible())
        .fold(own, |all, child| all.union(extent(child, mockup)))
}

/// What shapes a layer's effects when its alpha doesn't.
fn outline(layer: Layer<'_>, mockup: &OpenMockup) -> Option<Vec<Mask>> {
    let limits = &mockup.limits.psd;
    if layer.kind() == LayerKind::Shape {
        // A gradient or pattern that lets something through is none of the shape's business, and neither is a fill that is
        // switched off (`explanations.psd` of Opentip); but a live stroke reaches beyond the curves.
        let patchy = !matches!(layer.fill(limits).ok()??, Fill::Color(_));
        let stroke = layer.vector_stroke(limits).ok().flatten();
        let empty = stroke.as_ref().is_some_and(|stroke| !stroke.fill_enabled);
        let stroked = stroke.is_some_and(|stroke| stroke.enabled);
        let vector = layer.vector_mask(limits).ok()??;
        return ((patchy || empty) && !stroked && !vector.disabled)
            .then(|| vec![vector::mask(&vector, mockup.size().rect())]);
    }
    (!layer.is_group() && !layer.transparency_shapes_layer()).then(Vec::new)
}

struct Wardrobe<'a> {
    layer: Layer<'a>,
    ground: OnceCell<Ground>,
    mockup: &'a OpenMockup,
    effects: Vec<Effect>,
    lacking: bool,
}

impl Wardrobe<'_> {
    /// Most effects never ask for it, and it may take the layer's pixels.
    fn ground(&self) -> Ground {
        *self.ground.get_or_init(|| ground(self.layer, self.mockup))
    }

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
            self.overlay(&overlay.common, |this| this.pattern(&overlay.fill));
        }
        for overlay in effects.gradient_overlays.iter().rev() {
            self.overlay(&overlay.common, |this| {
                this.gradient(&overlay.fill, this.ground())
            });
        }
        for overlay in effects.color_overlays.iter().rev() {
            self.overlay(&overlay.common, |this| {
                this.colour(overlay.color.as_ref()).map(Paint::Solid)
            });
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
            let stroke = effects.strokes.iter().find(|stroke| is_on(&stroke.common));
            let bevel = self.bevel(bevel, stroke);
            self.wear(bevel.map(Effect::Bevel));
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

    fn colour(&mut self, colour: Option<&Color>) -> Option<DeepRgb> {
        let colour = colour.and_then(|colour| self.mockup.colour(colour));
        self.lacking |= colour.is_none();
        colour
    }

    fn overlay(&mut self, common: &Common, paint: impl Fn(&mut Self) -> Option<Paint>) {
        let Some((blend, opacity)) = self.ink(common) else {
            return;
        };
        let paint = paint(self);
        self.wear(paint.map(|paint| {
            Effect::Overlay(Overlay {
                paint,
                blend,
                opacity,
            })
        }));
    }

    fn gradient(&mut self, fill: &GradientFill, ground: Ground) -> Option<Paint> {
        let paint = fill::gradient(fill, ground, self.mockup).map(|paint| Paint::Gradient(Arc::new(paint)));
        self.lacking |= paint.is_none();
        paint
    }

    fn pattern(&mut self, fill: &psd::PatternFill) -> Option<Paint> {
        let paint = fill::pattern(fill, self.ground(), self.mockup);
        self.lacking |= paint.is_none();
        paint.map(|paint| Paint::Pattern(Arc::new(paint)))
    }

    fn ramp(&mut self, fill: &GradientFill) -> Option<Arc<Ramp>> {
        let ramp = fill::ramp(fill, self.mockup).map(Arc::new);
        self.lacking |= ramp.is_none();
        ramp
    }

    /// Degrees that the light of an effect comes from.
    fn angle(&self, light: psd::Light) -> f64 {
        let shared = || self.mockup.document.resources().global_angle().ok().flatten();
        let shared = light.global.then(shared).flatten();
        shared.map_or(light.angle, f64::from)
    }

    /// Degrees that the light of a bevel stands over the layer.
    fn altitude(&self, bevel: &psd::Bevel) -> f64 {
        let shared = || self.mockup.document.resources().global_altitude().ok().flatten();
        let shared = bevel.light.global.then(shared).flatten();
        shared.map_or(bevel.altitude, f64::from)
    }

    fn shadow(&mut self, shadow: &psd::Shadow) -> Option<Shadow> {
        let (blend, opacity) = self.ink(&shadow.common)?;
        // Away from the light.
        let offset = offset(self.angle(shadow.light), -shadow.distance);
        Some(Shadow {
            colour: self.colour(shadow.color.as_ref())?,
            blend,
            opacity,
            offset,
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
            psd::GlowPaint::Gradient(gradient, method) => Light::Ramp(self.ramp(&GradientFill {
                gradient: gradient.clone(),
                method: method.clone(),
                angle: 0.0,
                style: GradientStyle::Linear,
                reverse: false,
                dither: false,
                align: true,
                scale: 100.0,
                offset: Point::default(),
            })?),
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

    fn bevel(&mut self, bevel: &psd::Bevel, stroke: Option<&psd::Stroke>) -> Option<Bevel> {
        if !bevel.enabled || !bevel.present {
            return None;
        }
        let place = match bevel.style {
            psd::BevelStyle::Outer => BevelPlace::Outer,
            psd::BevelStyle::Inner => BevelPlace::Inner,
            psd::BevelStyle::Emboss => BevelPlace::Emboss,
            psd::BevelStyle::Pillow => BevelPlace::Pillow,
            psd::BevelStyle::Stroke => {
                let stroke = stroke?;
                BevelPlace::Stroke(position(stroke.position), stroke.size)
            }
        };
        let depth = bevel.depth / 100.0;
        Some(Bevel {
            place,
            technique: match bevel.technique {
                psd::BevelTechnique::Smooth => BevelTechnique::Smooth,
                psd::BevelTechnique::ChiselHard => BevelTechnique::ChiselHard,
                psd::BevelTechnique::ChiselSoft => BevelTechnique::ChiselSoft,
            },
            depth: if bevel.up { depth } else { -depth },
            size: size(bevel.size),
            soften: size(bevel.soften),
            angle: self.angle(bevel.light),
            altitude: self.altitude(bevel),
            gloss: bevel.gloss.as_ref().and_then(contour),
            highlight: self.shading(&bevel.highlight)?,
            shadow: self.shading(&bevel.shadow)?,
            profile: bevel.shape.as_ref().map(|shape| BevelProfile {
                contour: shape.contour.as_ref().and_then(contour),
                range: share(shape.range),
            }),
            texture: bevel.texture.as_ref().and_then(|texture| self.texture(texture)),
        })
    }

    fn texture(&mut self, texture: &psd::BevelTexture) -> Option<BevelTexture> {
        let fill = psd::PatternFill {
            pattern: texture.pattern.clone(),
            scale: texture.scale,
            angle: 0.0,
            align: texture.align,
            phase: texture.phase,
        };
        let pattern = fill::pattern(&fill, self.ground(), self.mockup);
        self.lacking |= pattern.is_none();
        let depth = texture.depth / 100.0;
        pattern.map(|pattern| BevelTexture {
            pattern,
            depth: if texture.invert { -depth } else { depth },
        })
    }

    fn shading(&mut self, shade: &psd::Shade) -> Option<Shading> {
        Some(Shading {
            colour: self.colour(shade.color.as_ref())?,
            blend: self.blend(shade.blend),
            opacity: opacity(shade.opacity),
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

    fn stroke(&mut self, stroke: &psd::Stroke) -> Option<StrokeEffect> {
        let (blend, opacity) = self.ink(&stroke.common)?;
        let paint = match &stroke.paint {
            psd::StrokePaint::Color(colour) => self.colour(colour.as_ref()).map(Paint::Solid),
            psd::StrokePaint::Gradient(fill) if fill.style == GradientStyle::ShapeBurst => None,
            psd::StrokePaint::Gradient(fill) => self.gradient(fill, around(self.ground(), stroke)),
            psd::StrokePaint::Pattern(fill) => self.pattern(fill),
            psd::StrokePaint::Other(_) => None,
        };
        let paint = match (&stroke.paint, paint) {
            (_, Some(paint)) => Some(StrokePaint::Paint(paint)),
            (psd::StrokePaint::Gradient(fill), None) => self.ramp(fill).map(StrokePaint::Burst),
            _ => None,
        };
        self.lacking |= paint.is_none();
        Some(StrokeEffect {
            paint: paint?,
            blend,
            opacity,
            position: position(stroke.position),
            size: stroke.size,
            overprint: stroke.overprint,
        })
    }
}

fn position(position: psd::StrokePosition) -> StrokePosition {
    match position {
        psd::StrokePosition::Outside => StrokePosition::Outside,
        psd::StrokePosition::Inside => StrokePosition::Inside,
        psd::StrokePosition::Center => StrokePosition::Centre,
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
/// to the right and down. Half a pixel is a whole one, either way (`woodybox2.psd` of OpenArena, whose light comes
/// from 30°, and `mkvtoolnix.psd`, with light from -150°).
fn offset(angle: f64, distance: f64) -> (i32, i32) {
    let (sin, cos) = angle.to_radians().sin_cos();
    (whole(cos * distance), whole(-sin * distance))
}

#[expect(clippy::cast_possible_truncation, reason = "clamped first; NaN becomes 0")]
fn whole(pixels: f64) -> i32 {
    fill::nearest(pixels).clamp(-FAR, FAR) as i32
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_is_as_far_as_it_is_in_whole_pixels() {
        let away = |angle, distance: f64| offset(angle, -distance);
        assert_eq!(away(120.0, 4.0), (2, 3));
        // Halves, of which the sine and the cosine fall short.
        assert_eq!(away(30.0, 1.0), (-1, 1));
        assert_eq!(away(120.0, 5.0), (3, 4));
        assert_eq!(away(-150.0, 7.0), (6, -4));
        assert_eq!(away(60.0, 3.0), (-2, 3));
        assert_eq!([f64::NAN, 0.0].map(|distance| away(90.0, distance)), [(0, 0); 2]);
        assert_eq!(away(90.0, f64::INFINITY).1, 30_000);
    }
}

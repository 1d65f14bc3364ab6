//! Effects out of a descriptor.
//!
//! Adobe Photoshop File Formats Specification, *Object-based effects layer info*. The keys were
//! checked against what Photoshop writes.

use marquetry_pixel::Point;

use super::{
    Bevel, BevelShape, BevelStyle, BevelTechnique, BevelTexture, ColorOverlay, Common, Contour, ContourPoint,
    Glow, GlowPaint, GlowSource, GlowTechnique, GradientOverlay, LayerEffects, Light, PatternFill,
    PatternName, PatternOverlay, Satin, Shade, Shadow, Stroke, StrokePaint, StrokePosition,
};
use crate::{
    Limits, PsdError, Section,
    color::Color,
    descriptor::{Descriptor, Key, Value},
    gradient::{Gradient, GradientFill, GradientMethod},
    reader::Reader,
};

/// Parses an `lfx2`, `lmfx` or `lfxs` block.
///
/// # Errors
/// [`PsdError`] when the descriptor is broken or passes a limit.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<LayerEffects, PsdError> {
    let mut reader = Reader::new(block, base, Section::Effects);
    reader.u32()?; // version of the block; 0 in all that was ever seen
    Ok(LayerEffects::from_descriptor(Descriptor::read_versioned(
        &mut reader,
        limits,
    )?))
}

impl LayerEffects {
    /// Reads the effects that `object` holds, and keeps it.
    pub fn from_descriptor(object: Descriptor) -> Self {
        Self {
            enabled: object.bool("masterFXSwitch").unwrap_or(true),
            scale: object.f64("Scl ").unwrap_or(100.0),
            drop_shadows: several(&object, "dropShadowMulti", "DrSh", shadow),
            inner_shadows: several(&object, "innerShadowMulti", "IrSh", shadow),
            outer_glow: object.object("OrGl").map(glow),
            inner_glow: object.object("IrGl").map(glow),
            bevel: object.object("ebbl").map(bevel),
            satin: object.object("ChFX").map(satin),
            color_overlays: several(&object, "solidFillMulti", "SoFi", color_overlay),
            gradient_overlays: several(&object, "gradientFillMulti", "GrFl", |effect| GradientOverlay {
                common: common(effect),
                fill: GradientFill::from_descriptor(effect),
            }),
            pattern_overlay: object.object("patternFill").map(|effect| PatternOverlay {
                common: common(effect),
                fill: PatternFill::from_descriptor(effect),
            }),
            strokes: several(&object, "frameFXMulti", "FrFX", stroke),
            descriptor: Some(object),
        }
    }
}

/// Effects that repeat are in a list; a single one may stand by itself under its older key.
fn several<T>(object: &Descriptor, many: &str, one: &str, read: fn(&Descriptor) -> T) -> Vec<T> {
    let listed: Vec<T> = object
        .list(many)
        .iter()
        .filter_map(Value::as_object)
        .map(read)
        .collect();
    if listed.is_empty() {
        object.object(one).map(read).into_iter().collect()
    } else {
        listed
    }
}

fn common(effect: &Descriptor) -> Common {
    Common {
        enabled: effect.bool("enab").unwrap_or(true),
        present: effect.bool("present").unwrap_or(true),
        blend: blend(effect, "Md  "),
        opacity: share(effect, "Opct"),
    }
}

/// Per cent to a share of one.
fn share(effect: &Descriptor, key: &str) -> f64 {
    effect.f64(key).unwrap_or(100.0) / 100.0
}

fn blend(effect: &Descriptor, key: &str) -> Option<marquetry_pixel::BlendMode> {
    match effect.enumeration(key) {
        Some(name) => name.blend_mode(),
        None => Some(marquetry_pixel::BlendMode::Normal),
    }
}

fn number(effect: &Descriptor, key: &str) -> f64 {
    effect.f64(key).unwrap_or(0.0)
}

fn color(effect: &Descriptor, key: &str) -> Option<Color> {
    effect.object(key).and_then(Color::from_descriptor)
}

fn light(effect: &Descriptor) -> Light {
    Light {
        angle: number(effect, "lagl"),
        global: effect.bool("uglg").unwrap_or(false),
    }
}

fn contour(effect: &Descriptor, key: &str) -> Option<Contour> {
    effect.object(key).map(Contour::from_descriptor)
}

impl Contour {
    /// Reads a `ShpC` object.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        let point = |point: &Descriptor| ContourPoint {
            x: number(point, "Hrzn"),
            y: number(point, "Vrtc"),
            corner: !point.bool("Cnty").unwrap_or(true),
        };
        Self {
            name: object.text("Nm  ").unwrap_or_default().to_owned(),
            points: object
                .list("Crv ")
                .iter()
                .filter_map(Value::as_object)
                .map(point)
                .collect(),
        }
    }
}

fn shadow(effect: &Descriptor) -> Shadow {
    Shadow {
        common: common(effect),
        color: color(effect, "Clr "),
        light: light(effect),
        distance: number(effect, "Dstn"),
        choke: number(effect, "Ckmt"),
        size: number(effect, "blur"),
        noise: number(effect, "Nose"),
        contour: contour(effect, "TrnS"),
        anti_alias: effect.bool("AntA").unwrap_or(false),
        layer_conceals: effect.bool("layerConceals").unwrap_or(true),
    }
}

fn glow(effect: &Descriptor) -> Glow {
    let paint = match effect.object("Grad") {
        Some(gradient) => {
            let method = effect
                .enumeration("gs99")
                .or(effect.enumeration("gradientsInterpolationMethod"));
            GlowPaint::Gradient(
                Gradient::from_descriptor(gradient),
                method.map(GradientMethod::from_key).unwrap_or_default(),
            )
        }
        None => GlowPaint::Color(color(effect, "Clr ")),
    };
    Glow {
        common: common(effect),
        paint,
        technique: match effect.enumeration("GlwT") {
            Some(name) if *name == *"PrBL" => GlowTechnique::Precise,
            _ => GlowTechnique::Softer,
        },
        source: match effect.enumeration("glwS") {
            Some(name) if *name == *"SrcC" => GlowSource::Center,
            _ => GlowSource::Edge,
        },
        choke: number(effect, "Ckmt"),
        size: number(effect, "blur"),
        noise: number(effect, "Nose"),
        jitter: number(effect, "ShdN"),
        range: effect.f64("Inpr").unwrap_or(50.0),
        contour: contour(effect, "TrnS"),
        anti_alias: effect.bool("AntA").unwrap_or(false),
    }
}

fn bevel(effect: &Descriptor) -> Bevel {
    let shade = |mode, tint, amount| Shade {
        blend: blend(effect, mode),
        color: color(effect, tint),
        opacity: share(effect, amount),
    };
    Bevel {
        enabled: effect.bool("enab").unwrap_or(true),
        present: effect.bool("present").unwrap_or(true),
        style: match effect.enumeration("bvlS").map(Key::as_bytes) {
            Some(b"OtrB") => BevelStyle::Outer,
            Some(b"Embs") => BevelStyle::Emboss,
            Some(b"PlEb") => BevelStyle::Pillow,
            Some(b"strokeEmboss") => BevelStyle::Stroke,
            _ => BevelStyle::Inner,
        },
        technique: match effect.enumeration("bvlT").map(Key::as_bytes) {
            Some(b"PrBL") => BevelTechnique::ChiselHard,
            Some(b"Slmt") => BevelTechnique::ChiselSoft,
            _ => BevelTechnique::Smooth,
        },
        depth: effect.f64("srgR").unwrap_or(100.0),
        up: effect.enumeration("bvlD").is_none_or(|name| *name != *"Out "),
        size: number(effect, "blur"),
        soften: number(effect, "Sftn"),
        light: light(effect),
        altitude: number(effect, "Lald"),
        gloss: contour(effect, "TrnS"),
        gloss_anti_alias: effect.bool("antialiasGloss").unwrap_or(false),
        highlight: shade("hglM", "hglC", "hglO"),
        shadow: shade("sdwM", "sdwC", "sdwO"),
        shape: effect.bool("useShape").unwrap_or(false).then(|| BevelShape {
            contour: contour(effect, "MpgS"),
            anti_alias: effect.bool("AntA").unwrap_or(false),
            range: effect.f64("Inpr").unwrap_or(100.0),
        }),
        texture: effect.bool("useTexture").unwrap_or(false).then(|| BevelTexture {
            pattern: effect.object("Ptrn").map(PatternName::from_descriptor),
            invert: effect.bool("InvT").unwrap_or(false),
            align: effect.bool("Algn").unwrap_or(true),
            scale: effect.f64("Scl ").unwrap_or(100.0),
            depth: effect.f64("textureDepth").unwrap_or(100.0),
            phase: phase(effect),
        }),
    }
}

fn satin(effect: &Descriptor) -> Satin {
    Satin {
        common: common(effect),
        color: color(effect, "Clr "),
        angle: number(effect, "lagl"),
        distance: number(effect, "Dstn"),
        size: number(effect, "blur"),
        contour: contour(effect, "MpgS"),
        anti_alias: effect.bool("AntA").unwrap_or(false),
        invert: effect.bool("Invr").unwrap_or(false),
    }
}

fn color_overlay(effect: &Descriptor) -> ColorOverlay {
    ColorOverlay {
        common: common(effect),
        color: color(effect, "Clr "),
    }
}

fn stroke(effect: &Descriptor) -> Stroke {
    Stroke {
        common: common(effect),
        position: match effect.enumeration("Styl").map(Key::as_bytes) {
            Some(b"InsF") => StrokePosition::Inside,
            Some(b"CtrF") => StrokePosition::Center,
            _ => StrokePosition::Outside,
        },
        size: number(effect, "Sz  "),
        paint: match effect.enumeration("PntT") {
            Some(name) if *name == *"GrFl" => StrokePaint::Gradient(GradientFill::from_descriptor(effect)),
            Some(name) if *name == *"Ptrn" => StrokePaint::Pattern(PatternFill::from_descriptor(effect)),
            Some(name) if *name != *"SClr" => StrokePaint::Other(name.clone()),
            _ => StrokePaint::Color(color(effect, "Clr ")),
        },
        overprint: effect.bool("overprint").unwrap_or(false),
    }
}

impl PatternName {
    /// Reads a `Ptrn` object.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        Self {
            name: object.text("Nm  ").unwrap_or_default().to_owned(),
            id: object.text("Idnt").unwrap_or_default().to_owned(),
        }
    }
}

impl PatternFill {
    /// Reads the keys of a pattern fill from the object that holds them.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        Self {
            pattern: object.object("Ptrn").map(PatternName::from_descriptor),
            scale: object.f64("Scl ").unwrap_or(100.0),
            angle: number(object, "Angl"),
            // Overlays and strokes say `Algn`, fill layers `Lnkd`.
            align: object.bool("Algn").or(object.bool("Lnkd")).unwrap_or(true),
            phase: phase(object),
        }
    }
}

fn phase(object: &Descriptor) -> Point {
    let phase = object.object("phase");
    let along = |key| phase.and_then(|phase| phase.f64(key)).unwrap_or(0.0);
    Point::new(along("Hrzn"), along("Vrtc"))
}

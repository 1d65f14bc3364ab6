//! Effects in the binary form of Photoshop 5, which newer versions still write beside the other.
//!
//! Adobe Photoshop File Formats Specification, *Effects Layer (Photoshop 5.0)*.

use marquetry_pixel::BlendMode;

use super::{
    Bevel, BevelStyle, BevelTechnique, ColorOverlay, Common, Glow, GlowPaint, GlowSource, GlowTechnique,
    LayerEffects, Light, Shade, Shadow,
};
use crate::{Limits, PsdError, Section, color::Color, key, reader::Reader};

/// Parses an `lrFX` block. Effects of an unknown kind are left out.
///
/// # Errors
/// [`PsdError`] when the bytes are cut short or an effect lacks its signature.
pub fn parse_legacy(block: &[u8], base: u64, _limits: &Limits) -> Result<LayerEffects, PsdError> {
    let mut reader = Reader::new(block, base, Section::Effects);
    reader.u16()?; // version, always 0
    let count = reader.u16()?;
    let mut effects = LayerEffects {
        enabled: true,
        scale: 100.0,
        ..LayerEffects::default()
    };
    for _ in 0..count {
        let before = reader.clone();
        if reader.array()? != *b"8BIM" {
            return Err(before.malformed("effect without its signature"));
        }
        let kind = reader.array::<4>()?;
        let length = reader.u32()?;
        let mut inner = reader.sub(u64::from(length))?;
        match &kind {
            b"cmnS" => {
                inner.u32()?; // version, always 0
                effects.enabled = inner.u8()? != 0;
            }
            b"dsdw" => effects.drop_shadows.push(shadow(&mut inner)?),
            b"isdw" => effects.inner_shadows.push(shadow(&mut inner)?),
            b"oglw" => effects.outer_glow = Some(glow(&mut inner, GlowSide::Outer)?),
            b"iglw" => effects.inner_glow = Some(glow(&mut inner, GlowSide::Inner)?),
            b"bevl" => effects.bevel = Some(bevel(&mut inner)?),
            b"sofi" => effects.color_overlays.push(overlay(&mut inner)?),
            _ => {}
        }
    }
    Ok(effects)
}

/// A 16.16 fixed point number.
fn fixed(reader: &mut Reader<'_>) -> Result<f64, PsdError> {
    Ok(f64::from(reader.i32()?) / 65536.0)
}

/// `8BIM` and a key as in layer records.
fn blend(reader: &mut Reader<'_>) -> Result<Option<BlendMode>, PsdError> {
    reader.array::<4>()?;
    Ok(key::BlendKey(key::Key(reader.array()?)).mode())
}

fn share(reader: &mut Reader<'_>) -> Result<f64, PsdError> {
    Ok(f64::from(reader.u8()?) / 255.0)
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, PsdError> {
    Ok(reader.u8()? != 0)
}

/// Version 2 repeats the colour in the document's own space; it is the better one.
fn native(reader: &mut Reader<'_>, version: u32, color: Option<Color>) -> Result<Option<Color>, PsdError> {
    if version < 2 || reader.remaining() < 10 {
        return Ok(color);
    }
    Ok(Color::read(reader)?.or(color))
}

fn common(enabled: bool, blend: Option<BlendMode>, opacity: f64) -> Common {
    Common {
        enabled,
        present: true,
        blend,
        opacity,
    }
}

fn shadow(reader: &mut Reader<'_>) -> Result<Shadow, PsdError> {
    let version = reader.u32()?;
    let size = fixed(reader)?;
    let choke = fixed(reader)?;
    let angle = fixed(reader)?;
    let distance = fixed(reader)?;
    let color = Color::read(reader)?;
    let blend = blend(reader)?;
    let enabled = flag(reader)?;
    let global = flag(reader)?;
    let opacity = share(reader)?;
    Ok(Shadow {
        common: common(enabled, blend, opacity),
        color: native(reader, version, color)?,
        light: Light { angle, global },
        distance,
        choke,
        size,
        noise: 0.0,
        contour: None,
        anti_alias: false,
        layer_conceals: true,
    })
}

#[derive(PartialEq)]
enum GlowSide {
    Outer,
    Inner,
}

fn glow(reader: &mut Reader<'_>, side: GlowSide) -> Result<Glow, PsdError> {
    let version = reader.u32()?;
    let size = fixed(reader)?;
    let choke = fixed(reader)?;
    let color = Color::read(reader)?;
    let blend = blend(reader)?;
    let enabled = flag(reader)?;
    let opacity = share(reader)?;
    // An inverted inner glow starts in the centre.
    let inverted = side == GlowSide::Inner && version >= 2 && flag(reader)?;
    Ok(Glow {
        common: common(enabled, blend, opacity),
        paint: GlowPaint::Color(native(reader, version, color)?),
        technique: GlowTechnique::Softer,
        source: if inverted {
            GlowSource::Center
        } else {
            GlowSource::Edge
        },
        choke,
        size,
        noise: 0.0,
        jitter: 0.0,
        range: 50.0,
        contour: None,
        anti_alias: false,
    })
}

fn bevel(reader: &mut Reader<'_>) -> Result<Bevel, PsdError> {
    let version = reader.u32()?;
    let angle = fixed(reader)?;
    let depth = fixed(reader)?;
    let size = fixed(reader)?;
    let highlight_blend = blend(reader)?;
    let shadow_blend = blend(reader)?;
    let highlight_color = Color::read(reader)?;
    let shadow_color = Color::read(reader)?;
    let style = reader.u8()?;
    let highlight_opacity = share(reader)?;
    let shadow_opacity = share(reader)?;
    let enabled = flag(reader)?;
    let global = flag(reader)?;
    let down = flag(reader)?;
    let shade = |blend, color, opacity| Shade {
        blend,
        color,
        opacity,
    };
    Ok(Bevel {
        enabled,
        present: true,
        style: match style {
            1 => BevelStyle::Outer,
            3 => BevelStyle::Emboss,
            4 => BevelStyle::Pillow,
            5 => BevelStyle::Stroke,
            _ => BevelStyle::Inner,
        },
        technique: BevelTechnique::Smooth,
        depth,
        up: !down,
        size,
        soften: 0.0,
        light: Light { angle, global },
        altitude: 30.0,
        gloss: None,
        gloss_anti_alias: false,
        highlight: shade(
            highlight_blend,
            native(reader, version, highlight_color)?,
            highlight_opacity,
        ),
        shadow: shade(
            shadow_blend,
            native(reader, version, shadow_color)?,
            shadow_opacity,
        ),
        shape: None,
        texture: None,
    })
}

fn overlay(reader: &mut Reader<'_>) -> Result<ColorOverlay, PsdError> {
    let version = reader.u32()?;
    let blend = blend(reader)?;
    let color = Color::read(reader)?;
    let opacity = share(reader)?;
    let enabled = flag(reader)?;
    Ok(ColorOverlay {
        common: common(enabled, blend, opacity),
        color: native(reader, version, color)?,
    })
}

//! Adjustments that look colours up: gradient maps and lookup tables.

use crate::{
    Limits, PsdError,
    color::Color,
    descriptor::{Descriptor, Key},
    gradient::{
        ColorStop, Gradient, GradientColors, GradientMethod, GradientNoise, StopColor, TransparencyStop,
    },
    reader::Reader,
};

/// A gradient map: grey becomes a place on a gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientMap {
    /// Whether it runs backwards.
    pub reverse: bool,
    /// Whether it is dithered.
    pub dither: bool,
    /// How colours are mixed.
    pub method: GradientMethod,
    /// The gradient.
    pub gradient: Gradient,
}

/// *Gradient map*: the block stores stops and noise settings and says which of them hold.
pub(super) fn gradient_map(reader: &mut Reader<'_>) -> Result<GradientMap, PsdError> {
    let version = super::version(reader, 1..=3)?;
    let reverse = reader.u8()? != 0;
    let dither = reader.u8()? != 0;
    let method = match version {
        3 => GradientMethod::from_key(&Key::Code(reader.array()?)),
        _ => GradientMethod::Classic,
    };
    let name = reader.unicode()?;
    // Every stop takes bytes, so a false count runs out of them.
    let mut stops = Vec::new();
    for _ in 0..reader.u16()? {
        let location = f64::from(reader.u32()?) / 4096.0;
        let midpoint = f64::from(reader.u32()?) / 100.0;
        let color = Color::read(reader)?;
        let color = match reader.u16()? {
            1 => StopColor::Foreground,
            2 => StopColor::Background,
            _ => StopColor::Own(color),
        };
        stops.push(ColorStop {
            location,
            midpoint,
            color,
        });
    }
    let mut transparency = Vec::new();
    for _ in 0..reader.u16()? {
        let location = f64::from(reader.u32()?) / 4096.0;
        let midpoint = f64::from(reader.u32()?) / 100.0;
        transparency.push(TransparencyStop {
            location,
            midpoint,
            opacity: f64::from(reader.u16()?) / 255.0,
        });
    }
    reader.u16()?; // how many fields follow in units of their own, 2
    let smoothness = f64::from(reader.u16()?) / 4096.0;
    reader.u16()?; // bytes that follow, 32
    let colors = if reader.u16()? == 0 {
        GradientColors::Solid {
            smoothness,
            stops,
            transparency,
        }
    } else {
        GradientColors::Noise(noise(reader)?)
    };
    Ok(GradientMap {
        reverse,
        dither,
        method,
        gradient: Gradient { name, colors },
    })
}

fn noise(reader: &mut Reader<'_>) -> Result<GradientNoise, PsdError> {
    let seed = i64::from(reader.u32()?);
    let transparency = reader.u16()? != 0;
    let restrict_colors = reader.u16()? != 0;
    let roughness = f64::from(reader.u32()?) / 4096.0;
    let model = match reader.u16()? {
        4 => Key::Code(*b"HSBC"),
        6 => Key::Code(*b"LbCl"),
        _ => Key::Code(*b"RGBC"),
    };
    let mut four = || -> Result<Vec<f64>, PsdError> {
        (0..4)
            .map(|_| Ok(f64::from(reader.u16()?) / 32768.0 * 100.0))
            .collect()
    };
    Ok(GradientNoise {
        seed,
        transparency,
        restrict_colors,
        model,
        roughness,
        minimum: four()?,
        maximum: four()?,
    })
}

/// A colour lookup: a table from a file, or a device profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorLookup {
    /// `3DLUT`, `abstractProfile` or `deviceLinkProfile`.
    pub kind: Option<Key>,
    /// Name as shown.
    pub name: String,
    /// Whether it is dithered.
    pub dither: bool,
    /// Form of the table's file, as in `LUTFormatCUBE`.
    pub format: Option<Key>,
    /// Order of the channels in the table, as in `rgbOrder`.
    pub data_order: Option<Key>,
    /// Order of the table's axes, as in `bgrOrder`.
    pub table_order: Option<Key>,
    /// The file of the table.
    pub table: Option<Vec<u8>>,
    /// An ICC profile that does the same.
    pub profile: Option<Vec<u8>>,
}

pub(super) fn lookup(reader: &mut Reader<'_>, limits: &Limits) -> Result<ColorLookup, PsdError> {
    super::version(reader, 1..=1)?;
    let object = Descriptor::read_versioned(reader, limits)?;
    let choice = |key| object.enumeration(key).cloned();
    let bytes = |key| object.raw(key).map(<[u8]>::to_vec);
    Ok(ColorLookup {
        kind: choice("lookupType"),
        name: object.text("Nm  ").unwrap_or_default().to_owned(),
        dither: object.bool("Dthr").unwrap_or(true),
        format: choice("LUTFormat"),
        data_order: choice("dataOrder"),
        table_order: choice("tableOrder"),
        table: bytes("LUT3DFileData"),
        profile: bytes("profile"),
    })
}

//! Adjustments of colour: hue, balance, black and white, photo filter, mixer, selective colour.

use super::Adjustment;
use crate::{Limits, PsdError, color::Color, descriptor::Descriptor, reader::Reader};

/// Changes of hue, saturation and lightness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Hue in degrees, -180 to 180 (colorize: 0 to 360).
    pub hue: i16,
    /// Saturation, -100 to 100 (colorize: 0 to 100).
    pub saturation: i16,
    /// Lightness, -100 to 100.
    pub lightness: i16,
}

/// Hue and saturation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HueSaturation {
    /// Whether everything gets one hue: then `colorization` holds and the rest does not.
    pub colorize: bool,
    /// The one hue.
    pub colorization: Shift,
    /// Changes of all colours.
    pub master: Shift,
    /// Changes of reds, yellows, greens, cyans, blues and magentas.
    pub ranges: [HueRange; 6],
}

/// Changes of one range of hues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HueRange {
    /// The range in degrees: where it begins, is full, begins to end, has ended.
    pub limits: [i16; 4],
    /// The changes.
    pub shift: Shift,
}

fn shift(reader: &mut Reader<'_>) -> Result<Shift, PsdError> {
    Ok(Shift {
        hue: reader.i16()?,
        saturation: reader.i16()?,
        lightness: reader.i16()?,
    })
}

pub(super) fn hue_saturation(reader: &mut Reader<'_>) -> Result<HueSaturation, PsdError> {
    // Version 1, of Photoshop 4 and older, has another layout that nobody writes.
    super::version(reader, 2..=2)?;
    let colorize = reader.u8()? != 0;
    reader.u8()?;
    let mut found = HueSaturation {
        colorize,
        colorization: shift(reader)?,
        master: shift(reader)?,
        ranges: [HueRange::default(); 6],
    };
    for range in &mut found.ranges {
        for limit in &mut range.limits {
            *limit = reader.i16()?;
        }
        range.shift = shift(reader)?;
    }
    Ok(found)
}

pub(super) fn vibrance(reader: &mut Reader<'_>, limits: &Limits) -> Result<Adjustment, PsdError> {
    let object = Descriptor::read_versioned(reader, limits)?;
    Ok(Adjustment::Vibrance {
        vibrance: object.i32("vibrance").unwrap_or(0),
        saturation: object.i32("Strt").unwrap_or(0),
    })
}

/// Colour balance: cyan to red, magenta to green, yellow to blue, -100 to 100 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorBalance {
    /// In the dark.
    pub shadows: [i16; 3],
    /// In between.
    pub midtones: [i16; 3],
    /// In the light.
    pub highlights: [i16; 3],
    /// Whether luminosity stays as it is.
    pub preserve_luminosity: bool,
}

pub(super) fn balance(reader: &mut Reader<'_>) -> Result<ColorBalance, PsdError> {
    let mut three = || Ok::<_, PsdError>([reader.i16()?, reader.i16()?, reader.i16()?]);
    let (shadows, midtones, highlights) = (three()?, three()?, three()?);
    Ok(ColorBalance {
        shadows,
        midtones,
        highlights,
        preserve_luminosity: reader.u8()? != 0,
    })
}

/// Black and white.
#[derive(Clone, Debug, PartialEq)]
pub struct BlackAndWhite {
    /// Weights of reds, yellows, greens, cyans, blues and magentas, -200 to 300 per cent.
    pub weights: [i32; 6],
    /// Whether the result is tinted.
    pub tint: bool,
    /// With which colour.
    pub tint_color: Option<Color>,
}

pub(super) fn black_and_white(reader: &mut Reader<'_>, limits: &Limits) -> Result<BlackAndWhite, PsdError> {
    let object = Descriptor::read_versioned(reader, limits)?;
    let weight = |key, usual| object.i32(key).unwrap_or(usual);
    Ok(BlackAndWhite {
        weights: [
            weight("Rd  ", 40),
            weight("Yllw", 60),
            weight("Grn ", 40),
            weight("Cyn ", 60),
            weight("Bl  ", 20),
            weight("Mgnt", 80),
        ],
        tint: object.bool("useTint").unwrap_or(false),
        tint_color: object.object("tintColor").and_then(Color::from_descriptor),
    })
}

/// Photo filter.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoFilter {
    /// The filter's colour.
    pub color: FilterColor,
    /// Density, 1 to 100 per cent.
    pub density: u32,
    /// Whether luminosity stays as it is.
    pub preserve_luminosity: bool,
}

/// The two forms of a photo filter's colour.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterColor {
    /// Version 2: a colour of some space. `None` when the space is unknown.
    Space(Option<Color>),
    /// Version 3: CIE XYZ, 1.0 being white.
    Xyz([f64; 3]),
}

pub(super) fn photo_filter(reader: &mut Reader<'_>) -> Result<PhotoFilter, PsdError> {
    let color = if super::version(reader, 2..=3)? == 3 {
        let mut part = || Ok::<_, PsdError>(f64::from(reader.i32()?) / 65536.0);
        FilterColor::Xyz([part()?, part()?, part()?])
    } else {
        FilterColor::Space(Color::read(reader)?)
    };
    Ok(PhotoFilter {
        color,
        density: reader.u32()?,
        preserve_luminosity: reader.u8()? != 0,
    })
}

/// One row of a channel mixer: how much of each source a channel takes, -200 to 200 per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixerChannel {
    /// Red, green, blue (or the four inks).
    pub sources: [i16; 4],
    /// A constant.
    pub constant: i16,
}

pub(super) fn mixer(reader: &mut Reader<'_>) -> Result<Adjustment, PsdError> {
    super::version(reader, 1..=1)?;
    let monochrome = reader.u16()? != 0;
    let mut rows = Vec::new();
    while rows.len() < 4 && reader.remaining() >= 10 {
        let sources = [reader.i16()?, reader.i16()?, reader.i16()?, reader.i16()?];
        rows.push(MixerChannel {
            sources,
            constant: reader.i16()?,
        });
    }
    if rows.is_empty() {
        Err(reader.truncated())
    } else {
        Ok(Adjustment::ChannelMixer { monochrome, rows })
    }
}

/// Selective colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectiveColor {
    /// What the per cents are of.
    pub method: SelectiveMethod,
    /// Changes of cyan, magenta, yellow and black, -100 to 100 per cent, in reds, yellows, greens,
    /// cyans, blues, magentas, whites, neutrals and blacks.
    pub ranges: [[i16; 4]; 9],
}

/// What the per cents of a selective colour are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectiveMethod {
    /// Of the ink that is there.
    Relative,
    /// Of full ink.
    Absolute,
}

pub(super) fn selective(reader: &mut Reader<'_>) -> Result<SelectiveColor, PsdError> {
    super::version(reader, 1..=1)?;
    let method = if reader.u16()? == 0 {
        SelectiveMethod::Relative
    } else {
        SelectiveMethod::Absolute
    };
    let mut ranges = [[0; 4]; 9];
    reader.u64()?; // the first of ten is not used
    for ink in ranges.iter_mut().flatten() {
        *ink = reader.i16()?;
    }
    Ok(SelectiveColor { method, ranges })
}

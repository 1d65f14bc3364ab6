//! Adjustment layers: their settings as plain values, in the units of Photoshop's panels.
//!
//! Adobe Photoshop File Formats Specification, *Adjustment layer* and the load files it refers to.

mod color;
mod map;
mod tone;

pub use color::{
    BlackAndWhite, ColorBalance, FilterColor, HueRange, HueSaturation, MixerChannel, PhotoFilter,
    SelectiveColor, SelectiveMethod, Shift,
};
pub use map::{ColorLookup, GradientMap};
pub use tone::{BrightnessContrast, Curve, CurvePoint, CurveShape, Curves, Exposure, Levels, LevelsChannel};

use crate::{Limits, PsdError, Section, reader::Reader};

/// What an adjustment layer does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Adjustment {
    /// `brit` and `CgEd`.
    BrightnessContrast(BrightnessContrast),
    /// `levl`.
    Levels(Levels),
    /// `curv`.
    Curves(Curves),
    /// `expA`.
    Exposure(Exposure),
    /// `vibA`.
    Vibrance {
        /// Vibrance, -100 to 100.
        vibrance: i32,
        /// Saturation, -100 to 100.
        saturation: i32,
    },
    /// `hue2`, `hue `.
    HueSaturation(HueSaturation),
    /// `blnc`.
    ColorBalance(ColorBalance),
    /// `blwh`.
    BlackAndWhite(BlackAndWhite),
    /// `phfl`.
    PhotoFilter(PhotoFilter),
    /// `mixr`.
    ChannelMixer {
        /// Whether the result is grey: then only the first row counts.
        monochrome: bool,
        /// One row for each channel that is made.
        rows: Vec<MixerChannel>,
    },
    /// `clrL`.
    ColorLookup(ColorLookup),
    /// `nvrt`.
    Invert,
    /// `post`.
    Posterize {
        /// Levels of each channel, 2 to 255.
        levels: u16,
    },
    /// `thrs`.
    Threshold {
        /// From here on white, 1 to 255.
        level: u16,
    },
    /// `grdm`.
    GradientMap(GradientMap),
    /// `selc`.
    SelectiveColor(SelectiveColor),
}

/// Every key that [`parse`] understands, newer forms first.
pub const KEYS: [[u8; 4]; 18] = [
    *b"CgEd", *b"brit", *b"levl", *b"curv", *b"expA", *b"vibA", *b"hue2", *b"hue ", *b"blnc", *b"blwh",
    *b"phfl", *b"mixr", *b"clrL", *b"nvrt", *b"post", *b"thrs", *b"grdm", *b"selc",
];

/// Parses the block of an adjustment layer, whose key says what it is.
///
/// `None` for a key of no adjustment, and for a `CgEd` block that only names a preset. Where a layer
/// has both `brit` and a `CgEd` with values, the latter is the newer and holds.
///
/// # Errors
/// [`PsdError`] when the bytes are cut short, of an unknown version or hold a broken descriptor.
pub fn parse(key: [u8; 4], block: &[u8], base: u64, limits: &Limits) -> Result<Option<Adjustment>, PsdError> {
    let mut reader = Reader::new(block, base, Section::Adjustment);
    let reader = &mut reader;
    Ok(Some(match &key {
        b"brit" => Adjustment::BrightnessContrast(tone::brightness(reader)?),
        b"CgEd" => return Ok(tone::generated(reader, limits)?.map(Adjustment::BrightnessContrast)),
        b"levl" => Adjustment::Levels(tone::levels(reader)?),
        b"curv" => Adjustment::Curves(tone::curves(reader)?),
        b"expA" => Adjustment::Exposure(tone::exposure(reader)?),
        b"vibA" => color::vibrance(reader, limits)?,
        b"hue2" | b"hue " => Adjustment::HueSaturation(color::hue_saturation(reader)?),
        b"blnc" => Adjustment::ColorBalance(color::balance(reader)?),
        b"blwh" => Adjustment::BlackAndWhite(color::black_and_white(reader, limits)?),
        b"phfl" => Adjustment::PhotoFilter(color::photo_filter(reader)?),
        b"mixr" => color::mixer(reader)?,
        b"clrL" => Adjustment::ColorLookup(map::lookup(reader, limits)?),
        b"nvrt" => Adjustment::Invert,
        b"post" => Adjustment::Posterize {
            levels: reader.u16()?,
        },
        b"thrs" => Adjustment::Threshold { level: reader.u16()? },
        b"grdm" => Adjustment::GradientMap(map::gradient_map(reader)?),
        b"selc" => Adjustment::SelectiveColor(color::selective(reader)?),
        _ => return Ok(None),
    }))
}

/// Reads a version and refuses those that mean something else.
fn version(reader: &mut Reader<'_>, known: std::ops::RangeInclusive<u16>) -> Result<u16, PsdError> {
    let unknown = reader.malformed("adjustment of an unknown version");
    let version = reader.u16()?;
    if known.contains(&version) {
        Ok(version)
    } else {
        Err(unknown)
    }
}

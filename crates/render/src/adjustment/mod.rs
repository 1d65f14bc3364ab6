//! Adjustment layers: what the file says to what `compose` draws.
//!
//! The formulas are Photoshop's own as far as its pictures show them. Each was fitted to pairs of
//! colours below and above an adjustment layer in files that Photoshop saved.

mod bright;
mod colour;
mod cube_file;
mod link;
mod lookup;
mod tone;

use marquetry_compose::Adjustment;
use marquetry_psd::adjustment::{self as stored, Adjustment as Stored};
use marquetry_psd::filter::SmartFilter;
use marquetry_psd::{ColorMode, Layer, Limits};

use crate::open::OpenMockup;
use crate::space::Plate;

/// What an adjustment layer does to the colours below it on one plate. `None` when that cannot be read
/// or is not drawn.
///
/// Inks are taken as they are stored, 255 being none, which is exact for tables of single channels.
/// What looks at three channels at once takes cyan, magenta and yellow for red, green and blue.
pub(crate) fn of(layer: Layer<'_>, plate: Plate, limits: &Limits) -> Option<Adjustment> {
    let stored = layer.adjustment(limits).ok()??;
    resolved(&stored, layer.document().header().color_mode, plate)
}

/// What a smart filter does that is an adjustment. `None` for all others.
pub(crate) fn of_filter(filter: &SmartFilter, mockup: &OpenMockup) -> Option<Adjustment> {
    let stored = stored::of_filter(filter)?;
    resolved(&stored, mockup.document.header().color_mode, mockup.plate)
}

fn resolved(stored: &Stored, mode: ColorMode, plate: Plate) -> Option<Adjustment> {
    let records = records(mode, plate);
    Some(match stored {
        Stored::BrightnessContrast(change) => Adjustment::tone(bright::brightness_contrast(change)),
        Stored::Levels(levels) => tone::channels(records, |record| tone::levels(levels, record)),
        Stored::Curves(curves) => tone::channels(records, |record| tone::curve(curves, record)),
        Stored::Exposure(exposure) => Adjustment::tone(tone::exposure(exposure, gamma(mode))),
        Stored::Vibrance { vibrance, saturation } => colour::vibrance(*vibrance, *saturation),
        Stored::HueSaturation(change) => colour::hue_saturation(change),
        Stored::ColorBalance(balance) => tone::balance(balance),
        Stored::BlackAndWhite(change) => colour::black_and_white(change),
        Stored::PhotoFilter(filter) => colour::photo_filter(filter)?,
        Stored::ChannelMixer { monochrome, rows } => colour::mixer(*monochrome, rows),
        Stored::ColorLookup(table) => Adjustment::Cube(lookup::cube(table)?),
        Stored::Invert => Adjustment::tone(tone::table(|value| 255.0 - value)),
        Stored::Posterize { levels } => Adjustment::Posterize(u8::try_from(*levels).unwrap_or(u8::MAX)),
        Stored::Threshold { level } => Adjustment::Luminosity(Box::new(tone::threshold(*level))),
        Stored::GradientMap(map) => Adjustment::Luminosity(lookup::gradient(map)?),
        Stored::SelectiveColor(change) => colour::selective(change),
        _ => return None,
    })
}

/// Which records of levels and curves hold for the three channels that are drawn; record 0 holds for
/// all of them.
fn records(mode: ColorMode, plate: Plate) -> [u16; 3] {
    match mode {
        _ if plate == Plate::Black => [4; 3],
        ColorMode::Grayscale | ColorMode::Duotone | ColorMode::Bitmap => [1; 3],
        _ => [1, 2, 3],
    }
}

/// What Photoshop takes for the gamma of a document's values where an adjustment wants light: sRGB
/// counts as 2.2 without its toe; the usual grey space of a dot gain of 20% comes near to 1.745.
fn gamma(mode: ColorMode) -> f64 {
    match mode {
        ColorMode::Grayscale | ColorMode::Duotone => 1.745,
        _ => 2.2,
    }
}

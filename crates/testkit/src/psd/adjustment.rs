//! Adjustment layers: the block of each kind, in the units of Photoshop's panels.
//!
//! Adobe Photoshop File Formats Specification, *Adjustment layer* and the load files it refers to.

use super::descriptor::{Descriptor, Value};
use crate::bytes::Ink;

/// A block: its key and its bytes, for [`Layer::block`](super::Layer::block).
pub type Adjustment = ([u8; 4], Vec<u8>);

/// Words of 16 bits one after the other.
fn words(ink: &mut Ink, values: &[i16]) {
    for value in values {
        ink.i16(*value);
    }
}

/// A block of a version and words.
fn block(key: &[u8; 4], version: u16, values: &[i16]) -> Adjustment {
    let mut ink = Ink::new();
    ink.u16(version);
    words(&mut ink, values);
    (*key, ink.into_bytes())
}

/// Inverts.
#[must_use]
pub fn invert() -> Adjustment {
    (*b"nvrt", Vec::new())
}

/// Keeps so many levels of each channel.
#[must_use]
pub fn posterize(levels: u16) -> Adjustment {
    (*b"post", [levels, 0].map(u16::to_be_bytes).concat())
}

/// White from this luminosity on, black below.
#[must_use]
pub fn threshold(level: u16) -> Adjustment {
    (*b"thrs", [level, 0].map(u16::to_be_bytes).concat())
}

/// Brightness and contrast; `legacy` is the older way, which clips.
#[must_use]
pub fn brightness_contrast(brightness: i32, contrast: i32, legacy: bool) -> Adjustment {
    let settings = Descriptor::new("null")
        .integer("Vrsn", 1)
        .integer("Brgh", brightness)
        .integer("Cntr", contrast)
        .integer("means", 127)
        .bool("Lab ", false)
        .bool("useLegacy", legacy);
    (*b"CgEd", settings.to_versioned_bytes())
}

/// Levels: black, white and gamma in hundredths of the input, black and white of the output; of all channels, then
/// of red, green and blue.
#[must_use]
pub fn levels(channels: [[i16; 5]; 4]) -> Adjustment {
    const STILL: [i16; 5] = [0, 255, 0, 255, 100];
    let all = (0..29).flat_map(|at| *channels.get(at).unwrap_or(&STILL));
    block(b"levl", 2, &all.collect::<Vec<_>>())
}

/// Curves by points of input and output, with their channel (0 is all together).
///
/// # Panics
/// When a curve has more points than a `u16` counts.
#[must_use]
pub fn curves(curves: &[(u16, &[[u16; 2]])]) -> Adjustment {
    let mut ink = Ink::new();
    let channels = curves.iter().fold(0, |bits, (channel, _)| bits | 1 << channel);
    ink.u8(0).u16(1).u32(channels);
    for (_, points) in curves {
        ink.u16(u16::try_from(points.len()).expect("few points"));
        for [input, output] in *points {
            ink.u16(*output).u16(*input);
        }
    }
    (*b"curv", ink.into_bytes())
}

/// Exposure in stops, offset and gamma.
#[must_use]
pub fn exposure(stops: f32, offset: f32, gamma: f32) -> Adjustment {
    let values = [stops, offset, gamma].map(f32::to_be_bytes).concat();
    (*b"expA", [&[0, 1], &values[..], &[0, 0]].concat())
}

/// Vibrance and saturation.
#[must_use]
pub fn vibrance(vibrance: i32, saturation: i32) -> Adjustment {
    let settings = Descriptor::new("null")
        .integer("vibrance", vibrance)
        .integer("Strt", saturation);
    (*b"vibA", settings.to_versioned_bytes())
}

/// Hue, saturation and lightness of everything, then of six ranges: four limits in degrees, then the three changes.
/// With `colorize` the three first are the colour that everything gets.
#[must_use]
pub fn hue_saturation(colorize: bool, master: [i16; 3], ranges: [[i16; 7]; 6]) -> Adjustment {
    let mut ink = Ink::new();
    ink.u16(2).u8(colorize.into()).u8(0);
    words(&mut ink, &master);
    words(&mut ink, &master);
    words(&mut ink, &ranges.concat());
    (*b"hue2", ink.into_bytes())
}

/// The six ranges of the dialog, unchanged.
pub const STILL_RANGES: [[i16; 7]; 6] = [
    [315, 345, 15, 45, 0, 0, 0],
    [15, 45, 75, 105, 0, 0, 0],
    [75, 105, 135, 165, 0, 0, 0],
    [135, 165, 195, 225, 0, 0, 0],
    [195, 225, 255, 285, 0, 0, 0],
    [255, 285, 315, 345, 0, 0, 0],
];

/// Colour balance of shadows, midtones and highlights: towards red, green and blue.
#[must_use]
pub fn colour_balance(tones: [[i16; 3]; 3], keeps_luminosity: bool) -> Adjustment {
    let mut ink = Ink::new();
    words(&mut ink, &tones.concat());
    ink.u8(keeps_luminosity.into()).u8(0);
    (*b"blnc", ink.into_bytes())
}

/// Black and white by the weights of reds, yellows, greens, cyans, blues and magentas, perhaps tinted.
#[must_use]
pub fn black_and_white(weights: [i32; 6], tint: Option<[f64; 3]>) -> Adjustment {
    let keys = ["Rd  ", "Yllw", "Grn ", "Cyn ", "Bl  ", "Mgnt"];
    let settings = keys
        .into_iter()
        .zip(weights)
        .fold(Descriptor::new("null"), |all, (key, weight)| {
            all.integer(key, weight)
        })
        .bool("useTint", tint.is_some())
        .object(
            "tintColor",
            Descriptor::rgb(tint.unwrap_or([225.0, 211.0, 179.0])),
        );
    (*b"blwh", settings.to_versioned_bytes())
}

/// A photo filter of a colour at a density in per cent.
#[must_use]
pub fn photo_filter(rgb: [u8; 3], density: u32, keeps_luminosity: bool) -> Adjustment {
    let mut ink = Ink::new();
    ink.u16(2).u16(0);
    for sample in rgb {
        ink.u16(u16::from(sample) * 257);
    }
    ink.u16(0).u32(density).u8(keeps_luminosity.into()).u8(0);
    (*b"phfl", ink.into_bytes())
}

/// A channel mixer: for red, green and blue the shares of the three in per cent, none of a fourth, and a constant.
#[must_use]
pub fn channel_mixer(monochrome: bool, rows: [[i16; 5]; 3]) -> Adjustment {
    let mut values = vec![i16::from(monochrome)];
    values.extend(rows.concat());
    values.extend([0, 0, 0, 100, 0]);
    block(b"mixr", 1, &values)
}

/// Selective colour: changes of cyan, magenta, yellow and black in reds, yellows, greens, cyans, blues, magentas,
/// whites, neutrals and blacks, in per cent of full ink or of the ink that is there.
#[must_use]
pub fn selective_colour(absolute: bool, ranges: [[i16; 4]; 9]) -> Adjustment {
    let mut values = vec![i16::from(absolute)];
    values.extend([0; 4]);
    values.extend(ranges.concat());
    block(b"selc", 1, &values)
}

/// A gradient map through colours at places of `0.0..=1.0`.
///
/// # Panics
/// When there are more stops than a `u16` counts.
#[must_use]
pub fn gradient_map(reverse: bool, stops: &[(f64, [u8; 3])]) -> Adjustment {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places are within 0..=1"
    )]
    let place = |at: f64| (at * 4096.0).round() as u32;
    let mut ink = Ink::new();
    ink.u16(1).u8(reverse.into()).u8(0).unicode("Map");
    ink.u16(u16::try_from(stops.len()).expect("few stops"));
    for (at, rgb) in stops {
        ink.u32(place(*at)).u32(50).u16(0);
        for sample in rgb {
            ink.u16(u16::from(*sample) * 257);
        }
        ink.u16(0).u16(0);
    }
    // Opaque at both ends, then smoothness, a solid gradient, and the settings of noise that nobody asked for.
    ink.u16(2);
    for at in [0, 4096] {
        ink.u32(at).u32(50).u16(255);
    }
    ink.u16(2).u16(4096).u16(32).u16(0);
    ink.u32(0).u16(0).u16(0).u32(2048).u16(3);
    words(&mut ink, &[0; 4]);
    ink.raw(&[0x80, 0].repeat(4)).u16(0);
    (*b"grdm", ink.into_bytes())
}

/// A colour lookup by the text of a `.cube` file.
#[must_use]
pub fn colour_lookup(cube: &str) -> Adjustment {
    let settings = Descriptor::new("null")
        .enumerated("lookupType", "colorLookupType", "3DLUT")
        .text("Nm  ", "table.cube")
        .bool("Dthr", false)
        .enumerated("LUTFormat", "LUTFormatType", "LUTFormatCUBE")
        .enumerated("dataOrder", "colorLookupOrder", "rgbOrder")
        .enumerated("tableOrder", "colorLookupOrder", "bgrOrder")
        .with("LUT3DFileData", Value::Raw(cube.as_bytes().to_vec()));
    let mut ink = Ink::new();
    ink.u16(1).raw(&settings.to_versioned_bytes());
    (*b"clrL", ink.into_bytes())
}

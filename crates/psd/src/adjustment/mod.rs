//! Adjustment layers: their settings as plain values, in the units of Photoshop's panels.
//!
//! Adobe Photoshop File Formats Specification, *Adjustment layer* and the load files it refers to.

mod color;
mod command;
mod map;
mod tone;

pub use color::{
    BlackAndWhite, ColorBalance, FilterColor, HueRange, HueSaturation, MixerChannel, PhotoFilter,
    SelectiveColor, SelectiveMethod, Shift,
};
pub use command::of_filter;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{color::Color, gradient::GradientMethod, seed};

    fn read(key: [u8; 4]) -> Adjustment {
        parse(key, &seed::block(key), 0, &Limits::default())
            .unwrap()
            .unwrap()
    }

    #[test]
    fn tone_is_read() {
        let simple = |brightness, contrast, legacy| {
            let mean = 127;
            Adjustment::BrightnessContrast(BrightnessContrast {
                brightness,
                contrast,
                mean,
                lab: false,
                legacy,
            })
        };
        assert_eq!(read(*b"brit"), simple(19, -18, true));
        assert_eq!(read(*b"CgEd"), simple(22, -7, false));
        let Adjustment::Levels(levels) = read(*b"levl") else {
            panic!()
        };
        let black: Vec<_> = levels
            .channels
            .iter()
            .map(|channel| channel.input_black)
            .collect();
        assert_eq!((black.len(), black[0], black[29], black[30]), (31, 10, 1, 2));
        assert_eq!(levels.channels[0].gamma, 1.5);
        let Adjustment::Curves(curves) = read(*b"curv") else {
            panic!()
        };
        let points = [
            CurvePoint { input: 0, output: 0 },
            CurvePoint {
                input: 255,
                output: 200,
            },
        ];
        // The extension replaces the two curves before it.
        assert_eq!(
            curves.curves,
            [Curve {
                channel: 2,
                shape: CurveShape::Points(points.to_vec())
            }]
        );
        assert_eq!(
            read(*b"expA"),
            Adjustment::Exposure(Exposure {
                exposure: -2.0,
                offset: 0.25,
                gamma: 1.5
            })
        );
    }

    #[test]
    fn drawn_curves_and_bit_masks_of_channels_are_read() {
        let ramp: Vec<u8> = (0..=255).rev().collect();
        let block = seed::Bytes::default()
            .put(&[1])
            .u16s(&[1])
            .u32s(&[0b10])
            .put(&ramp)
            .0;
        let Ok(Some(Adjustment::Curves(curves))) = parse(*b"curv", &block, 0, &Limits::default()) else {
            panic!()
        };
        assert_eq!(curves.curves[0].channel, 1);
        assert!(matches!(&curves.curves[0].shape, CurveShape::Map(map) if map[0] == 255 && map[255] == 0));
    }

    #[test]
    fn color_is_read() {
        assert_eq!(
            read(*b"vibA"),
            Adjustment::Vibrance {
                vibrance: 21,
                saturation: -4
            }
        );
        let Adjustment::HueSaturation(hue) = read(*b"hue2") else {
            panic!()
        };
        assert!(hue.colorize);
        assert_eq!(
            hue.master,
            Shift {
                hue: 5,
                saturation: -40,
                lightness: 5
            }
        );
        assert_eq!(hue.ranges[5].limits, [315, 345, 15, 45]);
        let Adjustment::ColorBalance(balance) = read(*b"blnc") else {
            panic!()
        };
        assert_eq!(
            (balance.midtones, balance.preserve_luminosity),
            ([16, -21, 33], true)
        );
        let Adjustment::BlackAndWhite(gray) = read(*b"blwh") else {
            panic!()
        };
        assert_eq!((gray.weights[0], gray.tint), (-40, true));
        assert_eq!(gray.tint_color, Some(Color::Rgb([5.0, 6.0, 7.0])));
        let Adjustment::PhotoFilter(filter) = read(*b"phfl") else {
            panic!()
        };
        assert_eq!(
            filter.color,
            FilterColor::Space(Some(Color::Lab([45.0, 18.0, -123.0])))
        );
        assert_eq!(filter.density, 25);
        let Adjustment::ChannelMixer {
            monochrome: false,
            rows,
        } = read(*b"mixr")
        else {
            panic!()
        };
        assert_eq!(
            (rows.len(), rows[1].sources, rows[1].constant),
            (3, [0, 100, 0, 0], 5)
        );
        let Adjustment::SelectiveColor(selective) = read(*b"selc") else {
            panic!()
        };
        assert_eq!(
            (selective.method, selective.ranges[8]),
            (SelectiveMethod::Absolute, [32, 33, 34, 35])
        );
    }

    #[test]
    fn lookups_are_read() {
        assert_eq!(read(*b"nvrt"), Adjustment::Invert);
        assert_eq!(read(*b"post"), Adjustment::Posterize { levels: 16 });
        assert_eq!(read(*b"thrs"), Adjustment::Threshold { level: 182 });
        let Adjustment::ColorLookup(lookup) = read(*b"clrL") else {
            panic!()
        };
        assert_eq!(lookup.table.as_deref(), Some(&b"LUT"[..]));
        let Adjustment::GradientMap(map) = read(*b"grdm") else {
            panic!()
        };
        assert_eq!((map.reverse, map.method), (true, GradientMethod::Smooth));
        let crate::gradient::GradientColors::Solid { stops, .. } = map.gradient.colors else {
            panic!()
        };
        assert_eq!((stops.len(), stops[1].location), (2, 1.0));
    }

    #[test]
    fn presets_and_strangers_are_no_adjustment() {
        let preset = seed::object("null").long("curvesPresetKind", 1).versioned();
        assert_eq!(parse(*b"CgEd", &preset, 0, &Limits::default()), Ok(None));
        assert_eq!(parse(*b"luni", &[], 0, &Limits::default()), Ok(None));
        let unknown = parse(*b"expA", &[0, 9], 40, &Limits::default());
        assert!(matches!(unknown, Err(PsdError::Malformed { offset: 40, .. })));
        for key in KEYS.into_iter().filter(|key| key != b"hue ") {
            assert!(
                seed::adjustments().iter().any(|(known, _)| *known == key),
                "{}",
                key.escape_ascii()
            );
        }
    }
}

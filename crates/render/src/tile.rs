//! Patterns of a document as tiles: planes of any mode and depth to straight RGBA.

use std::collections::HashMap;
use std::sync::Arc;

use marquetry_compose::Art;
use marquetry_pixel::srgb::encoded;
use marquetry_pixel::{Raster, Rgb, share_to_byte};
use marquetry_psd::color::Color;
use marquetry_psd::pattern::{Pattern, PatternPlane};
use marquetry_psd::{ColorMode, Depth, Limits};

use crate::colour::to_rgb;
use crate::open::OpenMockup;

/// The tiles of a document by the ids that fills and effects use. Broken ones are left out, all of
/// them when the document's list cannot be read.
pub(crate) fn tiles(mockup: &OpenMockup) -> HashMap<String, Arc<Art>> {
    let limits = &mockup.limits.psd;
    let patterns = mockup.document.patterns(limits).unwrap_or_default();
    let tiles = patterns.iter().filter_map(|pattern| {
        let own = !mockup.is_of_light() && is_own(pattern.mode, mockup.document.header().color_mode);
        let colour = |colour: &Color| {
            if own {
                mockup.space().colour_in_bytes(colour, mockup.plate)
            } else {
                to_rgb(colour)
            }
        };
        let art = Arc::new(Art::new(raster(pattern, limits, &colour)?));
        Some((pattern.id.clone(), if own { art } else { mockup.take_in(&art) }))
    });
    tiles.collect()
}

/// Whether the values of a pattern mean what those of the document do.
fn is_own(pattern: ColorMode, document: ColorMode) -> bool {
    let kind = |mode| match mode {
        ColorMode::Rgb | ColorMode::Indexed | ColorMode::Multichannel => 0,
        ColorMode::Grayscale | ColorMode::Duotone | ColorMode::Bitmap => 1,
        ColorMode::Cmyk => 2,
        ColorMode::Lab => 3,
    };
    kind(pattern) == kind(document)
}

/// `None` for a tile of no size, of a mode without plain colours, or larger than allowed.
fn raster(pattern: &Pattern, limits: &Limits, own: &dyn Fn(&Color) -> Option<Rgb>) -> Option<Raster> {
    if pattern.size.is_empty() || pattern.size.pixels() > limits.pixels {
        return None;
    }
    let count = match pattern.mode {
        ColorMode::Grayscale
        | ColorMode::Duotone
        | ColorMode::Indexed
        | ColorMode::Bitmap
        | ColorMode::Multichannel => 1,
        ColorMode::Rgb | ColorMode::Lab => 3,
        ColorMode::Cmyk => 4,
    };
    let planes: Vec<_> = (0..count).map(|index| pattern.color(index)).collect();
    planes.first()?.as_ref()?;
    let alpha = pattern.transparency();
    let mut raster = Raster::new(pattern.size);
    for y in 0..pattern.size.height {
        for (x, pixel) in (0..).zip(raster.row_mut(y).as_chunks_mut::<4>().0) {
            let part = |at: usize| {
                let plane = planes.get(at).copied().flatten();
                let share = plane.map_or(0.0, |plane| sample(plane, x, y));
                match plane.map(|plane| plane.depth) {
                    // Light, which everybody else has with the curve of sRGB.
                    Some(Depth::ThirtyTwo) => encoded(share.clamp(0.0, 1.0)),
                    _ => share,
                }
            };
            let parts = [part(0), part(1), part(2), part(3)];
            let Rgb { red, green, blue } = colour(pattern, parts, own);
            let alpha = alpha.map_or(1.0, |plane| sample(plane, x, y));
            *pixel = [red, green, blue, share_to_byte(alpha)];
        }
    }
    Some(raster)
}

/// The colour of samples, `0.0..=1.0` each.
fn colour(
    pattern: &Pattern,
    [first, second, third, fourth]: [f64; 4],
    own: &dyn Fn(&Color) -> Option<Rgb>,
) -> Rgb {
    let colour = match pattern.mode {
        ColorMode::Indexed => {
            let [red, green, blue] = pattern
                .palette
                .as_ref()
                .map_or([share_to_byte(first); 3], |palette| {
                    palette[usize::from(share_to_byte(first))]
                });
            return Rgb::new(red, green, blue);
        }
        ColorMode::Rgb => return Rgb::new(share_to_byte(first), share_to_byte(second), share_to_byte(third)),
        // Stored upside down: 0 is the most ink.
        ColorMode::Cmyk => Color::Cmyk([first, second, third, fourth].map(|paper| 100.0 - 100.0 * paper)),
        ColorMode::Lab => Color::Lab([first * 100.0, second * 255.0 - 128.0, third * 255.0 - 128.0]),
        ColorMode::Grayscale | ColorMode::Duotone | ColorMode::Bitmap | ColorMode::Multichannel => {
            return Rgb::new(share_to_byte(first), share_to_byte(first), share_to_byte(first));
        }
    };
    own(&colour).unwrap_or_default()
}

/// `0.0..=1.0`; 0 outside what the plane covers.
fn sample(plane: &PatternPlane, x: u32, y: u32) -> f64 {
    let inside = |at: u32, from: i32, length: u32| {
        let at = i64::from(at) - i64::from(from);
        usize::try_from(at).ok().filter(|_| at < i64::from(length))
    };
    let (Some(x), Some(y)) = (
        inside(x, plane.rect.x, plane.rect.width),
        inside(y, plane.rect.y, plane.rect.height),
    ) else {
        return 0.0;
    };
    let width = plane.rect.width as usize;
    let bytes = |count: usize| plane.samples.get((y * width + x) * count..).unwrap_or_default();
    match plane.depth {
        Depth::One => {
            let row = y * width.div_ceil(8);
            let bits = plane.samples.get(row + x / 8).copied().unwrap_or(0xff);
            // A bit that is set is ink.
            f64::from(1 - (bits >> (7 - x % 8) & 1))
        }
        Depth::Eight => bytes(1).first().map_or(0.0, |&sample| f64::from(sample) / 255.0),
        Depth::Sixteen => bytes(2)
            .first_chunk()
            .map_or(0.0, |sample| f64::from(u16::from_be_bytes(*sample)) / 65535.0),
        Depth::ThirtyTwo => bytes(4)
            .first_chunk()
            .map_or(0.0, |sample| f64::from(f32::from_be_bytes(*sample))),
    }
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Rect, Size};
    use marquetry_psd::pattern::PatternChannel;

    use super::*;

    fn pattern(mode: ColorMode, depth: Depth, planes: &[&[u8]]) -> Pattern {
        let plane = |(at, samples): (u32, &&[u8])| PatternPlane {
            channel: PatternChannel::Color(at),
            rect: Rect::new(0, 0, 2, 1),
            depth,
            samples: samples.to_vec(),
        };
        Pattern {
            id: "x".into(),
            name: String::new(),
            mode,
            size: Size::new(2, 1),
            palette: None,
            planes: (0..).zip(planes).map(plane).collect(),
        }
    }

    fn pixels(pattern: &Pattern) -> Vec<[u8; 4]> {
        raster(pattern, &Limits::default(), &to_rgb)
            .unwrap()
            .pixels()
            .to_vec()
    }

    #[test]
    fn every_depth_reaches_both_ends() {
        let ends = [[0, 0, 0, 255], [255, 255, 255, 255]];
        let grey = |depth, samples: &[u8]| pixels(&pattern(ColorMode::Grayscale, depth, &[samples]));
        assert_eq!(grey(Depth::One, &[0b1000_0000]), ends);
        assert_eq!(grey(Depth::Eight, &[0, 255]), ends);
        assert_eq!(grey(Depth::Sixteen, &[0, 0, 255, 255]), ends);
        assert_eq!(grey(Depth::ThirtyTwo, &[0, 0, 0, 0, 0x3f, 0x80, 0, 0]), ends);
        // As Photoshop's own `Watercolor` is.
        let multichannel = pattern(ColorMode::Multichannel, Depth::Eight, &[&[0, 255]]);
        assert_eq!(pixels(&multichannel), ends);
    }

    #[test]
    fn modes_and_transparency_are_told_apart() {
        let rgb = pattern(ColorMode::Rgb, Depth::Eight, &[&[1, 2], &[3, 4], &[5, 6]]);
        assert_eq!(pixels(&rgb), [[1, 3, 5, 255], [2, 4, 6, 255]]);
        let mut half = rgb;
        half.planes.push(PatternPlane {
            channel: PatternChannel::Transparency,
            rect: Rect::new(1, 0, 1, 1),
            depth: Depth::Eight,
            samples: vec![9],
        });
        assert_eq!(pixels(&half), [[1, 3, 5, 0], [2, 4, 6, 9]]);
        let inks: [&[u8]; 4] = [&[255, 0], &[255, 255], &[255, 255], &[255, 255]];
        let cmyk = pattern(ColorMode::Cmyk, Depth::Eight, &inks);
        assert_eq!(pixels(&cmyk), [[255, 255, 255, 255], [0, 255, 255, 255]]);
    }

    #[test]
    fn what_is_cut_short_is_empty() {
        let short = pattern(ColorMode::Rgb, Depth::Sixteen, &[&[255], &[], &[1, 2, 3]]);
        assert_eq!(pixels(&short)[1], [0, 0, 0, 255]);
        let none = pattern(ColorMode::Rgb, Depth::Eight, &[]);
        assert_eq!(raster(&none, &Limits::default(), &to_rgb), None);
    }
}

//! Channels of a layer to straight-alpha RGBA, 8 bits a sample.
//!
//! 8-bit RGB, which nearly every mockup is, is unpacked straight into the buffer that is drawn.
//! Every other mode and depth goes through planes and the plain formula of its mode, in document
//! values: no profile is consulted yet, and the plan says so in a warning.

use marquetry_pixel::{Coverage, Raster, Size};
use marquetry_psd::{ChannelId, ColorMode, Depth, Document, Layer, Limits, Plane, PsdError, Samples};

/// The layer's own pixels; `None` when it stores none.
pub(crate) fn layer_raster(layer: Layer<'_>, limits: &Limits) -> Result<Option<Raster>, PsdError> {
    let size = layer.rect().size();
    if size.is_empty() || !layer.has_channel(ChannelId::FIRST) {
        return Ok(None);
    }
    let header = layer.document().header();
    if header.color_mode == ColorMode::Rgb && header.depth == Depth::Eight {
        let mut raster = affordable(size, limits)?;
        layer.interleave_rgba8(raster.bytes_mut(), limits)?;
        return Ok(Some(raster));
    }
    let plane = |id: i16| layer.channel(ChannelId(id), limits);
    let count = header
        .color_mode
        .color_channels()
        .unwrap_or(header.channels)
        .min(4);
    let mut colours = Vec::new();
    for id in 0..i16::try_from(count).unwrap_or(4) {
        colours.extend(plane(id)?.map(bytes_of));
    }
    let alpha = layer.channel(ChannelId::TRANSPARENCY, limits)?.map(coverage_of);
    Ok(Some(mix(
        layer.document(),
        size,
        &colours,
        alpha.as_ref(),
        limits,
    )?))
}

/// The merged picture that whoever saved the file left in it.
pub(crate) fn merged_raster(document: &Document, limits: &Limits) -> Result<Raster, PsdError> {
    let header = document.header();
    if header.color_mode == ColorMode::Rgb && header.depth == Depth::Eight {
        let mut raster = affordable(header.size, limits)?;
        document.merged().interleave_rgba8(raster.bytes_mut(), limits)?;
        return Ok(raster);
    }
    let mut planes = document.merged().planes(limits)?.into_iter();
    let count = usize::from(
        header
            .color_mode
            .color_channels()
            .unwrap_or(header.channels)
            .min(4),
    );
    let colours: Vec<Vec<u8>> = planes.by_ref().take(count).map(bytes_of).collect();
    let alpha = planes
        .next()
        .filter(|_| document.merged().transparency_channel().is_some())
        .map(coverage_of);
    mix(document, header.size, &colours, alpha.as_ref(), limits)
}

/// One mask channel; `None` when it is not stored or covers nothing.
pub(crate) fn mask_coverage(
    layer: Layer<'_>,
    id: ChannelId,
    limits: &Limits,
) -> Result<Option<Coverage>, PsdError> {
    let plane = layer.channel(id, limits)?;
    Ok(plane.filter(|plane| !plane.size.is_empty()).map(coverage_of))
}

fn affordable(size: Size, limits: &Limits) -> Result<Raster, PsdError> {
    Limits::check(marquetry_psd::Limit::Pixels, size.pixels(), limits.pixels)?;
    let bytes = size.pixels().saturating_mul(4);
    Limits::check(marquetry_psd::Limit::DecodedBytes, bytes, limits.decoded_bytes)?;
    Ok(Raster::new(size))
}

fn coverage_of(plane: Plane) -> Coverage {
    let size = plane.size;
    // A plane holds exactly its size, so the buffer cannot be of another length.
    Coverage::from_bytes(size, bytes_of_linear(plane)).unwrap_or_else(|_| Coverage::new(size))
}

/// Samples of a colour channel as bytes; 32-bit ones are linear light and get the sRGB curve.
fn bytes_of(plane: Plane) -> Vec<u8> {
    match plane.samples {
        Samples::F32(samples) => samples
            .into_iter()
            .map(|light| byte(srgb_from_light(light)))
            .collect(),
        _ => bytes_of_linear(plane),
    }
}

/// Samples as bytes, in proportion.
fn bytes_of_linear(plane: Plane) -> Vec<u8> {
    match plane.samples {
        Samples::U8(samples) => samples,
        Samples::U16(samples) => samples.into_iter().map(byte_from_16).collect(),
        Samples::F32(samples) => samples.into_iter().map(byte).collect(),
        Samples::Bits(rows) => {
            let stride = (plane.size.width as usize).div_ceil(8).max(1);
            let ink = |row: &[u8], x: usize| {
                if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                    0
                } else {
                    255
                }
            };
            rows.chunks_exact(stride)
                .flat_map(|row| (0..plane.size.width as usize).map(move |x| ink(row, x)))
                .collect()
        }
    }
}

fn byte_from_16(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// `0.0..=1.0` to `0..=255`, nearest; NaN is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0.0..=255.0 first, and a cast of NaN is 0"
)]
fn byte(share: f32) -> u8 {
    (share * 255.0 + 0.5).clamp(0.0, 255.0) as u8
}

/// IEC 61966-2-1, the encoding curve.
fn srgb_from_light(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

fn mix(
    document: &Document,
    size: Size,
    colours: &[Vec<u8>],
    alpha: Option<&Coverage>,
    limits: &Limits,
) -> Result<Raster, PsdError> {
    let mut raster = affordable(size, limits)?;
    let to_rgb = Formula::of(document, colours.len());
    let sample = |channel: usize, at: usize| colours.get(channel).and_then(|c| c.get(at)).copied();
    for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
        let first = sample(0, at).unwrap_or(0);
        let [red, green, blue] = match &to_rgb {
            Formula::Grey => [first; 3],
            Formula::Rgb => [first, sample(1, at).unwrap_or(0), sample(2, at).unwrap_or(0)],
            Formula::Cmyk => {
                let black = u32::from(sample(3, at).unwrap_or(255));
                [0, 1, 2].map(|ink| {
                    let paper = u32::from(sample(ink, at).unwrap_or(255)) * black;
                    u8::try_from((paper + 127) / 255).unwrap_or(u8::MAX)
                })
            }
            Formula::Lab => {
                let signed = |channel| f64::from(sample(channel, at).unwrap_or(128)) - 128.0;
                lab_to_srgb(f64::from(first) * 100.0 / 255.0, signed(1), signed(2))
            }
            Formula::Palette(colours) => colours[usize::from(first)],
        };
        let alpha = alpha.map_or(255, |alpha| alpha.bytes()[at]);
        *pixel = [red, green, blue, alpha];
    }
    Ok(raster)
}

/// How the samples of a pixel become red, green and blue.
enum Formula {
    Grey,
    Rgb,
    Cmyk,
    Lab,
    Palette(Box<[[u8; 3]; 256]>),
}

impl Formula {
    fn of(document: &Document, channels: usize) -> Self {
        match document.header().color_mode {
            ColorMode::Rgb => Self::Rgb,
            ColorMode::Cmyk => Self::Cmyk,
            ColorMode::Lab => Self::Lab,
            ColorMode::Indexed => {
                let palette = document.palette();
                let colour = |at: u8| palette.map_or([at; 3], |palette| palette.color(at));
                Self::Palette(Box::new(std::array::from_fn(|at| {
                    colour(u8::try_from(at).unwrap_or(u8::MAX))
                })))
            }
            // Four or more inks without a meaning are most often process colours.
            ColorMode::Multichannel if channels == 4 => Self::Cmyk,
            ColorMode::Multichannel if channels == 3 => Self::Rgb,
            ColorMode::Grayscale | ColorMode::Bitmap | ColorMode::Duotone | ColorMode::Multichannel => {
                Self::Grey
            }
        }
    }
}

/// CIE L*a*b* under D50 (`l` 0 to 100, `a` and `b` about -128 to 127) to sRGB under D65, by
/// Bradford's adaptation.
pub(crate) fn lab_to_srgb(l: f64, a: f64, b: f64) -> [u8; 3] {
    let fy = (l + 16.0) / 116.0;
    let cube = |f: f64| {
        if f > 6.0 / 29.0 {
            f * f * f
        } else {
            (f - 16.0 / 116.0) * 3.0 * (6.0_f64 / 29.0).powi(2)
        }
    };
    let (x, y, z) = (
        0.964_22 * cube(fy + a / 500.0),
        cube(fy),
        0.825_21 * cube(fy - b / 200.0),
    );
    // XYZ under D50 straight to linear sRGB.
    let light = [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ];
    light.map(|light| byte(srgb_from_light(narrow(light))))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_depth_reach_both_ends() {
        assert_eq!([0, 257, 32_768, 65_535].map(byte_from_16), [0, 1, 128, 255]);
        assert_eq!([f32::NAN, -1.0, 0.5, 2.0].map(byte), [0, 0, 128, 255]);
        assert_eq!(byte(srgb_from_light(0.214_041_14)), 128);
    }

    #[test]
    fn single_bits_are_ink() {
        let plane = Plane {
            size: Size::new(9, 1),
            samples: Samples::Bits(vec![0b1000_0001, 0b1000_0000]),
            damaged_rows: 0,
        };
        assert_eq!(bytes_of(plane), [0, 255, 255, 255, 255, 255, 255, 0, 0]);
    }

    #[test]
    fn lab_has_white_and_black_where_they_belong() {
        assert_eq!(lab_to_srgb(100.0, 0.0, 0.0), [255, 255, 255]);
        assert_eq!(lab_to_srgb(0.0, 0.0, 0.0), [0, 0, 0]);
    }
}

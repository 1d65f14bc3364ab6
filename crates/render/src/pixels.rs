//! Channels of a layer to straight-alpha rasters of the document's own values, 8 bits a sample.
//!
//! 8-bit RGB, which nearly every mockup is, is unpacked straight into the buffer that is drawn.
//! Every other mode and depth goes through planes. What the values mean is told by `space`.

use marquetry_pixel::srgb::encoded;
use marquetry_pixel::{Coverage, Raster, Size, share_to_byte};
use marquetry_psd::{ChannelId, ColorMode, Depth, Document, Layer, Limits, Plane, PsdError, Samples};

use crate::space::Plate;
use crate::spots;

/// The layer's own pixels on one plate; `None` when it stores none.
pub(crate) fn layer_raster(
    layer: Layer<'_>,
    plate: Plate,
    limits: &Limits,
) -> Result<Option<Raster>, PsdError> {
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
    let mut colours = Vec::new();
    for id in channels(header.color_mode, plate) {
        let id = ChannelId(i16::try_from(id).unwrap_or(i16::MAX));
        colours.extend(layer.channel(id, limits)?.map(bytes_of));
    }
    let alpha = layer.channel(ChannelId::TRANSPARENCY, limits)?.map(coverage_of);
    let palette = palette(layer.document());
    Ok(Some(mix(
        size,
        &colours,
        palette.as_deref(),
        alpha.as_ref(),
        limits,
    )?))
}

/// One plate of the merged picture that whoever saved the file left in it.
pub(crate) fn merged_raster(document: &Document, plate: Plate, limits: &Limits) -> Result<Raster, PsdError> {
    let header = document.header();
    if header.color_mode == ColorMode::Rgb && header.depth == Depth::Eight {
        let mut raster = affordable(header.size, limits)?;
        document.merged().interleave_rgba8(raster.bytes_mut(), limits)?;
        return Ok(raster);
    }
    let planes = document.merged().planes(limits)?;
    if header.color_mode == ColorMode::Multichannel {
        let mut raster = affordable(header.size, limits)?;
        spots::overprint(document, planes.into_iter().map(bytes_of), &mut raster);
        return Ok(raster);
    }
    let wanted = channels(header.color_mode, plate);
    let count = usize::from(header.color_mode.color_channels().unwrap_or(1));
    let (mut colours, mut alpha) = (Vec::new(), None);
    for (at, plane) in planes.into_iter().enumerate() {
        if wanted.contains(&at) {
            colours.push(bytes_of(plane));
        } else if at == count && document.merged().transparency_channel().is_some() {
            alpha = Some(coverage_of(plane));
        }
    }
    let palette = palette(document);
    mix(header.size, &colours, palette.as_deref(), alpha.as_ref(), limits)
}

/// The channels of a mode that make one plate.
fn channels(mode: ColorMode, plate: Plate) -> std::ops::Range<usize> {
    match (mode, plate) {
        (ColorMode::Cmyk, Plate::Black) => 3..4,
        (ColorMode::Cmyk | ColorMode::Rgb | ColorMode::Lab, _) => 0..3,
        _ => 0..1,
    }
}

/// The colours of an indexed document, by index.
fn palette(document: &Document) -> Option<Box<[[u8; 3]; 256]>> {
    if document.header().color_mode != ColorMode::Indexed {
        return None;
    }
    let palette = document.palette();
    let colour = |at: u8| palette.map_or([at; 3], |palette| palette.color(at));
    Some(Box::new(std::array::from_fn(|at| {
        colour(u8::try_from(at).unwrap_or(u8::MAX))
    })))
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
            .map(|light| share_to_byte(encoded(f64::from(light))))
            .collect(),
        _ => bytes_of_linear(plane),
    }
}

/// Samples as bytes, in proportion.
fn bytes_of_linear(plane: Plane) -> Vec<u8> {
    match plane.samples {
        Samples::U8(samples) => samples,
        Samples::U16(samples) => samples.into_iter().map(byte_from_16).collect(),
        Samples::F32(samples) => samples.into_iter().map(share_to_byte).collect(),
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

/// One plane is grey, or an index into `palette`; of three each is a channel. What is missing is white.
fn mix(
    size: Size,
    colours: &[Vec<u8>],
    palette: Option<&[[u8; 3]; 256]>,
    alpha: Option<&Coverage>,
    limits: &Limits,
) -> Result<Raster, PsdError> {
    let mut raster = affordable(size, limits)?;
    let sample = |channel: usize, at: usize| {
        let plane = colours.get(channel);
        plane.and_then(|plane| plane.get(at)).copied().unwrap_or(255)
    };
    for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
        let first = sample(0, at);
        let [red, green, blue] = match (palette, colours.len()) {
            (Some(palette), _) => palette[usize::from(first)],
            (None, 0 | 1) => [first; 3],
            (None, _) => [first, sample(1, at), sample(2, at)],
        };
        let alpha = alpha.and_then(|alpha| alpha.bytes().get(at)).copied();
        *pixel = [red, green, blue, alpha.unwrap_or(255)];
    }
    Ok(raster)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_depth_reach_both_ends() {
        assert_eq!([0, 257, 32_768, 65_535].map(byte_from_16), [0, 1, 128, 255]);
        assert_eq!([f32::NAN, -1.0, 0.5, 2.0].map(share_to_byte), [0, 0, 128, 255]);
        assert_eq!(share_to_byte(encoded(0.215_861)), 128);
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
}

//! Channels of a layer to straight-alpha art of the document's own values, of the depth it is drawn in.
//!
//! 8-bit RGB, which nearly every mockup is, is unpacked straight into the buffer that is drawn.
//! Every other mode and depth goes through planes. What the values mean is told by `space`, how many bits of
//! them are kept by `depth`.

use marquetry_compose::Art;
use marquetry_pixel::srgb::encoded;
use marquetry_pixel::{Coverage, DeepRaster, Raster, Sample, Size, share_to_byte};
use marquetry_psd::{ChannelId, ColorMode, Depth, Document, Layer, Limits, Plane, PsdError, Samples};

use crate::precision::Precision;
use crate::space::Plate;
use crate::spots;

/// The layer's own pixels on one plate; `None` when it stores none. Those of 8 bits are held in bytes
/// whatever the document is drawn in.
pub(crate) fn layer_art(
    layer: Layer<'_>,
    plate: Plate,
    precision: Precision,
    limits: &Limits,
) -> Result<Option<Art>, PsdError> {
    let size = layer.rect().size();
    if size.is_empty() || !layer.has_channel(ChannelId::FIRST) {
        return Ok(None);
    }
    if holds_more(layer.document(), precision) {
        let planes = Planes::of_layer(layer, plate, limits, deep_of, deep_of)?;
        let mut raster = affordable_deep(size, limits)?;
        planes.mix(raster.pixels_mut());
        return Ok(Some(Art::of_deep(raster)));
    }
    let header = layer.document().header();
    if header.color_mode == ColorMode::Rgb && header.depth == Depth::Eight {
        let mut raster = affordable(size, limits)?;
        layer.interleave_rgba8(raster.bytes_mut(), limits)?;
        return Ok(Some(Art::new(raster)));
    }
    let planes = Planes::of_layer(layer, plate, limits, bytes_of, bytes_of_linear)?;
    let mut raster = affordable(size, limits)?;
    planes.mix(raster.pixels_mut());
    Ok(Some(Art::new(raster)))
}

/// Whether a document's pixels have more bits than bytes, and all of them are wanted.
fn holds_more(document: &Document, precision: Precision) -> bool {
    let wide = matches!(document.header().depth, Depth::Sixteen | Depth::ThirtyTwo);
    precision == Precision::Sixteen && wide
}

/// One plate of the merged picture that whoever saved the file left in it, as it is drawn.
pub(crate) fn merged_art(
    document: &Document,
    plate: Plate,
    precision: Precision,
    limits: &Limits,
) -> Result<Art, PsdError> {
    if !holds_more(document, precision) {
        return merged_raster(document, plate, limits).map(Art::new);
    }
    let planes = Planes::of_merged(document, plate, limits, deep_of, deep_of)?;
    let mut raster = affordable_deep(document.header().size, limits)?;
    planes.mix(raster.pixels_mut());
    Ok(Art::of_deep(raster))
}

/// The same in bytes.
pub(crate) fn merged_raster(document: &Document, plate: Plate, limits: &Limits) -> Result<Raster, PsdError> {
    let header = document.header();
    if header.color_mode == ColorMode::Rgb && header.depth == Depth::Eight {
        let mut raster = affordable(header.size, limits)?;
        document.merged().interleave_rgba8(raster.bytes_mut(), limits)?;
        return Ok(raster);
    }
    if header.color_mode == ColorMode::Multichannel {
        let planes = document.merged().planes(limits)?;
        let mut raster = affordable(header.size, limits)?;
        spots::overprint(document, planes.into_iter().map(bytes_of), &mut raster);
        return Ok(raster);
    }
    let planes = Planes::of_merged(document, plate, limits, bytes_of, bytes_of_linear)?;
    let mut raster = affordable(header.size, limits)?;
    planes.mix(raster.pixels_mut());
    Ok(raster)
}

/// What the pixels of a layer or of a document are made of.
struct Planes<S> {
    colours: Vec<Vec<S>>,
    alpha: Option<Vec<S>>,
    palette: Option<Box<[[u8; 3]; 256]>>,
}

impl<S: Sample> Planes<S> {
    fn of_layer(
        layer: Layer<'_>,
        plate: Plate,
        limits: &Limits,
        colour: impl Fn(Plane) -> Vec<S>,
        alpha: impl Fn(Plane) -> Vec<S>,
    ) -> Result<Self, PsdError> {
        let mut colours = Vec::new();
        for id in channels(layer.document().header().color_mode, plate) {
            let id = ChannelId(i16::try_from(id).unwrap_or(i16::MAX));
            colours.extend(layer.channel(id, limits)?.map(&colour));
        }
        Ok(Self {
            colours,
            alpha: layer.channel(ChannelId::TRANSPARENCY, limits)?.map(alpha),
            palette: palette(layer.document()),
        })
    }

    fn of_merged(
        document: &Document,
        plate: Plate,
        limits: &Limits,
        colour: impl Fn(Plane) -> Vec<S>,
        alpha: impl Fn(Plane) -> Vec<S>,
    ) -> Result<Self, PsdError> {
        let mode = document.header().color_mode;
        let wanted = channels(mode, plate);
        let count = usize::from(mode.color_channels().unwrap_or(1));
        let mut made = Self {
            colours: Vec::new(),
            alpha: None,
            palette: palette(document),
        };
        for (at, plane) in document.merged().planes(limits)?.into_iter().enumerate() {
            if wanted.contains(&at) {
                made.colours.push(colour(plane));
            } else if at == count && document.merged().transparency_channel().is_some() {
                made.alpha = Some(alpha(plane));
            }
        }
        Ok(made)
    }

    /// One plane is grey, or an index into the palette; of three each is a channel. What is missing is
    /// white, and opaque.
    fn mix(&self, pixels: &mut [[S; 4]]) {
        let at_of = |plane: Option<&Vec<S>>, at: usize| plane.and_then(|plane| plane.get(at)).copied();
        let sample = |channel: usize, at: usize| at_of(self.colours.get(channel), at).unwrap_or(S::FULL);
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let first = sample(0, at);
            let [red, green, blue] = match (&self.palette, self.colours.len()) {
                (Some(palette), _) => palette[usize::from(first.byte())].map(S::of_byte),
                (None, 0 | 1) => [first; 3],
                (None, _) => [first, sample(1, at), sample(2, at)],
            };
            let alpha = at_of(self.alpha.as_ref(), at).unwrap_or(S::FULL);
            *pixel = [red, green, blue, alpha];
        }
    }
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

fn affordable_deep(size: Size, limits: &Limits) -> Result<DeepRaster, PsdError> {
    Limits::check(marquetry_psd::Limit::Pixels, size.pixels(), limits.pixels)?;
    let bytes = size.pixels().saturating_mul(8);
    Limits::check(marquetry_psd::Limit::DecodedBytes, bytes, limits.decoded_bytes)?;
    Ok(DeepRaster::new(size))
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
        Samples::U16(samples) => samples.into_iter().map(Sample::byte).collect(),
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

/// Samples in 16 bits, in proportion: light stays light.
fn deep_of(plane: Plane) -> Vec<u16> {
    match plane.samples {
        Samples::U16(samples) => samples,
        Samples::F32(samples) => samples
            .into_iter()
            .map(|share| u16::of_level(255.0 * share))
            .collect(),
        _ => bytes_of_linear(plane).into_iter().map(u16::of_byte).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_depth_reach_both_ends() {
        let plane = |samples: Samples| Plane {
            size: Size::new(4, 1),
            samples,
            damaged_rows: 0,
        };
        let sixteen = || plane(Samples::U16(vec![0, 257, 32_768, 65_535]));
        assert_eq!(bytes_of(sixteen()), [0, 1, 128, 255]);
        assert_eq!(deep_of(sixteen()), [0, 257, 32_768, 65_535]);
        let light = || plane(Samples::F32(vec![f32::NAN, -1.0, 1.0, 2.0]));
        assert_eq!(deep_of(light()), [0, 0, u16::MAX, u16::MAX]);
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

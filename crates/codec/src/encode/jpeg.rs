//! JPEG out, by `jpeg-encoder`: baseline, standard Huffman tables.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity, SamplingFactor};
use marquetry_pixel::Raster;

use super::{Chroma, Quality, failed, rgb_on_white, side};
use crate::error::CodecError;
use crate::exif;
use crate::header::Dpi;
use crate::kind::Kind;

pub(super) fn encode(
    raster: &Raster,
    quality: Quality,
    chroma: Chroma,
    dpi: Option<Dpi>,
    icc: Option<&[u8]>,
) -> Result<Vec<u8>, CodecError> {
    let failed = |error| failed(Kind::Jpeg, error);
    let size = raster.size();
    let width = side(Kind::Jpeg, size, size.width)?;
    let height = side(Kind::Jpeg, size, size.height)?;

    let mut file = Vec::with_capacity(raster.bytes().len() / 16 + 1024);
    let mut encoder = Encoder::new(&mut file, quality.get());
    let full = match chroma {
        Chroma::Full => true,
        Chroma::Quarter => false,
        Chroma::ByQuality => quality.get() >= 90,
    };
    encoder.set_sampling_factor(if full {
        SamplingFactor::F_1_1
    } else {
        SamplingFactor::F_2_2
    });
    // The mean of the four, not the first of them: a one-pixel line of colour would vanish or double.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if let Some(dpi) = dpi {
        encoder.set_density(PixelDensity::dpi(dpi.whole()));
        let mut block = b"Exif\0\0".to_vec();
        block.extend(exif::write(dpi));
        encoder.add_app_segment(1, block).map_err(failed)?;
    }
    if let Some(icc) = icc {
        encoder.add_icc_profile(icc).map_err(failed)?;
    }
    if raster.is_opaque() {
        encoder
            .encode(raster.bytes(), width, height, ColorType::Rgba)
            .map_err(failed)?;
    } else {
        encoder
            .encode(&rgb_on_white(raster), width, height, ColorType::Rgb)
            .map_err(failed)?;
    }
    Ok(file)
}

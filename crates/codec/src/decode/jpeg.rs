//! JPEG (ITU-T T.81, JFIF 1.02, Adobe's APP14): baseline and progressive, grey, YCbCr, RGB, CMYK
//! and YCCK.

mod header;
mod inks;

use marquetry_pixel::Raster;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{DecodeWarning, Profile, Stored, raster_of, upright_cost, widen_rgb};
use crate::bytes::index;
use crate::error::CodecError;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::profile;

pub(crate) use header::read_header;

/// Scans that one picture may have. Encoders write about ten; a file of a thousand makes the decoder
/// walk all coefficients a thousand times.
const SCANS: usize = 100;

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Stored, CodecError> {
    let found = read_header(bytes)?;
    let header = found.header();
    // A decoder of scans keeps all coefficients, two bytes each; planes are padded to whole blocks,
    // which `admit` leaves out as small change. Three or four samples become four bytes.
    let coefficients = if found.in_scans() {
        2 * u64::from(found.components)
    } else {
        0
    };
    let widening = if found.output() == ColorSpace::RGBA { 0 } else { 4 };
    limits.admit(
        found.size,
        upright_cost(header.orientation).max(4 + coefficients + widening),
    )?;

    // The decoder takes some such markers for the end, and comes home content with the rest unpainted.
    if let Some(offset) = found.interruption(bytes) {
        return Err(CodecError::broken(
            Kind::Jpeg,
            offset,
            "a marker inside the only scan",
        ));
    }
    let mut warnings = Vec::new();
    // A strict decoder refuses them, and a lenient one is no answer: see below.
    let cleaned = found.stray.first().map(|&(offset, _)| {
        warnings.push(DecodeWarning::StrayBytes {
            kind: Kind::Jpeg,
            offset: offset as u64,
        });
        found.without_stray(bytes)
    });
    let options = DecoderOptions::default()
        .set_max_width(index(found.size.width))
        .set_max_height(index(found.size.height))
        .jpeg_set_max_scans(SCANS)
        // A lenient decoder paints what is missing grey and says nothing; on a product that grey
        // would be printed. So damage is an error.
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(found.output());
    let mut decoder =
        JpegDecoder::new_with_options(ZCursor::new(cleaned.as_deref().unwrap_or(bytes)), options);
    decoder
        .decode_headers()
        .map_err(|error| translate(&error, bytes.len()))?;
    let length = decoder.output_buffer_size().unwrap_or_default();
    let samples = found.output().num_components();
    if length as u64 != found.size.pixels() * samples as u64 {
        return Err(CodecError::Unsupported {
            kind: Kind::Jpeg,
            feature: "this set of colour components",
        });
    }
    let mut out = vec![0; length];
    decoder
        .decode_into(&mut out)
        .map_err(|error| translate(&error, bytes.len()))?;

    let icc = found.profile(bytes);
    let (raster, profile) = match found.output() {
        ColorSpace::RGBA => {
            let raster = raster_of(Kind::Jpeg, found.size, out)?;
            // The decoder paints alpha as well. Fuzzing keeps finding ways for it to come home content
            // before it has painted everything (an Adobe segment between two scans, say); looking
            // costs a tenth of the decoding and finds them all.
            if !raster.is_opaque() {
                return Err(CodecError::Malformed {
                    kind: Kind::Jpeg,
                    offset: None,
                    what: "its scans leave pixels unpainted".to_owned(),
                });
            }
            (raster, to_apply(icc))
        }
        ColorSpace::RGB => {
            let mut raster = Raster::new(found.size);
            widen_rgb(&out, &mut raster);
            (raster, to_apply(icc))
        }
        _ => {
            inks::to_cmyk(&mut out, found.inks());
            let mut raster = Raster::new(found.size);
            let profile = match icc {
                Unpacked::Whole(icc) => {
                    if let Err(error) = profile::cmyk_to_srgb(&out, &mut raster, &icc) {
                        warnings.push(DecodeWarning::ProfileIgnored {
                            what: error.to_string(),
                        });
                        inks::multiply_out(&out, &mut raster);
                    }
                    Profile::Settled(icc)
                }
                other => {
                    inks::multiply_out(&out, &mut raster);
                    to_apply(other)
                }
            };
            (raster, profile)
        }
    };
    Ok(Stored {
        header,
        raster,
        profile,
        warnings,
    })
}

/// A profile put together from its segments.
pub(crate) enum Unpacked {
    None,
    Broken,
    Whole(Vec<u8>),
}

fn to_apply(icc: Unpacked) -> Profile {
    match icc {
        Unpacked::None => Profile::Absent,
        Unpacked::Broken => Profile::Unreadable,
        Unpacked::Whole(icc) => Profile::ToApply(icc),
    }
}

fn translate(error: &DecodeErrors, length: usize) -> CodecError {
    let text = error.to_string();
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => CodecError::cut(Kind::Jpeg, length),
        DecodeErrors::FormatStatic("Premature end of buffer") => CodecError::cut(Kind::Jpeg, length),
        DecodeErrors::Unsupported(_) => CodecError::Unsupported {
            kind: Kind::Jpeg,
            feature: "arithmetic, lossless or hierarchical coding",
        },
        _ => CodecError::Malformed {
            kind: Kind::Jpeg,
            offset: None,
            what: text.trim_matches('"').to_owned(),
        },
    }
}

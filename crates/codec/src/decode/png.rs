//! PNG (W3C PNG, third edition): all colour types and depths, interlaced or not; of an animated one,
//! the still picture in `IDAT`.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};
use marquetry_pixel::{Raster, Size};

use super::{Profile, Stored, upright_cost};
use crate::bytes::{be32, index};
use crate::error::CodecError;
use crate::exif::{self, Exif};
use crate::header::{Dpi, ImageHeader};
use crate::kind::Kind;
use crate::limits::Limits;

const SIGNATURE: usize = 8;
/// Room for a profile and other small chunks, unpacked. The largest profiles in use are a few MB.
const CHUNK_BYTES: usize = 16 << 20;

/// What our own walk over the chunks found.
#[derive(Debug)]
pub(crate) struct PngHeader {
    size: Size,
    colour: u8,
    interlaced: bool,
    deep: bool,
    transparency: bool,
    icc: bool,
    physical: Option<Dpi>,
    exif: Exif,
}

impl PngHeader {
    pub(crate) fn header(&self) -> ImageHeader {
        ImageHeader {
            kind: Kind::Png,
            size: self.exif.orientation.upright(self.size),
            // Colour types 4 and 6 carry alpha, the others may name a transparent colour.
            has_alpha: self.colour & 4 != 0 || self.transparency,
            orientation: self.exif.orientation,
            icc: self.icc,
            dpi: self.physical.or(self.exif.dpi),
        }
    }
}

/// Walks the chunks. `eXIf` may stand behind the pixels, so the walk goes to the end, from length to
/// length; a file cut short in its pixels is left for the decoder to notice.
pub(crate) fn read_header(bytes: &[u8]) -> Result<PngHeader, CodecError> {
    let cut = || CodecError::cut(Kind::Png, bytes.len());
    let broken = |offset, what| CodecError::broken(Kind::Png, offset, what);
    if bytes.get(SIGNATURE + 4..SIGNATURE + 8).ok_or_else(cut)? != b"IHDR" {
        return Err(broken(SIGNATURE, "the first chunk is not IHDR"));
    }
    let at = SIGNATURE + 8;
    let ihdr = bytes.get(at..at + 13).ok_or_else(cut)?;
    let size = Size::new(
        be32(ihdr, 0).unwrap_or_default(),
        be32(ihdr, 4).unwrap_or_default(),
    );
    if size.is_empty() || size.width > i32::MAX.unsigned_abs() || size.height > i32::MAX.unsigned_abs() {
        return Err(broken(at, "width or height is 0 or above 2^31 - 1"));
    }
    let mut found = PngHeader {
        size,
        colour: ihdr[9],
        interlaced: ihdr[12] != 0,
        deep: ihdr[8] == 16,
        transparency: false,
        icc: false,
        physical: None,
        exif: Exif::default(),
    };
    let mut place = SIGNATURE;
    while let (Some(length), Some(name)) = (be32(bytes, place), bytes.get(place + 4..place + 8)) {
        let start = place + 8;
        // Length, name and checksum are twelve bytes around the body.
        let Some(end) = start.checked_add(index(length)) else {
            break;
        };
        let body = bytes.get(start..end);
        match (name, body) {
            (b"tRNS", Some(_)) => found.transparency = true,
            (b"iCCP", Some(_)) => found.icc = true,
            (b"eXIf", Some(body)) => found.exif = exif::read(body),
            (b"pHYs", Some(body)) if body.get(8) == Some(&1) => {
                found.physical = be32(body, 0).and_then(Dpi::from_per_metre);
            }
            (b"IEND", _) => break,
            _ => {}
        }
        let Some(next) = end.checked_add(4) else { break };
        place = next;
    }
    Ok(found)
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Stored, CodecError> {
    let found = read_header(bytes)?;
    let header = found.header();
    // Plain rows are widened one at a time; interlaced ones that are not RGBA8 already have to be
    // collected first, at up to four samples of one or two bytes.
    let collected = match (found.interlaced, found.deep) {
        (false, _) => 0,
        (true, false) => 4,
        (true, true) => 8,
    };
    limits.admit(found.size, upright_cost(header.orientation).max(4 + collected))?;

    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        ::png::Limits {
            // Some rows of 8 bytes a pixel beside the small chunks.
            bytes: CHUNK_BYTES.saturating_add(index(found.size.width).saturating_mul(64)),
        },
    );
    decoder.set_ignore_text_chunk(true);
    // Expands palettes and transparent colours, and gives every picture an alpha channel.
    decoder.set_transformations(Transformations::ALPHA);
    let mut reader = decoder
        .read_info()
        .map_err(|error| translate(error, bytes.len()))?;
    let profile = match &reader.info().icc_profile {
        Some(icc) => Profile::ToApply(icc.to_vec()),
        None if found.icc => Profile::Unreadable,
        None => Profile::Absent,
    };

    let size = Size::new(reader.info().width, reader.info().height);
    // Both readers look at the same IHDR. Were they ever to differ, the checked size wins.
    if size != found.size {
        return Err(CodecError::broken(
            Kind::Png,
            SIGNATURE,
            "a second header of another size",
        ));
    }
    // An animation may use the still picture as its first frame, and then that has to fill the canvas.
    if let Some(frame) = reader.info().frame_control()
        && Size::new(frame.width, frame.height) != size
    {
        return Err(CodecError::broken(
            Kind::Png,
            SIGNATURE,
            "the first frame does not fill the canvas",
        ));
    }
    let mut raster = Raster::new(size);
    let (colour, depth) = reader.output_color_type();
    if (colour, depth) == (ColorType::Rgba, BitDepth::Eight) {
        reader
            .next_frame(raster.bytes_mut())
            .map_err(|error| translate(error, bytes.len()))?;
    } else if found.interlaced {
        let samples = reader.output_buffer_size().ok_or(CodecError::Unsupported {
            kind: Kind::Png,
            feature: "a frame larger than memory",
        })?;
        let mut collected = vec![0; samples];
        reader
            .next_frame(&mut collected)
            .map_err(|error| translate(error, bytes.len()))?;
        widen(&collected, colour, depth, raster.pixels_mut())?;
    } else {
        let width = index(size.width);
        for to in raster.pixels_mut().chunks_exact_mut(width) {
            let row = reader
                .next_row()
                .map_err(|error| translate(error, bytes.len()))?
                .ok_or_else(|| CodecError::cut(Kind::Png, bytes.len()))?;
            widen(row.data(), colour, depth, to)?;
        }
    }
    Ok(Stored {
        header,
        raster,
        profile,
        warnings: Vec::new(),
    })
}

/// Samples as the decoder gives them to RGBA8.
fn widen(from: &[u8], colour: ColorType, depth: BitDepth, to: &mut [[u8; 4]]) -> Result<(), CodecError> {
    match (colour, depth) {
        (ColorType::Rgba, BitDepth::Eight) => to.as_flattened_mut().copy_from_slice(from),
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => {
            for (to, &[grey, alpha]) in to.iter_mut().zip(from.as_chunks().0) {
                *to = [grey, grey, grey, alpha];
            }
        }
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            for (to, &[a, b, c, d]) in to.iter_mut().zip(from.as_chunks().0) {
                let (grey, alpha) = (to_eight([a, b]), to_eight([c, d]));
                *to = [grey, grey, grey, alpha];
            }
        }
        (ColorType::Rgba, BitDepth::Sixteen) => {
            for (to, from) in to.as_flattened_mut().iter_mut().zip(from.as_chunks().0) {
                *to = to_eight(*from);
            }
        }
        _ => {
            return Err(CodecError::Unsupported {
                kind: Kind::Png,
                feature: "this colour type",
            });
        }
    }
    Ok(())
}

/// 16 bits to the nearest of 8: 65535 is 255, and 257 steps make one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "(65535 + 128) / 257 is 255 at most"
)]
fn to_eight(sample: [u8; 2]) -> u8 {
    ((u32::from(u16::from_be_bytes(sample)) + 128) / 257) as u8
}

fn translate(error: DecodingError, length: usize) -> CodecError {
    match error {
        DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            CodecError::cut(Kind::Png, length)
        }
        DecodingError::LimitsExceeded => CodecError::Unsupported {
            kind: Kind::Png,
            feature: "a chunk of this size",
        },
        other => CodecError::Malformed {
            kind: Kind::Png,
            offset: None,
            what: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_round_to_the_nearest() {
        for value in 0..=u16::MAX {
            let exact = (f64::from(value) * 255.0 / 65535.0).round();
            assert!(
                (f64::from(to_eight(value.to_be_bytes())) - exact).abs() < 1e-9,
                "{value}"
            );
        }
    }
}

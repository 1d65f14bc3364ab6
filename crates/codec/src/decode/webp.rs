//! WebP (RFC 9649): lossy, lossless, with or without alpha; of an animated one, the first frame.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};
use marquetry_pixel::{Raster, Size};

use super::{Profile, Stored, raster_of, upright_cost, widen_rgb};
use crate::bytes::{index, le16, le24, le32};
use crate::error::CodecError;
use crate::exif::{self, Exif};
use crate::header::ImageHeader;
use crate::kind::Kind;
use crate::limits::{Limit, Limits};

/// What our own walk over the chunks found.
#[derive(Debug)]
pub(crate) struct WebpHeader {
    size: Size,
    has_alpha: bool,
    animated: bool,
    exif: Exif,
    /// Where the profile stands.
    profile: Option<(usize, usize)>,
}

impl WebpHeader {
    pub(crate) fn header(&self) -> ImageHeader {
        ImageHeader {
            kind: Kind::Webp,
            size: self.exif.orientation.upright(self.size),
            has_alpha: self.has_alpha,
            orientation: self.exif.orientation,
            icc: self.profile.is_some(),
            dpi: self.exif.dpi,
        }
    }
}

/// Walks the chunks: the size from the first, the rest for what stands behind the pixels.
pub(crate) fn read_header(bytes: &[u8]) -> Result<WebpHeader, CodecError> {
    const FIRST: usize = 12;
    let cut = || CodecError::cut(Kind::Webp, bytes.len());
    let broken = |offset, what| CodecError::broken(Kind::Webp, offset, what);
    let name = bytes.get(FIRST..FIRST + 4).ok_or_else(cut)?;
    let body = FIRST + 8;
    let mut found = WebpHeader {
        size: Size::default(),
        has_alpha: false,
        animated: false,
        exif: Exif::default(),
        profile: None,
    };
    match name {
        b"VP8 " => {
            // Frame tag 3, start code 3, then two sizes of 14 bits under 2 bits of scale.
            if bytes.get(body + 3..body + 6).ok_or_else(cut)? != [0x9d, 0x01, 0x2a] {
                return Err(broken(body + 3, "no start code of a key frame"));
            }
            let side = |at| {
                le16(bytes, at)
                    .map(|value| u32::from(value & 0x3fff))
                    .ok_or_else(cut)
            };
            found.size = Size::new(side(body + 6)?, side(body + 8)?);
            return Ok(found).and_then(not_empty);
        }
        b"VP8L" => {
            if *bytes.get(body).ok_or_else(cut)? != 0x2f {
                return Err(broken(body, "no signature of a lossless picture"));
            }
            let packed = le32(bytes, body + 1).ok_or_else(cut)?;
            found.size = Size::new((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1);
            found.has_alpha = packed >> 28 & 1 != 0;
            return Ok(found);
        }
        b"VP8X" => {
            let flags = *bytes.get(body).ok_or_else(cut)?;
            let side = |at| le24(bytes, at).map(|value| value + 1).ok_or_else(cut);
            found.size = Size::new(side(body + 4)?, side(body + 7)?);
            found.has_alpha = flags & 0x10 != 0;
            found.animated = flags & 0x02 != 0;
        }
        _ => return Err(broken(FIRST, "the first chunk is no picture")),
    }
    let mut place = FIRST;
    while let (Some(name), Some(length)) = (bytes.get(place..place + 4), le32(bytes, place + 4)) {
        let start = place + 8;
        let Some(end) = start.checked_add(index(length)) else {
            break;
        };
        match (name, bytes.get(start..end)) {
            (b"ICCP", Some(_)) => found.profile = Some((start, end)),
            (b"EXIF", Some(block)) => found.exif = exif::read(block),
            (b"VP8 ", Some(frame)) => same_size(frame, found.size, start)?,
            (b"ANMF", Some(frame)) => check_frame(frame, found.size, start)?,
            _ => {}
        }
        // Chunks are padded to an even length.
        let Some(next) = end.checked_add(index(length & 1)) else {
            break;
        };
        place = next;
    }
    Ok(found)
}

/// A lossy frame states its size a second time, and the decoder allocates for that one: a canvas of
/// one pixel must not smuggle in a frame of 16383 x 16383.
fn same_size(frame: &[u8], expected: Size, offset: usize) -> Result<(), CodecError> {
    let side = |at| le16(frame, at).map_or(0, |value| u32::from(value & 0x3fff));
    if Size::new(side(6), side(8)) == expected {
        Ok(())
    } else {
        Err(CodecError::broken(
            Kind::Webp,
            offset,
            "a frame of another size than its canvas",
        ))
    }
}

/// The same for a frame of an animation, whose lossy part may stand behind its alpha.
fn check_frame(frame: &[u8], canvas: Size, offset: usize) -> Result<(), CodecError> {
    let side = |at| le24(frame, at).map_or(0, |value| value + 1);
    let size = Size::new(side(6), side(9));
    if size.width > canvas.width || size.height > canvas.height {
        return Err(CodecError::broken(
            Kind::Webp,
            offset,
            "a frame larger than its canvas",
        ));
    }
    let mut place = 16;
    while let (Some(name), Some(length)) = (frame.get(place..place + 4), le32(frame, place + 4)) {
        let start = place + 8;
        if name == b"VP8 " {
            same_size(frame.get(start..).unwrap_or_default(), size, offset + start)?;
        }
        let Some(next) = start
            .checked_add(index(length))
            .and_then(|end| end.checked_add(index(length & 1)))
        else {
            break;
        };
        place = next;
    }
    Ok(())
}

fn not_empty(found: WebpHeader) -> Result<WebpHeader, CodecError> {
    if found.size.is_empty() {
        Err(CodecError::broken(Kind::Webp, 20, "width or height is 0"))
    } else {
        Ok(found)
    }
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Stored, CodecError> {
    let found = read_header(bytes)?;
    let header = found.header();
    // The decoder holds the planes of a lossy picture (1.5 bytes a pixel, rounded up), or of
    // a lossless one its pixels, beside what it hands out; an animation keeps its canvas and a frame
    // as well.
    let held = if found.animated { 16 } else { 8 };
    limits.admit(found.size, upright_cost(header.orientation).max(held + 4))?;

    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|error| translate(&error, bytes.len()))?;
    decoder.set_memory_limit(usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX));
    if decoder.dimensions() != (found.size.width, found.size.height) {
        return Err(CodecError::broken(Kind::Webp, 12, "two readers see two sizes"));
    }
    let length = decoder.output_buffer_size().ok_or(CodecError::OverLimit {
        limit: Limit::DecodedBytes,
        wanted: u64::MAX,
        allowed: limits.decoded_bytes,
    })?;
    let mut out = vec![0; length];
    decoder
        .read_image(&mut out)
        .map_err(|error| translate(&error, bytes.len()))?;
    let has_alpha = decoder.has_alpha();
    let raster = if has_alpha {
        raster_of(Kind::Webp, found.size, out)?
    } else {
        let mut raster = Raster::new(found.size);
        widen_rgb(&out, &mut raster);
        raster
    };
    let profile = match found.profile.and_then(|(from, to)| bytes.get(from..to)) {
        Some(icc) => Profile::ToApply(icc.to_vec()),
        None => Profile::Absent,
    };
    Ok(Stored {
        header: ImageHeader { has_alpha, ..header },
        raster,
        profile,
        warnings: Vec::new(),
    })
}

fn translate(error: &DecodingError, length: usize) -> CodecError {
    match error {
        DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            CodecError::cut(Kind::Webp, length)
        }
        other => CodecError::Malformed {
            kind: Kind::Webp,
            offset: None,
            what: other.to_string(),
        },
    }
}

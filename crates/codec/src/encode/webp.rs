//! WebP out: libwebp makes the picture, this module puts it in its container (RFC 9649).

use marquetry_pixel::Raster;

use super::libwebp::{Alpha, compress};
use super::{Effort, Quality, failed};
use crate::bytes::{index, le32};
use crate::error::CodecError;
use crate::exif;
use crate::header::Dpi;
use crate::kind::Kind;

const FLAG_ICC: u8 = 0x20;
const FLAG_ALPHA: u8 = 0x10;
const FLAG_EXIF: u8 = 0x08;

pub(super) fn encode(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    dpi: Option<Dpi>,
    icc: Option<&[u8]>,
) -> Result<Vec<u8>, CodecError> {
    let alpha = if raster.is_opaque() {
        Alpha::Ignore
    } else {
        Alpha::Keep
    };
    let bare = compress(raster, quality, effort, alpha)?;
    if dpi.is_none() && icc.is_none() {
        return Ok(bare);
    }
    wrap(&bare, raster, icc, dpi.map(exif::write).as_deref())
        .ok_or_else(|| failed(Kind::Webp, "the encoder wrote chunks that do not add up"))
}

/// Puts libwebp's chunks into an extended container in the order that the format asks for: header,
/// profile, alpha, picture, EXIF. `None` when the chunks do not add up.
fn wrap(bare: &[u8], raster: &Raster, icc: Option<&[u8]>, exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut flags = 0;
    let mut picture = Vec::new();
    let mut place = 12;
    while place < bare.len() {
        let name = bare.get(place..place + 4)?;
        let length = le32(bare, place + 4)?;
        let next = place.checked_add(8)?.checked_add(index(length + (length & 1)))?;
        match name {
            b"VP8X" => {}
            b"ALPH" | b"VP8L" => {
                flags |= FLAG_ALPHA;
                picture.push(bare.get(place..next)?);
            }
            _ => picture.push(bare.get(place..next)?),
        }
        place = next;
    }
    if icc.is_some() {
        flags |= FLAG_ICC;
    }
    if exif.is_some() {
        flags |= FLAG_EXIF;
    }

    let mut file = Vec::with_capacity(bare.len() + icc.map_or(0, <[u8]>::len) + 256);
    file.extend(b"RIFF\0\0\0\0WEBP");
    let mut extended = vec![flags, 0, 0, 0];
    extended.extend(&(raster.width() - 1).to_le_bytes()[..3]);
    extended.extend(&(raster.height() - 1).to_le_bytes()[..3]);
    chunk(&mut file, *b"VP8X", &extended)?;
    if let Some(icc) = icc {
        chunk(&mut file, *b"ICCP", icc)?;
    }
    for whole in picture {
        file.extend(whole);
    }
    if let Some(exif) = exif {
        chunk(&mut file, *b"EXIF", exif)?;
    }
    let length = u32::try_from(file.len() - 8).ok()?;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    Some(file)
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], body: &[u8]) -> Option<()> {
    file.extend(name);
    file.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
    file.extend(body);
    if body.len() % 2 == 1 {
        file.push(0);
    }
    Some(())
}

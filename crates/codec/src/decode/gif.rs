//! GIF (GIF89a): the first frame on its logical screen. `image` decodes, after our own look at the
//! header.

use std::io::Cursor;

use ::image::codecs::gif::GifDecoder;
use ::image::{ImageDecoder, ImageError};
use marquetry_pixel::{Raster, Size};

use super::{Profile, Stored};
use crate::bytes::le16;
use crate::error::CodecError;
use crate::header::ImageHeader;
use crate::kind::Kind;
use crate::limits::{Limit, Limits};
use crate::orient::Orientation;

/// What our own walk to the first frame found.
#[derive(Debug)]
pub(crate) struct GifHeader {
    screen: Size,
    frame: Size,
    transparent: bool,
}

impl GifHeader {
    pub(crate) fn header(&self) -> ImageHeader {
        ImageHeader {
            kind: Kind::Gif,
            size: self.screen,
            // What the first frame leaves uncovered is transparent, as browsers show it.
            has_alpha: self.transparent,
            orientation: Orientation::TopLeft,
            icc: false,
            dpi: None,
        }
    }
}

/// Walks from the screen descriptor over the extensions to the first image descriptor.
pub(crate) fn read_header(bytes: &[u8]) -> Result<GifHeader, CodecError> {
    let cut = || CodecError::cut(Kind::Gif, bytes.len());
    let screen = Size::new(
        u32::from(le16(bytes, 6).ok_or_else(cut)?),
        u32::from(le16(bytes, 8).ok_or_else(cut)?),
    );
    if screen.is_empty() {
        return Err(CodecError::broken(Kind::Gif, 6, "width or height is 0"));
    }
    let packed = *bytes.get(10).ok_or_else(cut)?;
    let table = if packed & 0x80 != 0 {
        3usize << ((packed & 7) + 1)
    } else {
        0
    };
    let mut place = 13 + table;
    let mut transparent = false;
    loop {
        match *bytes.get(place).ok_or_else(cut)? {
            0x2c => {
                let at = |skip| le16(bytes, place + skip).ok_or_else(cut);
                let frame = Size::new(u32::from(at(5)?), u32::from(at(7)?));
                let covers = at(1)? == 0 && at(3)? == 0 && frame == screen;
                return Ok(GifHeader {
                    screen,
                    frame,
                    transparent: transparent || !covers,
                });
            }
            0x21 => {
                // Graphic control: the lowest bit says that one colour is transparent.
                if bytes.get(place + 1) == Some(&0xf9) {
                    transparent = bytes.get(place + 3).ok_or_else(cut)? & 1 != 0;
                }
                place += 2;
                loop {
                    let length = usize::from(*bytes.get(place).ok_or_else(cut)?);
                    place += 1 + length;
                    if length == 0 {
                        break;
                    }
                }
            }
            0x3b => return Err(CodecError::broken(Kind::Gif, place, "no frame before the end")),
            _ => {
                return Err(CodecError::broken(
                    Kind::Gif,
                    place,
                    "neither an extension nor a frame",
                ));
            }
        }
    }
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Stored, CodecError> {
    let found = read_header(bytes)?;
    limits.admit(found.screen, 4)?;
    // A frame that does not fill the screen is decoded beside it, and may claim to be larger.
    limits.admit(found.frame, 4)?;
    let both = found.screen.pixels() + found.frame.pixels();
    Limits::check(Limit::DecodedBytes, both * 4, limits.decoded_bytes)?;

    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|error| translate(&error, bytes.len()))?;
    let mut bounds = ::image::Limits::no_limits();
    bounds.max_alloc = Some(limits.decoded_bytes);
    decoder
        .set_limits(bounds)
        .map_err(|error| translate(&error, bytes.len()))?;
    let (width, height) = decoder.dimensions();
    if Size::new(width, height) != found.screen {
        return Err(CodecError::broken(Kind::Gif, 6, "two readers see two sizes"));
    }
    let mut raster = Raster::new(found.screen);
    decoder
        .read_image(raster.bytes_mut())
        .map_err(|error| translate(&error, bytes.len()))?;
    let header = found.header();
    // Pixels that the data do not reach stay transparent. In a frame that has no transparent colour
    // and covers the screen, they show that data are missing.
    if !header.has_alpha && !raster.is_opaque() {
        return Err(CodecError::cut(Kind::Gif, bytes.len()));
    }
    Ok(Stored {
        header,
        raster,
        profile: Profile::Absent,
        warnings: Vec::new(),
    })
}

fn translate(error: &ImageError, length: usize) -> CodecError {
    let text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::UnexpectedEof
        {
            return CodecError::cut(Kind::Gif, length);
        }
        source = cause.source();
    }
    CodecError::Malformed {
        kind: Kind::Gif,
        offset: None,
        what: text,
    }
}

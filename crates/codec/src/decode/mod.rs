//! Files to pixels: the common walk. One module a format knows the rest.
//!
//! Every format does the same three steps: read the header with our own reader (offsets, sizes,
//! orientation, profile), hold its claim against the limits, and only then call the decoder.

pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod webp;

use marquetry_pixel::{Raster, Size};

use crate::error::CodecError;
use crate::header::{Dpi, ImageHeader, admit_file, not_here};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::orient::{Orientation, orient};
use crate::profile::{self, Applied};

/// A decoded picture: upright, sRGB, straight RGBA.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// What the file was.
    pub kind: Kind,
    /// The pixels. Of an animation, the first frame on its canvas.
    pub raster: Raster,
    /// The profile that the file carried. The pixels are **already** converted; this is for whoever
    /// wants to know or to show it.
    pub icc: Option<Vec<u8>>,
    /// The stored horizontal resolution.
    pub dpi: Option<Dpi>,
    /// Whether no pixel lets anything through (looked at, not believed).
    pub opaque: bool,
    /// What was passed over.
    pub warnings: Vec<DecodeWarning>,
}

/// Something in a file that was passed over without giving up on its pixels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeWarning {
    /// The ICC profile cannot be used; the pixels were taken as sRGB (or as plain CMYK).
    #[error("the embedded colour profile was ignored: {what}")]
    ProfileIgnored {
        /// The reason, in a few words.
        what: String,
    },
    /// Bytes that belong to nothing stand in the header; a strict reader would refuse the file.
    #[error("{kind} has stray bytes at byte {offset}")]
    StrayBytes {
        /// What the file is.
        kind: Kind,
        /// Where the first of them stands.
        offset: u64,
    },
}

/// What a format hands back: pixels as stored, and what the common walk does with them.
pub(crate) struct Stored {
    pub(crate) header: ImageHeader,
    pub(crate) raster: Raster,
    pub(crate) profile: Profile,
    pub(crate) warnings: Vec<DecodeWarning>,
}

/// How an embedded profile stands to the pixels.
pub(crate) enum Profile {
    /// There is none.
    Absent,
    /// There is one, still to be applied.
    ToApply(Vec<u8>),
    /// The format has used it, or warned why not.
    Settled(Vec<u8>),
    /// There is one, and it cannot even be unpacked.
    Unreadable,
}

/// Decodes a PNG, JPEG, WebP or GIF; of an animation, the first frame.
///
/// Colours: an embedded ICC profile is converted to sRGB; one that cannot be read is ignored with a
/// warning. PNG's `gAMA` and `cHRM` are not applied, as Photoshop does not. CMYK without a usable
/// profile is multiplied out (`(1 - C)(1 - K)`). 16 bits are rounded to 8.
///
/// # Errors
/// See [`CodecError`]: not a picture, not supported, broken, cut short, or over one of `limits`.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, CodecError> {
    let kind = admit_file(bytes, limits)?;
    let Stored {
        header,
        mut raster,
        profile,
        mut warnings,
    } = fenced(kind, || match kind {
        Kind::Png => png::decode(bytes, limits),
        Kind::Jpeg => jpeg::decode(bytes, limits),
        Kind::Webp => webp::decode(bytes, limits),
        Kind::Gif => gif::decode(bytes, limits),
        kind => Err(not_here(kind)),
    })?;
    let icc = match profile {
        Profile::Absent => None,
        Profile::Settled(icc) => Some(icc),
        Profile::Unreadable => {
            warnings.push(DecodeWarning::ProfileIgnored {
                what: "it cannot be unpacked".to_owned(),
            });
            None
        }
        Profile::ToApply(icc) => {
            match fenced(kind, || Ok(profile::to_srgb(&mut raster, &icc)))? {
                Ok(Applied::Converted | Applied::AlreadySrgb) => {}
                Err(error) => warnings.push(DecodeWarning::ProfileIgnored {
                    what: error.to_string(),
                }),
            }
            Some(icc)
        }
    };
    let raster = orient(raster, header.orientation);
    let opaque = !header.has_alpha || raster.is_opaque();
    Ok(Decoded {
        kind,
        raster,
        icc,
        dpi: header.dpi,
        opaque,
        warnings,
    })
}

/// Runs a decoder that is not ours, and turns a panic in it into an error.
///
/// Not a way of life: what fuzzing finds is kept out by the header readers. But the decoders index by
/// what the file says, fuzzing has found one that can be made to miss, and a promise never to panic
/// has to hold on the day of the next. (Where panics abort, it holds only as far as the readers go.)
fn fenced<T>(kind: Kind, run: impl FnOnce() -> Result<T, CodecError>) -> Result<T, CodecError> {
    // Nothing that a panic could leave half-changed outlives it: the pixels are dropped with the error.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(CodecError::Malformed {
            kind,
            offset: None,
            what: "the decoder lost its way in it".to_owned(),
        })
    })
}

/// Bytes a pixel that bringing a picture upright takes at its peak: a turn by 90 degrees needs
/// a second buffer, every other orientation is done in place.
pub(crate) fn upright_cost(orientation: Orientation) -> u64 {
    if orientation.swaps_sides() { 8 } else { 4 }
}

/// A raster of the right length from what a decoder filled.
pub(crate) fn raster_of(kind: Kind, size: Size, bytes: Vec<u8>) -> Result<Raster, CodecError> {
    Raster::from_bytes(size, bytes).map_err(|wrong| CodecError::Malformed {
        kind,
        offset: None,
        what: wrong.to_string(),
    })
}

/// RGB triples to opaque RGBA.
pub(crate) fn widen_rgb(rgb: &[u8], raster: &mut Raster) {
    for (to, &[red, green, blue]) in raster.pixels_mut().iter_mut().zip(rgb.as_chunks().0) {
        *to = [red, green, blue, 255];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_at_the_fence() {
        let outcome = fenced(Kind::Jpeg, || -> Result<(), CodecError> {
            panic!("index out of bounds")
        });
        assert!(matches!(
            outcome,
            Err(CodecError::Malformed { kind: Kind::Jpeg, .. })
        ));
        assert_eq!(fenced(Kind::Png, || Ok(7)), Ok(7));
    }
}

//! What a file says of itself before its pixels.

use marquetry_pixel::Size;

use crate::decode::{gif, jpeg, png, webp};
use crate::error::CodecError;
use crate::kind::{Kind, sniff};
use crate::limits::{Limit, Limits};
use crate::orient::Orientation;

/// Pixels per inch: finite, above 0, at most 65 535 (what JFIF and Photoshop can hold).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dpi(f64);

impl Dpi {
    /// `None` outside `0.0 < dpi <= 65535.0`.
    pub fn new(dpi: f64) -> Option<Self> {
        (dpi > 0.0 && dpi <= 65_535.0).then_some(Self(dpi))
    }

    /// Pixels per inch.
    pub fn get(self) -> f64 {
        self.0
    }

    /// From pixels per metre, as PNG counts them. A whole number of dots per inch survives the trip
    /// there and back although 300 dpi is 11 811.02 pixels per metre.
    pub(crate) fn from_per_metre(per_metre: u32) -> Option<Self> {
        let exact = f64::from(per_metre) * 0.0254;
        let whole = Self::new(exact.round());
        match whole {
            Some(dpi) if dpi.per_metre() == per_metre => whole,
            _ => Self::new(exact),
        }
    }

    /// Pixels per metre, rounded.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 65535 / 0.0254, and positive"
    )]
    pub(crate) fn per_metre(self) -> u32 {
        (self.0 / 0.0254).round() as u32
    }

    /// Whole pixels per inch, at least 1, as JFIF counts them.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    pub(crate) fn whole(self) -> u16 {
        self.0.round().clamp(1.0, 65_535.0) as u16
    }

    /// As a TIFF rational, exact to a ten-thousandth.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 655 350 000, and positive"
    )]
    pub(crate) fn as_fraction(self) -> (u32, u32) {
        if self.0.fract() == 0.0 {
            (self.0 as u32, 1)
        } else {
            (((self.0 * 10_000.0).round() as u32).max(1), 10_000)
        }
    }
}

/// What a file says of itself before its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageHeader {
    /// What the file is.
    pub kind: Kind,
    /// Size of the upright picture: what [`decode`](crate::decode) will give, orientation applied.
    pub size: Size,
    /// Whether some pixel may let something through.
    pub has_alpha: bool,
    /// How the stored rows relate to the upright picture.
    pub orientation: Orientation,
    /// Whether an ICC profile comes with it (sound or not).
    pub icc: bool,
    /// Its stored horizontal resolution.
    pub dpi: Option<Dpi>,
}

/// Reads the header of a picture and nothing more: no pixel is decoded, nothing of the picture's
/// size is allocated.
///
/// The size is **not** held against `limits.side`, `pixels` or `decoded_bytes`: whoever probes wants
/// to know it. [`decode`](crate::decode) does that.
///
/// # Errors
/// [`CodecError::Unrecognised`] or [`CodecError::Unsupported`] for other files,
/// [`CodecError::OverLimit`] for a file longer than `limits.file_bytes`,
/// [`CodecError::Truncated`] or [`CodecError::Malformed`] with the offset for a broken header.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageHeader, CodecError> {
    let kind = admit_file(bytes, limits)?;
    match kind {
        Kind::Png => png::read_header(bytes).map(|found| found.header()),
        Kind::Jpeg => jpeg::read_header(bytes).map(|found| found.header()),
        Kind::Webp => webp::read_header(bytes).map(|found| found.header()),
        Kind::Gif => gif::read_header(bytes).map(|found| found.header()),
        kind => Err(not_here(kind)),
    }
}

/// Checks length and kind: the first two doors, common to [`probe`] and decode.
pub(crate) fn admit_file(bytes: &[u8], limits: &Limits) -> Result<Kind, CodecError> {
    Limits::check(Limit::FileBytes, bytes.len() as u64, limits.file_bytes)?;
    let kind = sniff(bytes).ok_or(CodecError::Unrecognised)?;
    if kind.is_decodable() {
        Ok(kind)
    } else {
        Err(not_here(kind))
    }
}

/// A kind that we know and do not read as a picture.
pub(crate) fn not_here(kind: Kind) -> CodecError {
    CodecError::Unsupported {
        kind,
        feature: "this kind of file as a picture",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_resolutions_survive_pixels_per_metre() {
        for dpi in 1..=2400u32 {
            let dpi = Dpi::new(f64::from(dpi)).unwrap();
            assert_eq!(Dpi::from_per_metre(dpi.per_metre()), Some(dpi));
        }
        assert_eq!(Dpi::new(f64::NAN), None);
        assert_eq!(Dpi::new(0.0), None);
        assert_eq!(Dpi::from_per_metre(u32::MAX), None);
        assert_eq!(Dpi::from_per_metre(0), None);
    }
}

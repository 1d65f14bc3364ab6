//! The first 26 bytes and the colour mode data: what kind of picture this is.

use marquetry_pixel::Size;

use crate::error::{PsdError, Section};
use crate::limits::{Limit, Limits};
use crate::reader::Reader;

/// Which of the two forms of the format: they differ in the width of lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The Photoshop format, sides up to 30 000 pixels.
    Psd,
    /// The large document format, sides up to 300 000 pixels.
    Psb,
}

impl Version {
    /// The longest side that the format itself allows, in pixels.
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Psd => 30_000,
            Self::Psb => 300_000,
        }
    }
}

/// Bits of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Depth {
    /// One bit: black is 1.
    One,
    /// `0..=255`.
    Eight,
    /// `0..=65535`. (Photoshop works with `0..=32768` inside but stores the full range.)
    Sixteen,
    /// 32-bit floats, linear light, `1.0` is white.
    ThirtyTwo,
}

impl Depth {
    /// The number itself.
    pub fn bits(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
        }
    }

    /// Bytes of one stored row of `width` samples; rows of single bits end on a full byte.
    pub fn row_bytes(self, width: u32) -> u64 {
        (u64::from(width) * u64::from(self.bits())).div_ceil(8)
    }
}

/// What the channels mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorMode {
    /// Black and white, one bit.
    Bitmap,
    /// One channel of grey.
    Grayscale,
    /// One channel of indices into a palette of 256 colours.
    Indexed,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black; stored inverted (255 is no ink).
    Cmyk,
    /// Ink channels without a common meaning.
    Multichannel,
    /// One channel of grey printed with up to four inks.
    Duotone,
    /// Lightness, a, b.
    Lab,
}

impl ColorMode {
    pub(crate) fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Bitmap,
            1 => Self::Grayscale,
            2 => Self::Indexed,
            3 => Self::Rgb,
            4 => Self::Cmyk,
            7 => Self::Multichannel,
            8 => Self::Duotone,
            9 => Self::Lab,
            _ => return None,
        })
    }

    /// How many channels hold colour; `None` for multichannel, where all of them do.
    pub fn color_channels(self) -> Option<u16> {
        match self {
            Self::Bitmap | Self::Grayscale | Self::Indexed | Self::Duotone => Some(1),
            Self::Rgb | Self::Lab => Some(3),
            Self::Cmyk => Some(4),
            Self::Multichannel => None,
        }
    }
}

/// The most channels of a merged picture. The specification says 56, and does not count the transparency: Photoshop CS3
/// wrote 57 into `53alphas.psd` of the tests of kimageformats.
pub const MOST_CHANNELS: u16 = 57;

/// Adobe Photoshop File Formats Specification, *File Header Section*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// PSD or PSB.
    pub version: Version,
    /// Channels of the merged picture, extra ones included: `1..=57`, see [`MOST_CHANNELS`].
    pub channels: u16,
    /// The canvas, at least one pixel each way.
    pub size: Size,
    /// Bits of one sample, here and in every layer.
    pub depth: Depth,
    /// What the channels mean.
    pub color_mode: ColorMode,
}

/// Bytes of the header.
pub(crate) const HEADER_BYTES: usize = 26;

impl Header {
    /// Reads the first 26 bytes of `file`.
    ///
    /// # Errors
    /// [`PsdError::NotPsd`] when the signature is another one, [`PsdError::Malformed`] or
    /// [`PsdError::Unsupported`] for values out of range, [`PsdError::OverLimit`] for a canvas that
    /// is larger than `limits` allow.
    pub fn parse(file: &[u8], limits: &Limits) -> Result<Self, PsdError> {
        if !file.starts_with(b"8BPS") {
            return Err(PsdError::NotPsd);
        }
        let mut reader = Reader::new(file, 0, Section::Header);
        reader.take(4)?;
        let version = match reader.u16()? {
            1 => Version::Psd,
            2 => Version::Psb,
            _ => return Err(malformed(4, "the version is neither 1 nor 2")),
        };
        reader.take(6)?;
        let channels = reader.u16()?;
        if !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(malformed(12, "the channel count is not within 1 to 57"));
        }
        let height = reader.u32()?;
        let width = reader.u32()?;
        let size = Size::new(width, height);
        let longest = width.max(height);
        if size.is_empty() {
            return Err(malformed(14, "the canvas has no pixels"));
        }
        if longest > version.longest_side() {
            return Err(malformed(14, "a side is longer than the format allows"));
        }
        Limits::check(Limit::Side, longest.into(), limits.side)?;
        Limits::check(Limit::Pixels, size.pixels(), limits.pixels)?;
        let depth = match reader.u16()? {
            1 => Depth::One,
            8 => Depth::Eight,
            16 => Depth::Sixteen,
            32 => Depth::ThirtyTwo,
            _ => return Err(malformed(22, "the depth is not 1, 8, 16 or 32 bits")),
        };
        let mode = reader.u16()?;
        if mode == 5 || mode == 6 {
            // Numbers of Photoshop 2 that no specification since has described.
            return Err(PsdError::Unsupported {
                feature: "colour mode HSL or HSB",
            });
        }
        let color_mode =
            ColorMode::from_number(mode).ok_or_else(|| malformed(24, "the colour mode is unknown"))?;
        Ok(Self {
            version,
            channels,
            size,
            depth,
            color_mode,
        })
    }
}

fn malformed(offset: u64, what: &'static str) -> PsdError {
    PsdError::Malformed {
        section: Section::Header,
        offset,
        what,
    }
}

/// The 256 colours of an indexed document: first all reds, then greens, then blues.
///
/// Adobe Photoshop File Formats Specification, *Color Mode Data Section*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette<'a>(&'a [u8; 768]);

impl<'a> Palette<'a> {
    /// `None` when there are not exactly 768 bytes.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Red, green and blue of one index.
    pub fn color(self, index: u8) -> [u8; 3] {
        let index = usize::from(index);
        [self.0[index], self.0[256 + index], self.0[512 + index]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(change: impl FnOnce(&mut Vec<u8>)) -> Result<Header, PsdError> {
        let mut bytes = b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x10\0\0\0\x20\0\x08\0\x03".to_vec();
        change(&mut bytes);
        Header::parse(&bytes, &Limits::default())
    }

    #[test]
    fn reads_size_depth_and_mode() {
        let header = header(|_| ()).unwrap();
        assert_eq!(header.size, Size::new(32, 16));
        assert_eq!((header.version, header.channels), (Version::Psd, 3));
        assert_eq!((header.depth, header.color_mode), (Depth::Eight, ColorMode::Rgb));
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        let offset_of = |result| match result {
            Err(PsdError::Malformed {
                section: Section::Header,
                offset,
                ..
            }) => offset,
            other => panic!("{other:?}"),
        };
        assert_eq!(header(|b| b[0] = b'9'), Err(PsdError::NotPsd));
        assert_eq!(offset_of(header(|b| b[5] = 3)), 4);
        assert_eq!(offset_of(header(|b| b[13] = 58)), 12);
        assert_eq!(header(|b| b[13] = 57).unwrap().channels, MOST_CHANNELS);
        assert_eq!(offset_of(header(|b| b[17] = 0)), 14);
        assert_eq!(offset_of(header(|b| b[15] = 2)), 14);
        assert_eq!(offset_of(header(|b| b[23] = 9)), 22);
        assert_eq!(offset_of(header(|b| b[25] = 10)), 24);
        assert!(matches!(header(|b| b[25] = 5), Err(PsdError::Unsupported { .. })));
        assert!(matches!(
            header(|b| b.truncate(25)),
            Err(PsdError::Truncated { offset: 24, .. })
        ));
    }

    #[test]
    fn a_large_document_may_be_longer_but_not_beyond_the_limits() {
        let long = |b: &mut Vec<u8>| {
            b[5] = 2;
            b[14..18].copy_from_slice(&100_000_u32.to_be_bytes());
        };
        let Err(PsdError::OverLimit {
            limit: Limit::Side,
            wanted: 100_000,
            ..
        }) = header(long)
        else {
            panic!("a side of 100 000 pixels passed the default limits");
        };
    }
}

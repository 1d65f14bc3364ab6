//! Pixels to files. One module a format; this one holds what can be asked for.

mod jpeg;
mod libwebp;
mod png;
mod webp;

use marquetry_pixel::{Raster, Size};

use crate::error::CodecError;
use crate::header::Dpi;
use crate::kind::Kind;

/// How much of a lossy picture to keep: 1 to 100, on the scale of libjpeg (and of libwebp).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// `None` outside `1..=100`.
    pub fn new(quality: u8) -> Option<Self> {
        (1..=100).contains(&quality).then_some(Self(quality))
    }

    /// The number, 1 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Quality {
    /// 90.
    fn default() -> Self {
        Self(90)
    }
}

/// How long libwebp may search for a smaller file of the same quality: 0 to 6, its own `method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effort(u8);

impl Effort {
    /// `None` above 6.
    pub fn new(effort: u8) -> Option<Self> {
        (effort <= 6).then_some(Self(effort))
    }

    /// The number, 0 to 6.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Effort {
    /// Two. On a 2048 x 2048 mockup at quality 90 that takes a third of the time of libwebp's own
    /// default, four, for 0.7 % more bytes and half a decibel of luma. Zero and one are a bad trade:
    /// a fifth to a quarter more bytes and hardly faster.
    fn default() -> Self {
        Self(2)
    }
}

/// How finely a JPEG stores colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// [`Full`](Self::Full) from quality 90 up, [`Quarter`](Self::Quarter) below.
    ///
    /// Designs are lettering and flat colours, and a quarter of the colour samples shows as fringes
    /// along their edges however high the quality is: halving the quantiser cannot bring back what
    /// was averaged away. Whoever asks for less than 90 asks for a small file. Photoshop and libvips
    /// switch in the same way.
    #[default]
    ByQuality,
    /// One colour sample a pixel (4:4:4).
    Full,
    /// One colour sample every 2 x 2 pixels (4:2:0): about a quarter fewer bytes and a third
    /// less time.
    Quarter,
}

/// A file format with its own settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Exact; RGB when the picture is opaque, RGBA otherwise.
    Png,
    /// Lossy, without alpha: what is transparent is laid on white.
    Jpeg {
        /// How much to keep.
        quality: Quality,
        /// How finely to store colour.
        chroma: Chroma,
    },
    /// Lossy colour (4:2:0, the format knows nothing else), exact alpha.
    Webp {
        /// How much to keep.
        quality: Quality,
        /// How long to search.
        effort: Effort,
    },
}

impl Format {
    /// A JPEG of `quality`, everything else by default.
    pub fn jpeg(quality: Quality) -> Self {
        Self::Jpeg {
            quality,
            chroma: Chroma::default(),
        }
    }

    /// A WebP of `quality`, everything else by default.
    pub fn webp(quality: Quality) -> Self {
        Self::Webp {
            quality,
            effort: Effort::default(),
        }
    }

    /// The kind of file it makes, which knows its media type and extension.
    pub fn kind(self) -> Kind {
        match self {
            Self::Png => Kind::Png,
            Self::Jpeg { .. } => Kind::Jpeg,
            Self::Webp { .. } => Kind::Webp,
        }
    }

    /// The longest side that the format can hold, in pixels.
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Png => i32::MAX.unsigned_abs(),
            Self::Jpeg { .. } => 65_535,
            Self::Webp { .. } => 16_383,
        }
    }
}

/// What a file should be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoding<'a> {
    /// The format.
    pub format: Format,
    /// A resolution to write into the file; it changes no pixel. PNG: `pHYs`. JPEG: JFIF density and
    /// EXIF. WebP: EXIF.
    pub dpi: Option<Dpi>,
    /// A profile to write into the file; it changes no pixel either. None means sRGB to every reader.
    pub icc: Option<&'a [u8]>,
}

impl Encoding<'_> {
    /// `format`, without resolution or profile.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            dpi: None,
            icc: None,
        }
    }
}

/// Writes a picture. The same pixels and settings give the same bytes.
///
/// # Errors
/// [`CodecError::Empty`] without pixels, [`CodecError::TooLargeForFormat`] beyond
/// [`Format::longest_side`], [`CodecError::EncoderFailed`] when the encoder gives up.
pub fn encode(raster: &Raster, encoding: &Encoding<'_>) -> Result<Vec<u8>, CodecError> {
    let size = raster.size();
    if size.is_empty() {
        return Err(CodecError::Empty { size });
    }
    let format = encoding.format;
    let most = format.longest_side();
    if size.width.max(size.height) > most {
        return Err(CodecError::TooLargeForFormat {
            kind: format.kind(),
            size,
            most,
        });
    }
    match format {
        Format::Png => png::encode(raster, encoding.dpi, encoding.icc),
        Format::Jpeg { quality, chroma } => jpeg::encode(raster, quality, chroma, encoding.dpi, encoding.icc),
        Format::Webp { quality, effort } => webp::encode(raster, quality, effort, encoding.dpi, encoding.icc),
    }
}

/// The RGB of a raster, alpha dropped.
fn rgb_of(raster: &Raster) -> Vec<u8> {
    let mut rgb = vec![0; raster.pixels().len() * 3];
    for (to, &[red, green, blue, _]) in rgb.as_chunks_mut().0.iter_mut().zip(raster.pixels()) {
        *to = [red, green, blue];
    }
    rgb
}

/// The RGB of a raster laid on white.
fn rgb_on_white(raster: &Raster) -> Vec<u8> {
    let mut rgb = vec![0; raster.pixels().len() * 3];
    for (to, &[red, green, blue, alpha]) in rgb.as_chunks_mut().0.iter_mut().zip(raster.pixels()) {
        *to = [red, green, blue].map(|colour| on_white(colour, alpha));
    }
    rgb
}

/// `colour` over white, rounded to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "a mean of two bytes is a byte")]
fn on_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// An encoder's refusal in its own words.
fn failed(kind: Kind, what: impl std::fmt::Display) -> CodecError {
    CodecError::EncoderFailed {
        kind,
        what: what.to_string(),
    }
}

/// A side as the narrower integer that a format wants.
fn side<T: TryFrom<u32>>(kind: Kind, size: Size, side: u32) -> Result<T, CodecError> {
    T::try_from(side).map_err(|_| CodecError::TooLargeForFormat {
        kind,
        size,
        most: u32::from(u16::MAX),
    })
}

//! What file a render ends in.

use crate::{ModelError, Within};

/// How strongly a lossy format may simplify: 1 is smallest, 100 is best. PNG does not look at it.
pub type Quality = Within<1, 100>;

/// A resolution that is written into the file, in pixels an inch. It never changes a pixel.
pub type Dpi = Within<72, 2400>;

/// One encoded file of a render.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Export {
    /// Which kind of file.
    pub format: ExportFormat,
    /// How wide.
    pub size: ExportSize,
    /// How good, for lossy formats.
    pub quality: Quality,
    /// The resolution to write into the file. `None` writes what the mockup states when the size is
    /// [`ExportSize::Original`], and nothing otherwise.
    pub dpi: Option<Dpi>,
}

/// The kinds of file a render can end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Lossless, with transparency.
    Png,
    /// Lossy, without transparency: laid on white.
    Jpeg,
    /// Lossy, with transparency.
    Webp,
}

/// How wide an export is; its height follows the canvas, rounded half up, at least one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportSize {
    /// This many pixels, 100 to 10,000. May be more than the canvas has. Made by [`Self::width`].
    Width(u32),
    /// As many as the canvas has.
    Original,
}

impl Default for Export {
    /// A WebP of quality 90, 2048 pixels wide, that states no resolution.
    fn default() -> Self {
        Self {
            format: ExportFormat::Webp,
            size: ExportSize::Width(2048),
            quality: Quality::clamped(90),
            dpi: None,
        }
    }
}

impl ExportFormat {
    /// The end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

impl ExportSize {
    /// The least width in pixels.
    pub const LEAST_WIDTH: u32 = 100;
    /// The greatest width in pixels.
    pub const MOST_WIDTH: u32 = 10_000;

    /// An export `pixels` wide.
    ///
    /// # Errors
    /// [`ModelError::OutOfRange`] outside `100..=10000`.
    pub fn width(pixels: u32) -> Result<Self, ModelError> {
        if (Self::LEAST_WIDTH..=Self::MOST_WIDTH).contains(&pixels) {
            Ok(Self::Width(pixels))
        } else {
            Err(ModelError::OutOfRange {
                field: "image_size",
                least: Self::LEAST_WIDTH.into(),
                most: Self::MOST_WIDTH.into(),
            })
        }
    }

    /// The size of the export of a canvas, in pixels.
    pub fn of(self, canvas: marquetry_pixel::Size) -> marquetry_pixel::Size {
        let width = match self {
            Self::Original => return canvas,
            Self::Width(width) => width,
        };
        let across = u64::from(canvas.width.max(1));
        // Round half up in whole numbers: the same height on every machine.
        let height = (u64::from(canvas.height) * u64::from(width) * 2 + across) / (across * 2);
        marquetry_pixel::Size::new(width, u32::try_from(height).unwrap_or(u32::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn heights_round_half_up_and_are_at_least_one() {
        assert_eq!(ExportSize::Width(100).of(Size::new(200, 101)), Size::new(100, 51));
        assert_eq!(ExportSize::Width(100).of(Size::new(30_000, 1)), Size::new(100, 1));
        assert_eq!(
            ExportSize::Width(2048).of(Size::new(3000, 2000)),
            Size::new(2048, 1365)
        );
        assert_eq!(
            ExportSize::Original.of(Size::new(3000, 2000)),
            Size::new(3000, 2000)
        );
        assert_eq!(
            ExportSize::Width(10_000).of(Size::new(0, 0)),
            Size::new(10_000, 1)
        );
    }

    #[test]
    fn errors_name_their_field() {
        assert_eq!(
            Dpi::new("dpi", 71.0).unwrap_err().to_string(),
            "dpi must be between 72 and 2400"
        );
        assert!(ExportSize::width(99).is_err());
        assert!(ExportSize::width(100).is_ok());
    }
}

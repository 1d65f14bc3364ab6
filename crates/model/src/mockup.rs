//! A mockup: an uploaded PSD, what was found in it, and its previews. Its content never changes.

use marquetry_job::Timestamp;
use marquetry_pixel::Size;

use crate::{BlobKey, Catalogue, ContentHash, MockupId, TenantId, Version};

/// An uploaded PSD or PSB and its catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Mockup {
    /// Its id.
    pub id: MockupId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What people call it; the only thing about it that may change. 1 to 255 characters.
    pub name: String,
    /// The hash of the file; renders pin it.
    pub content: ContentHash,
    /// Where the file lies.
    pub source: BlobKey,
    /// The length of the file in bytes.
    pub source_bytes: u64,
    /// The canvas in pixels.
    pub size: Size,
    /// The resolution that the file states, in pixels an inch.
    pub dpi: Option<f64>,
    /// What can be changed in it, and its layer tree.
    pub catalogue: Catalogue,
    /// What the author of the file should know.
    pub warnings: Vec<Warning>,
    /// Previews, widest first.
    pub thumbnails: Vec<Thumbnail>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name last changed.
    pub updated_at: Timestamp,
    /// Counts the changes; a store swaps only the version it was shown.
    pub version: Version,
}

/// A preview of a mockup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Its width in pixels; the height follows the canvas.
    pub width: u32,
    /// Where its WebP file lies.
    pub key: BlobKey,
}

/// Something a caller should know about work that did succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable word in `SCREAMING_SNAKE_CASE` that programs may compare.
    pub code: String,
    /// One sentence for people; names the layer it is about.
    pub message: String,
}

impl Warning {
    /// A warning with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}

impl Mockup {
    /// The longest name in characters.
    pub const LONGEST_NAME: usize = 255;
    /// The widths of the previews that are made, in pixels.
    pub const THUMBNAIL_WIDTHS: [u32; 3] = [720, 480, 240];

    /// The same mockup under another name.
    ///
    /// # Errors
    /// [`crate::ModelError`] when the name is empty or longer than 255 characters.
    pub fn renamed(self, name: String, now: Timestamp) -> Result<Self, crate::ModelError> {
        crate::text("name", &name, Self::LONGEST_NAME)?;
        Ok(Self {
            name,
            updated_at: now.max(self.updated_at),
            version: self.version.next(),
            ..self
        })
    }
}

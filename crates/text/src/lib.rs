//! Words and fonts to outlines: shaping, lines, fitting.
//!
//! Everything comes in as values: the words with their styles, the fonts as bytes. What a machine has
//! installed is never looked at, and nothing is hinted, so the same words come out as the same
//! outlines everywhere and at every size.
//!
//! ```
//! use marquetry_text::{Frame, FontShelf, Limits, Setting, Style, Text, lay_out};
//!
//! let shelf = FontShelf::bundled();
//! let style = Style { size: 48.0, ..Style::default() };
//! let text = Text::plain("Player name", &style, Setting::default());
//! let laid = lay_out(&text, &shelf, &Frame::Point, &Limits::default())?;
//! assert_eq!((laid.lines.len(), laid.shapes.len()), (1, 1));
//! assert!(laid.substitutions.is_empty());
//! # Ok::<(), marquetry_text::TextError>(())
//! ```
//!
//! Reading order: [`words`](Text) are what is to be set; [`FontShelf`] finds faces for them;
//! `itemize` takes a paragraph apart into pieces of one script, direction and face; `shape` turns
//! these into glyphs; `lines` breaks them (Unicode's rules for that, UAX #14); `lay` puts lines in
//! their places (and order: UAX #9); `ink` draws glyphs as outlines; [`fit()`] searches the size.

mod embolden;
mod error;
mod fit;
mod font;
mod ink;
mod itemize;
mod laid;
mod lay;
mod lines;
mod shape;
mod shelf;
mod substitution;
mod words;

pub use error::{FontError, TextError};
pub use fit::{Fitted, Fitting, Overflow, fit};
pub use font::{Font, Measures, Names};
pub use kurbo;
pub use laid::{Beyond, FirstBaseline, Frame, Laid, LaidLine, Shape, TextBox, Wrap};
pub use shelf::{DEFAULT_FONT, FontShelf, Found, ShelfLimits};
pub use substitution::Substitution;
pub use words::{
    Align, Caps, Direction, FontName, Ink, Kerning, LastLine, Leading, Ligatures, Paragraph, Script, Setting,
    Span, Stroke, Style, Text,
};

/// How much one text may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of all its words.
    pub characters: usize,
    /// Lines and curves of all its outlines.
    pub elements: usize,
}

impl Default for Limits {
    /// 100,000 characters, four million lines and curves.
    fn default() -> Self {
        Self {
            characters: 100_000,
            elements: 4_000_000,
        }
    }
}

impl Limits {
    pub(crate) fn admit(&self, what: &'static str, wanted: usize, allowed: usize) -> Result<(), TextError> {
        if wanted <= allowed {
            return Ok(());
        }
        Err(TextError::OverLimit {
            what,
            wanted: wanted as u64,
            allowed: allowed as u64,
        })
    }
}

/// Sets words in a frame.
///
/// # Errors
/// [`TextError`] for more characters or outlines than `limits` allow, or an empty shelf.
pub fn lay_out(text: &Text, shelf: &FontShelf, frame: &Frame, limits: &Limits) -> Result<Laid, TextError> {
    lay_out_scaled(text, shelf, frame, 1.0, limits)
}

/// Sets words in a frame, everything about them `scale` times as large as they say; see [`fit()`].
///
/// # Errors
/// As [`lay_out`].
pub fn lay_out_scaled(
    text: &Text,
    shelf: &FontShelf,
    frame: &Frame,
    scale: f64,
    limits: &Limits,
) -> Result<Laid, TextError> {
    let scale = words::sane(scale, 1e-4, 1e4, 1.0);
    shape::shape(text, shelf, limits)?.lay(frame, scale)
}

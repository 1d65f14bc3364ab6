//! Where words may stand, and where they came to stand.

use kurbo::{BezPath, Rect};

use crate::substitution::Substitution;
use crate::words::Ink;

/// Where words may stand. Text space is measured to the right and downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Frame {
    /// From a point, which is the origin: the first baseline goes through it, and lines start, end
    /// or have their middle there. Only their author ends lines.
    #[default]
    Point,
    /// In a box whose top left corner is the origin.
    Box(TextBox),
}

/// A box for words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextBox {
    /// How wide it is.
    pub width: f64,
    /// How high; `None` is as high as it takes.
    pub height: Option<f64>,
    /// Where the first line stands.
    pub first: FirstBaseline,
    /// Where lines may be broken.
    pub wrap: Wrap,
    /// What becomes of lines below the box.
    pub beyond: Beyond,
}

impl TextBox {
    /// A box in which lines break at words, the first line's tallest letters touch the top, and what
    /// is below it is shown.
    pub const fn new(width: f64, height: Option<f64>) -> Self {
        Self {
            width,
            height,
            first: FirstBaseline::Ascent,
            wrap: Wrap::Anywhere,
            beyond: Beyond::Shown,
        }
    }
}

/// Where the first line of a box stands, and with it how high lines count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FirstBaseline {
    /// The font's ascent below the top. Lines end at the last one's descent.
    #[default]
    Ascent,
    /// The top of a `d` touches the top of the box, which is about where Photoshop has it: it tells of
    /// boxes set in Myriad that the first baseline is 0.710 of the size below the top, which is that
    /// letter's height, and 0.736 in Arial, where the letter has 0.716. Lines end as with `Ascent`.
    Letters,
    /// As in CSS: every line is as high as its leading, and its letters are in the middle of it.
    HalfLeading,
}

/// Where lines may be broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wrap {
    /// Where their author ends them.
    Never,
    /// Between words.
    Words,
    /// Between words, and inside of one that is longer than a line.
    #[default]
    Anywhere,
}

/// What becomes of lines below a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Beyond {
    /// They are shown.
    #[default]
    Shown,
    /// A line whose baseline is below the box is left out.
    Dropped,
}

/// Words in their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Laid {
    /// What to paint, bottom to top.
    pub shapes: Vec<Shape>,
    /// The box around all of it.
    pub bounds: Rect,
    /// The lines, top to bottom.
    pub lines: Vec<LaidLine>,
    /// Whether something lies outside of the frame: a line is too long, or the lines too many.
    pub overflowed: bool,
    /// What was drawn otherwise than it was asked for.
    pub substitutions: Vec<Substitution>,
}

impl Laid {
    /// The advance width of the longest line.
    pub fn width(&self) -> f64 {
        let widths = self.lines.iter().map(|line| line.right - line.left);
        widths.fold(0.0, f64::max)
    }
}

/// A closed outline and its ink. Inside is what is gone around at all, by direction (non-zero).
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The outline, in text space.
    pub outline: BezPath,
    /// What it is painted with.
    pub ink: Ink,
}

/// A line in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaidLine {
    /// Where its first glyph's pen starts.
    pub left: f64,
    /// Where its last glyph's pen ends.
    pub right: f64,
    /// Where its letters stand.
    pub baseline: f64,
    /// From the baseline to the top of its tallest font.
    pub ascent: f64,
    /// From the baseline to the bottom of its lowest font.
    pub descent: f64,
}

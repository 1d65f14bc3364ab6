//! Sizes at which words fit their frame.

use icu_segmenter::GraphemeClusterSegmenter;

use crate::lay::Extent;
use crate::lines::SLACK;
use crate::shape::{Shaped, shape};
use crate::shelf::FontShelf;
use crate::words::{FAR, Text, sane};
use crate::{Beyond, Frame, Laid, Limits, TextBox, TextError, Wrap};

/// How words are made to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitting {
    /// The smallest size, of the text's largest letters.
    pub smallest: f64,
    /// The largest size; the text's own, where words may not grow.
    pub largest: f64,
    /// Sizes between are whole multiples of this.
    pub step: f64,
    /// The most lines.
    pub most_lines: Option<usize>,
    /// What happens when even the smallest size is too large.
    pub overflow: Overflow,
}

/// What happens to words that do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// They run past the frame.
    #[default]
    Visible,
    /// They are cut, and end with `…`. Where not even one letter fits beside it, as [`Clip`](Self::Clip).
    Ellipsis,
    /// Lines after the most that there may be are left out; the frame cuts off the rest, which is for
    /// whoever paints them to do: see [`Fitted::clip`].
    Clip,
}

/// Words at the size at which they fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// The words in their places.
    pub laid: Laid,
    /// How much larger they are than the text says.
    pub scale: f64,
    /// Whether they fit: when not, they are as small as they may be.
    pub fits: bool,
    /// Whether the end of the words was left out.
    pub cut: bool,
    /// Whether nothing outside of the frame is to be painted.
    pub clip: bool,
}

impl Fitting {
    /// Smaller when it must be, down to `smallest`, never larger; steps of a quarter.
    pub fn shrink(text: &Text, smallest: f64) -> Self {
        Self {
            smallest,
            largest: text.largest_size(),
            step: 0.25,
            most_lines: None,
            overflow: Overflow::Visible,
        }
    }
}

/// Sets words at the largest size at which they fit a box, and scales everything about them alike:
/// leading, tracking and indents go with the size.
///
/// Glyphs' advances grow with the size exactly, since nothing is hinted, so words are shaped once
/// and the size is searched by halving. A word that is longer than a line counts as not fitting.
///
/// # Errors
/// [`TextError`] for more characters or outlines than `limits` allow, or an empty shelf.
pub fn fit(
    text: &Text,
    shelf: &FontShelf,
    frame: &TextBox,
    fitting: &Fitting,
    limits: &Limits,
) -> Result<Fitted, TextError> {
    let shaped = shape(text, shelf, limits)?;
    let own = text.largest_size();
    let scales = Scales::new(own, fitting);
    let whole = TextBox {
        wrap: if frame.wrap == Wrap::Never {
            Wrap::Never
        } else {
            Wrap::Words
        },
        ..*frame
    };
    let fits = |shaped: &Shaped<'_>, scale: f64| {
        let extent = shaped.measure(&whole, scale);
        holds(&whole, fitting, &extent)
    };
    // The first scale fits, or nothing does: larger ones come after smaller ones.
    let found = scales.largest_where(|scale| fits(&shaped, scale));
    if let Some(scale) = found {
        return Ok(Fitted {
            laid: shaped.lay(&Frame::Box(whole), scale)?,
            scale,
            fits: true,
            ..Fitted::default()
        });
    }
    let scale = scales.at(0);
    if fitting.overflow == Overflow::Ellipsis
        && let Some(cut) = ellipsis(text, shelf, frame, fitting, scale, limits)?
    {
        return Ok(cut);
    }
    let clip = fitting.overflow != Overflow::Visible;
    let most_lines = fitting.most_lines.filter(|_| clip);
    Ok(Fitted {
        laid: shaped.lay_some(&Frame::Box(*frame), scale, most_lines.unwrap_or(usize::MAX))?,
        scale,
        clip,
        ..Fitted::default()
    })
}

fn holds(frame: &TextBox, fitting: &Fitting, extent: &Extent) -> bool {
    let height = frame
        .height
        .map_or(f64::INFINITY, |height| sane(height, 0.0, FAR, 0.0));
    !extent.too_wide
        && extent.bottom <= height + SLACK * 100.0
        && fitting.most_lines.is_none_or(|most| extent.lines <= most)
}

/// The scales that are tried: the smallest size, multiples of the step, the largest size.
struct Scales {
    own: f64,
    smallest: f64,
    largest: f64,
    step: f64,
    /// The first multiple above the smallest size, in steps.
    from: f64,
    /// How many multiples lie between.
    between: u32,
}

impl Scales {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just before"
    )]
    fn new(own: f64, fitting: &Fitting) -> Self {
        let largest = sane(fitting.largest, 1e-3, 1e5, own.max(1e-3));
        let smallest = sane(fitting.smallest, 1e-3, largest, largest);
        let step = sane(fitting.step, 1e-3, 1e5, 0.25);
        let from = (smallest / step).floor() + 1.0;
        let to = (largest / step).ceil() - 1.0;
        Self {
            own: if own > 0.0 { own } else { 1.0 },
            smallest,
            largest,
            step,
            from,
            between: (to - from + 1.0).clamp(0.0, 1e9) as u32,
        }
    }

    fn at(&self, index: u32) -> f64 {
        let size = match index {
            0 => self.smallest,
            index if index > self.between => self.largest,
            index => (self.from + f64::from(index - 1)) * self.step,
        };
        size / self.own
    }

    fn largest_where(&self, fits: impl Fn(f64) -> bool) -> Option<f64> {
        let last = self.between + 1;
        if fits(self.at(last)) {
            return Some(self.at(last));
        }
        let (mut fit, mut not) = (None, last);
        let mut low = 0;
        while low < not {
            let middle = low + (not - low) / 2;
            if fits(self.at(middle)) {
                fit = Some(self.at(middle));
                low = middle + 1;
            } else {
                not = middle;
            }
        }
        fit
    }
}

/// As many letters as fit with `…` after them; `None` when not even one does.
fn ellipsis(
    text: &Text,
    shelf: &FontShelf,
    frame: &TextBox,
    fitting: &Fitting,
    scale: f64,
    limits: &Limits,
) -> Result<Option<Fitted>, TextError> {
    let total = letters(text);
    let (mut fit, mut low, mut not) = (None, 1, total);
    while low < not {
        let middle = low + (not - low) / 2;
        let cut = cut(text, middle);
        let shaped = shape(&cut, shelf, limits)?;
        if holds(frame, fitting, &tolerant(shaped.measure(frame, scale), frame)) {
            fit = Some(cut);
            low = middle + 1;
        } else {
            not = middle;
        }
    }
    let Some(cut) = fit else { return Ok(None) };
    let kept = TextBox {
        beyond: Beyond::Shown,
        ..*frame
    };
    Ok(Some(Fitted {
        laid: shape(&cut, shelf, limits)?.lay(&Frame::Box(kept), scale)?,
        scale,
        cut: true,
        ..Fitted::default()
    }))
}

/// Where words are split anyway, a split is no reason to cut more.
fn tolerant(extent: Extent, frame: &TextBox) -> Extent {
    Extent {
        too_wide: extent.too_wide && frame.wrap != Wrap::Anywhere,
        ..extent
    }
}

/// What a reader takes for letters.
fn letters(text: &Text) -> usize {
    let spans = text.paragraphs.iter().flat_map(|paragraph| &paragraph.spans);
    spans.map(|span| ends(&span.words).count()).sum()
}

/// Where each letter ends.
fn ends(words: &str) -> impl Iterator<Item = usize> {
    GraphemeClusterSegmenter::new().segment_str(words).skip(1)
}

/// The first `count` letters and `…`.
fn cut(text: &Text, count: usize) -> Text {
    let mut left = count;
    let mut kept = Text::default();
    for paragraph in &text.paragraphs {
        let mut copy = paragraph.clone();
        copy.spans.clear();
        for span in &paragraph.spans {
            let mut span = span.clone();
            let ends: Vec<usize> = ends(&span.words).take(left).collect();
            left -= ends.len();
            span.words.truncate(ends.last().copied().unwrap_or(0));
            copy.spans.push(span);
            if left == 0 {
                break;
            }
        }
        kept.paragraphs.push(copy);
        if left == 0 {
            break;
        }
    }
    if let Some(last) = kept
        .paragraphs
        .last_mut()
        .and_then(|paragraph| paragraph.spans.last_mut())
    {
        last.words.truncate(last.words.trim_end().len());
        last.words.push('…');
    }
    kept
}

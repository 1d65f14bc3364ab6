//! Lines to their places: alignment, direction, baselines.

use kurbo::Rect;
use unicode_bidi::{BidiInfo, Level};

use crate::ink::Inker;
use crate::lines::{Height, Line, SLACK};
use crate::shape::{Glyph, Shaped, ShapedParagraph, is_blank};
use crate::words::{Align, FAR, LastLine, sane};
use crate::{Beyond, FirstBaseline, Frame, Laid, LaidLine, TextBox, TextError, Wrap};

/// A part of a piece that lies in one line.
struct Slice {
    piece: usize,
    level: Level,
    glyphs: Vec<Glyph>,
}

/// Where the next line goes.
struct Pen {
    /// The last line's baseline, or bottom with half leading.
    at: f64,
    begun: bool,
}

/// What a text takes in a frame, before anything is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Extent {
    pub(crate) widest: f64,
    pub(crate) bottom: f64,
    pub(crate) lines: usize,
    /// Whether a line is longer than its room, or a word had to be split.
    pub(crate) too_wide: bool,
}

impl Shaped<'_> {
    /// What the text takes in a box, were it `scale` times as large.
    pub(crate) fn measure(&self, frame: &TextBox, scale: f64) -> Extent {
        let mut extent = Extent::default();
        let mut pen = Pen::new();
        let width = length(frame.width) / scale;
        for paragraph in &self.paragraphs {
            pen.space(paragraph.setting.space_before);
            let lines = paragraph.lines(wrapped(frame, width), frame.wrap == Wrap::Anywhere);
            extent.too_wide |= lines.split;
            for line in &lines.lines {
                let height = paragraph.height(self, line);
                let baseline = pen.line(&Frame::Box(*frame), &height);
                extent.bottom = pen.bottom(frame, baseline, &height);
                extent.widest = extent.widest.max(line.width);
                extent.too_wide |= line.width > paragraph.room(width, line.first) + SLACK * 100.0;
                extent.lines += 1;
            }
            pen.space(paragraph.setting.space_after);
        }
        extent.widest *= scale;
        extent.bottom *= scale;
        extent
    }

    /// Places all lines in a frame, `scale` times as large as they are, and draws their glyphs.
    pub(crate) fn lay(&self, frame: &Frame, scale: f64) -> Result<Laid, TextError> {
        self.lay_some(frame, scale, usize::MAX)
    }

    /// The same, of the first `most` lines.
    pub(crate) fn lay_some(&self, frame: &Frame, scale: f64, most: usize) -> Result<Laid, TextError> {
        let mut laid = Laid {
            substitutions: self.substitutions.clone(),
            ..Laid::default()
        };
        let mut inker = Inker::new(self.shelf, scale, self.limits);
        let mut pen = Pen::new();
        for paragraph in &self.paragraphs {
            pen.space(paragraph.setting.space_before);
            let (room, splits) = match frame {
                Frame::Point => (f64::INFINITY, false),
                Frame::Box(frame) => (
                    wrapped(frame, length(frame.width) / scale),
                    frame.wrap == Wrap::Anywhere,
                ),
            };
            let lines = paragraph.lines(room, splits);
            for line in &lines.lines {
                if laid.lines.len() >= most {
                    laid.overflowed = true;
                    break;
                }
                let height = paragraph.height(self, line);
                let baseline = pen.line(frame, &height);
                if let Frame::Box(frame) = frame {
                    let most = frame
                        .height
                        .map_or(f64::INFINITY, |height| length(height) / scale);
                    // In pixels of the frame, as whoever looks for the size that fits counts.
                    if pen.bottom(frame, baseline, &height) > most + SLACK * 100.0 / scale {
                        laid.overflowed = true;
                    }
                    if frame.beyond == Beyond::Dropped && baseline > most {
                        continue;
                    }
                }
                let slices = self.slices(paragraph, line);
                let width = line.width;
                let (left, wider) = place(paragraph, frame, line, width, blanks(paragraph, &slices), scale);
                if let Frame::Box(frame) = frame {
                    let room = paragraph.room(length(frame.width) / scale, line.first);
                    laid.overflowed |= width > room + SLACK * 100.0;
                }
                let gaps = draw(paragraph, &slices, (left, baseline), wider, &mut inker)?;
                laid.lines.push(LaidLine {
                    left: left * scale,
                    right: (left + width + gaps) * scale,
                    baseline: baseline * scale,
                    ascent: height.ascent * scale,
                    descent: height.descent * scale,
                });
            }
            pen.space(paragraph.setting.space_after);
        }
        laid.shapes = inker.shapes();
        let outlines = laid.shapes.iter().filter(|shape| !shape.outline.is_empty());
        laid.bounds = outlines
            .map(|shape| kurbo::Shape::bounding_box(&shape.outline))
            .reduce(|one, other| one.union(other))
            .unwrap_or(Rect::ZERO);
        Ok(laid)
    }

    /// The glyphs of a line in reading order. What would look otherwise where the line begins or ends
    /// is shaped again.
    fn slices(&self, paragraph: &ShapedParagraph<'_>, line: &Line) -> Vec<Slice> {
        let clusters = &paragraph.clusters[line.clusters.clone()];
        let (Some(first), Some(last)) = (clusters.first(), clusters.last()) else {
            return Vec::new();
        };
        let bound = |at: usize| paragraph.clusters.get(at).is_some_and(|cluster| cluster.bound);
        let pieces = paragraph.pieces(first.start..last.end);
        pieces
            .map(|at| {
                let piece = &paragraph.words.pieces[at];
                let glyphs = &paragraph.glyphs[at];
                let range = piece.range.start.max(first.start)..piece.range.end.min(last.end);
                let glyphs = if range == piece.range {
                    glyphs.clone()
                } else if (range.start > piece.range.start && bound(line.clusters.start))
                    || (range.end < piece.range.end && bound(line.clusters.end))
                {
                    paragraph.shape_piece(self.shelf, piece, range).0
                } else {
                    let inside = glyphs.iter().filter(|glyph| range.contains(&glyph.cluster));
                    inside.copied().collect()
                };
                Slice {
                    piece: at,
                    level: piece.level,
                    glyphs,
                }
            })
            .collect()
    }
}

impl Pen {
    fn new() -> Self {
        Self {
            at: 0.0,
            begun: false,
        }
    }

    fn space(&mut self, space: f64) {
        if self.begun {
            self.at += sane(space, -FAR, FAR, 0.0);
        }
    }

    /// The baseline of the next line.
    fn line(&mut self, frame: &Frame, height: &Height) -> f64 {
        let first = !std::mem::replace(&mut self.begun, true);
        match frame {
            Frame::Box(TextBox {
                first: FirstBaseline::HalfLeading,
                ..
            }) => {
                let top = self.at;
                self.at += height.pitch;
                top + (height.pitch - height.ascent - height.descent) / 2.0 + height.ascent
            }
            Frame::Box(frame) if first => {
                self.at = match frame.first {
                    FirstBaseline::Letters => height.letters,
                    _ => height.ascent,
                };
                self.at
            }
            Frame::Point if first => 0.0,
            _ => {
                self.at += height.pitch;
                self.at
            }
        }
    }

    fn bottom(&self, frame: &TextBox, baseline: f64, height: &Height) -> f64 {
        match frame.first {
            FirstBaseline::Ascent | FirstBaseline::Letters => baseline + height.descent,
            FirstBaseline::HalfLeading => self.at,
        }
    }
}

/// A length of a frame within reason.
fn length(length: f64) -> f64 {
    sane(length, 0.0, FAR, 0.0)
}

/// The width at which lines break.
fn wrapped(frame: &TextBox, width: f64) -> f64 {
    if frame.wrap == Wrap::Never {
        f64::INFINITY
    } else {
        width
    }
}

fn is_gap(paragraph: &ShapedParagraph<'_>, glyph: &Glyph) -> bool {
    let character = paragraph.words.text[glyph.cluster..].chars().next();
    character.is_some_and(is_blank)
}

/// How many gaps of a line can be widened.
fn blanks(paragraph: &ShapedParagraph<'_>, slices: &[Slice]) -> usize {
    let glyphs = slices.iter().flat_map(|slice| &slice.glyphs);
    glyphs.filter(|glyph| is_gap(paragraph, glyph)).count()
}

/// Where a line starts on the left, and by how much each of its gaps is widened.
fn place(
    paragraph: &ShapedParagraph<'_>,
    frame: &Frame,
    line: &Line,
    width: f64,
    gaps: usize,
    scale: f64,
) -> (f64, f64) {
    let setting = &paragraph.setting;
    let leftwards = paragraph.words.leftwards;
    let (left, room) = match frame {
        // A point has no room to share out; indents move the line.
        Frame::Point => (0.0, width),
        Frame::Box(frame) => (0.0, length(frame.width) / scale),
    };
    let indent = |length: f64| sane(length, -FAR, FAR, 0.0);
    let extra = if line.first {
        indent(setting.first_line_indent)
    } else {
        0.0
    };
    let (start, end) = (indent(setting.start_indent) + extra, indent(setting.end_indent));
    let (left_indent, right_indent) = if leftwards { (end, start) } else { (start, end) };
    let slack = match frame {
        Frame::Point => 0.0,
        Frame::Box(_) => room - start - end - width,
    };
    let at_left = left + left_indent;
    // Measured from the point itself, words end or have their middle there.
    let (at_right, in_middle) = match frame {
        Frame::Point => (
            -width - right_indent,
            -width / 2.0 + (left_indent - right_indent) / 2.0,
        ),
        Frame::Box(_) => (at_left + slack, at_left + slack / 2.0),
    };
    let from_start = if leftwards { at_right } else { at_left };
    match setting.align {
        Align::Left => (at_left, 0.0),
        Align::Center => (in_middle, 0.0),
        Align::Right => (at_right, 0.0),
        Align::Start => (from_start, 0.0),
        Align::Justify(last) if line.last && last != LastLine::Fill => match last {
            LastLine::Center => (in_middle, 0.0),
            LastLine::Right => (at_right, 0.0),
            LastLine::Start => (from_start, 0.0),
            LastLine::Left | LastLine::Fill => (at_left, 0.0),
        },
        Align::Justify(_) if slack > 0.0 && gaps > 0 => {
            #[expect(clippy::cast_precision_loss, reason = "a line has far fewer gaps")]
            let each = slack / gaps as f64;
            (at_left, each)
        }
        Align::Justify(_) => (from_start, 0.0),
    }
}

/// Draws the glyphs of a line from the left and tells by how much its gaps were widened in all.
fn draw(
    paragraph: &ShapedParagraph<'_>,
    slices: &[Slice],
    (left, baseline): (f64, f64),
    wider: f64,
    inker: &mut Inker<'_>,
) -> Result<f64, TextError> {
    let levels: Vec<Level> = slices.iter().map(|slice| slice.level).collect();
    let (mut x, mut widened) = (left, 0.0);
    for at in BidiInfo::reorder_visual(&levels) {
        let slice = &slices[at];
        let piece = &paragraph.words.pieces[slice.piece];
        let style = paragraph.style(piece);
        let up = style.em() * style.raise().1 + style.shift();
        let from = x;
        for glyph in &slice.glyphs {
            let pen = (x + glyph.offset.0, baseline - up - glyph.offset.1);
            inker.glyph(paragraph, piece, glyph.id, pen)?;
            x += glyph.advance;
            if wider > 0.0 && is_gap(paragraph, glyph) {
                x += wider;
                widened += wider;
            }
        }
        inker.lines(paragraph, piece, (from, x), baseline - up);
    }
    Ok(widened)
}

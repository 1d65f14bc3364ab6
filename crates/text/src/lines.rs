//! Clusters to lines: where lines end, and how high they are.

use std::ops::Range;

use crate::shape::{After, Cluster, Shaped, ShapedParagraph};
use crate::words::{FAR, sane};

/// A line before it is placed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Its clusters, without white space at its end.
    pub(crate) clusters: Range<usize>,
    /// Their advance.
    pub(crate) width: f64,
    /// It ends because its paragraph or the author does.
    pub(crate) last: bool,
    /// It is the first of its paragraph.
    pub(crate) first: bool,
}

/// The lines of a paragraph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) lines: Vec<Line>,
    /// Whether a word was too long for a line.
    pub(crate) split: bool,
}

/// How high a line is, from its baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Height {
    /// Distance from the baseline before.
    pub(crate) pitch: f64,
    pub(crate) ascent: f64,
    /// The top of a `d`.
    pub(crate) letters: f64,
    /// Downwards, positive.
    pub(crate) descent: f64,
}

/// Rounding errors of sums of advances don't break lines.
pub(crate) const SLACK: f64 = 1e-6;

impl ShapedParagraph<'_> {
    /// The space that a line has in a frame of `width`.
    pub(crate) fn room(&self, width: f64, first: bool) -> f64 {
        let indent = |length: f64| sane(length, -FAR, FAR, 0.0);
        let setting = &self.setting;
        let extra = if first {
            indent(setting.first_line_indent)
        } else {
            0.0
        };
        width - indent(setting.start_indent) - indent(setting.end_indent) - extra
    }

    /// Fills lines as long as words fit. A word that is longer than a line is split when `splits`,
    /// or else has a line of its own that is too long.
    pub(crate) fn lines(&self, width: f64, splits: bool) -> Lines {
        let mut found = Lines::default();
        let mut start = 0;
        loop {
            let first = found.lines.is_empty();
            let room = self.room(width, first) + SLACK * self.em_slack();
            let (end, last) = self.line_end(start, room, splits, &mut found.split);
            let mut seen = end;
            while seen > start && self.clusters[seen - 1].blank {
                seen -= 1;
            }
            found.lines.push(Line {
                clusters: start..seen,
                width: self.advance(start..seen),
                last,
                first,
            });
            // Words that end with the end of a line are followed by an empty one.
            let goes_on = end > start && self.clusters[end - 1].after == After::Must;
            start = end;
            if start == self.clusters.len() && !goes_on {
                return found;
            }
        }
    }

    /// The advance of clusters in one line.
    fn advance(&self, range: Range<usize>) -> f64 {
        let Some((last, others)) = self.clusters[range].split_last() else {
            return 0.0;
        };
        others.iter().map(|cluster| cluster.advance).sum::<f64>() + last.ending
    }

    /// Where the line from `start` ends, and whether it is the author's wish.
    fn line_end(&self, start: usize, room: f64, splits: bool, split: &mut bool) -> (usize, bool) {
        let (mut advance, mut seen) = (0.0, 0.0);
        let mut fallback = None;
        let mut too_long = false;
        for (at, cluster) in self.clusters.iter().enumerate().skip(start) {
            advance += cluster.advance;
            if !cluster.blank {
                seen = advance - cluster.advance + cluster.ending;
            }
            if seen > room && !too_long {
                match fallback {
                    Some(end) => return (end, false),
                    None if splits && at > start => {
                        *split = true;
                        return (at, false);
                    }
                    None => (too_long, *split) = (true, true),
                }
                if splits {
                    return (at + 1, self.ends(cluster, at));
                }
            }
            match cluster.after {
                After::Must => return (at + 1, true),
                After::May if too_long => return (at + 1, self.ends(cluster, at)),
                After::May => fallback = Some(at + 1),
                After::Never => {}
            }
        }
        (self.clusters.len(), true)
    }

    fn ends(&self, cluster: &Cluster, at: usize) -> bool {
        cluster.after == After::Must || at + 1 == self.clusters.len()
    }

    fn em_slack(&self) -> f64 {
        self.spans.iter().map(|span| span.style.em()).fold(1.0, f64::max)
    }

    /// How high a line is: as its highest span, or as the paragraph's first when it is empty.
    pub(crate) fn height(&self, shaped: &Shaped<'_>, line: &Line) -> Height {
        let clusters = &self.clusters[line.clusters.clone()];
        let bytes = match (clusters.first(), clusters.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        };
        let mut height: Option<Height> = None;
        for piece in &self.words.pieces[self.pieces(bytes)] {
            height = Some(higher(height, self.span_height(shaped, piece.span)));
        }
        height.unwrap_or_else(|| {
            // An empty line goes with the words before it, or with those that could have been there.
            let at = self
                .clusters
                .get(line.clusters.start.saturating_sub(1))
                .map_or(0, |cluster| cluster.start);
            let before = self.words.pieces.partition_point(|piece| piece.range.start <= at);
            let before = self.words.pieces.get(before.saturating_sub(1));
            self.span_height(shaped, before.map_or(0, |piece| piece.span))
        })
    }

    /// The pieces that have a part in some bytes of the text.
    pub(crate) fn pieces(&self, bytes: Range<usize>) -> Range<usize> {
        let pieces = &self.words.pieces;
        let start = pieces.partition_point(|piece| piece.range.end <= bytes.start);
        let end = pieces.partition_point(|piece| piece.range.start < bytes.end);
        start..end.max(start)
    }

    fn span_height(&self, shaped: &Shaped<'_>, span: usize) -> Height {
        let Some(style) = self.spans.get(span).map(|span| &span.style) else {
            return Height::default();
        };
        let measures = self
            .words
            .faces
            .get(span)
            .and_then(|face| shaped.shelf.face(*face))
            .map(|font| *font.measures());
        let measures = measures.unwrap_or_default();
        let (share, raise) = style.raise();
        let (em, up) = (
            style.em() * share * style.heightening(),
            style.em() * raise + style.shift(),
        );
        Height {
            pitch: style.pitch(),
            ascent: measures.ascent * em + up,
            letters: measures.letters * em + up,
            descent: -measures.descent * em - up,
        }
    }
}

fn higher(one: Option<Height>, other: Height) -> Height {
    one.map_or(other, |one| Height {
        pitch: one.pitch.max(other.pitch),
        ascent: one.ascent.max(other.ascent),
        letters: one.letters.max(other.letters),
        descent: one.descent.max(other.descent),
    })
}

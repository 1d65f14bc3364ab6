//! Pieces of words to glyphs with their advances, in units of text space.

use std::ops::Range;

use harfrust::{Direction, Feature, Language, ShapeOptions, Tag, UnicodeBuffer};
use icu_segmenter::LineSegmenter;
use icu_segmenter::options::LineBreakOptions;

use crate::itemize::{Finder, LINE_END, Piece, Words, itemize, shaper_script};
use crate::shelf::FontShelf;
use crate::substitution::Substitution;
use crate::words::{Kerning, Ligatures, Paragraph, Setting, Span, Style, Text};
use crate::{Limits, TextError};

/// A text whose glyphs are known and whose lines are not.
#[derive(Debug)]
pub(crate) struct Shaped<'t> {
    pub(crate) shelf: &'t FontShelf,
    pub(crate) paragraphs: Vec<ShapedParagraph<'t>>,
    pub(crate) substitutions: Vec<Substitution>,
    pub(crate) limits: Limits,
}

#[derive(Debug)]
pub(crate) struct ShapedParagraph<'t> {
    pub(crate) spans: &'t [Span],
    pub(crate) setting: Setting,
    pub(crate) words: Words,
    /// For each piece its glyphs, left to right.
    pub(crate) glyphs: Vec<Vec<Glyph>>,
    /// What cannot be divided, in reading order.
    pub(crate) clusters: Vec<Cluster>,
}

/// A glyph and what it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    /// First byte of the characters that it stands for.
    pub(crate) cluster: usize,
    pub(crate) advance: f64,
    /// From the pen, upwards.
    pub(crate) offset: (f64, f64),
}

/// Characters that share glyphs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) advance: f64,
    /// Its advance where a line ends after it: without kerning to what comes, and without tracking.
    pub(crate) ending: f64,
    /// It leaves a gap that may be widened, or forgotten at a line's end.
    pub(crate) blank: bool,
    /// Whether what comes before would look otherwise if a line began here.
    pub(crate) bound: bool,
    pub(crate) after: After,
}

/// Whether a line may end after a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum After {
    #[default]
    Never,
    May,
    Must,
}

/// Shapes all paragraphs of a text.
pub(crate) fn shape<'t>(
    text: &'t Text,
    shelf: &'t FontShelf,
    limits: &Limits,
) -> Result<Shaped<'t>, TextError> {
    limits.admit("characters", text.length(), limits.characters)?;
    limits.admit("paragraphs", text.paragraphs.len(), limits.characters)?;
    let mut finder = Finder::new(shelf);
    let paragraphs: Option<Vec<_>> = text
        .paragraphs
        .iter()
        .map(|paragraph| shape_paragraph(paragraph, &mut finder))
        .collect();
    Ok(Shaped {
        shelf,
        paragraphs: paragraphs.ok_or(TextError::NoFont)?,
        substitutions: finder.notes.all(),
        limits: *limits,
    })
}

fn shape_paragraph<'t>(paragraph: &'t Paragraph, finder: &mut Finder<'_>) -> Option<ShapedParagraph<'t>> {
    let words = itemize(paragraph, finder)?;
    let mut shaped = ShapedParagraph {
        spans: &paragraph.spans,
        setting: paragraph.setting,
        glyphs: Vec::with_capacity(words.pieces.len()),
        clusters: Vec::new(),
        words,
    };
    for piece in &shaped.words.pieces {
        let range = piece.range.clone();
        let (glyphs, mut clusters) = shaped.shape_piece(finder.shelf, piece, range);
        shaped.glyphs.push(glyphs);
        shaped.clusters.append(&mut clusters);
    }
    shaped.clusters.extend(
        shaped
            .words
            .text
            .match_indices(LINE_END)
            .map(|(start, end)| Cluster {
                start,
                end: start + end.len(),
                advance: 0.0,
                ending: 0.0,
                blank: true,
                bound: false,
                after: After::Must,
            }),
    );
    shaped.clusters.sort_by_key(|cluster| cluster.start);
    shaped.find_endings(finder.shelf);
    shaped.find_breaks();
    Some(shaped)
}

impl ShapedParagraph<'_> {
    /// The style of a piece.
    pub(crate) fn style(&self, piece: &Piece) -> &Style {
        &self.spans[piece.span].style
    }

    /// Units of text space in one em of a piece's glyphs.
    pub(crate) fn em(&self, piece: &Piece) -> f64 {
        let style = self.style(piece);
        style.em() * style.raise().0 * piece.share
    }

    /// Shapes the part of a piece that lies in `range`, and tells its clusters in reading order.
    pub(crate) fn shape_piece(
        &self,
        shelf: &FontShelf,
        piece: &Piece,
        range: Range<usize>,
    ) -> (Vec<Glyph>, Vec<Cluster>) {
        let face = shelf.face(piece.face);
        let Some((font, tables)) = face.and_then(|font| Some((font, font.open()?))) else {
            return Default::default();
        };
        let style = self.style(piece);
        let text = &self.words.text;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text[range.clone()]);
        buffer.set_pre_context(line_before(&text[..range.start]));
        buffer.set_post_context(line_after(&text[range.end..]));
        buffer.set_direction(if piece.level.is_rtl() {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        buffer.set_script(shaper_script(piece.script).unwrap_or(harfrust::script::COMMON));
        if let Some(language) = style.language.as_ref().and_then(Language::new) {
            buffer.set_language(language);
        }
        let features = features(style, piece.small_capitals);
        let shaper = font
            .shaping
            .shaper(&tables)
            .instance(Some(&font.instance))
            .build();
        let shaped = shaper.shape(buffer, ShapeOptions::new().features(&features));

        let across = self.em(piece) * style.widening() / font.measures().units;
        let up = self.em(piece) * style.heightening() / font.measures().units;
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let mut glyphs: Vec<Glyph> = infos
            .iter()
            .zip(positions)
            .map(|(info, position)| Glyph {
                id: info.glyph_id,
                cluster: range.start + info.cluster as usize,
                advance: f64::from(position.x_advance) * across,
                offset: (
                    f64::from(position.x_offset) * across,
                    f64::from(position.y_offset) * up,
                ),
            })
            .collect();
        let bound: Vec<bool> = infos.iter().map(harfrust::GlyphInfo::unsafe_to_break).collect();
        let spread = style.spread();
        if spread != 0.0 {
            for at in 0..glyphs.len() {
                let ends = glyphs
                    .get(at + 1)
                    .is_none_or(|next| next.cluster != glyphs[at].cluster);
                let seen = text[glyphs[at].cluster..].chars().next().is_some_and(is_seen);
                if ends && seen {
                    glyphs[at].advance += spread;
                }
            }
        }
        let clusters = clusters(text, &glyphs, &bound, range.end, piece.level.is_rtl());
        (glyphs, clusters)
    }

    /// Finds the advances that clusters have at the ends of lines. Where a letter is kerned to the
    /// space after it, the letter's word is shaped once more without that space.
    fn find_endings(&mut self, shelf: &FontShelf) {
        let mut word = 0;
        for at in 0..self.clusters.len() {
            let cluster = self.clusters[at];
            if cluster.blank {
                word = at + 1;
            }
            let Some(piece) = self
                .words
                .pieces
                .get(self.pieces(cluster.start..cluster.end).start)
            else {
                continue;
            };
            let mut advance = cluster.advance;
            let next = self.clusters.get(at + 1);
            if !cluster.blank && next.is_some_and(|next| next.blank && next.bound) {
                let start = self.clusters[word].start.max(piece.range.start);
                let (_, alone) = self.shape_piece(shelf, piece, start..cluster.end);
                advance = alone.last().map_or(advance, |alone| alone.advance);
            }
            let seen = self.words.text[cluster.start..]
                .chars()
                .next()
                .is_some_and(is_seen);
            let spread = if seen { self.style(piece).spread() } else { 0.0 };
            self.clusters[at].ending = advance - spread;
        }
    }

    /// Marks after which clusters a line may end, as Unicode's rules have it (UAX #14).
    fn find_breaks(&mut self) {
        let segmenter = LineSegmenter::new_dictionary(LineBreakOptions::default());
        let mut places = segmenter.segment_str(&self.words.text).peekable();
        for cluster in &mut self.clusters {
            while places.next_if(|place| *place < cluster.end).is_some() {}
            let may = places.peek() == Some(&cluster.end);
            if may && cluster.after == After::Never {
                cluster.after = After::May;
            }
        }
        let kept = |byte: usize| {
            let piece = self
                .words
                .pieces
                .iter()
                .find(|piece| piece.range.contains(&byte))?;
            self.spans[piece.span].style.no_break.then_some(piece.span)
        };
        if self.spans.iter().any(|span| span.style.no_break) {
            let mut held = Vec::new();
            for (at, pair) in self.clusters.windows(2).enumerate() {
                if pair[0].after == After::May
                    && kept(pair[0].start).is_some_and(|span| kept(pair[1].start) == Some(span))
                {
                    held.push(at);
                }
            }
            for at in held {
                self.clusters[at].after = After::Never;
            }
        }
    }
}

/// Groups glyphs by what they stand for.
fn clusters(text: &str, glyphs: &[Glyph], bound: &[bool], end: usize, leftwards: bool) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut add = |(glyph, bound): (&Glyph, &bool)| match clusters.last_mut() {
        Some(last) if last.start == glyph.cluster => {
            last.advance += glyph.advance;
            last.bound |= bound;
        }
        _ => clusters.push(Cluster {
            start: glyph.cluster,
            end,
            advance: glyph.advance,
            ending: 0.0,
            blank: text[glyph.cluster..].chars().next().is_some_and(is_blank),
            bound: *bound,
            after: After::Never,
        }),
    };
    let pairs = glyphs.iter().zip(bound);
    if leftwards {
        pairs.rev().for_each(&mut add);
    } else {
        pairs.for_each(&mut add);
    }
    // A shaper keeps clusters in order; nothing below depends on a font that makes it fail to.
    clusters.sort_by_key(|cluster| cluster.start);
    for at in 1..clusters.len() {
        clusters[at - 1].end = clusters[at].start;
    }
    clusters
}

fn features(style: &Style, small_capitals: bool) -> Vec<Feature> {
    let set = |tag: &[u8; 4], on: bool| Feature::new(Tag::new(tag), u32::from(on), ..);
    let joined = style.spread() == 0.0;
    let mut features = vec![
        set(b"kern", style.kerning == Kerning::Metric),
        set(b"liga", joined && style.ligatures != Ligatures::None),
        set(b"clig", joined && style.ligatures != Ligatures::None),
        set(b"dlig", joined && style.ligatures == Ligatures::All),
    ];
    if small_capitals {
        features.push(set(b"smcp", true));
    }
    features
}

/// What stands before in the same line, as far as shapers look.
fn line_before(text: &str) -> &str {
    let start = text.char_indices().rev().nth(4).map_or(0, |(at, _)| at);
    let near = &text[start..];
    near.rsplit(LINE_END).next().unwrap_or(near)
}

fn line_after(text: &str) -> &str {
    let end = text.char_indices().nth(5).map_or(text.len(), |(at, _)| at);
    let near = &text[..end];
    near.split(LINE_END).next().unwrap_or(near)
}

/// White space at which lines are widened and broken.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// Whether a character takes part in tracking: what only tells others how to look doesn't.
fn is_seen(character: char) -> bool {
    !matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

//! One paragraph's words in pieces that can each be shaped at once: one style, one direction, one
//! script, one face.

use std::collections::HashMap;
use std::ops::Range;

use icu_properties::props::{GeneralCategory, NamedEnumeratedProperty as _, Script as WritingScript};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use skrifa::raw::TableProvider as _;
use unicode_bidi::{BidiInfo, Level};

use crate::font::Font;
use crate::shelf::{FaceId, FontShelf};
use crate::substitution::Notes;
use crate::words::{Caps, Direction, FontName, Paragraph, Style};

/// What ends a line inside of a paragraph.
pub(crate) const LINE_END: char = '\u{2028}';

/// The share of the size that made small capitals have.
const SMALL: f64 = 0.7;

/// A paragraph's words as they are shaped.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Capitals made and controls removed. The only end of a line in it is [`LINE_END`].
    pub(crate) text: String,
    /// In reading order; between them lie only ends of lines.
    pub(crate) pieces: Vec<Piece>,
    /// Whether the paragraph as a whole reads from right to left.
    pub(crate) leftwards: bool,
    /// The face of each span, where it has the glyphs.
    pub(crate) faces: Vec<FaceId>,
}

/// What can be shaped at once.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// Its span.
    pub(crate) span: usize,
    /// The share of the style's size that it has.
    pub(crate) share: f64,
    /// Which way it reads.
    pub(crate) level: Level,
    pub(crate) script: WritingScript,
    pub(crate) face: FaceId,
    pub(crate) faux_bold: bool,
    pub(crate) faux_italic: bool,
    /// Whether the face's own small capitals are to be used.
    pub(crate) small_capitals: bool,
}

/// Finds faces for names and characters, once each.
pub(crate) struct Finder<'s> {
    pub(crate) shelf: &'s FontShelf,
    named: HashMap<FontName, Choice>,
    covering: HashMap<(char, FaceId), Option<FaceId>>,
    pub(crate) notes: Notes,
}

#[derive(Clone, Copy, Debug)]
struct Choice {
    face: FaceId,
    faux_bold: bool,
    faux_italic: bool,
}

impl<'s> Finder<'s> {
    pub(crate) fn new(shelf: &'s FontShelf) -> Self {
        Self {
            shelf,
            named: HashMap::new(),
            covering: HashMap::new(),
            notes: Notes::default(),
        }
    }

    fn choose(&mut self, name: &FontName) -> Option<Choice> {
        if let Some(choice) = self.named.get(name) {
            return Some(*choice);
        }
        let found = self.shelf.find(name)?;
        if !found.exact {
            self.notes.instead(name, &found.font.names().postscript);
        }
        let choice = Choice {
            face: found.id,
            faux_bold: found.faux_bold,
            faux_italic: found.faux_italic,
        };
        self.named.insert(name.clone(), choice);
        Some(choice)
    }

    /// The face that draws `character` where `wanted` should.
    fn for_character(&mut self, character: char, wanted: FaceId) -> FaceId {
        let shelf = self.shelf;
        let Some(font) = shelf.face(wanted) else {
            return wanted;
        };
        let covering = *self.covering.entry((character, wanted)).or_insert_with(|| {
            if font.covers(character) {
                return Some(wanted);
            }
            shelf.covering(character, font)
        });
        let wanted_name = &font.names().postscript;
        match covering {
            Some(face) if face == wanted => {}
            Some(face) => {
                if let Some(other) = shelf.face(face) {
                    self.notes
                        .borrowed(wanted_name, &other.names().postscript, character);
                }
            }
            None => self.notes.absent(wanted_name, character),
        }
        covering.unwrap_or(wanted)
    }
}

/// A stretch of the text before faces are chosen.
struct Stretch {
    range: Range<usize>,
    span: usize,
    share: f64,
    small_capitals: bool,
}

/// Takes a paragraph apart. `None` when the shelf is empty.
pub(crate) fn itemize(paragraph: &Paragraph, finder: &mut Finder<'_>) -> Option<Words> {
    let mut words = Words::default();
    let mut stretches = Vec::new();
    let mut choices = Vec::new();
    for (index, span) in paragraph.spans.iter().enumerate() {
        let choice = finder.choose(&span.style.font)?;
        choices.push(choice);
        words.faces.push(choice.face);
        let own = finder.shelf.face(choice.face).is_some_and(has_small_capitals);
        write_out(
            &span.words,
            &span.style,
            index,
            own,
            &mut words.text,
            &mut stretches,
        );
    }
    let whole = match paragraph.setting.direction {
        Direction::Auto => None,
        Direction::LeftToRight => Some(Level::ltr()),
        Direction::RightToLeft => Some(Level::rtl()),
    };
    let bidi = BidiInfo::new(&words.text, whole);
    words.leftwards = match bidi.paragraphs.first() {
        Some(found) => found.level.is_rtl(),
        None => whole.is_some_and(|level| level.is_rtl()),
    };
    let scripts = scripts(&words.text);
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut script = scripts.iter();
    let mut open = false;
    for stretch in stretches {
        open &= words
            .pieces
            .last()
            .is_some_and(|piece: &Piece| piece.span == stretch.span);
        for (at, character) in words.text[stretch.range.clone()].char_indices() {
            let at = stretch.range.start + at;
            let script = script.next().copied().unwrap_or(WritingScript::Common);
            if character == LINE_END {
                open = false;
                continue;
            }
            let choice = choices[stretch.span];
            let level = bidi.levels.get(at).copied().unwrap_or(Level::ltr());
            let last = words.pieces.last().filter(|_| open);
            let face = match last {
                // What belongs to the letter before stays with it.
                Some(last) if clings(categories.get(character)) => last.face,
                _ => finder.for_character(character, choice.face),
            };
            let end = at + character.len_utf8();
            match words.pieces.last_mut().filter(|_| open) {
                Some(last)
                    if (last.span, last.level, last.script, last.face, last.small_capitals)
                        == (stretch.span, level, script, face, stretch.small_capitals)
                        && last.share.total_cmp(&stretch.share).is_eq() =>
                {
                    last.range.end = end;
                }
                _ => words.pieces.push(Piece {
                    range: at..end,
                    span: stretch.span,
                    share: stretch.share,
                    level,
                    script,
                    face,
                    faux_bold: choice.faux_bold && face == choice.face,
                    faux_italic: choice.faux_italic && face == choice.face,
                    small_capitals: stretch.small_capitals,
                }),
            }
            open = true;
        }
    }
    Some(words)
}

/// Marks and format characters: they have no place without the letter before.
fn clings(category: GeneralCategory) -> bool {
    matches!(
        category,
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
            | GeneralCategory::Format
    )
}

/// Writes a span's words as they are shaped.
fn write_out(
    words: &str,
    style: &Style,
    span: usize,
    own_small_capitals: bool,
    text: &mut String,
    stretches: &mut Vec<Stretch>,
) {
    let mut push = |letters: &mut dyn Iterator<Item = char>, share: f64, small_capitals: bool| {
        let start = text.len();
        text.extend(letters);
        match stretches.last_mut() {
            Some(last)
                if last.span == span && last.range.end == start && last.share.total_cmp(&share).is_eq() =>
            {
                last.range.end = text.len();
            }
            _ => stretches.push(Stretch {
                range: start..text.len(),
                span,
                share,
                small_capitals,
            }),
        }
    };
    let small = style.caps == Caps::Small;
    for letter in words.chars() {
        match letter {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{3}' | '\u{85}' | LINE_END | '\u{2029}' => {
                push(&mut std::iter::once(LINE_END), 1.0, small && own_small_capitals);
            }
            '\t' => push(&mut "    ".chars(), 1.0, small && own_small_capitals),
            letter if letter.is_control() => {}
            letter if style.caps == Caps::All => push(&mut letter.to_uppercase(), 1.0, false),
            letter if small && own_small_capitals => push(&mut std::iter::once(letter), 1.0, true),
            letter if small && letter.is_lowercase() => push(&mut letter.to_uppercase(), SMALL, false),
            letter => push(&mut std::iter::once(letter), 1.0, false),
        }
    }
}

fn has_small_capitals(font: &Font) -> bool {
    let features = |font: &skrifa::FontRef<'_>| {
        let list = font.gsub().ok()?.feature_list().ok()?;
        Some(
            list.feature_records()
                .iter()
                .any(|record| record.feature_tag() == *b"smcp"),
        )
    };
    font.open().and_then(|font| features(&font)).unwrap_or(false)
}

/// The script of each character. What belongs to no script, or to all, goes with what stands before
/// it, or at the start with what comes.
fn scripts(text: &str) -> Vec<WritingScript> {
    let of: CodePointMapDataBorrowed<'_, WritingScript> = CodePointMapData::<WritingScript>::new();
    let loose = |script: &WritingScript| {
        matches!(
            *script,
            WritingScript::Common | WritingScript::Inherited | WritingScript::Unknown
        )
    };
    let mut scripts: Vec<WritingScript> = text.chars().map(|character| of.get(character)).collect();
    let mut last = scripts.iter().find(|script| !loose(script)).copied();
    for script in &mut scripts {
        if loose(script) {
            *script = last.unwrap_or(WritingScript::Common);
        } else {
            last = Some(*script);
        }
    }
    scripts
}

/// The shaper's name for a script.
pub(crate) fn shaper_script(script: WritingScript) -> Option<harfrust::Script> {
    let name: [u8; 4] = script.short_name().as_bytes().try_into().ok()?;
    harfrust::Script::from_iso15924_tag(harfrust::Tag::new(&name))
}

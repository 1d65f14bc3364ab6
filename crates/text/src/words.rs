//! What is to be set: paragraphs of words, each with its style.
//!
//! Lengths are in units of text space; one unit is a pixel where nothing scales the text afterwards.

use marquetry_pixel::{Opacity, Rgb};

/// Paragraphs, top to bottom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Each begins a line of its own.
    pub paragraphs: Vec<Paragraph>,
}

/// Words between two ends of a paragraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paragraph {
    /// Differently styled words, in reading order. A line feed or `U+2028` begins a new line, a tab
    /// is as wide as four spaces, and other control characters are left out.
    pub spans: Vec<Span>,
    /// How its lines are set.
    pub setting: Setting,
}

/// Words of one style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// The words, in the order they are read. A paragraph without any still has a line: it is as high
    /// as its first span's style makes it.
    pub words: String,
    /// Their style.
    pub style: Style,
}

/// How words look.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// The font that is wanted.
    pub font: FontName,
    /// Size of the em.
    pub size: f64,
    /// What glyphs are filled with.
    pub fill: Option<Ink>,
    /// A line along the glyphs' edges, behind the fill.
    pub stroke: Option<Stroke>,
    /// From the baseline before to this one.
    pub leading: Leading,
    /// Space after each letter, in thousandths of the size. Any at all keeps letters from joining to
    /// ligatures that the script does not demand.
    pub tracking: f64,
    /// How pairs of letters are moved together.
    pub kerning: Kerning,
    /// Which letters may join.
    pub ligatures: Ligatures,
    /// Width of glyphs, 1.0 being natural.
    pub horizontal_scale: f64,
    /// Height of glyphs, 1.0 being natural.
    pub vertical_scale: f64,
    /// How far up from the line.
    pub baseline_shift: f64,
    /// Capitals.
    pub caps: Caps,
    /// Superscript and subscript.
    pub script: Script,
    /// A line below the words.
    pub underline: bool,
    /// A line through the words.
    pub strikethrough: bool,
    /// Bold made from a plain font.
    pub faux_bold: bool,
    /// Italic made from an upright font.
    pub faux_italic: bool,
    /// The words must stay on one line.
    pub no_break: bool,
    /// Language as in BCP 47, for fonts that set languages differently.
    pub language: Option<String>,
}

impl Default for Style {
    /// Black, 12 units, in the font that comes with the house.
    fn default() -> Self {
        Self {
            font: FontName::default(),
            size: 12.0,
            fill: Some(Ink::default()),
            stroke: None,
            leading: Leading::default(),
            tracking: 0.0,
            kerning: Kerning::default(),
            ligatures: Ligatures::default(),
            horizontal_scale: 1.0,
            vertical_scale: 1.0,
            baseline_shift: 0.0,
            caps: Caps::default(),
            script: Script::default(),
            underline: false,
            strikethrough: false,
            faux_bold: false,
            faux_italic: false,
            no_break: false,
            language: None,
        }
    }
}

/// A font as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FontName {
    /// By its PostScript name, as in `Arial-BoldMT`.
    PostScript(String),
    /// By its family and style.
    Family {
        /// The family, as in `Noto Sans`.
        family: String,
        /// 100 to 900; 400 is regular and 700 bold.
        weight: u16,
        /// Whether it leans.
        italic: bool,
    },
}

impl Default for FontName {
    fn default() -> Self {
        Self::PostScript(crate::shelf::DEFAULT_FONT.to_owned())
    }
}

impl std::fmt::Display for FontName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PostScript(name) => f.write_str(name),
            Self::Family {
                family,
                weight,
                italic,
            } => {
                write!(f, "{family} {weight}{}", if *italic { " italic" } else { "" })
            }
        }
    }
}

/// A colour and how much of it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// The colour.
    pub colour: Rgb,
    /// How much of it shows.
    pub opacity: Opacity,
}

impl Ink {
    /// The colour, opaque.
    pub const fn new(colour: Rgb) -> Self {
        Self {
            colour,
            opacity: Opacity::OPAQUE,
        }
    }
}

impl Default for Ink {
    fn default() -> Self {
        Self::new(Rgb::new(0, 0, 0))
    }
}

/// A line along edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// What it is drawn with.
    pub ink: Ink,
    /// Its width; half of it lies outside.
    pub width: f64,
}

/// Distance of baselines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leading {
    /// As many sizes of the font.
    Times(f64),
    /// As many units.
    Exactly(f64),
}

impl Default for Leading {
    fn default() -> Self {
        Self::Times(1.2)
    }
}

/// How pairs of letters are moved together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kerning {
    /// As the font says.
    #[default]
    Metric,
    /// By hand: space after each letter, in thousandths of the size.
    By(f64),
}

/// Which letters may join. Those that a script demands always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ligatures {
    /// None.
    None,
    /// What the font holds usual.
    #[default]
    Common,
    /// Rare ones too.
    All,
}

/// Capitals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Caps {
    /// As typed.
    #[default]
    Normal,
    /// Small capitals for lower case: the font's own, or capitals at seven tenths of the size.
    Small,
    /// Capitals throughout.
    All,
}

/// Superscript and subscript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Script {
    /// On the line.
    #[default]
    Normal,
    /// Small and raised.
    Super,
    /// Small and lowered.
    Sub,
}

/// How the lines of a paragraph are set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Setting {
    /// How lines fill their space.
    pub align: Align,
    /// Which way the paragraph as a whole reads.
    pub direction: Direction,
    /// Extra indent of the first line, where it starts.
    pub first_line_indent: f64,
    /// Indent where lines start: on the left, or on the right of what reads leftwards.
    pub start_indent: f64,
    /// Indent where lines end.
    pub end_indent: f64,
    /// Space before; not above the first paragraph of all.
    pub space_before: f64,
    /// Space after.
    pub space_after: f64,
}

/// How lines fill their space. Words set from a point have none: they start, end or have their middle
/// there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Align {
    /// From the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// To the right.
    Right,
    /// From where the paragraph's direction starts.
    Start,
    /// From side to side, by wider spaces between words.
    Justify(LastLine),
}

/// What becomes of the last line of a justified paragraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant says it")]
pub enum LastLine {
    #[default]
    Left,
    Center,
    Right,
    /// Where the paragraph's direction starts.
    Start,
    Fill,
}

/// Which way a paragraph reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As its first letter with a direction of its own does.
    #[default]
    Auto,
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

impl Text {
    /// Words of one style and setting. Line feeds, carriage returns and `U+2029` end paragraphs.
    pub fn plain(words: &str, style: &Style, setting: Setting) -> Self {
        let words = words.replace("\r\n", "\n");
        let paragraphs = words.split(['\n', '\r', '\u{2029}']).map(|words| Paragraph {
            spans: vec![Span {
                words: words.to_owned(),
                style: style.clone(),
            }],
            setting,
        });
        Self {
            paragraphs: paragraphs.collect(),
        }
    }

    /// The largest size of all its words, or 0.0.
    pub fn largest_size(&self) -> f64 {
        let spans = self.paragraphs.iter().flat_map(|paragraph| &paragraph.spans);
        spans.map(|span| span.style.em()).fold(0.0, f64::max)
    }

    /// How many characters it has.
    pub fn length(&self) -> usize {
        let spans = self.paragraphs.iter().flat_map(|paragraph| &paragraph.spans);
        spans.map(|span| span.words.chars().count()).sum()
    }
}

/// `value` between `least` and `most`, or `usual` when it is not a number.
pub(crate) fn sane(value: f64, least: f64, most: f64, usual: f64) -> f64 {
    if value.is_nan() {
        usual
    } else {
        value.clamp(least, most)
    }
}

/// The longest length that is believed.
pub(crate) const FAR: f64 = 1e6;

impl Style {
    /// The size, within reason.
    pub(crate) fn em(&self) -> f64 {
        sane(self.size, 0.0, 1e5, 12.0)
    }

    /// The distance of baselines, within reason.
    pub(crate) fn pitch(&self) -> f64 {
        match self.leading {
            Leading::Times(times) => self.em() * sane(times, 0.0, 100.0, 1.2),
            Leading::Exactly(units) => sane(units, 0.0, FAR, 0.0),
        }
    }

    /// Extra space after each letter.
    pub(crate) fn spread(&self) -> f64 {
        let by_hand = match self.kerning {
            Kerning::Metric => 0.0,
            Kerning::By(thousandths) => sane(thousandths, -1e4, 1e4, 0.0),
        };
        (sane(self.tracking, -1e4, 1e4, 0.0) + by_hand) * self.em() * self.widening() / 1000.0
    }

    pub(crate) fn widening(&self) -> f64 {
        sane(self.horizontal_scale, 0.01, 100.0, 1.0)
    }

    pub(crate) fn heightening(&self) -> f64 {
        sane(self.vertical_scale, 0.01, 100.0, 1.0)
    }

    /// The share of the size that glyphs have, and how far up they are, in sizes. Photoshop's usual
    /// values for type documents: 58.3 % and 33.3 %.
    pub(crate) fn raise(&self) -> (f64, f64) {
        match self.script {
            Script::Normal => (1.0, 0.0),
            Script::Super => (0.583, 0.333),
            Script::Sub => (0.583, -0.333),
        }
    }

    pub(crate) fn shift(&self) -> f64 {
        sane(self.baseline_shift, -FAR, FAR, 0.0)
    }
}

//! Type layers: the words, how they are set, and where they stand.
//!
//! Adobe Photoshop File Formats Specification, *Type tool object setting* (`TySh`). How the words
//! are set is told by the engine data inside, see [`crate::engine_data`].

mod runs;

use std::ops::Range;

use marquetry_pixel::Point;

use crate::{
    Limits, PsdError, Section,
    bounds::Bounds,
    color::Color,
    descriptor::{Descriptor, Key},
    engine_data::{self, EngineValue},
    reader::Reader,
    warp::Warp,
};

/// A type layer.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeLayer {
    /// Text space to document pixels: `x' = xx x + yx y + tx`, `y' = xy x + yy y + ty`, stored in
    /// the order xx, xy, yx, yy, tx, ty.
    pub transform: [f64; 6],
    /// The words as the descriptor has them; lines end with `\r`.
    pub text: String,
    /// Direction of the lines.
    pub orientation: Orientation,
    /// How edges are smoothed.
    pub anti_alias: AntiAlias,
    /// Space the words were set in, in text space. Newer versions only.
    pub bounds: Option<Bounds>,
    /// Space the glyphs cover, in text space. Newer versions only.
    pub bounding_box: Option<Bounds>,
    /// The warp; [`Warp::is_identity`] when there is none.
    pub warp: Warp,
    /// Left, top, right and bottom at the end of the block. Newer versions leave zeros.
    pub edges: [i32; 4],
    /// How the words are set. `None` when the engine data is missing.
    pub setting: Option<TextSetting>,
    /// The text descriptor without its engine data.
    pub descriptor: Descriptor,
}

/// Direction of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// From left to right (or the other way), downwards.
    #[default]
    Horizontal,
    /// From top to bottom, leftwards.
    Vertical,
}

/// How edges of glyphs are smoothed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the name that Photoshop's menu shows")]
pub enum AntiAlias {
    None,
    #[default]
    Sharp,
    Crisp,
    Strong,
    Smooth,
    Platform,
    PlatformLcd,
    Other(Key),
}

/// How words are set, out of the engine data.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSetting {
    /// The words. Lines of a paragraph end with `\u{3}`, paragraphs with `\r`; the last paragraph's
    /// end is left out.
    pub text: String,
    /// Fonts by the number that styles give them.
    pub fonts: Vec<Font>,
    /// Runs of one style, covering the words in order.
    pub runs: Vec<StyleRun>,
    /// Runs of one paragraph setting, covering the words in order.
    pub paragraphs: Vec<ParagraphRun>,
    /// A point to start from, or a box to fill.
    pub shape: TextShape,
    /// All of it.
    pub tree: EngineValue,
}

/// A font by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Font {
    /// PostScript name, as in `Arial-BoldMT`.
    pub name: String,
    /// Script number, as stored.
    pub script: i64,
    /// 0 or 1: which format, as stored.
    pub kind: i64,
    /// Which of bold and italic are synthetic, as stored.
    pub synthetic: i64,
}

/// Where lines begin and end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TextShape {
    /// Lines start at a point and do not wrap.
    Point(Point),
    /// Lines wrap in a box, in text space.
    Box(Bounds),
    /// The engine data does not tell.
    Unknown,
}

/// Words of one style.
#[derive(Clone, Debug, PartialEq)]
pub struct StyleRun {
    /// Which words, in bytes of [`TextSetting::text`].
    pub range: Range<usize>,
    /// Their style.
    pub style: Style,
}

/// The style of some words. What the run leaves out comes from the document's normal style.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Place in [`TextSetting::fonts`].
    pub font: Option<usize>,
    /// Size in units of text space (pixels at 72 per inch).
    pub size: f64,
    /// Whether bold is made from a plain font.
    pub faux_bold: bool,
    /// Whether italic is made from an upright font.
    pub faux_italic: bool,
    /// Distance of baselines; `None` is automatic.
    pub leading: Option<f64>,
    /// Width of glyphs, 1.0 being natural.
    pub horizontal_scale: f64,
    /// Height of glyphs, 1.0 being natural.
    pub vertical_scale: f64,
    /// Space between all glyphs, in thousandths of the size.
    pub tracking: f64,
    /// Whether pairs are moved together as the font says.
    pub auto_kerning: bool,
    /// Space before the next glyph, in thousandths of the size, where kerning is by hand.
    pub kerning: f64,
    /// How far up from the line, in units of text space.
    pub baseline_shift: f64,
    /// Capitals.
    pub caps: Caps,
    /// Superscript and subscript.
    pub baseline: Baseline,
    /// Whether it is underlined.
    pub underline: bool,
    /// Whether it is struck through.
    pub strikethrough: bool,
    /// Whether common ligatures are used.
    pub ligatures: bool,
    /// Whether rare ligatures are used.
    pub discretionary_ligatures: bool,
    /// Whether it must stay on one line.
    pub no_break: bool,
    /// Language, as stored.
    pub language: Option<i64>,
    /// Whether glyphs are filled.
    pub fill: bool,
    /// Their colour. `None`: not stored, black.
    pub fill_color: Option<Paint>,
    /// Whether glyphs are outlined.
    pub stroke: bool,
    /// The outline's colour.
    pub stroke_color: Option<Paint>,
    /// The outline's width, in units of text space.
    pub stroke_width: f64,
}

/// A colour and its opacity.
#[derive(Clone, Debug, PartialEq)]
pub struct Paint {
    /// The colour.
    pub color: Color,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
}

/// Capitals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Caps {
    /// As typed.
    #[default]
    Normal,
    /// Small capitals for lower case.
    Small,
    /// Capitals throughout.
    All,
}

/// Superscript and subscript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// On the line.
    #[default]
    Normal,
    /// Small and raised.
    Superscript,
    /// Small and lowered.
    Subscript,
}

/// Words of one paragraph setting.
#[derive(Clone, Debug, PartialEq)]
pub struct ParagraphRun {
    /// Which words, in bytes of [`TextSetting::text`].
    pub range: Range<usize>,
    /// Their setting.
    pub paragraph: Paragraph,
}

/// How paragraphs are set. Lengths are in units of text space.
#[derive(Clone, Debug, PartialEq)]
pub struct Paragraph {
    /// How lines fill their space.
    pub justification: Justification,
    /// Extra indent of the first line.
    pub first_line_indent: f64,
    /// Indent where lines start.
    pub start_indent: f64,
    /// Indent where lines end.
    pub end_indent: f64,
    /// Space before.
    pub space_before: f64,
    /// Space after.
    pub space_after: f64,
    /// Automatic leading in sizes of the font.
    pub auto_leading: f64,
    /// Whether words may be hyphenated.
    pub hyphenate: bool,
    /// Whether lines are broken with the whole paragraph in mind.
    pub every_line_composer: bool,
}

/// How lines fill their space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant says it")]
pub enum Justification {
    #[default]
    Left,
    Right,
    Center,
    JustifyLastLeft,
    JustifyLastRight,
    JustifyLastCenter,
    JustifyAll,
}

/// Parses a `TySh` block.
///
/// # Errors
/// [`PsdError`] when the bytes are cut short, or a descriptor or the engine data is broken.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<TypeLayer, PsdError> {
    let mut reader = Reader::new(block, base, Section::AdditionalLayerInformation);
    reader.u16()?; // version, 1
    let mut transform = [0.0; 6];
    for part in &mut transform {
        *part = reader.f64()?;
    }
    reader.u16()?; // version of the text, 50
    let at = reader.offset();
    let mut descriptor = Descriptor::read_versioned(&mut reader, limits)?;
    reader.u16()?; // version of the warp, 1
    let warp = Warp::from_descriptor(&Descriptor::read_versioned(&mut reader, limits)?);
    let mut edges = [0; 4];
    if reader.remaining() >= 16 {
        for edge in &mut edges {
            *edge = reader.i32()?;
        }
    }
    // The offset of errors is that of the descriptor: values do not know their own.
    let setting = match descriptor.raw("EngineData") {
        Some(data) => Some(runs::setting(engine_data::parse(data, at, limits)?)),
        None => None,
    };
    descriptor.items.retain(|(key, _)| *key != *"EngineData");
    let bounds = |key| descriptor.object(key).and_then(Bounds::from_descriptor);
    Ok(TypeLayer {
        transform,
        text: descriptor.text("Txt ").unwrap_or_default().to_owned(),
        orientation: match descriptor.enumeration("Ornt") {
            Some(way) if *way == *"Vrtc" => Orientation::Vertical,
            _ => Orientation::Horizontal,
        },
        anti_alias: descriptor
            .enumeration("AntA")
            .map(AntiAlias::from_key)
            .unwrap_or_default(),
        bounds: bounds("bounds"),
        bounding_box: bounds("boundingBox"),
        warp,
        edges,
        setting,
        descriptor,
    })
}

impl AntiAlias {
    fn from_key(key: &Key) -> Self {
        match key.as_bytes() {
            b"Anno" | b"antiAliasNone" => Self::None,
            b"antiAliasSharp" => Self::Sharp,
            b"AnCr" | b"antiAliasCrisp" => Self::Crisp,
            b"AnSt" | b"antiAliasStrong" => Self::Strong,
            b"AnSm" | b"antiAliasSmooth" => Self::Smooth,
            b"antiAliasPlatformGray" => Self::Platform,
            b"antiAliasPlatformLCD" => Self::PlatformLcd,
            _ => Self::Other(key.clone()),
        }
    }
}

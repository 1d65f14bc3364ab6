//! What fills a shape: fill layers, and the fill and stroke of vector shapes.

use marquetry_pixel::BlendMode;

use crate::{
    Limits, PsdError, Section,
    color::Color,
    descriptor::{Descriptor, Key, UnitFloat, Value},
    effects::PatternFill,
    gradient::GradientFill,
    reader::Reader,
};

/// What a fill layer or a shape is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// `SoCo`: a colour. `None` when its space is unknown.
    Color(Option<Color>),
    /// `GdFl`: a gradient.
    Gradient(GradientFill),
    /// `PtFl`: a pattern.
    Pattern(PatternFill),
}

/// The stroke of a vector shape: `vstk`.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorStroke {
    /// Whether the stroke shows.
    pub enabled: bool,
    /// Whether the shape's fill shows.
    pub fill_enabled: bool,
    /// Width, with its unit.
    pub width: Option<UnitFloat>,
    /// Resolution that turns points into pixels, in pixels per inch.
    pub resolution: f64,
    /// Where the dashes start, in widths of the line.
    pub dash_offset: f64,
    /// Lengths of dashes and gaps in turn, in widths of the line; empty for none.
    pub dashes: Vec<f64>,
    /// Longest miter, in widths of the line.
    pub miter_limit: f64,
    /// Ends of open curves.
    pub cap: StrokeCap,
    /// Corners.
    pub join: StrokeJoin,
    /// Where it lies.
    pub alignment: StrokeAlignment,
    /// How it blends. `None` for a mode that we do not know.
    pub blend: Option<BlendMode>,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
    /// What paints it. `None` when it is of an unknown kind.
    pub paint: Option<Fill>,
    /// All of it as the file holds it.
    pub descriptor: Descriptor,
}

/// Ends of open curves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrokeCap {
    /// Cut at the end.
    #[default]
    Butt,
    /// Half a circle.
    Round,
    /// Half a square.
    Square,
}

/// Corners of a stroke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrokeJoin {
    /// Pointed.
    #[default]
    Miter,
    /// Round.
    Round,
    /// Cut off.
    Bevel,
}

/// Where a vector stroke lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrokeAlignment {
    /// Inside the curve.
    Inside,
    /// Half and half.
    #[default]
    Center,
    /// Outside the curve.
    Outside,
}

/// Parses a fill layer's block, whose key (`SoCo`, `GdFl`, `PtFl`) says what it is.
///
/// # Errors
/// [`PsdError`] when the key is another or the descriptor is broken.
pub fn parse(key: [u8; 4], block: &[u8], base: u64, limits: &Limits) -> Result<Fill, PsdError> {
    let mut reader = Reader::new(block, base, Section::Adjustment);
    let unknown = reader.malformed("fill of an unknown kind");
    Fill::of_kind(key, &Descriptor::read_versioned(&mut reader, limits)?).ok_or(unknown)
}

/// Parses a `vscg` block: the fill of a vector shape, behind the key that says what it is.
///
/// # Errors
/// As [`parse`].
pub fn parse_vector_content(block: &[u8], base: u64, limits: &Limits) -> Result<Fill, PsdError> {
    let mut reader = Reader::new(block, base, Section::Adjustment);
    let key = reader.array()?;
    parse(key, reader.rest(), reader.offset(), limits)
}

/// Parses a `vstk` block.
///
/// # Errors
/// [`PsdError`] when the descriptor is broken or passes a limit.
pub fn parse_vector_stroke(block: &[u8], base: u64, limits: &Limits) -> Result<VectorStroke, PsdError> {
    let mut reader = Reader::new(block, base, Section::Adjustment);
    let object = Descriptor::read_versioned(&mut reader, limits)?;
    let choice = |key| object.enumeration(key).map(Key::as_bytes);
    let mode = object.enumeration("strokeStyleBlendMode");
    Ok(VectorStroke {
        enabled: object.bool("strokeEnabled").unwrap_or(false),
        fill_enabled: object.bool("fillEnabled").unwrap_or(true),
        width: object.unit_float("strokeStyleLineWidth"),
        resolution: object.f64("strokeStyleResolution").unwrap_or(72.0),
        dash_offset: object.f64("strokeStyleLineDashOffset").unwrap_or(0.0),
        dashes: object
            .list("strokeStyleLineDashSet")
            .iter()
            .filter_map(Value::as_f64)
            .collect(),
        miter_limit: object.f64("strokeStyleMiterLimit").unwrap_or(100.0),
        cap: match choice("strokeStyleLineCapType") {
            Some(b"strokeStyleRoundCap") => StrokeCap::Round,
            Some(b"strokeStyleSquareCap") => StrokeCap::Square,
            _ => StrokeCap::Butt,
        },
        join: match choice("strokeStyleLineJoinType") {
            Some(b"strokeStyleRoundJoin") => StrokeJoin::Round,
            Some(b"strokeStyleBevelJoin") => StrokeJoin::Bevel,
            _ => StrokeJoin::Miter,
        },
        alignment: match choice("strokeStyleLineAlignment") {
            Some(b"strokeStyleAlignInside") => StrokeAlignment::Inside,
            Some(b"strokeStyleAlignOutside") => StrokeAlignment::Outside,
            _ => StrokeAlignment::Center,
        },
        blend: mode.map_or(Some(BlendMode::Normal), |name| name.blend_mode()),
        opacity: object.f64("strokeStyleOpacity").unwrap_or(100.0) / 100.0,
        paint: object.object("strokeStyleContent").and_then(Fill::of_class),
        descriptor: object,
    })
}

/// Parses a `vogk` block: where a shape's curves came from, kept as Photoshop describes it.
///
/// # Errors
/// [`PsdError`] when the descriptor is broken or passes a limit.
pub fn parse_vector_origination(block: &[u8], base: u64, limits: &Limits) -> Result<Descriptor, PsdError> {
    Descriptor::parse_nested(block, base, limits).map(|(_, object)| object)
}

impl Fill {
    fn of_kind(key: [u8; 4], object: &Descriptor) -> Option<Self> {
        Some(match &key {
            b"SoCo" => Self::Color(object.object("Clr ").and_then(Color::from_descriptor)),
            b"GdFl" => Self::Gradient(GradientFill::from_descriptor(object)),
            b"PtFl" => Self::Pattern(PatternFill::from_descriptor(object)),
            _ => return None,
        })
    }

    /// Strokes name the kind by class.
    fn of_class(object: &Descriptor) -> Option<Self> {
        match object.class.as_bytes() {
            b"solidColorLayer" => Self::of_kind(*b"SoCo", object),
            b"gradientLayer" => Self::of_kind(*b"GdFl", object),
            b"patternLayer" => Self::of_kind(*b"PtFl", object),
            _ => None,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gradient::{GradientColors, GradientMethod, GradientStyle, StopColor, TransparencyStop},
        seed,
    };

    #[test]
    fn the_three_fills_are_read() {
        let limits = Limits::default();
        let read = |key| parse(key, &seed::block(key), 0, &limits).unwrap();
        assert_eq!(read(*b"SoCo"), Fill::Color(Some(Color::Rgb([1.0, 2.0, 3.0]))));
        assert!(matches!(read(*b"PtFl"), Fill::Pattern(fill) if fill.pattern.as_ref().unwrap().id == "x"));
        let Fill::Gradient(fill) = read(*b"GdFl") else {
            panic!()
        };
        assert_eq!(
            (fill.angle, fill.style, fill.scale),
            (45.0, GradientStyle::Radial, 80.0)
        );
        assert_eq!(
            (fill.reverse, fill.method, fill.offset.y),
            (true, GradientMethod::Perceptual, -5.0)
        );
        let GradientColors::Solid {
            smoothness,
            stops,
            transparency,
        } = fill.gradient.unwrap().colors
        else {
            panic!()
        };
        assert_eq!(
            (smoothness, stops[1].location, stops[1].midpoint),
            (0.5, 1.0, 0.5)
        );
        assert_eq!(
            stops[1].color,
            StopColor::Own(Some(Color::Rgb([0.0, 0.0, 255.0])))
        );
        assert_eq!(
            transparency[1],
            TransparencyStop {
                location: 1.0,
                midpoint: 0.25,
                opacity: 0.0
            }
        );
        let content = parse_vector_content(&seed::block(*b"vscg"), 0, &limits).unwrap();
        assert_eq!(content, read(*b"GdFl"));
        assert!(parse(*b"XxXx", &seed::block(*b"SoCo"), 0, &limits).is_err());
    }

    #[test]
    fn every_space_of_colour_is_read() {
        let read = |object: seed::Object| {
            let object = Descriptor::parse_bare(&object.bare(), 0, &Limits::default()).unwrap();
            Color::from_descriptor(&object)
        };
        let object = seed::object;
        let hsb = object("HSBC")
            .unit("H   ", b"#Ang", 210.0)
            .number("Strt", 50.0)
            .number("Brgh", 75.0);
        assert_eq!(read(hsb), Some(Color::Hsb([210.0, 50.0, 75.0])));
        let cmyk = object("CMYC")
            .number("Cyn ", 1.0)
            .number("Mgnt", 2.0)
            .number("Ylw ", 3.0);
        assert_eq!(read(cmyk.clone()), None);
        assert_eq!(
            read(cmyk.number("Blck", 4.0)),
            Some(Color::Cmyk([1.0, 2.0, 3.0, 4.0]))
        );
        let lab = object("LbCl")
            .number("Lmnc", 50.0)
            .number("A   ", -10.0)
            .number("B   ", 20.0);
        assert_eq!(read(lab), Some(Color::Lab([50.0, -10.0, 20.0])));
        assert_eq!(read(object("Grsc").number("Gry ", 40.0)), Some(Color::Gray(40.0)));
        let book = object("BkCl").text("Bk  ", "Solid").text("Nm  ", "Red 032");
        let named = Color::Book {
            book: "Solid".into(),
            name: "Red 032".into(),
        };
        assert_eq!(read(book), Some(named));
        let float = object("RGBC").number("redFloat", 1.0).number("greenFloat", 0.0);
        assert_eq!(
            read(float.number("blueFloat", 2.0)),
            Some(Color::Rgb([255.0, 0.0, 510.0]))
        );
    }

    #[test]
    fn a_vector_stroke_is_read() {
        let stroke = parse_vector_stroke(&seed::block(*b"vstk"), 0, &Limits::default()).unwrap();
        assert!(stroke.enabled && stroke.fill_enabled);
        assert_eq!(
            (stroke.cap, stroke.dashes.as_slice()),
            (StrokeCap::Round, &[4.0, 2.0][..])
        );
        assert_eq!(stroke.blend, Some(BlendMode::Multiply));
        assert_eq!(stroke.paint, Some(Fill::Color(Some(Color::Rgb([1.0, 1.0, 1.0])))));
        assert_eq!(
            stroke.width.map(|width| width.unit),
            Some(crate::descriptor::Unit::Points)
        );
    }
}

//! Runs of style out of the engine data.

use std::ops::Range;

use marquetry_pixel::Point;

use super::{
    Baseline, Caps, Font, Justification, Paint, Paragraph, ParagraphRun, Style, StyleRun, TextSetting,
    TextShape,
};
use crate::{bounds::Bounds, color::Color, engine_data::EngineValue};

/// A run's own values over those of the document's normal style.
struct Sheet<'t> {
    own: Option<&'t EngineValue>,
    normal: Option<&'t EngineValue>,
}

impl<'t> Sheet<'t> {
    fn get(&self, key: &str) -> Option<&'t EngineValue> {
        let own = self.own.and_then(|own| own.get(key));
        own.or_else(|| self.normal.and_then(|normal| normal.get(key)))
    }

    fn number(&self, key: &str, usual: f64) -> f64 {
        self.get(key).and_then(EngineValue::as_f64).unwrap_or(usual)
    }

    fn whole(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(EngineValue::as_i64)
    }

    fn flag(&self, key: &str, usual: bool) -> bool {
        self.get(key).and_then(EngineValue::as_bool).unwrap_or(usual)
    }
}

/// Reads all that the tree tells. What it lacks gets Photoshop's usual value.
pub(super) fn setting(tree: EngineValue) -> TextSetting {
    let engine = tree.get("EngineDict");
    let engine_at = |keys: &[&str]| engine.and_then(|engine| engine.at(keys));
    let resources = tree.get("ResourceDict").or(tree.get("DocumentResources"));

    let whole = engine_at(&["Editor", "Text"])
        .and_then(EngineValue::as_text)
        .unwrap_or_default();
    // The end of the last paragraph belongs to the notation, not to the words.
    let text = whole.strip_suffix('\r').unwrap_or(whole).to_owned();

    let normal_style = sheet_of(
        resources,
        "StyleSheetSet",
        "TheNormalStyleSheet",
        "StyleSheetData",
    );
    let normal_paragraph = sheet_of(
        resources,
        "ParagraphSheetSet",
        "TheNormalParagraphSheet",
        "Properties",
    );

    let runs = spans(engine_at(&["StyleRun"]), &text)
        .map(|(range, run)| {
            let own = run.and_then(|run| run.at(&["StyleSheet", "StyleSheetData"]));
            StyleRun {
                range,
                style: style(&Sheet {
                    own,
                    normal: normal_style,
                }),
            }
        })
        .collect();
    let paragraphs = spans(engine_at(&["ParagraphRun"]), &text)
        .map(|(range, run)| {
            let own = run.and_then(|run| run.at(&["ParagraphSheet", "Properties"]));
            ParagraphRun {
                range,
                paragraph: paragraph(&Sheet {
                    own,
                    normal: normal_paragraph,
                }),
            }
        })
        .collect();
    let fonts = resources.and_then(|resources| resources.get("FontSet"));
    TextSetting {
        text,
        fonts: fonts
            .map(EngineValue::items)
            .unwrap_or_default()
            .iter()
            .map(font)
            .collect(),
        runs,
        paragraphs,
        shape: shape(engine_at(&["Rendered", "Shapes", "Children"])),
        tree,
    }
}

/// The document's normal sheet of a set.
fn sheet_of<'t>(
    resources: Option<&'t EngineValue>,
    set: &str,
    normal: &str,
    values: &str,
) -> Option<&'t EngineValue> {
    let resources = resources?;
    let index = resources.get(normal).and_then(EngineValue::as_i64).unwrap_or(0);
    resources
        .get(set)?
        .items()
        .get(usize::try_from(index).ok()?)?
        .get(values)
}

/// The runs of a list with the bytes of `text` that each covers. Lengths are in UTF-16 units and
/// count the last paragraph's end.
fn spans<'t>(
    list: Option<&'t EngineValue>,
    text: &str,
) -> impl Iterator<Item = (Range<usize>, Option<&'t EngineValue>)> {
    let at = |key| {
        list.and_then(|list| list.get(key))
            .map(EngineValue::items)
            .unwrap_or_default()
    };
    let (runs, lengths) = (at("RunArray"), at("RunLengthArray"));
    let mut rest = text.char_indices();
    let mut units = 0_i64;
    let mut end = 0;
    let mut spans = Vec::new();
    for (index, length) in lengths.iter().enumerate() {
        let start = rest.offset();
        // An owed unit: the run before ended inside of a surrogate pair.
        units = units.saturating_add(length.as_i64().unwrap_or(0).max(0));
        while units > 0 {
            let Some((_, character)) = rest.next() else { break };
            units -= if character.len_utf16() == 2 { 2 } else { 1 };
        }
        if rest.offset() == text.len() {
            units = 0;
        }
        end = rest.offset();
        if end > start {
            spans.push((start..end, runs.get(index)));
        }
    }
    // Whatever no run covers has the normal style.
    if end < text.len() {
        spans.push((end..text.len(), None));
    }
    spans.into_iter()
}

fn font(entry: &EngineValue) -> Font {
    let whole = |key| entry.get(key).and_then(EngineValue::as_i64).unwrap_or(0);
    Font {
        name: entry
            .get("Name")
            .and_then(EngineValue::as_text)
            .unwrap_or_default()
            .to_owned(),
        script: whole("Script"),
        kind: whole("FontType"),
        synthetic: whole("Synthetic"),
    }
}

fn style(sheet: &Sheet<'_>) -> Style {
    Style {
        font: sheet.whole("Font").and_then(|font| usize::try_from(font).ok()),
        size: sheet.number("FontSize", 12.0),
        faux_bold: sheet.flag("FauxBold", false),
        faux_italic: sheet.flag("FauxItalic", false),
        leading: if sheet.flag("AutoLeading", true) {
            None
        } else {
            sheet.get("Leading").and_then(EngineValue::as_f64)
        },
        horizontal_scale: sheet.number("HorizontalScale", 1.0),
        vertical_scale: sheet.number("VerticalScale", 1.0),
        tracking: sheet.number("Tracking", 0.0),
        auto_kerning: sheet.flag("AutoKerning", true),
        kerning: sheet.number("Kerning", 0.0),
        baseline_shift: sheet.number("BaselineShift", 0.0),
        caps: match sheet.whole("FontCaps") {
            Some(1) => Caps::Small,
            Some(2) => Caps::All,
            _ => Caps::Normal,
        },
        baseline: match sheet.whole("FontBaseline") {
            Some(1) => Baseline::Superscript,
            Some(2) => Baseline::Subscript,
            _ => Baseline::Normal,
        },
        underline: sheet.flag("Underline", false),
        strikethrough: sheet.flag("Strikethrough", false),
        ligatures: sheet.flag("Ligatures", true),
        discretionary_ligatures: sheet.flag("DLigatures", false),
        no_break: sheet.flag("NoBreak", false),
        language: sheet.whole("Language"),
        fill: sheet.flag("FillFlag", true),
        fill_color: sheet.get("FillColor").and_then(paint),
        stroke: sheet.flag("StrokeFlag", false),
        stroke_color: sheet.get("StrokeColor").and_then(paint),
        stroke_width: sheet.number("OutlineWidth", 1.0),
    }
}

/// Opacity and the parts of the colour, all `0.0..=1.0`; the type is the number of the space.
fn paint(value: &EngineValue) -> Option<Paint> {
    let parts = value.get("Values")?.numbers();
    let kind = value.get("Type").and_then(EngineValue::as_i64)?;
    let (opacity, color) = match (kind, parts.as_slice()) {
        // Here 1 is white, elsewhere grey counts black.
        (0, [opacity, gray, ..]) => (opacity, Color::Gray((1.0 - gray) * 100.0)),
        (1, [opacity, red, green, blue, ..]) => {
            (opacity, Color::Rgb([red, green, blue].map(|part| part * 255.0)))
        }
        (2, [opacity, cyan, magenta, yellow, black, ..]) => (
            opacity,
            Color::Cmyk([cyan, magenta, yellow, black].map(|part| part * 100.0)),
        ),
        _ => return None,
    };
    Some(Paint {
        color,
        opacity: *opacity,
    })
}

fn paragraph(sheet: &Sheet<'_>) -> Paragraph {
    Paragraph {
        justification: match sheet.whole("Justification") {
            Some(1) => Justification::Right,
            Some(2) => Justification::Center,
            Some(3) => Justification::JustifyLastLeft,
            Some(4) => Justification::JustifyLastRight,
            Some(5) => Justification::JustifyLastCenter,
            Some(6) => Justification::JustifyAll,
            _ => Justification::Left,
        },
        first_line_indent: sheet.number("FirstLineIndent", 0.0),
        start_indent: sheet.number("StartIndent", 0.0),
        end_indent: sheet.number("EndIndent", 0.0),
        space_before: sheet.number("SpaceBefore", 0.0),
        space_after: sheet.number("SpaceAfter", 0.0),
        auto_leading: sheet.number("AutoLeading", 1.2),
        hyphenate: sheet.flag("AutoHyphenate", false),
        every_line_composer: sheet.flag("EveryLineComposer", false),
    }
}

/// The first shape tells; there is one for each text.
fn shape(children: Option<&EngineValue>) -> TextShape {
    let Some(first) = children.and_then(|children| children.items().first()) else {
        return TextShape::Unknown;
    };
    let Some(cookie) = first.at(&["Cookie", "Photoshop"]) else {
        return TextShape::Unknown;
    };
    let numbers = |key| cookie.get(key).map(EngineValue::numbers).unwrap_or_default();
    match cookie.get("ShapeType").and_then(EngineValue::as_i64) {
        Some(1) => match numbers("BoxBounds").as_slice() {
            [left, top, right, bottom, ..] => TextShape::Box(Bounds {
                left: *left,
                top: *top,
                right: *right,
                bottom: *bottom,
            }),
            _ => TextShape::Unknown,
        },
        Some(0) => match numbers("PointBase").as_slice() {
            [x, y, ..] => TextShape::Point(Point::new(*x, *y)),
            _ => TextShape::Point(Point::default()),
        },
        _ => TextShape::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Limits,
        text::{AntiAlias, Orientation, parse},
        warp::WarpStyle,
    };

    #[test]
    fn runs_cover_the_words_and_fall_back_to_the_normal_style() {
        let layer = parse(&crate::seed::block(*b"TySh"), 0, &Limits::default()).unwrap();
        assert_eq!(
            (layer.orientation, layer.anti_alias.clone()),
            (Orientation::Vertical, AntiAlias::Crisp)
        );
        assert_eq!((layer.warp.style, layer.warp.value), (WarpStyle::Arc, 50.0));
        assert_eq!((layer.transform[4], layer.edges), (40.0, [1, 2, 3, 4]));
        assert_eq!(layer.descriptor.get("EngineData"), None);

        let setting = layer.setting.unwrap();
        assert_eq!(setting.text, "a\u{1F600}b)");
        assert_eq!(setting.fonts[1].name, "Plain");
        assert_eq!(setting.fonts[0].name.chars().count(), 2);
        let words: Vec<_> = setting
            .runs
            .iter()
            .map(|run| &setting.text[run.range.clone()])
            .collect();
        assert_eq!(words, ["a\u{1F600}", "b)"]);
        let first = &setting.runs[0].style;
        assert_eq!((first.font, first.size, first.tracking), (Some(1), 72.5, -20.0));
        assert_eq!(
            (first.faux_bold, first.caps, first.leading),
            (true, Caps::All, None)
        );
        let red = Paint {
            color: Color::Rgb([255.0, 0.0, 0.0]),
            opacity: 0.5,
        };
        assert_eq!(first.fill_color, Some(red));
        let second = &setting.runs[1].style;
        assert_eq!(
            (second.font, second.size, second.leading),
            (Some(0), 12.0, Some(30.0))
        );
        assert_eq!(setting.paragraphs.len(), 1);
        assert_eq!(setting.paragraphs[0].range, 0..setting.text.len());
        assert_eq!(
            setting.paragraphs[0].paragraph.justification,
            Justification::Center
        );
        let frame = Bounds {
            left: 0.0,
            top: 0.0,
            right: 100.0,
            bottom: 50.0,
        };
        assert_eq!(setting.shape, TextShape::Box(frame));
    }

    #[test]
    fn lengths_that_lie_still_cover_every_word_once() {
        let list = |lengths: &[f64]| {
            let lengths = lengths
                .iter()
                .map(|length| EngineValue::Number(*length))
                .collect();
            EngineValue::Dictionary(vec![("RunLengthArray".into(), EngineValue::Array(lengths))])
        };
        let text = "a\u{1F600}\u{1F601}b";
        for lengths in [
            &[][..],
            &[100.0],
            &[2.0, 2.0, 1.0],
            &[-3.0, 1.0, 1e300],
            &[1.0, 1.0, 1.0, 1.0],
        ] {
            let list = list(lengths);
            let mut end = 0;
            for (range, _) in spans(Some(&list), text) {
                assert_eq!(range.start, end, "{lengths:?}");
                assert!(
                    text.get(range.clone()).is_some_and(|words| !words.is_empty()),
                    "{lengths:?}"
                );
                end = range.end;
            }
            assert_eq!(end, text.len(), "{lengths:?}");
        }
    }
}

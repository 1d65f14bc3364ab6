//! One entry of `text_layers`: new words, and how they look.

use marquetry_model::{TextChange, TextFit, TextStyle, Words};

use super::asset::rgb;
use super::layer_id;
use crate::field::{Object, Present};
use crate::sudomock::Code;

const FITS: &[(&str, TextFit)] = &[
    ("overflow", TextFit::Overflow),
    ("shrink", TextFit::Shrink),
    ("clip", TextFit::Clip),
];

/// Members that set a style, which runs of a text already have.
const STYLE: [&str; 4] = ["font", "font_size", "color", "stroke_color"];

pub(super) fn change(entry: &Present<'_, Code>) -> Option<TextChange> {
    let entry = entry.object()?;
    let layer = entry.field("uuid").need(|id| layer_id(&id));
    let text = entry
        .field("text")
        .maybe(|text| text.string(1..=500).map(str::to_owned));
    let segments = entry.field("segments").maybe(|segments| {
        let segments = segments.each(1..=32, |segment| {
            let segment = segment.object()?;
            let index = segment.field("index").need(|index| index.count(0..=31));
            let text = segment
                .field("text")
                .need(|text| text.string(1..=200).map(str::to_owned));
            Some((index?, text?))
        })?;
        let mut indexes: Vec<u32> = segments.iter().map(|(index, _)| *index).collect();
        indexes.sort_unstable();
        indexes.dedup();
        if indexes.len() < segments.len() {
            return entry.rule("segments", None, "names an index twice");
        }
        Some(segments)
    });
    let style = style(&entry);
    let fit = entry.field("fit").or(TextFit::Overflow, |fit| fit.choice(FITS));
    let words = match (text?, segments?) {
        (Some(text), None) => Words::Plain { text, style: style? },
        (None, Some(segments)) => {
            if let Some(name) = STYLE.into_iter().find(|name| entry.has(name)) {
                return entry.rule(name, None, "cannot be set together with segments");
            }
            Words::Segments(segments)
        }
        (Some(_), Some(_)) => return entry.rule("", None, "takes text or segments, not both"),
        (None, None) => return entry.rule("", None, "needs text or segments"),
    };
    Some(TextChange {
        layer: layer?,
        words,
        fit: fit?,
    })
}

fn style(entry: &Object<'_, Code>) -> Option<TextStyle> {
    let font = entry
        .field("font")
        .maybe(|font| font.string(1..=255).map(str::to_owned));
    let font_size = entry
        .field("font_size")
        .maybe(|size| match size.number(0.0..=2000.0)? {
            0.0 => size.refuse("greater_than", "should be more than 0"),
            size => Some(size),
        });
    let colour = entry.field("color").maybe(|colour| rgb(&colour));
    let stroke_colours = entry.field("stroke_color").or(Vec::new(), |strokes| {
        if !strokes.is_list() {
            return Some(vec![Some(rgb(&strokes)?)]);
        }
        strokes.each(1..=8, |stroke| {
            if stroke.is_null() {
                Some(None)
            } else {
                rgb(&stroke).map(Some)
            }
        })
    });
    Some(TextStyle {
        font: font?,
        font_size: font_size?,
        colour: colour?,
        stroke_colours: stroke_colours?,
    })
}

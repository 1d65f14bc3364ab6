//! Type layers drawn again, from how Photoshop set them: engine data to a text, to outlines, to
//! pixels of the canvas.

use std::sync::Arc;

use marquetry_compose::{Art, FillRule, Layer as Painted, Node, Outline, Paint, Scene};
use marquetry_model::{Rewording, TextFit, TextStyle, Words};
use marquetry_pixel::{Opacity, Point, Rect};
use marquetry_psd::bounds::Bounds;
use marquetry_psd::text::{self as psd, Orientation, TextSetting, TextShape, TypeLayer};
use marquetry_text::kurbo::{Affine, BezPath, PathEl, Point as At, Shape as _};
use marquetry_text::{
    Align, Caps, FirstBaseline, Fitting, FontName, Frame, Ink, Kerning, Laid, LastLine, Leading, Ligatures,
    Paragraph, Script, Setting, Span, Stroke, Style, Substitution, Text, TextBox, Wrap, fit, lay_out_scaled,
};

use crate::colour::to_rgb;
use crate::draw::{Painter, draw_scene};
use crate::error::RenderError;
use crate::undrawn::Feature;

/// How far beyond the canvas words are drawn, so that shadows of what lies there can fall onto it.
const MARGIN: i32 = 256;

/// The smallest size that words are shrunk to, as a share of their own.
const SMALLEST: f64 = 0.05;

/// How far left of a column's middle its letters stand, in sizes: Photoshop sets columns from a
/// point that way (0.317 measured in Times).
const COLUMN: f64 = 0.317;

/// Words drawn, and what is to be told about them.
pub(crate) struct Drawn {
    /// `None` when nothing of them is near the canvas.
    pub(crate) paint: Option<Paint>,
    pub(crate) lacks: Vec<Feature>,
}

/// Whether new words can be set in the style that a layer has.
pub(crate) fn is_editable(layer: &TypeLayer) -> bool {
    let turns = layer.transform;
    let folds = (turns[0] * turns[3] - turns[1] * turns[2]).abs() < 1e-12;
    let setting = layer.setting.as_ref();
    turns.iter().all(|part| part.is_finite())
        && !folds
        && setting.is_some_and(|setting| setting.runs.iter().any(|run| run.style.size > 0.0))
}

/// Draws a type layer with other words.
pub(crate) fn draw(
    layer: &TypeLayer,
    rewording: &Rewording,
    stored: Rect,
    canvas: Rect,
    painter: &Painter<'_>,
) -> Result<Drawn, RenderError> {
    let mut lacks = Vec::new();
    let Some(setting) = &layer.setting else {
        lacks.push(Feature::TextUnset);
        return Ok(Drawn { paint: None, lacks });
    };
    let [xx, xy, yx, yy, ..] = layer.transform;
    let scale = yx.hypot(yy);
    let (text, em) = match &rewording.words {
        Words::Plain { text, style } => {
            if !style.stroke_colours.iter().all(Option::is_none) {
                lacks.push(Feature::TextStrokeColours);
            }
            (
                reworded(setting, text, style, scale),
                style.font_size.map(|size| size / scale),
            )
        }
        Words::Segments(segments) => (with_segments(setting, segments), None),
    };
    let em = em.unwrap_or_else(|| text.largest_size());
    if !layer.warp.is_identity() {
        lacks.push(Feature::TextWarp);
    }
    let vertical = layer.orientation == Orientation::Vertical;
    if vertical && characters(&text).any(|letter| letter >= '\u{2e80}') {
        lacks.push(Feature::TextUpright);
    }

    let place = place(layer, setting, vertical, em);
    let limits = marquetry_text::Limits::default();
    let shelf = painter.fonts;
    let mut factor = 1.0;
    if rewording.fit == TextFit::Shrink {
        let room = match &place.frame {
            Frame::Box(frame) => *frame,
            Frame::Point => TextBox {
                wrap: Wrap::Never,
                ..TextBox::new(room(layer, stored, vertical, xx.hypot(xy)), None)
            },
        };
        let fitting = Fitting::shrink(&text, text.largest_size() * SMALLEST);
        let fitted = fit(&text, shelf, &room, &fitting, &limits).map_err(RenderError::Text)?;
        factor = fitted.scale;
        if factor < 1.0 {
            lacks.push(Feature::TextShrunk);
        }
    }
    let laid = lay_out_scaled(&text, shelf, &place.frame, factor, &limits).map_err(RenderError::Text)?;
    lacks.extend(laid.substitutions.iter().map(substituted));
    let home = Affine::new(layer.transform) * place.home;
    let kept = (rewording.fit == TextFit::Clip)
        .then(|| old_bounds(layer, setting, stored))
        .flatten();
    Ok(Drawn {
        paint: rasterise(&laid, home, kept, canvas, painter)?,
        lacks,
    })
}

fn characters(text: &Text) -> impl Iterator<Item = char> {
    let spans = text.paragraphs.iter().flat_map(|paragraph| &paragraph.spans);
    spans.flat_map(|span| span.words.chars())
}

fn substituted(substitution: &Substitution) -> Feature {
    match substitution {
        Substitution::Font { wanted, used } => Feature::Font {
            wanted: wanted.clone(),
            used: used.clone(),
        },
        other => Feature::Glyphs(other.to_string()),
    }
}

/// A frame for words, and the way from it to the layer's text space.
struct Place {
    frame: Frame,
    home: Affine,
}

/// Where the words stand. Columns are lines turned to the right.
fn place(layer: &TypeLayer, setting: &TextSetting, vertical: bool, em: f64) -> Place {
    let turned = Affine::new([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]);
    match setting.shape {
        TextShape::Box(bounds) => {
            let (width, height) = (bounds.right - bounds.left, bounds.bottom - bounds.top);
            let boxed = |width, height| {
                Frame::Box(TextBox {
                    first: FirstBaseline::Letters,
                    ..TextBox::new(width, Some(height))
                })
            };
            if vertical {
                Place {
                    frame: boxed(height, width),
                    home: Affine::translate((bounds.right, bounds.top)) * turned,
                }
            } else {
                Place {
                    frame: boxed(width, height),
                    home: Affine::translate((bounds.left, bounds.top)),
                }
            }
        }
        TextShape::Point(_) | TextShape::Unknown => {
            let start = match setting.shape {
                TextShape::Point(point) => (point.x, point.y),
                _ => (0.0, 0.0),
            };
            let home = Affine::translate(start);
            Place {
                frame: Frame::Point,
                home: if vertical {
                    home * Affine::translate((-COLUMN * em, 0.0)) * turned
                } else {
                    home
                },
            }
        }
    }
    .checked(layer)
}

impl Place {
    /// Engine data may hold any numbers.
    fn checked(self, layer: &TypeLayer) -> Self {
        if self.home.is_finite() {
            return self;
        }
        let start = layer
            .bounds
            .map_or((0.0, 0.0), |bounds| (bounds.left, bounds.top));
        Self {
            frame: self.frame,
            home: Some(Affine::translate(start))
                .filter(Affine::is_finite)
                .unwrap_or_default(),
        }
    }
}

/// How long a line was, in text space: as Photoshop set it, or as its stored pixels are wide.
fn room(layer: &TypeLayer, stored: Rect, vertical: bool, scale: f64) -> f64 {
    let told = layer.bounds.map(|bounds| {
        if vertical {
            bounds.bottom - bounds.top
        } else {
            bounds.right - bounds.left
        }
    });
    let seen = f64::from(if vertical { stored.height } else { stored.width }) / scale.max(1e-9);
    told.filter(|room| room.is_finite() && *room > 0.0)
        .unwrap_or(seen)
}

/// What the old words covered, as a shape on the canvas.
fn old_bounds(layer: &TypeLayer, setting: &TextSetting, stored: Rect) -> Option<BezPath> {
    let bounds = match setting.shape {
        TextShape::Box(bounds) => Some(bounds),
        _ => layer.bounds,
    };
    let Some(Bounds {
        left,
        top,
        right,
        bottom,
    }) = bounds
    else {
        let (x, y) = (f64::from(stored.x), f64::from(stored.y));
        let corner = (x + f64::from(stored.width), y + f64::from(stored.height));
        return Some(marquetry_text::kurbo::Rect::new(x, y, corner.0, corner.1).to_path(0.1));
    };
    let shape = marquetry_text::kurbo::Rect::new(left, top, right, bottom);
    let shape = shape.is_finite().then_some(shape)?;
    Some(Affine::new(layer.transform) * shape.to_path(0.1))
}

/// Paints outlines into pixels as large as the part of the canvas, and a little more, that they reach.
fn rasterise(
    laid: &Laid,
    home: Affine,
    kept: Option<BezPath>,
    canvas: Rect,
    painter: &Painter<'_>,
) -> Result<Option<Paint>, RenderError> {
    let far = Rect::new(
        canvas.x - MARGIN,
        canvas.y - MARGIN,
        canvas.width.saturating_add(2 * MARGIN.unsigned_abs()),
        canvas.height.saturating_add(2 * MARGIN.unsigned_abs()),
    );
    let mut masks = Vec::new();
    let mut area = Rect::default();
    let keep = kept.map(|shape| outline(&shape, Affine::IDENTITY).mask(FillRule::NonZero, far));
    if matches!(keep, Some(None)) {
        return Ok(None);
    }
    for shape in &laid.shapes {
        let Some(mask) = outline(&shape.outline, home).mask(FillRule::NonZero, far) else {
            continue;
        };
        area = area.union(mask.coverage.size().rect().translate(mask.at.0, mask.at.1));
        masks.push((mask, shape.ink));
    }
    if masks.is_empty() {
        return Ok(None);
    }
    let mut scene = Scene::new(area.size());
    let moved = |mut mask: marquetry_compose::Mask| {
        mask.at = (mask.at.0 - area.x, mask.at.1 - area.y);
        mask
    };
    let keep = keep.flatten().map(moved);
    for (mask, ink) in masks {
        let mut masks = vec![moved(mask)];
        masks.extend(keep.clone());
        scene.nodes.push(Node::Layer(Painted {
            masks,
            opacity: ink.opacity,
            ..Painted::new(Paint::Solid(ink.colour.into()))
        }));
    }
    let art = Arc::new(Art::new(draw_scene(&scene, painter)?));
    Ok(Some(Paint::Raster {
        art,
        at: (area.x, area.y),
    }))
}

/// A path on the canvas. The canvas' own curves are cubic.
pub(crate) fn outline(path: &BezPath, home: Affine) -> Outline {
    let mut outline = Outline::new();
    let point = |at: At| {
        let at = home * at;
        Point::new(at.x, at.y)
    };
    let mut last = At::ORIGIN;
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(to) => outline.move_to(point(to)),
            PathEl::LineTo(to) => outline.line_to(point(to)),
            PathEl::QuadTo(handle, to) => {
                let third = |from: At| from + (handle - from) * (2.0 / 3.0);
                outline.curve_to(point(third(last)), point(third(to)), point(to));
            }
            PathEl::CurveTo(leave, arrive, to) => outline.curve_to(point(leave), point(arrive), point(to)),
            PathEl::ClosePath => outline.close(),
        }
        last = element.end_point().unwrap_or(last);
    }
    outline
}

/// All words in the style and setting of the first, but for what is asked otherwise.
fn reworded(setting: &TextSetting, words: &str, asked: &TextStyle, scale: f64) -> Text {
    let first = setting.runs.first();
    let mut style = first.map_or_else(Style::default, |run| style(setting, run));
    if let Some(font) = &asked.font {
        style.font = FontName::PostScript(font.clone());
        (style.faux_bold, style.faux_italic) = (false, false);
    }
    if let Some(size) = asked.font_size {
        let size = size / scale;
        // Lines keep their distance in proportion.
        if let Leading::Exactly(units) = style.leading {
            style.leading = Leading::Exactly(units * size / style.size);
        }
        style.size = size;
    }
    if let Some(colour) = asked.colour {
        style.fill = Some(Ink::new(colour));
    }
    Text::plain(words, &style, paragraph(setting, 0))
}

/// The words with those of some runs replaced.
fn with_segments(setting: &TextSetting, segments: &[(u32, String)]) -> Text {
    let mut text = Text::default();
    let mut open = false;
    let last = setting.runs.len().saturating_sub(1);
    for (index, run) in setting.runs.iter().enumerate() {
        let old = setting.text.get(run.range.clone()).unwrap_or_default();
        let new = segments
            .iter()
            .find(|(segment, _)| usize::try_from(*segment) == Ok(index));
        let mut words = new.map_or(old, |(_, words)| words).to_owned();
        // The end of a line or paragraph is no word that somebody replaces.
        if new.is_some() && index < last && !words.ends_with(['\r', '\n', '\u{3}']) {
            words.extend(
                old.chars()
                    .next_back()
                    .filter(|end| matches!(end, '\r' | '\u{3}')),
            );
        }
        let style = style(setting, run);
        let parts: Vec<&str> = words.split(['\r', '\n']).collect();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 || !open {
                // Settings go with the words that stood where a paragraph begins.
                let before: usize = words
                    .split(['\r', '\n'])
                    .take(at)
                    .map(|part| part.len() + 1)
                    .sum();
                let begins = run.range.start + before.min(old.len().saturating_sub(1));
                text.paragraphs.push(Paragraph {
                    spans: Vec::new(),
                    setting: paragraph(setting, begins),
                });
                open = true;
            }
            if let Some(paragraph) = text.paragraphs.last_mut() {
                paragraph.spans.push(Span {
                    words: (*part).to_owned(),
                    style: style.clone(),
                });
            }
        }
    }
    text
}

/// The style of a run.
fn style(setting: &TextSetting, run: &psd::StyleRun) -> Style {
    let old = &run.style;
    let font = old.font.and_then(|font| setting.fonts.get(font));
    let auto_leading = paragraph_at(setting, run.range.start).map_or(1.2, |paragraph| paragraph.auto_leading);
    let ink = |paint: &Option<psd::Paint>| {
        paint.as_ref().map_or_else(Ink::default, |paint| Ink {
            colour: to_rgb(&paint.color).unwrap_or_default(),
            opacity: opacity(paint.opacity),
        })
    };
    Style {
        font: FontName::PostScript(font.map(|font| font.name.clone()).unwrap_or_default()),
        size: old.size,
        fill: old.fill.then(|| ink(&old.fill_color)),
        stroke: old.stroke.then(|| Stroke {
            ink: ink(&old.stroke_color),
            width: old.stroke_width,
        }),
        leading: old.leading.map_or(Leading::Times(auto_leading), Leading::Exactly),
        tracking: old.tracking,
        kerning: if old.auto_kerning {
            Kerning::Metric
        } else {
            Kerning::By(old.kerning)
        },
        ligatures: match (old.ligatures, old.discretionary_ligatures) {
            (_, true) => Ligatures::All,
            (true, false) => Ligatures::Common,
            (false, false) => Ligatures::None,
        },
        horizontal_scale: old.horizontal_scale,
        vertical_scale: old.vertical_scale,
        baseline_shift: old.baseline_shift,
        caps: match old.caps {
            psd::Caps::Normal => Caps::Normal,
            psd::Caps::Small => Caps::Small,
            psd::Caps::All => Caps::All,
        },
        script: match old.baseline {
            psd::Baseline::Normal => Script::Normal,
            psd::Baseline::Superscript => Script::Super,
            psd::Baseline::Subscript => Script::Sub,
        },
        underline: old.underline,
        strikethrough: old.strikethrough,
        faux_bold: old.faux_bold,
        faux_italic: old.faux_italic,
        no_break: old.no_break,
        language: None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is not within 0.0..=1.0 is clamped"
)]
fn opacity(opacity: f64) -> Opacity {
    Opacity::new(opacity.clamp(0.0, 1.0) as f32).unwrap_or(Opacity::OPAQUE)
}

fn paragraph_at(setting: &TextSetting, byte: usize) -> Option<&psd::Paragraph> {
    let inside = setting.paragraphs.iter().find(|run| run.range.contains(&byte));
    inside.or(setting.paragraphs.last()).map(|run| &run.paragraph)
}

fn paragraph(setting: &TextSetting, byte: usize) -> Setting {
    let Some(old) = paragraph_at(setting, byte) else {
        return Setting::default();
    };
    Setting {
        align: match old.justification {
            psd::Justification::Left => Align::Left,
            psd::Justification::Right => Align::Right,
            psd::Justification::Center => Align::Center,
            psd::Justification::JustifyLastLeft => Align::Justify(LastLine::Left),
            psd::Justification::JustifyLastRight => Align::Justify(LastLine::Right),
            psd::Justification::JustifyLastCenter => Align::Justify(LastLine::Center),
            psd::Justification::JustifyAll => Align::Justify(LastLine::Fill),
        },
        first_line_indent: old.first_line_indent,
        start_indent: old.start_indent,
        end_indent: old.end_indent,
        space_before: old.space_before,
        space_after: old.space_after,
        ..Setting::default()
    }
}

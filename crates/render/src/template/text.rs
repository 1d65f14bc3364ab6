//! Words in frames.

use marquetry_compose::{Layer as Painted, Node, Paint};
use marquetry_template::geometry::Area;
use marquetry_template::{Align, Colour, FilledLayer, FilledText, FitMode, FontStyle, Overflow, Valign};
use marquetry_text::{
    Align as Lines, FirstBaseline, Fitted, Fitting, FontName, Ink, LastLine, Leading, Limits,
    Overflow as Beyond, Setting, Stroke, Style, Substitution, Text, TextBox, Wrap, fit,
};

use super::Drawing;
use super::forms;
use super::ground::Ground;
use super::layers::{Body, solid};
use super::sheet::Sheet;
use super::warning::WarningCode;
use crate::error::RenderError;

/// Sizes that are tried are multiples of this.
const STEP: f64 = 0.25;

/// More lines and curves than a page of small print has.
const ELEMENTS: usize = 1_000_000;

impl Drawing<'_> {
    pub(super) fn text(
        &mut self,
        text: &FilledText,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Option<Body>, RenderError> {
        let mut nodes = Vec::new();
        if let Some((colour, radii)) = text.text_box
            && let Some(mask) = sheet.mask(&layer.name, &forms::rounded(frame, radii), ground, ground.area)?
        {
            nodes.push(solid(colour, vec![mask]));
        }
        let edge = forms::rounded(frame, layer.corner_radius);
        if text.words.is_empty() {
            return Ok(Some(Body::free(nodes, edge)));
        }
        let room = room(text, frame);
        let fitted = self.fitted(text, layer, room)?;
        let clip = if fitted.clip {
            match sheet.mask(&layer.name, &edge, ground, ground.area)? {
                Some(mask) => Some(mask),
                None => return Ok(Some(Body::free(nodes, edge))),
            }
        } else {
            None
        };
        let lines = ground.moved(room.x, room.y + down(text, &fitted, room.height));
        for shape in &fitted.laid.shapes {
            let Some(mask) = sheet.mask(&layer.name, &shape.outline, &lines, ground.area)? else {
                continue;
            };
            nodes.push(Node::Layer(Painted {
                masks: std::iter::once(mask).chain(clip.clone()).collect(),
                opacity: shape.ink.opacity,
                ..Painted::new(Paint::Solid(shape.ink.colour.into()))
            }));
        }
        Ok(Some(Body::free(nodes, edge)))
    }

    /// The words at the size at which they fit, and what is to be told about them.
    fn fitted(&mut self, text: &FilledText, layer: &FilledLayer, room: Area) -> Result<Fitted, RenderError> {
        let (height, wrap) = match text.fit.mode {
            FitMode::ShrinkLine => (None, Wrap::Never),
            FitMode::None | FitMode::ShrinkBox | FitMode::FillBox => (Some(room.height), Wrap::Anywhere),
        };
        let frame = TextBox {
            first: FirstBaseline::HalfLeading,
            wrap,
            ..TextBox::new(room.width, height)
        };
        let (smallest, largest) = match text.fit.mode {
            FitMode::None => (text.font.size, text.font.size),
            _ => (text.fit.smallest, text.fit.largest),
        };
        let fitting = Fitting {
            smallest: smallest.get(),
            largest: largest.get(),
            step: STEP,
            most_lines: text.fit.most_lines.map(|most| most.get() as usize),
            overflow: match text.fit.overflow {
                Overflow::Clip => Beyond::Clip,
                Overflow::Ellipsis => Beyond::Ellipsis,
                Overflow::Visible => Beyond::Visible,
            },
        };
        let limits = Limits {
            elements: ELEMENTS,
            ..Limits::default()
        };
        let words = Text::plain(&text.words, &style(text), setting(text));
        let fitted = fit(&words, self.painter.fonts, &frame, &fitting, &limits).map_err(|source| {
            RenderError::Words {
                layer: layer.name.clone(),
                source,
            }
        })?;
        for substitution in &fitted.laid.substitutions {
            let code = match substitution {
                Substitution::Font { .. } => WarningCode::FontSubstituted,
                _ => WarningCode::GlyphsMissing,
            };
            self.warnings.add(code, &layer.name, substitution.to_string());
        }
        // Whoever lets words run on in their own size gets what was asked for.
        let asked = text.fit.mode == FitMode::None && text.fit.overflow == Overflow::Visible;
        if fitted.cut || fitted.clip {
            let message = "the words do not fit, their end is left out";
            self.warnings.add(WarningCode::TextCut, &layer.name, message);
        } else if !fitted.fits && !asked {
            let message = "the words do not fit, even at their smallest size";
            self.warnings
                .add(WarningCode::TextOverflows, &layer.name, message);
        }
        Ok(fitted)
    }
}

/// What padding leaves of a frame.
fn room(text: &FilledText, frame: Area) -> Area {
    let [top, right, bottom, left] = text.padding;
    Area::new(
        frame.x + left,
        frame.y + top,
        (frame.width - left - right).max(0.0),
        (frame.height - top - bottom).max(0.0),
    )
}

/// How far down the first line begins. Lines that are too many run past both edges when they stand in
/// the middle, and past the upper one when they stand at the bottom.
#[expect(clippy::cast_precision_loss, reason = "a text has far fewer lines")]
fn down(text: &FilledText, fitted: &Fitted, height: f64) -> f64 {
    let line = text.font.size.get() * text.font.line_height.get() * fitted.scale;
    let free = height - line * fitted.laid.lines.len() as f64;
    match text.valign {
        Valign::Top => 0.0,
        Valign::Middle => free / 2.0,
        Valign::Bottom => free,
    }
}

fn setting(text: &FilledText) -> Setting {
    Setting {
        align: match text.align {
            Align::Left => Lines::Left,
            Align::Center => Lines::Center,
            Align::Right => Lines::Right,
            Align::Justify => Lines::Justify(LastLine::Start),
        },
        ..Setting::default()
    }
}

fn style(text: &FilledText) -> Style {
    let font = &text.font;
    let ink = |colour: Colour| Ink {
        colour: colour.rgb,
        opacity: colour.opacity(),
    };
    Style {
        font: FontName::Family {
            family: font.family.as_str().to_owned(),
            weight: u16::try_from(font.weight.get()).unwrap_or(400),
            italic: font.style == FontStyle::Italic,
        },
        size: font.size.get(),
        fill: Some(ink(text.colour)),
        stroke: text.stroke.map(|(width, colour)| Stroke {
            ink: ink(colour),
            width,
        }),
        leading: Leading::Times(font.line_height.get()),
        tracking: font.letter_spacing.get() / font.size.get() * 1000.0,
        ..Style::default()
    }
}

//! Layers with everything about them resolved. Those that are not to be seen are gone.

use super::case::cased;
use super::scope::Scope;
use super::value::{Given, ImageValue};
use super::{At, Filling};
use crate::filled::{
    Art, Content, FilledArt, FilledFill, FilledFit, FilledGroup, FilledImage, FilledLayer, FilledMockup,
    FilledQr, FilledShadow, FilledShape, FilledStroke, FilledText, Picture,
};
use crate::geometry::{Area, clip};
use crate::problem::Path;
use crate::units::{FieldName, FontSize};
use crate::{
    ArtSlot, Fill, ImageLayer, Kind, Layer, QrLayer, RemoveBackground, ShapeLayer, SmartObjectLayer, Source,
    TextLayer, WhenImageEmpty, WhenTextEmpty,
};

/// The smallest size of a text that names none, as a share of its font's.
const SMALLEST: f64 = 0.4;

impl FilledLayer {
    /// A frame with nothing about it.
    pub(super) fn plain(frame: Area) -> Self {
        Self {
            name: String::new(),
            frame,
            rotation: 0.0,
            opacity: marquetry_pixel::Opacity::OPAQUE,
            blend: marquetry_pixel::BlendMode::Normal,
            corner_radius: [0.0; 4],
            shadow: None,
            stroke: None,
            content: Content::Group(FilledGroup {
                layers: Vec::new(),
                clip: false,
                scale: 1.0,
            }),
        }
    }
}

impl Filling<'_, '_, '_> {
    pub(super) fn layers(&mut self, layers: &[Layer], scope: &Scope<'_>, at: At<'_>) -> Vec<FilledLayer> {
        layers
            .iter()
            .filter_map(|layer| self.layer(layer, scope, at))
            .collect()
    }

    fn layer(&mut self, layer: &Layer, scope: &Scope<'_>, at: At<'_>) -> Option<FilledLayer> {
        if !self.is_seen(layer, scope) {
            return None;
        }
        let content = self.content(layer, scope, at)?;
        let common = &layer.common;
        let stroke = common.stroke.as_ref().map(|stroke| FilledStroke {
            width: stroke.width.get(),
            colour: self.colour_of(scope, common.bind.stroke.as_ref(), &stroke.colour),
            position: stroke.position,
        });
        let shadow = common.shadow.as_ref().map(|shadow| FilledShadow {
            dx: shadow.dx.get(),
            dy: shadow.dy.get(),
            blur: shadow.blur.get(),
            colour: self.colour(&shadow.colour),
        });
        Some(FilledLayer {
            name: layer.name().to_owned(),
            frame: Area {
                x: common.x.get(),
                y: common.y.get(),
                width: common.width.get(),
                height: common.height.get(),
            },
            rotation: common.rotation.get(),
            opacity: common.opacity,
            blend: common.blend,
            corner_radius: common.corner_radius.get(),
            shadow,
            stroke,
            content,
        })
    }

    fn is_seen(&self, layer: &Layer, scope: &Scope<'_>) -> bool {
        let common = &layer.common;
        let mut seen = common.visible;
        if let Some(shows) = scope.shows(common.bind.visible.as_ref()) {
            seen = shows;
        }
        if let (Kind::Group(_), Some(shows)) = (&layer.kind, scope.shows(common.field.as_ref())) {
            seen = shows;
        }
        let field = common.field.as_ref();
        let hidden = scope.text(field).is_some_and(|text| text.hidden)
            || scope.image(field).is_some_and(|image| image.hidden);
        let most = self.reader.limits.text;
        let holds = || {
            common
                .visible_if
                .as_ref()
                .is_none_or(|condition| scope.holds(condition, most))
        };
        seen && !hidden && holds()
    }

    fn content(&mut self, layer: &Layer, scope: &Scope<'_>, at: At<'_>) -> Option<Content> {
        Some(match &layer.kind {
            Kind::Text(text) => Content::Text(Box::new(self.text(text, layer, scope, at)?)),
            Kind::Image(image) => Content::Image(Box::new(self.image(image, layer, scope, at)?)),
            Kind::Shape(shape) => Content::Shape(self.shape(shape, layer, scope)),
            Kind::Qr(qr) => Content::Qr(self.qr(qr, layer, scope, at)?),
            Kind::Group(group) => Content::Group(FilledGroup {
                layers: self.layers(&group.layers, scope, at),
                clip: group.clip,
                scale: 1.0,
            }),
            Kind::Repeat(repeat) => Content::Group(FilledGroup {
                layers: self.cells(repeat, layer, scope, at),
                clip: false,
                scale: 1.0,
            }),
            Kind::SmartObject(mockup) => Content::Mockup(self.mockup(mockup, layer, scope)),
        })
    }

    /// The colour that was given for `field`, or the template's.
    fn colour_of(
        &self,
        scope: &Scope<'_>,
        field: Option<&FieldName>,
        own: &crate::ColourValue,
    ) -> crate::Colour {
        scope.colour(field).unwrap_or_else(|| self.colour(own))
    }

    /// The words of a layer: as given, or the template's with their insertions.
    fn words(&mut self, content: &str, layer: &Layer, scope: &Scope<'_>, at: At<'_>) -> String {
        let (most, most_in_all) = (self.reader.limits.text, self.reader.limits.filled_text);
        if self.characters > most_in_all {
            return String::new();
        }
        let given = scope
            .text(layer.common.field.as_ref())
            .and_then(|text| text.words.as_ref());
        let words = match given {
            Some(words) => words.0.as_str().to_owned(),
            None => scope.inserted(content, most),
        };
        let characters = words.chars().count();
        if characters > most {
            let name = layer.name();
            let message =
                format!("the words of {name:?} have more than {most} characters with what is put in");
            self.reader.complain(at, message);
        }
        self.characters += characters;
        if self.characters > most_in_all {
            let message = format!("all texts together have more than {most_in_all} characters");
            self.reader.complain(&Path::Root, message);
        }
        words
    }

    fn text(&mut self, text: &TextLayer, layer: &Layer, scope: &Scope<'_>, at: At<'_>) -> Option<FilledText> {
        let value = scope.text(layer.common.field.as_ref());
        let mut words = self.words(text.content.as_str(), layer, scope, at);
        if words.trim().is_empty() {
            match text.when_empty {
                WhenTextEmpty::Hide => return None,
                WhenTextEmpty::Blank => words.clear(),
                WhenTextEmpty::Default => {
                    words = scope.inserted(text.content.as_str(), self.reader.limits.text);
                }
            }
        }
        if words.is_empty() && text.text_box.is_none() {
            return None;
        }
        let mut font = text.font.clone();
        if let Some(size) = value.and_then(|value| value.font_size) {
            font.size = size;
        }
        let own = value.and_then(|value| value.colour);
        let colour =
            own.unwrap_or_else(|| self.colour_of(scope, layer.common.bind.colour.as_ref(), &text.colour));
        Some(FilledText {
            words: cased(&words, text.case),
            fit: fit(text, font.size),
            font,
            colour,
            align: text.align,
            valign: text.valign,
            padding: text.padding.get(),
            stroke: text
                .text_stroke
                .as_ref()
                .map(|stroke| (stroke.width.get(), self.colour(&stroke.colour))),
            text_box: text
                .text_box
                .as_ref()
                .map(|text_box| (self.colour(&text_box.colour), text_box.corner_radius.get())),
        })
    }

    fn image(
        &mut self,
        image: &ImageLayer,
        layer: &Layer,
        scope: &Scope<'_>,
        at: At<'_>,
    ) -> Option<FilledImage> {
        let field = layer.common.field.as_ref();
        let value = scope.image(field);
        let (url, own) = (value.and_then(|value| value.url.as_ref()), &image.source);
        let source = match (url, own) {
            (Some(Given::At(address)), _) => Source::Url(address.clone()),
            (None, Some(own)) => own.clone(),
            (_, own) => match image.when_empty {
                WhenImageEmpty::Placeholder => own.clone()?,
                WhenImageEmpty::Hide => return None,
                WhenImageEmpty::Fail => {
                    // What is missing altogether was said where values were read.
                    if let (Some(field), Some(Given::Nothing), false) = (field, url, scope.vacant) {
                        self.reader.complain(
                            &at.member(field.as_str()),
                            "is empty, and this picture must not be",
                        );
                    }
                    return None;
                }
            },
        };
        let asked = value.and_then(|value| value.remove_background).unwrap_or(false);
        let frame = Area {
            x: 0.0,
            y: 0.0,
            width: layer.common.width.get(),
            height: layer.common.height.get(),
        };
        let crop_box = image.crop_box.as_ref().map(|crop_box| {
            let area = crop_box.area();
            Area {
                x: area.x - layer.common.x.get(),
                y: area.y - layer.common.y.get(),
                ..area
            }
        });
        let bind = &layer.common.bind;
        let tint = scope.colour(bind.tint.as_ref());
        Some(FilledImage {
            picture: Picture {
                source,
                remove_background: match image.remove_background {
                    RemoveBackground::Never => false,
                    RemoveBackground::OnRequest => asked,
                    RemoveBackground::Always => true,
                },
                correction: value
                    .and_then(|value| value.correction)
                    .unwrap_or(image.correction),
            },
            fit: value.and_then(|value| value.fit).unwrap_or(image.fit),
            focal: value
                .and_then(|value| value.focal.clone())
                .unwrap_or_else(|| image.focal.clone()),
            crop: value
                .and_then(|value| value.crop.clone())
                .or_else(|| image.crop.clone()),
            clip: clip(image.cropping, frame, crop_box),
            face: image.face.clone(),
            mask: image.mask.clone(),
            filter: image.filter.clone(),
            tint: tint.or_else(|| image.tint.as_ref().map(|tint| self.colour(tint))),
        })
    }

    fn shape(&mut self, shape: &ShapeLayer, layer: &Layer, scope: &Scope<'_>) -> FilledShape {
        let common = &layer.common;
        let given = scope
            .colour(common.field.as_ref())
            .or_else(|| scope.colour(common.bind.fill.as_ref()));
        let fill = match (given, &shape.fill) {
            (Some(colour), _) => Some(FilledFill::Colour(colour)),
            (None, Some(Fill::Colour(colour))) => Some(FilledFill::Colour(self.colour(colour))),
            (None, Some(Fill::Gradient(gradient))) => Some(FilledFill::Gradient {
                kind: gradient.kind,
                angle: gradient.angle.get(),
                stops: gradient
                    .stops
                    .iter()
                    .map(|stop| (stop.at.get(), self.colour(&stop.colour)))
                    .collect(),
            }),
            (None, None) => None,
        };
        FilledShape {
            outline: shape.outline.clone(),
            fill,
        }
    }

    fn qr(&mut self, qr: &QrLayer, layer: &Layer, scope: &Scope<'_>, at: At<'_>) -> Option<FilledQr> {
        let value = scope.text(layer.common.field.as_ref());
        let words = self.words(qr.content.as_str(), layer, scope, at);
        // There is no code of nothing.
        if words.is_empty() {
            return None;
        }
        let bind = &layer.common.bind;
        Some(FilledQr {
            words,
            ecc: qr.ecc,
            colour: value
                .and_then(|value| value.colour)
                .unwrap_or_else(|| self.colour_of(scope, bind.colour.as_ref(), &qr.colour)),
            background: value
                .and_then(|value| value.background)
                .unwrap_or_else(|| self.colour_of(scope, bind.background.as_ref(), &qr.background)),
            quiet_zone: qr.quiet_zone.get(),
        })
    }

    fn mockup(&mut self, mockup: &SmartObjectLayer, layer: &Layer, scope: &Scope<'_>) -> FilledMockup {
        let only = layer.common.field.as_ref();
        let art = mockup.slots.iter().filter_map(|slot| {
            let value = scope.image(slot.field.as_ref().or(only));
            Some(FilledArt {
                smart_object: slot.smart_object,
                fit: value.and_then(|value| value.fit).unwrap_or(slot.fit),
                art: self.art(slot, value)?,
            })
        });
        FilledMockup {
            mockup: mockup.mockup,
            fit: mockup.fit,
            art: art.collect(),
        }
    }

    fn art(&self, slot: &ArtSlot, value: Option<&ImageValue>) -> Option<Art> {
        if let Some(page) = &slot.page {
            return self.page_index(page).map(Art::Page);
        }
        if value.is_some_and(|value| value.hidden) {
            return None;
        }
        let source = match value.and_then(|value| value.url.as_ref()) {
            Some(Given::At(address)) => Source::Url(address.clone()),
            Some(Given::Nothing) | None => slot.source.clone()?,
        };
        let picture = Picture {
            source,
            remove_background: value.and_then(|value| value.remove_background).unwrap_or(false),
            correction: value.and_then(|value| value.correction).unwrap_or(false),
        };
        Some(Art::Picture(picture, value.and_then(|value| value.crop.clone())))
    }
}

fn fit(text: &TextLayer, size: FontSize) -> FilledFit {
    let fit = &text.fit;
    let largest = fit.max_size.unwrap_or(size);
    let smallest = fit.min_size.unwrap_or(FontSize::clamped(size.get() * SMALLEST));
    FilledFit {
        mode: fit.mode,
        smallest: if smallest > largest { largest } else { smallest },
        largest,
        most_lines: fit.max_lines,
        overflow: fit.overflow,
    }
}

//! What can be changed in a mockup: its smart objects, its text layers and its layer tree.

use std::collections::HashMap;

use marquetry_model::{
    Catalogue, LayerAddress, LayerEntry, LayerId, LayerKind, SmartObject, TextLayer, TextSegment,
};
use marquetry_pixel::{BlendMode, Rect};
use marquetry_psd::text::{self, StyleRun, TypeLayer};
use marquetry_psd::{Layer, LayerKind as Kind};
use marquetry_text::{FontName, FontShelf};

use crate::colour::to_rgb;
use crate::contents::corners;
use crate::open::{Contents, OpenMockup};
use crate::plan::effects;
use crate::text::is_editable;

impl OpenMockup {
    /// Lists what can be changed. `id_of` names the layer at an address; giving the same answer for
    /// the same address keeps ids stable when a mockup is inspected again. `fonts` are those that
    /// renders will have.
    ///
    /// Opens documents inside smart objects, but decodes no pixels of theirs.
    pub fn catalogue(&self, fonts: &FontShelf, id_of: &dyn Fn(&LayerAddress) -> LayerId) -> Catalogue {
        let found = Finder {
            mockup: self,
            fonts,
            at: LayerAddress::default(),
            id_of,
        }
        .find();
        Catalogue {
            smart_objects: found.smart_objects,
            text_layers: found.text_layers,
            layers: found.layers,
        }
    }
}

struct Finder<'a> {
    mockup: &'a OpenMockup,
    fonts: &'a FontShelf,
    /// The way to this document.
    at: LayerAddress,
    id_of: &'a dyn Fn(&LayerAddress) -> LayerId,
}

#[derive(Default)]
struct Found {
    smart_objects: Vec<SmartObject>,
    text_layers: Vec<TextLayer>,
    layers: Vec<LayerEntry>,
    /// Where in `smart_objects` the one with these contents is.
    by_contents: HashMap<String, usize>,
}

impl Finder<'_> {
    fn find(&self) -> Found {
        let mut found = Found::default();
        let layers = self.level(self.mockup.document().root().rev(), true, &mut found);
        Found { layers, ..found }
    }

    /// One level of the tree, front-most first.
    fn level<'l>(
        &self,
        layers: impl Iterator<Item = Layer<'l>>,
        parents_visible: bool,
        found: &mut Found,
    ) -> Vec<LayerEntry> {
        let mut entries = Vec::new();
        let mut clipped_above = false;
        for layer in layers {
            let visible = layer.is_visible();
            let shown = parents_visible && visible;
            let address = self.at.child(u32::try_from(layer.index().0).unwrap_or(u32::MAX));
            let mut children = Vec::new();
            match layer.kind() {
                Kind::Group | Kind::Artboard => children = self.level(layer.children().rev(), shown, found),
                Kind::SmartObject => children = self.smart_object(layer, &address, shown, found),
                Kind::Text => found
                    .text_layers
                    .push(self.text_layer(layer, &address, shown, clipped_above)),
                _ => {}
            }
            clipped_above = layer.is_clipped();
            let mut entry = LayerEntry {
                id: (self.id_of)(&address),
                address,
                name: layer.name(),
                kind: kind(layer.kind()),
                visible,
                children,
            };
            if entry.kind == LayerKind::Artboard {
                // The Layers panel's artboards are listed after their layers, not around them.
                entries.append(&mut entry.children);
            }
            entries.push(entry);
        }
        entries
    }

    /// Adds a smart object, or one more copy of it. Answers the layers inside it that are listed
    /// under it: those of the first copy, when something among them can be changed.
    fn smart_object(
        &self,
        layer: Layer<'_>,
        address: &LayerAddress,
        visible: bool,
        found: &mut Found,
    ) -> Vec<LayerEntry> {
        let Some(placed) = self.mockup.placed(layer) else {
            return Vec::new();
        };
        if let Some(&first) = found.by_contents.get(&placed.id) {
            let first = &mut found.smart_objects[first];
            first.instances.push(address.clone());
            first.visible |= visible;
            return Vec::new();
        }
        let Some(frame) = self.mockup.frame(&placed) else {
            return Vec::new();
        };
        let inner = match self.mockup.contents(&placed.id) {
            Contents::Document(nested) => Finder {
                mockup: &nested.mockup,
                fonts: self.fonts,
                at: address.clone(),
                id_of: self.id_of,
            }
            .find(),
            Contents::Picture(_) | Contents::Unreadable => Found::default(),
        };
        let quad = corners(&placed);
        let bounds = if layer.rect() == Rect::default() {
            quad.bounds()
        } else {
            layer.rect()
        };
        found.by_contents.insert(placed.id, found.smart_objects.len());
        let fillable = !inner.smart_objects.is_empty() || !inner.text_layers.is_empty();
        found.smart_objects.push(SmartObject {
            id: (self.id_of)(address),
            instances: vec![address.clone()],
            name: layer.name(),
            layer_name: Some(layer.name()),
            frame,
            bounds,
            quad: Some(quad),
            blend: layer.blend().mode().unwrap_or(BlendMode::Normal),
            visible,
            smart_objects: inner.smart_objects,
            text_layers: inner.text_layers,
        });
        if fillable { inner.layers } else { Vec::new() }
    }

    fn text_layer(
        &self,
        layer: Layer<'_>,
        address: &LayerAddress,
        visible: bool,
        has_clipped_artwork: bool,
    ) -> TextLayer {
        let limits = &self.mockup.limits.psd;
        let parsed = layer
            .block(*b"TySh")
            .and_then(|block| text::parse(block.bytes, block.offset, limits).ok());
        let segments = parsed.as_ref().map(segments).unwrap_or_default();
        let first = segments.first();
        let effects = effects(layer, self.mockup);
        let strokes = effects
            .iter()
            .flat_map(|effects| &effects.strokes)
            .filter(|s| s.common.enabled)
            .count();
        let overlaid = effects.is_some_and(|e| e.color_overlays.iter().any(|overlay| overlay.common.enabled));
        TextLayer {
            id: (self.id_of)(address),
            address: address.clone(),
            name: layer.name(),
            text: parsed.as_ref().map(|parsed| parsed.text.clone()),
            font: first.and_then(|run| run.font.clone()),
            font_size: first.and_then(|run| run.font_size),
            colour: first.and_then(|run| run.colour),
            font_available: first
                .and_then(|run| run.font.clone())
                .map(|font| self.fonts.has(&FontName::PostScript(font))),
            editable: parsed.as_ref().is_some_and(is_editable),
            segments,
            visible,
            stroke_count: u32::try_from(strokes).unwrap_or(u32::MAX),
            has_colour_overlay: overlaid,
            has_clipped_artwork,
            edit_together: Vec::new(),
        }
    }
}

/// Runs of one style, with sizes in pixels of the document.
fn segments(layer: &TypeLayer) -> Vec<TextSegment> {
    let Some(setting) = &layer.setting else {
        return Vec::new();
    };
    let [_, _, yx, yy, ..] = layer.transform;
    let scale = yx.hypot(yy);
    let segment = |run: &StyleRun| TextSegment {
        text: setting.text.get(run.range.clone()).unwrap_or_default().to_owned(),
        font: run
            .style
            .font
            .and_then(|font| setting.fonts.get(font))
            .map(|font| font.name.clone()),
        font_size: Some(run.style.size * scale).filter(|size| size.is_finite()),
        colour: run
            .style
            .fill_color
            .as_ref()
            .and_then(|paint| to_rgb(&paint.color)),
    };
    setting.runs.iter().map(segment).collect()
}

pub(crate) fn kind(kind: Kind) -> LayerKind {
    match kind {
        Kind::Artboard => LayerKind::Artboard,
        Kind::Group => LayerKind::Group,
        Kind::SmartObject => LayerKind::SmartObject,
        Kind::Text => LayerKind::Text,
        Kind::Shape => LayerKind::Shape,
        Kind::Fill => LayerKind::Fill,
        Kind::Adjustment => LayerKind::Adjustment,
        _ => LayerKind::Pixel,
    }
}

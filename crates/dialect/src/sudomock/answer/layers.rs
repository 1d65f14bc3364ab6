//! The layer tree of a mockup.

use marquetry_model::{LayerEntry, LayerKind, Mockup};
use serde::Serialize;

use super::{Answer, Envelope};

/// 200: the tree as the Layers panel shows it, front-most first; an artboard's layers stand before it.
pub fn layers(mockup: &Mockup) -> Answer {
    Answer::json(
        200,
        &Envelope::of(LayersForm {
            mockup_uuid: mockup.id.to_string(),
            layers: mockup.catalogue.layers.iter().map(LayerForm::of).collect(),
        }),
    )
}

#[derive(Serialize)]
struct LayersForm<'a> {
    mockup_uuid: String,
    layers: Vec<LayerForm<'a>>,
}

#[derive(Serialize)]
struct LayerForm<'a> {
    uuid: String,
    name: &'a str,
    kind: &'static str,
    visible: bool,
    children: Vec<Self>,
}

impl<'a> LayerForm<'a> {
    fn of(entry: &'a LayerEntry) -> Self {
        Self {
            uuid: entry.id.to_string(),
            name: &entry.name,
            kind: kind_word(entry.kind),
            visible: entry.visible,
            children: entry.children.iter().map(Self::of).collect(),
        }
    }
}

fn kind_word(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Artboard => "artboard",
        LayerKind::Group => "group",
        LayerKind::SmartObject => "smart_object",
        LayerKind::Text => "text",
        LayerKind::Pixel => "pixel",
        LayerKind::Shape => "shape",
        LayerKind::Fill => "fill",
        LayerKind::Adjustment => "adjustment",
    }
}

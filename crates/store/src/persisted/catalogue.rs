//! The stored form of what was found in a PSD.

use marquetry_model::{
    Catalogue, LayerAddress, LayerEntry, LayerId, LayerKind, SmartObject, TextLayer, TextSegment,
};
use marquetry_pixel::Rgb;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::scalar::{QuadForm, RectForm, SizeForm, finite, parse};

#[derive(Serialize, Deserialize)]
pub(super) struct CatalogueForm {
    #[serde(default)]
    smart_objects: Vec<SmartObjectForm>,
    #[serde(default)]
    text_layers: Vec<TextLayerForm>,
    #[serde(default)]
    layers: Vec<EntryForm>,
}

#[derive(Serialize, Deserialize)]
struct SmartObjectForm {
    id: String,
    instances: Vec<Vec<u32>>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layer_name: Option<String>,
    frame: SizeForm,
    bounds: RectForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quad: Option<QuadForm>,
    blend: String,
    visible: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    smart_objects: Vec<Self>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    text_layers: Vec<TextLayerForm>,
}

#[derive(Serialize, Deserialize)]
struct TextLayerForm {
    id: String,
    address: Vec<u32>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font_size: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font_available: Option<bool>,
    #[serde(default)]
    editable: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<SegmentForm>,
    visible: bool,
    #[serde(default)]
    stroke_count: u32,
    #[serde(default)]
    has_colour_overlay: bool,
    #[serde(default)]
    has_clipped_artwork: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edit_together: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct SegmentForm {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font_size: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
}

/// A row of the layer tree. The tree is stored as a list, outer rows before inner ones, because groups
/// may be nested deeper than a JSON reader is willing to follow.
#[derive(Serialize, Deserialize)]
struct EntryForm {
    #[serde(default)]
    depth: usize,
    id: String,
    address: Vec<u32>,
    name: String,
    kind: String,
    visible: bool,
}

fn all<F, T>(forms: Vec<F>, back: impl Fn(F) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
    forms.into_iter().map(back).collect()
}

fn colour(text: Option<String>) -> Result<Option<Rgb>, Problem> {
    text.map(|text| Rgb::from_hex(&text).map_err(Problem::from))
        .transpose()
}

impl CatalogueForm {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        Self {
            smart_objects: catalogue.smart_objects.iter().map(SmartObjectForm::of).collect(),
            text_layers: catalogue.text_layers.iter().map(TextLayerForm::of).collect(),
            layers: EntryForm::list(&catalogue.layers),
        }
    }

    pub(super) fn back(self) -> Result<Catalogue, Problem> {
        Ok(Catalogue {
            smart_objects: all(self.smart_objects, SmartObjectForm::back)?,
            text_layers: all(self.text_layers, TextLayerForm::back)?,
            layers: EntryForm::tree(self.layers)?,
        })
    }
}

impl SmartObjectForm {
    fn of(object: &SmartObject) -> Self {
        Self {
            id: object.id.to_string(),
            instances: object.instances.iter().map(|address| address.0.clone()).collect(),
            name: object.name.clone(),
            layer_name: object.layer_name.clone(),
            frame: SizeForm::of(object.frame),
            bounds: RectForm::of(object.bounds),
            quad: object.quad.as_ref().and_then(QuadForm::of),
            blend: object.blend.name().to_owned(),
            visible: object.visible,
            smart_objects: object.smart_objects.iter().map(Self::of).collect(),
            text_layers: object.text_layers.iter().map(TextLayerForm::of).collect(),
        }
    }

    fn back(self) -> Result<SmartObject, Problem> {
        Ok(SmartObject {
            id: parse("smart object", &self.id)?,
            instances: self.instances.into_iter().map(LayerAddress).collect(),
            name: self.name,
            layer_name: self.layer_name,
            frame: self.frame.back(),
            bounds: self.bounds.back(),
            quad: self.quad.as_ref().map(QuadForm::back),
            blend: parse("blend mode", &self.blend)?,
            visible: self.visible,
            smart_objects: all(self.smart_objects, Self::back)?,
            text_layers: all(self.text_layers, TextLayerForm::back)?,
        })
    }
}

impl TextLayerForm {
    fn of(layer: &TextLayer) -> Self {
        Self {
            id: layer.id.to_string(),
            address: layer.address.0.clone(),
            name: layer.name.clone(),
            text: layer.text.clone(),
            font: layer.font.clone(),
            font_size: layer.font_size.and_then(finite),
            colour: layer.colour.map(|colour| colour.to_string()),
            font_available: layer.font_available,
            editable: layer.editable,
            segments: layer.segments.iter().map(SegmentForm::of).collect(),
            visible: layer.visible,
            stroke_count: layer.stroke_count,
            has_colour_overlay: layer.has_colour_overlay,
            has_clipped_artwork: layer.has_clipped_artwork,
            edit_together: layer.edit_together.iter().map(LayerId::to_string).collect(),
        }
    }

    fn back(self) -> Result<TextLayer, Problem> {
        Ok(TextLayer {
            id: parse("text layer", &self.id)?,
            address: LayerAddress(self.address),
            name: self.name,
            text: self.text,
            font: self.font,
            font_size: self.font_size,
            colour: colour(self.colour)?,
            font_available: self.font_available,
            editable: self.editable,
            segments: all(self.segments, SegmentForm::back)?,
            visible: self.visible,
            stroke_count: self.stroke_count,
            has_colour_overlay: self.has_colour_overlay,
            has_clipped_artwork: self.has_clipped_artwork,
            edit_together: all(self.edit_together, |id| parse("text layer", &id))?,
        })
    }
}

impl SegmentForm {
    fn of(segment: &TextSegment) -> Self {
        Self {
            text: segment.text.clone(),
            font: segment.font.clone(),
            font_size: segment.font_size.and_then(finite),
            colour: segment.colour.map(|colour| colour.to_string()),
        }
    }

    fn back(self) -> Result<TextSegment, Problem> {
        Ok(TextSegment {
            text: self.text,
            font: self.font,
            font_size: self.font_size,
            colour: colour(self.colour)?,
        })
    }
}

impl EntryForm {
    fn list(rows: &[LayerEntry]) -> Vec<Self> {
        let mut forms = Vec::new();
        let mut waiting: Vec<(usize, &LayerEntry)> = rows.iter().rev().map(|row| (0, row)).collect();
        while let Some((depth, row)) = waiting.pop() {
            forms.push(Self {
                depth,
                id: row.id.to_string(),
                address: row.address.0.clone(),
                name: row.name.clone(),
                kind: row.kind.name().to_owned(),
                visible: row.visible,
            });
            waiting.extend(row.children.iter().rev().map(|child| (depth + 1, child)));
        }
        forms
    }

    fn tree(forms: Vec<Self>) -> Result<Vec<LayerEntry>, Problem> {
        // The rows around the next one, outermost first; a row joins its parent when it is complete.
        let mut open: Vec<LayerEntry> = Vec::new();
        let mut top = Vec::new();
        let close = |open: &mut Vec<LayerEntry>, top: &mut Vec<LayerEntry>, depth: usize| {
            while open.len() > depth {
                let Some(done) = open.pop() else { return };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => top.push(done),
                }
            }
        };
        for form in forms {
            if form.depth > open.len() {
                return Err(Problem(format!("layer {} hangs in the air", form.id)));
            }
            close(&mut open, &mut top, form.depth);
            open.push(form.back()?);
        }
        close(&mut open, &mut top, 0);
        Ok(top)
    }

    fn back(self) -> Result<LayerEntry, Problem> {
        let kind = LayerKind::ALL.into_iter().find(|kind| kind.name() == self.kind);
        Ok(LayerEntry {
            id: parse("layer", &self.id)?,
            address: LayerAddress(self.address),
            name: self.name,
            kind: kind.ok_or_else(|| Problem(format!("unknown kind of layer {:?}", self.kind)))?,
            visible: self.visible,
            children: Vec::new(),
        })
    }
}

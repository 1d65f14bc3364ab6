//! What can be changed in a mockup, and its tree of layers.

use std::fmt;

use marquetry_pixel::{BlendMode, Quad, Rect, Rgb, Size};

use crate::LayerId;

mod resolve;

/// Where a layer sits: the index of its record in its document, counted from the bottom-most record
/// of the file at zero. Layers inside the contents of a smart object append an index, so `[4, 0]` is
/// the first record of the document inside layer 4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerAddress(pub Vec<u32>);

impl LayerAddress {
    /// The layer at `index` inside the contents of this one.
    #[must_use]
    pub fn child(&self, index: u32) -> Self {
        let mut path = self.0.clone();
        path.push(index);
        Self(path)
    }

    /// Whether this layer lies inside the contents of `outer`, at any depth.
    pub fn is_inside(&self, outer: &Self) -> bool {
        self.0.len() > outer.0.len() && self.0.starts_with(&outer.0)
    }
}

impl fmt::Display for LayerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, index) in self.0.iter().enumerate() {
            write!(f, "{}{index}", if place == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

/// What was found in a PSD.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// The smart objects that can take an asset, front-most first.
    pub smart_objects: Vec<SmartObject>,
    /// The text layers, front-most first.
    pub text_layers: Vec<TextLayer>,
    /// The layer tree as the Layers panel shows it, front-most first at each level. An artboard's
    /// layers stand just before the artboard, not inside it.
    pub layers: Vec<LayerEntry>,
}

/// A placed layer that can take an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartObject {
    /// Its id; the same as that of its entry in the layer tree.
    pub id: LayerId,
    /// All layers that share its contents, this one first.
    pub instances: Vec<LayerAddress>,
    /// What people call it.
    pub name: String,
    /// The name of the layer, when that is something else.
    pub layer_name: Option<String>,
    /// The size of its contents: the frame in which an asset is placed.
    pub frame: Size,
    /// The box around it on the canvas; for a nested one, in the pixels of its parent's frame.
    pub bounds: Rect,
    /// Where the corners of its frame lie, in the same pixels; `None` when it is not transformed.
    pub quad: Option<Quad>,
    /// How it blends with what lies below.
    pub blend: BlendMode,
    /// Whether the file shows it.
    pub visible: bool,
    /// Smart objects inside its contents.
    pub smart_objects: Vec<Self>,
    /// Text layers inside its contents.
    pub text_layers: Vec<TextLayer>,
}

/// A layer of text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLayer {
    /// Its id; the same as that of its entry in the layer tree.
    pub id: LayerId,
    /// Where it sits.
    pub address: LayerAddress,
    /// Its name.
    pub name: String,
    /// The text as its author wrote it.
    pub text: Option<String>,
    /// The PostScript name of its font.
    pub font: Option<String>,
    /// The size of its type in pixels of the document.
    pub font_size: Option<f64>,
    /// Its colour.
    pub colour: Option<Rgb>,
    /// Whether we have the font; `None` when that was not looked up.
    pub font_available: Option<bool>,
    /// Whether a render may replace the text.
    pub editable: bool,
    /// Its differently styled runs, in reading order.
    pub segments: Vec<TextSegment>,
    /// Whether the file shows it.
    pub visible: bool,
    /// How many outlines it has, front to back.
    pub stroke_count: u32,
    /// Whether a colour is laid over it.
    pub has_colour_overlay: bool,
    /// Whether another layer is clipped to it.
    pub has_clipped_artwork: bool,
    /// Text layers that look like copies of it and should receive the same text.
    pub edit_together: Vec<LayerId>,
}

/// A run of text in one style.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSegment {
    /// Its text.
    pub text: String,
    /// The PostScript name of its font.
    pub font: Option<String>,
    /// The size of its type in pixels of the document.
    pub font_size: Option<f64>,
    /// Its colour.
    pub colour: Option<Rgb>,
}

/// A row of the Layers panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerEntry {
    /// Its id.
    pub id: LayerId,
    /// Where it sits.
    pub address: LayerAddress,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
    /// Whether the file shows it.
    pub visible: bool,
    /// The layers of a group, or of a smart object's contents when something there can be changed.
    pub children: Vec<Self>,
}

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerKind {
    /// A canvas of its own inside the document.
    Artboard,
    /// A folder of layers.
    Group,
    /// A placed document or picture.
    SmartObject,
    /// Editable text.
    Text,
    /// Pixels.
    Pixel,
    /// A vector shape.
    Shape,
    /// A fill of colour, gradient or pattern.
    Fill,
    /// A change to the layers below.
    Adjustment,
}

impl LayerKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Artboard,
        Self::Group,
        Self::SmartObject,
        Self::Text,
        Self::Pixel,
        Self::Shape,
        Self::Fill,
        Self::Adjustment,
    ];

    /// Its name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Artboard => "artboard",
            Self::Group => "group",
            Self::SmartObject => "smart_object",
            Self::Text => "text",
            Self::Pixel => "pixel",
            Self::Shape => "shape",
            Self::Fill => "fill",
            Self::Adjustment => "adjustment",
        }
    }
}

impl SmartObject {
    /// How many layers share its contents.
    pub fn instance_count(&self) -> usize {
        self.instances.len()
    }
}

impl Catalogue {
    /// Every smart object, those inside the contents of others included, outer ones first.
    pub fn all_smart_objects(&self) -> Vec<&SmartObject> {
        let mut found: Vec<&SmartObject> = self.smart_objects.iter().collect();
        let mut next = 0;
        while let Some(outer) = found.get(next).copied() {
            found.extend(&outer.smart_objects);
            next += 1;
        }
        found
    }

    /// Every text layer, those inside the contents of smart objects included.
    pub fn all_text_layers(&self) -> Vec<&TextLayer> {
        let inside = self
            .all_smart_objects()
            .into_iter()
            .flat_map(|object| &object.text_layers);
        self.text_layers.iter().chain(inside).collect()
    }

    /// Every row of the layer tree, outer ones first.
    pub fn all_layers(&self) -> Vec<&LayerEntry> {
        let mut found: Vec<&LayerEntry> = self.layers.iter().collect();
        let mut next = 0;
        while let Some(outer) = found.get(next).copied() {
            found.extend(&outer.children);
            next += 1;
        }
        found
    }

    /// The smart object with this id, at any depth.
    pub fn smart_object(&self, id: LayerId) -> Option<&SmartObject> {
        self.all_smart_objects()
            .into_iter()
            .find(|object| object.id == id)
    }

    /// The text layer with this id, at any depth.
    pub fn text_layer(&self, id: LayerId) -> Option<&TextLayer> {
        self.all_text_layers().into_iter().find(|text| text.id == id)
    }

    /// The row of the layer tree with this id, at any depth.
    pub fn layer(&self, id: LayerId) -> Option<&LayerEntry> {
        self.all_layers().into_iter().find(|layer| layer.id == id)
    }
}

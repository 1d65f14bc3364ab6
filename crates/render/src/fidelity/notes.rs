//! What a plan writes down about each layer, so that a report can tell how it came to be drawn.

use std::sync::Arc;

use marquetry_compose::{Art, Node, Paint};
use marquetry_psd::{Layer, LayerIndex, LayerKind};

use crate::open::OpenMockup;
use crate::undrawn::{Feature, Undrawn};

/// Where what is seen of a layer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From what the layer says: its own pixels if it is made of pixels, its description otherwise.
    Itself,
    /// From the pixels that Photoshop last drew for it.
    Cache,
    /// Nothing is seen of it.
    Nothing,
}

/// One layer that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) layer: LayerIndex,
    pub(crate) origin: Origin,
    pub(crate) lacks: Vec<Feature>,
}

/// Notes on all layers that are shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) layers: Vec<Note>,
    /// Pixels that Photoshop cached and that are shown.
    pub(crate) cached: Vec<Arc<Art>>,
    /// What layers were found to lack that have not been planned to their end.
    open: Vec<(LayerIndex, Feature)>,
    /// What the contents of the smart object lack that is being planned.
    inside: Vec<Feature>,
}

impl Notes {
    /// `layer` asks for something that it does not get.
    pub(crate) fn lacks(&mut self, layer: Layer<'_>, feature: &Feature) {
        let open = (layer.index(), feature.clone());
        if !self.open.contains(&open) {
            self.open.push(open);
        }
    }

    /// The contents of the smart object that is being planned lack something.
    pub(crate) fn lacks_inside(&mut self, undrawn: &[Undrawn]) {
        for missing in undrawn {
            if !self.inside.contains(&missing.feature) {
                self.inside.push(missing.feature.clone());
            }
        }
    }

    /// `layer` only holds its members together, and is not planned by itself.
    pub(crate) fn folder(&mut self, layer: Layer<'_>) {
        self.layers.push(Note {
            layer: layer.index(),
            origin: Origin::Itself,
            lacks: Vec::new(),
        });
    }

    /// `layer` has been planned, as `node`.
    pub(crate) fn planned(&mut self, layer: Layer<'_>, node: Option<&Node>, mockup: &OpenMockup) {
        let index = layer.index();
        let mut lacks = std::mem::take(&mut self.inside);
        self.open.retain(|(of, feature)| {
            let own = *of == index;
            if own && !lacks.contains(feature) {
                lacks.push(feature.clone());
            }
            !own
        });
        let own_pixels = layer.kind() == LayerKind::Pixel;
        let origin = match (node, mockup.decoded(index)) {
            (None, _) => Origin::Nothing,
            (Some(node), Some(stored)) if !own_pixels && shows(node, &|art, _| Arc::ptr_eq(art, stored)) => {
                self.cached.push(Arc::clone(stored));
                Origin::Cache
            }
            // A heavy document forgets what it decodes; stored pixels are known by their place.
            (Some(node), None) if !own_pixels && mockup.heavy && !layer.is_group() => {
                let rect = layer.rect();
                let in_place = |art: &Arc<Art>, at| at == Some((rect.x, rect.y)) && art.size() == rect.size();
                if shows(node, &in_place) {
                    Origin::Cache
                } else {
                    Origin::Itself
                }
            }
            (Some(_), _) => Origin::Itself,
        };
        self.layers.push(Note {
            layer: index,
            origin,
            lacks,
        });
    }
}

/// Whether pixels, given with their place if they are laid down unchanged, are the ones in question.
type Wanted<'a> = &'a dyn Fn(&Arc<Art>, Option<(i32, i32)>) -> bool;

/// Whether `node` itself, and not something clipped to it, paints pixels that `are` the ones in
/// question.
fn shows(node: &Node, are: Wanted<'_>) -> bool {
    match node {
        Node::Layer(layer) => match &layer.paint {
            Paint::Raster { art, at } => are(art, Some(*at)),
            Paint::Placed(placed) => are(&placed.art, None),
            Paint::Warped(warped) => are(&warped.art, None),
            _ => false,
        },
        Node::Group(group) => group.children.iter().any(|child| shows(child, are)),
        _ => false,
    }
}

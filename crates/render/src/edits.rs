//! What one render changes in a mockup, by the way to where it changes it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use marquetry_model::{LayerAddress, Rewording};
use marquetry_psd::Layer;

use crate::frame::Frame;
use crate::open::{Contents, OpenMockup};

/// Which smart objects are drawn anew from their contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redraw {
    /// Those with new contents; the others show the pixels that Photoshop stored for them.
    #[default]
    Changed,
    /// All of them.
    All,
}

/// What one render does to the mockup, by where it does it.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// New frames, by the ids of the linked files on the way to the smart object, its own last.
    pub(crate) frames: HashMap<Vec<String>, Arc<Frame>>,
    /// Layers left out: the ids on the way to their document, and their place in it.
    pub(crate) hidden: HashSet<(Vec<String>, u32)>,
    /// New words, by the same.
    pub(crate) words: HashMap<(Vec<String>, u32), Arc<Rewording>>,
    pub(crate) redraw: Redraw,
}

impl Edits {
    pub(crate) fn new(redraw: Redraw) -> Self {
        Self {
            redraw,
            ..Self::default()
        }
    }

    pub(crate) fn hide(&mut self, mockup: &OpenMockup, address: &LayerAddress) {
        // Hiding a layer that isn't there changes nothing, which is what was asked for.
        if let Some((&index, way)) = address.0.split_last()
            && let Some(path) = mockup.walk(way)
        {
            self.hidden.insert((path.ids, index));
        }
    }

    pub(crate) fn reword(&mut self, mockup: &OpenMockup, rewording: &Rewording) {
        // A layer that is no longer there, or of another kind, cannot be named by a checked request.
        let shared = Arc::new(rewording.clone());
        for address in &rewording.addresses {
            if let Some((&index, way)) = address.0.split_last()
                && let Some(path) = mockup.walk(way)
            {
                self.words.insert((path.ids, index), Arc::clone(&shared));
            }
        }
    }

    pub(crate) fn replace(&mut self, ids: Vec<String>, frame: Arc<Frame>) {
        self.frames.insert(ids, frame);
    }

    /// Whether anything inside the contents at `ids` is edited.
    pub(crate) fn reach_into(&self, ids: &[String]) -> bool {
        self.frames
            .keys()
            .any(|path| path.len() > ids.len() && path.starts_with(ids))
            || self.hidden.iter().any(|(path, _)| path.starts_with(ids))
            || self.words.keys().any(|(path, _)| path.starts_with(ids))
    }
}

/// The way to a document inside smart objects.
pub(crate) struct Way<'a> {
    /// Ids of the linked files passed through.
    pub(crate) ids: Vec<String>,
    /// The document at its end.
    pub(crate) mockup: &'a OpenMockup,
}

impl OpenMockup {
    /// Follows smart objects inwards. `None` when one of them is no document.
    pub(crate) fn walk(&self, way: &[u32]) -> Option<Way<'_>> {
        let mut here = Way {
            ids: Vec::new(),
            mockup: self,
        };
        for &index in way {
            let layer = here.mockup.layer_at(index)?;
            let id = here.mockup.placed(layer)?.id;
            let Contents::Document(inner) = here.mockup.contents(&id) else {
                return None;
            };
            here.ids.push(id);
            here.mockup = &inner.mockup;
        }
        Some(here)
    }

    pub(crate) fn layer_at(&self, index: u32) -> Option<Layer<'_>> {
        self.document
            .layer(marquetry_psd::LayerIndex(usize::try_from(index).ok()?))
    }
}

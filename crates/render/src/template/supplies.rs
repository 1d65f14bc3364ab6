//! What has to be there before a template can be drawn: see `Filled::needs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use marquetry_model::{LayerAddress, SmartObject};
use marquetry_pixel::Size;
use marquetry_template::{AssetId, FontStyle, Picture, Template};
use marquetry_text::{FontError, FontShelf};
use uuid::Uuid;

use crate::open::OpenMockup;

/// What a filled template needs to be drawn; its fonts come with the [`Painter`](crate::Painter).
#[derive(Debug, Default)]
pub struct Supplies {
    /// Files of pictures. One whose background was to be taken away comes without it, if somebody can.
    pub pictures: BTreeMap<Picture, Bytes>,
    /// Files of pictures that are masks.
    pub masks: BTreeMap<AssetId, Bytes>,
    /// Mockups.
    pub mockups: BTreeMap<Uuid, MountedMockup>,
}

/// An open mockup, and where its smart objects are.
#[derive(Clone, Debug)]
pub struct MountedMockup {
    pub(super) mockup: Arc<OpenMockup>,
    pub(super) places: BTreeMap<Uuid, Place>,
}

/// Where a smart object is, and how large its frame.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) instances: Vec<LayerAddress>,
    pub(super) frame: Size,
}

impl MountedMockup {
    /// A mockup with its catalogue's smart objects, those within others included.
    pub fn new(mockup: Arc<OpenMockup>, smart_objects: &[SmartObject]) -> Self {
        let mut places = BTreeMap::new();
        let mut left: Vec<&SmartObject> = smart_objects.iter().collect();
        while let Some(object) = left.pop() {
            let place = Place {
                instances: object.instances.clone(),
                frame: object.frame,
            };
            places.insert(Uuid::from_bytes(*object.id.as_bytes()), place);
            left.extend(&object.smart_objects);
        }
        Self { mockup, places }
    }

    /// The mockup.
    pub fn mockup(&self) -> &OpenMockup {
        &self.mockup
    }
}

/// The fonts of `others` with those that a template brings in front of them, under the names it gives
/// them. `file` finds the bytes of an asset; a font without bytes is left out, and stood in for.
///
/// # Errors
/// [`FontError`] with the asset's name when bytes are no font, or the shelf is full.
pub fn template_fonts(
    template: &Template,
    others: &FontShelf,
    file: impl Fn(&AssetId) -> Option<Bytes>,
) -> Result<FontShelf, (AssetId, FontError)> {
    let mut shelf = others.clone();
    for face in &template.fonts {
        let Some(bytes) = file(&face.asset) else { continue };
        let weight = u16::try_from(face.weight.get()).unwrap_or(400);
        let italic = face.style == FontStyle::Italic;
        shelf
            .put_first(bytes, face.family.as_str(), weight, italic)
            .map_err(|error| (face.asset.clone(), error))?;
    }
    Ok(shelf)
}

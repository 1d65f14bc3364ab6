//! What a template may refer to beyond itself.

use uuid::Uuid;

use crate::units::{AssetId, Family};

/// What there is, besides the template: asked when a template is saved. Whoever knows implements it.
pub trait Catalogue {
    /// Whether there is a picture of this name.
    fn has_picture(&self, asset: &AssetId) -> bool;

    /// Whether there is a font file of this name.
    fn has_font(&self, asset: &AssetId) -> bool;

    /// Whether texts can be set in this family without the template bringing it.
    fn has_family(&self, family: &Family) -> bool;

    /// Whether there is this mockup.
    fn has_mockup(&self, mockup: Uuid) -> bool;

    /// Whether a mockup that there is has this smart object.
    fn has_smart_object(&self, mockup: Uuid, smart_object: Uuid) -> bool;
}

/// Where everything is there: for a template that was checked when it was saved, and for trying out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl Catalogue for Everything {
    fn has_picture(&self, _: &AssetId) -> bool {
        true
    }

    fn has_font(&self, _: &AssetId) -> bool {
        true
    }

    fn has_family(&self, _: &Family) -> bool {
        true
    }

    fn has_mockup(&self, _: Uuid) -> bool {
        true
    }

    fn has_smart_object(&self, _: Uuid, _: Uuid) -> bool {
        true
    }
}

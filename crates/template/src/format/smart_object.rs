//! Layers that are mockups made from Photoshop documents.

use uuid::Uuid;

use super::image::Fit;
use super::source::Source;
use crate::Limits;
use crate::form::{Listed, record};
use crate::units::{FieldName, Id};

record! {
    /// A mockup with artwork in its smart objects, placed like a picture.
    pub struct SmartObjectLayer {
        /// The mockup.
        mockup("mockup_id"): required Uuid;
        /// What lies in which of its smart objects.
        slots("slots"): or Vec<ArtSlot> = Vec::new();
        /// How the mockup fills the frame.
        fit("fit"): or Fit = Fit::Contain;
    }
}

record! {
    /// What lies in a smart object: a picture, or a page of the same template.
    pub struct ArtSlot {
        /// The smart object.
        smart_object("uuid"): required Uuid;
        /// How what lies in it fills it.
        fit("fit"): or Fit = Fit::Cover;
        /// The field that gives the picture.
        field("api_field_name"): optional FieldName;
        /// The picture when no field gives one.
        source("source"): optional Source;
        /// The page of this template that lies in it, instead of a picture.
        page("layers"): optional Id;
    }
}

impl Listed for ArtSlot {
    const PLURAL: &'static str = "slots";

    fn most(limits: &Limits) -> usize {
        limits.slots
    }
}

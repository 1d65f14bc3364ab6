//! Layers within a layer.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::layer::{Layer, within};
use crate::form::{Form, Reader, read_list, record};
use crate::problem::Path;

record! {
    /// Layers that are drawn as one: opacity, blend mode, rotation and shadow are those of the whole.
    pub struct GroupLayer {
        /// What is drawn, the last one on top, from the group's own top left corner.
        layers("layers"): required Layers;
        /// Whether the frame cuts off what lies outside.
        clip("clip"): or bool = false;
    }
}

/// Layers within a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layers(pub Vec<Layer>);

impl std::ops::Deref for Layers {
    type Target = [Layer];

    fn deref(&self) -> &[Layer] {
        &self.0
    }
}

impl Form for Layers {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        within(path, reader, |reader| read_list(value, path, reader).map(Self))
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Layer>::schema(generator)
    }
}

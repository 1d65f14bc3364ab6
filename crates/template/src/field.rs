//! Fields: the named gaps of a template, as a caller sees them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::form::{Form, choice};
use crate::units::{FieldName, Id};
use crate::{Colour, Source, Words};

choice! {
    /// What kind of value a field takes.
    pub enum FieldType {
        /// Words.
        Text = "text",
        /// A picture's address.
        Image = "image",
        /// A colour.
        Color = "color",
        /// Whether something shows.
        Boolean = "boolean",
        /// Words for a QR code.
        Qr = "qr",
        /// A list of items, each with fields of its own.
        Team = "team",
    }
}

impl FieldType {
    /// The type of a field that is used as both; a QR code takes any words.
    pub(crate) fn joined(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Text, Self::Qr) | (Self::Qr, Self::Text) => Some(Self::Text),
            _ => None,
        }
    }

    /// Whether its values are words, which `{{Field}}` can insert.
    pub fn has_words(self) -> bool {
        matches!(self, Self::Text | Self::Qr)
    }
}

/// A named gap in a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What callers call it.
    pub name: FieldName,
    /// What kind of value it takes.
    pub field_type: FieldType,
    /// Whether it must be given.
    pub required: bool,
    /// What stands there when it is not given.
    pub default: Option<Standing>,
    /// What it sets. Nothing, when only conditions and insertions name it.
    pub reaches: Vec<Reach>,
    /// The fields of each item, for a team.
    pub item: Fields,
}

/// What stands in a gap that nobody filled.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Words, with the insertions as they are written.
    Words(Words),
    /// A picture.
    Picture(Source),
    /// A colour.
    Colour(Colour),
    /// Whether something shows.
    Shows(bool),
}

/// Something that a field sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The layer, when it is one.
    pub layer: Option<Id>,
    /// What of the template it sets, as a JSON Pointer, such as `/pages/0/layers/2/content`.
    pub path: String,
}

/// The fields of a template or of an item, in the order in which the template names them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    list: Vec<Field>,
    places: BTreeMap<FieldName, usize>,
}

impl Fields {
    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.list.get(self.place(name)?)
    }

    /// Where in the order the field of this name stands.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// A field more, of a name that no other has.
    pub(crate) fn push(&mut self, field: Field) {
        self.places.insert(field.name.clone(), self.list.len());
        self.list.push(field);
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|field| field.name.as_str())
    }

    pub(crate) fn get_mut(&mut self, name: &FieldName) -> Option<&mut Field> {
        let place = self.place(name.as_str())?;
        self.list.get_mut(place)
    }

    /// The fields as JSON: a list of `api_field_name`, `type`, `required`, `default`, `layers` (ids),
    /// and for teams `items`, which is such a list.
    pub fn to_value(&self) -> Value {
        self.list.iter().map(Field::to_value).collect()
    }
}

impl<'f> IntoIterator for &'f Fields {
    type Item = &'f Field;
    type IntoIter = std::slice::Iter<'f, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Field {
    fn to_value(&self) -> Value {
        let layers = self.reaches.iter().filter_map(|reach| reach.layer.as_ref());
        let mut value = json!({
            "api_field_name": self.name.as_str(),
            "type": self.field_type.name(),
            "required": self.required,
            "default": self.default.as_ref().map_or(Value::Null, Standing::to_value),
            "layers": layers.map(Id::as_str).collect::<Vec<_>>(),
        });
        if self.field_type == FieldType::Team {
            value["items"] = self.item.to_value();
        }
        value
    }
}

impl Standing {
    fn to_value(&self) -> Value {
        match self {
            Self::Words(words) => words.write(),
            Self::Picture(Source::Url(address)) => address.write(),
            Self::Picture(asset) => asset.write(),
            Self::Colour(colour) => colour.write(),
            Self::Shows(shows) => (*shows).into(),
        }
    }
}

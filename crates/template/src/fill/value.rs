//! Values for fields, as callers give them: a short form, and a long one with more to say.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::field::{Field, FieldType, Fields};
use crate::form::{Form, Reader, number_value, record};
use crate::problem::{Path, hint, quoted};
use crate::units::{FontSize, PlayerId, Words};
use crate::{Address, Colour, Crop, Fit, Focal};

/// What was given for a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldValue {
    Text(TextValue),
    Image(ImageValue),
    Colour(Colour),
    Shows(bool),
    Team(Vec<Option<Item>>),
}

/// The values of one item of a team.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item {
    pub(super) player_id: Option<PlayerId>,
    pub(super) values: Values,
}

/// What an item calls the player whose it is.
pub(super) const PLAYER: &str = "player_id";

/// Values by the names of their fields. Fields that were not given are not in it.
pub(super) type Values = BTreeMap<String, FieldValue>;

record! {
    /// Words, with more to say about them.
    pub(super) struct TextValue {
        /// The words; the template's own, when they are not given.
        words("text"): optional Written;
        /// The colour of the letters or modules.
        colour("color"): optional Colour;
        /// The size of the letters.
        font_size("font_size"): optional FontSize;
        /// The colour behind a QR code's modules.
        background("background"): optional Colour;
        /// Whether the layers are left out.
        hidden("hidden"): or bool = false;
    }
}

record! {
    /// A picture, with more to say about it.
    pub(super) struct ImageValue {
        /// Where it comes from; the template's own, when it is not given.
        url("url"): optional Given;
        /// How it fills the frame.
        fit("fit"): optional Fit;
        /// The part that is used.
        crop("crop"): optional Crop;
        /// The point that counts.
        focal("focal"): optional Focal;
        /// Whether its background is taken away.
        remove_background("remove_background"): optional bool;
        /// Whether its colour and exposure are corrected.
        correction("correction"): optional bool;
        /// Whether the layers are left out.
        hidden("hidden"): or bool = false;
    }
}

record! {
    /// A colour, in the long form.
    pub(super) struct ColourForm {
        /// The colour.
        colour("color"): required Colour;
    }
}

record! {
    /// Whether something shows, in the long form.
    pub(super) struct ShowsForm {
        /// Whether it does.
        visible("visible"): required Truth;
    }
}

/// Words that may be written as a number or a truth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written(pub(super) Words);

impl Form for Written {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) if number.is_f64() => {
                // 23.0 is written 23.
                number
                    .as_f64()
                    .map_or_else(String::new, |number| number_value(number).to_string())
            }
            Value::Number(number) => number.to_string(),
            Value::String(_) => return Words::read(value, path, reader).map(Self),
            other => return reader.mismatch(other, path, "a text"),
        };
        Words::read(&text.into(), path, reader).map(Self)
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let words = Words::schema(generator);
        schemars::json_schema!({ "anyOf": [words, { "type": "number" }, { "type": "boolean" }] })
    }
}

/// An address, or nothing where a picture was expressly left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    /// The picture is here.
    At(Address),
    /// There is none.
    Nothing,
}

impl Form for Given {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::String(text) if text.trim().is_empty() => Some(Self::Nothing),
            other => Address::read(other, path, reader).map(Self::At),
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::At(address) => address.write(),
            Self::Nothing => "".into(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Address::schema(generator)
    }
}

/// `true` or `false`, or one of these words: what tables are made of has no truths of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Truth(pub(super) bool);

impl Form for Truth {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(Self(*truth)),
            Value::String(text) if text == "true" || text == "false" => Some(Self(text == "true")),
            other => reader.mismatch(other, path, "true or false"),
        }
    }

    fn write(&self) -> Value {
        self.0.into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "enum": [true, false, "true", "false"] })
    }
}

/// Reads values for `fields`. What is unknown is passed over or refused, as the reader is told.
pub(super) fn read_values(
    value: &Value,
    fields: &Fields,
    path: &Path<'_>,
    reader: &mut Reader<'_>,
) -> Option<Values> {
    let Value::Object(object) = value else {
        return reader.mismatch(value, path, "an object of values by field names");
    };
    values(object, fields, &[], path, reader)
}

fn values(
    object: &Map<String, Value>,
    fields: &Fields,
    own: &[&str],
    path: &Path<'_>,
    reader: &mut Reader<'_>,
) -> Option<Values> {
    let most = reader.limits.fields;
    if object.len() > most {
        reader.complain(path, format!("has {} values, {most} are allowed", object.len()));
        return None;
    }
    for name in object.keys() {
        if fields.get(name).is_none() && !own.contains(&name.as_str()) {
            reader.unknown(&path.member(name), || {
                let free = fields.names().filter(|known| !object.contains_key(*known));
                format!("there is no field {}{}", quoted(name), hint(name, free))
            });
        }
    }
    let mut read = Values::new();
    for field in fields {
        let name = field.name.as_str();
        let path = path.member(name);
        match object.get(name) {
            None | Some(Value::Null) if field.required => {
                reader.complain(
                    &path,
                    format!("is missing: it takes {}", wanted(field.field_type)),
                );
            }
            None | Some(Value::Null) => {}
            Some(value) => {
                if let Some(value) = field_value(value, field, &path, reader) {
                    read.insert(name.to_owned(), value);
                }
            }
        }
    }
    Some(read)
}

fn wanted(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Text | FieldType::Qr => "a text",
        FieldType::Image => "the address of a picture",
        FieldType::Color => "a colour such as #0b3d91",
        FieldType::Boolean => "true or false",
        FieldType::Team => "a list of items",
    }
}

fn field_value(value: &Value, field: &Field, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<FieldValue> {
    let long = value.is_object();
    match field.field_type {
        FieldType::Text | FieldType::Qr if long => TextValue::read(value, path, reader).map(FieldValue::Text),
        FieldType::Text | FieldType::Qr => {
            let words = Written::read(value, path, reader)?;
            Some(FieldValue::Text(TextValue {
                words: Some(words),
                colour: None,
                font_size: None,
                background: None,
                hidden: false,
            }))
        }
        FieldType::Image if long => ImageValue::read(value, path, reader).map(FieldValue::Image),
        FieldType::Image => {
            let url = Given::read(value, path, reader)?;
            Some(FieldValue::Image(ImageValue {
                url: Some(url),
                fit: None,
                crop: None,
                focal: None,
                remove_background: None,
                correction: None,
                hidden: false,
            }))
        }
        FieldType::Color if long => {
            ColourForm::read(value, path, reader).map(|form| FieldValue::Colour(form.colour))
        }
        FieldType::Color => Colour::read(value, path, reader).map(FieldValue::Colour),
        FieldType::Boolean if long => {
            ShowsForm::read(value, path, reader).map(|form| FieldValue::Shows(form.visible.0))
        }
        FieldType::Boolean => Truth::read(value, path, reader).map(|truth| FieldValue::Shows(truth.0)),
        FieldType::Team => team(value, field, path, reader).map(FieldValue::Team),
    }
}

fn team(value: &Value, field: &Field, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Vec<Option<Item>>> {
    let inner = path.member("items");
    let (list, path) = match value {
        Value::Array(list) => (list, path),
        Value::Object(object) => {
            for name in object.keys().filter(|name| *name != "items") {
                reader.unknown(&path.member(name), || {
                    format!("{} is not known here", quoted(name))
                });
            }
            match object.get("items") {
                Some(Value::Array(list)) => (list, &inner),
                Some(other) => return reader.mismatch(other, &inner, "a list of items"),
                None => {
                    reader.complain(path, "lacks \"items\"");
                    return None;
                }
            }
        }
        other => return reader.mismatch(other, path, "a list of items"),
    };
    let most = reader.limits.slots;
    if list.len() > most {
        reader.complain(path, format!("has {} items, {most} are allowed", list.len()));
        return None;
    }
    let items: Vec<Option<Option<Item>>> = list
        .iter()
        .enumerate()
        .map(|(index, value)| match value {
            // A place that stays free.
            Value::Null => Some(None),
            value => item(value, &field.item, &path.item(index), reader).map(Some),
        })
        .collect();
    items.into_iter().collect()
}

fn item(value: &Value, fields: &Fields, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Item> {
    let Value::Object(object) = value else {
        return reader.mismatch(value, path, "an object of values by field names");
    };
    let player_id = match object.get(PLAYER) {
        None | Some(Value::Null) => Some(None),
        Some(value) => {
            let path = path.member(PLAYER);
            let text = match value {
                Value::Number(number) => Value::from(number.to_string()),
                other => other.clone(),
            };
            PlayerId::read(&text, &path, reader).map(Some)
        }
    };
    let values = values(object, fields, &[PLAYER], path, reader);
    Some(Item {
        player_id: player_id?,
        values: values?,
    })
}

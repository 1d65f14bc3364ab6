//! What values a template takes, as a JSON Schema of its own.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::value::{ColourForm, Given, ImageValue, PLAYER, ShowsForm, TextValue, Truth, Written};
use crate::field::{Field, FieldType, Fields};
use crate::form::Form;
use crate::units::PlayerId;
use crate::{Colour, Limits};

impl Fields {
    /// The JSON Schema (2020-12) of values for these fields, with the default limits: for clients that
    /// check before they send, and for forms. It takes what [`Checked::fill`](crate::Checked::fill) takes
    /// when unknown fields are refused.
    pub fn schema(&self) -> Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = object(self, false, &mut settings.into_generator());
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema
    }
}

fn object(fields: &Fields, item: bool, generator: &mut SchemaGenerator) -> Value {
    let mut properties = Map::new();
    if item {
        let player: Schema = PlayerId::schema(generator);
        let player = json!({ "anyOf": [player, { "type": "number" }, { "type": "null" }] });
        properties.insert(PLAYER.into(), player);
    }
    for field in fields {
        properties.insert(field.name.to_string(), property(field, generator));
    }
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name.as_str())
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "maxProperties": Limits::default().fields,
    })
}

fn property(field: &Field, generator: &mut SchemaGenerator) -> Value {
    let (short, long) = match field.field_type {
        FieldType::Text | FieldType::Qr => (Written::schema(generator), TextValue::schema(generator)),
        FieldType::Image => (Given::schema(generator), ImageValue::schema(generator)),
        FieldType::Color => (Colour::schema(generator), ColourForm::schema(generator)),
        FieldType::Boolean => (Truth::schema(generator), ShowsForm::schema(generator)),
        FieldType::Team => return team(field, generator),
    };
    let mut either = vec![Value::from(short), Value::from(long)];
    if !field.required {
        either.push(json!({ "type": "null" }));
    }
    json!({ "anyOf": either })
}

fn team(field: &Field, generator: &mut SchemaGenerator) -> Value {
    let item = object(&field.item, true, generator);
    let list = json!({
        "type": "array",
        "items": { "anyOf": [item, { "type": "null" }] },
        "maxItems": Limits::default().slots,
    });
    let mut either = vec![
        list.clone(),
        json!({
            "type": "object", "properties": { "items": list }, "required": ["items"],
            "additionalProperties": false,
        }),
    ];
    if !field.required {
        either.push(json!({ "type": "null" }));
    }
    json!({ "anyOf": either })
}

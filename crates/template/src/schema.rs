//! The published JSON Schema of a template.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::Template;
use crate::form::Form;

/// The JSON Schema (2020-12) of a template, with the default limits. `docs/template.schema.json` is this.
///
/// It says what a template is made of. What must fit together within one, such as references and ids,
/// only [`Template::check`] tells.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    Template::schema(&mut generator);
    let schema = generator.into_root_schema_for::<Template>();
    let mut schema = Value::from(schema);
    schema["title"] = "Marquetry template".into();
    schema
}

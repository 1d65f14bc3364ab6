//! The crate as its users see it: examples, problems, filling, laws.
#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing has failed")]

mod examples;
mod filling;
mod laws;
mod problems;
mod schema;

use marquetry_template::{Checked, Everything, Filled, Limits, Problems, Template, Unknown};
use serde_json::{Value, json};

/// The problem list of something that must not be accepted, one line each.
fn complaints<T: std::fmt::Debug>(result: Result<T, Problems>) -> Vec<String> {
    result
        .unwrap_err()
        .list()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// A template of one page, 100 pixels square, with these layers.
fn one_page(layers: Value) -> Value {
    json!({
        "schema": 1, "id": "t", "name": "T", "revision": 1,
        "pages": [{ "id": "p", "width": 100, "height": 100, "layers": layers }],
    })
}

/// A layer with a frame and these members.
fn layer(id: &str, kind: &str, more: Value) -> Value {
    let mut layer = json!({ "id": id, "type": kind, "x": 0, "y": 0, "width": 50, "height": 20 });
    for (name, value) in more.as_object().unwrap() {
        layer[name] = value.clone();
    }
    layer
}

/// A text layer with these members.
fn text(id: &str, more: Value) -> Value {
    let mut layer = layer(id, "text", json!({ "font": { "family": "Arimo", "size": 20 } }));
    for (name, value) in more.as_object().unwrap() {
        layer[name] = value.clone();
    }
    layer
}

fn read(template: &Value) -> Result<Template, Problems> {
    Template::parse(&serde_json::to_vec(template).unwrap(), &Limits::default())
}

fn check(template: &Value) -> Result<Checked, Problems> {
    read(template)?.check(&Everything, &Limits::default())
}

fn fill(template: &Value, values: &Value) -> Result<Filled, Problems> {
    check(template)?.fill(values, &Limits::default(), Unknown::Refuse)
}

//! The published schema is that of the types, and takes what the parser takes.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::examples::examples;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/template.schema.json")
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&marquetry_template::schema()).unwrap()
}

#[test]
fn the_published_schema_is_current() {
    let schema = marquetry_template::schema();
    if std::env::var_os("MARQUETRY_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        std::fs::write(path(), text + "\n").unwrap();
    }
    let published: Value = serde_json::from_slice(&std::fs::read(path()).unwrap()).unwrap();
    assert!(
        published == schema,
        "docs/template.schema.json is not what the types say: run this test with MARQUETRY_BLESS=1"
    );
}

#[test]
fn the_schema_is_one() {
    jsonschema::draft202012::meta::validate(&marquetry_template::schema()).unwrap();
}

#[test]
fn every_example_keeps_to_the_schema() {
    let validator = validator();
    for (name, template, _) in examples() {
        let wrong: Vec<String> = validator
            .iter_errors(&template)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn what_the_parser_refuses_the_schema_refuses_too() {
    let validator = validator();
    let good = super::one_page(json!([super::text("a", json!({}))]));
    assert!(validator.is_valid(&good));
    for (path, value) in [
        ("/schema", json!(2)),
        ("/pages", json!([])),
        ("/pages/0/width", json!(12_001)),
        ("/pages/0/height", json!(0)),
        ("/pages/0/layers/0/opacity", json!(1.5)),
        ("/pages/0/layers/0/opactiy", json!(1)),
        ("/pages/0/layers/0/x", json!("1")),
        ("/pages/0/layers/0/x", json!(1e308)),
        ("/pages/0/layers/0/id", json!("a b")),
        ("/pages/0/layers/0/type", json!("txet")),
        ("/pages/0/layers/0/color", json!("#12345")),
        ("/pages/0/layers/0/blend", json!("addition")),
        ("/pages/0/layers/0/fit", json!({ "mode": "shrink" })),
        ("/pages/0/layers/0/corner_radius", json!([1, 2, 3])),
        (
            "/pages/0/layers/0/visible_if",
            json!({ "field": "A", "op": "eq" }),
        ),
        ("/pages/0/layers/0/visible_if", json!({ "all": [], "any": [] })),
        ("/pages/0/layers/0/padding", json!(null)),
        ("/pages/0/layers/0/source", json!({ "asset": "a" })),
    ] {
        let mut bad = good.clone();
        let (above, member) = path.rsplit_once('/').unwrap();
        bad.pointer_mut(above).unwrap()[member] = value.clone();
        assert!(!validator.is_valid(&bad), "the schema takes {value} at {path}");
        assert!(super::read(&bad).is_err(), "the parser takes {value} at {path}");
    }
}

#[test]
fn every_template_tells_what_values_it_takes() {
    for (name, template, values) in examples() {
        let schema = super::check(&template).unwrap().fields().schema();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&values)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        assert!(!validator.is_valid(&json!({ "no such field": 1 })), "{name}");
    }
    let (card, _) = super::examples::example("player-card.json");
    let validator = jsonschema::draft202012::new(&super::check(&card).unwrap().fields().schema()).unwrap();
    let photo = "https://a.example/";
    assert!(validator.is_valid(&json!({ "Photo": photo, "Number": 7, "Name": null })));
    for wrong in [
        json!({}),
        json!({ "Photo": null }),
        json!({ "Photo": photo, "TeamColor": "red" }),
        json!({ "Photo": { "url": photo, "fit": "stretch" } }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

//! Laws: no body panics, and whatever a mutated body does, the answer is a value or a client's error.

use marquetry_dialect::sudomock::request::{self, Schemes};
use marquetry_dialect::sudomock::{Answer, Problem, is_hidden};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!(SLOT)),
        Just(json!("https://example.com/a.png")),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any_name(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Names that requests really have, so that the walk goes deep.
fn any_name() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "mockup_uuid",
        "smart_objects",
        "text_layers",
        "hidden_layers",
        "export_options",
        "export_label",
        "is_async",
        "uuid",
        "asset",
        "color",
        "adjustment_layers",
        "url",
        "base64",
        "fit",
        "rotate",
        "size",
        "position",
        "tile",
        "width",
        "height",
        "top",
        "left",
        "hex",
        "blending_mode",
        "blur",
        "text",
        "segments",
        "index",
        "font_size",
        "stroke_color",
        "image_size",
        "quality",
        "dpi",
        "psd_file_url",
        "psd_name",
        "name",
        "event_types",
        "webhook",
        "description",
        "enabled",
        "event_naming",
    ];
    prop_oneof![prop::sample::select(NAMES).prop_map(str::to_owned), "[a-z_]{0,8}"]
}

fn valid_body() -> Value {
    json!({
        "is_async": true,
        "mockup_uuid": MOCKUP,
        "smart_objects": [{
            "uuid": SLOT,
            "asset": {"url": "https://example.com/a.png", "fit": "cover", "rotate": 5, "size": {"width": 5, "height": 6},
                      "position": {"top": 1, "left": 2}, "tile": true, "tile_spacing": 3},
            "color": {"hex": "#123456", "blending_mode": "multiply"},
            "adjustment_layers": {"brightness": 1, "opacity": 50}
        }],
        "text_layers": [{"uuid": TEXT, "segments": [{"index": 0, "text": "x"}]}],
        "hidden_layers": [GROUP],
        "export_options": {"image_format": "png", "image_size": 1920, "quality": 90, "dpi": 300},
        "export_label": "label"
    })
}

/// Puts `fresh` in the place of the `pick`th value of the tree.
fn mutate(value: &mut Value, pick: &mut usize, fresh: &Value) {
    if *pick == 0 {
        *value = fresh.clone();
        *pick = usize::MAX;
        return;
    }
    *pick -= 1;
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(|entry| {
            if *pick != usize::MAX {
                mutate(entry, pick, fresh);
            }
        }),
        Value::Object(members) => members.values_mut().for_each(|member| {
            if *pick != usize::MAX {
                mutate(member, pick, fresh);
            }
        }),
        _ => {}
    }
}

fn is_a_clients_error(problem: &Problem) {
    assert!((400..500).contains(&problem.status()), "{problem}");
    let answer = Answer::from(problem);
    assert!(answer.body.len() < 64 * 1024, "{} bytes", answer.body.len());
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(body["detail"].is_string() || body["detail"].as_array().is_some_and(|list| !list.is_empty()));
    assert!(
        !is_hidden(&problem.summary()),
        "client libraries would hide: {problem}"
    );
}

fn every_reader(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let outcomes = [
        request::render(body).err(),
        request::upload(body).err(),
        request::rename_mockup(body).err(),
        request::create_endpoint(body, Schemes::Https).err(),
        request::patch_endpoint(body, Schemes::HttpToo).err(),
        request::mockups(Some(&text)).err(),
        request::jobs(Some(&text)).err(),
        request::deliveries(Some(&text)).err(),
        request::upload_fields([("psd_name", &*text), ("is_async", &*text)]).err(),
        request::idempotency_key(Some(body)).err(),
    ];
    outcomes.iter().flatten().for_each(is_a_clients_error);
}

#[test]
fn the_valid_body_is_valid() {
    assert!(request::render(valid_body().to_string().as_bytes()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_json_panics(value in any_json()) {
        every_reader(value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        every_reader(&bytes);
    }

    #[test]
    fn no_query_panics(query in "[a-z_]{0,8}(=[a-z0-9%+:.-]{0,12}(&(limit|offset|cursor|sort|kind)=[a-z0-9%-]{0,20}){0,4})?") {
        every_reader(query.as_bytes());
    }

    #[test]
    fn a_mutated_body_is_a_value_or_a_clients_error(mut pick in 0usize..48, fresh in any_json()) {
        let mut body = valid_body();
        mutate(&mut body, &mut pick, &fresh);
        match request::render(body.to_string().as_bytes()) {
            Err(problem) => is_a_clients_error(&problem),
            Ok(asked) => {
                // What was read keeps the promises that nobody checks again.
                let ask = asked.ask;
                prop_assert!(!ask.changes.is_empty() || !ask.texts.is_empty() || !ask.hidden.is_empty());
                prop_assert!(ask.changes.iter().all(|change| change.asset.is_some() || change.colour.is_some()));
                prop_assert!(ask.changes.iter().all(|change| change.placement.check().is_ok()));
                prop_assert!(ask.label.is_none_or(|label| (1..=100).contains(&label.chars().count())));
            }
        }
    }

    #[test]
    fn a_body_cut_short_is_named_as_broken(at in 0usize..600) {
        let text = valid_body().to_string();
        let cut = &text.as_bytes()[..at.min(text.len() - 1)];
        let problem = request::render(cut).unwrap_err();
        prop_assert!(named(&problem)[0].ends_with("json_invalid"));
    }
}

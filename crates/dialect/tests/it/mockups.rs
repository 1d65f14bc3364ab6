//! Mockups, their layers, and the two account pages.

use marquetry_dialect::sudomock::answer::{self, Account, Plan};
use marquetry_dialect::sudomock::{Answer, Problem, request};
use marquetry_model::{
    ApiKey, BlobKey, Comparison, Difference, Drawn, Fidelity, KeyHash, Lack, LayerAddress, LayerFidelity,
    LayerKind, NoReference, Tenant,
};
use serde_json::{Value, json};

use crate::fixtures::*;

fn expected_mockup() -> Value {
    let preset = |uuid: &str| {
        json!([{
            "uuid": uuid, "name": "Default", "thumbnails": [],
            "size": {"width": 3000, "height": 3413},
            "position": {"x": 0, "y": 0, "width": 3000, "height": 3413}
        }])
    };
    let thumbnail =
        |width: u32| format!("https://mockups.example.com/files/thumbnails/{MOCKUP}/{width}.webp");
    json!({
        "uuid": MOCKUP,
        "name": "Mug",
        "thumbnail": thumbnail(720),
        "width": 3000,
        "height": 2000,
        "created_at": NOON_TEXT,
        "updated_at": NOON_TEXT,
        "thumbnails": [
            {"width": 720, "url": thumbnail(720)},
            {"width": 480, "url": thumbnail(480)},
            {"width": 240, "url": thumbnail(240)}
        ],
        "collections": [],
        "smart_objects": [{
            "uuid": SLOT,
            "name": "Design",
            "layer_name": "Design",
            "size": {"width": 3000, "height": 3413},
            "position": {"x": 450, "y": 380, "width": 1200, "height": 1400},
            "quad": [[450, 380], [1650, 380], [1650.5, 1780], [450, 1780]],
            "blend_mode": "multiply",
            "visible": true,
            "instance_count": 2,
            "print_area_presets": preset(SLOT),
            "smart_objects": [{
                "uuid": NESTED,
                "name": "Badge",
                "layer_name": "Badge",
                "size": {"width": 3000, "height": 3413},
                "position": {"x": 450, "y": 380, "width": 1200, "height": 1400},
                "quad": null,
                "blend_mode": "multiply",
                "visible": true,
                "instance_count": 1,
                "print_area_presets": preset(NESTED),
                "smart_objects": [],
                "text_layers": []
            }],
            "text_layers": []
        }],
        "text_layers": [{
            "uuid": TEXT,
            "name": "Slogan",
            "text_content": "Hello world",
            "font_postscript_name": "Inter-Bold",
            "font_size": 42.5,
            "color": "#FF0080",
            "font_available": false,
            "is_editable": false,
            "segment_count": 2,
            "segments": [
                {"index": 0, "text": "Hello ", "font_postscript_name": "Inter-Bold", "font_size": 42.5,
                 "color": "#FF0080"},
                {"index": 1, "text": "world", "font_postscript_name": null, "font_size": null, "color": null}
            ],
            "visible": true,
            "has_stroke_effect": true,
            "stroke_count": 2,
            "has_color_overlay": false,
            "has_clipped_artwork": true,
            "suggested_edit_together": [GROUP]
        }]
    })
}

#[test]
fn one_mockup() {
    let answer = answer::mockup(&mockup(), &links());
    assert_eq!(answer.status, 200);
    assert_eq!(
        body(&answer),
        json!({
            "success": true,
            "message": "",
            "warnings": [{"code": "PSD_HIDDEN_SMART_OBJECTS", "message": "1 smart object is hidden"}],
            "data": expected_mockup()
        })
    );
}

#[test]
fn a_mockup_without_previews_has_an_empty_thumbnail() {
    let mut mockup = mockup();
    mockup.thumbnails.clear();
    let data = body(&answer::mockup(&mockup, &links()))["data"].clone();
    assert_eq!(
        (&data["thumbnail"], &data["thumbnails"]),
        (&json!(""), &json!([]))
    );
}

#[test]
fn many_mockups() {
    let answer = answer::mockups(&[mockup()], 41, 20, 40, &links());
    assert_eq!(
        body(&answer),
        json!({"success": true, "data": {"mockups": [expected_mockup()], "total": 41, "limit": 20, "offset": 40}})
    );
}

#[test]
fn the_layer_tree() {
    assert_eq!(
        body(&answer::layers(&mockup())),
        json!({"success": true, "data": {"mockup_uuid": MOCKUP, "layers": [
            {"uuid": GROUP, "name": "Group", "kind": "group", "visible": false, "children": [
                {"uuid": TEXT, "name": "Slogan", "kind": "text", "visible": true, "children": []}
            ]},
            {"uuid": SLOT, "name": "Design", "kind": "smart_object", "visible": true, "children": []}
        ]}})
    );
}

#[test]
fn a_fidelity_report() {
    let mut mockup = mockup();
    mockup.catalogue.layers[1].address = LayerAddress(vec![3]);
    let effects = Lack {
        what: "effects".into(),
        why: "its effects are not drawn".into(),
    };
    let layer = |index: u32, drawn, lacks| LayerFidelity {
        address: LayerAddress(vec![index]),
        name: format!("L{index}"),
        kind: LayerKind::SmartObject,
        drawn,
        lacks,
    };
    let mut report = Fidelity {
        size: mockup.size,
        compared: Comparison::Measured(Difference {
            delta_e_mean: 0.123_456,
            off_by_more_than_3: 0.5,
            mean_absolute_error: 0.06,
            p99: 2.0,
        }),
        drawn_share: Some(0.75),
        document: vec![],
        layers: vec![
            layer(3, Drawn::CachedRaster, vec![]),
            layer(8, Drawn::Approximated, vec![effects]),
        ],
    };
    let told = body(&answer::fidelity(&mockup, &report, &links()));
    let map = links().file(&BlobKey::heat_map(mockup.content));
    let layers = json!([
        {"uuid": SLOT, "name": "L3", "kind": "smart_object", "drawn": "cached_raster", "lacks": []},
        {"uuid": null, "name": "L8", "kind": "smart_object", "drawn": "approximated", "lacks": [
            {"what": "effects", "why": "its effects are not drawn"}
        ]}
    ]);
    assert_eq!(
        told,
        json!({"success": true, "data": {
            "mockup_uuid": MOCKUP,
            "width": 3000,
            "height": 2000,
            "compared": true,
            "difference": {
                "delta_e_mean": 0.123,
                "off_by_more_than_3_percent": 0.5,
                "mean_absolute_error": 0.06,
                "p99": 2,
                "passes": true
            },
            "no_reference": null,
            "drawn_share": 0.75,
            "heat_map": map,
            "document": [],
            "layers": layers
        }})
    );
    report.compared = Comparison::NoReference(NoReference::NoLayers);
    let told = body(&answer::fidelity(&mockup, &report, &links()));
    let data = &told["data"];
    assert_eq!(data["compared"], false);
    assert_eq!(
        (&data["difference"], &data["heat_map"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(data["no_reference"]["code"], "no_layers");
}

#[test]
fn a_mockup_that_is_not_there() {
    let expected = (404, "MOCKUP_NOT_FOUND".to_owned(), "Mockup not found.".to_owned());
    assert_eq!(told(&Problem::mockup_not_found()), expected);
}

#[test]
fn renaming() {
    assert_eq!(
        request::rename_mockup(br#"{"name": " New ", "width": 3}"#),
        Ok("New".to_owned())
    );
    let named_by = |body: &str| named(&request::rename_mockup(body.as_bytes()).unwrap_err());
    assert_eq!(named_by(""), ["body.name missing"]);
    assert_eq!(named_by("{}"), ["body.name missing"]);
    assert_eq!(named_by(r#"{"name": ""}"#), ["body.name string_too_short"]);
    assert_eq!(named_by(r#"{"name": "  "}"#), ["body.name string_too_short"]);
    assert_eq!(
        named_by(&json!({"name": "x".repeat(256)}).to_string()),
        ["body.name string_too_long"]
    );
    assert!(request::rename_mockup(json!({"name": "ä".repeat(255)}).to_string().as_bytes()).is_ok());
    assert_eq!(named_by(r#"{"name": 7}"#), ["body.name string_type"]);
    assert_eq!(named_by("[]"), ["body dict_type"]);
}

#[test]
fn deleting_says_nothing() {
    assert_eq!(
        Answer::no_content(),
        Answer {
            status: 204,
            headers: vec![],
            body: vec![]
        }
    );
}

#[test]
fn the_account_behind_a_key() {
    let tenant = Tenant {
        id: TENANT.parse().unwrap(),
        name: "Default".into(),
        created_at: NOON,
    };
    let key = ApiKey {
        id: ENDPOINT.parse().unwrap(),
        tenant: tenant.id,
        name: "first".into(),
        hash: KeyHash([0; 32]),
        last_four: "abcd".into(),
        created_at: NOON,
        last_used_at: None,
        total_requests: 7,
        revoked_at: None,
    };
    let plan = Plan::default();
    let account = Account {
        tenant: &tenant,
        key: &key,
        email: "owner@example.com",
        plan: &plan,
        used_this_month: 3,
        now: NOON,
    };
    assert_eq!(
        body(&answer::me(&account)),
        json!({"success": true, "data": {
            "account": {"uuid": TENANT, "email": "owner@example.com", "name": "Default", "created_at": NOON_TEXT},
            "organization": {"id": TENANT, "name": "Default"},
            "subscription": {
                "plan": "self-hosted", "tier": "scale", "status": "active",
                "current_period_end": "2026-07-01T00:00:00.000Z",
                "cancel_at_period_end": false, "billing_channel": "none"
            },
            "usage": {
                "credits_used_this_month": 3, "credits_limit": 1_000_000_000, "credits_remaining": 999_999_997,
                "billing_period_start": "2026-06-01T00:00:00.000Z",
                "billing_period_end": "2026-07-01T00:00:00.000Z",
                "prepaid_balance": 0.0, "prepaid_balance_currency": "USD"
            },
            "api_key": {"name": "first", "created_at": NOON_TEXT, "last_used_at": null, "total_requests": 7}
        }})
    );
    assert_eq!(told(&Problem::unauthorized()).0, 401);
}

#[test]
fn the_plans_come_cheapest_first() {
    let pro = Plan {
        id: "pro".into(),
        price_monthly: 49.5,
        ..Plan::default()
    };
    let list = body(&answer::plans(&[pro, Plan::default()]));
    assert_eq!(
        list["plans"][0],
        json!({
            "id": "self-hosted", "name": "Self-hosted", "slug": "self-hosted", "tier": "scale",
            "description": "Everything this server can do.",
            "price_monthly": 0, "price_yearly": 0, "credits_per_month": 1_000_000_000,
            "max_concurrent_requests": 25, "max_concurrent_uploads": 10,
            "stripe_price_id": null, "stripe_price_id_yearly": null
        })
    );
    assert_eq!(list["plans"][1]["price_monthly"], 49.5);
    assert_eq!(list.as_object().unwrap().len(), 1, "bare");
}

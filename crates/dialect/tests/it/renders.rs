//! `POST /renders`: what is read, and each way it can be wrong.

use base64::Engine as _;
use marquetry_dialect::sudomock::request::{self, Mode, Submission};
use marquetry_dialect::sudomock::{Code, Problem};
use marquetry_model::*;
use marquetry_pixel::{BlendMode, Rgb};
use serde_json::{Value, json};

use crate::fixtures::*;

fn render(body: &Value) -> Result<Submission<RenderRequest>, Problem> {
    request::render(body.to_string().as_bytes())
}

/// A body with one smart object entry.
fn with_entry(entry: Value) -> Value {
    let mut entry = entry;
    if entry.get("uuid").is_none() {
        entry["uuid"] = json!(SLOT);
    }
    json!({"mockup_uuid": MOCKUP, "smart_objects": [entry]})
}

fn with_asset(members: Value) -> Value {
    let mut asset = json!({"url": "https://example.com/a.png"});
    asset
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    with_entry(json!({"asset": asset}))
}

fn change(body: &Value) -> RequestedChange {
    render(body).unwrap().ask.changes.remove(0)
}

fn named_by(body: &Value) -> Vec<String> {
    named(&render(body).unwrap_err())
}

fn told_by(body: &Value) -> (u16, String, String) {
    told(&render(body).unwrap_err())
}

#[test]
fn the_published_example() {
    let asked = request::render(
        br#"{
            "is_async": true,
            "mockup_uuid": "c315f78f-d2c7-4541-b240-a9372842de94",
            "smart_objects": [
                {
                    "uuid": "128394ee-6758-4f2f-aa36-e2b19b152bd9",
                    "asset": {"url": "https://your-domain.com/design.png", "fit": "cover"}
                }
            ],
            "export_options": {"image_format": "webp", "image_size": 1920, "quality": 90}
        }"#,
    )
    .unwrap();
    let expected = RenderRequest {
        mockup: MOCKUP.parse().unwrap(),
        changes: vec![RequestedChange {
            slot: SLOT.parse().unwrap(),
            asset: Some(RequestedAsset::Url("https://your-domain.com/design.png".into())),
            placement: Placement {
                fit: Fit::Cover,
                ..Placement::default()
            },
            colour: None,
            adjustments: Adjustments::default(),
        }],
        texts: vec![],
        hidden: vec![],
        export: Export {
            size: ExportSize::Width(1920),
            ..Export::default()
        },
        label: None,
    };
    assert_eq!(
        asked,
        Submission {
            ask: expected,
            mode: Mode::Background,
            callback: None
        }
    );
}

#[test]
fn everything_at_once() {
    let asked = render(&json!({
        "mockup_uuid": MOCKUP,
        "smart_objects": [{
            "uuid": SLOT.to_uppercase(),
            "asset": {
                "url": "https://example.com/a.png", "fit": "crop", "rotate": -12.5,
                "flip_horizontal": true, "flip_vertical": false,
                "size": {"width": 100}, "position": {"top": -5},
                "tile": true, "tile_spacing": 12.5, "remove_background": false, "content_type": "image/png"
            },
            "color": {"hex": "#1a2B3c", "blending_mode": "Color-Burn"},
            "adjustment_layers": {
                "brightness": -150, "contrast": 100, "saturation": -100, "vibrance": 5, "opacity": 0, "blur": 1.5
            }
        }],
        "hidden_layers": [GROUP, TEXT, GROUP],
        "export_options": {"image_format": "jpeg", "image_size": "original", "quality": 1, "dpi": 300},
        "export_label": " autumn ",
        "webhook": {"url": "https://example.com/hook"},
        "something_new": {"a": 1}
    }))
    .unwrap();
    assert_eq!(
        (asked.mode, asked.callback.as_deref()),
        (Mode::Inline, Some("https://example.com/hook"))
    );
    let ask = asked.ask;
    let change = &ask.changes[0];
    assert_eq!(change.slot, SLOT.parse().unwrap());
    assert_eq!(
        change.placement,
        Placement {
            fit: Fit::Cover,
            rotation: Rotation::new("", -12.5).unwrap(),
            flip: Flip {
                horizontal: true,
                vertical: false
            },
            size: Some(BoxSize::new(Some(100), None).unwrap()),
            position: Some(Position { top: -5, left: 0 }),
            tile: Some(Tile {
                spacing: Within::new("", 12.5).unwrap()
            }),
        }
    );
    let overlay = ColourOverlay {
        colour: Rgb::new(0x1A, 0x2B, 0x3C),
        blend: BlendMode::ColorBurn,
    };
    assert_eq!(change.colour, Some(overlay));
    assert_eq!(change.adjustments.brightness.get(), -150.0);
    assert_eq!(change.adjustments.blur.get(), 1.5);
    assert_eq!(change.adjustments.opacity.get(), 0.0);
    assert_eq!(ask.hidden, [GROUP.parse().unwrap(), TEXT.parse().unwrap()]);
    assert_eq!(
        ask.export,
        Export {
            format: ExportFormat::Jpeg,
            size: ExportSize::Original,
            quality: Quality::clamped(1),
            dpi: Some(Dpi::clamped(300)),
        }
    );
    assert_eq!(ask.label.as_deref(), Some("autumn"));
}

#[test]
fn all_fits_and_their_newer_spellings() {
    for (word, fit) in [
        ("fill", Fit::Fill),
        ("contain", Fit::Contain),
        ("fit", Fit::Contain),
        ("cover", Fit::Cover),
        ("crop", Fit::Cover),
    ] {
        assert_eq!(
            change(&with_asset(json!({"fit": word}))).placement.fit,
            fit,
            "{word}"
        );
    }
    assert_eq!(change(&with_asset(json!({}))).placement.fit, Fit::Fill);
    assert_eq!(
        named_by(&with_asset(json!({"fit": "stretch"}))),
        ["body.smart_objects.0.asset.fit enum"]
    );
}

#[test]
fn all_27_blend_modes_in_every_form() {
    for mode in BlendMode::ALL {
        for name in [
            mode.name().to_owned(),
            mode.name().replace('_', "-"),
            mode.name().replace('_', " ").to_uppercase(),
        ] {
            let body = with_entry(json!({"color": {"hex": "#FF0000", "blending_mode": name}}));
            assert_eq!(
                change(&body).colour.map(|colour| colour.blend),
                Some(mode),
                "{name}"
            );
        }
    }
    assert_eq!(
        named_by(&with_entry(
            json!({"color": {"hex": "red", "blending_mode": "pass_through"}})
        )),
        [
            "body.smart_objects.0.color.hex string_pattern_mismatch",
            "body.smart_objects.0.color.blending_mode enum"
        ]
    );
    assert_eq!(
        named_by(&with_entry(json!({"color": {}}))),
        ["body.smart_objects.0.color.hex missing"]
    );
}

#[test]
fn bytes_win_over_a_url() {
    let bytes = b"\x89PNG\r\n\x1a\n...";
    let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
    let expected = Some(RequestedAsset::Bytes(bytes.to_vec()));
    assert_eq!(
        change(&with_asset(json!({"base64": base64, "url": "nonsense"}))).asset,
        expected
    );
    let unpadded = base64.trim_end_matches('=');
    assert_eq!(change(&with_asset(json!({"base64": unpadded}))).asset, expected);
    let data_url = format!("data:image/png;base64,{base64}");
    assert_eq!(change(&with_asset(json!({"url": data_url}))).asset, expected);
    assert_eq!(change(&with_asset(json!({"base64": data_url}))).asset, expected);
    let path = "body.smart_objects.0.asset.base64";
    assert_eq!(
        named_by(&with_asset(json!({"base64": "@@@"}))),
        [format!("{path} base64_invalid")]
    );
    assert_eq!(
        named_by(&with_asset(json!({"base64": "="}))),
        [format!("{path} base64_invalid")]
    );
    assert_eq!(
        named_by(&with_asset(json!({"base64": "data:,"}))),
        [format!("{path} value_error")]
    );
    let by_url = Some(RequestedAsset::Url("https://example.com/a.png".into()));
    assert_eq!(change(&with_asset(json!({"base64": ""}))).asset, by_url);
    let neither = with_entry(json!({"asset": {"base64": ""}}));
    assert_eq!(named_by(&neither), ["body.smart_objects.0.asset.url missing"]);
    assert_eq!(
        named_by(&with_asset(json!({"base64": 5}))),
        [format!("{path} string_type")]
    );
}

#[test]
fn an_asset_has_a_source() {
    let path = "body.smart_objects.0.asset.url";
    assert_eq!(
        named_by(&with_entry(json!({"asset": {}}))),
        [format!("{path} missing")]
    );
    for url in [
        "",
        "design.png",
        "ftp://example.com/a.png",
        "data:image/png;base64,@@",
    ] {
        let named = named_by(&with_asset(json!({"url": url})));
        assert!(named.len() == 1 && named[0].starts_with(path), "{url}: {named:?}");
    }
}

#[test]
fn every_range_has_both_its_ends() {
    let asset = "body.smart_objects.0.asset";
    let tuning = "body.smart_objects.0.adjustment_layers";
    let export = "body.export_options";
    let placed = |members: Value| with_asset(members);
    let tuned = |members: Value| {
        with_entry(json!({"asset": {"url": "https://example.com/a.png"}, "adjustment_layers": members}))
    };
    let exported = |members: Value| {
        let mut body = with_asset(json!({}));
        body["export_options"] = members;
        body
    };
    type Make<'a> = &'a dyn Fn(Value) -> Value;
    let ranges: [(Make<'_>, &str, &str, f64, f64); 11] = [
        (&placed, asset, "rotate", -360.0, 360.0),
        (&placed, asset, "tile_spacing", 0.0, 100.0),
        (&tuned, tuning, "brightness", -150.0, 150.0),
        (&tuned, tuning, "contrast", -100.0, 100.0),
        (&tuned, tuning, "saturation", -100.0, 100.0),
        (&tuned, tuning, "vibrance", -100.0, 100.0),
        (&tuned, tuning, "opacity", 0.0, 100.0),
        (&tuned, tuning, "blur", 0.0, 100.0),
        (&exported, export, "image_size", 100.0, 10_000.0),
        (&exported, export, "quality", 1.0, 100.0),
        (&exported, export, "dpi", 72.0, 2400.0),
    ];
    for (make, path, name, least, most) in ranges {
        for inside in [least, most] {
            assert!(render(&make(json!({name: inside}))).is_ok(), "{name} {inside}");
        }
        let below = named_by(&make(json!({name: least - 1.0})));
        assert_eq!(below, [format!("{path}.{name} greater_than_equal")]);
        let above = named_by(&make(json!({name: most + 1.0})));
        assert_eq!(above, [format!("{path}.{name} less_than_equal")]);
        for wrong in [json!("much"), json!([]), json!({}), json!(true)] {
            let named = named_by(&make(json!({name: wrong})));
            assert!(
                named.len() == 1 && named[0].starts_with(&format!("{path}.{name} ")),
                "{named:?}"
            );
        }
    }
}

#[test]
fn sizes_and_positions() {
    let size = "body.smart_objects.0.asset.size";
    assert_eq!(
        named_by(&with_asset(json!({"size": {}}))),
        [format!("{size} value_error")]
    );
    assert_eq!(
        named_by(&with_asset(json!({"size": {"width": 0, "height": 1.5}}))),
        [
            format!("{size}.width greater_than_equal"),
            format!("{size}.height int_from_float")
        ]
    );
    let at = change(&with_asset(json!({"position": {}}))).placement.position;
    assert_eq!(
        at,
        Some(Position { top: 0, left: 0 }),
        "a client that drops zeros means zero"
    );
    assert_eq!(
        named_by(&with_asset(json!({"position": {"top": 1e12, "left": "0"}}))),
        [
            "body.smart_objects.0.asset.position.top less_than_equal",
            "body.smart_objects.0.asset.position.left int_type"
        ]
    );
}

#[test]
fn tiles_need_a_size() {
    assert_eq!(
        told_by(&with_asset(json!({"tile": true}))),
        (
            422,
            "TILE_REQUIRES_SIZE".into(),
            "smart_objects[0].asset.tile needs a size beside it".into()
        )
    );
    assert!(render(&with_asset(json!({"tile": false}))).is_ok());
    let untiled = change(&with_asset(
        json!({"tile_spacing": 50, "size": {"width": 5, "height": 5}}),
    ));
    assert_eq!(untiled.placement.tile, None, "spacing alone does not tile");
}

#[test]
fn background_removal_is_refused_rather_than_forgotten() {
    let (status, code, _) = told_by(&with_asset(json!({"remove_background": true})));
    assert_eq!((status, code.as_str()), (422, "BACKGROUND_REMOVAL_UNAVAILABLE"));
}

#[test]
fn an_entry_needs_something_to_do() {
    let (status, code, detail) = told_by(&with_entry(json!({"adjustment_layers": {"blur": 3}})));
    assert_eq!((status, code.as_str()), (422, "INVALID_REQUEST"));
    assert_eq!(detail, "smart_objects[0] needs an asset or a color");
    let named =
        named_by(&json!({"mockup_uuid": MOCKUP, "smart_objects": [{"asset": {"url": "https://a.b/c"}}, 3]}));
    assert_eq!(
        named,
        [
            "body.smart_objects.0.uuid missing",
            "body.smart_objects.1 dict_type"
        ]
    );
}

#[test]
fn a_request_needs_something_to_do() {
    for nothing in [
        json!({"mockup_uuid": MOCKUP}),
        json!({"mockup_uuid": MOCKUP, "smart_objects": [], "text_layers": [], "hidden_layers": []}),
        json!({"mockup_uuid": MOCKUP, "smart_objects": null}),
    ] {
        let (status, code, detail) = told_by(&nothing);
        assert_eq!((status, code.as_str()), (422, "INVALID_REQUEST"));
        assert_eq!(
            detail,
            "One of smart_objects, text_layers and hidden_layers is needed."
        );
    }
    let hide_only = json!({"mockup_uuid": MOCKUP, "hidden_layers": [GROUP]});
    assert!(render(&hide_only).unwrap().ask.changes.is_empty());
    let text_only =
        json!({"mockup_uuid": MOCKUP, "smart_objects": [], "text_layers": [{"uuid": TEXT, "text": "x"}]});
    assert_eq!(render(&text_only).unwrap().ask.texts.len(), 1);
}

#[test]
fn the_top_level_is_checked_too() {
    let wrong = named_by(&json!({
        "mockup_uuid": "nope", "smart_objects": {}, "text_layers": "x", "hidden_layers": [1],
        "export_options": [], "export_label": "x".repeat(101), "is_async": 1, "webhook": {"url": "x"}
    }));
    assert_eq!(
        wrong,
        [
            "body.mockup_uuid uuid_parsing",
            "body.smart_objects list_type",
            "body.text_layers list_type",
            "body.hidden_layers.0 string_type",
            "body.export_options dict_type",
            "body.export_label string_too_long",
            "body.is_async bool_type",
            "body.webhook.url url_parsing",
        ]
    );
    assert_eq!(
        named_by(&json!({"hidden_layers": [GROUP]})),
        ["body.mockup_uuid missing"]
    );
    assert_eq!(named_by(&json!([])), ["body dict_type"]);
    assert_eq!(named(&request::render(b"").unwrap_err()), ["body.0 json_invalid"]);
    assert_eq!(
        named(&request::render(b"\xff").unwrap_err())[0]
            .split(' ')
            .next_back(),
        Some("json_invalid")
    );
}

#[test]
fn lists_are_bounded() {
    let ids = |count: usize| {
        (0..count).map(|n| LayerId::from_bytes(u128::try_from(n).unwrap().to_be_bytes()).to_string())
    };
    let hide = |count| json!({"mockup_uuid": MOCKUP, "hidden_layers": ids(count).collect::<Vec<_>>()});
    assert_eq!(render(&hide(50)).unwrap().ask.hidden.len(), 50);
    assert_eq!(named_by(&hide(51)), ["body.hidden_layers too_long"]);
    let say = |count| {
        let texts: Vec<Value> = ids(count).map(|id| json!({"uuid": id, "text": "x"})).collect();
        json!({"mockup_uuid": MOCKUP, "text_layers": texts})
    };
    assert_eq!(render(&say(50)).unwrap().ask.texts.len(), 50);
    assert_eq!(named_by(&say(51)), ["body.text_layers too_long"]);
    let place = |count| {
        let entries: Vec<Value> = ids(count)
            .map(|id| json!({"uuid": id, "color": {"hex": "#000000"}}))
            .collect();
        json!({"mockup_uuid": MOCKUP, "smart_objects": entries})
    };
    assert_eq!(render(&place(200)).unwrap().ask.changes.len(), 200);
    assert_eq!(named_by(&place(201)), ["body.smart_objects too_long"]);
}

#[test]
fn one_slot_is_filled_once() {
    let entry = json!({"uuid": SLOT, "color": {"hex": "#000000"}});
    let (status, _, detail) = told_by(&json!({"mockup_uuid": MOCKUP, "smart_objects": [entry, entry]}));
    assert_eq!(
        (status, detail.as_str()),
        (422, "smart_objects names one smart object twice, at 1")
    );
}

#[test]
fn text_layers_are_read_in_full() {
    let asked = render(&json!({"mockup_uuid": MOCKUP, "text_layers": [
        {"uuid": TEXT, "text": "Hi", "font": "Inter-Bold", "font_size": 2000, "color": "00ff00",
         "stroke_color": ["#FF0000", null], "fit": "shrink"},
        {"uuid": GROUP, "segments": [{"index": 1, "text": "b"}, {"index": 0, "text": "a"}], "fit": "clip"},
        {"uuid": SLOT, "text": "Ho", "stroke_color": "#0000FF"}
    ]}))
    .unwrap();
    let style = TextStyle {
        font: Some("Inter-Bold".into()),
        font_size: Some(2000.0),
        colour: Some(Rgb::new(0, 255, 0)),
        stroke_colours: vec![Some(Rgb::new(255, 0, 0)), None],
    };
    let words = Words::Plain {
        text: "Hi".into(),
        style,
    };
    assert_eq!(
        asked.ask.texts[0],
        TextChange {
            layer: TEXT.parse().unwrap(),
            words,
            fit: TextFit::Shrink
        }
    );
    let words = Words::Segments(vec![(1, "b".into()), (0, "a".into())]);
    assert_eq!(
        asked.ask.texts[1],
        TextChange {
            layer: GROUP.parse().unwrap(),
            words,
            fit: TextFit::Clip
        }
    );
    let Words::Plain { style, .. } = &asked.ask.texts[2].words else {
        panic!()
    };
    assert_eq!(style.stroke_colours, [Some(Rgb::new(0, 0, 255))]);
    assert_eq!(asked.ask.texts[2].fit, TextFit::Overflow);
}

#[test]
fn each_rule_of_text_layers() {
    let say = |members: Value| {
        let mut entry = json!({"uuid": TEXT});
        entry
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        json!({"mockup_uuid": MOCKUP, "text_layers": [entry]})
    };
    let at = "body.text_layers.0";
    for (members, kind) in [
        (json!({"text": ""}), ".text string_too_short"),
        (json!({"text": "x".repeat(501)}), ".text string_too_long"),
        (json!({"segments": []}), ".segments too_short"),
        (
            json!({"segments": [{"index": 32, "text": "x"}]}),
            ".segments.0.index less_than_equal",
        ),
        (
            json!({"segments": [{"index": 0, "text": "x".repeat(201)}]}),
            ".segments.0.text string_too_long",
        ),
        (json!({"segments": [{"index": 0}]}), ".segments.0.text missing"),
        (
            json!({"segments": vec![json!({"index": 0, "text": "x"}); 33]}),
            ".segments too_long",
        ),
        (
            json!({"text": "x", "font": "x".repeat(256)}),
            ".font string_too_long",
        ),
        (json!({"text": "x", "font_size": 0}), ".font_size greater_than"),
        (
            json!({"text": "x", "font_size": 2001}),
            ".font_size less_than_equal",
        ),
        (
            json!({"text": "x", "color": "green"}),
            ".color string_pattern_mismatch",
        ),
        (
            json!({"text": "x", "stroke_color": []}),
            ".stroke_color too_short",
        ),
        (
            json!({"text": "x", "stroke_color": vec!["#000000"; 9]}),
            ".stroke_color too_long",
        ),
        (
            json!({"text": "x", "stroke_color": ["#00000"]}),
            ".stroke_color.0 string_pattern_mismatch",
        ),
        (json!({"text": "x", "fit": "squeeze"}), ".fit enum"),
    ] {
        assert_eq!(
            named_by(&say(members.clone())),
            [format!("{at}{kind}")],
            "{members}"
        );
    }
    for (members, detail) in [
        (json!({}), "text_layers[0] needs text or segments"),
        (
            json!({"text": "x", "segments": [{"index": 0, "text": "x"}]}),
            "text_layers[0] takes text or segments, not both",
        ),
        (
            json!({"segments": [{"index": 0, "text": "x"}, {"index": 0, "text": "y"}]}),
            "text_layers[0].segments names an index twice",
        ),
        (
            json!({"segments": [{"index": 0, "text": "x"}], "color": "#000000"}),
            "text_layers[0].color cannot be set together with segments",
        ),
    ] {
        assert_eq!(
            told_by(&say(members)),
            (422, "INVALID_REQUEST".into(), detail.into())
        );
    }
    let twice = json!({"mockup_uuid": MOCKUP, "text_layers": [{"uuid": TEXT, "text": "a"}, {"uuid": TEXT, "text": "b"}]});
    assert_eq!(told_by(&twice).0, 422);
}

/// What needs the mockup's catalogue is found by the engine and told here.
#[test]
fn each_error_that_the_catalogue_finds() {
    let catalogue = mockup().catalogue;
    let [slot, nested, text, group]: [LayerId; 4] = [SLOT, NESTED, TEXT, GROUP].map(|id| id.parse().unwrap());
    let unknown = LayerId::from_bytes([9; 16]);
    let code = |error: ModelError| {
        let problem = Problem::from(error);
        (problem.status(), problem.code().unwrap())
    };
    let hide = |hidden: &[LayerId], changed: &[LayerId]| catalogue.hide(hidden, changed, changed);
    assert_eq!(
        code(hide(&[unknown], &[]).unwrap_err()),
        (422, Code::LayerNotFound)
    );
    assert_eq!(
        code(hide(&[slot], &[slot]).unwrap_err()),
        (422, Code::LayerEditConflict)
    );
    assert_eq!(
        code(hide(&[group], &[text]).unwrap_err()),
        (422, Code::LayerEditConflict)
    );
    let inside = ModelError::HiddenInsideChanged { id: nested };
    assert_eq!(code(inside), (422, Code::LayerEditConflict));
    let unknown_in = |field| ModelError::UnknownLayer { field, id: unknown };
    assert_eq!(
        code(unknown_in("smart_objects")),
        (404, Code::SmartObjectNotFound)
    );
    assert_eq!(code(unknown_in("text_layers")), (400, Code::TextLayerNotFound));
    let tile = ModelError::Needs {
        field: "tile",
        other: "size",
    };
    assert_eq!(code(tile), (422, Code::TileRequiresSize));
    assert_eq!(
        code(ModelError::Empty {
            field: "smart_objects"
        }),
        (422, Code::InvalidRequest)
    );
    assert_eq!(
        told(&Problem::text_layer_not_editable(text)).1,
        "TEXT_LAYER_NOT_EDITABLE"
    );
    assert_eq!(told(&Problem::mockup_not_found()).0, 404);
}

//! What is wrong is said: all of it, where it is, in words.

use marquetry_template::{AssetId, Catalogue, Family, Limits, Template};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{check, complaints, layer, one_page, read, text};

/// Whether each of `wanted` is said, in any order, and nothing else.
#[track_caller]
fn says(complaints: &[String], wanted: &[&str]) {
    for wanted in wanted {
        assert!(
            complaints.iter().any(|complaint| complaint.contains(wanted)),
            "{wanted:?} is not said: {complaints:#?}"
        );
    }
    assert_eq!(complaints.len(), wanted.len(), "{complaints:#?}");
}

#[test]
fn all_broken_members_are_named_at_once() {
    let template = json!({
        "schema": 2, "id": "a b", "revision": -1, "titel": "x",
        "colors": { "ink": { "value": "blue" } },
        "pages": [{ "id": "p", "width": 12_001, "height": 0.5, "layers": [
            { "id": "a", "type": "text", "x": 1e300, "y": null, "width": -1, "height": "2",
              "font": { "family": "", "size": 0 }, "opactiy": 1, "align": "middle" },
            { "id": "b", "type": "imgae", "x": 0, "y": 0, "width": 1, "height": 1 },
            7,
        ] }],
    });
    says(
        &complaints(read(&template)),
        &[
            "/schema: is 2, a whole number of 1 to 1",
            "/id: \"a b\" is not 1 to 64 characters",
            "/revision: is -1",
            "lacks \"name\"",
            "/titel: \"titel\" is not known here",
            "/colors/ink/value: \"blue\" is no colour",
            "/pages/0/width: is 12001, 1 to 12000",
            "/pages/0/height: is 0.5",
            "/pages/0/layers/0/x: is 1e+300, -1000000 to 1000000",
            "/pages/0/layers/0/y: should be a number of",
            "/pages/0/layers/0/width: is -1",
            "/pages/0/layers/0/height: should be a number of 0 to 1000000, not a text",
            "/pages/0/layers/0/font/family",
            "/pages/0/layers/0/font/size",
            "/pages/0/layers/0/opactiy: \"opactiy\" is not known here, did you mean \"opacity\"?",
            "/pages/0/layers/0/align: \"middle\" is none of left, center, right, justify",
            "/pages/0/layers/1/type: \"imgae\" is none of text, image,",
            "/pages/0/layers/2: should be an object, not a number",
        ],
    );
}

#[test]
fn bytes_that_are_no_json_say_where_it_ends() {
    let limits = Limits::default();
    for (bytes, wanted) in [
        (&b""[..], "EOF"),
        (b"{", "EOF"),
        (b"[1, 2", "EOF"),
        (b"{} x", "trailing"),
        (b"{\"schema\": 1e999}", "out of range"),
        (b"{\"schema\": NaN}", "line 1"),
        (b"\xff\xfe", "line 1"),
        (b"{\"id\": \"\xff\"}", "line 1"),
    ] {
        let said = complaints(Template::parse(bytes, &limits));
        assert!(said[0].contains(wanted), "{said:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(complaints(Template::parse(deep.as_bytes(), &limits))[0].contains("recursion"));
    let large = vec![b' '; limits.bytes + 1];
    assert!(complaints(Template::parse(&large, &limits))[0].contains("bytes, 1048576 are allowed"));
}

#[test]
fn a_member_that_stands_twice_is_a_problem() {
    let twice = br#"{"schema":1,"id":"a","id":"b","name":"n","revision":1,"pages":[{"id":"p","width":1,"height":1,"layers":[],"layers":[]}]}"#;
    says(
        &complaints(Template::parse(twice, &Limits::default())),
        &["/id: stands twice", "/pages/0/layers: stands twice"],
    );
}

#[test]
fn a_hostile_template_has_a_short_answer() {
    let limits = Limits::default();
    let many: Vec<Value> = (0..2_000)
        .map(|at| layer(&format!("l{at}"), "shape", json!({ "shape": "rect" })))
        .collect();
    says(
        &complaints(read(&one_page(json!(many)))),
        &["2000 layers, 500 are allowed"],
    );

    // Not more than may stand in one list, but more in all.
    let some: Vec<Value> = (0..300)
        .map(|at| layer(&format!("l{at}"), "shape", json!({ "shape": "rect" })))
        .collect();
    let mut two = one_page(json!(some));
    two["pages"] = json!([two["pages"][0], two["pages"][0]]);
    says(&complaints(read(&two)), &["one layer too many: 500"]);

    let mut deep = layer("core", "shape", json!({ "shape": "rect" }));
    for at in 0..9 {
        deep = layer(&format!("g{at}"), "group", json!({ "layers": [deep] }));
    }
    says(&complaints(read(&one_page(json!([deep])))), &["deeper than 8"]);

    let mut condition = json!({ "field": "A", "op": "present" });
    for _ in 0..20 {
        condition = json!({ "not": condition });
    }
    says(
        &complaints(read(&one_page(json!([text(
            "a",
            json!({ "visible_if": condition })
        )])))),
        &["too large a condition"],
    );

    let wide = json!({ "any": vec![json!({ "field": "A", "op": "present" }); 64] });
    says(
        &complaints(read(&one_page(json!([text("a", json!({ "visible_if": wide }))])))),
        &["too large a condition"],
    );

    let words = text("a", json!({ "content": "x".repeat(1_000_000).get(..500_000) }));
    says(
        &complaints(read(&one_page(json!([words])))),
        &["500000 characters, 10000 are allowed"],
    );

    let wrong: Vec<Value> = (0..400).map(|_| json!(null)).collect();
    let problems = read(&one_page(json!(wrong))).unwrap_err();
    assert_eq!(
        (problems.list().len(), problems.unlisted()),
        (limits.problems, 300)
    );

    let mut large = one_page(json!([]));
    large["pages"][0]["width"] = json!(12_000);
    large["pages"][0]["height"] = json!(12_000);
    says(
        &complaints(check(&large)),
        &["144000000 pixels, 100000000 are allowed"],
    );
}

#[test]
fn ids_are_unique_where_they_name_something() {
    let mut template = one_page(json!([
        text("a", json!({})),
        layer("g", "group", json!({ "layers": [text("a", json!({}))] })),
        layer(
            "r",
            "repeat",
            json!({
                "layout": { "cell_width": 9, "cell_height": 9 },
                "slots": [{ "id": "s", "player_id": "7" }, { "id": "s", "player_id": "7" }],
                "item": [text("g", json!({}))],
            })
        ),
    ]));
    let again = template["pages"][0].clone();
    template["pages"] = json!([again, { "id": "p", "width": 1, "height": 1, "layers": [] }]);
    says(
        &complaints(check(&template)),
        &[
            "/pages/0/layers/1/layers/0/id: \"a\" is the id of another one too",
            "/pages/0/layers/2/item/0/id: \"g\"",
            "/pages/0/layers/2/slots/1/id: \"s\"",
            "/pages/0/layers/2/slots/1/player_id: \"7\" has another slot too",
            "/pages/1/id: \"p\"",
        ],
    );
}

/// Where there is one of each.
struct OneOfEach;

const THERE: Uuid = Uuid::from_u128(7);

impl Catalogue for OneOfEach {
    fn has_picture(&self, asset: &AssetId) -> bool {
        asset.as_str() == "logo"
    }

    fn has_font(&self, asset: &AssetId) -> bool {
        asset.as_str() == "font"
    }

    fn has_family(&self, family: &Family) -> bool {
        family.as_str() == "Arimo"
    }

    fn has_mockup(&self, mockup: Uuid) -> bool {
        mockup == THERE
    }

    fn has_smart_object(&self, _: Uuid, smart_object: Uuid) -> bool {
        smart_object == THERE
    }
}

#[test]
fn a_reference_to_nothing_is_named_with_the_nearest_thing() {
    let (there, not) = (THERE.to_string(), Uuid::from_u128(8).to_string());
    let mut template = one_page(json!([
        text(
            "a",
            json!({ "color": { "ref": "primry" }, "font": { "family": "Intr", "size": 9 } })
        ),
        layer(
            "b",
            "image",
            json!({ "source": { "asset": "lgo" }, "mask": { "asset": "msk" } })
        ),
        layer("c", "image", json!({ "source": { "asset": "logo" } })),
        layer("d", "smart_object", json!({ "mockup_id": not })),
        layer(
            "e",
            "smart_object",
            json!({ "mockup_id": there, "slots": [
            { "uuid": not }, { "uuid": there, "layers": "q" } ] })
        ),
        layer(
            "f",
            "shape",
            json!({ "shape": "rect", "fill": {
            "gradient": "linear", "stops": [{ "at": 1, "color": { "ref": "x" } }, { "at": 0, "color": "#fff" }] } })
        ),
    ]));
    template["colors"] = json!({ "primary": { "value": "#000" } });
    template["fonts"] =
        json!([{ "family": "Inter", "asset": "font" }, { "family": "Inter", "asset": "fnt" }]);
    let read = read(&template).unwrap();
    says(
        &complaints(read.check(&OneOfEach, &Limits::default())),
        &[
            "/pages/0/layers/0/color: there is no colour \"primry\", did you mean \"primary\"?",
            "/pages/0/layers/0/font/family: there is no font family \"Intr\", did you mean \"Inter\"?",
            "/pages/0/layers/1/source: there is no picture \"lgo\"",
            "/pages/0/layers/1/mask/asset: there is no picture \"msk\"",
            "/pages/0/layers/3/mockup_id: there is no mockup",
            "/pages/0/layers/4/slots/0/uuid: the mockup has no smart object",
            "/pages/0/layers/4/slots/1/layers: there is no page \"q\"",
            "/pages/0/layers/5/fill/stops/0/color: there is no colour \"x\"",
            "/pages/0/layers/5/fill/stops/1/at: is 0, before",
            "/fonts/1: is a second Inter of the weight 400, normal",
            "/fonts/1/asset: there is no font \"fnt\"",
        ],
    );
}

#[test]
fn a_field_is_one_thing() {
    let template = one_page(json!([
        text("a", json!({ "api_field_name": "X" })),
        layer("b", "image", json!({ "api_field_name": "X" })),
        layer(
            "c",
            "shape",
            json!({ "shape": "rect", "api_field_name": "C", "bind": { "tint": "T", "visible": "X" } })
        ),
        text(
            "d",
            json!({ "content": "{{C}}", "visible_if": { "field": "C", "op": "eq", "value": "red" } })
        ),
        layer("e", "qr", json!({ "api_field_name": "X" })),
        text("f", json!({ "required": true })),
    ]));
    says(
        &complaints(check(&template)),
        &[
            "/pages/0/layers/1/source: makes \"X\" a field of the type image, but /pages/0/layers/0/content makes it one of the type text",
            "/pages/0/layers/2/bind/tint: is nothing that a layer of the type shape has",
            "/pages/0/layers/2/visible: makes \"X\" a field of the type boolean",
            "/pages/0/layers/3/content: puts in \"C\", which is a field of the type color",
            "/pages/0/layers/3/visible_if: compares the colour \"C\" with \"red\"",
            "/pages/0/layers/5/required: needs an \"api_field_name\"",
        ],
    );
}

#[test]
fn circles_are_refused() {
    let words = one_page(json!([
        text("a", json!({ "api_field_name": "A", "content": "{{B}}" })),
        text("b", json!({ "api_field_name": "B", "content": "{{C}}" })),
        text("c", json!({ "api_field_name": "C", "content": "{{ A }}" })),
    ]));
    says(
        &complaints(check(&words)),
        &["puts in its own words, by way of \"A\", \"B\", \"C\", \"A\""],
    );

    let item = one_page(json!([layer(
        "r",
        "repeat",
        json!({
            "api_field_name": "R", "count": 2, "layout": { "cell_width": 9, "cell_height": 9 },
            "item": [text("a", json!({ "api_field_name": "A", "content": "{{A}}" }))],
        })
    )]));
    says(&complaints(check(&item)), &["puts in its own words"]);

    let slot = |page: &str| json!([{ "uuid": THERE.to_string(), "layers": page }]);
    let mockup = |page: &str| {
        layer(
            "m",
            "smart_object",
            json!({ "mockup_id": THERE.to_string(), "slots": slot(page) }),
        )
    };
    let mut pages = one_page(json!([mockup("q")]));
    pages["pages"] = json!([pages["pages"][0], {
        "id": "q", "width": 1, "height": 1, "layers": [layer("g", "group", json!({ "layers": [mockup("p")] }))],
    }]);
    says(
        &complaints(check(&pages)),
        &["lie in themselves, by way of \"p\", \"q\", \"p\""],
    );
}

#[test]
fn layers_have_what_they_need() {
    let target = json!({ "x": 0, "y": 10, "width": 5, "height": 20 });
    let repeat = |more: Value| {
        let mut it = json!({ "layout": { "cell_width": 9, "cell_height": 9 }, "item": [] });
        for (name, value) in more.as_object().unwrap() {
            it[name] = value.clone();
        }
        it
    };
    let template = one_page(json!([
        layer(
            "a",
            "image",
            json!({ "cropping": "box", "face": { "target": target, "max_content_y": 20 } })
        ),
        text("b", json!({ "fit": { "mode": "shrink_box", "min_size": 30 } })),
        layer(
            "c",
            "repeat",
            repeat(json!({ "item": [layer("c1", "image", json!({ "face": { "target": target } }))] }))
        ),
        layer(
            "d",
            "repeat",
            repeat(json!({ "count": 1, "slots": [{ "id": "a" }, { "id": "b", "x": 1 }] }))
        ),
        layer("e", "repeat", repeat(json!({ "count": 201 }))),
        layer(
            "f",
            "repeat",
            repeat(json!({ "count": 2, "slots": [{ "id": "a", "x": 1 }],
            "layout": { "mode": "free", "cell_width": 0, "cell_height": 9 } }))
        ),
        layer(
            "g",
            "repeat",
            repeat(json!({ "count": 1, "item": [text("g1", json!({ "api_field_name": "G" }))] }))
        ),
        layer(
            "h",
            "smart_object",
            json!({ "mockup_id": THERE.to_string(), "api_field_name": "H" })
        ),
    ]));
    says(
        &complaints(check(&template)),
        &[
            "/pages/0/layers/0: lacks \"crop_box\"",
            "/pages/0/layers/0/face/max_content_y: is 20, which must be above the middle of the target, 20",
            "/pages/0/layers/1/fit/min_size: is 30, more than the largest size 20",
            "/pages/0/layers/2: has no cells",
            "/pages/0/layers/2/item/0/face: cannot stand in the item of a repeat",
            "/pages/0/layers/3/count: is 1, less than the 2 slots",
            "/pages/0/layers/3/slots/1: says where it is",
            "/pages/0/layers/4/count: is 201, 200 cells",
            "/pages/0/layers/5/layout/cell_width: must be more than 0",
            "/pages/0/layers/5/layout/mode: is free",
            "/pages/0/layers/5/slots/0: lacks \"x\" or \"y\"",
            "/pages/0/layers/6: has the field \"G\" in its item and no \"api_field_name\"",
            "/pages/0/layers/7/api_field_name: needs exactly one slot",
        ],
    );
}

#[test]
fn repeats_within_repeats_cost_what_they_draw() {
    let layout = json!({ "cell_width": 9, "cell_height": 9 });
    let inner = layer(
        "i",
        "repeat",
        json!({ "layout": layout, "count": 100, "item": [text("t", json!({}))] }),
    );
    let outer = layer(
        "o",
        "repeat",
        json!({ "layout": layout, "count": 100, "item": [inner] }),
    );
    says(
        &complaints(check(&one_page(json!([outer])))),
        &["have 20201 layers when every repeat is full, 5000 are allowed"],
    );
}

#[test]
fn fields_and_insertions_are_counted() {
    let many: Vec<Value> = (0..3)
        .map(|at| {
            let named: String = (0..90)
                .map(|field| format!("{{{{f{}}}}}", at * 90 + field))
                .collect();
            text(&format!("t{at}"), json!({ "content": named }))
        })
        .collect();
    let said = complaints(check(&one_page(json!(many))));
    assert_eq!(said.len(), 70, "{said:#?}");
    assert!(said[0].starts_with("/pages/0/layers/2/content: makes a field too many: 200 are allowed"));

    let often = text("t", json!({ "content": "{{a}}".repeat(101) }));
    says(
        &complaints(check(&one_page(json!([often])))),
        &["/pages/0/layers/0/content: puts in more than 100 fields"],
    );
}

#[test]
fn a_hostile_template_has_a_quick_answer() {
    // A million bytes of members that nobody knows, and of fields that a text names.
    let unknown: serde_json::Map<String, Value> =
        (0..60_000).map(|at| (format!("opacit{at}"), json!(0))).collect();
    let problems = read(&unknown.into()).unwrap_err();
    assert_eq!(problems.list().len() + problems.unlisted(), 60_005);
    let texts: Vec<Value> = (0..90)
        .map(|at| {
            text(
                &format!("t{at}"),
                json!({ "content": format!("{{{{x{at}}}}}").repeat(1_400) }),
            )
        })
        .collect();
    assert_eq!(complaints(check(&one_page(json!(texts)))).len(), 90);
}

#[test]
fn a_name_that_is_nearly_anothers_is_a_warning() {
    let template = one_page(json!([
        text("a", json!({ "api_field_name": "First" })),
        text(
            "b",
            json!({ "content": "{{Frist}} {{Last}}", "visible_if": { "field": "first", "op": "present" } })
        ),
    ]));
    let checked = check(&template).unwrap();
    let warnings: Vec<String> = checked.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "/pages/0/layers/1/visible_if: asks for \"first\", which nothing else names, did you mean \"First\"?",
            "/pages/0/layers/1/content: asks for \"Frist\", which nothing else names, did you mean \"First\"?",
        ]
    );
    assert_eq!(checked.fields().len(), 4);
}

//! Values fill gaps, and what is filled knows nothing of gaps any more.

use marquetry_template::{
    Addresses, Art, Content, Filled, FilledLayer, FilledText, Fit, Limits, Source, Unknown,
};
use serde_json::{Value, json};

use super::{check, complaints, fill, layer, one_page, text};

fn layers(filled: &Filled) -> Vec<&str> {
    filled.pages[0]
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect()
}

fn named<'f>(filled: &'f Filled, name: &str) -> Option<&'f FilledLayer> {
    filled.pages[0].layers.iter().find(|layer| layer.name == name)
}

fn words<'f>(filled: &'f Filled, name: &str) -> Option<&'f str> {
    filled.words_of(name)
}

fn set<'f>(filled: &'f Filled, name: &str) -> &'f FilledText {
    match &named(filled, name).unwrap().content {
        Content::Text(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn what_is_not_given_stays_as_the_template_has_it() {
    let template = one_page(json!([text(
        "a",
        json!({ "content": "Own", "api_field_name": "A" })
    )]));
    for values in [json!({}), json!({ "A": null }), json!({ "A": {} })] {
        assert_eq!(
            words(&fill(&template, &values).unwrap(), "a"),
            Some("Own"),
            "{values}"
        );
    }
}

#[test]
fn a_text_takes_words_numbers_and_truths() {
    let template = one_page(json!([text("a", json!({ "api_field_name": "A" }))]));
    for (value, wanted) in [
        (json!("x"), "x"),
        (json!(23), "23"),
        (json!(23.0), "23"),
        (json!(2.5), "2.5"),
        (json!(18_446_744_073_709_551_615_u64), "18446744073709551615"),
        (json!(true), "true"),
        (json!({ "text": 7 }), "7"),
    ] {
        let filled = fill(&template, &json!({ "A": value })).unwrap();
        assert_eq!(words(&filled, "a"), Some(wanted), "{value}");
    }
}

#[test]
fn the_long_form_of_a_text_changes_its_looks() {
    let template = one_page(json!([text(
        "a",
        json!({
            "content": "Own", "api_field_name": "A", "bind": { "color": "C" },
            "fit": { "mode": "shrink_line" },
        })
    )]));
    let filled = fill(
        &template,
        &json!({ "A": { "color": "#f00", "font_size": 50 }, "C": "#0f0" }),
    )
    .unwrap();
    let a = set(&filled, "a");
    assert_eq!(
        (a.words.as_str(), a.colour.to_string().as_str()),
        ("Own", "#ff0000")
    );
    assert_eq!(
        (a.font.size.get(), a.fit.smallest.get(), a.fit.largest.get()),
        (50.0, 20.0, 50.0)
    );
    let filled = fill(&template, &json!({ "C": { "color": "#0f0" } })).unwrap();
    assert_eq!(set(&filled, "a").colour.to_string(), "#00ff00");
    let filled = fill(&template, &json!({ "A": { "hidden": true } })).unwrap();
    assert!(layers(&filled).is_empty());
}

#[test]
fn one_field_reaches_every_layer_that_names_it() {
    let template = one_page(json!([
        text("a", json!({ "api_field_name": "A" })),
        text("b", json!({ "api_field_name": "A", "case": "upper" })),
        layer("c", "qr", json!({ "api_field_name": "A" })),
        text("d", json!({ "content": "<{{A}}>" })),
    ]));
    let filled = fill(&template, &json!({ "A": "jo" })).unwrap();
    let said = ["a", "b", "d"].map(|name| words(&filled, name).unwrap());
    assert_eq!(said, ["jo", "JO", "<jo>"]);
    assert!(matches!(&named(&filled, "c").unwrap().content, Content::Qr(qr) if qr.words == "jo"));
}

#[test]
fn empty_words_do_what_the_layer_says() {
    let template = |when: &str, more: Value| {
        let mut layer = text(
            "a",
            json!({ "content": "Own", "api_field_name": "A", "when_empty": when }),
        );
        layer["box"] = more;
        one_page(json!([layer]))
    };
    let boxed = json!({ "color": "#000" });
    for empty in ["", "  \n"] {
        let values = json!({ "A": empty });
        let blank = fill(&template("blank", boxed.clone()), &values).unwrap();
        assert_eq!(words(&blank, "a"), Some(""));
        assert!(blank.needs().fonts.is_empty());
        assert!(layers(&fill(&template("hide", boxed.clone()), &values).unwrap()).is_empty());
        let default = fill(&template("default", boxed.clone()), &values).unwrap();
        assert_eq!(words(&default, "a"), Some("Own"));
    }
    // Nothing written on nothing is nothing.
    let mut bare = template("blank", json!(null));
    bare["pages"][0]["layers"][0]
        .as_object_mut()
        .unwrap()
        .remove("box");
    assert!(layers(&fill(&bare, &json!({ "A": "" })).unwrap()).is_empty());
}

#[test]
fn insertions_take_what_was_given_or_what_stands_there() {
    let template = one_page(json!([
        text(
            "full",
            json!({ "content": "{{First}} {{Last}}", "api_field_name": "Full" })
        ),
        text("greeting", json!({ "content": "Dear {{Full}}, {{Nobody}}!" })),
    ]));
    let filled = fill(&template, &json!({ "First": "Jo", "Last": "{{Full}}" })).unwrap();
    // Braces that a caller gives are words like others.
    assert_eq!(words(&filled, "greeting"), Some("Dear Jo {{Full}}, !"));
    let filled = fill(&template, &json!({ "Full": "All" })).unwrap();
    assert_eq!(words(&filled, "greeting"), Some("Dear All, !"));
}

#[test]
fn insertions_cannot_grow_without_end() {
    let double = |name: &str, of: &str| {
        text(
            name,
            json!({ "content": format!("{{{{{of}}}}}{{{{{of}}}}}"), "api_field_name": name }),
        )
    };
    let mut layers = vec![text(
        "f0",
        json!({ "content": "xxxxxxxxxx", "api_field_name": "f0" }),
    )];
    layers.extend((1..40).map(|at| double(&format!("f{at}"), &format!("f{}", at - 1))));
    layers.truncate(11);
    assert!(fill(&one_page(json!(layers)), &json!({})).is_err());
    let few = one_page(json!(layers[..10]));
    assert_eq!(
        words(&fill(&few, &json!({})).unwrap(), "f9").map(str::len),
        Some(5120)
    );
}

#[test]
fn conditions_see_values_after_defaults() {
    let seen = |condition: Value, values: Value| {
        let template = one_page(json!([
            text("t", json!({ "api_field_name": "Text", "content": "own" })),
            text("e", json!({ "api_field_name": "Empty" })),
            layer("i", "image", json!({ "api_field_name": "Photo" })),
            layer(
                "s",
                "shape",
                json!({ "shape": "rect", "fill": "#ff0000", "api_field_name": "Fill" })
            ),
            layer(
                "g",
                "group",
                json!({ "api_field_name": "Shown", "visible": false, "layers": [] })
            ),
            layer(
                "r",
                "repeat",
                json!({ "api_field_name": "Team", "count": 2, "item": [],
                "layout": { "cell_width": 1, "cell_height": 1 } })
            ),
            text("probe", json!({ "content": "!", "visible_if": condition })),
        ]));
        named(&fill(&template, &values).unwrap(), "probe").is_some()
    };
    let is = |field: &str, op: &str, value: Value| json!({ "field": field, "op": op, "value": value });
    let op = |field: &str, op: &str| json!({ "field": field, "op": op });
    for (condition, values, wanted) in [
        (op("Text", "present"), json!({}), true),
        (op("Text", "present"), json!({ "Text": "" }), false),
        (op("Empty", "present"), json!({}), false),
        (op("Empty", "absent"), json!({ "Empty": "x" }), false),
        (op("Photo", "present"), json!({}), false),
        (
            op("Photo", "present"),
            json!({ "Photo": "https://a.example/" }),
            true,
        ),
        (op("Photo", "absent"), json!({ "Photo": "" }), true),
        (op("Team", "present"), json!({ "Team": [] }), false),
        (op("Team", "present"), json!({ "Team": [null, {}] }), true),
        (op("Shown", "true"), json!({}), false),
        (op("Shown", "true"), json!({ "Shown": true }), true),
        (op("Shown", "false"), json!({}), true),
        (op("Unheard", "false"), json!({}), true),
        (op("Unheard", "true"), json!({ "Unheard": true }), true),
        (is("Text", "eq", json!("own")), json!({}), true),
        (is("Text", "eq", json!("Own")), json!({}), false),
        (is("Text", "ne", json!("own")), json!({ "Text": "x" }), true),
        (is("Text", "eq", json!(23)), json!({ "Text": "23" }), true),
        (
            is("Text", "in", json!(["a", 2, true])),
            json!({ "Text": true }),
            true,
        ),
        (is("Text", "in", json!([])), json!({}), false),
        (is("Fill", "eq", json!("#F00")), json!({}), true),
        (is("Fill", "eq", json!("#F00")), json!({ "Fill": "#0f0" }), false),
        (json!({ "all": [] }), json!({}), true),
        (json!({ "any": [] }), json!({}), false),
        (json!({ "not": op("Text", "present") }), json!({}), false),
        (
            json!({ "any": [op("Empty", "present"), op("Text", "present")] }),
            json!({}),
            true,
        ),
        (
            json!({ "all": [op("Empty", "present"), op("Text", "present")] }),
            json!({}),
            false,
        ),
    ] {
        assert_eq!(
            seen(condition.clone(), values.clone()),
            wanted,
            "{condition} with {values}"
        );
    }
}

#[test]
fn what_is_not_seen_is_gone_and_needs_nothing() {
    let picture = json!({ "source": { "url": "https://a.example/p.png" } });
    let template = one_page(json!([layer(
        "a",
        "group",
        json!({ "visible": false, "bind": { "visible": "Show" },
            "layers": [layer("b", "image", picture)] })
    ),]));
    let hidden = fill(&template, &json!({})).unwrap();
    assert!(hidden.pages[0].layers.is_empty() && hidden.needs().pictures.is_empty());
    for shown in [json!(true), json!("true"), json!({ "visible": true })] {
        let shown = fill(&template, &json!({ "Show": shown })).unwrap();
        assert_eq!(shown.needs().pictures.len(), 1);
    }
}

#[test]
fn a_picture_takes_an_address_or_more() {
    let template = one_page(json!([layer(
        "a",
        "image",
        json!({
            "api_field_name": "Photo", "source": { "asset": "own" }, "remove_background": "on_request",
        })
    )]));
    let image = |values: Value| match &named(&fill(&template, &values).unwrap(), "a")?.content {
        Content::Image(image) => Some(image.as_ref().clone()),
        other => panic!("{other:?} is no image"),
    };
    assert!(matches!(image(json!({})).unwrap().picture.source, Source::Asset(own) if own.as_str() == "own"));
    // An empty address means that there is none: the template's own is the placeholder.
    assert!(matches!(
        image(json!({ "Photo": "" })).unwrap().picture.source,
        Source::Asset(_)
    ));
    let long = image(json!({ "Photo": {
        "url": "https://a.example/", "fit": "contain", "crop": { "x": 0, "y": 0.5, "width": 1, "height": 0.5 },
        "focal": { "x": 0, "y": 1 }, "remove_background": true, "correction": true,
    } }))
    .unwrap();
    assert!(matches!(&long.picture.source, Source::Url(url) if url.as_str() == "https://a.example/"));
    assert!(long.picture.remove_background && long.picture.correction);
    assert_eq!(
        (long.fit, long.crop.unwrap().get().y, long.focal.y.get()),
        (Fit::Contain, 0.5, 1.0)
    );
    assert!(image(json!({ "Photo": { "hidden": true } })).is_none());
}

#[test]
fn an_empty_picture_does_what_the_layer_says() {
    let template = |when: &str| {
        one_page(json!([layer(
            "a",
            "image",
            json!({ "api_field_name": "Photo", "when_empty": when })
        )]))
    };
    assert!(layers(&fill(&template("placeholder"), &json!({})).unwrap()).is_empty());
    assert!(layers(&fill(&template("hide"), &json!({ "Photo": "" })).unwrap()).is_empty());
    let missing = complaints(fill(&template("fail"), &json!({})));
    assert_eq!(missing, ["/Photo: is missing: it takes the address of a picture"]);
    let empty = complaints(fill(&template("fail"), &json!({ "Photo": "" })));
    assert_eq!(empty, ["/Photo: is empty, and this picture must not be"]);
}

#[test]
fn all_wrong_values_are_named_at_once() {
    let template = one_page(json!([
        text("a", json!({ "api_field_name": "Name", "required": true })),
        layer("b", "image", json!({ "api_field_name": "Photo" })),
        layer("c", "shape", json!({ "shape": "rect", "api_field_name": "Fill" })),
        layer("d", "group", json!({ "api_field_name": "Shown", "layers": [] })),
        layer(
            "e",
            "repeat",
            json!({ "api_field_name": "Team", "count": 2,
            "layout": { "cell_width": 1, "cell_height": 1 },
            "item": [text("f", json!({ "api_field_name": "Who", "required": true }))] })
        ),
    ]));
    let values = json!({
        "Photo": { "url": "http://a.example/", "fit": "stretch", "focal": { "x": 2, "y": 0 } },
        "Fill": "red", "Shown": 1, "Nmae": "x",
        "Team": [{ "Who": ["x"], "player_id": "" }, {}, "x"],
    });
    assert_eq!(
        complaints(fill(&template, &values)),
        [
            "/Nmae: there is no field \"Nmae\", did you mean \"Name\"?",
            "/Name: is missing: it takes a text",
            "/Photo/url: \"http://a.example/\" is not an https:// address of at most 4096 bytes",
            "/Photo/fit: \"stretch\" is none of cover, contain, fill, top_fill",
            "/Photo/focal/x: is 2, 0 to 1 is allowed",
            "/Fill: \"red\" is no colour: #rgb, #rrggbb or #rrggbbaa",
            "/Shown: should be true or false, not a number",
            "/Team/0/player_id: \"\" is not 1 to 64 characters: anything but control characters",
            "/Team/0/Who: should be a text, not a list",
            "/Team/1/Who: is missing: it takes a text",
            "/Team/2: should be an object of values by field names, not a text",
        ]
    );
    assert_eq!(
        complaints(fill(&template, &json!([]))),
        ["should be an object of values by field names, not a list"]
    );
}

#[test]
fn what_no_field_takes_can_be_passed_over() {
    let checked = check(&one_page(json!([text("a", json!({ "api_field_name": "Name" }))]))).unwrap();
    let values = json!({ "name": "x", "Name": { "text": "y", "colour": "#fff" } });
    let filled = checked.fill(&values, &Limits::default(), Unknown::Warn).unwrap();
    assert_eq!(filled.words_of("a"), Some("y"));
    let warnings: Vec<String> = filled.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "/name: there is no field \"name\"",
            "/Name/colour: \"colour\" is not known here, did you mean \"color\"?",
        ]
    );
}

#[test]
fn plain_addresses_are_for_networks_of_ones_own() {
    let checked = check(&one_page(json!([layer(
        "a",
        "image",
        json!({ "api_field_name": "P" })
    )])))
    .unwrap();
    let values = json!({ "P": "http://10.0.0.1/p.png" });
    assert!(
        checked
            .fill(&values, &Limits::default(), Unknown::Refuse)
            .is_err()
    );
    let open = Limits {
        addresses: Addresses::HttpToo,
        ..Limits::default()
    };
    assert!(checked.fill(&values, &open, Unknown::Refuse).is_ok());
}

#[test]
fn hostile_values_have_a_short_answer() {
    let template = one_page(json!([
        text("a", json!({ "api_field_name": "A" })),
        layer(
            "e",
            "repeat",
            json!({ "api_field_name": "Team", "count": 2, "item": [],
            "layout": { "cell_width": 1, "cell_height": 1 } })
        ),
    ]));
    let said = complaints(fill(&template, &json!({ "A": "x".repeat(1_000_000) })));
    assert_eq!(said, ["/A: has 1000000 characters, 10000 are allowed"]);
    let said = complaints(fill(&template, &json!({ "Team": vec![json!({}); 3] })));
    assert_eq!(
        said,
        ["/Team/2: has no place: 3 items are given, 2 places are there"]
    );
    let said = complaints(fill(&template, &json!({ "Team": vec![json!({}); 10_000] })));
    assert_eq!(said, ["/Team: has 10000 items, 200 are allowed"]);
    let twice = json!({ "Team": [{ "player_id": "7" }, { "player_id": 7 }] });
    assert_eq!(
        complaints(fill(&template, &twice)),
        ["/Team/1/player_id: \"7\" is the player of another item too"]
    );
    let many: serde_json::Map<String, Value> = (0..201).map(|at| (at.to_string(), json!(1))).collect();
    assert_eq!(
        complaints(fill(&template, &many.into())),
        ["has 201 values, 200 are allowed"]
    );
}

#[test]
fn fields_of_an_item_are_its_own() {
    let template = one_page(json!([
        text("t", json!({ "api_field_name": "Name", "content": "outside" })),
        layer(
            "r",
            "repeat",
            json!({
                "api_field_name": "Team", "count": 3, "layout": { "mode": "row", "gap_x": 2, "cell_width": 10, "cell_height": 10 },
                "item": [
                    text("n", json!({ "api_field_name": "Name", "content": "nobody" })),
                    text("c", json!({ "content": "{{Name}} of {{Club}}", "visible_if": { "field": "Star", "op": "true" } })),
                ],
            })
        ),
        text("club", json!({ "api_field_name": "Club" })),
    ]));
    let checked = check(&template).unwrap();
    let item: Vec<&str> = checked
        .fields()
        .get("Team")
        .unwrap()
        .item
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    // What only an item mentions is the item's; what the template has is the template's.
    assert_eq!(item, ["Name", "Star"]);
    let values = json!({ "Name": "x", "Club": "K", "Team": { "items": [{ "Name": "a", "Star": true }, { "Name": "b" }] } });
    let filled = checked
        .fill(&values, &Limits::default(), Unknown::Refuse)
        .unwrap();
    let Content::Group(row) = &named(&filled, "r").unwrap().content else {
        panic!("a repeat becomes a group")
    };
    let cells: Vec<(f64, Vec<&str>)> = row
        .layers
        .iter()
        .map(|cell| {
            let Content::Group(group) = &cell.content else {
                panic!("a cell is a group")
            };
            let words = group.layers.iter().filter_map(|layer| match &layer.content {
                Content::Text(text) => Some(text.words.as_str()),
                _ => None,
            });
            (cell.frame.x, words.collect())
        })
        .collect();
    assert_eq!(
        cells,
        [
            (0.0, vec!["a", "a of K"]),
            (12.0, vec!["b"]),
            (24.0, vec!["nobody"])
        ]
    );
}

#[test]
fn colours_follow_their_names() {
    let mut template = one_page(json!([
        layer(
            "a",
            "shape",
            json!({ "shape": "rect", "fill": { "ref": "home" }, "bind": { "stroke": "Edge" },
            "stroke": { "width": 1, "color": { "ref": "home" } }, "shadow": { "color": { "ref": "home" } } })
        ),
        layer(
            "b",
            "shape",
            json!({ "shape": "rect", "api_field_name": "Own",
            "fill": { "gradient": "linear", "stops": [{ "at": 0, "color": { "ref": "home" } }, { "at": 1, "color": "#fff" }] } })
        ),
    ]));
    template["colors"] = json!({ "home": { "value": "#000", "api_field_name": "Home" } });
    let filled = fill(
        &template,
        &json!({ "Home": "#123456", "Edge": "#fedcba80", "Own": "#010203" }),
    )
    .unwrap();
    let a = named(&filled, "a").unwrap();
    assert_eq!(a.shadow.unwrap().colour.to_string(), "#123456");
    assert_eq!(a.stroke.unwrap().colour.to_string(), "#fedcba80");
    let shown = format!("{:?}", named(&filled, "b").unwrap().content);
    assert!(
        shown.contains("red: 1, green: 2, blue: 3") && !shown.contains("Gradient"),
        "{shown}"
    );
}

#[test]
fn a_page_can_lie_in_a_mockup() {
    let (template, values) = super::examples::example("mug.json");
    let filled = fill(&template, &values).unwrap();
    let Content::Mockup(mockup) = &filled.pages[0].layers[0].content else {
        panic!("a smart object becomes a mockup")
    };
    assert!(matches!(mockup.art[0].art, Art::Page(1)));
    assert!(
        matches!(&mockup.art[1].art, Art::Picture(picture, None) if picture.source != Source::Asset(
        marquetry_template::AssetId::new("x").unwrap()))
    );
    assert_eq!(filled.needs().mockups.len(), 1);
    // Without a picture the mockup keeps its own.
    let filled = fill(&template, &json!({})).unwrap();
    let Content::Mockup(mockup) = &filled.pages[0].layers[0].content else {
        panic!("a smart object becomes a mockup")
    };
    assert_eq!(mockup.art.len(), 1);
}

#[test]
fn all_texts_together_have_a_bound() {
    let cells = json!({ "api_field_name": "Team", "count": 200, "layout": { "cell_width": 1, "cell_height": 1 },
        "item": [text("a", json!({ "content": "{{Long}}" }))] });
    let template = one_page(json!([
        layer("r", "repeat", cells),
        text("l", json!({ "api_field_name": "Long" }))
    ]));
    let said = complaints(fill(&template, &json!({ "Long": "x".repeat(9_000) })));
    assert_eq!(said, ["all texts together have more than 1000000 characters"]);
    assert!(fill(&template, &json!({ "Long": "x".repeat(4_000) })).is_ok());
}

#[test]
fn a_repeat_without_a_field_is_a_pattern() {
    let cells = json!({ "count": 3, "empty_slot": "hide", "layout": { "cell_width": 1, "cell_height": 1 },
        "item": [text("a", json!({ "content": "{{Word}}" }))] });
    let filled = fill(
        &one_page(json!([layer("r", "repeat", cells)])),
        &json!({ "Word": "x" }),
    )
    .unwrap();
    assert!(
        matches!(&named(&filled, "r").unwrap().content, Content::Group(group) if group.layers.len() == 3)
    );
    assert_eq!(filled.words_of("a"), Some("x"));
}

#[test]
fn what_the_template_mentions_an_item_sees_whichever_comes_first() {
    let cells = json!({ "api_field_name": "Team", "count": 1, "layout": { "cell_width": 1, "cell_height": 1 },
        "item": [text("inner", json!({ "content": "{{Season}}" }))] });
    let mut layers = vec![
        layer("r", "repeat", cells),
        text("outer", json!({ "content": "{{Season}}" })),
    ];
    for _ in 0..2 {
        let filled = fill(
            &one_page(json!(layers)),
            &json!({ "Season": "2027", "Team": [{}] }),
        )
        .unwrap();
        assert_eq!(filled.words_of("inner"), Some("2027"));
        layers.reverse();
    }
}

//! Templates and values that mean harm: each ends in an error that says what and where, or is drawn.

use std::sync::Arc;

use marquetry_pixel::Size;
use marquetry_render::{Limits, MountedMockup, Painter, RenderError, RenderedTemplate, render_template};
use marquetry_template::{Art, Content, Everything, Filled, Limits as TemplateLimits, Template, Unknown};
use serde_json::{Value, json};

use crate::fixtures::{opened, quarters};
use crate::templates::{all, page, template};

/// What is wrong with a template of one page with these layers, as it is told.
fn refused(page: Value) -> String {
    let template = json!({ "schema": 1, "id": "t", "name": "T", "revision": 1, "pages": [page] });
    refused_text(&template.to_string())
}

fn refused_text(text: &str) -> String {
    let limits = TemplateLimits::default();
    let checked = Template::parse(text.as_bytes(), &limits)
        .and_then(|template| template.check(&Everything, &limits))
        .and_then(|checked| checked.fill(&json!({}), &limits, Unknown::Refuse));
    checked.expect_err("this is not to be drawn").to_string()
}

fn sheet(layers: Value) -> Value {
    json!({ "id": "p", "width": 60, "height": 40, "layers": layers })
}

fn square(id: &str) -> Value {
    json!({ "id": id, "type": "shape", "shape": "rect", "x": 0, "y": 0, "width": 9, "height": 9, "fill": "#f00" })
}

fn draw(filled: &Filled, limits: &Limits) -> Result<RenderedTemplate, RenderError> {
    let supplies = all(filled, &quarters(4, 4));
    render_template(filled, None, &supplies, limits, &Painter::default(), &mut ())
}

#[test]
fn what_no_template_may_ask_for_is_told_before_anything_is_drawn() {
    let many: Vec<Value> = (0..10_000).map(|at| square(&format!("l{at}"))).collect();
    let words = |content: &str| {
        json!({
            "id": "t", "type": "text", "x": 0, "y": 0, "width": 9, "height": 9,
            "font": { "family": "Arimo", "size": 10 }, "content": content,
        })
    };
    let mut wide = square("wide");
    wide["width"] = json!(1e308);
    let deep = (0..20).fold(square("inner"), |inner, at| {
        json!({ "id": format!("g{at}"), "type": "group", "x": 0, "y": 0, "width": 9, "height": 9, "layers": [inner] })
    });
    let mut big = sheet(json!([]));
    big["width"] = json!(12_000);
    big["height"] = json!(12_000);
    let mut bigger = sheet(json!([]));
    bigger["width"] = json!(4_000_000_000_u64);
    let itself = json!({
        "id": "m", "type": "smart_object", "x": 0, "y": 0, "width": 9, "height": 9,
        "mockup_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "slots": [{ "uuid": "01890a5d-ac96-774b-bcce-b302099a8058", "layers": "p" }],
    });
    for (what, told, page) in [
        ("10,000 layers", "500", sheet(json!(many))),
        (
            "a million letters",
            "/layers/0/content",
            sheet(json!([words(&"x".repeat(1_000_000))])),
        ),
        ("1e308 pixels wide", "/layers/0/width", sheet(json!([wide]))),
        ("groups in groups", "deep", sheet(json!([deep]))),
        ("144 million pixels", "/pages/0", big),
        ("a long side", "/pages/0/width", bigger),
        ("a page in itself", "lie in themselves", sheet(json!([itself]))),
    ] {
        let problem = refused(page);
        assert!(problem.contains(told), "{what}: {problem}");
        assert!(problem.len() < 20_000, "{what}: {} bytes", problem.len());
    }
}

#[test]
fn numbers_that_are_none_are_no_json() {
    for number in ["NaN", "Infinity", "1e999", "-1e999", "0x10"] {
        let text = format!(
            r#"{{"schema":1,"id":"t","name":"T","revision":1,"pages":[{{"id":"p","width":{number},"height":9,"layers":[]}}]}}"#
        );
        assert!(!refused_text(&text).is_empty(), "{number}");
    }
}

#[test]
fn words_that_put_in_each_other_are_refused() {
    let text = |id: &str, field: &str, content: &str| {
        json!({
            "id": id, "type": "text", "x": 0, "y": 0, "width": 9, "height": 9, "api_field_name": field,
            "font": { "family": "Arimo", "size": 10 }, "content": content,
        })
    };
    let problem = refused(sheet(json!([text("a", "A", "{{B}}"), text("b", "B", "{{A}}")])));
    assert!(problem.contains("/pages/0/layers/"), "{problem}");
}

#[test]
fn the_largest_of_everything_is_drawn_or_names_its_layer() {
    let most = 1_000_000;
    let shape = |more: Value| {
        let mut layer = square("s");
        layer
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        layer
    };
    for layer in [
        shape(json!({ "x": -most, "y": -most, "width": most, "height": most })),
        shape(json!({ "x": -most, "y": 0, "width": most, "height": 1, "rotation": 36_000 })),
        shape(json!({ "width": most, "height": most, "rotation": 33.3, "corner_radius": most })),
        shape(json!({ "stroke": { "width": most, "color": "#00f", "position": "outside" } })),
        shape(json!({ "stroke": { "width": 1e-6, "color": "#00f" }, "width": 0, "height": 0 })),
        shape(json!({ "shadow": { "dx": most, "dy": -most, "blur": 1000, "color": "#000" } })),
        shape(json!({ "x": most, "shadow": { "dx": -most, "blur": 0, "color": "#000" } })),
        shape(
            json!({ "fill": { "gradient": "radial", "stops": [{ "at": 0, "color": "#000" }, { "at": 0, "color": "#fff" }] }, "width": 0 }),
        ),
        json!({
            "id": "s", "type": "shape", "shape": "path", "x": 0, "y": 0, "width": 0, "height": 0, "fill": "#f00",
            "d": "M-1000000 -1000000 C1000000 1000000 -1000000 1000000 1000000 -1000000 Q0 0 1e-9 5 Z",
            "stroke": { "width": 3, "color": "#00f" },
        }),
        json!({
            "id": "t", "type": "text", "x": 0, "y": 0, "width": 60, "height": 40, "content": "Ag\n\n\u{202e}x",
            "font": { "family": "Arimo", "size": 10_000, "line_height": 10, "letter_spacing": -1000 },
            "text_stroke": { "width": most, "color": "#0f0" },
        }),
        json!({
            "id": "t", "type": "text", "x": 0, "y": 0, "width": 0, "height": 0, "content": "no room at all",
            "font": { "family": "nobody has this", "size": 0.25 }, "padding": most,
            "fit": { "mode": "fill_box", "max_size": 10_000, "overflow": "ellipsis", "max_lines": 1 },
        }),
        json!({
            "id": "i", "type": "image", "x": -most, "y": -most, "width": most, "height": most,
            "source": { "asset": "a" }, "filter": { "blur": 1000, "saturation": 10 }, "rotation": 1e-7,
        }),
        json!({
            "id": "i", "type": "image", "x": 0, "y": 0, "width": 1e-9, "height": 1000, "source": { "asset": "a" },
            "crop": { "x": 0.999_999, "y": 0, "width": 1e-6, "height": 1e-9 }, "cropping": "none",
        }),
        json!({
            "id": "g", "type": "group", "x": 0, "y": 0, "width": most, "height": most, "clip": true, "opacity": 0.5,
            "rotation": 12, "layers": [square("inner")],
            "shadow": { "dx": 1, "dy": 1, "blur": 1000, "color": "#00000001" },
        }),
        json!({ "id": "q", "type": "qr", "x": 0, "y": 0, "width": 1e-9, "height": 50, "content": "x", "quiet_zone": 64 }),
    ] {
        let filled = page(json!([layer]));
        match draw(&filled, &Limits::default()) {
            Ok(made) => assert_eq!(made.size, Size::new(60, 40), "{layer}"),
            Err(RenderError::LayerTooLarge { layer: name, .. }) => {
                assert_eq!(name, filled.pages[0].layers[0].name)
            }
            Err(other) => panic!("{layer}: {other}"),
        }
    }
}

#[test]
fn layers_may_take_only_so_much_memory_together() {
    let oval = |at: usize| json!({ "id": format!("o{at}"), "type": "shape", "shape": "ellipse", "x": 0, "y": 0, "width": 500, "height": 500, "fill": "#ff000088" });
    let ovals: Vec<Value> = (0..8).map(oval).collect();
    let group = json!({ "id": "g", "type": "group", "x": 0, "y": 0, "width": 500, "height": 500, "opacity": 0.5, "layers": ovals });
    let filled = template(json!([{ "id": "p", "width": 500, "height": 500, "layers": [group] }]));
    let limits = Limits {
        layers_kept: 1_500_000,
        ..Limits::default()
    };
    let refused = draw(&filled, &limits);
    let Err(RenderError::LayerTooLarge {
        layer,
        wanted,
        allowed,
    }) = refused
    else {
        panic!("{refused:?}")
    };
    // Each mask takes a byte a pixel: the seventh is one too many.
    assert_eq!((layer.as_str(), wanted, allowed), ("o6", 1_750_000, 1_500_000));
    assert!(draw(&filled, &Limits::default()).is_ok());
}

#[test]
fn a_page_over_the_drawing_limit_is_not_begun() {
    let filled = page(json!([]));
    let limits = Limits {
        pixels: 2_000,
        ..Limits::default()
    };
    assert!(matches!(
        draw(&filled, &limits),
        Err(RenderError::TooLarge {
            what: "the page",
            wanted: 2_400,
            allowed: 2_000
        })
    ));
}

#[test]
fn a_page_in_itself_ends_even_when_nobody_checked() {
    let mut filled = crate::gallery::filled("poster-frame-mockup");
    let Content::Mockup(mockup) = &mut filled.pages[0].layers[0].content else {
        panic!("the example lies a page into a mockup")
    };
    mockup.art[0].art = Art::Page(0);
    let supplies = crate::gallery::supplies(&filled);
    let limits = Limits::default();
    let endless = render_template(&filled, None, &supplies, &limits, &Painter::default(), &mut ());
    assert!(matches!(endless, Err(RenderError::PageInItself)));
}

#[test]
fn a_smart_object_that_is_gone_leaves_the_mockup_as_it_was() {
    let filled = crate::gallery::filled("poster-frame-mockup");
    let mut supplies = crate::gallery::supplies(&filled);
    for mounted in supplies.mockups.values_mut() {
        *mounted = MountedMockup::new(Arc::new(opened(crate::fixtures::mockup((60.0, 60.0)))), &[]);
    }
    let limits = Limits::default();
    let made = render_template(&filled, None, &supplies, &limits, &Painter::default(), &mut ()).unwrap();
    assert_eq!(made.warnings[0].code.name(), "smart_object_missing");
}

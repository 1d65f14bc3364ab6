//! Smart objects drawn from their contents: perspective, nesting, copies, and what cannot be drawn.

use marquetry_model::Placement;
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Feature, Limits, Order, Redraw, RenderError, draw, open};
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject as Placed};

use crate::fixtures::{
    BLUE, GREEN, GREY, RED, SHIPPED, WHITE, assets, change, drawn, flat, mean_apart, mockup, opened, png,
    quarters, smart_object, source, with_change,
};

const QUAD: [[f64; 2]; 4] = [[20.0, 10.0], [80.0, 10.0], [80.0, 70.0], [20.0, 70.0]];

/// A document of 60 x 60 whose lower half is blue and whose upper half is a smart object "Inner".
fn inner() -> Vec<u8> {
    let mut file = Builder::new(60, 60);
    file.push(Layer::raster(
        "Ground",
        Rect::new(0, 0, 60, 60),
        flat(60, 60, BLUE),
    ));
    let placed = Placed::new(
        "inner",
        [[0.0, 0.0], [60.0, 0.0], [60.0, 30.0], [0.0, 30.0]],
        [60.0, 30.0],
    );
    file.push(Layer::smart_object(
        "Inner",
        placed,
        Rect::new(0, 0, 60, 30),
        flat(60, 30, GREEN),
    ));
    file.link(Linked::embedded(
        "inner",
        "inner.png",
        png(&Raster::filled(Size::new(60, 30), GREEN)),
    ));
    file.to_bytes()
}

/// A document with two copies of a smart object that holds `inner`.
fn outer() -> Vec<u8> {
    let mut file = Builder::new(140, 80);
    file.push(Layer::raster(
        "Background",
        Rect::new(0, 0, 140, 80),
        flat(140, 80, GREY),
    ));
    for (name, left) in [("Left", 0), ("Right", 70)] {
        let x = f64::from(left);
        let quad = [[x, 10.0], [x + 60.0, 10.0], [x + 60.0, 70.0], [x, 70.0]];
        let placed = Placed::new("outer", quad, [60.0, 60.0]);
        file.push(Layer::smart_object(
            name,
            placed,
            Rect::new(left, 10, 60, 60),
            flat(60, 60, WHITE),
        ));
    }
    file.link(Linked::embedded("outer", "inner.psb", inner()));
    file.to_bytes()
}

#[test]
fn the_shipped_mockup_looks_as_it_was_saved() {
    let mockup = opened(SHIPPED.to_vec());
    let picture = drawn(&mockup, &Order::default(), &assets(&quarters(2, 2)));
    let mut saved = Raster::new(mockup.size());
    mockup
        .document()
        .merged()
        .interleave_rgba8(saved.bytes_mut(), &Default::default())
        .unwrap();
    assert!(
        mean_apart(&picture.raster, &saved) < 0.3,
        "{}",
        mean_apart(&picture.raster, &saved)
    );
    assert_eq!(picture.undrawn, []);
}

#[test]
fn drawing_perspective_contents_again_gives_the_stored_pixels() {
    let mockup = opened(SHIPPED.to_vec());
    let saved = drawn(&mockup, &Order::default(), &assets(&quarters(2, 2))).raster;
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let again = drawn(&mockup, &order, &assets(&quarters(2, 2))).raster;
    assert!(mean_apart(&saved, &again) < 0.3, "{}", mean_apart(&saved, &again));
}

#[test]
fn a_nested_document_is_drawn_by_the_same_engine() {
    let mockup = opened(outer());
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &assets(&quarters(2, 2))).raster;
    for left in [0, 70] {
        assert_eq!(picture.pixel(left + 30, 20), Some(GREEN));
        assert_eq!(picture.pixel(left + 30, 60), Some(BLUE));
    }
}

#[test]
fn a_nested_smart_object_is_changed_in_every_copy() {
    let mockup = opened(outer());
    let object = smart_object(&mockup, "Right");
    assert_eq!(object.instances.len(), 2);
    assert_eq!(object.smart_objects[0].name, "Inner");
    let picture = with_change(
        &mockup,
        change(&mockup, "Inner", Placement::default()),
        &quarters(60, 30),
    );
    for left in [0, 70] {
        assert_eq!(picture.pixel(left + 5, 12), Some(RED));
        assert_eq!(picture.pixel(left + 55, 12), Some(GREEN));
        assert_eq!(picture.pixel(left + 30, 60), Some(BLUE));
    }
    assert_eq!(picture.pixel(65, 40), Some(GREY));
}

#[test]
fn layers_inside_contents_can_be_hidden() {
    let mockup = opened(outer());
    let object = smart_object(&mockup, "Right");
    let hidden = [object.smart_objects[0].instances[0].clone()];
    let picture = drawn(
        &mockup,
        &Order {
            hidden: &hidden,
            ..Order::default()
        },
        &assets(&quarters(2, 2)),
    )
    .raster;
    assert_eq!([picture.pixel(30, 20), picture.pixel(100, 20)], [Some(BLUE); 2]);
}

#[test]
fn a_changed_asset_takes_on_mask_and_blend_mode() {
    let mut file = Builder::new(100, 80);
    file.push(Layer::raster(
        "Background",
        Rect::new(0, 0, 100, 80),
        flat(100, 80, GREY),
    ));
    let placed = Placed::new("contents", QUAD, [60.0, 60.0]);
    let layer = Layer::smart_object("Design", placed, Rect::new(20, 10, 60, 60), flat(60, 60, WHITE));
    let mask = marquetry_testkit::psd::Mask::new(Rect::new(20, 10, 30, 60), vec![255; 30 * 60]);
    file.push(layer.blend(b"mul ").mask(mask));
    file.link(Linked::embedded(
        "contents",
        "old.png",
        png(&Raster::filled(Size::new(60, 60), WHITE)),
    ));
    let mockup = opened(file.to_bytes());
    let art = Raster::filled(Size::new(60, 60), [255, 128, 0, 255]);
    let picture = with_change(&mockup, change(&mockup, "Design", Placement::default()), &art);
    assert_eq!(picture.pixel(30, 40), Some([128, 64, 0, 255]));
    assert_eq!(picture.pixel(70, 40), Some(GREY));
}

#[test]
fn documents_inside_each_other_have_a_limit() {
    let mut file = inner();
    for _ in 0..8 {
        let mut around = Builder::new(60, 60);
        let placed = Placed::new(
            "next",
            [[0.0, 0.0], [60.0, 0.0], [60.0, 60.0], [0.0, 60.0]],
            [60.0, 60.0],
        );
        around.push(Layer::smart_object(
            "Next",
            placed,
            Rect::new(0, 0, 60, 60),
            flat(60, 60, WHITE),
        ));
        around.link(Linked::embedded("next", "next.psb", file));
        file = around.to_bytes();
    }
    let mockup = opened(file);
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &assets(&quarters(2, 2)));
    // The fifth document's own stored pixels stand for what lies deeper.
    assert_eq!(picture.raster.pixel(30, 30), Some(WHITE));
    assert_eq!(
        picture
            .undrawn
            .iter()
            .map(|u| u.feature.clone())
            .collect::<Vec<_>>(),
        [Feature::Contents]
    );
}

#[test]
fn a_missing_file_keeps_its_stored_pixels_and_is_reported() {
    let mut file = Builder::new(100, 80);
    let placed = Placed::new("gone", QUAD, [60.0, 60.0]).external();
    file.push(Layer::smart_object(
        "Linked",
        placed,
        Rect::new(20, 10, 60, 60),
        flat(60, 60, RED),
    ));
    file.link(Linked::external("gone", "gone.psb", "file:///gone.psb", 1234));
    let mockup = opened(file.to_bytes());
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &assets(&quarters(2, 2)));
    assert_eq!(picture.raster.pixel(50, 40), Some(RED));
    let missing = Feature::LinkedFile("gone.psb".to_owned());
    assert_eq!(picture.undrawn[0].feature, missing);
    // It can take an asset all the same: its frame is known.
    let filled = with_change(
        &mockup,
        change(&mockup, "Linked", Placement::default()),
        &quarters(60, 60),
    );
    assert_eq!(filled.pixel(75, 65), Some(BLUE));
}

#[test]
fn an_asset_that_is_no_picture_is_named() {
    let mockup = opened(mockup((60.0, 60.0)));
    let changes = [change(&mockup, "Design", Placement::default())];
    let order = Order {
        changes: &changes,
        ..Order::default()
    };
    let nonsense = [(source(), bytes::Bytes::from_static(b"not a picture"))].into();
    let painter = marquetry_render::Painter::default();
    let refused = draw(&mockup, &order, &nonsense, &painter, &mut ()).unwrap_err();
    assert!(matches!(&refused, RenderError::Asset { smart_object, .. } if smart_object == "Design"));
    let missing = draw(&mockup, &order, &Default::default(), &painter, &mut ()).unwrap_err();
    assert!(matches!(missing, RenderError::AssetMissing { .. }));
}

#[test]
fn drawing_stops_when_asked() {
    let mockup = opened(mockup((60.0, 60.0)));
    let painter = marquetry_render::Painter {
        stop: &|| true,
        ..Default::default()
    };
    let stopped = draw(&mockup, &Order::default(), &Default::default(), &painter, &mut ());
    assert!(matches!(stopped, Err(RenderError::Stopped)));
}

#[test]
fn a_canvas_over_the_limit_is_refused() {
    let limits = Limits {
        pixels: 100,
        ..Limits::default()
    };
    let mockup = open(mockup((60.0, 60.0)), &limits).unwrap();
    let refused = draw(
        &mockup,
        &Order::default(),
        &Default::default(),
        &Default::default(),
        &mut (),
    );
    assert!(matches!(
        refused,
        Err(RenderError::TooLarge {
            wanted: 8000,
            allowed: 100,
            ..
        })
    ));
}

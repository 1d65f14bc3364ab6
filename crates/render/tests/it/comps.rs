//! Layer comps of what lies in a smart object: which layers each of them shows.

use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Order, Redraw};
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject};

use crate::fixtures::{BLUE, GREEN, RED, WHITE, drawn, flat, opened};

const SIDE: u32 = 8;

fn square(name: &str, colour: [u8; 4]) -> Layer {
    Layer::raster(name, Rect::new(0, 0, SIDE, SIDE), flat(SIDE, SIDE, colour))
}

/// A document of three layers over each other: comp 70 shows the lowest, 71 the middle one, 72 the highest, and the
/// document itself was left with the middle one.
fn contents() -> Vec<u8> {
    let mut file = Builder::new(SIDE, SIDE);
    file.push(square("below", RED).comps(&[(&[70, 71, 72, 0], true)]));
    file.push(square("middle", GREEN).comps(&[(&[70, 72], false), (&[71, 0], true)]));
    file.push(
        square("above", BLUE)
            .hidden()
            .comps(&[(&[70, 71, 0], false), (&[72], true)]),
    );
    file.to_bytes()
}

/// The colour in the middle of a smart object that shows the comp of that id.
fn shown(comp: i32) -> [u8; 4] {
    let side = f64::from(SIDE);
    let corners = [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]];
    let placed = SmartObject::new("contents", corners, [side, side]).comp(comp);
    let mut file = Builder::new(SIDE, SIDE);
    file.push(Layer::smart_object(
        "Design",
        placed,
        Rect::new(0, 0, SIDE, SIDE),
        flat(SIDE, SIDE, WHITE),
    ));
    file.link(Linked::embedded("contents", "old.psb", contents()));
    let mockup = opened(file.to_bytes());
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &Assets::new());
    assert_eq!(picture.undrawn, []);
    let colour = picture.raster.pixel(4, 4).unwrap();
    assert!(*picture.raster == Raster::filled(Size::new(SIDE, SIDE), colour));
    colour
}

#[test]
fn a_smart_object_shows_the_comp_it_asks_for() {
    assert_eq!([70, 71, 72].map(shown), [RED, GREEN, BLUE]);
}

#[test]
fn without_a_comp_the_document_is_as_it_was_left() {
    // None, the last state, and one that nobody knows.
    assert_eq!([-1, 0, 99].map(shown), [GREEN, GREEN, GREEN]);
}

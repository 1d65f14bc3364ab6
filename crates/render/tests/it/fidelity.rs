//! The fidelity report, on documents whose numbers follow from how they are written.

use marquetry_model::{Comparison, Drawn, LayerKind, NoReference};
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Limits, Painter, Report, Room, Watch, open, report};
use marquetry_testkit::psd::{Builder, Descriptor, Layer, Linked, Mask, Rect, SmartObject, Text};

use crate::fixtures::{GREY, RED, WHITE, flat, opened, png};

fn reported(file: &Builder) -> Report {
    report(&opened(file.to_bytes()), &Painter::default(), &mut ()).unwrap()
}

fn whole(name: &str, pixel: [u8; 4]) -> Layer {
    Layer::raster(name, Rect::new(0, 0, 20, 10), flat(20, 10, pixel))
}

fn smart_object(name: &str, rect: Rect, pixel: [u8; 4]) -> Layer {
    let (left, top) = (f64::from(rect.left), f64::from(rect.top));
    let (right, bottom) = (f64::from(rect.right), f64::from(rect.bottom));
    let quad = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let placed = SmartObject::new("contents", quad, [right - left, bottom - top]);
    let pixels = pixel.repeat(rect.area());
    Layer::smart_object(name, placed, rect, pixels)
}

fn contents() -> Linked {
    Linked::embedded("contents", "old.png", png(&Raster::filled(Size::new(4, 4), RED)))
}

/// 20 x 10, the upper half of `merged` other than what the one grey layer gives.
fn half_off() -> Builder {
    let mut merged = flat(20, 10, GREY);
    merged[..20 * 5 * 4].copy_from_slice(&flat(20, 5, [132, 128, 128, 255]));
    let mut file = Builder::new(20, 10).merged(merged);
    file.push(whole("Grey", GREY));
    file
}

#[test]
fn numbers_follow_from_the_pixels() {
    let found = reported(&half_off());
    let Comparison::Measured(difference) = found.fidelity.compared else {
        panic!("{:?}", found.fidelity.compared);
    };
    assert!((difference.off_by_more_than_3 - 50.0).abs() < 1e-9);
    // Half of the pixels are off by 4 in one channel of three.
    assert!((difference.mean_absolute_error - 4.0 / 6.0).abs() < 1e-9);
    assert!((difference.p99 - 4.0).abs() < 1e-9);
    // A little more than just to be seen, on half of the pixels.
    assert!((0.5..1.5).contains(&difference.delta_e_mean), "{difference:?}");
    assert!(!difference.passes());
    let map = found.heat_map.unwrap();
    assert_eq!(map.size(), Size::new(20, 10));
    let (off, right) = (map.pixel(3, 2).unwrap(), map.pixel(3, 7).unwrap());
    // Between 1, which is blue, and 2.5, which is yellow: nearer to that.
    assert!(off[0] > off[2] && off[1] > off[2], "{off:?}");
    assert_eq!(right, [32, 32, 32, 255], "no difference is dark grey");
}

#[test]
fn the_drawing_never_looks_at_the_merged_picture() {
    let drawn = |merged| {
        let mut file = Builder::new(20, 10).merged(flat(20, 10, merged));
        file.push(whole("Half", [10, 200, 30, 128]));
        reported(&file).picture.raster
    };
    assert_eq!(drawn(WHITE), drawn([0, 0, 0, 255]));
}

#[test]
fn without_a_picture_of_photoshops_there_are_no_numbers() {
    let mut unreal = Builder::new(20, 10);
    unreal.push(whole("Grey", GREY));
    let found = reported(&unreal);
    assert_eq!(
        found.fidelity.compared,
        Comparison::NoReference(NoReference::NotSaved)
    );
    assert!(found.heat_map.is_none());
    assert_eq!(found.fidelity.layers.len(), 1, "layers are told all the same");

    let flat = Builder::new(20, 10).merged(flat(20, 10, RED));
    assert_eq!(
        reported(&flat).fidelity.compared,
        Comparison::NoReference(NoReference::NoLayers)
    );

    let mut bytes = half_off().to_bytes();
    bytes.truncate(bytes.len() - 1);
    let cut = report(&opened(bytes), &Painter::default(), &mut ()).unwrap();
    let unreadable = Comparison::NoReference(NoReference::Unreadable);
    assert!(
        cut.fidelity.compared == unreadable || cut.heat_map.is_some(),
        "a damaged row may be mended, and is not when it cannot"
    );
}

#[test]
fn a_transparent_document_is_compared_over_white() {
    // Photoshop stores half black blended with white.
    let mut file = Builder::new(20, 10).merged(flat(20, 10, [127, 127, 127, 128]));
    file.push(whole("Half", [0, 0, 0, 128]));
    let found = reported(&file);
    let difference = found.fidelity.compared.difference().copied().unwrap();
    assert!(difference.mean_absolute_error < 1e-6, "{difference:?}");
}

#[test]
fn each_layer_says_how_it_came_to_be() {
    let mut file = Builder::new(20, 10);
    file.push(whole("Pixels", GREY));
    file.push(smart_object("Design", Rect::new(0, 0, 10, 10), RED));
    let rect = Rect::new(0, 0, 5, 5);
    file.push(Layer::text(
        "Words",
        &Text::new("Hi", 5.0, 0.0, 5.0),
        rect,
        flat(5, 5, RED),
    ));
    file.push(Layer::group(
        "Group",
        vec![Layer::solid_fill("Colour", [1, 2, 3])],
    ));
    file.push(Layer::empty("Pattern").block(b"PtFl", Descriptor::new("null").to_versioned_bytes()));
    file.push(whole("Hidden", RED).hidden());
    file.link(contents());
    let found = reported(&file).fidelity;
    let told: Vec<_> = found
        .layers
        .iter()
        .map(|layer| (layer.name.as_str(), layer.kind, layer.drawn))
        .collect();
    assert_eq!(
        told,
        [
            ("Pattern", LayerKind::Fill, Drawn::NotDrawn),
            ("Group", LayerKind::Group, Drawn::Exact),
            ("Colour", LayerKind::Fill, Drawn::Exact),
            ("Words", LayerKind::Text, Drawn::CachedRaster),
            ("Design", LayerKind::SmartObject, Drawn::CachedRaster),
            ("Pixels", LayerKind::Pixel, Drawn::Exact),
        ]
    );
    assert_eq!(found.layers[0].lacks[0].what, "fill");
    assert_eq!(found.layers[5].address.to_string(), "0");
    let lacking: Vec<_> = found
        .layers
        .iter()
        .filter(|layer| !layer.lacks.is_empty())
        .collect();
    assert_eq!(lacking.len(), 1, "what a layer lacks is told of that layer alone");
}

#[test]
fn the_drawn_share_is_what_is_not_covered_by_cached_pixels() {
    let share = |file: &Builder| reported(file).fidelity.drawn_share.unwrap();
    let mut file = Builder::new(20, 10);
    file.link(contents());
    file.push(whole("Pixels", GREY));
    assert!((share(&file) - 1.0).abs() < 1e-9);
    // A quarter of the canvas.
    file.push(smart_object("Design", Rect::new(0, 0, 5, 10), RED));
    assert!((share(&file) - 0.75).abs() < 0.01);
    // Half of that is covered again, by half-transparent pixels and whatever their blend mode.
    let over = Layer::raster("Shade", Rect::new(0, 0, 20, 5), flat(20, 5, [0, 0, 0, 128]));
    file.push(over.blend(b"mul "));
    assert!((share(&file) - 0.8125).abs() < 0.01, "{}", share(&file));
    // Behind a mask nothing of it is seen.
    let mut masked = Builder::new(20, 10);
    masked.link(contents());
    masked.push(whole("Pixels", GREY));
    let rect = Rect::new(0, 0, 20, 10);
    masked.push(smart_object("Design", rect, RED).mask(Mask::new(rect, vec![0; 200])));
    assert!((share(&masked) - 1.0).abs() < 1e-9);
    // In a group of half its opacity.
    let mut grouped = Builder::new(20, 10);
    grouped.link(contents());
    grouped.push(whole("Pixels", GREY));
    grouped.push(Layer::group("Group", vec![smart_object("Design", rect, RED)]).opacity(128));
    assert!((share(&grouped) - 0.498).abs() < 0.01, "{}", share(&grouped));
}

#[test]
fn the_share_of_a_large_canvas_is_sampled() {
    let (width, height) = (1600, 1300);
    let mut file = Builder::new(width, height);
    file.link(contents());
    let all = Rect::new(0, 0, width, height);
    file.push(Layer::raster("Pixels", all, flat(width, height, GREY)));
    let rect = Rect::new(-7, 300, 807, 650);
    let placed = SmartObject::new(
        "contents",
        [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]],
        [9.0, 9.0],
    );
    let pixels = flat(807, 650, RED);
    file.push(Layer::smart_object("Design", placed, rect, pixels));
    // 800 of 1600 by 650 of 1300 pixels.
    let share = reported(&file).fidelity.drawn_share.unwrap();
    assert!((share - 0.75).abs() < 0.003, "{share}");
}

#[test]
fn a_document_too_large_to_keep_decoded_is_told_of_all_the_same() {
    let mut file = Builder::new(20, 10).merged(flat(20, 10, GREY));
    file.link(contents());
    file.push(whole("Pixels", GREY));
    let design = smart_object("Design", Rect::new(0, 0, 5, 10), GREY);
    file.push(Layer::group("Folder", vec![design]).pass_through());
    file.push(Layer::group("Group", vec![whole("Inner", GREY)]));
    let bytes = file.to_bytes();
    let limits = Limits {
        layers_kept: 0,
        ..Limits::default()
    };
    let heavy = report(&open(bytes, &limits).unwrap(), &Painter::default(), &mut ());
    let (heavy, usual) = (heavy.unwrap(), reported(&file));
    assert_eq!(heavy.picture.raster, usual.picture.raster);
    assert_eq!(heavy.fidelity.compared, usual.fidelity.compared);
    assert_eq!(heavy.fidelity.layers, usual.fidelity.layers);
    assert_eq!(heavy.fidelity.drawn_share, None);
    assert!(usual.fidelity.drawn_share.is_some());
}

#[test]
fn every_room_is_told_when_it_is_left() {
    struct Rooms(Vec<Room>);
    impl Watch for Rooms {
        fn left(&mut self, room: Room) {
            self.0.push(room);
        }
    }
    let mut rooms = Rooms(Vec::new());
    report(&opened(half_off().to_bytes()), &Painter::default(), &mut rooms).unwrap();
    assert_eq!(rooms.0, [Room::Plan, Room::Compare, Room::Draw, Room::Compare]);
}

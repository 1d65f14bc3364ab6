//! Smart filters drawn again: a picture of each kind, and the mask that keeps them from places.

use marquetry_model::Placement;
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Order, Redraw};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::psd::{
    Builder, Depth, Descriptor, Layer, Linked, Rect, SmartObject, Step, Value, filter_mask_block,
};

use crate::fixtures::{assets, change, drawn, flat, opened, png};

const CORNERS: [[f64; 2]; 4] = [[8.0, 8.0], [56.0, 8.0], [56.0, 56.0], [8.0, 56.0]];

/// Bars and a slope of grey: edges both ways and a place without any.
fn bars() -> Raster {
    let mut raster = Raster::new(Size::new(48, 48));
    for y in 0..48_u8 {
        let row = raster.row_mut(u32::from(y)).as_chunks_mut::<4>().0;
        for (x, pixel) in (0..48_u8).zip(row) {
            *pixel = match (x / 8 % 2, y < 24) {
                (0, true) => [200, 60, 40, 255],
                (_, true) => [240, 230, 210, 255],
                (_, false) => [x * 5, x * 5, 255 - y * 3, 255],
            };
        }
    }
    raster
}

fn placed() -> SmartObject {
    SmartObject::new("contents", CORNERS, [48.0, 48.0])
}

fn blurred() -> SmartObject {
    let settings = Descriptor::new("GsnB").unit("Rds ", b"#Pxl", 3.0);
    placed().filter("Gaussian Blur...", *b"GsnB", settings, 100.0)
}

/// A canvas of 64 x 64 with one smart object, and perhaps the mask of its filters.
fn mockup(placed: SmartObject, mask: Option<(Rect, &[u8])>) -> Vec<u8> {
    mockup_of(Depth::Eight, placed, mask)
}

fn mockup_of(depth: Depth, placed: SmartObject, mask: Option<(Rect, &[u8])>) -> Vec<u8> {
    let mut file = Builder::new(64, 64).depth(depth);
    file.push(Layer::smart_object(
        "Design",
        placed,
        Rect::new(8, 8, 48, 48),
        flat(48, 48, [0, 0, 0, 255]),
    ));
    file.link(Linked::embedded("contents", "old.png", png(&bars())));
    if let Some((rect, pixels)) = mask {
        file = file.block(b"FEid", filter_mask_block("Design", "contents", rect, pixels));
    }
    file.to_bytes()
}

fn redrawn(bytes: Vec<u8>) -> Raster {
    let mockup = opened(bytes);
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &Assets::new());
    assert_eq!(picture.undrawn, []);
    Raster::clone(&picture.raster)
}

fn shown(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

#[test]
fn a_mask_shows_filters_where_it_is_white() {
    let (plain, soft) = (redrawn(mockup(placed(), None)), redrawn(mockup(blurred(), None)));
    // Half the canvas, then a column of halves.
    let pixels: Vec<u8> = (0..64 * 64)
        .map(|at| match at % 64 {
            0..32 => 255,
            32 => 128,
            _ => 0,
        })
        .collect();
    let masked = redrawn(mockup(blurred(), Some((Rect::new(0, 0, 64, 64), &pixels))));
    assert!(plain != soft);
    for y in 0..64 {
        for x in 0..64 {
            let (plain, soft, got) = (plain.pixel(x, y), soft.pixel(x, y), masked.pixel(x, y));
            match x {
                0..32 => assert_eq!(got, soft, "({x}, {y})"),
                32 => {
                    let alpha = |pixel: Option<[u8; 4]>| i32::from(pixel.unwrap()[3]);
                    let middle = (alpha(plain) + alpha(soft)) / 2;
                    assert!((alpha(got) - middle).abs() <= 1, "({x}, {y})");
                }
                _ => assert_eq!(got, plain, "({x}, {y})"),
            }
        }
    }
}

#[test]
fn beyond_its_pixels_a_mask_is_white_or_black_as_told() {
    let (plain, soft) = (redrawn(mockup(placed(), None)), redrawn(mockup(blurred(), None)));
    let (rect, pixels) = (Rect::new(20, 20, 4, 4), [0; 16]);
    let white = redrawn(mockup(blurred(), Some((rect, &pixels))));
    assert_eq!(white.pixel(21, 21), plain.pixel(21, 21));
    assert_eq!(white.pixel(30, 30), soft.pixel(30, 30));
    assert_eq!(white.pixel(6, 30), soft.pixel(6, 30));
    let within = blurred().filters_within_mask();
    assert!(redrawn(mockup(within, Some((rect, &pixels)))) == plain);
}

#[test]
fn new_contents_are_masked_like_the_old_ones() {
    let pixels: Vec<u8> = (0..64 * 64).map(|at| u8::from(at % 64 < 32) * 255).collect();
    let bytes = mockup(blurred(), Some((Rect::new(0, 0, 64, 64), &pixels)));
    let old = redrawn(bytes.clone());
    let mockup = opened(bytes);
    let changes = [change(&mockup, "Design", Placement::default())];
    let order = Order {
        changes: &changes,
        ..Order::default()
    };
    let new = drawn(&mockup, &order, &assets(&bars()));
    assert_eq!(new.undrawn, []);
    assert!(*new.raster == old);
}

#[test]
fn a_broken_mask_is_named_and_filters_show_everywhere() {
    let mut block = filter_mask_block("Design", "contents", Rect::new(0, 0, 64, 64), &[9; 64 * 64]);
    block.truncate(block.len() - 100);
    let soft = redrawn(mockup(blurred(), None));
    let mut file = Builder::new(64, 64);
    file.push(Layer::smart_object(
        "Design",
        blurred(),
        Rect::new(8, 8, 48, 48),
        flat(48, 48, [0, 0, 0, 255]),
    ));
    file.link(Linked::embedded("contents", "old.png", png(&bars())));
    let mockup = opened(file.block(b"FEid", block).to_bytes());
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &Assets::new());
    let missing: Vec<_> = picture
        .undrawn
        .iter()
        .map(|missing| missing.feature.name())
        .collect();
    assert_eq!(missing, ["filter_mask"]);
    assert!(*picture.raster == soft);
}

#[test]
fn commands_of_adjustments_are_filters_too() {
    let inverted = placed().filter("Invert", *b"Invr", Descriptor::new("Invr"), 100.0);
    let (plain, turned) = (redrawn(mockup(placed(), None)), redrawn(mockup(inverted, None)));
    for (before, after) in plain
        .bytes()
        .as_chunks::<4>()
        .0
        .iter()
        .zip(turned.bytes().as_chunks::<4>().0)
    {
        let [red, green, blue, alpha] = *before;
        if alpha == 255 {
            assert_eq!(*after, [255 - red, 255 - green, 255 - blue, 255]);
        } else {
            assert_eq!(after[3], alpha);
        }
    }
    // Half of it: the middle between both.
    let half = placed().filter("Invert", *b"Invr", Descriptor::new("Invr"), 50.0);
    let half = redrawn(mockup(half, None));
    assert!(
        half.pixel(30, 30).unwrap()[..3]
            .iter()
            .all(|sample| sample.abs_diff(127) <= 1)
    );
}

#[test]
fn high_pass_is_grey_where_nothing_changes() {
    let settings = Descriptor::new("HghP").unit("Rds ", b"#Pxl", 1.0);
    let passed = redrawn(mockup(
        placed().filter("High Pass...", *b"HghP", settings, 100.0),
        None,
    ));
    // Inside a bar of eight pixels, and beyond three of the radius from its ends, all is one colour.
    assert_eq!(passed.pixel(12, 16), Some([128, 128, 128, 255]));
    let [red, green, blue, _] = passed.pixel(16, 16).unwrap();
    assert!(
        red > 128 && green > 150 && blue > 150,
        "the lighter side of an edge stands out"
    );
}

/// Blurs and sharpenings have means and edges that follow from their kernels; the pictures were looked at.
#[test]
fn every_kind_of_filter() {
    let pixels = |key: &str, class: &str, value: f64| Descriptor::new(class).unit(key, b"#Pxl", value);
    let noise = Descriptor::new("AdNs")
        .enumerated("Dstr", "Dstr", "Gsn ")
        .unit("Nose", b"#Prc", 12.0)
        .bool("Mnch", true);
    let unsharp = pixels("Rds ", "UnsM", 2.0)
        .unit("Amnt", b"#Prc", 120.0)
        .integer("Thsh", 4);
    let point = |x: f64, y: f64| Value::Object(Descriptor::new("Pnt ").double("Hrzn", x).double("Vrtc", y));
    let all = Step::Enumerated(String::new(), "Chnl".into(), "Chnl".into(), "Cmps".into());
    let curve = Descriptor::new("CrvA")
        .with("Chnl", Value::Reference(vec![all]))
        .with(
            "Crv ",
            Value::List(vec![point(0.0, 0.0), point(132.0, 196.0), point(255.0, 255.0)]),
        );
    let curves = Descriptor::new("Crvs").with("Adjs", Value::List(vec![Value::Object(curve)]));
    let motion = pixels("Dstn", "MtnB", 11.0).integer("Angl", 30);
    let cases = [
        ("gaussian_blur", *b"GsnB", pixels("Rds ", "GsnB", 3.0)),
        ("blur", *b"Blr ", Descriptor::new("Blr ")),
        ("blur_more", *b"BlrM", Descriptor::new("BlrM")),
        ("box_blur", *b"boxb", pixels("Rds ", "boxblur", 4.0)),
        ("motion_blur", *b"MtnB", motion),
        ("unsharp_mask", *b"UnsM", unsharp),
        ("sharpen", *b"Shrp", Descriptor::new("Shrp")),
        ("sharpen_more", *b"ShrM", Descriptor::new("ShrM")),
        ("add_noise", *b"AdNs", noise),
        ("high_pass", *b"HghP", pixels("Rds ", "HghP", 3.0)),
        ("curves", *b"Crvs", curves),
    ];
    for (name, id, settings) in cases {
        let raster = redrawn(mockup(placed().filter(name, id, settings, 100.0), None));
        // Exponentials are not the same to the last bit on every machine.
        golden!(&format!("filter/{name}"), Tolerance::within(1), || shown(&raster));
    }
    let ramp: Vec<u8> = (0..64 * 64_u32)
        .map(|at| u8::try_from(at % 64 * 4).unwrap())
        .collect();
    let raster = redrawn(mockup(blurred(), Some((Rect::new(0, 0, 64, 64), &ramp))));
    golden!("filter/masked", Tolerance::within(1), || shown(&raster));
}

#[test]
fn in_light_a_filter_does_what_it_does_in_bytes() {
    let of = |depth| redrawn(mockup_of(depth, blurred(), None));
    let (bytes, light) = (of(Depth::Eight), of(Depth::ThirtyTwo));
    // Away from the edges, where the blur lets something through.
    for (x, y) in (20..44).flat_map(|x| (20..44).map(move |y| (x, y))) {
        let [one, other] = [&bytes, &light].map(|raster| raster.pixel(x, y).unwrap());
        let worst = one
            .iter()
            .zip(other)
            .map(|(one, other)| one.abs_diff(other))
            .max();
        assert!(worst <= Some(1), "{x}, {y}: {one:?} {other:?}");
    }
}

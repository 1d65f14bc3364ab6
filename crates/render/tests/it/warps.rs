//! Warped smart objects and smart filters, drawn again from their contents.

use marquetry_model::Placement;
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Feature, Order, Redraw};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::psd::{Builder, Descriptor, Layer, Linked, Rect, SmartObject as Placed, Value, Warp};

use crate::fixtures::{BLUE, GREEN, RED, WHITE, assets, change, drawn, flat, opened, png};

/// Sines are not the same to the last bit on every machine, and an edge pixel shows it.
const SINES: Tolerance = Tolerance { level: 1, pixels: 4 };

const QUAD: [[f64; 2]; 4] = [[8.0, 8.0], [88.0, 8.0], [88.0, 68.0], [8.0, 68.0]];

/// A checkerboard with a corner of another colour each, so that no turn or mirror looks right.
fn checks(width: u32, height: u32) -> Raster {
    let mut raster = Raster::new(Size::new(width, height));
    for y in 0..height {
        for x in 0..width {
            let (column, row) = (x * 8 / width, y * 6 / height);
            let dark = if (column + row) % 2 == 0 {
                WHITE
            } else {
                [60, 60, 70, 255]
            };
            let pixel = match (column, row) {
                (0, 0) => RED,
                (7, 0) => GREEN,
                (0, 5) => BLUE,
                _ => dark,
            };
            raster.row_mut(y).as_chunks_mut::<4>().0[x as usize] = pixel;
        }
    }
    raster
}

/// A canvas of 96 x 76 with one smart object of 160 x 120 pixels, whose stored pixels are black.
fn mockup(placed: Placed) -> Vec<u8> {
    let mut file = Builder::new(96, 76);
    file.push(Layer::smart_object(
        "Design",
        placed,
        Rect::new(8, 8, 80, 60),
        flat(80, 60, [0, 0, 0, 255]),
    ));
    file.link(Linked::embedded("contents", "old.png", png(&checks(160, 120))));
    file.to_bytes()
}

fn object(quad: [[f64; 2]; 4]) -> Placed {
    Placed::new("contents", quad, [160.0, 120.0])
}

fn redrawn(bytes: Vec<u8>) -> (Raster, Vec<Feature>) {
    let mockup = opened(bytes);
    let order = Order {
        redraw: Redraw::All,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &marquetry_render::Assets::new());
    let missing = picture.undrawn.into_iter().map(|missing| missing.feature);
    (Raster::clone(&picture.raster), missing.collect())
}

fn shown(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

/// A warp as Photoshop writes a style.
fn style(name: &str, bend: f64, distortion: [f64; 2], axis: &str) -> Warp {
    let bounds = Descriptor::new("classFloatRect")
        .double("Top ", 0.0)
        .double("Left", 0.0)
        .double("Btom", 120.0)
        .double("Rght", 160.0);
    Warp::Raw(
        Descriptor::new("warp")
            .enumerated("warpStyle", "warpStyle", name)
            .double("warpValue", bend)
            .double("warpPerspective", distortion[0])
            .double("warpPerspectiveOther", distortion[1])
            .enumerated("warpRotate", "Ornt", axis)
            .object("bounds", bounds)
            .integer("uOrder", 4)
            .integer("vOrder", 4),
    )
}

#[test]
fn every_style_bends_as_it_should() {
    for name in [
        "Arc",
        "ArcLower",
        "ArcUpper",
        "Arch",
        "Bulge",
        "ShellLower",
        "ShellUpper",
        "Flag",
        "Wave",
        "Fish",
        "Rise",
        "Fisheye",
        "Inflate",
        "Squeeze",
        "Twist",
    ] {
        let warp = style(&format!("warp{name}"), 50.0, [0.0, 0.0], "Hrzn");
        let (raster, missing) = redrawn(mockup(object(QUAD).warp(warp)));
        assert_eq!(missing, []);
        golden!(&format!("warp/{name}"), SINES, || shown(&raster));
    }
}

#[test]
fn styles_bend_the_other_way_and_fan_out() {
    let warp = style("warpArc", -60.0, [0.0, 0.0], "Vrtc");
    golden!("warp/arc_upright", SINES, || shown(
        &redrawn(mockup(object(QUAD).warp(warp))).0
    ));
    let warp = style("warpBulge", 30.0, [40.0, -30.0], "Hrzn");
    golden!("warp/bulge_distorted", SINES, || shown(
        &redrawn(mockup(object(QUAD).warp(warp))).0
    ));
}

#[test]
fn a_cylinder_is_half_a_turn() {
    let Warp::Raw(cylinder) = style("warpCylinder", 0.0, [0.0, 0.0], "Hrzn") else {
        return;
    };
    let values = [
        0.0,
        120.0,
        160.0,
        0.0,
        0.5,
        0.5,
        std::f64::consts::FRAC_PI_2 - 1.0,
    ];
    let warp = Warp::Raw(cylinder.doubles("warpValues", &values));
    golden!("warp/cylinder", SINES, || shown(
        &redrawn(mockup(object(QUAD).warp(warp))).0
    ));
}

/// Control points of a mesh, bent by `bend`, with everything else that a descriptor holds of it.
fn mesh(class: &str, count: u32, bend: impl Fn(f64, f64) -> [f64; 2]) -> Descriptor {
    let along = |at: u32| f64::from(at) / f64::from(count - 1);
    let points: Vec<[f64; 2]> = (0..count * count)
        .map(|at| {
            let (u, v) = (along(at % count), along(at / count));
            let [x, y] = bend(u, v);
            [160.0 * u + x, 120.0 * v + y]
        })
        .collect();
    let column = |axis: usize| Value::Units(*b"#Pxl", points.iter().map(|point| point[axis]).collect());
    let rows = vec![("Hrzn".into(), column(0)), ("Vrtc".into(), column(1))];
    let points = Value::ObjectArray(count * count, "rationalPoint".into(), rows);
    let slices = |key: &str, length: f64| {
        let cuts = vec![-0.6, length / 2.0, length + 0.6];
        Value::ObjectArray(3, key.into(), vec![(key.into(), Value::Units(*b"#Pxl", cuts))])
    };
    let mut envelope = Descriptor::new("customEnvelopeWarp");
    if count > 4 {
        envelope = envelope
            .with("quiltSliceX", slices("quiltSliceX", 160.0))
            .with("quiltSliceY", slices("quiltSliceY", 120.0));
    }
    let bounds = Descriptor::new("classFloatRect")
        .double("Top ", 0.0)
        .double("Left", 0.0)
        .double("Btom", 120.0)
        .double("Rght", 160.0);
    let size = i32::try_from(count).unwrap();
    Descriptor::new(class)
        .enumerated("warpStyle", "warpStyle", "warpCustom")
        .double("warpValue", 0.0)
        .object("bounds", bounds)
        .integer("uOrder", 4)
        .integer("vOrder", 4)
        .integer("deformNumRows", size)
        .integer("deformNumCols", size)
        .object("customEnvelopeWarp", envelope.with("meshPoints", points))
}

#[test]
fn a_split_mesh_bends_its_patches_apart() {
    let warp = mesh("quiltWarp", 7, |u, v| {
        let middle = (-20.0 * ((u - 0.5).powi(2) + (v - 0.5).powi(2))).exp();
        [24.0 * middle, -14.0 * middle]
    });
    golden!("warp/split", SINES, || {
        shown(&redrawn(mockup(object(QUAD).warp(Warp::Raw(warp)))).0)
    });
}

#[test]
fn a_bent_mesh_lies_in_perspective() {
    let quad = [[14.0, 6.0], [84.0, 20.0], [78.0, 66.0], [6.0, 58.0]];
    let warp = mesh("warp", 4, |u, v| [12.0 * (7.0 * v).sin(), 20.0 * u * (1.0 - u)]);
    golden!("warp/perspective", SINES, || {
        shown(&redrawn(mockup(object(quad).warp(Warp::Raw(warp)))).0)
    });
}

#[test]
fn a_straight_mesh_is_the_corners_alone() {
    let straight = redrawn(mockup(object(QUAD))).0;
    let warp = Warp::Raw(mesh("warp", 4, |_, _| [0.0, 0.0]));
    assert!(redrawn(mockup(object(QUAD).warp(warp))).0 == straight);
}

#[test]
fn new_contents_are_bent_like_the_old_ones() {
    let warp = || style("warpArc", 50.0, [0.0, 0.0], "Hrzn");
    let bytes = mockup(object(QUAD).warp(warp()));
    let (all, _) = redrawn(bytes.clone());
    let mockup = opened(bytes);
    let changes = [change(&mockup, "Design", Placement::default())];
    let order = Order {
        changes: &changes,
        ..Order::default()
    };
    let changed = drawn(&mockup, &order, &assets(&checks(160, 120)));
    assert_eq!(changed.undrawn, []);
    assert!(*changed.raster == all);
}

#[test]
fn a_warp_without_a_formula_is_named() {
    let warp = style("warpSomethingNew", 50.0, [0.0, 0.0], "Hrzn");
    let (raster, missing) = redrawn(mockup(object(QUAD).warp(warp)));
    assert_eq!(missing, [Feature::Warp]);
    assert_eq!(raster.pixel(10, 10), Some(RED));
}

#[test]
fn hostile_numbers_are_no_panic() {
    for bend in [f64::NAN, 1e300, -1e300, f64::INFINITY] {
        for name in ["warpArc", "warpTwist", "warpFisheye", "warpCylinder"] {
            let warp = style(name, bend, [bend, -bend], "Vrtc");
            redrawn(mockup(object(QUAD).warp(warp)));
        }
    }
    for far in [1e9, f64::NAN, 1e300] {
        let warp = mesh("warp", 4, |u, v| [far * u, far * v * u]);
        redrawn(mockup(object(QUAD).warp(Warp::Raw(warp))));
        let settings = Descriptor::new("GsnB").unit("Rds ", b"#Pxl", far);
        redrawn(mockup(object(QUAD).filter(
            "Gaussian Blur...",
            *b"GsnB",
            settings,
            far,
        )));
    }
}

#[test]
fn filters_are_applied_after_placing() {
    let settings = Descriptor::new("GsnB").unit("Rds ", b"#Pxl", 2.0);
    let blurred = object(QUAD).filter("Gaussian Blur...", *b"GsnB", settings, 100.0);
    let (raster, missing) = redrawn(mockup(blurred));
    assert_eq!(missing, []);
    let alpha = |x: u32| f64::from(raster.pixel(x, 38).unwrap()[3]) / 255.0;
    // Beyond the edge at 8 the alpha falls as the bell's own sum does: half there, 16 % one radius out.
    let across = f64::midpoint(alpha(7), alpha(8));
    assert!((across - 0.5).abs() < 0.02, "{across}");
    let out = f64::midpoint(alpha(5), alpha(6));
    assert!((out - 0.159).abs() < 0.02, "{out}");
}

#[test]
fn half_a_filter_is_half_of_it() {
    let settings = || Descriptor::new("GsnB").unit("Rds ", b"#Pxl", 2.0);
    let picture = |opacity: f64| {
        redrawn(mockup(object(QUAD).filter(
            "Gaussian Blur...",
            *b"GsnB",
            settings(),
            opacity,
        )))
        .0
    };
    let (none, half, all) = (picture(0.0), picture(50.0), picture(100.0));
    assert!(none == redrawn(mockup(object(QUAD))).0);
    for x in 0..96 {
        let alpha = |raster: &Raster| f64::from(raster.pixel(x, 38).unwrap()[3]);
        let between = f64::midpoint(alpha(&none), alpha(&all));
        assert!((alpha(&half) - between).abs() <= 1.5, "column {x}");
    }
}

#[test]
fn a_filter_without_a_formula_is_named_when_contents_change() {
    let placed = object(QUAD).filter("Oil Paint...", *b"OilP", Descriptor::new("OilP"), 100.0);
    let bytes = mockup(placed);
    // Unchanged contents keep the pixels that Photoshop filtered.
    let (kept, missing) = redrawn(bytes.clone());
    assert_eq!((kept.pixel(40, 40), missing), (Some([0, 0, 0, 255]), vec![]));
    let mockup = opened(bytes);
    let changes = [change(&mockup, "Design", Placement::default())];
    let order = Order {
        changes: &changes,
        ..Order::default()
    };
    let changed = drawn(&mockup, &order, &assets(&checks(160, 120)));
    let named: Vec<Feature> = changed
        .undrawn
        .into_iter()
        .map(|missing| missing.feature)
        .collect();
    assert_eq!(named, [Feature::SmartFilter("Oil Paint".to_owned())]);
}

#[test]
fn a_file_beside_the_document_is_named() {
    let mut file = Builder::new(96, 76);
    let placed = object(QUAD).external();
    let stored = flat(80, 60, [0, 0, 0, 255]);
    file.push(Layer::smart_object(
        "Design",
        placed,
        Rect::new(8, 8, 80, 60),
        stored,
    ));
    file.link(Linked::external(
        "contents",
        "beside.png",
        "file:///beside.png",
        9,
    ));
    let (raster, missing) = redrawn(file.to_bytes());
    assert_eq!(missing, [Feature::LinkedFile("beside.png".to_owned())]);
    assert_eq!(raster.pixel(40, 40), Some([0, 0, 0, 255]));
}

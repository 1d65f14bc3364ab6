//! Fill and shape layers of which the file holds no pixels.

use marquetry_pixel::{Raster, Size};
use marquetry_render::{Feature, Order};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::psd::effect::{self, Effect};
use marquetry_testkit::psd::{
    Builder, Curve, Descriptor, Layer, Mask, Rect, gradient, gradient_fill, pattern_block, pattern_fill,
    solid_paint, stroke, vector_path,
};

use crate::fixtures::{RED, assets, drawn, flat, opened, quarters, version_resource};

/// Draws one layer on a canvas of its own.
fn alone(side: u32, layer: Layer) -> (Raster, Vec<Feature>) {
    let tile = pattern_block("tile", 4, 3, &TILE);
    let mut file = Builder::new(side, side).block(b"Patt", tile);
    file.push(layer);
    let picture = drawn(
        &opened(file.to_bytes()),
        &Order::default(),
        &assets(&quarters(2, 2)),
    );
    let missing = picture.undrawn.into_iter().map(|undrawn| undrawn.feature);
    (Raster::clone(&picture.raster), missing.collect())
}

/// A light tile with one dark corner and one red pixel.
const TILE: [[u8; 3]; 12] = {
    let mut tile = [[230, 230, 210]; 12];
    tile[0] = [20, 30, 60];
    tile[6] = [200, 30, 30];
    tile
};

/// Pictures of one size side by side on white, `columns` in a row, two pixels apart.
fn sheet(columns: u32, pictures: &[Raster]) -> Picture {
    let side = pictures[0].width();
    let rows = u32::try_from(pictures.len()).unwrap().div_ceil(columns);
    let size = Size::new(columns * (side + 2), rows * (side + 2));
    let mut sheet = Raster::filled(size, [255; 4]);
    for (at, picture) in (0u32..).zip(pictures) {
        let (left, top) = (at % columns * (side + 2), at / columns * (side + 2));
        for y in 0..side {
            for (x, &[red, green, blue, alpha]) in (0..).zip(picture.row(y).as_chunks::<4>().0) {
                let over = |part: u8| {
                    let sum = u32::from(part) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
                    u8::try_from((sum + 127) / 255).unwrap()
                };
                let row = sheet.row_mut(top + y).as_chunks_mut::<4>().0;
                row[(left + x) as usize] = [over(red), over(green), over(blue), 255];
            }
        }
    }
    Picture {
        width: size.width as usize,
        height: size.height as usize,
        rgba: sheet.into_bytes(),
    }
}

fn gradient_layer(fill: &Descriptor) -> Layer {
    Layer::empty("Gradient").block(b"GdFl", fill.to_versioned_bytes())
}

const STYLES: [&str; 5] = ["Lnr ", "Rdl ", "Angl", "Rflc", "Dmnd"];
const RED_TO_BLUE: [(f64, [u8; 3]); 2] = [(0.0, [220, 0, 0]), (1.0, [0, 0, 220])];
const RED_TO_WHITE: [(f64, [u8; 3]); 2] = [(0.0, [255, 0, 0]), (1.0, [255, 255, 255])];

#[test]
fn a_gradient_is_catmull_and_roms_curve_at_the_corners_of_pixels() {
    let fill = gradient_fill("Lnr ", 0.0, gradient(&[(0.0, [0; 3]), (1.0, [255; 3])]));
    let (got, missing) = alone(64, gradient_layer(&fill));
    for x in 0..64 {
        let t = f64::from(x) / 64.0;
        let curve = t + 0.5 * t * (1.0 - t) * (2.0 * t - 1.0);
        let [red, .., alpha] = got.pixel(x, 9).unwrap();
        assert!((f64::from(red) - 255.0 * curve).abs() <= 0.51, "{x}: {red}");
        assert_eq!(alpha, 255);
    }
    assert_eq!(missing, []);
}

#[test]
fn a_gradient_goes_as_far_as_its_layers_mask_lets_it() {
    let masked = |default, disabled, align| {
        let fill =
            gradient_fill("Lnr ", 0.0, gradient(&[(0.0, [0; 3]), (1.0, [255; 3])])).bool("Algn", align);
        let mask = Mask {
            default,
            disabled,
            ..Mask::new(Rect::new(16, 0, 32, 64), vec![255; 32 * 64])
        };
        let (got, missing) = alone(64, gradient_layer(&fill).mask(mask));
        assert_eq!(missing, []);
        [16, 32, 47].map(|x| got.pixel(x, 9).unwrap()[0])
    };
    // The last pixel is a 32nd short of the end.
    assert_eq!(masked(0, false, true), [0, 128, 251]);
    // What is not aligned, and what a mask does not cut off, goes from edge to edge.
    let whole = masked(0, false, false);
    assert!(whole[0] > 40 && whole[1] == 128 && whole[2] < 220, "{whole:?}");
    assert_eq!(masked(255, false, true), whole);
    assert_eq!(masked(0, true, true), whole);
}

/// A layer of 64 by 64 pixels whose middle half is opaque, and the rest as much as `faint` says, with those effects.
fn haloed(faint: u8, effect: Effect) -> (Raster, Vec<Feature>) {
    let alpha = |at: u32| match (at % 64, at / 64) {
        (16..48, 16..48) => 255,
        _ => faint,
    };
    let rgba = (0..64 * 64).flat_map(|at| [90, 90, 90, alpha(at)]).collect();
    let layer = Layer::raster("Haloed", Rect::new(0, 0, 64, 64), rgba);
    alone(64, layer.effects(&effect::effects([effect], true)))
}

#[test]
fn a_gradient_over_a_layer_goes_as_far_as_that_is_more_opaque_than_not() {
    let across = |faint| {
        let fill = gradient_fill("Lnr ", 0.0, gradient(&[(0.0, [0; 3]), (1.0, [255; 3])]));
        let overlay = fill
            .bool("enab", true)
            .bool("present", true)
            .unit("Opct", b"#Prc", 100.0)
            .enumerated("Md  ", "BlnM", "Nrml")
            .bool("Algn", true)
            .unit("Scl ", b"#Prc", 100.0);
        let (got, missing) = haloed(faint, ("GrFl", overlay));
        assert_eq!(missing, []);
        [16, 32, 47].map(|x| got.pixel(x, 32).unwrap()[0])
    };
    assert_eq!(across(0), [0, 128, 251]);
    assert_eq!(across(127), across(0));
    let whole = across(128);
    assert!(whole[0] > 40 && whole[1] == 128 && whole[2] < 220, "{whole:?}");
}

#[test]
fn a_texture_is_pressed_into_a_bevel() {
    let pressed = |texture: Option<&str>| {
        let (class, bevel) = effect::bevel(4.0);
        let bevel = match texture {
            None => bevel,
            Some(id) => bevel
                .bool("useTexture", true)
                .bool("InvT", false)
                .bool("Algn", true)
                .unit("Scl ", b"#Prc", 100.0)
                .unit("textureDepth", b"#Prc", 100.0)
                .object(
                    "Ptrn",
                    Descriptor::new("Ptrn").text("Nm  ", "Test").text("Idnt", id),
                )
                .object(
                    "phase",
                    Descriptor::new("Pnt ").double("Hrzn", 0.0).double("Vrtc", 0.0),
                ),
        };
        haloed(0, (class, bevel))
    };
    let (flat, _) = pressed(None);
    let (seen, missing) = pressed(Some("tile"));
    assert_eq!(missing, []);
    assert_eq!(flat.pixel(32, 32), Some([90, 90, 90, 255]));
    // Twelve pixels of the tile, again and again.
    let tile = |x: u32, y: u32| {
        (0..12)
            .map(|at| seen.pixel(x + at % 4, y + at / 4))
            .collect::<Vec<_>>()
    };
    assert_eq!(tile(24, 24), tile(28, 27));
    assert_ne!(tile(24, 24), vec![Some([90, 90, 90, 255]); 12]);
    let (unchanged, missing) = pressed(Some("another"));
    assert_eq!((unchanged, missing), (flat, vec![Feature::Effects]));
}

#[test]
fn the_ends_of_a_scaled_gradient_are_whole_pixels_and_were_the_nearest_once() {
    // A quarter of 64 / cos 20 each way: 16 across and 5.8 up.
    let level = |release: &str, x, y| {
        let fill = gradient_fill("Lnr ", 20.0, gradient(&[(0.0, [0; 3]), (1.0, [255; 3])]));
        let fill = fill.unit("Scl ", b"#Prc", 50.0);
        let mut file = Builder::new(64, 64).resource(1057, version_resource(release));
        file.push(gradient_layer(&fill));
        drawn(
            &opened(file.to_bytes()),
            &Order::default(),
            &assets(&quarters(2, 2)),
        )
        .raster
        .pixel(x, y)
        .unwrap()[0]
    };
    // One colour lies across the way.
    for (release, aside, not) in [("Adobe Photoshop CC 2017", 5, 6), ("Adobe Photoshop CS5", 6, 5)] {
        let here = level(release, 29, 24);
        assert!((60..190).contains(&here), "{here}");
        assert_eq!(level(release, 29 + aside, 24 + 16), here, "{release}");
        assert_ne!(level(release, 29 + not, 24 + 16), here, "{release}");
    }
}

#[test]
fn five_gradients_turned_reversed_and_scaled() {
    golden!(
        "fill/five_gradients_turned_reversed_and_scaled",
        Tolerance::EXACT,
        || {
            let rows = [(30.0, false, 100.0), (60.0, true, 100.0), (-60.0, false, 50.0)];
            let pictures: Vec<_> = rows
                .into_iter()
                .flat_map(|row| STYLES.map(|style| (style, row)))
                .map(|(style, (angle, reverse, scale))| {
                    let fill = gradient_fill(style, angle, gradient(&RED_TO_WHITE))
                        .bool("Rvrs", reverse)
                        .unit("Scl ", b"#Prc", scale);
                    alone(32, gradient_layer(&fill)).0
                })
                .collect();
            sheet(5, &pictures)
        }
    );
}

#[test]
fn methods_and_smoothness_between_the_same_stops() {
    golden!("fill/methods_and_smoothness", Tolerance::EXACT, || {
        let stops = [(0.0, [20, 40, 220]), (0.4, [250, 220, 0]), (1.0, [220, 20, 40])];
        let methods = ["Gcls", "Perc", "Lnr ", "Smoo", "Strp"];
        let smooth = methods.map(|method| (method, 4096.0));
        let pictures: Vec<_> = smooth
            .into_iter()
            .chain([("Gcls", 2048.0), ("Gcls", 0.0)])
            .map(|(method, smoothness)| {
                let colours = gradient(&stops).double("Intr", smoothness);
                let fill = gradient_fill("Lnr ", 0.0, colours).enumerated(
                    "gradientsInterpolationMethod",
                    "gradientInterpolationMethodType",
                    method,
                );
                alone(48, gradient_layer(&fill)).0
            })
            .collect();
        sheet(7, &pictures)
    });
}

#[test]
fn a_noise_gradient_keeps_to_its_ranges_and_its_seed() {
    let noise = |seed: i32| {
        let bounds = |values: [i32; 4]| {
            let values = values.map(marquetry_testkit::psd::Value::Integer);
            marquetry_testkit::psd::Value::List(values.to_vec())
        };
        let colours = Descriptor::new("Grdn")
            .text("Nm  ", "Noise")
            .enumerated("GrdF", "GrdF", "ClNs")
            .bool("ShTr", false)
            .bool("VctC", false)
            .enumerated("ClrS", "ClrS", "RGBC")
            .integer("RndS", seed)
            .integer("Smth", 2048)
            .with("Mnm ", bounds([20, 0, 0, 0]))
            .with("Mxm ", bounds([60, 100, 0, 100]));
        alone(64, gradient_layer(&gradient_fill("Lnr ", 0.0, colours))).0
    };
    let picture = noise(7);
    for pixel in picture.pixels() {
        assert!(
            (51..=153).contains(&pixel[0]) && pixel[2] == 0 && pixel[3] == 255,
            "{pixel:?}"
        );
    }
    assert!(
        picture
            .pixels()
            .iter()
            .any(|pixel| pixel[1] != picture.pixels()[0][1])
    );
    assert_eq!(picture, noise(7));
    assert_ne!(picture, noise(8));
    golden!("fill/noise_gradients", Tolerance::EXACT, || {
        sheet(3, &[7, 8, 9].map(noise))
    });
}

#[test]
fn a_pattern_begins_where_its_layer_says() {
    let reference = |x: f64, y: f64| [x.to_be_bytes(), y.to_be_bytes()].concat();
    let layer = |fill: &Descriptor| Layer::empty("Pattern").block(b"PtFl", fill.to_versioned_bytes());
    let (got, missing) = alone(
        20,
        layer(&pattern_fill("tile")).block(b"fxrp", reference(3.0, 5.0)),
    );
    let dark = [20, 30, 60, 255];
    assert_eq!(
        [got.pixel(3, 5), got.pixel(7, 8), got.pixel(11, 2)],
        [Some(dark); 3]
    );
    assert_eq!(got.pixel(5, 6), Some([200, 30, 30, 255]));
    assert_eq!(missing, []);
    let (_, missing) = alone(20, layer(&pattern_fill("another")));
    assert_eq!(missing, [Feature::Fill]);
}

#[test]
fn patterns_scaled_and_turned() {
    golden!("fill/patterns_scaled_and_turned", Tolerance::EXACT, || {
        let pictures = [(100.0, 0.0), (200.0, 0.0), (500.0, 30.0), (60.0, 0.0)].map(|(scale, angle)| {
            let fill = pattern_fill("tile")
                .unit("Scl ", b"#Prc", scale)
                .unit("Angl", b"#Ang", angle);
            alone(
                40,
                Layer::empty("Pattern").block(b"PtFl", fill.to_versioned_bytes()),
            )
            .0
        });
        sheet(4, &pictures)
    });
}

/// A green shape without stored pixels.
fn shape(curves: &[Curve]) -> Layer {
    Layer::solid_fill("Shape", [0, 153, 68]).block(b"vmsk", vector_path(0, curves))
}

#[test]
fn every_path_operation() {
    golden!("fill/every_path_operation", Tolerance::EXACT, || {
        let circles = |operations: [i16; 3]| {
            let places = [[0.375, 0.375], [0.625, 0.375], [0.5, 0.625]];
            let circle = |(at, operation)| Curve::ellipse(at, [0.375, 0.375]).meeting(operation);
            places.into_iter().zip(operations).map(circle).collect::<Vec<_>>()
        };
        let meetings = [
            [1, 1, 1],
            [1, 2, 2],
            [1, 3, 3],
            [1, 0, 0],
            [2, 2, 2],
            [3, 3, 3],
            [0, 0, 0],
            [1, -1, -1],
        ];
        sheet(
            4,
            &meetings.map(|operations| alone(48, shape(&circles(operations))).0),
        )
    });
}

#[test]
fn a_shape_is_its_area_and_edges_are_aligned_on_request() {
    let corners = [[0.26, 0.25], [0.76, 0.25], [0.76, 0.75], [0.26, 0.75]];
    let (free, missing) = alone(10, shape(&[Curve::polygon(&corners)]));
    // From 2.6 to 7.6 across and from 2.5 to 7.5 down.
    let alphas = |raster: &Raster| [2, 5, 7, 8].map(|x| raster.pixel(x, 5).unwrap()[3]);
    assert_eq!(alphas(&free), [102, 255, 153, 0]);
    assert_eq!(missing, []);
    let aligned = shape(&[Curve::polygon(&corners)]).block(b"sn2P", vec![0, 0, 0, 1]);
    assert_eq!(alphas(&alone(10, aligned).0), [0, 255, 255, 0]);
}

fn stroked(layer: Layer, stroke: &Descriptor) -> Layer {
    layer.block(b"vstk", stroke.to_versioned_bytes())
}

#[test]
fn a_stroke_lies_where_it_is_aligned() {
    let square = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
    let across = |alignment: &str| {
        let line = stroke(4.0, alignment, solid_paint([9, 9, 9]));
        let (got, missing) = alone(20, stroked(shape(&[Curve::polygon(&square)]), &line));
        assert_eq!(missing, []);
        // Stroke, fill or nothing along the middle, from the left edge of the canvas to its middle.
        (0..10)
            .map(|x| match got.pixel(x, 10).unwrap() {
                [9, 9, 9, 255] => 's',
                [0, 153, 68, 255] => 'f',
                [.., 0] => '.',
                _ => '?',
            })
            .collect::<String>()
    };
    assert_eq!(across("Inside"), "......ssss");
    assert_eq!(across("Center"), "....ssssff");
    assert_eq!(across("Outside"), "..ssssffff");
}

/// Unlike a stroke effect, which lies over the line.
#[test]
fn a_line_lies_over_the_overlay_of_its_shape() {
    let square = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
    let lined = |effects: &[Effect]| {
        let line = stroke(3.0, "Inside", solid_paint([9, 9, 9]));
        let layer = stroked(shape(&[Curve::polygon(&square)]), &line);
        let (got, missing) = alone(20, layer.effects(&effect::effects(effects.iter().cloned(), true)));
        assert_eq!(missing, []);
        [5, 6, 8, 10].map(|x| got.pixel(x, 10).unwrap())
    };
    let overlay = effect::colour_overlay(100.0, [10, 200, 90]);
    let edge = effect::edge_stroke("InsF", 2.0);
    let [bare, covered] = [lined(std::slice::from_ref(&overlay)), lined(&[overlay, edge])];
    assert_eq!(bare, [[0; 4], [9, 9, 9, 255], [9, 9, 9, 255], [10, 200, 90, 255]]);
    assert_eq!(covered[2..], bare[2..], "what the stroke does not reach");
    assert_ne!(covered[1], bare[1]);
}

#[test]
fn a_shape_without_fill_and_stroke_wears_its_effects_all_the_same() {
    let square = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
    let nothing = Descriptor::new("strokeStyle")
        .bool("strokeEnabled", false)
        .bool("fillEnabled", false);
    let layer = stroked(shape(&[Curve::polygon(&square)]), &nothing);
    let overlay = effect::colour_overlay(100.0, [10, 200, 90]);
    let (got, missing) = alone(20, layer.effects(&effect::effects([overlay], true)));
    assert_eq!(missing, []);
    assert_eq!(
        [5, 6, 13, 14].map(|x| got.pixel(x, 10).unwrap()),
        [[0; 4], [10, 200, 90, 255], [10, 200, 90, 255], [0; 4]]
    );
}

#[test]
fn dashed_strokes_with_each_cap_and_join() {
    golden!(
        "fill/dashed_strokes_with_each_cap_and_join",
        Tolerance::EXACT,
        || {
            let corner = Curve::polygon(&[[0.1, 0.8], [0.5, 0.2], [0.9, 0.8]]).open();
            let named = |kind: &str, name: &str| format!("strokeStyle{name}{kind}");
            let dashes = [vec![], vec![2.0, 1.5]];
            let pictures: Vec<_> = dashes
                .iter()
                .flat_map(|dashes| {
                    [("Butt", "Miter"), ("Round", "Round"), ("Square", "Bevel")].map(|ends| (dashes, ends))
                })
                .map(|(dashes, (cap, join))| {
                    let lengths = dashes
                        .iter()
                        .map(|&length| marquetry_testkit::psd::Value::Unit(*b"#Nne", length));
                    let line = stroke(6.0, "Center", gradient_fill("Lnr ", 0.0, gradient(&RED_TO_BLUE)))
                        .bool("fillEnabled", false)
                        .enumerated(
                            "strokeStyleLineCapType",
                            "strokeStyleLineCapType",
                            &named("Cap", cap),
                        )
                        .enumerated(
                            "strokeStyleLineJoinType",
                            "strokeStyleLineJoinType",
                            &named("Join", join),
                        )
                        .with(
                            "strokeStyleLineDashSet",
                            marquetry_testkit::psd::Value::List(lengths.collect()),
                        );
                    alone(48, stroked(shape(std::slice::from_ref(&corner)), &line)).0
                })
                .collect();
            sheet(3, &pictures)
        }
    );
}

#[test]
fn a_vector_mask_without_stored_pixels_cuts_its_layer_off() {
    let half = [Curve::polygon(&[[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]])];
    let masked = |flags: u32| {
        let layer = Layer::raster("Photo", Rect::new(0, 0, 8, 8), flat(8, 8, RED));
        let (got, missing) = alone(8, layer.block(b"vmsk", vector_path(flags, &half)));
        assert_eq!(missing, []);
        [got.pixel(3, 4).unwrap()[3], got.pixel(4, 4).unwrap()[3]]
    };
    assert_eq!(masked(0), [255, 0]);
    assert_eq!(masked(1), [0, 255]);
    assert_eq!(masked(4), [255, 255]);
}

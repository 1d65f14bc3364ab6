//! Colours that Photoshop made of colours, and laws.

use std::sync::Arc;

use marquetry_pixel::{BlendMode, Coverage, Opacity, Raster, Rgb, Size};
use proptest::prelude::*;

use super::*;
use crate::{Art, DrawOptions, Group, GroupBlend, Layer, Mask, Node, Paint, Scene, draw};

fn one(adjustment: &Adjustment, [red, green, blue]: [u8; 3]) -> [u8; 3] {
    let mut row = [red, green, blue, 77];
    adjustment.apply(&mut row);
    assert_eq!(row[3], 77);
    [row[0], row[1], row[2]]
}

fn master(hue: f32, saturation: f32, lightness: f32) -> HueSaturation {
    HueSaturation {
        master: Shift {
            hue,
            saturation,
            lightness,
        },
        ..HueSaturation::default()
    }
}

#[test]
fn hues_turn_and_saturations_stretch_as_in_photoshop() {
    let dull = master(0.0, -1.0, 0.0);
    assert_eq!(dull.of([253, 154, 102]), [177; 3]);
    assert_eq!(dull.of([252, 163, 92]), [172; 3]);
    let vivid = master(0.0, 1.0, 0.0);
    assert_eq!(vivid.of([253, 154, 102]), [255, 153, 100]);
    assert_eq!(vivid.of([77, 77, 77]), [77; 3]);
    assert_eq!(master(0.0, 0.0, -1.0).of([253, 154, 102]), [0; 3]);
    // Lightness is rounded before anything else looks: what was nearly grey shows it.
    let all = master(122.0, 1.0, -0.37);
    for (colour, want) in [
        ([149, 147, 148], [29, 157, 33]),
        ([142, 140, 145], [180, 96, 0]),
        ([195, 195, 194], [58, 181, 186]),
    ] {
        for (got, want) in all.of(colour).into_iter().zip(want) {
            assert!(got.abs_diff(want) <= 1, "{colour:?}: {got} for {want}");
        }
    }
    let tinted = HueSaturation {
        colorize: true,
        ..master(0.0, 0.25, 0.0)
    };
    assert_eq!(tinted.of([253, 154, 102]), [196, 158, 158]);
    assert_eq!(tinted.of([252, 163, 92]), [193, 152, 152]);
    assert_eq!(tinted.of([254, 145, 115]), [202, 167, 167]);
}

#[test]
fn ranges_change_their_own_hues() {
    let greens = HueRange {
        limits: [75.0, 105.0, 135.0, 165.0],
        shift: Shift {
            saturation: -1.0,
            ..Shift::default()
        },
    };
    let change = HueSaturation {
        ranges: vec![greens],
        ..HueSaturation::default()
    };
    assert_eq!(change.of([0, 200, 0]), [100; 3]);
    assert_eq!(change.of([200, 0, 0]), [200, 0, 0]);
    // Half way into the range, at 90 degrees and a third, half of the saturation goes; at 90 a little less.
    assert_eq!(change.of([100, 200, 0]), [100, 151, 49]);
}

#[test]
fn a_photo_filter_is_glass_in_front_of_light() {
    // The warming filter, L*a*b* 67.06, 32, 120 at a quarter of its density.
    let filter = Adjustment::PhotoFilter(PhotoFilter {
        glass: [0.474_6, 0.367_1, 0.0],
        density: 0.25,
        preserve_luminosity: true,
    });
    let got = one(&filter, [150, 180, 200]);
    for (got, want) in got.into_iter().zip([163_u8, 176, 187]) {
        assert!(got.abs_diff(want) <= 1, "{got} for {want}");
    }
}

#[test]
fn vibrance_fits_the_pair_at_hand() {
    let change = Vibrance {
        vibrance: 0.5,
        saturation: 0.2,
    };
    for (got, want) in change.of([200, 150, 100]).into_iter().zip([207_u8, 144, 63]) {
        assert!(got.abs_diff(want) <= 1, "{got} for {want}");
    }
    assert_eq!(change.of([90; 3]), [90; 3]);
    let grey = Vibrance {
        vibrance: 0.0,
        saturation: -1.0,
    };
    let [red, green, blue] = grey.of([200, 150, 100]);
    assert!(red == green && green == blue);
}

#[test]
fn black_and_white_weighs_kinds() {
    let change = BlackAndWhite {
        weights: [0.4, 0.6, 0.4, 0.6, 0.2, 0.8],
        tint: None,
    };
    // 50 of grey, 50 of orange's yellow, 100 of its red.
    assert_eq!(change.of([200, 100, 50]), [120; 3]);
    assert_eq!(change.of([99; 3]), [99; 3]);
    let tinted = BlackAndWhite {
        tint: Some([225.0, 211.0, 179.0]),
        ..change
    };
    let [red, green, blue] = tinted.of([128; 3]);
    assert!(red > green && green > blue);
    assert_eq!(tinted.of([0; 3]), [0; 3]);
    assert_eq!(tinted.of([255; 3]), [255; 3]);
}

#[test]
fn inks_change_their_own_kinds() {
    let mut kinds = [[0.0; 4]; 9];
    kinds[0][0] = -1.0;
    let change = SelectiveColour {
        absolute: true,
        kinds,
    };
    assert_eq!(change.of([200, 100, 100]), [222, 100, 100]);
    assert_eq!(change.of([100, 200, 100]), [100, 200, 100]);
    let still = SelectiveColour {
        absolute: false,
        kinds: [[0.0; 4]; 9],
    };
    assert_eq!(still.of([12, 34, 56]), [12, 34, 56]);
}

#[test]
fn a_mixer_swaps_channels() {
    let change = Mixer {
        rows: [[0.0, 0.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 0.5]],
    };
    assert_eq!(change.of([10, 30, 200]), [200, 20, 138]);
}

#[test]
fn a_cube_mixes_its_corners() {
    let corner = |at: usize| [at & 1, at >> 1 & 1, at >> 2].map(|bit| if bit == 1 { 1.0 } else { 0.0 });
    let identity = Cube::new(2, (0..8).map(corner).collect()).unwrap();
    for colour in [[0, 0, 0], [255, 255, 255], [12, 200, 77], [90, 90, 91]] {
        assert_eq!(identity.of(colour), colour);
    }
    assert!(Cube::new(2, vec![[0.0; 3]; 7]).is_none());
    assert!(Cube::new(usize::MAX, Vec::new()).is_none());
    let hostile = Cube::new(2, vec![[f32::NAN, f32::INFINITY, -1e30]; 8]).unwrap();
    assert_eq!(hostile.of([3, 2, 1]), [0, 255, 0]);
}

fn invert() -> Paint {
    let mut table = [0; 256];
    for (at, out) in (0..=255).zip(&mut table) {
        *out = 255_u8 - at;
    }
    Paint::Adjust(Arc::new(Adjustment::tone(table)))
}

fn art(pixel: [u8; 4], size: Size) -> Paint {
    let mut raster = Raster::new(size);
    raster.pixels_mut().fill(pixel);
    Paint::Raster {
        art: Arc::new(Art::new(raster)),
        at: (0, 0),
    }
}

fn picture(nodes: Vec<Node>) -> Raster {
    let mut scene = Scene::new(Size::new(4, 2));
    scene.nodes = nodes;
    draw(&scene, &DrawOptions::default()).unwrap()
}

#[test]
fn alpha_stays_and_colour_meets_as_if_opaque() {
    let below = || Node::Layer(Layer::new(art([200, 100, 0, 128], Size::new(2, 2))));
    let full = picture(vec![below(), Node::Layer(Layer::new(invert()))]);
    assert_eq!(full.pixel(0, 0), Some([55, 155, 255, 128]));
    assert_eq!(full.pixel(3, 0).map(|pixel| pixel[3]), Some(0));
    let half = Layer {
        opacity: Opacity::from_byte(51),
        ..Layer::new(invert())
    };
    let half = picture(vec![below(), Node::Layer(half)]);
    assert_eq!(half.pixel(0, 0), Some([171, 111, 51, 128]));
    let multiplied = Layer {
        blend: BlendMode::Multiply,
        ..Layer::new(invert())
    };
    let multiplied = picture(vec![below(), Node::Layer(multiplied)]);
    assert_eq!(multiplied.pixel(0, 0), Some([43, 61, 0, 128]));
}

#[test]
fn masks_groups_and_clips_bound_an_adjustment() {
    let white = || Node::Layer(Layer::new(Paint::Solid(Rgb::new(255, 255, 255).into())));
    let masked = Layer {
        masks: vec![Mask::new(
            Arc::new(Coverage::filled(Size::new(1, 2), [255])),
            (1, 0),
        )],
        clipped: vec![Node::Layer(Layer::new(art([9, 8, 7, 255], Size::new(2, 1))))],
        ..Layer::new(invert())
    };
    let masked = picture(vec![white(), Node::Layer(masked)]);
    assert_eq!(masked.pixel(0, 0), Some([255; 4]));
    assert_eq!(masked.pixel(1, 0), Some([9, 8, 7, 255]));
    assert_eq!(masked.pixel(1, 1), Some([0, 0, 0, 255]));
    let isolated = Group {
        blend: GroupBlend::Isolated(BlendMode::Normal),
        ..Group::new(vec![
            Node::Layer(Layer::new(art([10, 20, 30, 255], Size::new(1, 1)))),
            Node::Layer(Layer::new(invert())),
        ])
    };
    let isolated = picture(vec![white(), Node::Group(isolated)]);
    assert_eq!(isolated.pixel(0, 0), Some([245, 235, 225, 255]));
    assert_eq!(isolated.pixel(1, 0), Some([255; 4]));
    let base = Layer {
        clipped: vec![Node::Layer(Layer::new(invert()))],
        ..Layer::new(art([10, 20, 30, 255], Size::new(1, 1)))
    };
    let clipped = picture(vec![white(), Node::Layer(base)]);
    assert_eq!(clipped.pixel(0, 0), Some([245, 235, 225, 255]));
    assert_eq!(clipped.pixel(1, 0), Some([255; 4]));
}

proptest! {
    #[test]
    fn nothing_asked_for_is_nothing_changed(colour: [u8; 3]) {
        let nothing = [
            Adjustment::HueSaturation(Box::new(master(0.0, 0.0, 0.0))),
            Adjustment::Mixer(Mixer {
                rows: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]],
            }),
            Adjustment::Vibrance(Vibrance { vibrance: 0.0, saturation: 0.0 }),
        ];
        for adjustment in nothing {
            prop_assert_eq!(one(&adjustment, colour), colour);
        }
        // Light there and back rounds.
        let clear = PhotoFilter { glass: [0.2, 0.3, 0.9], density: 0.0, preserve_luminosity: false };
        for (got, want) in clear.of(&clear.glass(), colour).into_iter().zip(colour) {
            prop_assert!(got.abs_diff(want) <= 1);
        }
    }

    #[test]
    fn no_number_is_too_hostile(colour: [u8; 3], number in prop::num::f32::ANY, other in prop::num::f32::ANY) {
        let shift = Shift { hue: number, saturation: other, lightness: number };
        let range = HueRange { limits: [number, other, 0.0, number], shift };
        for colorize in [false, true] {
            HueSaturation { colorize, master: shift, ranges: vec![range; 2] }.of(colour);
        }
        BlackAndWhite { weights: [number; 6], tint: Some([other; 3]) }.of(colour);
        Mixer { rows: [[number, other, number, other]; 3] }.of(colour);
        let filter = PhotoFilter { glass: [number; 3], density: other, preserve_luminosity: true };
        filter.of(&filter.glass(), colour);
        Vibrance { vibrance: number, saturation: other }.of(colour);
        SelectiveColour { absolute: true, kinds: [[number, other, number, other]; 9] }.of(colour);
    }
}

//! Art through maps: where it lands, how its edges look, that nothing aliases.

use std::sync::Arc;

use marquetry_compose::{Art, Filter, Layer, Node, Paint, Placed};
use marquetry_pixel::{Point, Projective, Quad, Raster, Rect, Size};
use proptest::prelude::*;

use crate::{drawn, picture, scene, solid};

fn placed(raster: Raster, map: Projective, filter: Filter) -> Layer {
    Layer::new(Paint::Placed(Placed {
        art: Arc::new(Art::from(raster)),
        map,
        filter,
    }))
}

fn from_fn(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 4]) -> Raster {
    let pixels: Vec<[u8; 4]> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| colour(x, y))
        .collect();
    crate::raster(width, height, &pixels)
}

fn byte(value: u32) -> u8 {
    u8::try_from(value % 256).unwrap()
}

#[test]
fn a_shift_by_whole_pixels_copies() {
    let art = from_fn(9, 7, |x, y| {
        [byte(x * 37), byte(y * 51), byte(x * y * 13), byte(x * 29)]
    });
    for filter in [Filter::Auto, Filter::Bilinear, Filter::Bicubic] {
        let through = placed(art.clone(), Projective::translation(3.0, -2.0), filter);
        let copied = picture(art.clone(), (3, -2));
        assert_eq!(
            drawn(&scene(16, 8, vec![Node::Layer(through)])).bytes(),
            drawn(&scene(16, 8, vec![Node::Layer(copied)])).bytes(),
        );
    }
}

#[test]
fn an_upright_edge_covers_by_area() {
    // 10 x 10 art on the canvas from 2.25 to 6.75: the columns at its ends are three quarters full.
    let art = Raster::filled(Size::new(10, 10), [255, 0, 0, 255]);
    let quad = Quad::new([(2.25, 2.75), (6.75, 2.75), (6.75, 6.0), (2.25, 6.0)]);
    let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
    let got = drawn(&scene(10, 10, vec![Node::Layer(placed(art, map, Filter::Auto))]));
    let alpha = |x, y| got.pixel(x, y).unwrap()[3];
    assert_eq!((alpha(1, 4), alpha(2, 4), alpha(3, 4)), (0, 191, 255));
    assert_eq!((alpha(6, 4), alpha(7, 4)), (191, 0));
    assert_eq!((alpha(4, 2), alpha(4, 5), alpha(4, 6)), (64, 255, 0));
    assert_eq!(alpha(2, 2), 48);
    assert_eq!(got.pixel(2, 2).unwrap()[..3], [255, 0, 0]);
}

#[test]
fn art_thinner_than_a_pixel_is_faint_not_lost() {
    let art = Raster::filled(Size::new(100, 100), [0, 0, 0, 255]);
    let quad = Quad::new([(2.4, 1.0), (2.6, 1.0), (2.6, 5.0), (2.4, 5.0)]);
    let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
    let got = drawn(&scene(6, 6, vec![Node::Layer(placed(art, map, Filter::Auto))]));
    assert_eq!(got.pixel(2, 3), Some([0, 0, 0, 51]));
}

#[test]
fn a_checkerboard_shrinks_to_grey() {
    // A box of three pixels by three still sees five against four; from four on nothing is left.
    for (shrink, allowed) in [(2.0, 2), (3.0, 15), (5.5, 2), (13.0, 2)] {
        let art = from_fn(520, 520, |x, y| {
            let v = if (x + y) % 2 == 0 { 255 } else { 0 };
            [v, v, v, 255]
        });
        let side = 520.0 / shrink;
        let quad = Quad::new([
            (1.3, 2.6),
            (1.3 + side, 2.6),
            (1.3 + side, 2.6 + side),
            (1.3, 2.6 + side),
        ]);
        let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
        let edge = 264;
        let got = drawn(&scene(
            edge,
            edge,
            vec![Node::Layer(placed(art, map, Filter::Auto))],
        ));
        for pixel in got.pixels().iter().filter(|pixel| pixel[3] == 255) {
            assert!(
                pixel[0].abs_diff(128) <= allowed,
                "{shrink} times smaller: {pixel:?}"
            );
        }
    }
}

#[test]
fn fine_lines_shrink_to_grey_aslant_and_in_perspective() {
    let art = from_fn(800, 800, |x, _| {
        let v = if x % 2 == 0 { 255 } else { 0 };
        [v, v, v, 255]
    });
    let quad = Quad::new([(20.0, 10.0), (120.0, 40.0), (100.0, 130.0), (10.0, 90.0)]);
    let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
    let got = drawn(&scene(
        140,
        140,
        vec![Node::Layer(placed(art, map, Filter::Auto))],
    ));
    for pixel in got.pixels().iter().filter(|pixel| pixel[3] == 255) {
        assert!(pixel[0].abs_diff(128) <= 10, "{pixel:?}");
    }
}

#[test]
fn growing_is_crisp_with_bicubic_and_soft_with_bilinear() {
    let art = from_fn(8, 8, |x, _| {
        let v = if x < 4 { 0 } else { 255 };
        [v, v, v, 255]
    });
    let steepness = |filter| {
        let layer = placed(art.clone(), Projective::scale(8.0, 8.0), filter);
        let got = drawn(&scene(64, 64, vec![Node::Layer(layer)]));
        let value = |x| i32::from(got.pixel(x, 32).unwrap()[0]);
        assert_eq!((value(8), value(56)), (0, 255));
        value(33) - value(30)
    };
    assert!(steepness(Filter::Bicubic) > steepness(Filter::Bilinear));
    assert_eq!(steepness(Filter::Auto), steepness(Filter::Bicubic));
}

#[test]
fn colour_does_not_bleed_out_of_transparent_pixels() {
    // What is transparent is bright green; no green may show.
    let art = from_fn(40, 40, |x, y| {
        if (x / 5 + y / 5) % 2 == 0 {
            [200, 0, 40, 255]
        } else {
            [0, 255, 0, 0]
        }
    });
    let quad = Quad::new([(3.0, 5.0), (50.0, 2.0), (55.0, 52.0), (6.0, 44.0)]);
    for filter in [Filter::Bilinear, Filter::Bicubic] {
        let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
        let got = drawn(&scene(
            60,
            60,
            vec![Node::Layer(placed(art.clone(), map, filter))],
        ));
        for pixel in got.pixels().iter().filter(|pixel| pixel[3] > 0) {
            assert!(
                pixel[1] <= 1 && pixel[0] >= 198,
                "{filter:?} shows a colour that isn't there: {pixel:?}"
            );
        }
    }
}

#[test]
fn bounds_hold_all_that_is_painted() {
    let art = Raster::filled(Size::new(30, 20), [1, 2, 3, 255]);
    let quad = Quad::new([(10.4, 12.9), (70.2, 5.1), (60.0, 64.8), (4.7, 50.2)]);
    let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
    let node = Node::Layer(placed(art, map, Filter::Auto));
    let scene = scene(80, 80, vec![node.clone()]);
    let bounds = node.bounds(scene.canvas());
    let got = drawn(&scene);
    for y in 0..80 {
        for x in 0..80 {
            let painted = got.pixel(x, y).unwrap()[3] > 0;
            let here = Rect::new(i32::try_from(x).unwrap(), i32::try_from(y).unwrap(), 1, 1);
            assert!(
                !painted || bounds.contains(here),
                "({x}, {y}) is outside {bounds:?}"
            );
        }
    }
}

#[test]
fn what_lies_beyond_the_horizon_is_not_drawn() {
    // The depth falls to nothing half-way down the art.
    let map = Projective([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0 / 30.0, 1.0]);
    let art = Raster::filled(Size::new(40, 40), [9, 9, 9, 255]);
    let centre = map.apply(Point::new(20.0, 20.0));
    assert!(centre.x.is_finite());
    let got = drawn(&scene(
        64,
        64,
        vec![
            Node::Layer(solid(255, 255, 255)),
            Node::Layer(placed(art, map, Filter::Auto)),
        ],
    ));
    assert_eq!(got.pixel(5, 5), Some([9, 9, 9, 255]));
    assert!(got.is_opaque());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_map_makes_it_panic(
        cells in proptest::array::uniform9(prop_oneof![-3.0..3.0f64, -1e-3..1e-3f64, Just(0.0), Just(1.0), -1e9..1e9f64]),
        width in 1u32..40,
        height in 1u32..40,
        bicubic in any::<bool>(),
    ) {
        let filter = if bicubic { Filter::Bicubic } else { Filter::Auto };
        let layer = placed(Raster::filled(Size::new(width, height), [7, 8, 9, 200]), Projective(cells), filter);
        drawn(&scene(40, 24, vec![Node::Layer(layer)]));
    }
}

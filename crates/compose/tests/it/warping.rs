//! Art through meshes: the surface has no gap and no seam, and a straight mesh is a straight map.

use std::num::NonZero;
use std::sync::Arc;

use marquetry_compose::{
    Art, DrawOptions, Filter, Layer, Mesh, Node, Paint, Placed, Scene, Warped, draw, draw_region,
};
use marquetry_pixel::{Point, Projective, Quad, Raster, Rect, Size};
use proptest::prelude::*;

use crate::{drawn, scene};

/// Evenly spread control points of `patches` by `patches` over a box.
fn straight(patches: usize, (left, top): (f64, f64), (width, height): (f64, f64)) -> Vec<Point> {
    let count = 3 * patches + 1;
    let at = |index: usize| {
        f64::from(u32::try_from(index).unwrap()) / f64::from(u32::try_from(count - 1).unwrap())
    };
    (0..count * count)
        .map(|index| Point::new(left + width * at(index % count), top + height * at(index / count)))
        .collect()
}

fn cuts(patches: usize, length: u32) -> Vec<f64> {
    let step = f64::from(length) / f64::from(u32::try_from(patches).unwrap());
    (0..=patches)
        .map(|at| step * f64::from(u32::try_from(at).unwrap()))
        .collect()
}

fn warped(art: Raster, patches: usize, points: Vec<Point>) -> Layer {
    let mesh = Mesh::new(cuts(patches, art.width()), cuts(patches, art.height()), points).unwrap();
    Layer::new(Paint::Warped(Warped {
        art: Arc::new(Art::from(art)),
        map: Projective::IDENTITY,
        mesh: Arc::new(mesh),
        filter: Filter::Auto,
    }))
}

/// Noise, so that every position shows.
fn noise(width: u32, height: u32) -> Raster {
    let mut raster = Raster::new(Size::new(width, height));
    for (at, pixel) in (0u32..).zip(raster.bytes_mut().as_chunks_mut::<4>().0) {
        let [red, green, blue, _] = at.wrapping_mul(0x9e37_79b1).rotate_left(7).to_le_bytes();
        *pixel = [red, green, blue, 255];
    }
    raster
}

#[test]
fn a_straight_mesh_is_a_straight_map() {
    let art = noise(60, 50);
    let (at, size) = ((7.25, 5.5), (66.0, 57.5));
    let quad = Quad::new([
        at,
        (at.0 + size.0, at.1),
        (at.0 + size.0, at.1 + size.1),
        (at.0, at.1 + size.1),
    ]);
    let placed = Layer::new(Paint::Placed(Placed {
        map: Projective::from_size_to_quad(art.size(), &quad).unwrap(),
        art: Arc::new(Art::from(art.clone())),
        filter: Filter::Bilinear,
    }));
    for patches in [1, 3] {
        let mesh = warped(art.clone(), patches, straight(patches, at, size));
        let through_mesh = drawn(&scene(80, 70, vec![Node::Layer(mesh)]));
        let through_map = drawn(&scene(80, 70, vec![Node::Layer(placed.clone())]));
        for y in 7..61 {
            for x in 9..71 {
                let (a, b) = (
                    through_mesh.pixel(x, y).unwrap(),
                    through_map.pixel(x, y).unwrap(),
                );
                let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(far <= 2, "({x}, {y}) of {patches}: {a:?}, not {b:?}");
            }
        }
    }
}

#[test]
fn what_lies_on_nothing_draws_nothing() {
    let art = || noise(20, 20);
    let corners = vec![Point::new(10.0, 10.0); 16];
    let line = (0..16)
        .map(|at| Point::new(f64::from(at), f64::from(at)))
        .collect();
    for points in [corners, line] {
        let empty = drawn(&scene(30, 30, vec![Node::Layer(warped(art(), 1, points))]));
        assert!(empty.bytes().iter().all(|byte| *byte == 0));
    }
}

#[test]
fn an_asset_smaller_than_the_frame_lies_where_its_map_says() {
    // The art covers the middle half of a frame of 40 x 40 that is drawn twice as large.
    let points = straight(1, (0.0, 0.0), (80.0, 80.0));
    let mesh = Mesh::new(vec![0.0, 40.0], vec![0.0, 40.0], points).unwrap();
    let layer = Layer::new(Paint::Warped(Warped {
        art: Arc::new(Art::from(Raster::filled(Size::new(20, 20), [9, 8, 7, 255]))),
        map: Projective::translation(10.0, 10.0),
        mesh: Arc::new(mesh),
        filter: Filter::Auto,
    }));
    let got = drawn(&scene(80, 80, vec![Node::Layer(layer)]));
    let alpha = |x, y| got.pixel(x, y).unwrap()[3];
    assert_eq!((alpha(18, 40), alpha(21, 40), alpha(40, 40)), (0, 255, 255));
    assert_eq!((alpha(58, 40), alpha(61, 40), alpha(40, 61)), (255, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a mesh does inside, opaque art leaves no hole, and pieces, bands and threads do not show.
    #[test]
    fn bent_meshes_have_no_gap_and_no_seam(
        patches in 1usize..4,
        bends in prop::collection::vec((-4.0f64..4.0, -4.0f64..4.0), 100),
        left in 0i32..40,
        top in 0i32..40,
    ) {
        let count = 3 * patches + 1;
        let mut points = straight(patches, (-10.0, -10.0), (100.0, 100.0));
        for (at, point) in points.iter_mut().enumerate() {
            let inner = at % count > 0 && at % count < count - 1 && at / count > 0 && at / count < count - 1;
            let bend = bends[at % bends.len()];
            if inner {
                *point = Point::new(point.x + bend.0, point.y + bend.1);
            }
        }
        let full: Scene = scene(80, 80, vec![Node::Layer(warped(noise(64, 48), patches, points))]);
        let whole = drawn(&full);
        prop_assert!(whole.bytes().as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255));
        let threads = DrawOptions { threads: NonZero::new(3).unwrap(), ..DrawOptions::default() };
        prop_assert!(draw(&full, &threads).unwrap() == whole);
        let part = Rect::new(left, top, 31, 29);
        let region = draw_region(&full, part, &DrawOptions::default()).unwrap();
        for y in 0..29 {
            for x in 0..31 {
                let (column, row) = (x + left.unsigned_abs(), y + top.unsigned_abs());
                prop_assert_eq!(region.pixel(x, y), whole.pixel(column, row));
            }
        }
    }
}

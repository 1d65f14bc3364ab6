//! Rows of placed art against a plain `f64` sampler.

use std::sync::Arc;

use marquetry_pixel::{Projective, Quad, Size};

use super::*;
use crate::blend::tests::levels;
use crate::blend::wide::best_level;

/// Noise with hard edges: the worst that can be asked of a position.
fn noise(size: Size, opaque: bool) -> Art {
    let mut raster = Raster::new(size);
    let width = size.width as usize;
    for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
        let (x, y) = ((at % width) as u32, (at / width) as u32);
        let mut hash = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77);
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
        hash ^= hash >> 12;
        let [r, g, b, a] = hash.to_le_bytes();
        *pixel = [r, g, b, if opaque { 255 } else { a }];
    }
    Art::from(raster)
}

/// Premultiplied bilinear sample in `f64`; beyond the edges the edge's own pixels go on.
fn reference(raster: &Raster, u: f64, v: f64) -> [f64; 4] {
    let (u, v) = (u - 0.5, v - 0.5);
    let (x, y) = (u.floor(), v.floor());
    let mut sum = [0.0; 4];
    for (dy, wy) in [(0.0, 1.0 - (v - y)), (1.0, v - y)] {
        for (dx, wx) in [(0.0, 1.0 - (u - x)), (1.0, u - x)] {
            let column = (x + dx).clamp(0.0, f64::from(raster.width() - 1)) as u32;
            let row = (y + dy).clamp(0.0, f64::from(raster.height() - 1)) as u32;
            let pixel = raster.pixel(column, row).unwrap().map(f64::from);
            let weight = wx * wy * pixel[3] / 255.0;
            for c in 0..3 {
                sum[c] += weight * pixel[c];
            }
            sum[3] += weight * 255.0;
        }
    }
    sum
}

/// The largest difference of a placed picture from the reference, premultiplied, in levels.
fn worst(art: &Arc<Art>, quad: Quad, canvas: Size) -> f64 {
    let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
    let placed = Placed {
        art: Arc::clone(art),
        map,
        filter: Filter::Bilinear,
    };
    let sampler = Sampler::new(&placed).unwrap();
    let back = map.inverse().unwrap();
    let mut worst = 0.0f64;
    let mut row = vec![0; canvas.width as usize * 4];
    for y in 0..canvas.height as i32 {
        sampler.sample_row(best_level(), y, 0, &mut row);
        for (x, pixel) in (0..).zip(row.as_chunks::<4>().0) {
            if sampler.coverage(x, y) < 1.0 {
                continue;
            }
            let point = back.apply(Point::new(f64::from(x) + 0.5, f64::from(y) + 0.5));
            let wanted = reference(art.raster(), point.x, point.y);
            for c in 0..4 {
                let share = if c < 3 { f64::from(pixel[3]) / 255.0 } else { 1.0 };
                worst = worst.max((f64::from(pixel[c]) * share - wanted[c]).abs());
            }
        }
    }
    worst
}

#[test]
fn perspective_is_sampled_where_the_map_says() {
    let quad = Quad::new([(20.3, 15.0), (170.0, 28.4), (160.0, 180.0), (30.0, 170.7)]);
    for opaque in [true, false] {
        let art = Arc::new(noise(Size::new(180, 190), opaque));
        let worst = worst(&art, quad, Size::new(200, 200));
        assert!(worst < 2.5, "off by {worst} levels");
    }
}

#[test]
fn eight_bicubic_samples_are_eight_single_ones() {
    let art = noise(Size::new(60, 60), true);
    let placed = Placed {
        art: Arc::new(art),
        map: Projective([2.3, 0.4, -3.0, -0.2, 2.9, 8.0, 0.0, 0.0, 1.0]),
        filter: Filter::Auto,
    };
    let sampler = Sampler::new(&placed).unwrap();
    assert_eq!(sampler.kernel, Kernel::Bicubic);
    let mut row = vec![0; 160 * 4];
    for y in 0..180 {
        sampler.sample_row(best_level(), y, 0, &mut row);
        for (x, pixel) in (0..).zip(row.as_chunks::<4>().0) {
            let exact = sampler.exact_pixel(Detail::PLAIN, x, y);
            let far = pixel.iter().zip(exact).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(far <= 1, "({x}, {y}): {pixel:?}, not {exact:?}");
        }
    }
}

#[test]
fn a_grid_of_eight_is_eight_grids() {
    let art = noise(Size::new(400, 400), true);
    let placed = Placed {
        art: Arc::new(art),
        map: Projective([0.23, 0.04, -3.0, -0.02, 0.31, 8.0, 0.0, 0.0, 1.0]),
        filter: Filter::Auto,
    };
    let sampler = Sampler::new(&placed).unwrap();
    let mut row = vec![0; 120 * 4];
    for y in 0..140 {
        sampler.sample_row(best_level(), y, 0, &mut row);
        for (x, pixel) in (0..).zip(row.as_chunks::<4>().0) {
            let detail = sampler.detail(f64::from(x), f64::from(y) + 0.5);
            let exact = sampler.exact_pixel(detail, x, y);
            let far = pixel.iter().zip(exact).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(far <= 1, "({x}, {y}): {pixel:?}, not {exact:?}");
        }
    }
}

#[test]
fn every_instruction_set_sees_the_same() {
    let quad = Quad::new([(3.0, 5.5), (150.0, 20.0), (120.0, 110.0), (11.0, 99.0)]);
    for (size, opaque) in [(50, true), (120, false), (130, true), (700, true)] {
        let art = Arc::new(noise(Size::new(size, size), opaque));
        for filter in [Filter::Auto, Filter::Bilinear, Filter::Bicubic] {
            let placed = Placed {
                art: Arc::clone(&art),
                map: Projective::from_size_to_quad(art.size(), &quad).unwrap(),
                filter,
            };
            let sampler = Sampler::new(&placed).unwrap();
            for y in 0..120 {
                let rows: Vec<Vec<u8>> = levels()
                    .into_iter()
                    .map(|level| {
                        let mut row = vec![0; 160 * 4];
                        sampler.sample_row(level, y, 0, &mut row);
                        row
                    })
                    .collect();
                assert!(
                    rows.iter().all(|row| *row == rows[0]),
                    "{filter:?} of {size}, row {y}"
                );
            }
        }
    }
}

//! Art through maps onto a 1024 x 1024 canvas, in canvas pixels a second.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use marquetry_compose::{Art, DrawOptions, Filter, Layer, Node, Paint, Placed, Scene, draw_into};
use marquetry_pixel::{Projective, Quad, Raster, Size};

const CANVAS: Size = Size::new(1024, 1024);

fn art(side: u32, opaque: bool) -> Arc<Art> {
    let mut raster = Raster::new(Size::new(side, side));
    for (at, pixel) in (0u32..).zip(raster.pixels_mut()) {
        let (x, y) = (at % side, at / side);
        let [level, ..] = (x * 7 + y * 3).to_le_bytes();
        let alpha = if opaque || (x / 64 + y / 64) % 2 == 0 {
            255
        } else {
            level
        };
        *pixel = [level, 255 - level, level / 2, alpha];
    }
    Arc::new(Art::from(raster))
}

fn maps(criterion: &mut Criterion) {
    let upright = Quad::new([(0.3, 0.3), (1023.7, 0.3), (1023.7, 1023.7), (0.3, 1023.7)]);
    let slanted = Quad::new([(60.0, 20.0), (1000.0, 90.0), (930.0, 1000.0), (20.0, 900.0)]);
    let mut group = criterion.benchmark_group("place");
    group.throughput(Throughput::Elements(CANVAS.pixels()));
    let mut canvas = Raster::new(CANVAS);
    for (name, side, opaque, quad) in [
        ("perspective_near_its_size", 1100, true, slanted),
        ("perspective_near_its_size_soft_alpha", 1100, false, slanted),
        ("upright_three_times_larger", 341, true, upright),
        ("perspective_three_times_larger", 341, true, slanted),
        ("perspective_twice_smaller", 2048, true, slanted),
        ("perspective_four_times_smaller", 4096, true, slanted),
    ] {
        let art = art(side, opaque);
        let placed = Placed {
            map: Projective::from_size_to_quad(art.size(), &quad).unwrap(),
            art,
            filter: Filter::Auto,
        };
        let scene = Scene {
            nodes: vec![Node::Layer(Layer::new(Paint::Placed(placed)))],
            ..Scene::new(CANVAS)
        };
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| draw_into(black_box(&mut canvas), &scene, &DrawOptions::default()).unwrap());
        });
    }
}

criterion_group!(benches, maps);
criterion_main!(benches);

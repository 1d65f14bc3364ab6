//! Blending: one row a mode, in pixels a second; a layer of soft alpha over an opaque picture and
//! over a translucent one, and one colour over an opaque picture.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use marquetry_compose::{Art, DrawOptions, Layer, Node, Paint, Scene, draw_into};
use marquetry_pixel::{BlendMode, Opacity, Raster, Rgb, Size};

const SIZE: Size = Size::new(1024, 1024);

/// Noise; its alpha is 255, or anything.
fn noise(mut seed: u32, opaque: bool) -> Raster {
    let mut raster = Raster::new(SIZE);
    for pixel in raster.pixels_mut() {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        *pixel = seed.to_le_bytes();
        if opaque {
            pixel[3] = 255;
        }
    }
    raster
}

fn modes(criterion: &mut Criterion) {
    let layer = |paint: &Paint, blend| {
        Node::Layer(Layer {
            blend,
            opacity: Opacity::from_byte(153),
            ..Layer::new(paint.clone())
        })
    };
    let soft = Paint::Raster {
        art: Arc::new(Art::from(noise(1, false))),
        at: (0, 0),
    };
    let colour = Paint::Solid(Rgb::new(214, 148, 92).into());
    for (name, opaque, paint) in [
        ("soft_over_opaque", true, &soft),
        ("soft_over_translucent", false, &soft),
        ("colour_over_opaque", true, &colour),
    ] {
        let backdrop = Arc::new(Art::new(noise(7, opaque)));
        let mut group = criterion.benchmark_group(format!("blend/{name}"));
        group.throughput(Throughput::Elements(SIZE.pixels()));
        let mut canvas = Raster::new(SIZE);
        for mode in BlendMode::ALL {
            let scene = Scene {
                backdrop: Some(Arc::clone(&backdrop)),
                nodes: vec![layer(paint, mode)],
                ..Scene::new(SIZE)
            };
            group.bench_function(BenchmarkId::from_parameter(mode.name()), |bencher| {
                bencher.iter(|| draw_into(black_box(&mut canvas), &scene, &DrawOptions::default()).unwrap());
            });
        }
    }
}

criterion_group!(benches, modes);
criterion_main!(benches);

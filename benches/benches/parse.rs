//! PSD bytes to a layer list, and to pixels: the canonical scene's own file, in bytes a second.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use marquetry_psd::{Limits, parse};
use marquetry_testkit::scene::{Scene, Size};

fn parsing(criterion: &mut Criterion) {
    let file = Bytes::from(Scene::new(Size::Small).template_psd());
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("layer list", |bencher| {
        bencher.iter(|| parse(black_box(file.clone()), &limits).unwrap().layers().len());
    });
    let document = parse(file, &limits).unwrap();
    let mut buffers: Vec<Vec<u8>> = document
        .layers()
        .map(|layer| vec![0; usize::try_from(layer.rect().size().pixels() * 4).unwrap()])
        .collect();
    group.bench_function("all layers to RGBA", |bencher| {
        bencher.iter(|| {
            for (layer, buffer) in document.layers().zip(&mut buffers) {
                layer.interleave_rgba8(black_box(buffer), &limits).unwrap();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);

//! Files to pixels, pixels to files, and scaling: one row a coder, in pixels a second.
//!
//! The picture is 2048 x 2048 and made here: gradients with a little grain like a photo's, and flat
//! shapes with hard edges like a design's.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use marquetry_codec::{
    Chroma, Effort, Encoding, Format, Limits, Quality, Scaling, decode, encode, resize, resize_part,
};
use marquetry_pixel::{Raster, Rect, Size};

const SIDE: u32 = 2048;

fn picture(size: Size) -> Raster {
    let mut raster = Raster::new(size);
    let mut seed = 0x2545_f491_u32;
    for (at, pixel) in (0u64..).zip(raster.pixels_mut()) {
        let (x, y) = (at % u64::from(size.width), at / u64::from(size.width));
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        let low = |value: u64| value.to_le_bytes()[0];
        let (u, v) = (x * 160 / u64::from(size.width), y * 160 / u64::from(size.height));
        *pixel = if (30..80).contains(&u) && (30..80).contains(&v) {
            [200, 30, 40, 255]
        } else if (u + v) % 50 < 9 {
            [20, 60, 160, 255]
        } else {
            let grain = u64::from(seed % 4);
            [
                low(40 + u + grain),
                low(50 + v + grain),
                low(90 + (u + v) / 3 + grain),
                255,
            ]
        };
    }
    raster
}

fn formats() -> [(&'static str, Format); 7] {
    let quality = Quality::default();
    let webp = |effort| Format::Webp {
        quality,
        effort: Effort::new(effort).unwrap_or_default(),
    };
    let jpeg = |chroma| Format::Jpeg { quality, chroma };
    [
        ("png", Format::Png),
        ("jpeg_q90_420", jpeg(Chroma::Quarter)),
        ("jpeg_q90_444", jpeg(Chroma::Full)),
        ("webp_q90_effort0", webp(0)),
        ("webp_q90_effort2", webp(2)),
        ("webp_q90_effort3", webp(3)),
        ("webp_q90_effort4", webp(4)),
    ]
}

fn coders(criterion: &mut Criterion) {
    let size = Size::new(SIDE, SIDE);
    let raster = picture(size);

    let mut group = criterion.benchmark_group("encode");
    group
        .throughput(Throughput::Elements(size.pixels()))
        .sample_size(10);
    for (name, format) in formats() {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| encode(black_box(&raster), &Encoding::new(format)));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("decode");
    group
        .throughput(Throughput::Elements(size.pixels()))
        .sample_size(10);
    let mut translucent = raster.clone();
    for pixel in translucent.pixels_mut().iter_mut().step_by(3) {
        pixel[3] = 200;
    }
    for (name, raster, format) in [
        ("png_rgb", &raster, Format::Png),
        ("png_rgba", &translucent, Format::Png),
        ("jpeg_420", &raster, formats()[1].1),
        ("jpeg_444", &raster, formats()[2].1),
        ("webp", &raster, formats()[4].1),
    ] {
        let file = encode(raster, &Encoding::new(format)).expect("a picture that can be written");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| decode(black_box(&file), &Limits::default()));
        });
    }
    group.finish();
}

fn scaling(criterion: &mut Criterion) {
    let source = Size::new(3000, 3000);
    let target = Size::new(SIDE, SIDE);
    let opaque = picture(source);
    let mut translucent = opaque.clone();
    translucent.pixels_mut()[0][3] = 0;

    let mut group = criterion.benchmark_group("resize");
    group
        .throughput(Throughput::Elements(source.pixels()))
        .sample_size(10);
    for (name, raster, scaling) in [
        ("lanczos3_opaque", &opaque, Scaling::Lanczos3),
        ("lanczos3_alpha", &translucent, Scaling::Lanczos3),
        ("bicubic_opaque", &opaque, Scaling::Bicubic),
        ("linear_opaque", &opaque, Scaling::Linear),
    ] {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| resize(black_box(raster), target, scaling));
        });
    }
    // A quarter of each side: a sixteenth of the work.
    let part = Rect::new(700, 700, 512, 512);
    group.throughput(Throughput::Elements(source.pixels() / 16));
    group.bench_function("lanczos3_sixteenth", |bencher| {
        bencher.iter(|| resize_part(black_box(&opaque), target, part, Scaling::Lanczos3));
    });
    group.finish();
}

criterion_group!(benches, coders, scaling);
criterion_main!(benches);

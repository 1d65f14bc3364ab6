//! The canonical scene, warp included: the whole, from a kept flat backdrop, and its smart object's
//! box alone. In canvas pixels a second.
//!
//! Every draw gets a design that has not been drawn before, in a canvas that has been used before:
//! what a warm service has.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use marquetry_compose::{
    Art, DrawOptions, Filter, Layer, Mask, Node, Paint, Placed, Scene, draw, draw_into, draw_onto,
};
use marquetry_pixel::{BlendMode, Coverage, Opacity, Projective, Quad, Raster, Rgb, Size};
use marquetry_testkit::paint::Picture;
use marquetry_testkit::paint::blend::Blend;
use marquetry_testkit::scene::{self, Plate};

fn raster(picture: &Picture) -> Raster {
    let side = |pixels: usize| u32::try_from(pixels).unwrap();
    let size = Size::new(side(picture.width), side(picture.height));
    Raster::from_bytes(size, picture.rgba.clone()).unwrap()
}

/// The layers that don't change, and the smart object to go between them.
struct Canonical {
    size: Size,
    layers: Vec<Node>,
    smart: usize,
    design: Raster,
}

impl Canonical {
    fn new(size: scene::Size) -> Self {
        let source = scene::Scene::new(size);
        let edge = source.canvas();
        let design = raster(&source.design);
        let [a, b, c, d] = source.quad().map(|[x, y]| (x, y));
        let quad = Quad::new([a, b, c, d]);
        let mut smart = 0;
        let mut layers = Vec::new();
        for layer in &source.layers {
            let at = (layer.rect.left, layer.rect.top);
            let mut masks = Vec::new();
            let paint = match &layer.plate {
                Plate::Raster(picture) => Paint::Raster {
                    art: Arc::new(Art::from(raster(picture))),
                    at,
                },
                Plate::Color([r, g, b]) => Paint::Solid(Rgb::new(*r, *g, *b).into()),
                Plate::Design => {
                    smart = layers.len();
                    let side = |pixels: usize| u32::try_from(pixels).unwrap();
                    let size = Size::new(side(layer.rect.width()), side(layer.rect.height()));
                    let coverage = Coverage::from_bytes(size, source.mask.clone()).unwrap();
                    masks.push(Mask::new(Arc::new(coverage), at));
                    Paint::Placed(Placed {
                        map: Projective::from_size_to_quad(design.size(), &quad).unwrap(),
                        art: Arc::new(Art::from(Raster::new(design.size()))),
                        filter: Filter::Auto,
                    })
                }
            };
            layers.push(Node::Layer(Layer {
                blend: match layer.blend {
                    Blend::Normal => BlendMode::Normal,
                    Blend::Multiply => BlendMode::Multiply,
                    Blend::Screen => BlendMode::Screen,
                    Blend::SoftLight => BlendMode::SoftLight,
                },
                #[expect(clippy::cast_possible_truncation, reason = "a share")]
                opacity: Opacity::new(layer.opacity as f32).unwrap(),
                masks,
                ..Layer::new(paint)
            }));
        }
        Self {
            size: Size::new(edge, edge),
            layers,
            smart,
            design,
        }
    }

    /// The layers from `first` on, with a design that nobody has drawn before.
    fn with_design(&self, first: usize) -> Scene {
        let mut nodes = self.layers[first..].to_vec();
        if let Node::Layer(layer) = &mut nodes[self.smart - first]
            && let Paint::Placed(placed) = &mut layer.paint
        {
            placed.art = Arc::new(Art::from(self.design.clone()));
        }
        Scene {
            nodes,
            ..Scene::new(self.size)
        }
    }
}

fn canonical(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("canonical");
    group.sample_size(20);
    for (name, size) in [("small", scene::Size::Small), ("medium", scene::Size::Medium)] {
        let source = Canonical::new(size);
        let mut canvas = Raster::new(source.size);
        group.throughput(Throughput::Elements(source.size.pixels()));
        for threads in [1, 2] {
            let options = DrawOptions {
                threads: NonZero::new(threads).unwrap(),
                ..DrawOptions::default()
            };
            group.bench_function(
                BenchmarkId::new(name, format!("whole, {threads} threads")),
                |bencher| {
                    bencher.iter_batched(
                        || source.with_design(0),
                        |scene| draw_into(black_box(&mut canvas), &scene, &options).unwrap(),
                        BatchSize::PerIteration,
                    );
                },
            );
        }
        let below = Scene {
            nodes: source.layers[..source.smart].to_vec(),
            ..Scene::new(source.size)
        };
        let backdrop = Arc::new(Art::new(draw(&below, &DrawOptions::default()).unwrap()));
        let kept = || Scene {
            backdrop: Some(Arc::clone(&backdrop)),
            ..source.with_design(source.smart)
        };
        group.bench_function(BenchmarkId::new(name, "from a kept backdrop"), |bencher| {
            bencher.iter_batched(
                kept,
                |scene| draw_into(black_box(&mut canvas), &scene, &DrawOptions::default()).unwrap(),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new(name, "the smart object's box"), |bencher| {
            bencher.iter_batched(
                kept,
                |scene| {
                    let touched = scene.nodes[0].bounds(scene.canvas());
                    draw_onto(black_box(&mut canvas), &scene, touched, &DrawOptions::default()).unwrap();
                },
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group!(benches, canonical);
criterion_main!(benches);

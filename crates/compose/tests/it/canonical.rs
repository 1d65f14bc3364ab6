//! The canonical scene against its reference, worked out in `f64`.

use std::sync::Arc;

use marquetry_compose::{Art, Filter, Layer, Mask, Node, Paint, Placed, Scene};
use marquetry_pixel::{BlendMode, Coverage, Opacity, Projective, Quad, Raster, Rgb, Size};
use marquetry_testkit::paint::Picture;
use marquetry_testkit::paint::blend::Blend;
use marquetry_testkit::scene::{self, Plate};

use crate::drawn;

fn raster(picture: &Picture) -> Arc<Art> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap();
    let size = Size::new(side(picture.width), side(picture.height));
    Arc::new(Art::from(Raster::from_bytes(size, picture.rgba.clone()).unwrap()))
}

fn canonical(source: &scene::Scene) -> Scene {
    let edge = source.canvas();
    let [a, b, c, d] = source.quad().map(|[x, y]| (x, y));
    let nodes = source.layers.iter().map(|layer| {
        let at = (layer.rect.left, layer.rect.top);
        let paint = match &layer.plate {
            Plate::Raster(picture) => Paint::Raster {
                art: raster(picture),
                at,
            },
            Plate::Color([r, g, b]) => Paint::Solid(Rgb::new(*r, *g, *b).into()),
            Plate::Design => {
                let art = raster(&source.design);
                let map = Projective::from_size_to_quad(art.size(), &Quad::new([a, b, c, d])).unwrap();
                Paint::Placed(Placed {
                    art,
                    map,
                    filter: Filter::Auto,
                })
            }
        };
        let side = |pixels: usize| u32::try_from(pixels).unwrap();
        let size = Size::new(side(layer.rect.width()), side(layer.rect.height()));
        let masks = match layer.plate {
            Plate::Design => {
                let coverage = Coverage::from_bytes(size, source.mask.clone()).unwrap();
                vec![Mask::new(Arc::new(coverage), at)]
            }
            Plate::Raster(_) | Plate::Color(_) => Vec::new(),
        };
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        let opacity = Opacity::new(layer.opacity as f32).unwrap();
        Node::Layer(Layer {
            blend: match layer.blend {
                Blend::Normal => BlendMode::Normal,
                Blend::Multiply => BlendMode::Multiply,
                Blend::Screen => BlendMode::Screen,
                Blend::SoftLight => BlendMode::SoftLight,
            },
            opacity,
            masks,
            ..Layer::new(paint)
        })
    });
    Scene {
        nodes: nodes.collect(),
        ..Scene::new(Size::new(edge, edge))
    }
}

#[test]
fn the_canonical_scene_is_drawn_right() {
    let source = scene::Scene::new(scene::Size::Small);
    let got = drawn(&canonical(&source));
    let wanted = source.reference();
    let differences = got
        .bytes()
        .iter()
        .zip(&wanted.rgba)
        .map(|(a, b)| f64::from(a.abs_diff(*b)));
    let worst = differences.clone().fold(0.0, f64::max);
    let squares: f64 = differences.map(|d| d * d).sum();
    let colours = f64::from(source.canvas()).powi(2) * 3.0;
    let psnr = 10.0 * (255.0 * 255.0 * colours / squares).log10();
    assert!(psnr >= 54.0, "{psnr} dB");
    assert!(worst <= 3.0, "off by {worst} levels");
}

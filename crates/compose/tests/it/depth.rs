//! What holds of the two depths that a scene can be drawn in.

use std::num::NonZero;
use std::sync::Arc;

use marquetry_compose::{
    Adjustment, Art, DrawOptions, Fade, Filter, Group, GroupBlend, Layer, Mask, Node, Paint, Pattern, Placed,
    Scene, draw, draw_deep, draw_narrowed, draw_region,
};
use marquetry_pixel::{
    BlendMode, DeepRaster, Opacity, Point, Projective, Quad, Raster, Rect, Rgb, Sample, Size,
};
use proptest::prelude::*;

use crate::laws::masks;
use crate::{scene, solid};

const CANVAS: Size = Size::new(53, 37);

/// A picture that changes by less than a level from pixel to pixel: what is sampled a 32nd of a pixel beside
/// its place looks the same.
fn smooth(width: u32, height: u32, [red, green, blue]: [u8; 3], clear: bool) -> Arc<Art> {
    let mut raster = Raster::new(Size::new(width, height));
    for y in 0..height {
        for (x, pixel) in (0u32..).zip(raster.row_mut(y).as_chunks_mut::<4>().0) {
            let up = |from: u8, by: u32| u8::try_from((u32::from(from) + by / 2) % 512).unwrap_or(255);
            let alpha = if clear { 150 + y.min(100) } else { 255 };
            *pixel = [
                up(red / 2, x),
                up(green / 2, y),
                blue,
                u8::try_from(alpha).unwrap(),
            ];
        }
    }
    Arc::new(Art::from(raster))
}

fn art() -> impl Strategy<Value = Arc<Art>> {
    (20u32..60, 20u32..60, any::<[u8; 3]>(), any::<bool>())
        .prop_map(|(width, height, colour, clear)| smooth(width, height, colour, clear))
}

fn paint() -> impl Strategy<Value = Paint> {
    let corner = |x: f64, y: f64| (x - 9.0..x + 9.0, y - 9.0..y + 9.0);
    let quad = (
        corner(5.0, 5.0),
        corner(45.0, 5.0),
        corner(45.0, 30.0),
        corner(5.0, 30.0),
    );
    prop_oneof![
        (art(), (-20i32..30, -20i32..20)).prop_map(|(art, at)| Paint::Raster { art, at }),
        any::<[u8; 3]>().prop_map(|[r, g, b]| Paint::Solid(Rgb::new(r, g, b).into())),
        (art(), -9.0..9.0f64)
            .prop_map(|(tile, x)| Pattern::new(tile, Point::new(x.round(), 3.0), 1.0, 0.0).unwrap())
            .prop_map(|pattern| Paint::Pattern(Arc::new(pattern))),
        (art(), quad).prop_map(|(art, (a, b, c, d))| {
            let map = Projective::from_size_to_quad(art.size(), &Quad::new([a, b, c, d]));
            Paint::Placed(Placed {
                map: map.unwrap_or(Projective::IDENTITY),
                art,
                filter: Filter::Bilinear,
            })
        }),
    ]
}

/// Modes in which a level of either picture is no more than a level of the result.
fn gentle() -> impl Strategy<Value = BlendMode> {
    proptest::sample::select(vec![
        BlendMode::Normal,
        BlendMode::Multiply,
        BlendMode::Screen,
        BlendMode::Darken,
        BlendMode::Lighten,
        BlendMode::Difference,
        BlendMode::Subtract,
        BlendMode::LinearDodge,
        BlendMode::LinearBurn,
    ])
}

/// Text is mixed on a curve that is steep in the dark, where a level rounded beforehand is several
/// afterwards: only whole bytes that no mode has changed are as good as 16 bits there.
fn layer() -> impl Strategy<Value = Layer> {
    (paint(), gentle(), 0u8..=255, masks(), any::<bool>()).prop_map(|(paint, blend, opacity, masks, text)| {
        let text = text && blend == BlendMode::Normal && !matches!(paint, Paint::Placed(_));
        Layer {
            blend,
            opacity: Opacity::from_byte(opacity),
            masks,
            fade: if text { Fade::Text } else { Fade::Encoded },
            ..Layer::new(paint)
        }
    })
}

fn deep(scene: &Scene) -> DeepRaster {
    draw_deep(scene, scene.size.rect(), &DrawOptions::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// One layer on an opaque ground is rounded once in bytes, so 16 bits differ by the one level that
    /// this can make.
    #[test]
    fn sixteen_bits_rounded_are_bytes_within_one(layer in layer(), ground: [u8; 3], isolated: bool) {
        let [red, green, blue] = ground;
        let top = if isolated && layer.blend == BlendMode::Normal {
            Node::Group(Group {
                blend: GroupBlend::Isolated(BlendMode::Normal),
                ..Group::new(vec![Node::Layer(layer)])
            })
        } else {
            Node::Layer(layer)
        };
        let scene = Scene {
            nodes: vec![Node::Layer(solid(red, green, blue)), top],
            ..Scene::new(CANVAS)
        };
        let bytes = draw(&scene, &DrawOptions::default()).unwrap();
        let deep = deep(&scene).narrowed();
        for (at, (deep, byte)) in deep.bytes().iter().zip(bytes.bytes()).enumerate() {
            prop_assert!(deep.abs_diff(*byte) <= 1, "{deep} and {byte} at sample {at}");
        }
    }
}

/// Every 16-bit sample of a dark ramp, left to right.
fn dark_ramp() -> Arc<Art> {
    let mut raster = DeepRaster::new(Size::new(1024, 2));
    for pixels in raster.samples_mut().chunks_exact_mut(1024 * 4) {
        for (at, pixel) in (0u16..).zip(pixels.as_chunks_mut::<4>().0) {
            *pixel = [at * 4, at * 4, at * 4, u16::MAX];
        }
    }
    Arc::new(Art::of_deep(raster))
}

#[test]
fn a_steep_curve_on_a_dark_ramp_shows_no_bands() {
    // 16 times as light: a byte of the ramp becomes sixteen.
    let table = std::array::from_fn(|at| u8::try_from(at * 16).unwrap_or(255));
    let ramp = Layer::new(Paint::Raster {
        art: dark_ramp(),
        at: (0, 0),
    });
    let curve = Layer::new(Paint::Adjust(Arc::new(Adjustment::tone(table))));
    let scene = scene(1024, 2, vec![Node::Layer(ramp), Node::Layer(curve)]);
    let steps = |raster: &Raster| {
        let row = raster.row(0).as_chunks::<4>().0;
        row.windows(2)
            .map(|two| two[1][0].abs_diff(two[0][0]))
            .max()
            .unwrap()
    };
    assert_eq!(steps(&draw(&scene, &DrawOptions::default()).unwrap()), 16);
    let smooth = deep(&scene).narrowed();
    assert_eq!(steps(&smooth), 1);
    // 15.92 bytes: nearly all the way from 240 to 255.
    assert_eq!(smooth.pixel(1023, 1), Some([254, 254, 254, 255]));
}

#[test]
fn rows_are_narrowed_as_they_are_drawn() {
    let placed = Paint::Placed(Placed {
        art: dark_ramp(),
        map: Projective::scale(0.05, 12.0),
        filter: Filter::Auto,
    });
    let scene = scene(53, 37, vec![Node::Layer(Layer::new(placed))]);
    let region = Rect::new(3, 2, 40, 31);
    let whole = draw_deep(&scene, region, &DrawOptions::default()).unwrap();
    for threads in [1, 3] {
        let options = DrawOptions {
            threads: NonZero::new(threads).unwrap(),
            ..DrawOptions::default()
        };
        let narrow = |samples: &mut [u16], bytes: &mut [u8]| {
            for (byte, sample) in bytes.iter_mut().zip(samples) {
                *byte = sample.byte();
            }
        };
        let narrowed = draw_narrowed(&scene, region, &options, &narrow).unwrap();
        assert_eq!(narrowed.bytes(), whole.narrowed().bytes(), "{threads} threads");
    }
    // Art of 16 bits is drawn in bytes, too.
    let bytes = draw_region(&scene, region, &DrawOptions::default()).unwrap();
    for (byte, deep) in bytes.bytes().iter().zip(whole.narrowed().bytes()) {
        assert!(byte.abs_diff(*deep) <= 1, "{byte} {deep}");
    }
}

#[test]
fn a_kept_backdrop_keeps_its_bits() {
    let upper = Layer {
        opacity: Opacity::from_byte(0),
        ..solid(1, 2, 3)
    };
    let scene = Scene {
        backdrop: Some(dark_ramp()),
        ..scene(1024, 2, vec![Node::Layer(upper)])
    };
    assert_eq!(deep(&scene).pixel(513, 1), Some([2052, 2052, 2052, u16::MAX]));
}

#[test]
fn masks_are_shares_of_sixteen_bits() {
    let half = Mask::new(crate::coverage(1, 1, &[128]), (0, 0));
    let white = Layer {
        masks: vec![half],
        ..solid(255, 255, 255)
    };
    let scene = scene(1, 1, vec![Node::Layer(solid(0, 0, 0)), Node::Layer(white)]);
    assert_eq!(
        deep(&scene).pixel(0, 0),
        Some([128 * 257, 128 * 257, 128 * 257, u16::MAX])
    );
}

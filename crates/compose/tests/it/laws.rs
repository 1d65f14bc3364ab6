//! What holds of every scene.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use marquetry_compose::{
    Art, BlendIf, Channels, ClipBlend, ColourStop, ColourTones, DrawError, DrawOptions, FillRule, Filter,
    Gradient, GradientShape, Group, GroupBlend, Knockout, Layer, Mask, Mixing, Node, OpacityStop, Outline,
    Paint, Pattern, Placed, Ramp, Style, Tones, draw, draw_into, draw_onto, draw_over, draw_region,
};
use marquetry_pixel::{BlendMode, Opacity, Point, Projective, Quad, Raster, Rect, Rgb, Size};
use proptest::prelude::*;

use crate::dressing;
use crate::{coverage, drawn, scene, solid};

const CANVAS: Size = Size::new(53, 37);

fn art() -> impl Strategy<Value = Arc<Art>> {
    (1u32..40, 1u32..40, any::<u32>(), any::<bool>()).prop_map(|(width, height, seed, opaque)| {
        let mut raster = Raster::new(Size::new(width, height));
        let mut hash = seed | 1;
        for pixel in raster.pixels_mut() {
            hash ^= hash << 13;
            hash ^= hash >> 17;
            hash ^= hash << 5;
            *pixel = hash.to_le_bytes();
            // Runs of nothing and of all are what fast paths look for.
            pixel[3] = if opaque || pixel[3] > 150 {
                255
            } else if pixel[3] < 50 {
                0
            } else {
                pixel[3]
            };
        }
        Arc::new(Art::from(raster))
    })
}

/// Colours anywhere, in any order.
fn ramp() -> impl Strategy<Value = Ramp> {
    let colour =
        (0.0..1.0f64, 0.0..1.0f64, any::<[u8; 3]>()).prop_map(|(at, midpoint, [r, g, b])| ColourStop {
            at,
            midpoint,
            colour: Rgb::new(r, g, b).into(),
        });
    let opacity = (0.0..1.0f64, 0.0..1.0f64, 0.0..1.0f64).prop_map(|(at, midpoint, opacity)| OpacityStop {
        at,
        midpoint,
        opacity,
    });
    let mixing = proptest::sample::select(vec![
        Mixing::Classic,
        Mixing::Perceptual,
        Mixing::Linear,
        Mixing::Smooth,
        Mixing::Stripes,
    ]);
    let colours = proptest::collection::vec(colour, 0..5);
    let opacities = proptest::collection::vec(opacity, 0..4);
    (colours, opacities, 0.0..1.0f64, mixing).prop_map(|(colours, opacities, smoothness, mixing)| {
        Ramp::new(&colours, &opacities, smoothness, mixing)
    })
}

fn gradient_shape() -> impl Strategy<Value = GradientShape> {
    proptest::sample::select(vec![
        GradientShape::Linear,
        GradientShape::Radial,
        GradientShape::Angle,
        GradientShape::Reflected,
        GradientShape::Diamond,
    ])
}

fn gradient() -> impl Strategy<Value = Gradient> {
    let map = proptest::array::uniform6(-0.1..0.1f64);
    (gradient_shape(), map, ramp(), any::<bool>()).prop_map(|(shape, [a, b, c, d, e, f], ramp, dither)| {
        Gradient {
            shape,
            map: Projective([a, b, c, d, e, f, 0.0, 0.0, 1.0]),
            ramp: Arc::new(ramp),
            dither,
        }
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let origin = (-50.0..50.0f64, -50.0..50.0f64).prop_map(|(x, y)| Point::new(x, y));
    let scale = prop_oneof![Just(1.0), 0.1..4.0f64];
    let angle = prop_oneof![Just(0.0), -180.0..180.0f64];
    (art(), origin, scale, angle)
        .prop_map(|(tile, origin, scale, angle)| Pattern::new(tile, origin, scale, angle).unwrap())
}

pub(crate) fn paint() -> impl Strategy<Value = Paint> {
    let at = (-20i32..50, -20i32..35);
    let corner = || (-20.0..70.0f64, -20.0..50.0f64);
    prop_oneof![
        (art(), at).prop_map(|(art, at)| Paint::Raster { art, at }),
        any::<[u8; 3]>().prop_map(|[r, g, b]| Paint::Solid(Rgb::new(r, g, b).into())),
        gradient().prop_map(|gradient| Paint::Gradient(Arc::new(gradient))),
        pattern().prop_map(|pattern| Paint::Pattern(Arc::new(pattern))),
        (art(), corner(), corner(), corner(), corner(), any::<bool>()).prop_map(
            |(art, a, b, c, d, cubic)| {
                let map = Projective::from_size_to_quad(art.size(), &Quad::new([a, b, c, d]));
                Paint::Placed(Placed {
                    map: map.unwrap_or(Projective::IDENTITY),
                    art,
                    filter: if cubic { Filter::Bicubic } else { Filter::Bilinear },
                })
            }
        ),
    ]
}

pub(crate) fn masks() -> impl Strategy<Value = Vec<Mask>> {
    let mask = (
        1u32..50,
        1u32..30,
        (-10i32..40, -10i32..30),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
    )
        .prop_map(|(width, height, at, seed, outside, density)| {
            let bytes: Vec<u8> = (0..width * height)
                .map(|i| u8::try_from(i % 256).unwrap().wrapping_mul(seed))
                .collect();
            Mask {
                outside: if outside > 128 { 255 } else { 0 },
                density: Opacity::from_byte(density.saturating_mul(2)),
                ..Mask::new(coverage(width, height, &bytes), at)
            }
        });
    proptest::collection::vec(mask, 0..=2)
}

pub(crate) fn share() -> impl Strategy<Value = Opacity> {
    prop_oneof![2 => Just(Opacity::OPAQUE), 1 => any::<u8>().prop_map(Opacity::from_byte)]
}

fn clip_blend() -> impl Strategy<Value = ClipBlend> {
    prop_oneof![Just(ClipBlend::Together), Just(ClipBlend::Separately)]
}

pub(crate) fn mode() -> impl Strategy<Value = BlendMode> {
    proptest::sample::select(BlendMode::ALL.to_vec())
}

/// Effects and rules at once.
fn style() -> impl Strategy<Value = Style> {
    (rules(), dressing::style()).prop_map(|(rules, worn)| Style {
        effects: worn.effects,
        interior: worn.interior,
        veil: worn.veil,
        outline: worn.outline,
        ..rules
    })
}

/// Plain most of the time. A shallow knockout looks at its group, which some laws are about.
fn rules() -> impl Strategy<Value = Style> {
    let tones = any::<[u8; 4]>().prop_map(|[a, b, c, d]| Tones {
        black: [a / 2, a / 2 + b / 4],
        white: [255 - c / 2 - d / 4, 255 - c / 2],
    });
    let tones = || prop_oneof![2 => Just(Tones::ALL), 1 => tones.clone()];
    let colour = || {
        (tones(), tones(), tones(), tones()).prop_map(|(grey, red, green, blue)| ColourTones {
            grey,
            channels: [red, green, blue],
        })
    };
    let ruled = (
        proptest::option::of((colour(), colour())),
        proptest::option::of(proptest::option::of(art())),
        any::<[bool; 3]>(),
        any::<bool>(),
        masks(),
    )
        .prop_map(|(blend_if, knockout, channels, outline, veil)| Style {
            veil,
            blend_if: blend_if.map(|(own, below)| Box::new(BlendIf { own, below })),
            knockout: knockout.map_or(Knockout::None, Knockout::Deep),
            channels: Channels(channels),
            outline: outline.then(Vec::new),
            ..Style::default()
        });
    prop_oneof![3 => Just(Style::default()), 1 => ruled]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = (paint(), mode(), share(), share(), masks(), style()).prop_map(
        |(paint, blend, opacity, fill, masks, style)| {
            Node::Layer(Layer {
                blend,
                opacity,
                fill,
                masks,
                style,
                ..Layer::new(paint)
            })
        },
    );
    leaf.prop_recursive(3, 12, 3, |inner| {
        let nodes = || proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (paint(), mode(), share(), masks(), nodes(), clip_blend(), style()).prop_map(
                |(paint, blend, opacity, masks, clipped, clip_blend, style)| Node::Layer(Layer {
                    blend,
                    opacity,
                    masks,
                    clipped,
                    clip_blend,
                    style,
                    ..Layer::new(paint)
                })
            ),
            (
                nodes(),
                nodes(),
                share(),
                masks(),
                proptest::option::of(mode()),
                clip_blend(),
                style()
            )
                .prop_map(|(children, clipped, opacity, masks, mode, clip_blend, style)| {
                    Node::Group(Group {
                        blend: mode.map_or(GroupBlend::PassThrough, GroupBlend::Isolated),
                        opacity,
                        masks,
                        clipped,
                        clip_blend,
                        // A group's shape is its members'.
                        style: Style {
                            outline: None,
                            ..style
                        },
                        ..Group::new(children)
                    })
                }),
        ]
    })
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    proptest::collection::vec(node(), 1..5)
}

/// Where two pictures first differ.
fn difference(a: &Raster, b: &Raster) -> Option<(usize, [u8; 4], [u8; 4])> {
    let pairs = a.pixels().iter().zip(b.pixels()).enumerate();
    pairs.map(|(at, (a, b))| (at, *a, *b)).find(|(_, a, b)| a != b)
}

fn two_threads() -> DrawOptions<'static> {
    DrawOptions {
        threads: NonZero::new(2).unwrap(),
        ..DrawOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn threads_and_regions_change_nothing(
        nodes in nodes(),
        x in 0i32..50, y in 0i32..35, width in 1u32..60, height in 1u32..40,
    ) {
        let scene = scene(CANVAS.width, CANVAS.height, nodes);
        let whole = drawn(&scene);
        let by_two = draw(&scene, &two_threads()).unwrap();
        prop_assert_eq!(difference(&by_two, &whole), None);
        let region = Rect::new(x, y, width, height).intersect(scene.canvas());
        let part = draw_region(&scene, region, &DrawOptions::default()).unwrap();
        prop_assert_eq!(part.size(), region.size());
        for row in 0..part.height() {
            let from = usize::try_from(region.x).unwrap() * 4;
            let wanted = &whole.row(u32::try_from(region.y).unwrap() + row)[from..][..part.row(row).len()];
            prop_assert_eq!(part.row(row), wanted, "row {} of {:?}", row, region);
        }
        let mut used = Raster::filled(CANVAS, [90, 80, 70, 60]);
        draw_into(&mut used, &scene, &DrawOptions::default()).unwrap();
        prop_assert_eq!(difference(&used, &whole), None);
        let mut patched = whole.clone();
        for y in region.y..region.y + i32::try_from(region.height).unwrap() {
            let row = patched.row_mut(u32::try_from(y).unwrap());
            row[usize::try_from(region.x).unwrap() * 4..][..region.width as usize * 4].fill(77);
        }
        draw_onto(&mut patched, &scene, region, &DrawOptions::default()).unwrap();
        prop_assert_eq!(difference(&patched, &whole), None);
    }

    #[test]
    fn lower_layers_may_be_drawn_once_and_kept(nodes in nodes(), above in nodes()) {
        let lower = scene(CANVAS.width, CANVAS.height, nodes.clone());
        let mut upper = scene(CANVAS.width, CANVAS.height, above.clone());
        upper.backdrop = Some(Arc::new(Art::new(drawn(&lower))));
        let all = scene(CANVAS.width, CANVAS.height, nodes.into_iter().chain(above).collect());
        let (fast, whole) = (drawn(&upper), drawn(&all));
        let mut over = drawn(&lower);
        upper.backdrop = None;
        draw_over(&mut over, &upper, &DrawOptions::default()).unwrap();
        prop_assert_eq!(difference(&over, &fast), None);
        prop_assert_eq!(difference(&fast, &whole), None);
    }

    #[test]
    fn nothing_changes_outside_a_nodes_bounds(below in nodes(), node in node()) {
        let without = drawn(&scene(CANVAS.width, CANVAS.height, below.clone()));
        let with = scene(CANVAS.width, CANVAS.height, below.into_iter().chain([node.clone()]).collect());
        let bounds = node.bounds(with.canvas());
        let with = drawn(&with);
        for (at, (a, b)) in with.pixels().iter().zip(without.pixels()).enumerate() {
            let (x, y) = (at % 53, at / 53);
            let here = Rect::new(i32::try_from(x).unwrap(), i32::try_from(y).unwrap(), 1, 1);
            prop_assert!(a == b || bounds.contains(here), "({x}, {y}) changed, outside {bounds:?}");
        }
    }

    #[test]
    fn opacity_zero_is_absence(nodes in nodes(), layer in node()) {
        let with_nothing = |node: Node| match node {
            Node::Layer(layer) => Node::Layer(Layer { opacity: Opacity::from_byte(0), ..layer }),
            Node::Group(group) => Node::Group(Group { opacity: Opacity::from_byte(0), ..group }),
            other => other,
        };
        let without = drawn(&scene(CANVAS.width, CANVAS.height, nodes.clone()));
        let hidden = nodes.into_iter().chain([with_nothing(layer)]).collect();
        let hidden = drawn(&scene(CANVAS.width, CANVAS.height, hidden));
        prop_assert_eq!(difference(&without, &hidden), None);
    }

    #[test]
    fn an_opaque_normal_layer_covers(nodes in nodes()) {
        let nodes = nodes.into_iter().chain([Node::Layer(solid(1, 2, 3))]).collect();
        let got = drawn(&scene(CANVAS.width, CANVAS.height, nodes));
        prop_assert!(got.pixels().iter().all(|&pixel| pixel == [1, 2, 3, 255]));
    }

    #[test]
    fn a_plain_group_is_its_members(nodes in nodes()) {
        let grouped = scene(CANVAS.width, CANVAS.height, vec![Node::Group(Group::new(nodes.clone()))]);
        let loose = scene(CANVAS.width, CANVAS.height, nodes);
        let (grouped, loose) = (drawn(&grouped), drawn(&loose));
        prop_assert_eq!(difference(&grouped, &loose), None);
    }

    #[test]
    fn a_group_of_one_is_that_one(below in nodes(), paint in paint(), mode in mode()) {
        let one = Node::Layer(Layer { blend: mode, ..Layer::new(paint.clone()) });
        let group = Node::Group(Group {
            blend: GroupBlend::Isolated(mode),
            ..Group::new(vec![Node::Layer(Layer::new(paint))])
        });
        let with = |node: Node| drawn(&scene(CANVAS.width, CANVAS.height, below.iter().cloned().chain([node]).collect()));
        let (alone, grouped) = (with(one), with(group));
        let worst = alone.bytes().iter().zip(grouped.bytes()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        // A translucent member is rounded to bytes in its group first.
        prop_assert!(worst <= 1, "{mode}: {worst}");
    }
}

#[test]
fn a_drawing_can_be_stopped() {
    let asked = AtomicUsize::new(0);
    let cancelled = || asked.fetch_add(1, Ordering::Relaxed) > 2;
    let tall = scene(64, 4096, vec![Node::Layer(solid(9, 9, 9))]);
    let options = DrawOptions {
        cancelled: &cancelled,
        ..DrawOptions::default()
    };
    assert_eq!(draw(&tall, &options).unwrap_err(), DrawError::Cancelled);
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[test]
fn an_empty_canvas_is_an_empty_picture() {
    assert!(
        drawn(&scene(0, 5, vec![Node::Layer(solid(9, 9, 9))]))
            .bytes()
            .is_empty()
    );
    let enormous = scene(u32::MAX, u32::MAX, vec![]);
    assert!(matches!(
        draw(&enormous, &DrawOptions::default()),
        Err(DrawError::TooLarge { .. })
    ));
}

proptest! {
    #[test]
    fn a_gradient_of_one_colour_is_that_colour(gradient in gradient(), [r, g, b] in any::<[u8; 3]>(), mixing in any::<bool>()) {
        let stop = |at| ColourStop { at, midpoint: 0.3, colour: Rgb::new(r, g, b).into() };
        let mixing = if mixing { Mixing::Classic } else { Mixing::Stripes };
        let ramp = Ramp::new(&[stop(0.2), stop(0.9)], &[], 1.0, mixing);
        let mut row = vec![0; 4 * 20];
        Gradient { ramp: Arc::new(ramp), dither: false, ..gradient }.fill_row(3, -7, &mut row);
        prop_assert!(row.as_chunks::<4>().0.iter().all(|pixel| *pixel == [r, g, b, 255]));
    }

    #[test]
    fn a_pattern_comes_again_after_its_tile(tile in art(), x in -90i32..90, y in -90i32..90) {
        let (width, height) = (tile.size().width, tile.size().height);
        let pattern = Pattern::new(tile, Point::new(4.0, -3.0), 1.0, 0.0).unwrap();
        let row = |x: i32, y: i32| {
            let mut row = vec![0; 4 * 30];
            pattern.fill_row(y, x, &mut row);
            row
        };
        let here = row(x, y);
        prop_assert_eq!(&row(x.saturating_add_unsigned(width), y), &here);
        prop_assert_eq!(&row(x, y.saturating_sub_unsigned(height)), &here);
    }

    #[test]
    fn numbers_of_any_kind_are_survived(
        shape in gradient_shape(),
        ramp in ramp(),
        map in proptest::array::uniform9(any::<f64>()),
        at in any::<[i32; 2]>(),
        tile in art(),
        corners in proptest::collection::vec((any::<f64>(), any::<f64>()), 0..6),
    ) {
        let map = Projective(map);
        let mut row = vec![0; 4 * 9];
        Gradient { shape, map, ramp: Arc::new(ramp), dither: true }.fill_row(at[0], at[1], &mut row);
        Pattern { tile, map }.fill_row(at[0], at[1], &mut row);
        let mut outline = Outline::new();
        outline.polygon(&corners.iter().map(|&(x, y)| Point::new(x, y)).collect::<Vec<_>>());
        for rule in [FillRule::NonZero, FillRule::EvenOdd] {
            let mask = outline.mask(rule, CANVAS.rect());
            let most = CANVAS.pixels();
            prop_assert!(mask.is_none_or(|mask| mask.coverage.size().pixels() <= most));
        }
    }

    #[test]
    fn a_triangle_covers_its_area(corners in proptest::array::uniform3((0.0..53.0f64, 0.0..37.0f64))) {
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let [a, b, c] = corners;
        let exact = ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)).abs() / 2.0;
        let mut outline = Outline::new();
        outline.polygon(&corners);
        let mask = outline.mask(FillRule::NonZero, CANVAS.rect());
        let covered: u64 = mask.map_or(0, |mask| mask.coverage.bytes().iter().map(|&byte| u64::from(byte)).sum());
        // Half a level of 255 for each pixel of the edge, at most two a row and column.
        prop_assert!((covered as f64 / 255.0 - exact).abs() < 0.5, "{covered} {exact}");
    }
}

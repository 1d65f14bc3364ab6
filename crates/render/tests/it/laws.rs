//! What holds of every document that the project's writer can make: written, read again and drawn.

use marquetry_pixel::Raster;
use marquetry_render::Order;
use marquetry_testkit::psd::effect::{self, Effect};
use marquetry_testkit::psd::{Builder, Layer, Mask, Rect};
use proptest::prelude::*;

use crate::fixtures::{assets, drawn, flat, opened, quarters};

const SIDE: u32 = 24;

/// Every mode that a layer's record can name, by its key, but dissolve.
const MODES: [&[u8; 4]; 26] = [
    b"norm", b"dark", b"mul ", b"idiv", b"lbrn", b"dkCl", b"lite", b"scrn", b"div ", b"lddg", b"lgCl",
    b"over", b"sLit", b"hLit", b"vLit", b"lLit", b"pLit", b"hMix", b"diff", b"smud", b"fsub", b"fdiv",
    b"hue ", b"sat ", b"colr", b"lum ",
];

/// A layer before it is written.
#[derive(Clone, Debug)]
struct Square {
    at: (i32, i32),
    size: (u32, u32),
    pixel: [u8; 4],
    mode: &'static [u8; 4],
    opacity: u8,
    fill: u8,
    clipped: bool,
    mask: Option<Veil>,
    effects: Vec<Effect>,
}

/// A mask of one grey.
#[derive(Clone, Debug)]
struct Veil {
    at: (i32, i32),
    size: (u32, u32),
    grey: u8,
    outside: u8,
    density: Option<u8>,
    feather: Option<f64>,
}

impl Veil {
    fn mask(&self) -> Mask {
        let (width, height) = self.size;
        Mask {
            default: self.outside,
            density: self.density,
            feather: self.feather,
            ..Mask::new(
                Rect::new(self.at.0, self.at.1, width, height),
                vec![self.grey; (width * height) as usize],
            )
        }
    }
}

impl Square {
    fn layer(&self) -> Layer {
        let (width, height) = self.size;
        let rect = Rect::new(self.at.0, self.at.1, width, height);
        let layer = Layer::raster("square", rect, flat(width, height, self.pixel));
        let layer = layer.blend(self.mode).opacity(self.opacity).fill(self.fill);
        let layer = match &self.mask {
            Some(veil) => layer.mask(veil.mask()),
            None => layer,
        };
        let layer = match self.effects.as_slice() {
            [] => layer,
            some => layer.effects(&effect::effects(some.iter().cloned(), true)),
        };
        if self.clipped { layer.clipped() } else { layer }
    }
}

/// The kinds that stay inside the layer's shape.
fn inner_effects() -> Vec<Effect> {
    vec![
        effect::inner_shadow(2.0, 3.0),
        effect::inner_glow(4.0),
        effect::satin(3.0, 4.0),
        effect::colour_overlay(60.0, [10, 200, 90]),
        effect::edge_stroke("InsF", 2.0),
        effect::bevel(3.0),
    ]
}

/// All kinds.
fn all_effects() -> Vec<Effect> {
    let outer = [
        effect::drop_shadow(3.0, 4.0),
        effect::outer_glow(5.0),
        effect::edge_stroke("OutF", 2.0),
        effect::edge_stroke("CtrF", 3.0),
    ];
    inner_effects().into_iter().chain(outer).collect()
}

fn veil() -> impl Strategy<Value = Veil> {
    (
        (-8i32..24, -8i32..24),
        (1u32..20, 1u32..20),
        any::<u8>(),
        proptest::sample::select(vec![0u8, 255]),
        proptest::option::weighted(0.3, any::<u8>()),
        proptest::option::weighted(0.3, 0.5f64..4.0),
    )
        .prop_map(|(at, size, grey, outside, density, feather)| Veil {
            at,
            size,
            grey,
            outside,
            density,
            feather,
        })
}

fn square_with(effects: Vec<Effect>) -> impl Strategy<Value = Square> {
    let mode = proptest::sample::select(MODES.to_vec());
    let plain = (
        (-8i32..24, -8i32..24),
        (1u32..20, 1u32..20),
        any::<[u8; 4]>(),
        mode,
        any::<u8>(),
        proptest::bool::weighted(0.25),
    );
    let rules = (
        prop_oneof![3 => Just(255u8), 1 => any::<u8>()],
        proptest::option::weighted(0.3, veil()),
        prop_oneof![2 => Just(Vec::new()), 1 => proptest::sample::subsequence(effects, 1..=2)],
    );
    (plain, rules).prop_map(
        |((at, size, pixel, mode, opacity, clipped), (fill, mask, effects))| Square {
            at,
            size,
            pixel,
            mode,
            opacity,
            fill,
            clipped,
            mask,
            effects,
        },
    )
}

fn square() -> impl Strategy<Value = Square> {
    square_with(all_effects())
}

/// At least one: a document without layers is drawn from its merged picture.
fn squares() -> impl Strategy<Value = Vec<Square>> {
    proptest::collection::vec(square(), 1..5)
}

/// The picture of a document with these layers, bottom to top.
fn picture(layers: impl IntoIterator<Item = Layer>) -> Raster {
    let mut file = Builder::new(SIDE, SIDE);
    for layer in layers {
        file.push(layer);
    }
    let mockup = opened(file.to_bytes());
    Raster::clone(&drawn(&mockup, &Order::default(), &assets(&quarters(2, 2))).raster)
}

fn written(squares: &[Square]) -> Vec<Layer> {
    squares.iter().map(Square::layer).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn opacity_of_nothing_is_absence(below in squares(), gone in square(), above in squares()) {
        let gone = Square { opacity: 0, clipped: false, ..gone };
        // What is clipped to a layer goes with it.
        let above: Vec<_> = above.into_iter().map(|square| Square { clipped: false, ..square }).collect();
        let with = [written(&below), vec![gone.layer()], written(&above)].concat();
        let without = [written(&below), written(&above)].concat();
        prop_assert!(picture(with) == picture(without));
    }

    #[test]
    fn a_normal_opaque_layer_covers(below in squares(), pixel in any::<[u8; 3]>()) {
        let pixel = [pixel[0], pixel[1], pixel[2], 255];
        let cover = Square {
            at: (0, 0), size: (SIDE, SIDE), pixel, mode: b"norm", opacity: 255, fill: 255, clipped: false,
            mask: None, effects: Vec::new(),
        };
        let covered = picture([written(&below), vec![cover.layer()]].concat());
        prop_assert!(covered.pixels().iter().all(|seen| *seen == pixel));
    }

    #[test]
    fn a_group_of_one_is_that_one(below in squares(), one in square()) {
        let one = Square { clipped: false, ..one };
        let grouped = Layer::group("group", vec![one.layer()]).pass_through();
        let with = picture([written(&below), vec![grouped]].concat());
        let plain = picture([written(&below), vec![one.layer()]].concat());
        prop_assert!(with == plain);
    }

    #[test]
    fn the_order_of_layers_that_do_not_touch_does_not_matter(
        below in squares(), left in square_with(inner_effects()), right in square_with(inner_effects()),
    ) {
        let half = SIDE / 2;
        let (left, right) = (
            Square { at: (0, left.at.1), size: (left.size.0.min(half), left.size.1), clipped: false, ..left },
            Square { at: (12, right.at.1), size: (right.size.0.min(half), right.size.1), clipped: false, ..right },
        );
        let one = picture([written(&below), vec![left.layer(), right.layer()]].concat());
        let other = picture([written(&below), vec![right.layer(), left.layer()]].concat());
        prop_assert!(one == other);
    }

    #[test]
    fn a_mask_that_shows_all_is_none_and_one_that_hides_all_is_absence(
        below in squares(), one in square(), above in square(),
    ) {
        let veil = |grey| Some(Veil {
            at: (0, 0), size: (3, 3), grey, outside: grey, density: None, feather: None,
        });
        let (one, above) = (Square { clipped: false, ..one }, Square { clipped: false, ..above });
        let with = |mask| {
            let one = Square { mask, ..one.clone() };
            picture([written(&below), vec![one.layer(), above.layer()]].concat())
        };
        prop_assert!(with(veil(255)) == with(None));
        prop_assert!(with(veil(0)) == picture([written(&below), vec![above.layer()]].concat()));
    }

    #[test]
    fn effects_that_are_switched_off_are_none(below in squares(), one in square()) {
        let plain = Square { effects: Vec::new(), ..one };
        let off = plain.layer().effects(&effect::effects(all_effects(), false));
        let with = picture([written(&below), vec![off]].concat());
        prop_assert!(with == picture([written(&below), vec![plain.layer()]].concat()));
    }

    #[test]
    fn inverting_twice_is_not_inverting(below in squares()) {
        let invert = || Layer::empty("invert").block(b"nvrt", Vec::new());
        let with = picture([written(&below), vec![invert(), invert()]].concat());
        prop_assert!(with == picture(written(&below)));
    }
}

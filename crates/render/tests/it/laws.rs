//! What holds of every document that the project's writer can make: written, read again and drawn.

use marquetry_pixel::Raster;
use marquetry_render::Order;
use marquetry_testkit::psd::{Builder, Layer, Rect};
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
    clipped: bool,
}

impl Square {
    fn layer(&self) -> Layer {
        let (width, height) = self.size;
        let rect = Rect::new(self.at.0, self.at.1, width, height);
        let layer = Layer::raster("square", rect, flat(width, height, self.pixel));
        let layer = layer.blend(self.mode).opacity(self.opacity);
        if self.clipped { layer.clipped() } else { layer }
    }
}

fn square() -> impl Strategy<Value = Square> {
    let mode = proptest::sample::select(MODES.to_vec());
    let at = (-8i32..24, -8i32..24);
    let clipped = proptest::bool::weighted(0.25);
    (
        at,
        (1u32..20, 1u32..20),
        any::<[u8; 4]>(),
        mode,
        any::<u8>(),
        clipped,
    )
        .prop_map(|(at, size, pixel, mode, opacity, clipped)| Square {
            at,
            size,
            pixel,
            mode,
            opacity,
            clipped,
        })
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
            at: (0, 0), size: (SIDE, SIDE), pixel, mode: b"norm", opacity: 255, clipped: false,
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
        below in squares(), left in square(), right in square(),
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
}

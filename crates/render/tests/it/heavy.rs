//! Documents too large to keep decoded are drawn layer by layer, to the same picture.

use marquetry_pixel::Raster;
use marquetry_render::{Limits, Order, Painter, draw, open};
use marquetry_testkit::psd::{Builder, Layer, Rect};

use crate::fixtures::{BLUE, GREEN, GREY, RED, SHIPPED, assets, flat, quarters};

fn drawn_with(psd: &[u8], layers_kept: u64) -> Raster {
    let limits = Limits {
        layers_kept,
        ..Limits::default()
    };
    let mockup = open(psd.to_vec(), &limits).unwrap();
    let before = mockup.cost();
    let assets = assets(&quarters(2, 2));
    let picture = draw(&mockup, &Order::default(), &assets, &Painter::default(), &mut ()).unwrap();
    if layers_kept == 0 {
        assert_eq!(mockup.cost(), before, "no layer is kept");
    }
    Raster::clone(&picture.raster)
}

#[test]
fn layer_by_layer_the_picture_is_the_same() {
    let square = |at: i32, side, pixel| {
        Layer::raster("square", Rect::new(at, at, side, side), flat(side, side, pixel))
    };
    let half = |mut pixel: [u8; 4]| {
        pixel[3] = 128;
        pixel
    };
    let mut file = Builder::new(40, 40);
    let inner = vec![square(0, 20, RED), square(5, 30, half(BLUE)).blend(b"mul ")];
    for layer in [
        square(0, 30, GREY),
        Layer::group(
            "folder",
            vec![square(2, 9, half(GREEN)), Layer::group("isolated", inner.clone())],
        )
        .pass_through(),
        Layer::group("faded", inner).pass_through().opacity(100),
        square(10, 12, half(RED)),
        square(12, 20, BLUE).clipped(),
    ] {
        file.push(layer);
    }
    for psd in [file.to_bytes(), SHIPPED.to_vec()] {
        assert!(drawn_with(&psd, 0) == drawn_with(&psd, u64::MAX));
    }
}

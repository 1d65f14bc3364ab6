//! Scaling: quality against a slow oracle, and a part alone against the same part of the whole.

use marquetry_codec::{Scaling, SourceCrop, resize, resize_crop, resize_part, touched_part};
use marquetry_pixel::{Raster, Rect, Size};
use proptest::prelude::*;

use crate::pictures::{farthest, psnr, scenery, scenery_with_hole};

fn part_of(raster: &Raster, part: Rect) -> Raster {
    let mut cut = Raster::new(part.size());
    for y in 0..part.height {
        for x in 0..part.width {
            let from = raster
                .pixel(part.x.unsigned_abs() + x, part.y.unsigned_abs() + y)
                .unwrap();
            cut.pixels_mut()[(y * part.width + x) as usize] = from;
        }
    }
    cut
}

/// The largest difference of any sample once alpha is multiplied in: the colour of what can hardly be
/// seen is rounded coarsely.
fn farthest_seen(a: &Raster, b: &Raster) -> u32 {
    assert_eq!(a.size(), b.size());
    let seen = |pixel: &[u8; 4]| {
        let alpha = u32::from(pixel[3]);
        [
            u32::from(pixel[0]) * alpha / 255,
            u32::from(pixel[1]) * alpha / 255,
            u32::from(pixel[2]) * alpha / 255,
            alpha,
        ]
    };
    a.pixels()
        .iter()
        .zip(b.pixels())
        .flat_map(|(a, b)| seen(a).into_iter().zip(seen(b)))
        .map(|(a, b)| a.abs_diff(b))
        .max()
        .unwrap_or(0)
}

fn scalings() -> impl Strategy<Value = Scaling> {
    prop_oneof![
        Just(Scaling::Automatic),
        Just(Scaling::Lanczos3),
        Just(Scaling::Bicubic),
        Just(Scaling::Linear)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_part_alone_is_that_part_of_the_whole(
        source in (1u32..90, 1u32..70),
        target in (1u32..90, 1u32..70),
        cut in (0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0),
        scaling in scalings(),
        holed: bool,
    ) {
        let raster = if holed { scenery_with_hole(source.0, source.1) } else { scenery(source.0, source.1) };
        let target = Size::new(target.0, target.1);
        let span = |a: f64, b: f64, most: u32| {
            let place = |share: f64| (0..most).rev().find(|i| f64::from(*i) <= share * f64::from(most)).unwrap_or(0);
            let (a, b) = (place(a), place(b));
            (i32::try_from(a.min(b)).unwrap(), a.abs_diff(b).max(1))
        };
        let (x, width) = span(cut.0, cut.1, target.width);
        let (y, height) = span(cut.2, cut.3, target.height);
        let part = Rect::new(x, y, width, height);
        let whole = resize(&raster, target, scaling).unwrap();
        let alone = resize_part(&raster, target, part, scaling).unwrap();
        let far = farthest_seen(&part_of(&whole, part), &alone);
        // Enlarging, weights beyond 1 carry an intermediate step of 1 on to 2. With alpha, a colour and
        // its alpha may each be off, and so their product once more.
        let shrinks = target.width <= source.0 && target.height <= source.1;
        let most = 1 + u32::from(!shrinks) + u32::from(holed);
        prop_assert!(far <= most, "{far} at {part:?} of {target}");
    }

    #[test]
    fn what_is_outside_the_touched_part_does_not_change(
        source in (1u32..90, 1u32..70),
        target in (1u32..90, 1u32..70),
        at in (0u32..90, 0u32..70),
        scaling in scalings(),
    ) {
        let before = scenery(source.0, source.1);
        let (x, y) = (at.0 % source.0, at.1 % source.1);
        let mut after = before.clone();
        after.row_mut(y)[x as usize * 4..][..4].copy_from_slice(&[255, 0, 255, 255]);
        let target = Size::new(target.0, target.1);
        let dirty = Rect::new(i32::try_from(x).unwrap(), i32::try_from(y).unwrap(), 1, 1);
        let touched = touched_part(before.size(), target, dirty, scaling);
        prop_assert!(target.rect().contains(touched));
        let (before, after) = (resize(&before, target, scaling).unwrap(), resize(&after, target, scaling).unwrap());
        for y in 0..target.height {
            for x in 0..target.width {
                if before.pixel(x, y) != after.pixel(x, y) {
                    let here = Rect::new(i32::try_from(x).unwrap(), i32::try_from(y).unwrap(), 1, 1);
                    prop_assert!(touched.contains(here), "{here:?} is outside {touched:?}");
                }
            }
        }
    }
}

#[test]
fn drawing_anew_only_what_changed_is_drawing_anew() {
    // The way a render goes: an old export, a dirty rectangle of the canvas, a patch.
    let mut canvas = scenery(600, 400);
    let whole = Size::new(205, 137);
    let mut export = resize(&canvas, whole, Scaling::Automatic).unwrap();
    let dirty = Rect::new(151, 83, 120, 97);
    for y in 83..180 {
        for x in 151..271 {
            canvas.pixels_mut()[y * 600 + x] = [250, 240, u8::try_from(x & 0xff).unwrap(), 255];
        }
    }
    let touched = touched_part(canvas.size(), whole, dirty, Scaling::Automatic);
    assert!(touched.size().pixels() * 6 < whole.pixels(), "{touched:?}");
    let patch = resize_part(&canvas, whole, touched, Scaling::Automatic).unwrap();
    for y in 0..touched.height {
        let at = touched.x.unsigned_abs() as usize * 4;
        export.row_mut(touched.y.unsigned_abs() + y)[at..at + patch.row(y).len()]
            .copy_from_slice(patch.row(y));
    }
    assert!(farthest(&export, &resize(&canvas, whole, Scaling::Automatic).unwrap()) <= 1);
}

#[test]
fn shrinking_does_not_alias() {
    // A checkerboard of single pixels is grey from afar, whatever the filter.
    let mut board = Raster::filled(Size::new(240, 240), [0, 0, 0, 255]);
    for (at, pixel) in board.pixels_mut().iter_mut().enumerate() {
        if (at % 240 + at / 240) % 2 == 0 {
            *pixel = [255; 4];
        }
    }
    for scaling in [Scaling::Automatic, Scaling::Bicubic, Scaling::Linear] {
        let small = resize(&board, Size::new(60, 60), scaling).unwrap();
        for y in 4..56 {
            for x in 4..56 {
                // The middle of what is stored, not of the light: see the module's own words.
                assert!(small.pixel(x, y).unwrap()[0].abs_diff(128) <= 2, "{scaling:?}");
            }
        }
    }
}

#[test]
fn a_crop_between_pixels_and_back_up() {
    let picture = scenery(200, 150);
    let smaller = resize(&picture, Size::new(150, 113), Scaling::Automatic).unwrap();
    let back = resize(&smaller, Size::new(200, 150), Scaling::Automatic).unwrap();
    assert!(psnr(&picture, &back) > 24.0, "{}", psnr(&picture, &back));
    // Half a pixel to the right is the mean of neighbours.
    let mut line = Raster::filled(Size::new(4, 1), [0, 0, 0, 255]);
    line.pixels_mut()[2] = [200, 200, 200, 255];
    let crop = SourceCrop {
        x: 0.5,
        y: 0.0,
        width: 3.0,
        height: 1.0,
    };
    let shifted = resize_crop(&line, crop, Size::new(3, 1), Scaling::Bicubic).unwrap();
    assert!(
        shifted.pixel(1, 0).unwrap()[0].abs_diff(112) <= 2,
        "{:?}",
        shifted.pixels()
    );
    assert_eq!(
        resize(&picture, picture.size(), Scaling::Lanczos3).unwrap(),
        picture
    );
}

//! Tuning of an asset before it enters its frame.
//!
//! Nothing published gives the formulas of these sliders, so ours are the plain textbook ones, in
//! encoded values, applied in the order brightness, contrast, saturation, vibrance, blur, opacity.
//! Every slider at its neutral place leaves every byte as it was.

use marquetry_model::Adjustments;
use marquetry_pixel::{Raster, narrow, nearest_byte};

/// Applies all sliders.
pub(crate) fn adjust(mut raster: Raster, adjustments: &Adjustments) -> Raster {
    let tone = tone_table(adjustments.brightness.get(), adjustments.contrast.get());
    let saturation = narrow(adjustments.saturation.get()) / 100.0;
    let vibrance = narrow(adjustments.vibrance.get()) / 100.0;
    for [red, green, blue, _] in raster.pixels_mut() {
        for sample in [&mut *red, &mut *green, &mut *blue] {
            *sample = tone[usize::from(*sample)];
        }
        if saturation != 0.0 || vibrance != 0.0 {
            [*red, *green, *blue] = colourfulness([*red, *green, *blue], saturation, vibrance);
        }
    }
    let sigma = adjustments.blur.get();
    if sigma > 0.0 {
        raster = blur(&raster, sigma);
    }
    let opacity = adjustments.opacity.get() / 100.0;
    if opacity < 1.0 {
        for pixel in raster.pixels_mut() {
            pixel[3] = nearest_byte(f64::from(pixel[3]) * opacity);
        }
    }
    raster
}

/// Brightness adds levels of 255; contrast scales about the middle grey, by 0 at -100 and without
/// bound towards 100: `f = 259 (c + 255) / (255 (259 - c))` with `c` in levels.
fn tone_table(brightness: f64, contrast: f64) -> [u8; 256] {
    let level = contrast * 2.55;
    let factor = 259.0 * (level + 255.0) / (255.0 * (259.0 - level));
    std::array::from_fn(|at| {
        let lit = f64::from(u32::try_from(at).unwrap_or(255)) + brightness;
        nearest_byte((lit - 127.5) * factor + 127.5)
    })
}

/// Saturation moves a colour away from its own grey (Rec. 601 weights): -1 reaches the grey, 1
/// doubles the distance. Vibrance does the same the less, the more saturated a colour is already.
fn colourfulness(colour: [u8; 3], saturation: f32, vibrance: f32) -> [u8; 3] {
    let mut c = colour.map(f32::from);
    for strength in [Strength::Plain(saturation), Strength::Sparing(vibrance)] {
        let most = c[0].max(c[1]).max(c[2]);
        let least = c[0].min(c[1]).min(c[2]);
        let amount = match strength {
            Strength::Plain(amount) => amount,
            Strength::Sparing(amount) => amount * (least + 1.0) / (most + 1.0),
        };
        let grey = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
        c = c.map(|sample| (grey + (sample - grey) * (1.0 + amount)).clamp(0.0, 255.0));
    }
    c.map(|sample| nearest_byte(f64::from(sample)))
}

enum Strength {
    Plain(f32),
    Sparing(f32),
}

/// Gaussian blur of standard deviation `sigma`, in pixels of the asset. The edge pixels go on
/// outside, so that an opaque picture stays opaque to its edge.
///
/// Three box filters one after the other: for the sizes at hand they are within 3 % of the Gaussian
/// and take the same time for every `sigma`. Below two pixels the true kernel is used.
pub(crate) fn blur(raster: &Raster, sigma: f64) -> Raster {
    let (width, height) = (raster.width() as usize, raster.height() as usize);
    let mut planes: Vec<[f32; 4]> = raster
        .pixels()
        .iter()
        .map(|&[red, green, blue, alpha]| {
            // Blurring straight colours would bleed the colour of what cannot be seen.
            let share = f32::from(alpha) / 255.0;
            [
                f32::from(red) * share,
                f32::from(green) * share,
                f32::from(blue) * share,
                f32::from(alpha),
            ]
        })
        .collect();
    let mut row = vec![[0.0_f32; 4]; width.max(height)];
    for y in 0..height {
        blur_line(&mut planes, y * width, 1, &mut row[..width], sigma);
    }
    for x in 0..width {
        blur_line(&mut planes, x, width, &mut row[..height], sigma);
    }
    let mut out = Raster::new(raster.size());
    for (pixel, [red, green, blue, alpha]) in out.pixels_mut().iter_mut().zip(planes) {
        let whole = if alpha > 0.0 { 255.0 / alpha } else { 0.0 };
        let colour = [red, green, blue].map(|sample| nearest_byte(f64::from(sample * whole)));
        *pixel = [colour[0], colour[1], colour[2], nearest_byte(f64::from(alpha))];
    }
    out
}

/// Blurs one row or column in place: `line.len()` pixels of `planes` from `start`, `step` apart.
fn blur_line(planes: &mut [[f32; 4]], start: usize, step: usize, line: &mut [[f32; 4]], sigma: f64) {
    let count = line.len();
    let mut read = |planes: &[[f32; 4]]| {
        for (at, cell) in line.iter_mut().enumerate() {
            *cell = planes[start + at * step];
        }
        line.to_vec()
    };
    if sigma < 2.0 {
        let source = read(planes);
        let kernel = kernel(sigma);
        let reach = kernel.len() / 2;
        for at in 0..count {
            let mut sum = [0.0; 4];
            for (tap, weight) in kernel.iter().enumerate() {
                let from = (at + tap).saturating_sub(reach).min(count - 1);
                for (total, sample) in sum.iter_mut().zip(source[from]) {
                    *total += sample * weight;
                }
            }
            planes[start + at * step] = sum;
        }
        return;
    }
    for reach in box_reaches(sigma) {
        let source = read(planes);
        let near = |at: usize| source[at.saturating_sub(reach).min(count - 1)];
        let span = narrow(f64::from(u32::try_from(2 * reach + 1).unwrap_or(u32::MAX)));
        let mut sum = [0.0_f32; 4];
        for at in 0..=2 * reach {
            add(&mut sum, near(at), 1.0);
        }
        for at in 0..count {
            planes[start + at * step] = sum.map(|total| total / span);
            add(&mut sum, near(at + 2 * reach + 1), 1.0);
            add(&mut sum, near(at), -1.0);
        }
    }
}

fn add(sum: &mut [f32; 4], sample: [f32; 4], sign: f32) {
    for (total, sample) in sum.iter_mut().zip(sample) {
        *total += sample * sign;
    }
}

fn kernel(sigma: f64) -> Vec<f32> {
    let reach = i32::from(nearest_byte((sigma * 3.0).ceil()));
    let weight = |at: i32| (-f64::from(at * at) / (2.0 * sigma * sigma)).exp();
    let sum: f64 = (-reach..=reach).map(weight).sum();
    (-reach..=reach).map(|at| narrow(weight(at) / sum)).collect()
}

/// Half widths of three boxes whose variances add up to that of the Gaussian: `sigma² = Σ (w² - 1) / 12`.
fn box_reaches(sigma: f64) -> [usize; 3] {
    let ideal = (4.0 * sigma * sigma + 1.0).sqrt();
    let small = {
        let floor = usize::from(nearest_byte(((ideal - 1.0) / 2.0).floor().min(255.0)));
        2 * floor + 1
    };
    let width = f64::from(u32::try_from(small).unwrap_or(1));
    let narrow_ones =
        (12.0 * sigma * sigma - 3.0 * width * width - 12.0 * width - 9.0) / (-4.0 * width - 4.0);
    let narrow_ones = usize::from(nearest_byte(narrow_ones.round()));
    std::array::from_fn(|at| {
        if at < narrow_ones {
            small / 2
        } else {
            small / 2 + 1
        }
    })
}

#[cfg(test)]
mod tests {
    use marquetry_model::Within;
    use marquetry_pixel::Size;
    use proptest::prelude::*;

    use super::*;

    fn one(pixel: [u8; 4], adjustments: Adjustments) -> [u8; 4] {
        adjust(Raster::filled(Size::new(1, 1), pixel), &adjustments).pixels()[0]
    }

    proptest! {
        #[test]
        fn neutral_sliders_change_nothing(pixel: [u8; 4]) {
            prop_assert_eq!(one(pixel, Adjustments::default()), pixel);
        }

        #[test]
        fn an_even_picture_stays_even_under_blur(pixel: [u8; 3], sigma in 1..100_i32) {
            let [red, green, blue] = pixel;
            let raster = Raster::filled(Size::new(9, 7), [red, green, blue, 255]);
            let blurred = blur(&raster, f64::from(sigma) / 3.0);
            for cell in blurred.pixels() {
                for (was, is) in raster.pixels()[0].iter().zip(cell) {
                    prop_assert!(was.abs_diff(*is) <= 1);
                }
            }
        }
    }

    #[test]
    fn sliders_do_what_they_say() {
        let with = |change: fn(&mut Adjustments)| {
            let mut adjustments = Adjustments::default();
            change(&mut adjustments);
            one([200, 100, 50, 255], adjustments)
        };
        assert_eq!(with(|a| a.brightness = Within::clamped(20)), [220, 120, 70, 255]);
        assert_eq!(with(|a| a.contrast = Within::clamped(-100)), [128, 128, 128, 255]);
        assert_eq!(
            with(|a| a.saturation = Within::clamped(-100)),
            [124, 124, 124, 255]
        );
        assert_eq!(with(|a| a.opacity = Within::clamped(50)), [200, 100, 50, 128]);
        let vivid = with(|a| a.vibrance = Within::clamped(100));
        assert!(vivid[0] > 200 && vivid[2] < 50, "{vivid:?}");
    }

    #[test]
    fn blur_spreads_as_far_as_its_sigma() {
        // A Gaussian's share at the centre of a pixel, half a pixel and some whole ones past the edge.
        for (sigma, pixels, share) in [(1.0, 0, 0.691), (6.0, 5, 0.820)] {
            let mut raster = Raster::filled(Size::new(101, 101), [0, 0, 0, 255]);
            for y in 0..101 {
                raster.row_mut(y)[50 * 4..]
                    .as_chunks_mut::<4>()
                    .0
                    .fill([255, 255, 255, 255]);
            }
            let here = blur(&raster, sigma).pixel(50 + pixels, 50).unwrap()[0];
            assert!((f64::from(here) / 255.0 - share).abs() < 0.02, "{sigma}: {here}");
        }
    }
}

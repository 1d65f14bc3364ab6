//! Filters that set pixels off against their neighbours.

use super::blur;
use super::plane::Plane;

/// Photoshop's *Unsharp Mask*: adds `amount` times what a Gaussian blur of `radius` takes away, wherever
/// that is more than `threshold` levels. Alpha stays.
///
/// `smart-filter_stack.psd` agrees to a mean of 0.07 levels (with a threshold of 0).
pub(super) fn unsharp(plane: &Plane, amount: f64, radius: f64, threshold: f64) -> Plane {
    let mut blurred = blur::gaussian(plane, radius);
    blurred.round();
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let (amount, threshold) = (amount as f32, threshold as f32);
    away(plane, &blurred, amount, threshold)
}

/// Photoshop's *Sharpen* and *Sharpen More*: takes `share` of what the mean of the four nearest
/// pixels differs by, four times. By common description of their kernels, not measured.
pub(super) fn sharpen(plane: &Plane, share: f32) -> Plane {
    let mut near = plane.clone();
    let (width, height) = (plane.size.width as usize, plane.size.height as usize);
    for y in 0..height {
        let above = plane.row(y.saturating_sub(1));
        let here = plane.row(y);
        let below = plane.row((y + 1).min(height - 1));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            near.pixels[y * width + x] = std::array::from_fn(|channel| {
                let four = [above[x], below[x], here[left], here[right]];
                four.iter().map(|pixel| pixel[channel]).sum::<f32>() / 4.0
            });
        }
    }
    away(plane, &near, 4.0 * share, -1.0)
}

/// Photoshop's *High Pass*: what a Gaussian blur of `radius` takes away, about the grey of 128. Alpha stays. By its
/// documentation.
pub(super) fn high_pass(plane: &Plane, radius: f64) -> Plane {
    let mut blurred = blur::gaussian(plane, radius);
    blurred.round();
    let mut made = plane.clone();
    for (pixel, from) in made.pixels.iter_mut().zip(&blurred.pixels) {
        let (share, from_share) = (pixel[3] / 255.0, from[3] / 255.0);
        if share <= 0.0 || from_share <= 0.0 {
            continue;
        }
        for channel in 0..3 {
            let difference = pixel[channel] / share - from[channel] / from_share;
            pixel[channel] = (128.0 + difference).clamp(0.0, 255.0) * share;
        }
    }
    made
}

/// Away from `from`, by `amount` times the distance. Colours stay within their alpha, which stays.
fn away(plane: &Plane, from: &Plane, amount: f32, threshold: f32) -> Plane {
    let mut made = plane.clone();
    for (pixel, from) in made.pixels.iter_mut().zip(&from.pixels) {
        let alpha = pixel[3];
        // Of straight colours, so that an edge of the alpha is no edge of the colour.
        let (share, from_share) = (alpha / 255.0, from[3] / 255.0);
        if share <= 0.0 || from_share <= 0.0 {
            continue;
        }
        for channel in 0..3 {
            let (value, other) = (pixel[channel] / share, from[channel] / from_share);
            let difference = value - other;
            if difference.abs() > threshold {
                pixel[channel] = (value + amount * difference).clamp(0.0, 255.0) * share;
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Raster, Size};

    use super::*;

    #[test]
    fn a_step_is_overshot_on_both_sides_and_alpha_stays() {
        let mut raster = Raster::filled(Size::new(20, 3), [100, 100, 100, 200]);
        for y in 0..3 {
            for pixel in raster.row_mut(y)[40..].as_chunks_mut::<4>().0 {
                *pixel = [150, 150, 150, 200];
            }
        }
        let plane = Plane::new(&raster);
        for sharp in [unsharp(&plane, 1.0, 2.0, 0.0), sharpen(&plane, 0.25)] {
            let sharp = sharp.raster();
            let level = |x: u32| sharp.pixel(x, 1).unwrap()[0];
            assert!(level(9) < 98 && level(10) > 152, "{} {}", level(9), level(10));
            assert_eq!((level(0), level(19)), (100, 150));
            assert!(
                sharp
                    .bytes()
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .all(|pixel| pixel[3] == 200)
            );
        }
        // Differences of at most 25 levels stay.
        assert_eq!(unsharp(&plane, 1.0, 2.0, 30.0).raster(), raster);
    }
}

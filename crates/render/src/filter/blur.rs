//! Filters that average neighbours.

use super::plane::Plane;

/// Photoshop's *Gaussian Blur*: `radius` is the standard deviation.
///
/// So `smart-filter_stack.psd` shows, to a mean of 0.07 levels after an unsharp mask; of
/// `read-smart-filter-blur.psd` with its radius of 3.5 the alpha is within a mean of 0.3.
pub(super) fn gaussian(plane: &Plane, radius: f64) -> Plane {
    if radius > WIDE {
        return three_boxes(plane, radius);
    }
    let reach = gaussian_reach(radius);
    let weight = |at: i64| (-0.5 * (from_i64(at) / radius.max(1e-3)).powi(2)).exp();
    let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
    both_ways(plane, &weights)
}

/// Above this radius three boxes stand in for the bell: they differ by less than a hundredth of its
/// height, and their cost does not grow with the radius.
const WIDE: f64 = 20.0;

/// Three running means, of the odd widths whose variances add up to `radius` squared most nearly.
fn three_boxes(plane: &Plane, radius: f64) -> Plane {
    let ideal = (12.0 * radius * radius / 3.0 + 1.0).sqrt();
    let less = ((ideal - 1.0) / 2.0).floor() * 2.0 + 1.0;
    let wanted = 12.0 * radius * radius;
    // So many of the three are the narrower one.
    let narrow = (wanted - 3.0 * less * less - 12.0 * less - 9.0) / (-4.0 * less - 4.0);
    let mut blurred = plane.clone();
    for pass in 0..3 {
        let width = if f64::from(pass) < narrow.round() {
            less
        } else {
            less + 2.0
        };
        let reach = usize::try_from(ceil((width - 1.0) / 2.0)).unwrap_or(0);
        blurred = mean_both_ways(&blurred, reach);
    }
    blurred
}

/// How many pixels away [`gaussian`] looks.
pub(super) fn gaussian_reach(radius: f64) -> i64 {
    ceil(radius * 3.0)
}

/// Photoshop's *Box Blur*: the mean of a square of `2 radius + 1` pixels. By its documentation.
pub(super) fn square(plane: &Plane, radius: f64) -> Plane {
    mean_both_ways(plane, usize::try_from(ceil(radius)).unwrap_or(0))
}

/// Photoshop's *Motion Blur*: the mean along a line of `distance` pixels, centred, at `angle` degrees
/// counterclockwise. By its documentation.
pub(super) fn motion(plane: &Plane, angle: f64, distance: f64) -> Plane {
    let (sine, cosine) = angle.to_radians().sin_cos();
    // Beyond so many samples their distance grows instead of their number.
    let steps = ceil(distance).clamp(1, 256);
    let offset = |step: i64| ((from_i64(step) + 0.5) / from_i64(steps) - 0.5) * distance;
    let offsets: Vec<(f64, f64)> = (0..steps)
        .map(|step| (offset(step) * cosine, -offset(step) * sine))
        .collect();
    let mut blurred = plane.clone();
    let width = i64::from(plane.size.width);
    for (at, pixel) in (0i64..).zip(&mut blurred.pixels) {
        let (x, y) = (from_i64(at % width.max(1)), from_i64(at / width.max(1)));
        let mut sum = [0.0f32; 4];
        for (dx, dy) in &offsets {
            let sample = between(plane, x + dx, y + dy);
            for (sum, value) in sum.iter_mut().zip(sample) {
                *sum += value;
            }
        }
        let count = single(from_i64(steps));
        *pixel = sum.map(|value| value / count);
    }
    blurred
}

/// The pixel at a place between others; beyond the edges the edge goes on.
fn between(plane: &Plane, x: f64, y: f64) -> [f32; 4] {
    let (left, top) = (x.floor(), y.floor());
    let (right, down) = (single(x - left), single(y - top));
    let column = |offset: f64| index(left + offset, plane.size.width);
    let row = |offset: f64| index(top + offset, plane.size.height);
    let (above, below) = (plane.row(row(0.0)), plane.row(row(1.0)));
    let (near, far) = (column(0.0), column(1.0));
    std::array::from_fn(|channel| {
        let upper = above[near][channel] * (1.0 - right) + above[far][channel] * right;
        let lower = below[near][channel] * (1.0 - right) + below[far][channel] * right;
        upper * (1.0 - down) + lower * down
    })
}

/// `weights` along rows, then along columns.
fn both_ways(plane: &Plane, weights: &[f64]) -> Plane {
    let sum: f64 = weights.iter().sum();
    let weights: Vec<f32> = weights.iter().map(|weight| single(weight / sum)).collect();
    along_rows(&along_rows(plane, &weights).transposed(), &weights).transposed()
}

fn mean_both_ways(plane: &Plane, reach: usize) -> Plane {
    mean_along_rows(&mean_along_rows(plane, reach).transposed(), reach).transposed()
}

/// The mean of `2 reach + 1` pixels of a row about each; beyond its ends the last pixels go on.
fn mean_along_rows(plane: &Plane, reach: usize) -> Plane {
    let mut made = plane.clone();
    let width = plane.size.width as usize;
    let reach_in_row = i64::try_from(reach).unwrap_or(0);
    let count = from_i64(2 * reach_in_row + 1);
    for y in 0..plane.size.height as usize {
        let row = plane.row(y);
        let at = |x: i64| row[usize::try_from(x).unwrap_or(0).min(width - 1)].map(f64::from);
        let mut sum = [0.0f64; 4];
        for x in -reach_in_row..=reach_in_row {
            for (sum, value) in sum.iter_mut().zip(at(x)) {
                *sum += value;
            }
        }
        for (x, pixel) in (0i64..).zip(&mut made.pixels[y * width..(y + 1) * width]) {
            *pixel = sum.map(|value| single(value / count).max(0.0));
            let (next, last) = (at(x + reach_in_row + 1), at(x - reach_in_row));
            for (sum, (next, last)) in sum.iter_mut().zip(next.into_iter().zip(last)) {
                *sum += next - last;
            }
        }
    }
    made
}

/// An odd number of weights about each pixel of a row; beyond its ends the last pixels go on.
fn along_rows(plane: &Plane, weights: &[f32]) -> Plane {
    let reach = weights.len() / 2;
    let mut made = plane.clone();
    let width = plane.size.width as usize;
    for y in 0..plane.size.height as usize {
        let row = plane.row(y);
        let into = &mut made.pixels[y * width..(y + 1) * width];
        for (x, pixel) in into.iter_mut().enumerate() {
            let mut sum = [0.0f32; 4];
            for (at, weight) in weights.iter().enumerate() {
                let from = (x + at).saturating_sub(reach).min(width - 1);
                for (sum, value) in sum.iter_mut().zip(row[from]) {
                    *sum += value * weight;
                }
            }
            *pixel = sum;
        }
    }
    made
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
fn ceil(value: f64) -> i64 {
    value.ceil() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a weight or a share needs no more"
)]
fn single(value: f64) -> f32 {
    value as f32
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn from_i64(value: i64) -> f64 {
    value as f64
}

/// The pixel of `length` at `place`, or the nearest end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and is kept within the length"
)]
fn index(place: f64, length: u32) -> usize {
    (place.max(0.0) as usize).min(length as usize - 1)
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Raster, Size};

    use super::*;

    fn dot() -> Plane {
        let mut raster = Raster::new(Size::new(41, 41));
        raster.row_mut(20)[20 * 4..21 * 4].copy_from_slice(&[255, 0, 0, 255]);
        Plane::new(&raster)
    }

    #[test]
    fn a_flat_plane_stays_flat() {
        let flat = Plane::new(&Raster::filled(Size::new(9, 7), [90, 30, 200, 255]));
        for blurred in [gaussian(&flat, 2.5), square(&flat, 3.0), motion(&flat, 30.0, 9.0)] {
            assert_eq!(blurred.raster(), flat.raster());
        }
    }

    #[test]
    fn a_blur_spreads_as_far_as_its_radius_says_and_loses_nothing() {
        let share = |plane: &Plane, power: i32| -> f64 {
            let weighed = plane.pixels.iter().enumerate().map(|(at, pixel)| {
                let x = from_i64(i64::try_from(at % 41).unwrap()) - 20.0;
                f64::from(pixel[3]) * x.powi(power)
            });
            weighed.sum::<f64>() / 255.0
        };
        // The variance along one axis: of a Gaussian its radius squared, of a box of n pixels (n² - 1) / 12.
        for (blurred, variance) in [
            (gaussian(&dot(), 2.0), 4.0),
            (square(&dot(), 3.0), 4.0),
            // Boxes of 9, 9 and 11: whole widths come this near to 25.
            (three_boxes(&dot(), 5.0), (80.0 + 80.0 + 120.0) / 12.0),
            (motion(&dot(), 0.0, 9.0), 80.0 / 12.0),
            (motion(&dot(), 90.0, 9.0), 0.0),
        ] {
            assert!((share(&blurred, 0) - 1.0).abs() < 1e-3);
            assert!(share(&blurred, 1).abs() < 1e-3);
            let found = share(&blurred, 2);
            assert!((found - variance).abs() < 0.2, "{found}, not {variance}");
        }
    }
}

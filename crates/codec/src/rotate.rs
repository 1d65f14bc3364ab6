//! Turning a picture by any angle, inside a box that grows to hold it.

use marquetry_pixel::{Raster, Size, nearest_byte};

use crate::error::CodecError;
use crate::limits::Limits;
use crate::orient::{QuarterTurn, turn};

/// What an angle comes down to.
enum Angle {
    Upright,
    Quarter(QuarterTurn),
    /// Sine and cosine.
    Slanted(f64, f64),
}

fn reduce(degrees: f64) -> Result<Angle, CodecError> {
    if !degrees.is_finite() {
        return Err(CodecError::BadArgument {
            argument: "degrees",
            what: "a finite number",
        });
    }
    let degrees = degrees.rem_euclid(360.0);
    Ok(match degrees {
        // `rem_euclid` of a tiny negative number rounds up to 360 itself.
        0.0 | 360.0 => Angle::Upright,
        90.0 => Angle::Quarter(QuarterTurn::Clockwise),
        180.0 => Angle::Quarter(QuarterTurn::Half),
        270.0 => Angle::Quarter(QuarterTurn::Anticlockwise),
        _ => {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            Angle::Slanted(sine, cosine)
        }
    })
}

/// The size of the upright box around a picture of `size` turned by `degrees`.
///
/// # Errors
/// [`CodecError::BadArgument`] for an angle that is not finite.
pub fn rotated_size(size: Size, degrees: f64) -> Result<Size, CodecError> {
    Ok(match reduce(degrees)? {
        Angle::Upright | Angle::Quarter(QuarterTurn::Half) => size,
        Angle::Quarter(_) => Size::new(size.height, size.width),
        Angle::Slanted(sine, cosine) => {
            let (width, height) = (f64::from(size.width), f64::from(size.height));
            let (sine, cosine) = (sine.abs(), cosine.abs());
            // A millionth of a pixel is rounding, not a column.
            let whole = |side: f64| to_u32((side - 1e-6).ceil().max(1.0));
            Size::new(
                whole(width * cosine + height * sine),
                whole(width * sine + height * cosine),
            )
        }
    })
}

/// Turns a picture clockwise by `degrees` around its centre; the answer is the upright box around it,
/// with transparent corners.
///
/// Multiples of 90 move whole pixels and are exact. Other angles are sampled by a Catmull-Rom cubic
/// over colours weighted by alpha; beyond its edges the picture is transparent, so the slanted edges
/// come out smooth.
///
/// # Errors
/// [`CodecError::BadArgument`] for an angle that is not finite, [`CodecError::Empty`] without pixels,
/// [`CodecError::OverLimit`] when the box breaks `limits`: a line of 30 000 x 1 pixels needs 450
/// million of them at 45 degrees.
pub fn rotate(raster: Raster, degrees: f64, limits: &Limits) -> Result<Raster, CodecError> {
    let size = raster.size();
    if size.is_empty() {
        return Err(CodecError::Empty { size });
    }
    match reduce(degrees)? {
        Angle::Upright => Ok(raster),
        Angle::Quarter(by) => Ok(turn(raster, by)),
        Angle::Slanted(sine, cosine) => {
            let target = rotated_size(size, degrees)?;
            limits.admit(target, 4)?;
            Ok(sample(&raster, target, sine, cosine))
        }
    }
}

fn sample(raster: &Raster, target: Size, sine: f64, cosine: f64) -> Raster {
    let (width, height) = (i64::from(raster.width()), i64::from(raster.height()));
    let source_centre = (f64::from(raster.width()) / 2.0, f64::from(raster.height()) / 2.0);
    let target_centre = (f64::from(target.width) / 2.0, f64::from(target.height) / 2.0);
    let pixels = raster.pixels();
    let mut turned = Raster::new(target);
    let stride = target.width as usize;
    for (row, cells) in (0u32..).zip(turned.pixels_mut().chunks_exact_mut(stride)) {
        let down = f64::from(row) + 0.5 - target_centre.1;
        for (column, cell) in (0u32..).zip(cells) {
            let across = f64::from(column) + 0.5 - target_centre.0;
            // Back by the same angle; pixel centres lie at halves.
            let x = cosine * across + sine * down + source_centre.0 - 0.5;
            let y = cosine * down - sine * across + source_centre.1 - 0.5;
            let (left, top) = (x.floor(), y.floor());
            let (first_x, first_y) = (to_i64(left) - 1, to_i64(top) - 1);
            if first_x + 4 <= 0 || first_y + 4 <= 0 || first_x >= width || first_y >= height {
                continue;
            }
            let (weights_x, weights_y) = (catmull_rom(x - left), catmull_rom(y - top));
            let mut colour = [0.0f32; 3];
            let mut cover = 0.0f32;
            for (y, weight_y) in (first_y..).zip(weights_y) {
                if y < 0 || y >= height {
                    continue;
                }
                for (x, weight_x) in (first_x..).zip(weights_x) {
                    if x < 0 || x >= width {
                        continue;
                    }
                    let pixel = pixels[to_usize(y * width + x)];
                    let alpha = weight_x * weight_y * f32::from(pixel[3]);
                    cover += alpha;
                    for (sum, sample) in colour.iter_mut().zip(pixel) {
                        *sum += alpha * f32::from(sample);
                    }
                }
            }
            if cover >= 0.5 {
                let [red, green, blue] = colour.map(|sum| nearest_byte(sum / cover));
                *cell = [red, green, blue, nearest_byte(cover)];
            }
        }
    }
    turned
}

/// Weights of the four samples around a point that lies `t` behind the second of them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights need no more than the precision of f32"
)]
fn catmull_rom(t: f64) -> [f32; 4] {
    let t = t as f32;
    [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast to an integer saturates, which is what is wanted"
)]
fn to_u32(value: f64) -> u32 {
    value as u32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "coordinates of a picture: far inside the range"
)]
fn to_i64(value: f64) -> i64 {
    value as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index that was checked against the size of the picture"
)]
fn to_usize(value: i64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quartered() -> Raster {
        let mut raster = Raster::filled(Size::new(40, 30), [255, 0, 0, 255]);
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            if at % 40 >= 20 {
                *pixel = [0, 0, 255, 255];
            }
        }
        raster
    }

    #[test]
    fn quarter_turns_are_exact_in_either_direction_and_beyond_a_full_turn() {
        let limits = Limits::default();
        for (degrees, by) in [
            (90.0, QuarterTurn::Clockwise),
            (-270.0, QuarterTurn::Clockwise),
            (450.0, QuarterTurn::Clockwise),
            (-180.0, QuarterTurn::Half),
            (-90.0, QuarterTurn::Anticlockwise),
        ] {
            assert_eq!(
                rotate(quartered(), degrees, &limits).unwrap(),
                turn(quartered(), by),
                "{degrees}"
            );
        }
        for degrees in [0.0, 360.0, -360.0, -1e-30] {
            assert_eq!(rotate(quartered(), degrees, &limits).unwrap(), quartered());
        }
    }

    #[test]
    fn thirty_degrees_clockwise() {
        let turned = rotate(quartered(), 30.0, &Limits::default()).unwrap();
        // 40 cos 30 + 30 sin 30 = 49.64; 40 sin 30 + 30 cos 30 = 45.98.
        assert_eq!(turned.size(), Size::new(50, 46));
        assert_eq!(turned.size(), rotated_size(Size::new(40, 30), 30.0).unwrap());
        for (x, y) in [(0, 0), (49, 0), (0, 45), (49, 45)] {
            assert_eq!(turned.pixel(x, y), Some([0; 4]), "{x} {y}");
        }
        // Clockwise: the right half sinks.
        assert_eq!(turned.pixel(36, 29), Some([0, 0, 255, 255]));
        assert_eq!(turned.pixel(13, 16), Some([255, 0, 0, 255]));
        // Nothing that is not red, blue or between.
        assert!(turned.pixels().iter().all(|pixel| pixel[1] == 0));
    }

    #[test]
    fn almost_a_quarter_turn_is_almost_a_quarter_turn() {
        let turned = rotate(quartered(), 90.0 + 1e-9, &Limits::default()).unwrap();
        assert_eq!(turned, turn(quartered(), QuarterTurn::Clockwise));
    }

    #[test]
    fn a_long_line_cannot_explode_and_nonsense_is_refused() {
        let line = Raster::filled(Size::new(30_000, 1), [0, 0, 0, 255]);
        assert!(matches!(
            rotate(line, 45.0, &Limits::default()),
            Err(CodecError::OverLimit { .. })
        ));
        assert!(rotate(quartered(), f64::NAN, &Limits::default()).is_err());
        assert!(rotate(Raster::new(Size::new(0, 5)), 10.0, &Limits::default()).is_err());
    }
}

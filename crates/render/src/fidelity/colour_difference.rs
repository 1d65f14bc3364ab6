//! CIEDE2000: how different two colours look.
//!
//! After G. Sharma, W. Wu, E. N. Dalal, *The CIEDE2000 color-difference formula: implementation
//! notes, supplementary test data, and mathematical observations* (2005), with all weights 1.

use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use marquetry_pixel::srgb::light_of;

/// A colour of CIE L\*a\*b\* under D65.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lab {
    pub(super) l: f64,
    pub(super) a: f64,
    pub(super) b: f64,
}

/// The light of each byte of sRGB (IEC 61966-2-1), 0.0 to 1.0.
static LIGHT: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|byte| light_of(byte as f64 / 255.0)));

impl Lab {
    pub(super) fn of_bytes(rgb: [u8; 3]) -> Self {
        Self::of_light(rgb.map(|byte| LIGHT[usize::from(byte)]))
    }

    /// Of sRGB samples between 0.0 and 255.0.
    pub(super) fn of_samples(rgb: [f64; 3]) -> Self {
        Self::of_light(rgb.map(|sample| light_of(sample / 255.0)))
    }

    fn of_light([red, green, blue]: [f64; 3]) -> Self {
        // The rows of sRGB's matrix, divided by the white of D65.
        let x = (0.412_453 * red + 0.357_580 * green + 0.180_423 * blue) / 0.950_47;
        let y = 0.212_671 * red + 0.715_160 * green + 0.072_169 * blue;
        let z = (0.019_334 * red + 0.119_193 * green + 0.950_227 * blue) / 1.088_83;
        let root = |t: f64| {
            if t > 0.008_856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        };
        let (x, y, z) = (root(x), root(y), root(z));
        Self {
            l: 116.0 * y - 16.0,
            a: 500.0 * (x - y),
            b: 200.0 * (y - z),
        }
    }
}

/// CIEDE2000 of two colours; 1.0 is about what a practised eye just sees.
pub(super) fn delta_e(one: Lab, other: Lab) -> f64 {
    let mean_chroma = f64::midpoint(length(one.a, one.b), length(other.a, other.b));
    let stretch = 1.5 - 0.5 * towards_one(mean_chroma).sqrt();
    let (one_a, other_a) = (one.a * stretch, other.a * stretch);
    let (one_chroma, other_chroma) = (length(one_a, one.b), length(other_a, other.b));
    let (one_hue, other_hue) = (hue(one_a, one.b), hue(other_a, other.b));
    let is_grey = one_chroma * other_chroma == 0.0;

    let turn = other_hue - one_hue;
    let apart = turn.abs() > PI;
    let (hue_step, hue) = if is_grey {
        (0.0, one_hue + other_hue)
    } else {
        let sum = one_hue + other_hue;
        // The mean lies on the shorter way between the two.
        let round = match (apart, sum < TAU) {
            (false, _) => 0.0,
            (true, true) => TAU,
            (true, false) => -TAU,
        };
        let step = if apart { turn - TAU.copysign(turn) } else { turn };
        (step, (sum + round) / 2.0)
    };
    let lightness_step = other.l - one.l;
    let chroma_step = other_chroma - one_chroma;
    let arc = 2.0 * (one_chroma * other_chroma).sqrt() * (hue_step / 2.0).sin();

    let chroma = f64::midpoint(one_chroma, other_chroma);
    // Cosines of the angle's multiples, from one sine and cosine.
    let (sin, cos) = hue.sin_cos();
    let (sin_2, cos_2) = (2.0 * sin * cos, 2.0 * cos * cos - 1.0);
    let (sin_3, cos_3) = (sin_2 * cos + cos_2 * sin, cos_2 * cos - sin_2 * sin);
    let (sin_4, cos_4) = (2.0 * sin_2 * cos_2, 2.0 * cos_2 * cos_2 - 1.0);
    let tint =
        1.0 - 0.17 * (cos * COS_30 + sin * SIN_30) + 0.24 * cos_2 + 0.32 * (cos_3 * COS_6 - sin_3 * SIN_6)
            - 0.20 * (cos_4 * COS_63 + sin_4 * SIN_63);
    let from_middle = (f64::midpoint(one.l, other.l) - 50.0).powi(2);
    let lightness = lightness_step / (1.0 + 0.015 * from_middle / (20.0 + from_middle).sqrt());
    let saturation = chroma_step / (1.0 + 0.045 * chroma);
    let around = arc / (1.0 + 0.015 * chroma * tint);
    let blue = ((hue.to_degrees() - 275.0) / 25.0).powi(2);
    let rotation = -2.0 * towards_one(chroma).sqrt() * (60_f64.to_radians() * (-blue).exp()).sin();
    let squared =
        lightness * lightness + saturation * saturation + around * around + rotation * saturation * around;
    squared.max(0.0).sqrt()
}

// Sines and cosines of the formula's angles, in degrees.
const SIN_30: f64 = 0.5;
const COS_30: f64 = 0.866_025_403_784_438_6;
const SIN_6: f64 = 0.104_528_463_267_653_47;
const COS_6: f64 = 0.994_521_895_368_273_3;
const SIN_63: f64 = 0.891_006_524_188_367_9;
const COS_63: f64 = 0.453_990_499_739_546_8;

/// The length of a vector whose square neither overflows nor vanishes.
fn length(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// `chroma^7 / (chroma^7 + 25^7)`.
fn towards_one(chroma: f64) -> f64 {
    let seventh = chroma.powi(7);
    seventh / (seventh + 6_103_515_625.0)
}

/// The hue angle from 0 to 2π; 0 where there is none.
fn hue(a: f64, b: f64) -> f64 {
    let angle = b.atan2(a);
    if angle < 0.0 { angle + TAU } else { angle }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 1 of the paper: two colours and their difference. Every branch of the formula, and the
    /// places where it jumps, are in it.
    const PUBLISHED: [[f64; 7]; 34] = [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615],
        [50.0, 2.8361, -74.0200, 50.0, 0.0, -82.7485, 3.4412],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0010, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195],
        [50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.0010, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461],
        [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
        [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030],
        [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
        [50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0],
        [50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2592, 0.3350, 1.0],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ];

    #[test]
    fn the_published_pairs_come_out_as_published_either_way_round() {
        for [l1, a1, b1, l2, a2, b2, expected] in PUBLISHED {
            let (one, other) = (Lab { l: l1, a: a1, b: b1 }, Lab { l: l2, a: a2, b: b2 });
            for found in [delta_e(one, other), delta_e(other, one)] {
                assert!((found - expected).abs() < 1e-4, "{one:?} {other:?}: {found}");
            }
        }
    }

    #[test]
    fn white_and_black_are_a_hundred_apart() {
        let (white, black) = (Lab::of_bytes([255; 3]), Lab::of_bytes([0; 3]));
        assert!((white.l - 100.0).abs() < 1e-3 && white.a.abs() < 0.01 && white.b.abs() < 0.02);
        assert!((delta_e(white, black) - 100.0).abs() < 0.01);
    }

    #[test]
    fn samples_between_bytes_lie_between_them() {
        assert_eq!(
            Lab::of_samples([10.0, 128.0, 250.0]),
            Lab::of_bytes([10, 128, 250])
        );
        let half = Lab::of_samples([100.5; 3]).l;
        assert!(half > Lab::of_bytes([100; 3]).l && half < Lab::of_bytes([101; 3]).l);
    }
}

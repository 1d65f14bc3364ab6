//! CIE L*a*b* under D50, as Photoshop stores it in bytes, and sRGB under D65, by Bradford's adaptation.

use marquetry_codec::{light_of, srgb_of};

/// `l` 0 to 100, `a` and `b` about -128 to 127, to sRGB; what lies outside becomes the nearest there is
/// in each channel.
pub(crate) fn lab_to_srgb(l: f64, a: f64, b: f64) -> [u8; 3] {
    let fy = (l + 16.0) / 116.0;
    let (x, y, z) = (
        0.964_22 * cube(fy + a / 500.0),
        cube(fy),
        0.825_21 * cube(fy - b / 200.0),
    );
    // XYZ under D50 straight to linear sRGB.
    let light = [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ];
    light.map(|light| byte(255.0 * f64::from(srgb_of(narrow(light)))))
}

/// sRGB to L* (0 to 100), a* and b*.
pub(crate) fn srgb_to_lab(srgb: [u8; 3]) -> [f64; 3] {
    let [red, green, blue] = srgb.map(|sample| f64::from(light_of(f32::from(sample) / 255.0)));
    let x = 0.436_075 * red + 0.385_065 * green + 0.143_080 * blue;
    let y = 0.222_504 * red + 0.716_879 * green + 0.060_617 * blue;
    let z = 0.013_932 * red + 0.097_105 * green + 0.714_173 * blue;
    let [fx, fy, fz] = [x / 0.964_22, y, z / 0.825_21].map(root);
    [116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)]
}

/// What a document of Lab stores in three bytes.
pub(crate) fn stored_to_srgb([l, a, b]: [u8; 3]) -> [u8; 3] {
    lab_to_srgb(
        f64::from(l) * 100.0 / 255.0,
        f64::from(a) - 128.0,
        f64::from(b) - 128.0,
    )
}

/// L* (0 to 100), a* and b* as a document of Lab stores them.
pub(crate) fn to_stored([l, a, b]: [f64; 3]) -> [u8; 3] {
    [byte(l * 255.0 / 100.0), byte(a + 128.0), byte(b + 128.0)]
}

fn cube(f: f64) -> f64 {
    if f > 6.0 / 29.0 {
        f * f * f
    } else {
        (f - 16.0 / 116.0) * 3.0 * (6.0_f64 / 29.0).powi(2)
    }
}

fn root(t: f64) -> f64 {
    if t > (6.0_f64 / 29.0).powi(3) {
        t.cbrt()
    } else {
        t / (3.0 * (6.0_f64 / 29.0).powi(2)) + 16.0 / 116.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN becomes 0"
)]
fn byte(value: f64) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_has_white_and_black_where_they_belong() {
        assert_eq!(lab_to_srgb(100.0, 0.0, 0.0), [255, 255, 255]);
        assert_eq!(lab_to_srgb(0.0, 0.0, 0.0), [0, 0, 0]);
    }

    #[test]
    fn neutral_stays_neutral_and_both_ways_meet() {
        for grey in 0..=255 {
            let [l, a, b] = srgb_to_lab([grey; 3]);
            assert!(a.abs() < 0.02 && b.abs() < 0.02, "{grey}: {a} {b}");
            assert_eq!(lab_to_srgb(l, a, b), [grey; 3]);
            assert_eq!(to_stored([l, a, b])[1..], [128, 128]);
        }
        for colour in [[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 100, 50]] {
            let [l, a, b] = srgb_to_lab(colour);
            assert_eq!(lab_to_srgb(l, a, b), colour);
        }
        // The published Lab of sRGB's red under D50 is 54.29, 80.81, 69.89.
        let [l, a, b] = srgb_to_lab([255, 0, 0]);
        assert!((l - 54.29).abs() < 0.02 && (a - 80.81).abs() < 0.05 && (b - 69.89).abs() < 0.05);
    }
}

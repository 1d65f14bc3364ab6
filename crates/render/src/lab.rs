//! CIE L*a*b* under D50, as Photoshop stores it in bytes, and sRGB under D65, by Bradford's adaptation.

use marquetry_pixel::srgb::{D50, FROM_XYZ, TO_XYZ, encoded, light_of, times};
use marquetry_pixel::{nearest_byte, share_to_byte};

/// `l` 0 to 100, `a` and `b` about -128 to 127, to sRGB; what lies outside becomes the nearest there is
/// in each channel.
pub(crate) fn lab_to_srgb(l: f64, a: f64, b: f64) -> [u8; 3] {
    let fy = (l + 16.0) / 116.0;
    let [x, y, z] = [fy + a / 500.0, fy, fy - b / 200.0].map(cube);
    let light = times(&FROM_XYZ, [D50[0] * x, D50[1] * y, D50[2] * z]);
    light.map(|light| share_to_byte(encoded(light)))
}

/// sRGB to L* (0 to 100), a* and b*.
pub(crate) fn srgb_to_lab(srgb: [u8; 3]) -> [f64; 3] {
    let [x, y, z] = times(&TO_XYZ, srgb.map(|sample| light_of(f64::from(sample) / 255.0)));
    let [fx, fy, fz] = [x / D50[0], y / D50[1], z / D50[2]].map(root);
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
    [
        nearest_byte(l * 255.0 / 100.0),
        nearest_byte(a + 128.0),
        nearest_byte(b + 128.0),
    ]
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

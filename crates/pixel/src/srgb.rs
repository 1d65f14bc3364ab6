//! The colours of sRGB as light: its encoding curve (IEC 61966-2-1), both ways, and CIE XYZ under D50, in
//! which colour profiles are connected.

/// CIE XYZ of white under D50 (ICC.1:2022, 7.2.16).
pub const D50: [f64; 3] = [0.964_22, 1.0, 0.825_21];

/// CIE XYZ under D50 of linear sRGB, by rows; adapted by Bradford's method.
pub const TO_XYZ: [[f64; 3]; 3] = [
    [0.436_075, 0.385_065, 0.143_080],
    [0.222_504, 0.716_879, 0.060_617],
    [0.013_932, 0.097_105, 0.714_173],
];

/// Linear sRGB of CIE XYZ under D50, by rows.
pub const FROM_XYZ: [[f64; 3]; 3] = [
    [3.133_856, -1.616_867, -0.490_615],
    [-0.978_768, 1.916_142, 0.033_454],
    [0.071_945, -0.228_991, 1.405_243],
];

/// Light, `0.0..=1.0`, of an encoded sample, `0.0..=1.0`.
pub fn light_of(encoded: f64) -> f64 {
    if encoded <= 0.040_45 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// The encoded sample, `0.0..=1.0`, of light, `0.0..=1.0`.
pub fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// A row of numbers for each row of `matrix`, times `column`, and summed.
pub fn times(matrix: &[[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share_to_byte;

    #[test]
    fn both_ways_meet() {
        for sample in 0..=255u8 {
            assert_eq!(
                share_to_byte(encoded(light_of(f64::from(sample) / 255.0))),
                sample
            );
        }
        // The half of the light is level 188.
        assert_eq!(share_to_byte(encoded(0.5)), 188);
    }

    #[test]
    fn white_is_white_and_the_way_back_leads_back() {
        for (part, white) in times(&TO_XYZ, [1.0; 3]).into_iter().zip(D50) {
            assert!((part - white).abs() < 2e-5, "{part} against {white}");
        }
        let colour = [0.2, 0.7, 0.4];
        for (back, was) in times(&FROM_XYZ, times(&TO_XYZ, colour)).into_iter().zip(colour) {
            assert!((back - was).abs() < 2e-5, "{back} against {was}");
        }
    }
}

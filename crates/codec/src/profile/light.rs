//! The encoding curve of sRGB (IEC 61966-2-1), both ways.

/// Light, `0.0..=1.0`, of an encoded sample, `0.0..=1.0`.
pub fn light_of(encoded: f32) -> f32 {
    if encoded <= 0.040_45 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// The encoded sample, `0.0..=1.0`, of light, `0.0..=1.0`.
pub fn srgb_of(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// The share of light that the eye makes brightness of: CIE Y of linear sRGB under D50, in which profiles
/// are connected (the Y row of the sRGB profile).
pub(super) fn luminance([red, green, blue]: [f32; 3]) -> f32 {
    0.222_5 * red + 0.716_9 * green + 0.060_6 * blue
}

/// `0.0..=1.0` to `0..=255`, nearest; NaN is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0.0..=255.0 first, and a cast of NaN is 0"
)]
pub(super) fn byte(share: f32) -> u8 {
    (share * 255.0 + 0.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_meet() {
        for sample in 0..=255u8 {
            assert_eq!(byte(srgb_of(light_of(f32::from(sample) / 255.0))), sample);
        }
        // The half of the light is level 188.
        assert_eq!(byte(srgb_of(0.5)), 188);
        assert_eq!([byte(f32::NAN), byte(-1.0), byte(9.0)], [0, 0, 255]);
    }
}

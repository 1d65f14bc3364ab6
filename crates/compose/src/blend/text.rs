//! Text fading into what lies below it, in values of its own gamma.
//!
//! Photoshop mixes the colours of text with those below it neither in encoded values nor in light, but
//! in light to the power of 1 / 1.45: its setting *Blend Text Colors Using Gamma*, which is on unless a
//! user turns it off. Black text on white looks heavier that way. Stored pictures of text are met to the
//! rounding of 8 bits.

use std::sync::LazyLock;

use marquetry_pixel::srgb::{encoded, light_of};
use marquetry_pixel::{Sample, share_to_byte};

use crate::depth::Depth;

/// Light to the power of one over this is mixed.
const GAMMA: f64 = 1.45;
/// Steps of the way back: fine enough for every byte to have many.
const STEPS: u16 = u16::MAX;

/// Encoded bytes to values that are mixed, `0.0..=1.0`, and back.
struct Curve {
    to_mix: [f32; 256],
    to_byte: Vec<u8>,
}

/// The same of 16 bits.
struct DeepCurve {
    to_mix: Vec<f32>,
    to_deep: Vec<u16>,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "shares of one, rounded to what is wanted"
)]
static CURVE: LazyLock<Curve> = LazyLock::new(|| {
    let to_mix = std::array::from_fn(|at| mixed(at as f64 / 255.0) as f32);
    let to_byte = (0..=STEPS).map(|step| share_to_byte(back(step))).collect();
    Curve { to_mix, to_byte }
});

#[expect(
    clippy::cast_possible_truncation,
    reason = "shares of one, rounded to what is wanted"
)]
static DEEP_CURVE: LazyLock<DeepCurve> = LazyLock::new(|| {
    let share = |deep: u16| f64::from(deep) / f64::from(u16::MAX);
    let to_mix = (0..=u16::MAX).map(|deep| mixed(share(deep)) as f32).collect();
    let to_deep = (0..=STEPS)
        .map(|step| u16::of_level(255.0 * back(step) as f32))
        .collect();
    DeepCurve { to_mix, to_deep }
});

/// An encoded share of one as text mixes it.
fn mixed(share: f64) -> f64 {
    light_of(share).powf(1.0 / GAMMA)
}

/// The encoded share of one that a step of mixed values means.
fn back(step: u16) -> f64 {
    encoded((f64::from(step) / f64::from(STEPS)).powf(GAMMA))
}

/// A byte as text mixes it, `0.0..=1.0`.
pub(crate) fn mixed_of_byte(byte: u8) -> f32 {
    CURVE.to_mix[usize::from(byte)]
}

/// The nearest byte to a mixed value; what strays out of `0.0..=1.0` by rounding comes back.
pub(crate) fn byte_of_mixed(value: f32) -> u8 {
    CURVE.to_byte[step(value)]
}

/// As [`mixed_of_byte`], of 16 bits.
pub(crate) fn mixed_of_deep(deep: u16) -> f32 {
    DEEP_CURVE.to_mix[usize::from(deep)]
}

/// As [`byte_of_mixed`], of 16 bits.
pub(crate) fn deep_of_mixed(value: f32) -> u16 {
    DEEP_CURVE.to_deep[step(value)]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn step(value: f32) -> usize {
    let step = (value.clamp(0.0, 1.0) * f32::from(STEPS) + 0.5) as usize;
    step.min(usize::from(STEPS))
}

/// Fades `row` back towards `before` where `strength`, times `opacity`, says less than all. Both are
/// straight RGBA of the same number of pixels; `strength` has a byte for each.
pub(crate) fn fade_row<S: Depth>(opacity: f32, row: &mut [S], before: &[S], strength: &[u8]) {
    let pixels = row
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(before.as_chunks::<4>().0);
    for ((after, before), &strength) in pixels.zip(strength) {
        let share = f32::from(strength) / 255.0 * opacity;
        if share <= 0.0 {
            *after = *before;
            continue;
        }
        let new = after[3].level() / 255.0 * share;
        let old = before[3].level() / 255.0 * (1.0 - share);
        let alpha = new + old;
        if alpha <= 0.0 {
            *after = [S::default(); 4];
            continue;
        }
        let mix = |at: usize| {
            let [new_value, old_value] = [after[at], before[at]].map(S::to_text);
            S::of_text((new_value * new + old_value * old) / alpha)
        };
        *after = [mix(0), mix(1), mix(2), S::of_level(alpha * 255.0)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_kept_and_the_middle_is_lighter_than_encoded_values_make_it() {
        for byte in 0..=255u8 {
            let mut row = [byte, byte, byte, 255];
            fade_row(1.0, &mut row, &[7, 8, 9, 255], &[255]);
            assert_eq!(row, [byte, byte, byte, 255]);
            fade_row(1.0, &mut row, &[7, 8, 9, 255], &[0]);
            assert_eq!(row, [7, 8, 9, 255]);
        }
        // Half black on white: half of the mixed value, that is 0.5 ^ 1.45 = 0.366 of the light, which
        // sRGB encodes as 0.639.
        let mut row = [0u8, 0, 0, 255];
        fade_row(0.5, &mut row, &[255; 4], &[255]);
        assert_eq!(row, [163, 163, 163, 255]);
    }

    #[test]
    fn over_nothing_text_keeps_its_colour() {
        let mut row = [10u8, 200, 30, 255];
        fade_row(1.0, &mut row, &[0; 4], &[100]);
        assert_eq!(row, [10, 200, 30, 100]);
    }
}

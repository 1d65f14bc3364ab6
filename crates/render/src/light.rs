//! Linear light of 16 bits a sample, and the curve of sRGB that leads there and back.
//!
//! In 16 bits the step from one byte of sRGB to the next is twenty samples of light even in the dark.

use std::sync::LazyLock;

use marquetry_pixel::Sample as _;
use marquetry_pixel::srgb::{encoded, light_of};

static ENCODED: LazyLock<Box<[u16]>> = LazyLock::new(|| table(encoded));
static LIGHT: LazyLock<Box<[u16]>> = LazyLock::new(|| table(light_of));

/// By the sample; `curve` goes from and to `0.0..=1.0`.
fn table(curve: impl Fn(f64) -> f64) -> Box<[u16]> {
    let shares = (0..=u16::MAX).map(|sample| f64::from(sample) / f64::from(u16::MAX));
    shares.map(|share| u16::of_level(255.0 * curve(share))).collect()
}

/// Straight RGBA of light gets the curve of sRGB. Alpha stays.
pub(crate) fn encode(samples: &mut [u16]) {
    look_up(&ENCODED, samples);
}

/// Straight RGBA with the curve of sRGB becomes light. Alpha stays.
pub(crate) fn decode(samples: &mut [u16]) {
    look_up(&LIGHT, samples);
}

fn look_up(table: &[u16], samples: &mut [u16]) {
    for pixel in samples.as_chunks_mut::<4>().0 {
        for sample in &mut pixel[..3] {
            *sample = table[usize::from(*sample)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_srgb_comes_back_from_light() {
        for byte in 0..=255 {
            let mut pixel = [u16::of_byte(byte); 4];
            decode(&mut pixel);
            encode(&mut pixel);
            assert_eq!(pixel.map(|sample| sample.byte()), [byte; 4]);
        }
        let mut half = [32_768, 0, u16::MAX, 7];
        encode(&mut half);
        assert_eq!(half.map(|sample| sample.byte()), [188, 0, 255, 0]);
    }
}

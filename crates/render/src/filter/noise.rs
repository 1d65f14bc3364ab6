//! Photoshop's *Add Noise*.

use super::plane::Plane;

/// How much noise of which kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Noise {
    /// Per cent.
    pub(super) amount: f64,
    pub(super) spread: Spread,
    /// The same for all channels.
    pub(super) grey: bool,
}

/// How noise is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spread {
    /// All amounts up to the largest as often.
    Even,
    /// Small amounts more often.
    Normal,
}

/// Adds noise to colours; alpha stays.
///
/// Gaussian noise of 25 per cent has a standard deviation of 24.5 levels, the channels independently
/// (`smart-filter_noise.psd`); that of uniform noise is a guess (the amount is the whole width, in per cent of
/// 255). Photoshop's own sequence of random numbers is not known: the grains lie elsewhere.
pub(super) fn add(plane: &Plane, noise: Noise) -> Plane {
    let mut made = plane.clone();
    #[expect(clippy::cast_possible_truncation, reason = "at most 400")]
    let amount = noise.amount as f32;
    for (at, pixel) in (0u64..).zip(&mut made.pixels) {
        let share = pixel[3] / 255.0;
        if share <= 0.0 {
            continue;
        }
        for channel in 0..3u8 {
            let seed = at * 4 + if noise.grey { 0 } else { u64::from(channel) };
            let grain = match noise.spread {
                Spread::Even => (luck(seed * 2) - 0.5) * 2.55 * amount,
                Spread::Normal => bell(seed) * 0.98 * amount,
            };
            let value = &mut pixel[usize::from(channel)];
            *value = (*value / share + grain).clamp(0.0, 255.0) * share;
        }
    }
    made
}

/// A normal deviate of standard deviation 1 (Box and Muller).
fn bell(seed: u64) -> f32 {
    let (radius, turn) = (luck(seed * 2).max(1e-7), luck(seed * 2 + 1));
    (-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * turn).cos()
}

/// `0.0..1.0`, the same for the same seed (splitmix64).
fn luck(seed: u64) -> f32 {
    let mut hash = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    // 24 bits are as many as an f32 tells apart.
    u32::try_from(hash >> 40).map_or(0.0, |bits| bits as f32 / (1 << 24) as f32)
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Raster, Size};

    use super::*;

    #[test]
    fn noise_has_the_spread_it_should_and_no_bias() {
        let flat = Plane::new(&Raster::filled(Size::new(100, 100), [128, 128, 128, 255]));
        for (spread, deviation) in [(Spread::Normal, 9.8), (Spread::Even, 25.5 / 12f64.sqrt())] {
            let noise = Noise {
                amount: 10.0,
                spread,
                grey: false,
            };
            let noisy = add(&flat, noise);
            let red: Vec<f64> = noisy
                .pixels
                .iter()
                .map(|pixel| f64::from(pixel[0]) - 128.0)
                .collect();
            let mean = red.iter().sum::<f64>() / 1e4;
            let found = (red.iter().map(|value| value * value).sum::<f64>() / 1e4).sqrt();
            assert!(mean.abs() < 0.3, "{mean}");
            assert!((found / deviation - 1.0).abs() < 0.05, "{found}, not {deviation}");
            let grey = add(&flat, Noise { grey: true, ..noise });
            assert!(
                grey.pixels
                    .iter()
                    .all(|pixel| pixel[0].to_bits() == pixel[2].to_bits())
            );
        }
    }
}

//! Noise gradients, as near as can be: Photoshop's own generator is not public.

use marquetry_compose::Ramp;
use marquetry_pixel::narrow;
use marquetry_psd::gradient::GradientNoise;

/// Colours of the ramp.
const STEPS: u32 = 1024;

/// What a noise gradient may look like: a random line for each channel, the rougher the more its
/// small waves count, within the range the channel is given.
///
/// The settings have the meaning they have in Photoshop (a rougher gradient follows the same line more
/// wildly, restricted colours keep off the ends of the range), but the random numbers are others, so
/// that another gradient of the same character is drawn.
pub(crate) fn ramp(noise: &GradientNoise) -> Ramp {
    let channel = |at: usize| Channel::new(noise, at);
    let [first, second, third, fourth] = [0, 1, 2, 3].map(channel);
    let model = noise.model.as_bytes();
    Ramp::from_table((0..=STEPS).map(|step| {
        let place = f64::from(step) / f64::from(STEPS);
        let parts = [&first, &second, &third].map(|channel| channel.at(place));
        let alpha = if noise.transparency { fourth.at(place) } else { 1.0 };
        let [red, green, blue] = match model {
            b"HSBC" => crate::colour::hsb(parts[0] * 360.0, parts[1], parts[2]).map(|part| part / 255.0),
            b"LbCl" => {
                let [l, a, b] = parts;
                let rgb = crate::lab::lab_to_srgb(l * 100.0, a * 255.0 - 128.0, b * 255.0 - 128.0);
                rgb.map(|part| f64::from(part) / 255.0)
            }
            _ => parts,
        };
        [red, green, blue, alpha].map(narrow)
    }))
}

/// One channel's random line.
struct Channel {
    seed: u64,
    /// How much each octave counts against the one before.
    gain: f64,
    /// How far it strays from the middle.
    swing: f64,
    least: f64,
    range: f64,
}

/// From waves of a quarter of the gradient to some of its table's steps.
const OCTAVES: u32 = 7;

impl Channel {
    fn new(noise: &GradientNoise, at: usize) -> Self {
        let bound = |list: &[f64], otherwise: f64| {
            let stated = list.get(at).copied().unwrap_or(otherwise);
            if stated.is_finite() {
                (stated / 100.0).clamp(0.0, 1.0)
            } else {
                otherwise / 100.0
            }
        };
        let (least, most) = (bound(&noise.minimum, 0.0), bound(&noise.maximum, 100.0));
        let roughness = if noise.roughness.is_finite() {
            noise.roughness.clamp(0.0, 1.0)
        } else {
            0.5
        };
        Self {
            seed: mixed(noise.seed.cast_unsigned() ^ (at as u64) << 40),
            gain: 0.85 * roughness,
            swing: if noise.restrict_colors { 1.0 } else { 1.8 },
            least,
            range: most - least,
        }
    }

    fn at(&self, place: f64) -> f64 {
        let (mut sum, mut weight, mut most) = (0.0, 1.0, 0.0);
        for octave in 0..OCTAVES {
            sum += weight * self.wave(octave, place * f64::from(4_u32 << octave));
            most += weight;
            weight *= self.gain;
        }
        let share = 0.5 + self.swing * sum / most;
        self.least + self.range * share.clamp(0.0, 1.0)
    }

    /// Random heights of `-0.5..0.5` at whole numbers, with an even flow between them.
    fn wave(&self, octave: u32, place: f64) -> f64 {
        let whole = place.floor();
        let t = place - whole;
        let flow = t * t * (3.0 - 2.0 * t);
        let (from, to) = (self.height(octave, whole), self.height(octave, whole + 1.0));
        from + (to - from) * flow
    }

    fn height(&self, octave: u32, at: f64) -> f64 {
        let hash = mixed(self.seed ^ at.to_bits() ^ u64::from(octave) << 56);
        // 53 bits are as many as an f64 tells apart.
        (hash >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

/// Bits well stirred.
fn mixed(seed: u64) -> u64 {
    let mut hash = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

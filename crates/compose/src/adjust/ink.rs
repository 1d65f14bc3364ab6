//! Selective colour: inks by kind of colour.

use super::{kinds, sorted};
use marquetry_pixel::nearest_byte;

/// More or less ink in nine kinds of colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelectiveColour {
    /// Whether amounts are of full ink; otherwise of the ink that is there.
    pub absolute: bool,
    /// Cyan, magenta, yellow and black, `-1.0..=1.0`, in reds, yellows, greens, cyans, blues, magentas,
    /// whites, neutrals and blacks.
    pub kinds: [[f32; 4]; 9],
}

impl SelectiveColour {
    /// Kinds weigh as much as a colour belongs to them; each adds its own change. This is the way that
    /// is commonly found for Photoshop's; the pictures at hand only show that no amount is no change.
    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let samples = colour.map(|sample| f32::from(sample) / 255.0);
        let [low, middle, high] = sorted(samples);
        let kinds = kinds(samples);
        let weights = [
            (kinds.primary, high - middle),
            (kinds.secondary, middle - low),
            (6, (low - 0.5) * 2.0),
            (7, 1.0 - (high - 0.5).abs() - (low - 0.5).abs()),
            (8, (0.5 - high) * 2.0),
        ];
        let mut out = samples;
        for (kind, weight) in weights {
            let [cyan, magenta, yellow, black] = self.kinds[kind];
            if weight <= 0.0 {
                continue;
            }
            for ((out, sample), ink) in out.iter_mut().zip(samples).zip([cyan, magenta, yellow]) {
                let mut change = (-1.0 - ink) * black - ink;
                if !self.absolute {
                    change *= 1.0 - sample;
                }
                *out += change.clamp(-sample, 1.0 - sample) * weight;
            }
        }
        out.map(|sample| nearest_byte(sample * 255.0))
    }
}

//! Blending by tone ("Blend If"): which colours of a layer, and of what lies below it, take part.

use crate::depth::Depth;
use crate::mask::times;

/// The tones of one value, 0 to 255, that let a layer show. It fades in from `black[0]` to
/// `black[1]` and out from `white[0]` to `white[1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tones {
    /// Below the first nothing shows, from the second on everything does.
    pub black: [u8; 2],
    /// Up to the first everything shows, above the second nothing does.
    pub white: [u8; 2],
}

impl Tones {
    /// All of them.
    pub const ALL: Self = Self {
        black: [0, 0],
        white: [255, 255],
    };

    /// How much shows at `value`: 0 nothing, 255 everything.
    ///
    /// Straight between the halves of a split slider, of which no public source has the formula;
    /// where sliders cross, both hold back.
    fn through(self, value: u8) -> u8 {
        let rise = match self.black {
            [from, _] if value < from => 0,
            [from, to] if value < to => share(value - from, to - from),
            _ => 255,
        };
        let fall = match self.white {
            [_, to] if value > to => 0,
            [from, to] if value > from => share(to - value, to - from),
            _ => 255,
        };
        times(rise, fall)
    }
}

/// `part` of `whole` as a byte, to nearest; `part` is at most `whole`, which is above 0.
fn share(part: u8, whole: u8) -> u8 {
    let (part, whole) = (u32::from(part), u32::from(whole));
    u8::try_from((part * 255 + whole / 2) / whole).unwrap_or(u8::MAX)
}

/// The tones of a colour that let a layer show: all four at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColourTones {
    /// Of its luminosity, `0.3 red + 0.59 green + 0.11 blue`.
    pub grey: Tones,
    /// Of red, green and blue.
    pub channels: [Tones; 3],
}

impl ColourTones {
    /// All of them.
    pub const ALL: Self = Self {
        grey: Tones::ALL,
        channels: [Tones::ALL; 3],
    };
}

/// Photoshop's *Blend If*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlendIf {
    /// Colours of the layer itself, before its effects.
    pub own: ColourTones,
    /// Colours of what lies below it, before its effects. Where nothing lies below, nothing is held
    /// back.
    pub below: ColourTones,
}

impl BlendIf {
    /// Lets everything show.
    pub const ALL: Self = Self {
        own: ColourTones::ALL,
        below: ColourTones::ALL,
    };

    /// Whether everything shows.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Holds `strength` back where the colours of the layer's `own` pixels, whose alpha says nothing,
    /// or of those `below` say so.
    pub(crate) fn hold_back<S: Depth>(&self, strength: &mut [u8], own: &[S], below: &[S]) {
        if self.own != ColourTones::ALL {
            let table = Table::new(&self.own);
            for (strength, pixel) in strength.iter_mut().zip(own.as_chunks::<4>().0) {
                let [red, green, blue, _] = pixel.map(S::byte);
                *strength = times(*strength, table.through([red, green, blue]));
            }
        }
        if self.below != ColourTones::ALL {
            let table = Table::new(&self.below);
            for (strength, pixel) in strength.iter_mut().zip(below.as_chunks::<4>().0) {
                let [red, green, blue, alpha] = pixel.map(S::byte);
                let held_back = 255 - table.through([red, green, blue]);
                *strength = times(*strength, 255 - times(held_back, alpha));
            }
        }
    }
}

/// What every value of grey, red, green and blue lets through.
struct Table {
    grey: [u8; 256],
    channels: [[u8; 256]; 3],
}

impl Table {
    fn new(tones: &ColourTones) -> Self {
        let row = |tones: Tones| {
            let mut row = [0; 256];
            for (through, value) in row.iter_mut().zip(0..=255) {
                *through = tones.through(value);
            }
            row
        };
        Self {
            grey: row(tones.grey),
            channels: tones.channels.map(row),
        }
    }

    fn through(&self, colour: [u8; 3]) -> u8 {
        let [red, green, blue] = colour.map(u32::from);
        // At most 255.
        let grey = (30 * red + 59 * green + 11 * blue + 50) / 100;
        colour
            .iter()
            .zip(&self.channels)
            .fold(self.grey[grey as usize], |through, (value, channel)| {
                times(through, channel[usize::from(*value)])
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliders_cut_and_their_halves_fade() {
        let cut = Tones {
            black: [100, 100],
            white: [200, 200],
        };
        assert_eq!(
            [0, 99, 100, 200, 201, 255].map(|v| cut.through(v)),
            [0, 0, 255, 255, 0, 0]
        );
        let fade = Tones {
            black: [50, 150],
            white: [180, 230],
        };
        assert_eq!(
            [49, 50, 75, 100, 150, 180, 205, 230, 231].map(|v| fade.through(v)),
            [0, 0, 64, 128, 255, 255, 128, 0, 0]
        );
        assert!((0..=255).all(|value| Tones::ALL.through(value) == 255));
    }

    #[test]
    fn crossed_sliders_are_no_reason_to_panic() {
        let crossed = Tones {
            black: [250, 3],
            white: [255, 0],
        };
        assert!((0..=255).all(|value| crossed.through(value) == 0));
    }

    #[test]
    fn grey_is_luminosity_and_channels_multiply() {
        let mut tones = ColourTones::ALL;
        tones.grey.black = [77, 77];
        assert_eq!(Table::new(&tones).through([255, 0, 0]), 255);
        assert_eq!(Table::new(&tones).through([252, 0, 0]), 0);
        tones.channels[0].white = [0, 255];
        assert_eq!(Table::new(&tones).through([128, 255, 255]), 127);
    }

    #[test]
    fn nothing_below_holds_nothing_back() {
        let mut blend_if = BlendIf::ALL;
        blend_if.below.grey.black = [10, 10];
        let mut strength = [255; 4];
        let below = [0u8, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 51, 20, 20, 20, 255];
        blend_if.hold_back(&mut strength, &[0; 16], &below);
        assert_eq!(strength, [255, 0, 204, 255]);
    }
}

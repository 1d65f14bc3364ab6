//! Adjustments: what they make of the colours that lie below them.
//!
//! An adjustment paints nothing of its own. Its source row is a changed copy of the row that it is
//! laid over; the two are then blended like any other layers, and the alpha stays as it was.
//!
//! The formulas were fitted to pairs of colours, below and above an adjustment layer, in pictures that
//! Photoshop drew; each says how well it fits.

mod colour;
mod cube;
mod deep;
mod hue;
mod ink;
mod paint;
mod posterize;

pub use colour::{BlackAndWhite, Mixer, PhotoFilter, Vibrance};
pub use cube::Cube;
pub use hue::{HueRange, HueSaturation, Shift};
pub use ink::SelectiveColour;
pub(crate) use paint::paint_adjusted;

/// A change of colours, fully resolved: straight RGB in, straight RGB out, a pixel at a time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Adjustment {
    /// Each of red, green and blue goes through a table of its own.
    Channels(Box<[[u8; 256]; 3]>),
    /// Each channel in so many even steps, 2 to 255.
    Posterize(u8),
    /// How light the pixel is, red, green and blue weighing 0.3, 0.59 and 0.11, is looked up.
    Luminosity(Box<[[u8; 3]; 256]>),
    /// Hue and saturation.
    HueSaturation(Box<HueSaturation>),
    /// Grey by colour.
    BlackAndWhite(BlackAndWhite),
    /// Channels made of channels.
    Mixer(Mixer),
    /// Light through coloured glass.
    PhotoFilter(PhotoFilter),
    /// Saturation, dull colours first.
    Vibrance(Vibrance),
    /// Inks by kind of colour.
    SelectiveColour(Box<SelectiveColour>),
    /// A table of all colours.
    Cube(Cube),
}

impl Adjustment {
    /// All three channels through one table.
    pub fn tone(table: [u8; 256]) -> Self {
        Self::Channels(Box::new([table; 3]))
    }

    /// Changes the colours of a row of straight RGBA, whatever its alphas are; these stay.
    pub(crate) fn apply(&self, row: &mut [u8]) {
        let pixels = row.as_chunks_mut::<4>().0;
        match self {
            Self::Channels(tables) => {
                let [reds, greens, blues] = tables.as_ref();
                for [red, green, blue, _] in pixels {
                    *red = reds[usize::from(*red)];
                    *green = greens[usize::from(*green)];
                    *blue = blues[usize::from(*blue)];
                }
            }
            Self::Posterize(levels) => {
                let table = posterize::table(*levels);
                each(pixels, |colour| colour.map(|sample| table[usize::from(sample)]));
            }
            Self::Luminosity(table) => each(pixels, |colour| table[usize::from(luminosity(colour))]),
            Self::HueSaturation(change) => each(pixels, |colour| change.of(colour)),
            Self::BlackAndWhite(change) => each(pixels, |colour| change.of(colour)),
            Self::Mixer(change) => each(pixels, |colour| change.of(colour)),
            Self::PhotoFilter(change) => {
                let glass = change.glass();
                each(pixels, |colour| change.of(&glass, colour));
            }
            Self::Vibrance(change) => each(pixels, |colour| change.of(colour)),
            Self::SelectiveColour(change) => each(pixels, |colour| change.of(colour)),
            Self::Cube(cube) => each(pixels, |colour| cube.of(colour)),
        }
    }
}

/// Neighbours are often alike, so the last answer is kept.
fn each(pixels: &mut [[u8; 4]], change: impl Fn([u8; 3]) -> [u8; 3]) {
    let (mut asked, mut answer) = ([0; 3], change([0; 3]));
    for [red, green, blue, _] in pixels {
        let colour = [*red, *green, *blue];
        if colour != asked {
            (asked, answer) = (colour, change(colour));
        }
        [*red, *green, *blue] = answer;
    }
}

/// How light a colour is, by the weights of Photoshop's blend modes.
fn luminosity([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 30 + u32::from(green) * 59 + u32::from(blue) * 11;
    u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
}

/// [`luminosity`] of samples of any range.
fn lightness([red, green, blue]: [f32; 3]) -> f32 {
    0.3 * red + 0.59 * green + 0.11 * blue
}

/// `colour` made as light as `target`, pulled back into 0 to 255 without changing that: SetLum and
/// ClipColor of ISO 32000.
fn as_light_as(colour: [f32; 3], target: f32) -> [f32; 3] {
    let shift = target - lightness(colour);
    let colour = colour.map(|sample| sample + shift);
    let low = colour.into_iter().fold(f32::INFINITY, f32::min);
    let high = colour.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut share = 1.0_f32;
    if low < 0.0 {
        share = share.min(target / (target - low));
    }
    if high > 255.0 {
        share = share.min((255.0 - target) / (high - target));
    }
    colour.map(|sample| target + (sample - target) * share)
}

/// Lowest, middle and highest of three.
fn sorted([a, b, c]: [f32; 3]) -> [f32; 3] {
    let low = a.min(b).min(c);
    let high = a.max(b).max(c);
    [low, (a + b + c - low - high).clamp(low, high), high]
}

/// The six kinds of colour between which hues lie: reds, yellows, greens, cyans, blues, magentas.
#[derive(Clone, Copy)]
struct Kinds {
    /// Of the highest channel: 0, 2 or 4.
    primary: usize,
    /// Of the two highest: 1, 3 or 5.
    secondary: usize,
}

/// Which kinds a colour belongs to. It is as much of its primary as the highest channel stands above
/// the middle one, as much of its secondary as the middle one stands above the lowest.
fn kinds([red, green, blue]: [f32; 3]) -> Kinds {
    let primary = if red >= green && red >= blue {
        0
    } else if green >= blue {
        2
    } else {
        4
    };
    let secondary = if blue <= red && blue <= green {
        1
    } else if red <= green {
        3
    } else {
        5
    };
    Kinds { primary, secondary }
}

#[cfg(test)]
mod tests;

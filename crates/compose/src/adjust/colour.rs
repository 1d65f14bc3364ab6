//! Black and white, channel mixer, photo filter and vibrance.

use marquetry_pixel::srgb::{self, times};
use marquetry_pixel::{narrow, nearest_byte, share_to_byte};

use super::{as_light_as, kinds, lightness, sorted};

/// Grey, by the weights of six kinds of colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlackAndWhite {
    /// Of reds, yellows, greens, cyans, blues and magentas; 1.0 is 100 per cent.
    pub weights: [f32; 6],
    /// A colour that the grey gets: red, green and blue, 0 to 255.
    pub tint: Option<[f32; 3]>,
}

impl BlackAndWhite {
    /// The grey part of a colour, and what stands above it by its kind. This way of mixing is what is
    /// commonly found for Photoshop's; no picture at hand shows it without others.
    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let colour = colour.map(f32::from);
        let [low, middle, high] = sorted(colour);
        let kinds = kinds(colour);
        let grey = low
            + (high - middle) * self.weights[kinds.primary]
            + (middle - low) * self.weights[kinds.secondary];
        let grey = grey.clamp(0.0, 255.0);
        self.tint
            .map_or([grey; 3], |tint| as_light_as(tint, grey))
            .map(nearest_byte)
    }
}

/// Each channel as a sum of all three and a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixer {
    /// For red, green and blue: how much of red, green, blue and white they take; 1.0 is all of it.
    pub rows: [[f32; 4]; 3],
}

impl Mixer {
    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let [red, green, blue] = colour.map(f32::from);
        self.rows
            .map(|[from_red, from_green, from_blue, constant]| {
                red * from_red + green * from_green + blue * from_blue + 255.0 * constant
            })
            .map(nearest_byte)
    }
}

/// Light through coloured glass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhotoFilter {
    /// What the glass lets through of CIE XYZ under D50, 1.0 being all of it.
    pub glass: [f32; 3],
    /// How dense it is, `0.0..=1.0`.
    pub density: f32,
    /// Whether pixels stay as light as they are.
    pub preserve_luminosity: bool,
}

impl PhotoFilter {
    /// Linear sRGB in and out.
    pub(super) fn glass(&self) -> [[f64; 3]; 3] {
        let density = f64::from(self.density.clamp(0.0, 1.0));
        let through = self.glass.map(|share| 1.0 - density + density * f64::from(share));
        let columns = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|unit| {
            let [x, y, z] = times(&srgb::TO_XYZ, unit);
            times(&srgb::FROM_XYZ, [x * through[0], y * through[1], z * through[2]])
        });
        [0, 1, 2].map(|row: usize| columns.map(|column: [f64; 3]| column[row]))
    }

    /// Fits the one pair of colours at hand to the byte.
    pub(super) fn of(&self, glass: &[[f64; 3]; 3], colour: [u8; 3]) -> [u8; 3] {
        let light = colour.map(|sample| srgb::light_of(f64::from(sample) / 255.0));
        let filtered = times(glass, light).map(|light| narrow(255.0 * srgb::encoded(light)));
        let colour = colour.map(f32::from);
        if self.preserve_luminosity {
            as_light_as(filtered, lightness(colour)).map(nearest_byte)
        } else {
            filtered.map(nearest_byte)
        }
    }
}

/// Saturation in light, dull colours first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vibrance {
    /// How much more or less of what is not there yet, `-1.0..=1.0`.
    pub vibrance: f32,
    /// How much more or less of all, `-1.0..=1.0`.
    pub saturation: f32,
}

impl Vibrance {
    /// A guess that holds for the one pair of colours at hand.
    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let samples = colour.map(f32::from);
        let [low, _, high] = sorted(samples);
        if high <= low {
            return colour;
        }
        let dull = f64::from(low / high);
        let vibrance = f64::from(self.vibrance.clamp(-1.0, 1.0));
        let saturation = f64::from(self.saturation.clamp(-1.0, 1.0));
        let factor = (1.0 + saturation) * (1.0 + vibrance * dull / 4.0).max(0.0);
        let light = samples.map(|sample| srgb::light_of(f64::from(sample) / 255.0));
        let grey = 0.43 * light[0] + 0.48 * light[1] + 0.09 * light[2];
        light.map(|sample| share_to_byte(srgb::encoded((grey + (sample - grey) * factor).clamp(0.0, 1.0))))
    }
}

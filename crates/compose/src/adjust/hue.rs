//! Hue and saturation: for all colours, for ranges of hues, or one hue for everything.

use marquetry_pixel::nearest_byte;

/// Hue and saturation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HueSaturation {
    /// One hue and saturation for every pixel, which keeps only its lightness. Ranges then don't count.
    pub colorize: bool,
    /// Changes of all colours (with `colorize` the hue and saturation that they get).
    pub master: Shift,
    /// Changes of some hues; weights of overlapping ranges add up.
    pub ranges: Vec<HueRange>,
}

/// Changes of hue, saturation and lightness.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// Degrees.
    pub hue: f32,
    /// `-1.0..=1.0`.
    pub saturation: f32,
    /// `-1.0..=1.0`.
    pub lightness: f32,
}

/// Changes of one range of hues.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HueRange {
    /// Degrees: where it begins, is full, begins to end, has ended; clockwise.
    pub limits: [f32; 4],
    /// The changes.
    pub shift: Shift,
}

impl HueRange {
    /// How much a hue belongs to it.
    fn weight(&self, hue: f32) -> f32 {
        let hue = hue - LAG;
        let [begin, full, fade, end] = self.limits;
        let from_begin = |degrees: f32| (degrees - begin).rem_euclid(360.0);
        let (hue, full, fade, end) = (
            from_begin(hue),
            from_begin(full),
            from_begin(fade),
            from_begin(end),
        );
        if hue < full {
            hue / full
        } else if hue <= fade {
            1.0
        } else if hue < end {
            (end - hue) / (end - fade)
        } else {
            0.0
        }
    }
}

/// Degrees by which ranges lie further on than their limits say: where they rise and fall, Photoshop's
/// pixels tell a third of a degree, in ranges of every steepness.
const LAG: f32 = 0.33;

/// No saturation is multiplied by more: Photoshop stops here at 100 per cent.
const MOST_GAIN: f32 = 128.0;

/// What a change of saturation multiplies saturation by. Photoshop counts it in whole 255ths: -97 per cent leave
/// 8 of them, 93 per cent multiply by 13.2 to 13.4.
fn gain(saturation: f32) -> f32 {
    let parts = (saturation.abs() * 255.0 + 0.001).floor().min(255.0);
    if parts < 1.0 {
        1.0
    } else if saturation > 0.0 {
        (255.0 / (256.0 - parts)).min(MOST_GAIN)
    } else {
        1.0 - parts / 255.0
    }
}

impl HueSaturation {
    /// Measured on photographs with several overlapping ranges (`huesaturation_rgb.psd`, four layers): all but
    /// one in a thousand pixels come within 3 of Photoshop's, all but three in a hundred within 1.
    ///
    /// In this order: master lightness, towards white or black and rounded to bytes; ranges' lightness,
    /// towards the highest or lowest channel; hue; saturation of HSL. Saturations of ranges add up as
    /// factors.
    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let lit = colour.map(|sample| lighten(sample, self.master.lightness));
        if self.colorize {
            return self.one_hue(lit.map(nearest_byte));
        }
        let lit = lit.map(|sample| f32::from(nearest_byte(sample)));
        let (mut high, mut low) = ends(lit);
        if high <= low {
            return lit.map(nearest_byte);
        }
        let mut hue = hue(lit);
        let (mut turn, mut lighter, mut factor) = (self.master.hue, 0.0, 1.0);
        for range in &self.ranges {
            let weight = range.weight(hue);
            turn += weight * range.shift.hue;
            lighter += weight * range.shift.lightness;
            factor += weight * (gain(range.shift.saturation) - 1.0);
        }
        if lighter > 0.0 {
            low += (high - low) * lighter.min(1.0);
        } else {
            high -= (high - low) * (-lighter).min(1.0);
        }
        let most = 255.0 - (high + low - 255.0).abs();
        if most <= 0.0 {
            return [nearest_byte(low); 3];
        }
        let saturation = (high - low) / most;
        let saturation = (saturation * gain(self.master.saturation)).min(1.0) * factor.max(0.0);
        hue += turn;
        from_hue(hue, high + low, most * saturation.min(1.0))
    }

    /// Photoshop halves sums to whole bytes here: measured to be exact.
    fn one_hue(&self, colour: [u8; 3]) -> [u8; 3] {
        let (high, low) = ends(colour.map(f32::from));
        let middle = ((high + low) / 2.0).floor();
        let most = 255.0 - (high + low - 255.0).abs();
        let chroma = (most * self.master.saturation.clamp(0.0, 1.0)).floor();
        let low = (middle + chroma / 2.0 + 0.5).floor() - chroma;
        mixed(self.master.hue, low, chroma).map(nearest_byte)
    }
}

/// Towards white or black; Photoshop counts the share in 255ths, without what is left over.
fn lighten(sample: u8, share: f32) -> f32 {
    let share = (share.clamp(-1.0, 1.0) * 255.0 + 0.001_f32.copysign(share)).trunc() / 255.0;
    let sample = f32::from(sample);
    if share > 0.0 {
        sample + (255.0 - sample) * share
    } else {
        sample * (1.0 + share)
    }
}

/// Highest and lowest sample.
fn ends([red, green, blue]: [f32; 3]) -> (f32, f32) {
    (red.max(green).max(blue), red.min(green).min(blue))
}

/// In degrees, of a colour that is not grey.
fn hue(colour: [f32; 3]) -> f32 {
    let (high, low) = ends(colour);
    let [red, green, blue] = colour;
    let chroma = high - low;
    let sixth = if red >= high {
        (green - blue) / chroma
    } else if green >= high {
        (blue - red) / chroma + 2.0
    } else {
        (red - green) / chroma + 4.0
    };
    sixth.rem_euclid(6.0) * 60.0
}

/// The colour of a hue; the sum of its highest and lowest sample is `sum`, their difference `chroma`.
/// Halves go down, as Photoshop's do.
fn from_hue(hue: f32, sum: f32, chroma: f32) -> [u8; 3] {
    mixed(hue, (sum - chroma) / 2.0, chroma).map(|sample| nearest_byte(sample - 0.001))
}

fn mixed(hue: f32, low: f32, chroma: f32) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|turn: f32| {
        let place = (turn + hue / 60.0).rem_euclid(6.0);
        low + chroma - chroma * place.min(4.0 - place).clamp(0.0, 1.0)
    })
}

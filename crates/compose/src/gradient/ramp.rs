//! Stops to a table of colours.

use marquetry_pixel::DeepRgb;
use marquetry_pixel::srgb::{encoded, light_of};

/// The colours of a gradient along a line from 0 to 1, worked out once.
#[derive(Clone, Debug, PartialEq)]
pub struct Ramp {
    /// Straight RGBA, `0.0..=1.0` each; the first is at 0, the last at 1.
    table: Vec<[f32; 4]>,
}

/// A colour at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourStop {
    /// Where on the line, `0.0..=1.0`.
    pub at: f64,
    /// Where on the way from the stop before to this one both are mixed evenly, `0.0..=1.0`.
    pub midpoint: f64,
    /// The colour.
    pub colour: DeepRgb,
}

/// An opacity at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpacityStop {
    /// Where on the line, `0.0..=1.0`.
    pub at: f64,
    /// Where on the way from the stop before to this one both are mixed evenly, `0.0..=1.0`.
    pub midpoint: f64,
    /// The opacity, `0.0..=1.0`.
    pub opacity: f64,
}

/// What lies between two stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mixing {
    /// The encoded values, as every version of Photoshop did before there was a choice.
    #[default]
    Classic,
    /// A perceptual space, Oklab.
    Perceptual,
    /// Linear light.
    Linear,
    /// Oklab as well, with an even flow through the midpoints instead of a bend there. The curve is
    /// an approximation.
    Smooth,
    /// Nothing: each stop's colour up to the next.
    Stripes,
}

/// Places are stored in 4096ths.
const STEPS: u16 = 4096;

impl Ramp {
    /// Between stops, which may come in any order. `smoothness`, `0.0..=1.0`, goes from straight lines
    /// between them to Catmull and Rom's curve through them, which knows their order but not their
    /// distances. No colour stop at all is black, no opacity stop is opaque.
    ///
    /// Measured on Photoshop's own pixels, of two stops and of six, of colours and of opacities, at
    /// smoothness 1 and 0.4: equal to the rounding of 8 bits. So are linear light and Oklab;
    /// [`Mixing::Smooth`] is off by a few levels where a midpoint is far from the middle.
    pub fn new(colours: &[ColourStop], opacities: &[OpacityStop], smoothness: f64, mixing: Mixing) -> Self {
        let encoded = colours.iter().map(|stop| {
            let shares = stop.colour.parts().map(|sample| f64::from(sample) / 65_535.0);
            (stop.at, stop.midpoint, mixing.to_mix(shares))
        });
        let colours = Curve {
            evenly: mixing == Mixing::Smooth,
            ..Curve::new(encoded.collect(), smoothness)
        };
        let alphas = opacities
            .iter()
            .map(|stop| (stop.at, stop.midpoint, [stop.opacity]));
        let alphas = Curve::new(alphas.collect(), smoothness);
        let table = (0..=STEPS).map(|step| {
            let at = f64::from(step) / f64::from(STEPS);
            let mixed = if mixing == Mixing::Stripes {
                colours.before(at)
            } else {
                colours.at(at)
            };
            let [red, green, blue] = mixing.to_encoded(mixed.unwrap_or_default());
            let [alpha] = alphas.at(at).unwrap_or([1.0]);
            [red, green, blue, alpha].map(share)
        });
        Self {
            table: table.collect(),
        }
    }

    /// From colours already worked out, straight RGBA of `0.0..=1.0`, evenly spaced from 0 to 1.
    /// What is out of range or not a number is brought into it; none at all is transparent.
    pub fn from_table(table: impl IntoIterator<Item = [f32; 4]>) -> Self {
        let sound = |sample: f32| if sample >= 0.0 { sample.min(1.0) } else { 0.0 };
        let mut table: Vec<_> = table.into_iter().map(|colour| colour.map(sound)).collect();
        if table.is_empty() {
            table.push([0.0; 4]);
        }
        Self { table }
    }

    /// The same colours the other way round.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.table.reverse();
        self
    }

    /// Straight RGBA, `0.0..=1.0` each. Places outside the line are its ends; NaN is its start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped first, and a cast of NaN is 0"
    )]
    pub fn at(&self, place: f64) -> [f32; 4] {
        let last = self.table.len() - 1;
        let step = (place.clamp(0.0, 1.0) * last as f64 + 0.5) as usize;
        self.table[step.min(last)]
    }

    /// Whether no colour lets anything through.
    pub fn is_opaque(&self) -> bool {
        self.table.iter().all(|colour| colour[3] >= 1.0)
    }
}

impl Mixing {
    fn to_mix(self, colour: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Perceptual | Self::Smooth => oklab(colour.map(light_of)),
            Self::Linear => colour.map(light_of),
            Self::Classic | Self::Stripes => colour,
        }
    }

    fn to_encoded(self, mixed: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Perceptual | Self::Smooth => from_oklab(mixed).map(encoded),
            Self::Linear => mixed.map(encoded),
            Self::Classic | Self::Stripes => mixed,
        }
    }
}

/// Knots in the order of their places, with what runs between them.
struct Curve<const N: usize> {
    knots: Vec<Knot<N>>,
    smoothness: f64,
    /// Whether midpoints are passed without a bend.
    evenly: bool,
}

struct Knot<const N: usize> {
    at: f64,
    /// Of the way from the knot before.
    midpoint: f64,
    value: [f64; N],
}

impl<const N: usize> Curve<N> {
    fn new(stops: Vec<(f64, f64, [f64; N])>, smoothness: f64) -> Self {
        let sound = |value: f64, instead: f64| {
            if value.is_finite() {
                value.clamp(0.0, 1.0)
            } else {
                instead
            }
        };
        let mut knots: Vec<_> = stops
            .into_iter()
            .map(|(at, midpoint, value)| Knot {
                at: sound(at, 0.0),
                midpoint: sound(midpoint, 0.5),
                value: value.map(|part| if part.is_finite() { part } else { 0.0 }),
            })
            .collect();
        knots.sort_by(|a, b| a.at.total_cmp(&b.at));
        Self {
            knots,
            smoothness: sound(smoothness, 1.0),
            evenly: false,
        }
    }

    /// The value of the last knot at or before `at`.
    fn before(&self, at: f64) -> Option<[f64; N]> {
        let passed = self.knots.partition_point(|knot| knot.at <= at);
        self.knots.get(passed.saturating_sub(1)).map(|knot| knot.value)
    }

    fn at(&self, at: f64) -> Option<[f64; N]> {
        let passed = self.knots.partition_point(|knot| knot.at <= at);
        let (Some(left), Some(right)) = (passed.checked_sub(1), self.knots.get(passed)) else {
            return self.before(at);
        };
        let from = &self.knots[left];
        // What lies beyond the ends goes on as it ends.
        let ahead = self.knots.get(passed + 1).unwrap_or(right);
        let behind = &self.knots[left.saturating_sub(1)];
        let way = (at - from.at) / (right.at - from.at);
        if self.evenly {
            let t = flow(way, right.midpoint);
            return Some(std::array::from_fn(|part| {
                from.value[part] + (right.value[part] - from.value[part]) * t
            }));
        }
        let t = bend(way, right.midpoint);
        Some(std::array::from_fn(|part| {
            let [p0, p1, p2, p3] = [behind, from, right, ahead].map(|knot| knot.value[part]);
            let straight = p1 + (p2 - p1) * t;
            let curved = spline([p0, p1, p2, p3], t);
            straight + (curved - straight) * self.smoothness
        }))
    }
}

/// The share of the way that is as much as `t` when half of it lies at `midpoint`.
fn bend(t: f64, midpoint: f64) -> f64 {
    if t < midpoint {
        0.5 * t / midpoint
    } else if midpoint < 1.0 {
        0.5 + 0.5 * (t - midpoint) / (1.0 - midpoint)
    } else {
        0.5
    }
}

/// As [`bend`] without a corner at the midpoint: Hermite's cubics through it.
fn flow(t: f64, midpoint: f64) -> f64 {
    let midpoint = midpoint.clamp(0.01, 0.99);
    // How steep it is at the ends, as a share of the straight line to the midpoint.
    const EASE: f64 = 0.75;
    let hermite = |u: f64, leave: f64, arrive: f64| {
        let (u2, u3) = (u * u, u * u * u);
        0.5 * (3.0 * u2 - 2.0 * u3) + leave * (u3 - 2.0 * u2 + u) + arrive * (u3 - u2)
    };
    if t < midpoint {
        hermite(t / midpoint, 0.5 * EASE, midpoint)
    } else {
        let rest = 1.0 - midpoint;
        0.5 + hermite((t - midpoint) / rest, rest, 0.5 * EASE)
    }
}

/// Catmull and Rom's curve from the second point to the third.
fn spline([p0, p1, p2, p3]: [f64; 4], t: f64) -> f64 {
    let (leave, arrive) = ((p2 - p0) / 2.0, (p3 - p1) / 2.0);
    let (t2, t3) = (t * t, t * t * t);
    p1 * (2.0 * t3 - 3.0 * t2 + 1.0)
        + leave * (t3 - 2.0 * t2 + t)
        + p2 * (3.0 * t2 - 2.0 * t3)
        + arrive * (t3 - t2)
}

/// Ottosson's perceptual space, from linear sRGB.
fn oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn from_oklab([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn share(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}

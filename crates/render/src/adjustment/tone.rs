//! Adjustments of tone as tables: levels, curves, exposure, colour balance, threshold.

use marquetry_compose::Adjustment;
use marquetry_pixel::nearest_byte;
use marquetry_psd::adjustment::{
    ColorBalance, Curve, CurvePoint, CurveShape, Curves, Exposure, Levels, LevelsChannel,
};

/// Output for each input of one channel.
pub(super) type Table = [u8; 256];

/// The table of a function of 0 to 255; what it gives is rounded and clamped.
pub(super) fn table(change: impl Fn(f64) -> f64) -> Table {
    let mut table = [0; 256];
    for (value, out) in (0..=255_u8).zip(&mut table) {
        *out = nearest_byte(change(f64::from(value)));
    }
    table
}

/// One after the other, a byte between them.
pub(super) fn chain(first: &Table, second: &Table) -> Table {
    first.map(|value| second[usize::from(value)])
}

/// Tables of three channels from their records. What record 0 says for all of them comes after the
/// channel's own; between the two lies a byte.
pub(super) fn channels(records: [u16; 3], table_of: impl Fn(u16) -> Option<Table>) -> Adjustment {
    let all = table_of(0);
    Adjustment::Channels(Box::new(records.map(|record| match (table_of(record), &all) {
        (Some(own), Some(all)) => chain(&own, all),
        (Some(own), None) => own,
        (None, Some(all)) => *all,
        (None, None) => table(|value| value),
    })))
}

/// The levels of one record; `None` when it changes nothing.
pub(super) fn levels(levels: &Levels, channel: u16) -> Option<Table> {
    let record = levels.channels.get(usize::from(channel))?;
    (!record.is_identity()).then(|| {
        let LevelsChannel {
            output_black: black,
            output_white: white,
            ..
        } = *record;
        let (black, white) = (f64::from(black), f64::from(white));
        let low = f64::from(record.input_black);
        let range = (f64::from(record.input_white) - low).max(1.0);
        // Photoshop rounds to bytes after every step, and with it the picture shows combs.
        table(|value| {
            let stretched = nearest_byte((value - low) * 255.0 / range);
            let bent = nearest_byte(bend(f64::from(stretched), record.gamma));
            black + f64::from(bent) * (white - black) / 255.0
        })
    })
}

/// Gamma of levels: the plain power, but one that brightens would rise without end from black, so
/// that there a parabola takes its place. It meets the power with its slope.
///
/// Where it does was measured at the gammas 1.5, 1.52, 1.78 and 2.05; between them it is drawn straight,
/// beyond them guessed.
fn bend(value: f64, gamma: f64) -> f64 {
    let gamma = gamma.clamp(0.01, 100.0);
    let power = |value: f64| 255.0 * (value / 255.0).powf(1.0 / gamma);
    if gamma <= 1.0 {
        return power(value);
    }
    let joint = joint(gamma);
    if value >= joint {
        return power(value);
    }
    let (height, slope) = (power(joint), power(joint) / joint / gamma);
    let start = 2.0 * height / joint - slope;
    value * (start + value * (slope - start) / (2.0 * joint))
}

/// Where the parabola of a gamma above 1 ends.
fn joint(gamma: f64) -> f64 {
    const MEASURED: [(f64, f64); 9] = [
        (1.0, 0.0),
        (1.1, 8.7),
        (1.25, 17.4),
        (1.5, 25.0),
        (1.52, 26.5),
        (1.78, 31.75),
        (2.05, 33.75),
        (3.0, 38.2),
        (10.0, 40.7),
    ];
    let after = MEASURED.partition_point(|&(at, _)| at <= gamma);
    match (
        after.checked_sub(1).and_then(|at| MEASURED.get(at)),
        MEASURED.get(after),
    ) {
        (Some(&(from, low)), Some(&(to, high))) => low + (high - low) * (gamma - from) / (to - from),
        (Some(&(_, last)), None) => last,
        (None, _) => 0.0,
    }
}

/// The curve of one record; `None` when there is none.
pub(super) fn curve(curves: &Curves, channel: u16) -> Option<Table> {
    let Curve { shape, .. } = curves.curves.iter().find(|curve| curve.channel == channel)?;
    Some(match shape {
        CurveShape::Map(map) => **map,
        CurveShape::Points(points) => {
            let spline = Spline::through(points)?;
            table(|value| spline.at(value))
        }
    })
}

/// The natural cubic spline through points of a curve. Measured to be exact.
#[derive(Debug)]
struct Spline {
    /// Rising.
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    /// Second derivatives at the points.
    bends: Vec<f64>,
}

impl Spline {
    /// `None` without points.
    fn through(points: &[CurvePoint]) -> Option<Self> {
        let mut points: Vec<(u16, u16)> = points
            .iter()
            .map(|point| (point.input.min(255), point.output.min(255)))
            .collect();
        points.sort_unstable_by_key(|&(input, _)| input);
        points.dedup_by_key(|&mut (input, _)| input);
        if points.is_empty() {
            return None;
        }
        let inputs: Vec<f64> = points.iter().map(|point| f64::from(point.0)).collect();
        let outputs: Vec<f64> = points.iter().map(|point| f64::from(point.1)).collect();
        let bends = bends(&inputs, &outputs);
        Some(Self {
            inputs,
            outputs,
            bends,
        })
    }

    /// Straight on beyond the first and last point.
    fn at(&self, input: f64) -> f64 {
        let last = self.inputs.len() - 1;
        if input <= self.inputs[0] {
            return self.outputs[0];
        }
        if input >= self.inputs[last] {
            return self.outputs[last];
        }
        let right = self.inputs.partition_point(|&at| at <= input);
        let left = right - 1;
        let width = self.inputs[right] - self.inputs[left];
        let (a, b) = (
            (self.inputs[right] - input) / width,
            (input - self.inputs[left]) / width,
        );
        let bend = (a * a * a - a) * self.bends[left] + (b * b * b - b) * self.bends[right];
        a * self.outputs[left] + b * self.outputs[right] + bend * width * width / 6.0
    }
}

/// Second derivatives of the natural spline: nothing at the ends, equal slopes at every point between.
/// Thomas' algorithm on the tridiagonal equations.
fn bends(inputs: &[f64], outputs: &[f64]) -> Vec<f64> {
    let count = inputs.len();
    let mut bends = vec![0.0; count];
    let mut upper = vec![0.0; count];
    for at in 1..count.saturating_sub(1) {
        let (before, after) = (inputs[at] - inputs[at - 1], inputs[at + 1] - inputs[at]);
        let turn = (outputs[at + 1] - outputs[at]) / after - (outputs[at] - outputs[at - 1]) / before;
        let pivot = 2.0 * (before + after) - before * upper[at - 1];
        upper[at] = after / pivot;
        bends[at] = (6.0 * turn - before * bends[at - 1]) / pivot;
    }
    for at in (1..count.saturating_sub(1)).rev() {
        bends[at] -= upper[at] * bends[at + 1];
    }
    bends
}

/// Exposure, in light: a document's values are taken for powers of `space`.
pub(super) fn exposure(exposure: &Exposure, space: f64) -> Table {
    let stops = finite(exposure.exposure).clamp(-100.0, 100.0).exp2();
    let offset = finite(exposure.offset);
    let gamma = finite(exposure.gamma).clamp(0.01, 100.0);
    table(|value| {
        let light = ((value / 255.0).powf(space) * stops + offset).max(0.0);
        255.0 * light.powf(1.0 / gamma).powf(1.0 / space)
    })
}

fn finite(value: f32) -> f64 {
    if value.is_finite() { f64::from(value) } else { 0.0 }
}

/// Colour balance. Shadows below 0 move a channel's black, highlights above 0 its white; the other way
/// they bend it, and so do midtones. To preserve luminosity, the highest of the three shadows, the
/// lowest of the highlights and the mean of the midtones count as nothing.
///
/// Black, white and the bend of highlights are exact in the pictures at hand; that of shadows is taken
/// to be its mirror, and that of midtones is guessed.
pub(super) fn balance(balance: &ColorBalance) -> Adjustment {
    let three = |parts: [i16; 3]| parts.map(|part| f64::from(part.clamp(-100, 100)));
    let (mut shadows, mut midtones, mut highlights) = (
        three(balance.shadows),
        three(balance.midtones),
        three(balance.highlights),
    );
    if balance.preserve_luminosity {
        let highest = shadows.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let lowest = highlights.into_iter().fold(f64::INFINITY, f64::min);
        let mean = midtones.iter().sum::<f64>() / 3.0;
        shadows = shadows.map(|part| part - highest);
        midtones = midtones.map(|part| part - mean);
        highlights = highlights.map(|part| part - lowest);
    }
    Adjustment::Channels(Box::new([0, 1, 2].map(|channel: usize| {
        let black = (-shadows[channel]).max(0.0);
        let white = (255.0 - highlights[channel]).min(255.0);
        let power = bent(shadows[channel].max(0.0), 0.0032)
            * bent(midtones[channel], 0.0048)
            * bent(highlights[channel].min(0.0), 0.0032);
        table(|value| {
            let stretched = ((value - black) / (white - black).max(1.0)).clamp(0.0, 1.0);
            255.0 * stretched.powf(power)
        })
    })))
}

/// The power that an amount brightens (above 0) or darkens by.
fn bent(amount: f64, strength: f64) -> f64 {
    let less = (1.0 - strength * amount.abs()).max(0.1);
    if amount > 0.0 { less } else { 1.0 / less }
}

/// White from `level` on.
pub(super) fn threshold(level: u16) -> [[u8; 3]; 256] {
    let level = f64::from(level);
    table(|value| if value >= level { 255.0 } else { 0.0 }).map(|grey| [grey; 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(points: &[(u16, u16)]) -> CurveShape {
        CurveShape::Points(
            points
                .iter()
                .map(|&(input, output)| CurvePoint { input, output })
                .collect(),
        )
    }

    fn curve_of(shape: CurveShape) -> Table {
        let curves = Curves {
            curves: vec![Curve { channel: 0, shape }],
        };
        curve(&curves, 0).unwrap()
    }

    fn record(low: u16, high: u16, black: u16, white: u16, gamma: f64) -> Table {
        let channels = vec![LevelsChannel {
            input_black: low,
            input_white: high,
            output_black: black,
            output_white: white,
            gamma,
        }];
        levels(&Levels { channels }, 0).unwrap()
    }

    #[test]
    fn a_curve_is_a_natural_spline() {
        // Colours of a picture that Photoshop drew.
        let blue = curve_of(points(&[(0, 0), (95, 160), (255, 255)]));
        assert_eq!(
            [102, 125, 118, 104, 92].map(|at: usize| blue[at]),
            [169, 193, 186, 171, 156]
        );
        let line = curve_of(points(&[(0, 255), (255, 0)]));
        assert!((0..256).all(|at| usize::from(line[at]) == 255 - at));
        assert_eq!(curve_of(points(&[(9, 77)])), [77; 256]);
        let ends = curve_of(points(&[(50, 10), (100, 200)]));
        assert_eq!((ends[0], ends[49], ends[75], ends[255]), (10, 10, 105, 200));
        // Points in any order, twice at one place, beyond the range: no harm.
        curve_of(points(&[(65_535, 9), (3, 65_535), (3, 1), (0, 7), (255, 255)]));
    }

    #[test]
    fn levels_stretch_and_bend_in_steps_of_bytes() {
        // Pairs of pictures that Photoshop drew, gammas below and above 1.
        let dark = record(38, 255, 0, 255, 0.67);
        assert_eq!([41, 64, 128, 246].map(|at: usize| dark[at]), [1, 11, 69, 239]);
        let light = record(44, 214, 0, 255, 1.78);
        assert_eq!(
            [45, 46, 47, 53, 100, 200].map(|at: usize| light[at]),
            [7, 10, 17, 43, 137, 243]
        );
        let shifted = record(39, 217, 25, 255, 1.52);
        assert_eq!(
            [39, 40, 60, 128, 217].map(|at: usize| shifted[at]),
            [25, 28, 81, 171, 255]
        );
        assert_eq!(record(0, 255, 255, 0, 1.0)[10], 245);
        record(65_535, 0, 9, 65_535, f64::NAN);
    }

    #[test]
    fn exposure_works_in_light() {
        let of = |exposure, offset, gamma| {
            let settings = Exposure {
                exposure,
                offset,
                gamma,
            };
            super::exposure(&settings, 2.2)
        };
        assert_eq!(
            [11, 58, 71].map(|at: usize| of(4.0, 0.0, 1.0)[at]),
            [39, 205, 250]
        );
        assert_eq!(of(1.5, 0.0, 1.0)[128], 205);
        assert_eq!([11, 128].map(|at: usize| of(0.0, 0.4, 1.0)[at]), [168, 205]);
        assert_eq!([128, 189].map(|at: usize| of(0.0, 0.0, 0.4)[at]), [46, 121]);
        assert_eq!(of(0.0, 0.0, 1.0)[77], 77);
        of(f32::NAN, f32::INFINITY, -0.0);
    }

    #[test]
    fn white_begins_at_the_level() {
        assert_eq!([127, 128].map(|at: usize| threshold(128)[at][0]), [0, 255]);
    }

    #[test]
    fn balance_moves_ends_and_bends() {
        let of = |shadows, highlights, preserve_luminosity| {
            let settings = ColorBalance {
                shadows,
                midtones: [0; 3],
                highlights,
                preserve_luminosity,
            };
            let Adjustment::Channels(tables) = balance(&settings) else {
                panic!()
            };
            tables
        };
        // Colours of pictures that Photoshop drew.
        let at =
            |tables: &[Table; 3], colour: [usize; 3]| [0, 1, 2].map(|part: usize| tables[part][colour[part]]);
        let shadows = of([50, 0, -50], [0; 3], true);
        assert_eq!(at(&shadows, [234, 115, 135]), [234, 81, 58]);
        assert_eq!(at(&shadows, [22, 34, 132]), [22, 0, 53]);
        let highlights = of([0; 3], [0, -50, -50], true);
        assert_eq!(at(&highlights, [112, 80, 138]), [139, 80, 138]);
        let loose = of([0; 3], [0, -50, -50], false);
        assert_eq!(at(&loose, [253, 154, 102]), [253, 140, 86]);
        assert_eq!(at(&loose, [22, 60, 44]), [22, 46, 31]);
        let all = of([-100; 3], [-100; 3], true);
        assert_eq!(at(&all, [7, 77, 177]), [7, 77, 177]);
    }
}

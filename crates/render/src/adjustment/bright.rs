//! Brightness and contrast: the calculation of today, and the one before Photoshop CS3.

use marquetry_psd::adjustment::BrightnessContrast;

use super::tone::{Table, chain, table};

pub(super) fn brightness_contrast(change: &BrightnessContrast) -> Table {
    if change.legacy {
        linear(change)
    } else {
        let brightness = f64::from(change.brightness.clamp(-150, 150));
        let strength = f64::from(change.contrast.clamp(-50, 100)) / 100.0;
        let contrasted = table(|value| value + strength * most_contrast(value));
        chain(&brightened(brightness), &contrasted)
    }
}

/// As before Photoshop CS3: a straight line about the stored mean, clipped. More contrast comes after brightness, which is
/// measured to be exact. Less contrast comes before it, and takes away whole levels: so it is with the two colours of the
/// one picture at hand (`read-write-masks.psd`).
fn linear(change: &BrightnessContrast) -> Table {
    let brightness = f64::from(change.brightness.clamp(-255, 255));
    let contrast = f64::from(change.contrast.clamp(-100, 100));
    let mean = f64::from(change.mean.clamp(0, 255));
    if contrast >= 100.0 {
        return table(|value| if value + brightness > mean { 255.0 } else { 0.0 });
    }
    if contrast < 0.0 {
        return table(|value| value + ((value - mean) * contrast / 100.0).trunc() + brightness);
    }
    let slope = 100.0 / (100.0 - contrast);
    table(|value| (value + brightness - mean) * slope + mean)
}

/// What a contrast of 100 adds to a value; less contrast adds in proportion. The curve is the same
/// about the middle; its polynomial was fitted to a picture and is off by one at one value in nine.
fn most_contrast(value: f64) -> f64 {
    const FITTED: [f64; 5] = [0.687_663, -1.385_335, 3.617_159, -4.711_738, 2.229_090];
    let from_middle = (value - 127.5) / 127.5;
    let square = from_middle * from_middle;
    let bend = FITTED.iter().rev().fold(0.0, |sum, factor| sum * square + factor);
    127.5 * from_middle * (1.0 - square) * bend
}

/// Brightness: black and white stay. From black a straight line rises, twice as steep in light for each
/// 50 (the values taken for powers of 2.2), then a shoulder bends towards white. Negative brightness
/// is the mirrored curve: what it darkens, as much brightness brightens again.
///
/// The line is exact. The shoulder is a Bézier curve fitted at 14, 23, 31, 95 and 150, where it is off
/// by one at most (by two from 0 to 8 below white), and guessed between.
fn brightened(brightness: f64) -> Table {
    let amount = brightness.abs();
    if amount < 0.5 {
        return table(|value| value);
    }
    let slope = (amount / 110.0).exp2();
    let curve = shoulder(amount, slope);
    table(|value| {
        if brightness > 0.0 {
            curve.at(value, [0, 1])
        } else {
            curve.at(value, [1, 0])
        }
    })
}

/// A cubic Bézier curve that rises in both directions.
struct Bezier([[f64; 2]; 4]);

/// The curve from the line's end to white.
fn shoulder(amount: f64, slope: f64) -> Bezier {
    const WHITE: f64 = 255.0;
    let start = if amount <= 31.0 {
        WHITE * (0.75 - 2.0 * (slope - 1.0))
    } else if amount < 95.0 {
        82.0 - 12.0 * (amount - 31.0) / 64.0
    } else {
        WHITE / 2.0 / slope
    };
    let length = WHITE - start;
    let at_white = slope - 3.0 * WHITE * (slope - 1.0) / length;
    let (handle, back, down) = if at_white >= 0.0 {
        // A plain cubic.
        (length / 3.0, length / 3.0, at_white * length / 3.0)
    } else {
        let middling = ((amount - 34.0) / 61.0).clamp(0.0, 1.0);
        let strong = ((amount - 95.0) / 55.0).clamp(0.0, 1.0);
        let handle = (WHITE / slope - start) * (0.49 - 0.02 * middling + 0.42 * strong);
        let back = (WHITE - WHITE / slope) * (1.04 - 0.12 * middling - 0.067 * strong);
        (handle, back, ((amount - 34.0) / 100.0).clamp(0.0, 1.0))
    };
    Bezier([
        [start, slope * start],
        [start + handle, slope * (start + handle)],
        [WHITE - back, WHITE - down],
        [WHITE, WHITE],
    ])
}

impl Bezier {
    /// The `output` coordinate where the `input` coordinate is `value`; before the curve the straight
    /// line from 0 on.
    fn at(&self, value: f64, [input, output]: [usize; 2]) -> f64 {
        let [first, ..] = self.0;
        if value <= first[input] {
            return value * first[output] / first[input];
        }
        let (mut low, mut high) = (0.0, 1.0);
        // Halving 40 times is finer than the numbers are.
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.coordinate(middle, input) < value {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.coordinate(high, output)
    }

    fn coordinate(&self, along: f64, which: usize) -> f64 {
        let back = 1.0 - along;
        let [a, b, c, d] = self.0.map(|point| point[which]);
        a * back * back * back
            + 3.0 * b * along * back * back
            + 3.0 * c * along * along * back
            + d * along * along * along
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(brightness: i32, contrast: i32, legacy: bool) -> Table {
        brightness_contrast(&BrightnessContrast {
            brightness,
            contrast,
            mean: 127,
            lab: false,
            legacy,
        })
    }

    fn is_near(table: Table, pairs: &[(usize, u8)], tolerance: u8) {
        for &(value, want) in pairs {
            let got = table[value];
            assert!(
                got.abs_diff(want) <= tolerance,
                "{value} became {got}, not {want}"
            );
        }
    }

    #[test]
    fn brightness_and_contrast_come_near_to_photoshops() {
        // Pairs of pictures that Photoshop drew.
        is_near(
            of(150, 0, false),
            &[(11, 28), (43, 111), (70, 175), (101, 220), (150, 247), (254, 255)],
            1,
        );
        is_near(
            of(-150, 0, false),
            &[(48, 19), (101, 39), (150, 59), (200, 85), (241, 133), (255, 255)],
            1,
        );
        is_near(
            of(0, 100, false),
            &[(11, 3), (43, 21), (70, 46), (128, 128), (150, 164), (200, 224)],
            1,
        );
        is_near(
            of(23, 70, false),
            &[(34, 25), (65, 59), (101, 112), (149, 187), (209, 240)],
            1,
        );
        is_near(
            of(-31, 47, false),
            &[(14, 8), (40, 24), (88, 61), (142, 113), (184, 162)],
            1,
        );
        is_near(
            of(-95, -50, false),
            &[(15, 11), (63, 44), (111, 73), (214, 134)],
            1,
        );
        is_near(of(19, -18, true), &[(65, 95), (186, 195)], 0);
        is_near(of(14, 0, false), &[(204, 219), (255, 255)], 0);
        assert_eq!(of(0, 0, false), table(|value| value));
    }

    #[test]
    fn brightness_never_folds_and_its_negative_undoes_it() {
        for brightness in 1..=150 {
            let (up, down) = (of(brightness, 0, false), of(-brightness, 0, false));
            assert!(up.is_sorted() && down.is_sorted(), "{brightness}");
            assert_eq!((up[0], up[255], down[0], down[255]), (0, 255, 0, 255));
            let there_and_back = down.map(|value| up[usize::from(value)]);
            for at in 0..80_u8 {
                assert!(
                    there_and_back[usize::from(at)].abs_diff(at) <= 2,
                    "{brightness} {at}"
                );
            }
        }
    }

    #[test]
    fn old_contrast_is_a_line_about_the_mean() {
        let old = |brightness, contrast| of(brightness, contrast, true);
        assert_eq!(
            [64, 128, 160, 168].map(|at: usize| old(20, 57)[at]),
            [27, 176, 250, 255]
        );
        assert_eq!([50, 100, 200].map(|at: usize| old(50, 20)[at]), [93, 156, 255]);
        assert_eq!(old(0, 100)[128], 255);
        assert_eq!([0, 255].map(|at: usize| old(0, i32::MIN)[at]), [127, 127]);
        assert_eq!(old(i32::MAX, i32::MIN)[0], 255);
    }
}

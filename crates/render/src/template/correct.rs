//! Colour and exposure of a photo put right, carefully: what is right already hardly changes.
//!
//! Each channel is stretched so that its darkest and lightest parts become black and white, which takes
//! away haze and a cast of colour alike. How far is bounded, because dusk and a red wall are no faults,
//! and all channels go part of the way together, so that no strong colour is taken for a cast.

use marquetry_pixel::{Raster, nearest_byte};

/// The share of pixels at either end that may become black or white.
const ENDS: f64 = 0.005;
/// How far an end may be moved, in levels.
const MOST: f64 = 48.0;
/// How far channels go their own way; the rest they go together.
const OWN: f64 = 0.5;

/// Corrects the pixels of a picture; what can hardly be seen has no say in it.
pub(super) fn correct(raster: &mut Raster) {
    let mut counts = [[0_u64; 256]; 3];
    let mut total = 0_u64;
    for [red, green, blue, alpha] in raster.pixels() {
        if *alpha >= 128 {
            total += 1;
            for (count, sample) in counts.iter_mut().zip([red, green, blue]) {
                count[usize::from(*sample)] += 1;
            }
        }
    }
    if total == 0 {
        return;
    }
    let ends = counts.map(|count| ends(&count, total));
    let darkest = ends.iter().map(|end| end.0).fold(255.0, f64::min);
    let lightest = ends.iter().map(|end| end.1).fold(0.0, f64::max);
    let tables = ends.map(|(dark, light)| {
        let black = (darkest + (dark - darkest) * OWN).clamp(0.0, MOST);
        let white = (lightest + (light - lightest) * OWN).clamp(255.0 - MOST, 255.0);
        table(black, white)
    });
    for pixel in raster.pixels_mut() {
        for (sample, table) in pixel.iter_mut().zip(&tables) {
            *sample = table[usize::from(*sample)];
        }
    }
}

/// The levels below and above which hardly anything lies.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more")]
fn ends(count: &[u64; 256], total: u64) -> (f64, f64) {
    let most = (total as f64 * ENDS).floor();
    let level = |levels: &mut dyn Iterator<Item = (usize, &u64)>| {
        let mut seen = 0_u64;
        for (level, count) in levels {
            seen += count;
            if seen as f64 > most {
                return f64::from(u8::try_from(level).unwrap_or(u8::MAX));
            }
        }
        0.0
    };
    let dark = level(&mut count.iter().enumerate());
    let light = level(&mut count.iter().enumerate().rev());
    (dark, light)
}

fn table(black: f64, white: f64) -> [u8; 256] {
    let span = (white - black).max(1.0);
    std::array::from_fn(|at| {
        let level = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
        nearest_byte((level - black) / span * 255.0)
    })
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    /// Levels from `from` to `to`, the same in all channels but for what is added to each.
    fn ramp(from: u8, to: u8, add: [u8; 3]) -> Raster {
        let mut raster = Raster::new(Size::new(256, 4));
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            let share = f64::from(u8::try_from(at % 256).unwrap()) / 255.0;
            let level = nearest_byte(f64::from(from) + share * f64::from(to - from));
            *pixel = [level + add[0], level + add[1], level + add[2], 255];
        }
        raster
    }

    #[test]
    fn haze_goes_and_a_good_photo_stays() {
        let mut hazy = ramp(40, 215, [0; 3]);
        correct(&mut hazy);
        assert!(hazy.pixels()[0][0] <= 2 && hazy.pixels()[255][0] >= 253);
        let good = ramp(0, 255, [0; 3]);
        let mut corrected = good.clone();
        correct(&mut corrected);
        for (was, is) in good.pixels().iter().zip(corrected.pixels()) {
            assert!(was[0].abs_diff(is[0]) <= 2, "{was:?} {is:?}");
        }
    }

    #[test]
    fn a_cast_gets_weaker_and_a_flat_colour_is_no_cast_to_white() {
        let mut cast = ramp(20, 180, [40, 0, 0]);
        let before = cast.pixels()[128];
        correct(&mut cast);
        let after = cast.pixels()[128];
        assert!(
            after[0].abs_diff(after[1]) < before[0].abs_diff(before[1]),
            "{after:?}"
        );
        let mut wall = Raster::filled(Size::new(8, 8), [180, 40, 40, 255]);
        correct(&mut wall);
        let [red, green, ..] = wall.pixels()[0];
        assert!(red > 150 && green < 60, "{red} {green}");
    }

    #[test]
    fn what_is_transparent_has_no_say() {
        let mut raster = ramp(40, 215, [0; 3]);
        for pixel in &mut raster.pixels_mut()[..128] {
            *pixel = [0, 0, 0, 0];
        }
        correct(&mut raster);
        assert!(raster.pixels()[256][0] <= 2);
        let mut nothing = Raster::new(Size::new(3, 3));
        correct(&mut nothing);
        assert_eq!(nothing, Raster::new(Size::new(3, 3)));
    }
}

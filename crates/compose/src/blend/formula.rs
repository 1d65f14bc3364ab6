//! Photoshop's blend formulas, one pixel at a time, in `f64`: what the fast kernels must agree with.
//! Only tests are compiled with it.
//!
//! Values are encoded samples scaled to `0.0..=1.0`; `cb` is the backdrop, `cs` the source. Names
//! follow the *Compositing and Blending* recommendation of the W3C, which has sixteen of the modes; the
//! others are Photoshop's own.

use marquetry_pixel::{BlendMode, share_to_byte};

// The light modes change nothing by grey 128, so their lighter half counts from there: `2 cs - 256` where
// overlay, which counts by the backdrop, has `2 cs - 255`. Fitted to every pair of opaque samples in
// `gray-blend-modes.psd`, half by half: means within 0.05 of a level, where the plain form is off by
// 0.1 (soft), 0.25 (hard) and 1.1 (vivid); `2026-blend-modes.psd` and `blend_mode-linearlight.psd` agree to
// the byte. Pin light and the burning half of vivid light take `2 cs - 1` below, pin light stays with
// `2 cs - 255` above. All of it is a matter of 8 bits.
const LEVEL: f64 = 1.0 / 255.0;
const GREY: f64 = 128.0 * LEVEL;
const WHITE: f64 = 256.0 * LEVEL;

/// The colour of `source` meeting `backdrop`, both opaque.
///
/// `fill` matters only for the modes of which [`fill_weakens_colour`](super::fill_weakens_colour) is
/// true.
pub(crate) fn blend(mode: BlendMode, fill: f64, backdrop: [f64; 3], source: [f64; 3]) -> [f64; 3] {
    match mode {
        BlendMode::DarkerColor if luminosity(source) < luminosity(backdrop) => source,
        BlendMode::LighterColor if luminosity(source) > luminosity(backdrop) => source,
        BlendMode::DarkerColor | BlendMode::LighterColor => backdrop,
        BlendMode::Hue => set_luminosity(set_saturation(source, saturation(backdrop)), luminosity(backdrop)),
        BlendMode::Saturation => {
            set_luminosity(set_saturation(backdrop, saturation(source)), luminosity(backdrop))
        }
        BlendMode::Color => set_luminosity(source, luminosity(backdrop)),
        BlendMode::Luminosity => set_luminosity(backdrop, luminosity(source)),
        _ => std::array::from_fn(|at| channel(mode, fill, backdrop[at], source[at])),
    }
}

fn channel(mode: BlendMode, fill: f64, cb: f64, cs: f64) -> f64 {
    let weak = |neutral: f64| neutral + fill * (cs - neutral);
    match mode {
        BlendMode::Darken => cb.min(cs),
        BlendMode::Multiply => cb * cs,
        BlendMode::ColorBurn => color_burn(cb, weak(1.0)),
        BlendMode::LinearBurn => (cb + weak(1.0) - 1.0).max(0.0),
        BlendMode::Lighten => cb.max(cs),
        BlendMode::Screen => cb + cs - cb * cs,
        BlendMode::ColorDodge => color_dodge(cb, weak(0.0)),
        BlendMode::LinearDodge => (cb + weak(0.0)).min(1.0),
        BlendMode::Overlay => hard_light(cs, cb, 1.0),
        BlendMode::SoftLight if cs <= 0.5 => cb - (1.0 - 2.0 * cs) * cb * (1.0 - cb),
        // The often told form with the root all the way down is up to a dozen levels too light in
        // the shadows: Photoshop's stored pictures follow the polynomial there.
        BlendMode::SoftLight if cb <= 0.25 => {
            let lit = ((16.0 * cb - 12.0) * cb + 4.0) * cb;
            cb + (2.0 * cs - WHITE) * (lit - cb)
        }
        BlendMode::SoftLight => cb + (2.0 * cs - WHITE) * (cb.sqrt() - cb),
        BlendMode::HardLight => hard_light(cb, cs, WHITE),
        BlendMode::VividLight => {
            let cs = weak(GREY);
            if cs <= 0.5 {
                color_burn(cb, 2.0 * cs - LEVEL)
            } else {
                color_dodge(cb, 2.0 * cs - WHITE)
            }
        }
        BlendMode::LinearLight => (cb + 2.0 * weak(GREY) - WHITE).clamp(0.0, 1.0),
        BlendMode::PinLight if cs <= 0.5 => cb.min((2.0 * cs - LEVEL).max(0.0)),
        BlendMode::PinLight => cb.max(2.0 * cs - 1.0),
        // At full fill a threshold, below it a steep ramp about the same point.
        BlendMode::HardMix if fill >= 1.0 => f64::from(u8::from(cb + cs >= 1.0 - 1e-9)),
        BlendMode::HardMix => ((cb - fill * (1.0 - cs)) / (1.0 - fill)).clamp(0.0, 1.0),
        BlendMode::Difference => (cb - weak(0.0)).abs(),
        BlendMode::Exclusion => cb + cs - 2.0 * cb * cs,
        BlendMode::Subtract => (cb - cs).max(0.0),
        BlendMode::Divide if cs <= 0.0 => f64::from(u8::from(cb > 0.0)),
        BlendMode::Divide => (cb / cs).min(1.0),
        // The modes that need all three channels were taken care of above.
        _ => cs,
    }
}

/// `neutral` is twice the value of `cs` that changes nothing.
fn hard_light(cb: f64, cs: f64, neutral: f64) -> f64 {
    if cs <= 0.5 {
        2.0 * cb * cs
    } else {
        1.0 - (1.0 - cb) * (1.0 + neutral - 2.0 * cs)
    }
}

fn color_burn(cb: f64, cs: f64) -> f64 {
    if cb >= 1.0 {
        1.0
    } else if cs <= 0.0 {
        0.0
    } else {
        1.0 - ((1.0 - cb) / cs).min(1.0)
    }
}

fn color_dodge(cb: f64, cs: f64) -> f64 {
    if cb <= 0.0 {
        0.0
    } else if cs >= 1.0 {
        1.0
    } else {
        (cb / (1.0 - cs)).min(1.0)
    }
}

fn luminosity([red, green, blue]: [f64; 3]) -> f64 {
    0.3 * red + 0.59 * green + 0.11 * blue
}

fn saturation([red, green, blue]: [f64; 3]) -> f64 {
    red.max(green).max(blue) - red.min(green).min(blue)
}

fn set_luminosity(colour: [f64; 3], wanted: f64) -> [f64; 3] {
    let shift = wanted - luminosity(colour);
    let moved = colour.map(|c| c + shift);
    let low = moved.iter().copied().fold(f64::MAX, f64::min);
    let high = moved.iter().copied().fold(f64::MIN, f64::max);
    let mut clipped = moved;
    if low < 0.0 {
        clipped = clipped.map(|c| wanted + (c - wanted) * wanted / (wanted - low));
    }
    if high > 1.0 {
        clipped = clipped.map(|c| wanted + (c - wanted) * (1.0 - wanted) / (high - wanted));
    }
    clipped
}

fn set_saturation(colour: [f64; 3], wanted: f64) -> [f64; 3] {
    let low = colour.iter().copied().fold(f64::MAX, f64::min);
    let span = saturation(colour);
    if span > 0.0 {
        colour.map(|c| (c - low) * wanted / span)
    } else {
        [0.0; 3]
    }
}

/// One straight-alpha pixel laid over another.
///
/// `cover` is what mask and opacity leave of the source's own alpha. With `ab`, `as` the two alphas
/// and `B` the blended colour, the result's alpha is `ar = as + ab - as ab` and its colour
/// `((ar - as) cb + as ((1 - ab) cs + ab B)) / ar`.
pub(crate) fn composite(
    mode: BlendMode,
    fill: f64,
    backdrop: [u8; 4],
    source: [u8; 4],
    cover: f64,
) -> [u8; 4] {
    let colour = |[r, g, b, _]: [u8; 4]| [r, g, b].map(|c| f64::from(c) / 255.0);
    let (alpha_b, alpha_s) = (
        f64::from(backdrop[3]) / 255.0,
        f64::from(source[3]) / 255.0 * cover,
    );
    if alpha_s <= 0.0 {
        return backdrop;
    }
    let alpha = alpha_s + alpha_b - alpha_s * alpha_b;
    let (cb, cs) = (colour(backdrop), colour(source));
    let blended = blend(mode, fill, cb, cs);
    if share_to_byte(alpha) == 0 {
        // What nobody sees has no colour.
        return [0; 4];
    }
    let [red, green, blue] = std::array::from_fn(|at| {
        let meeting = (1.0 - alpha_b) * cs[at] + alpha_b * blended[at];
        share_to_byte(((alpha - alpha_s) * cb[at] + alpha_s * meeting) / alpha)
    });
    [red, green, blue, share_to_byte(alpha)]
}

#[cfg(test)]
mod tests {
    use super::super::fill_weakens_colour;
    use super::*;

    fn grey(mode: BlendMode, backdrop: u8, source: u8) -> u8 {
        let pixel = |v| [v, v, v, 255];
        composite(mode, 1.0, pixel(backdrop), pixel(source), 1.0)[0]
    }

    #[test]
    fn known_values_of_separable_modes() {
        use BlendMode as M;
        // Worked by hand from the definitions at backdrop 102 (0.4) and source 204 (0.8).
        for (mode, wanted) in [
            (M::Normal, 204),
            (M::Darken, 102),
            (M::Multiply, 82),
            (M::ColorBurn, 64),
            (M::LinearBurn, 51),
            (M::Lighten, 204),
            (M::Screen, 224),
            (M::ColorDodge, 255),
            (M::LinearDodge, 255),
            (M::Overlay, 163),
            (M::SoftLight, 137),
            (M::HardLight, 193),
            (M::VividLight, 253),
            (M::LinearLight, 254),
            (M::PinLight, 153),
            (M::HardMix, 255),
            (M::Difference, 102),
            (M::Exclusion, 143),
            (M::Subtract, 0),
            (M::Divide, 128),
        ] {
            assert_eq!(grey(mode, 102, 204), wanted, "{mode}");
        }
    }

    #[test]
    fn ends_of_the_range_are_defined() {
        use BlendMode as M;
        assert_eq!(grey(M::SoftLight, 2, 242), 7);
        assert_eq!(grey(M::ColorBurn, 255, 0), 255);
        assert_eq!(grey(M::ColorBurn, 100, 0), 0);
        assert_eq!(grey(M::ColorDodge, 0, 255), 0);
        assert_eq!(grey(M::ColorDodge, 1, 255), 255);
        assert_eq!(grey(M::Divide, 0, 0), 0);
        assert_eq!(grey(M::Divide, 1, 0), 255);
        assert_eq!(grey(M::HardMix, 127, 128), 255);
        assert_eq!(grey(M::HardMix, 126, 128), 0);
    }

    #[test]
    fn luminosity_keeps_hue_and_hue_keeps_luminosity() {
        let (cb, cs) = ([0.9, 0.2, 0.1], [0.1, 0.3, 0.8]);
        let lum = blend(BlendMode::Luminosity, 1.0, cb, cs);
        assert!((luminosity(lum) - luminosity(cs)).abs() < 1e-12);
        for mode in [BlendMode::Hue, BlendMode::Saturation, BlendMode::Color] {
            let got = blend(mode, 1.0, cb, cs);
            assert!((luminosity(got) - luminosity(cb)).abs() < 1e-12, "{mode}");
        }
    }

    #[test]
    fn no_fill_is_no_change_in_the_special_modes() {
        for mode in BlendMode::ALL
            .into_iter()
            .filter(|&mode| fill_weakens_colour(mode))
        {
            let got = blend(mode, 0.0, [0.2, 0.5, 0.9], [0.7, 0.1, 0.4]);
            for (got, cb) in got.into_iter().zip([0.2, 0.5, 0.9]) {
                assert!((got - cb).abs() < 1e-12, "{mode}");
            }
        }
    }
}

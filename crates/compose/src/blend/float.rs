//! Every blend mode in `f32`, eight pixels at a time, over any backdrop.
//!
//! One vector holds one channel of eight pixels. Only operations that IEEE 754 rounds exactly are
//! used (no fused multiply-add, no reciprocal estimates), so every instruction set gives the same
//! bytes.

use fearless_simd::{f32x8, i32x8, prelude::*, u8x32, u32x8};
use marquetry_pixel::BlendMode;

use super::wide::Wide;

/// Red, green and blue of eight pixels, `0.0..=1.0`.
pub(crate) type Planes<S> = [f32x8<S>; 3];

/// Eight source pixels onto eight others. `cover` is what mask and opacity leave of each source
/// pixel's alpha, `0.0..=1.0`.
#[inline(always)]
pub(crate) fn blend_eight<S: Wide>(
    simd: S,
    mode: BlendMode,
    fill: f32,
    backdrop: u8x32<S>,
    source: u8x32<S>,
    cover: f32x8<S>,
) -> u8x32<S> {
    let (below, above): (u32x8<S>, u32x8<S>) = (backdrop.bitcast(), source.bitcast());
    let (cb, alpha_b) = (planes(simd, below), channel(simd, below, 24));
    let (cs, alpha_s) = (planes(simd, above), channel(simd, above, 24) * cover);
    let result = pack(simd, lay(simd, mode, fill, (cb, alpha_b), (cs, alpha_s)));
    let absent = alpha_s.simd_le(f32x8::splat(simd, 0.0));
    absent.select(below, result).bitcast()
}

/// Colours and alphas of eight pixels laid over those of eight others: the colours and alphas that are seen.
/// What has no alpha has any colour.
#[inline(always)]
pub(super) fn lay<S: Wide>(
    simd: S,
    mode: BlendMode,
    fill: f32,
    (cb, alpha_b): (Planes<S>, f32x8<S>),
    (cs, alpha_s): (Planes<S>, f32x8<S>),
) -> [f32x8<S>; 4] {
    let alpha = alpha_s + alpha_b - alpha_s * alpha_b;
    let blended = blend(simd, mode, fill, cb, cs);
    let one = f32x8::splat(simd, 1.0);
    let (keep, meet) = (alpha - alpha_s, one - alpha_b);
    // Where nothing is there at all the quotient is never used.
    let share = one / alpha.max(f32x8::splat(simd, 1e-6));
    macro_rules! mix {
        ($at:literal) => {{
            let meeting = meet * cs[$at] + alpha_b * blended[$at];
            (keep * cb[$at] + alpha_s * meeting) * share
        }};
    }
    [mix!(0), mix!(1), mix!(2), alpha]
}

/// `below` faded by `share` towards `above`: pixels of the same place before and after something
/// was painted.
#[inline(always)]
pub(crate) fn fade_eight<S: Wide>(simd: S, before: u8x32<S>, after: u8x32<S>, share: f32x8<S>) -> u8x32<S> {
    let (before, after): (u32x8<S>, u32x8<S>) = (before.bitcast(), after.bitcast());
    let old = (planes(simd, before), channel(simd, before, 24));
    let new = (planes(simd, after), channel(simd, after, 24));
    let mixed = pack(simd, fade(simd, old, new, share));
    let untouched = share.simd_le(f32x8::splat(simd, 0.0));
    untouched.select(before, mixed).bitcast()
}

/// Colours and alphas of eight pixels, of which `share` is left, and of what they were before.
#[inline(always)]
pub(super) fn fade<S: Wide>(
    simd: S,
    (c0, before): (Planes<S>, f32x8<S>),
    (c1, after): (Planes<S>, f32x8<S>),
    share: f32x8<S>,
) -> [f32x8<S>; 4] {
    let one = f32x8::splat(simd, 1.0);
    let old = before * (one - share);
    let new = after * share;
    let alpha = old + new;
    let scale = one / alpha.max(f32x8::splat(simd, 1e-6));
    macro_rules! mix {
        ($at:literal) => {
            (c0[$at] * old + c1[$at] * new) * scale
        };
    }
    [mix!(0), mix!(1), mix!(2), alpha]
}

/// One byte of each pixel as `0.0..=1.0`.
#[inline(always)]
fn channel<S: Wide>(simd: S, pixels: u32x8<S>, shift: u32) -> f32x8<S> {
    let byte: i32x8<S> = ((pixels >> shift) & 255).bitcast();
    byte.to_float::<f32x8<S>>() * f32x8::splat(simd, 1.0 / 255.0)
}

#[inline(always)]
fn planes<S: Wide>(simd: S, pixels: u32x8<S>) -> Planes<S> {
    [
        channel(simd, pixels, 0),
        channel(simd, pixels, 8),
        channel(simd, pixels, 16),
    ]
}

/// Four channels of `0.0..=1.0` to pixels, rounded to nearest.
#[inline(always)]
fn pack<S: Wide>(simd: S, channels: [f32x8<S>; 4]) -> u32x8<S> {
    let [red, green, blue, alpha] = channels;
    let alpha = byte(simd, alpha);
    let colour = byte(simd, red) | (byte(simd, green) << 8) | (byte(simd, blue) << 16);
    // What nobody sees has no colour.
    let zero = u32x8::splat(simd, 0);
    alpha.simd_eq(zero).select(zero, colour | (alpha << 24))
}

#[inline(always)]
fn byte<S: Wide>(simd: S, value: f32x8<S>) -> u32x8<S> {
    let value = value.max(f32x8::splat(simd, 0.0)).min(f32x8::splat(simd, 1.0));
    let scaled = value * f32x8::splat(simd, 255.0) + f32x8::splat(simd, 0.5);
    scaled.to_int::<i32x8<S>>().bitcast()
}

/// The formulas of `formula`, which documents them.
#[inline(always)]
fn blend<S: Wide>(simd: S, mode: BlendMode, fill: f32, cb: Planes<S>, cs: Planes<S>) -> Planes<S> {
    let (zero, half) = (f32x8::splat(simd, 0.0), f32x8::splat(simd, 0.5));
    let (one, two) = (f32x8::splat(simd, 1.0), f32x8::splat(simd, 2.0));
    let strength = f32x8::splat(simd, fill);
    // The grey of which the light modes make nothing, twice that, and a level.
    let (grey, white) = (
        f32x8::splat(simd, 128.0 / 255.0),
        f32x8::splat(simd, 256.0 / 255.0),
    );
    let step = f32x8::splat(simd, 1.0 / 255.0);
    // A macro where a closure, or `map` over an array, would read as well: a closure would have to be inlined to be compiled
    // for the instruction set at hand.
    macro_rules! each {
        (|$cb:ident, $cs:ident| $body:expr) => {{
            [
                {
                    let ($cb, $cs) = (cb[0], cs[0]);
                    $body
                },
                {
                    let ($cb, $cs) = (cb[1], cs[1]);
                    $body
                },
                {
                    let ($cb, $cs) = (cb[2], cs[2]);
                    $body
                },
            ]
        }};
    }
    macro_rules! weak {
        ($cs:expr, $neutral:expr) => {
            $neutral + strength * ($cs - $neutral)
        };
    }
    match mode {
        BlendMode::Normal | BlendMode::Dissolve => cs,
        BlendMode::Darken => each!(|cb, cs| cb.min(cs)),
        BlendMode::Multiply => each!(|cb, cs| cb * cs),
        BlendMode::ColorBurn => each!(|cb, cs| color_burn(simd, cb, weak!(cs, one))),
        BlendMode::LinearBurn => each!(|cb, cs| (cb + weak!(cs, one) - one).max(zero)),
        BlendMode::Lighten => each!(|cb, cs| cb.max(cs)),
        BlendMode::Screen => each!(|cb, cs| cb + cs - cb * cs),
        BlendMode::ColorDodge => each!(|cb, cs| color_dodge(simd, cb, weak!(cs, zero))),
        BlendMode::LinearDodge => each!(|cb, cs| (cb + weak!(cs, zero)).min(one)),
        BlendMode::Overlay => each!(|cb, cs| hard_light(simd, cs, cb, one)),
        BlendMode::SoftLight => each!(|cb, cs| {
            let twice = two * cs;
            let darker = cb - (one - twice) * cb * (one - cb);
            let low = ((f32x8::splat(simd, 16.0) * cb - f32x8::splat(simd, 12.0)) * cb
                + f32x8::splat(simd, 4.0))
                * cb;
            let lit = cb.simd_le(f32x8::splat(simd, 0.25)).select(low, cb.sqrt());
            let lighter = cb + (twice - white) * (lit - cb);
            cs.simd_le(half).select(darker, lighter)
        }),
        BlendMode::HardLight => each!(|cb, cs| hard_light(simd, cb, cs, white)),
        BlendMode::VividLight => each!(|cb, cs| {
            let cs = weak!(cs, grey);
            let darker = color_burn(simd, cb, two * cs - step);
            let lighter = color_dodge(simd, cb, two * cs - white);
            cs.simd_le(half).select(darker, lighter)
        }),
        BlendMode::LinearLight => each!(|cb, cs| (cb + two * weak!(cs, grey) - white).max(zero).min(one)),
        BlendMode::PinLight => each!(|cb, cs| {
            let twice = two * cs;
            cs.simd_le(half)
                .select(cb.min((twice - step).max(zero)), cb.max(twice - one))
        }),
        BlendMode::HardMix if fill >= 1.0 => each!(|cb, cs| {
            // Both are whole 255ths, so anything between 254 and 255 of them parts the two cases.
            (cb + cs)
                .simd_ge(f32x8::splat(simd, 254.5 / 255.0))
                .select(one, zero)
        }),
        BlendMode::HardMix => each!(|cb, cs| {
            ((cb - strength * (one - cs)) / (one - strength))
                .max(zero)
                .min(one)
        }),
        BlendMode::Difference => each!(|cb, cs| (cb - weak!(cs, zero)).abs()),
        BlendMode::Exclusion => each!(|cb, cs| cb + cs - two * cb * cs),
        BlendMode::Subtract => each!(|cb, cs| (cb - cs).max(zero)),
        BlendMode::Divide => each!(|cb, cs| {
            let black = cb.simd_le(zero).select(zero, one);
            let quotient = (cb / cs.max(f32x8::splat(simd, 1e-6))).min(one);
            cs.simd_le(zero).select(black, quotient)
        }),
        BlendMode::DarkerColor => choose(luminosity(simd, cs).simd_lt(luminosity(simd, cb)), cs, cb),
        BlendMode::LighterColor => choose(luminosity(simd, cs).simd_gt(luminosity(simd, cb)), cs, cb),
        BlendMode::Hue => {
            let coloured = set_saturation(simd, cs, saturation(cb));
            set_luminosity(simd, coloured, luminosity(simd, cb))
        }
        BlendMode::Saturation => {
            let coloured = set_saturation(simd, cb, saturation(cs));
            set_luminosity(simd, coloured, luminosity(simd, cb))
        }
        BlendMode::Color => set_luminosity(simd, cs, luminosity(simd, cb)),
        BlendMode::Luminosity => set_luminosity(simd, cb, luminosity(simd, cs)),
    }
}

/// `neutral` is twice the value of `cs` that changes nothing.
#[inline(always)]
fn hard_light<S: Wide>(simd: S, cb: f32x8<S>, cs: f32x8<S>, neutral: f32x8<S>) -> f32x8<S> {
    let (one, two) = (f32x8::splat(simd, 1.0), f32x8::splat(simd, 2.0));
    let darker = two * cb * cs;
    let lighter = one - (one - cb) * (one + neutral - two * cs);
    cs.simd_le(f32x8::splat(simd, 0.5)).select(darker, lighter)
}

#[inline(always)]
fn color_burn<S: Wide>(simd: S, cb: f32x8<S>, cs: f32x8<S>) -> f32x8<S> {
    let (zero, one) = (f32x8::splat(simd, 0.0), f32x8::splat(simd, 1.0));
    let burnt = one - ((one - cb) / cs.max(f32x8::splat(simd, 1e-6))).min(one);
    let burnt = cs.simd_le(zero).select(zero, burnt);
    cb.simd_ge(one).select(one, burnt)
}

#[inline(always)]
fn color_dodge<S: Wide>(simd: S, cb: f32x8<S>, cs: f32x8<S>) -> f32x8<S> {
    let (zero, one) = (f32x8::splat(simd, 0.0), f32x8::splat(simd, 1.0));
    let dodged = (cb / (one - cs).max(f32x8::splat(simd, 1e-6))).min(one);
    let dodged = cs.simd_ge(one).select(one, dodged);
    cb.simd_le(zero).select(zero, dodged)
}

#[inline(always)]
fn choose<S: Wide>(take: fearless_simd::mask32x8<S>, yes: Planes<S>, no: Planes<S>) -> Planes<S> {
    [
        take.select(yes[0], no[0]),
        take.select(yes[1], no[1]),
        take.select(yes[2], no[2]),
    ]
}

#[inline(always)]
fn luminosity<S: Wide>(simd: S, [red, green, blue]: Planes<S>) -> f32x8<S> {
    f32x8::splat(simd, 0.3) * red + f32x8::splat(simd, 0.59) * green + f32x8::splat(simd, 0.11) * blue
}

#[inline(always)]
fn saturation<S: Wide>([red, green, blue]: Planes<S>) -> f32x8<S> {
    red.max(green).max(blue) - red.min(green).min(blue)
}

#[inline(always)]
fn set_luminosity<S: Wide>(simd: S, colour: Planes<S>, wanted: f32x8<S>) -> Planes<S> {
    let (zero, one) = (f32x8::splat(simd, 0.0), f32x8::splat(simd, 1.0));
    let tiny = f32x8::splat(simd, 1e-6);
    let shift = wanted - luminosity(simd, colour);
    let moved = [colour[0] + shift, colour[1] + shift, colour[2] + shift];
    let low = moved[0].min(moved[1]).min(moved[2]);
    let high = moved[0].max(moved[1]).max(moved[2]);
    let raise = low.simd_lt(zero).select(wanted / (wanted - low).max(tiny), one);
    let lower = high
        .simd_gt(one)
        .select((one - wanted) / (high - wanted).max(tiny), one);
    let scale = raise * lower;
    [
        wanted + (moved[0] - wanted) * scale,
        wanted + (moved[1] - wanted) * scale,
        wanted + (moved[2] - wanted) * scale,
    ]
}

#[inline(always)]
fn set_saturation<S: Wide>(simd: S, colour: Planes<S>, wanted: f32x8<S>) -> Planes<S> {
    let (zero, tiny) = (f32x8::splat(simd, 0.0), f32x8::splat(simd, 1e-6));
    let low = colour[0].min(colour[1]).min(colour[2]);
    let span = saturation(colour);
    let scale = span.simd_gt(tiny).select(wanted / span.max(tiny), zero);
    [
        (colour[0] - low) * scale,
        (colour[1] - low) * scale,
        (colour[2] - low) * scale,
    ]
}

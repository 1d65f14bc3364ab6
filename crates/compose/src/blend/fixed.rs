//! Blend modes in 16-bit fixed point, eight pixels at a time, over an opaque backdrop.
//!
//! A sample `c` of `0..=255` is held as `c * 256` (so 1.0 is [`ONE`]), an alpha as a fraction of
//! 65535. Every product is rounded down once in 65536ths, so a result is off by less than 0.03 of
//! a level before it is rounded to a byte.
//!
//! Only modes without division, root or a look at all three channels are here; `float` has all.

use fearless_simd::{prelude::*, u8x32, u16x16};

use super::wide::Wide;

/// A sample of 255.
const ONE: u16 = 255 * 256;

/// A sample of 128, which changes nothing in the light modes: see `formula`.
const GREY: u16 = 128 * 256;

/// A blend mode in fixed point.
pub(crate) trait FixedMode {
    /// `cb` faded by `alpha` towards the blended colour. Samples in 256ths, alpha in 65535ths.
    #[inline(always)]
    fn mix<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>, alpha: u16x16<S>) -> u16x16<S> {
        let blended = Self::blend(simd, cb, cs);
        simd.mul_high(cb, !alpha) + simd.mul_high(blended, alpha)
    }

    /// The blended colour. Samples in 256ths.
    fn blend<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>) -> u16x16<S>;
}

/// A sample in 256ths as a factor in 65535ths.
#[inline(always)]
fn factor<S: Wide>(sample: u16x16<S>) -> u16x16<S> {
    sample | (sample >> 8)
}

/// 1.0 less a sample.
#[inline(always)]
fn less<S: Wide>(simd: S, sample: u16x16<S>) -> u16x16<S> {
    u16x16::splat(simd, ONE) - sample
}

/// Whether a sample is at most one half, as a mask for `select`.
#[inline(always)]
fn dark<S: Wide>(simd: S, sample: u16x16<S>) -> fearless_simd::mask16x16<S> {
    sample.simd_lt(u16x16::splat(simd, GREY))
}

/// Twice a sample that is at least one half, less 1.0.
#[inline(always)]
fn upper<S: Wide>(simd: S, sample: u16x16<S>) -> u16x16<S> {
    sample.saturating_sub(u16x16::splat(simd, ONE / 2)) << 1
}

/// Twice what a sample has more than 128 levels.
#[inline(always)]
fn over_grey<S: Wide>(simd: S, sample: u16x16<S>) -> u16x16<S> {
    sample.saturating_sub(u16x16::splat(simd, GREY)) << 1
}

/// Declares a mode by its blended colour.
macro_rules! mode {
    ($name:ident, |$simd:ident, $cb:ident, $cs:ident| $body:expr) => {
        pub(crate) struct $name;

        impl FixedMode for $name {
            #[inline(always)]
            fn blend<S: Wide>($simd: S, $cb: u16x16<S>, $cs: u16x16<S>) -> u16x16<S> {
                $body
            }
        }
    };
}

pub(crate) struct Normal;
pub(crate) struct Multiply;
pub(crate) struct Screen;

impl FixedMode for Normal {
    #[inline(always)]
    fn blend<S: Wide>(_: S, _: u16x16<S>, cs: u16x16<S>) -> u16x16<S> {
        cs
    }
}

impl FixedMode for Multiply {
    #[inline(always)]
    fn mix<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>, alpha: u16x16<S>) -> u16x16<S> {
        // cb (1 - a (1 - cs)): one product less than the general form.
        simd.mul_high(cb, !simd.mul_high(alpha, !factor(cs)))
    }

    #[inline(always)]
    fn blend<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>) -> u16x16<S> {
        simd.mul_high(cb, factor(cs))
    }
}

impl FixedMode for Screen {
    #[inline(always)]
    fn mix<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>, alpha: u16x16<S>) -> u16x16<S> {
        // cb + a cs (1 - cb)
        cb + simd.mul_high(less(simd, cb), simd.mul_high(alpha, factor(cs)))
    }

    #[inline(always)]
    fn blend<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>) -> u16x16<S> {
        cb + simd.mul_high(less(simd, cb), factor(cs))
    }
}

mode!(Darken, |_simd, cb, cs| cb.min(cs));
mode!(Lighten, |_simd, cb, cs| cb.max(cs));
mode!(LinearBurn, |simd, cb, cs| cb.saturating_sub(less(simd, cs)));
mode!(LinearDodge, |simd, cb, cs| cb
    .saturating_add(cs)
    .min(u16x16::splat(simd, ONE)));
mode!(Overlay, |simd, cb, cs| hard_light(simd, cs, cb, 0));
mode!(HardLight, |simd, cb, cs| hard_light(simd, cb, cs, 257));
mode!(LinearLight, |simd, cb, cs| {
    let missing = u16x16::splat(simd, GREY).saturating_sub(cs);
    let darker = cb.saturating_sub(missing).saturating_sub(missing);
    let lighter = cb
        .saturating_add(over_grey(simd, cs))
        .min(u16x16::splat(simd, ONE));
    dark(simd, cs).select(darker, lighter)
});
mode!(PinLight, |simd, cb, cs| {
    let below = (cs << 1).saturating_sub(u16x16::splat(simd, 256));
    dark(simd, cs).select(cb.min(below), cb.max(upper(simd, cs)))
});
mode!(HardMix, |simd, cb, cs| cs
    .simd_ge(less(simd, cb))
    .select(u16x16::splat(simd, ONE), u16x16::splat(simd, 0)));
mode!(Difference, |_simd, cb, cs| cb.max(cs) - cb.min(cs));
mode!(Exclusion, |simd, cb, cs| {
    simd.mul_high(cb, !factor(cs)) + simd.mul_high(cs, !factor(cb))
});
mode!(Subtract, |_simd, cb, cs| cb.saturating_sub(cs));

/// `more`, in 65535ths, is what the lighter half takes beside twice the missing part of `cs`.
#[inline(always)]
fn hard_light<S: Wide>(simd: S, cb: u16x16<S>, cs: u16x16<S>, more: u16) -> u16x16<S> {
    // Both halves are one product, of the samples or of what they lack to 1.0.
    let dark = dark(simd, cs);
    let near = dark.select(cb, less(simd, cb));
    let twice = dark.select(factor(cs) << 1, (!factor(cs) << 1) + u16x16::splat(simd, more));
    let product = simd.mul_high(near, twice);
    dark.select(product, less(simd, product))
}

/// What mask and opacity leave of eight pixels' alpha.
#[derive(Clone, Copy)]
pub(crate) struct FixedCover<S: Wide> {
    /// Mask bytes, each repeated for its pixel's four samples. `None` is all 255.
    pub(crate) mask: Option<u8x32<S>>,
    /// Opacity in 65535ths, the same in every lane.
    pub(crate) opacity: u16x16<S>,
}

/// Repeats each pixel's alpha for its four samples.
#[inline(always)]
pub(crate) fn spread_alpha<S: Wide>(simd: S, pixels: u8x32<S>) -> u8x32<S> {
    const ALPHA: [u8; 32] = [
        3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15,
        15, 15, 15,
    ];
    pixels.swizzle_dyn_within_blocks(u8x32::load_array(simd, ALPHA))
}

/// Eight source pixels onto eight opaque ones.
#[inline(always)]
pub(crate) fn blend_eight<S: Wide, M: FixedMode>(
    simd: S,
    backdrop: u8x32<S>,
    source: u8x32<S>,
    cover: FixedCover<S>,
) -> u8x32<S> {
    let (cb0, cb1) = simd.samples(backdrop);
    let (cs0, cs1) = simd.samples(source);
    let (mut a0, mut a1) = simd.factors(spread_alpha(simd, source));
    if let Some(mask) = cover.mask {
        let (m0, m1) = simd.factors(mask);
        a0 = simd.mul_high(a0, m0);
        a1 = simd.mul_high(a1, m1);
    }
    let a0 = simd.mul_high(a0, cover.opacity);
    let a1 = simd.mul_high(a1, cover.opacity);
    let half = u16x16::splat(simd, 128);
    let r0 = (M::mix(simd, cb0, cs0, a0) + half) >> 8;
    let r1 = (M::mix(simd, cb1, cs1, a1) + half) >> 8;
    // The backdrop's alpha is 255 and stays so.
    simd.join(r0, r1) | opaque_alpha(simd)
}

/// 255 in every alpha byte, 0 elsewhere.
#[inline(always)]
pub(crate) fn opaque_alpha<S: Wide>(simd: S) -> u8x32<S> {
    fearless_simd::u32x8::splat(simd, 0xff00_0000).bitcast()
}

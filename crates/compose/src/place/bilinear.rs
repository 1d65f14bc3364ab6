//! Eight bilinear samples at once, in 16-bit fixed point.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions are checked to be within the raster, and only their low bits are wanted as fractions"
)]

use fearless_simd::{f32x8, i32x8, prelude::*, u8x32, u16x16, u32x8, u64x4};
use marquetry_pixel::Raster;

use crate::blend::spread_alpha;
use crate::blend::wide::Wide;

/// Sixteen art positions on a straight line, in 65536ths of a pixel. They name the middle between
/// the four pixels a sample is made of, so their whole part is the first of these.
pub(super) struct Walk {
    u: i64,
    v: i64,
    du: i64,
    dv: i64,
}

impl Walk {
    /// From what the first pixel sees (art point and depth) to what the seventeenth does, in art
    /// scaled by `scale`.
    #[inline(always)]
    pub(super) fn new((u0, v0, _): (f64, f64, f64), (u1, v1, _): (f64, f64, f64), scale: f64) -> Self {
        let (u0, v0, u1, v1) = (u0 * scale, v0 * scale, u1 * scale, v1 * scale);
        // Cut off rather than rounded: a 65536th more or less is nothing, a call to `round` is.
        macro_rules! fixed {
            ($value:expr) => {
                ($value * 65536.0) as i64
            };
        }
        Self {
            u: fixed!(u0 - 0.5),
            v: fixed!(v0 - 0.5),
            du: fixed!((u1 - u0) * (1.0 / 16.0)),
            dv: fixed!((v1 - v0) * (1.0 / 16.0)),
        }
    }

    /// Whether the pixels of samples `half..half + 8` are in the raster, the four nearest ones and
    /// `around` more on every side, and can be counted in 32 bits.
    #[inline(always)]
    pub(super) fn stays_within(&self, raster: &Raster, half: i32, around: i64) -> bool {
        let ((u0, v0), (u1, v1)) = (self.at(i64::from(half)), self.at(i64::from(half) + 7));
        u32::try_from(raster.size().pixels()).is_ok()
            && u0.min(u1) >> 16 >= around
            && v0.min(v1) >> 16 >= around
            && (u0.max(u1) >> 16) + 1 + around < i64::from(raster.width())
            && (v0.max(v1) >> 16) + 1 + around < i64::from(raster.height())
    }

    /// The position of one sample.
    #[inline(always)]
    pub(super) fn at(&self, sample: i64) -> (i64, i64) {
        (self.u + sample * self.du, self.v + sample * self.dv)
    }
}

/// Byte indices that repeat the lower halves of 32-bit lanes, `lanes` times each: `near` counts the
/// lanes of the first block, `far` those of the second. Both blocks of what is picked from hold the
/// same four.
const fn repeat(near: u8, far: u8, lanes: u8) -> [u8; 32] {
    let mut indices = [0; 32];
    let mut at = 0;
    while at < 16 {
        indices[at as usize] = (near + at / (2 * lanes)) * 4 + at % 2;
        indices[at as usize + 16] = (far + at / (2 * lanes)) * 4 + at % 2;
        at += 1;
    }
    indices
}

/// Pixels 0 and 2, or 1 and 3, with eight samples each, for the step down.
const EVEN: [u8; 32] = repeat(0, 2, 8);
const ODD: [u8; 32] = repeat(1, 3, 8);
/// Four pixels, with four samples each, for the step to the right.
const FOUR: [u8; 32] = repeat(0, 2, 4);

/// Eight positions in a raster, which holds the four pixels about each.
pub(super) struct Spots<S: Wide> {
    /// In 65536ths of a pixel, from `first` on.
    u: i32x8<S>,
    v: i32x8<S>,
    /// The pixel that positions are counted from: small numbers whatever the size of the raster.
    first: u32,
}

impl<S: Wide> Spots<S> {
    /// Samples `half..half + 8` of `walk`, which stays within `raster`.
    #[inline(always)]
    fn of_walk(simd: S, raster: &Raster, walk: &Walk, half: i32) -> Self {
        let (u, v) = walk.at(i64::from(half));
        Self {
            u: steps(simd, u as u16, walk.du as i32),
            v: steps(simd, v as u16, walk.dv as i32),
            first: (v >> 16) as u32 * raster.width() + (u >> 16) as u32,
        }
    }

    /// Any eight art points, times `scale`. `None` when pixels about one of them are not in the
    /// raster, or the points lie too far apart to be counted.
    #[inline(always)]
    pub(super) fn new(simd: S, u: &[f32; 8], v: &[f32; 8], scale: f32, raster: &Raster) -> Option<Self> {
        let (u, u_share) = place(simd, u, scale, raster.width())?;
        let (v, v_share) = place(simd, v, scale, raster.height())?;
        let (first_u, first_v) = (u.to_array()[0], v.to_array()[0]);
        // More pixels than 32 bits count are left to others.
        u32::try_from(raster.size().pixels()).ok()?;
        Some(Self {
            u: apart(simd, u, first_u)? + u_share,
            v: apart(simd, v, first_v)? + v_share,
            first: first_v as u32 * raster.width() + first_u as u32,
        })
    }
}

/// The pixels that eight places along one side name, and the shares of a pixel beyond, in 65536ths.
/// `None` when one or the pixel after it is not of `length`.
#[inline(always)]
fn place<S: Wide>(simd: S, values: &[f32; 8], scale: f32, length: u32) -> Option<(i32x8<S>, i32x8<S>)> {
    let at = f32x8::load_array_ref(simd, values) * f32x8::splat(simd, scale) - f32x8::splat(simd, 0.5);
    let most = f32x8::splat(simd, length as f32 - 1.0);
    let fits = at.simd_ge(f32x8::splat(simd, 0.0)) & at.simd_lt(most);
    if !fits.all_true() {
        return None;
    }
    let below = at.floor();
    let share = (at - below) * f32x8::splat(simd, 65536.0);
    Some((below.to_int(), share.to_int()))
}

/// Whole pixels from `first` on, in 65536ths; `None` when that is more than 31 bits hold.
#[inline(always)]
fn apart<S: Wide>(simd: S, whole: i32x8<S>, first: i32) -> Option<i32x8<S>> {
    let apart = whole - i32x8::splat(simd, first);
    let most = i32x8::splat(simd, 0x3fff);
    let fits = apart.simd_lt(most) & apart.simd_gt(i32x8::splat(simd, -0x3fff));
    fits.all_true().then_some(apart << 16)
}

/// Samples `half..half + 8` of `walk`, which stays within `raster`: straight RGBA.
#[inline(always)]
pub(super) fn eight<S: Wide>(simd: S, raster: &Raster, walk: &Walk, half: i32) -> [u8; 32] {
    gather(simd, raster, &Spots::of_walk(simd, raster, walk, half))
}

/// Samples at eight positions: straight RGBA.
#[inline(always)]
pub(super) fn gather<S: Wide>(simd: S, raster: &Raster, spots: &Spots<S>) -> [u8; 32] {
    let (u_steps, v_steps, first) = (spots.u, spots.v, spots.first);
    let width = raster.width();
    let apart = (v_steps >> 16) * i32x8::splat(simd, width as i32) + (u_steps >> 16);
    let places: [i32; 8] = (apart + i32x8::splat(simd, first as i32)).to_array();
    let bytes = raster.bytes();
    let stride = width as usize * 4;
    // Two views of the same length, one a row further down: one check serves both.
    let length = bytes.len() - stride.min(bytes.len());
    let (above, below) = (&bytes[..length], &bytes[stride.min(bytes.len())..]);
    let below = &below[..length];
    macro_rules! four {
        ($view:ident, $first:literal) => {{
            let (Some(a), Some(b), Some(c), Some(d)) = (
                pair($view, places[$first]),
                pair($view, places[$first + 1]),
                pair($view, places[$first + 2]),
                pair($view, places[$first + 3]),
            ) else {
                // `stays_within` has seen to it that this does not happen.
                return [0; 32];
            };
            let four: u8x32<S> = u64x4::load_array(simd, [a, b, c, d]).bitcast();
            four
        }};
    }
    let (above0, below0) = (four!(above, 0), four!(below, 0));
    let (above1, below1) = (four!(above, 4), four!(below, 4));
    let (above, below) = ([above0, above1], [below0, below1]);
    let alpha: u8x32<S> = u32x8::splat(simd, 0xff00_0000).bitcast();
    let right = fractions(u_steps);
    let down = fractions(v_steps);
    let least = above[0] & above[1] & below[0] & below[1] & alpha;
    if least.simd_eq(alpha).all_true() {
        let (h0, h1) = blend_taps(
            simd,
            [simd.samples(above[0]), simd.samples(above[1])],
            [simd.samples(below[0]), simd.samples(below[1])],
            right,
            down,
        );
        let half = u16x16::splat(simd, 128);
        return simd
            .relaxed_narrow_u16x16((h0 + half) >> 8, (h1 + half) >> 8)
            .to_array();
    }
    let most = (above[0] | above[1] | below[0] | below[1]) & alpha;
    if most.simd_eq(u8x32::splat(simd, 0)).all_true() {
        return [0; 32];
    }
    let (h0, h1) = blend_taps(
        simd,
        [weighed(simd, above[0]), weighed(simd, above[1])],
        [weighed(simd, below[0]), weighed(simd, below[1])],
        right,
        down,
    );
    straight(simd, h0, h1)
}

/// Eight positions `step` apart.
#[inline(always)]
fn steps<S: Wide>(simd: S, first: u16, step: i32) -> i32x8<S> {
    let counts = i32x8::load_array(simd, [0, 1, 2, 3, 4, 5, 6, 7]);
    counts * i32x8::splat(simd, step) + i32x8::splat(simd, i32::from(first))
}

/// Eight positions as two vectors that hold four of them in each block.
#[inline(always)]
fn fractions<S: Wide>(positions: i32x8<S>) -> [u8x32<S>; 2] {
    let (near, far) = positions.split();
    [
        i32x8::block_splat(near).bitcast(),
        i32x8::block_splat(far).bitcast(),
    ]
}

/// The two neighbouring pixels that begin with pixel `place`.
#[inline(always)]
fn pair(view: &[u8], place: i32) -> Option<u64> {
    let at = u64::from(place.cast_unsigned()) as usize * 4;
    view.get(at..at + 8)
        .and_then(|two| two.first_chunk())
        .map(|two| u64::from_le_bytes(*two))
}

/// From pairs of neighbours above and below, by blocks, to eight samples in order, in 256ths.
#[inline(always)]
fn blend_taps<S: Wide>(
    simd: S,
    above: [(u16x16<S>, u16x16<S>); 2],
    below: [(u16x16<S>, u16x16<S>); 2],
    right: [u8x32<S>; 2],
    down: [u8x32<S>; 2],
) -> (u16x16<S>, u16x16<S>) {
    // By blocks: the pairs of pixels 0 and 2, then those of 1 and 3.
    let v0 = lerp(simd, above[0].0, below[0].0, down[0], &EVEN);
    let v1 = lerp(simd, above[0].1, below[0].1, down[0], &ODD);
    let v2 = lerp(simd, above[1].0, below[1].0, down[1], &EVEN);
    let v3 = lerp(simd, above[1].1, below[1].1, down[1], &ODD);
    let (l0, r0) = simd.zip_quads(v0, v1);
    let (l1, r1) = simd.zip_quads(v2, v3);
    (
        lerp(simd, l0, r0, right[0], &FOUR),
        lerp(simd, l1, r1, right[1], &FOUR),
    )
}

/// Colours times alpha, and alpha itself, in 256ths, by blocks.
#[inline(always)]
fn weighed<S: Wide>(simd: S, pixels: u8x32<S>) -> (u16x16<S>, u16x16<S>) {
    let (c0, c1) = simd.samples(pixels);
    let (a0, a1) = simd.factors(spread_alpha(simd, pixels));
    // In the alpha's own lanes the factor is one.
    let whole: u16x16<S> = u64x4::splat(simd, 0xffff_0000_0000_0000).bitcast();
    (simd.mul_high(c0, a0 | whole), simd.mul_high(c1, a1 | whole))
}

/// Eight premultiplied pixels in 256ths to straight RGBA.
#[inline(always)]
fn straight<S: Wide>(simd: S, h0: u16x16<S>, h1: u16x16<S>) -> [u8; 32] {
    let (q0, q1) = h0.widen();
    let (q2, q3) = h1.widen();
    let (n0, n1) = (divided(simd, q0), divided(simd, q1));
    let (n2, n3) = (divided(simd, q2), divided(simd, q3));
    let (n01, n23) = (
        simd.relaxed_narrow_u32x8(n0, n1),
        simd.relaxed_narrow_u32x8(n2, n3),
    );
    simd.relaxed_narrow_u16x16(n01, n23).to_array()
}

/// Two premultiplied pixels in 256ths, a sample a lane, to bytes of straight RGBA.
#[inline(always)]
fn divided<S: Wide>(simd: S, pixels: u32x8<S>) -> u32x8<S> {
    let signed: i32x8<S> = pixels.bitcast();
    let value = signed.to_float::<f32x8<S>>();
    let alpha: f32x8<S> = spread_lane(simd, pixels).to_float();
    let bytes = value * f32x8::splat(simd, 255.0) / alpha.max(f32x8::splat(simd, 1.0));
    let bytes = bytes.min(f32x8::splat(simd, 255.0)) + f32x8::splat(simd, 0.5);
    let own = value * f32x8::splat(simd, 1.0 / 256.0) + f32x8::splat(simd, 0.5);
    let lanes: i32x8<S> = i32x8::load_array(simd, [0, 0, 0, -1, 0, 0, 0, -1]);
    let is_alpha = lanes.simd_lt(i32x8::splat(simd, 0));
    is_alpha.select(own, bytes).to_int::<i32x8<S>>().bitcast()
}

/// The fourth 32-bit lane of each block in all four.
#[inline(always)]
fn spread_lane<S: Wide>(simd: S, pixels: u32x8<S>) -> i32x8<S> {
    const FOURTH: [u8; 32] = [
        12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12,
        13, 14, 15, 12, 13, 14, 15,
    ];
    let bytes: u8x32<S> = pixels.bitcast();
    bytes
        .swizzle_dyn_within_blocks(u8x32::load_array(simd, FOURTH))
        .bitcast()
}

/// From `a` to `b` by the fractions that `lanes` picks.
#[inline(always)]
fn lerp<S: Wide>(simd: S, a: u16x16<S>, b: u16x16<S>, fractions: u8x32<S>, lanes: &[u8; 32]) -> u16x16<S> {
    let share: u16x16<S> = fractions
        .swizzle_dyn_within_blocks(u8x32::load_array_ref(simd, lanes))
        .bitcast();
    simd.mul_high(a, !share) + simd.mul_high(b, share)
}

/// The mean of several samples of eight pixels, as long as each pixel is either opaque in all of
/// them or clear in all.
pub(super) struct Mean<S: Wide> {
    low: u16x16<S>,
    high: u16x16<S>,
    all: u8x32<S>,
    any: u8x32<S>,
}

impl<S: Wide> Mean<S> {
    #[inline(always)]
    pub(super) fn new(simd: S) -> Self {
        Self {
            low: u16x16::splat(simd, 0),
            high: u16x16::splat(simd, 0),
            all: u8x32::splat(simd, 255),
            any: u8x32::splat(simd, 0),
        }
    }

    /// One more sample of each pixel; no more than 256 in all.
    #[inline(always)]
    pub(super) fn add(&mut self, simd: S, pixels: &[u8; 32]) {
        let pixels = u8x32::load_array_ref(simd, pixels);
        let (low, high) = simd.samples(pixels);
        self.low += low >> 8;
        self.high += high >> 8;
        self.all &= pixels;
        self.any |= pixels;
    }

    /// The mean of `count` samples, or `None` when alphas differ.
    #[inline(always)]
    pub(super) fn pixels(&self, simd: S, count: u32) -> Option<[u8; 32]> {
        let alpha: u8x32<S> = u32x8::splat(simd, 0xff00_0000).bitcast();
        if !(self.all & alpha).simd_eq(self.any & alpha).all_true() {
            return None;
        }
        // Where all alphas are the same, the plain mean is the weighed one.
        let (low, high) = (self.low, self.high);
        Some(
            simd.join(mean(simd, low, count), mean(simd, high, count))
                .to_array(),
        )
    }
}

/// `sum / count`, rounded to nearest, for sums of `count` bytes.
#[inline(always)]
fn mean<S: Wide>(simd: S, sum: u16x16<S>, count: u32) -> u16x16<S> {
    let half = u16x16::splat(simd, (count / 2) as u16);
    let shift = count.ilog2();
    if count.is_power_of_two() {
        return (sum + half) >> shift;
    }
    // A reciprocal of sixteen significant bits: off by less than a 64th of the last whole number.
    let reciprocal = u16x16::splat(simd, ((1u32 << (16 + shift)) / count + 1) as u16);
    simd.mul_high(sum + half, reciprocal) >> shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::wide::{best_level, on};

    #[test]
    fn means_are_rounded_to_nearest() {
        for count in 1..=64u32 {
            for sum in 0..=count * 255 {
                let lanes: [u16; 16] = on!(best_level(), simd => {
                    mean(simd, u16x16::splat(simd, u16::try_from(sum).unwrap()), count).to_array()
                });
                assert_eq!(u32::from(lanes[0]), (sum + count / 2) / count, "{sum} / {count}");
            }
        }
    }
}

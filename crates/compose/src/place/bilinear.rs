//! Eight bilinear samples at once, in 16-bit fixed point.

use fearless_simd::{f32x8, i32x8, prelude::*, u8x32, u16x16, u32x4, u32x8, u64x4};
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
    /// From the art point of the first pixel's centre to that of the seventeenth's.
    #[inline(always)]
    pub(super) fn new((u0, v0): (f64, f64), (u1, v1): (f64, f64)) -> Self {
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

    /// Whether all four pixels of every sample are in the raster.
    #[inline(always)]
    pub(super) fn stays_within(&self, raster: &Raster) -> bool {
        let (u, v) = (self.u + 15 * self.du, self.v + 15 * self.dv);
        let (right, down) = (self.u.max(u) >> 16, self.v.max(v) >> 16);
        self.u.min(u) >= 0
            && self.v.min(v) >= 0
            && right + 1 < i64::from(raster.width())
            && down + 1 < i64::from(raster.height())
    }
}

/// Byte indices that repeat the lower halves of four 32-bit lanes, `lanes` times each, beginning
/// with lane `first`; both blocks hold the same four.
const fn repeat(first: u8, lanes: u8) -> [u8; 32] {
    let mut indices = [0; 32];
    let mut at = 0;
    while at < 32 {
        indices[at as usize] = (first + at / (2 * lanes)) * 4 + at % 2;
        at += 1;
    }
    indices
}

/// A pair of pixels, with eight samples each, for the step down.
const PAIRS: [[u8; 32]; 2] = [repeat(0, 8), repeat(2, 8)];
/// Four pixels, with four samples each, for the step to the right.
const FOUR: [u8; 32] = repeat(0, 4);

/// Samples `half..half + 8` of `walk`, which stays within `raster`: straight RGBA.
#[inline(always)]
pub(super) fn eight<S: Wide>(simd: S, raster: &Raster, walk: &Walk, half: i32) -> [u8; 32] {
    let bytes = raster.bytes();
    let stride = raster.width() as usize * 4;
    let (first_u, first_v) = (
        walk.u + i64::from(half) * walk.du,
        walk.v + i64::from(half) * walk.dv,
    );
    let (mut u, mut v) = (first_u, first_v);
    let (mut above, mut below) = ([0; 8], [0; 8]);
    for at in 0..8 {
        let place = (v >> 16) as usize * stride + (u >> 16) as usize * 4;
        // `stays_within` has seen to it that there is a window to look through.
        if let Some(window) = bytes.get(place..place + stride + 8)
            && let (Some(top), Some(bottom)) = (window.first_chunk(), window.last_chunk())
        {
            above[at] = u64::from_le_bytes(*top);
            below[at] = u64::from_le_bytes(*bottom);
        }
        u += walk.du;
        v += walk.dv;
    }
    let [a0, a1, a2, a3, a4, a5, a6, a7] = above;
    let [b0, b1, b2, b3, b4, b5, b6, b7] = below;
    let above: [u8x32<S>; 2] = [
        u64x4::load_array(simd, [a0, a1, a2, a3]).bitcast(),
        u64x4::load_array(simd, [a4, a5, a6, a7]).bitcast(),
    ];
    let below: [u8x32<S>; 2] = [
        u64x4::load_array(simd, [b0, b1, b2, b3]).bitcast(),
        u64x4::load_array(simd, [b4, b5, b6, b7]).bitcast(),
    ];
    let alpha: u8x32<S> = u32x8::splat(simd, 0xff00_0000).bitcast();
    let right = fractions(simd, first_u, walk.du);
    let down = fractions(simd, first_v, walk.dv);
    let least = above[0] & above[1] & below[0] & below[1] & alpha;
    if least.simd_eq(alpha).all_true() {
        let (t0, t1) = above[0].widen();
        let (t2, t3) = above[1].widen();
        let (b0, b1) = below[0].widen();
        let (b2, b3) = below[1].widen();
        let (h0, h1) = blend_taps(
            simd,
            [t0 << 8, t1 << 8, t2 << 8, t3 << 8],
            [b0 << 8, b1 << 8, b2 << 8, b3 << 8],
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
    let (t0, t1) = weighed(simd, above[0]);
    let (t2, t3) = weighed(simd, above[1]);
    let (b0, b1) = weighed(simd, below[0]);
    let (b2, b3) = weighed(simd, below[1]);
    let (h0, h1) = blend_taps(simd, [t0, t1, t2, t3], [b0, b1, b2, b3], right, down);
    straight(simd, h0, h1)
}

/// The lower 16 bits of eight positions, as two vectors that hold four of them in each block.
#[inline(always)]
fn fractions<S: Wide>(simd: S, first: i64, step: i64) -> [u8x32<S>; 2] {
    let (first, step) = (first as u32, step as u32);
    let steps = u32x4::load_array(simd, [0, step, step.wrapping_mul(2), step.wrapping_mul(3)]);
    let near = u32x4::splat(simd, first) + steps;
    let far = near + u32x4::splat(simd, step.wrapping_mul(4));
    [
        u32x8::block_splat(near).bitcast(),
        u32x8::block_splat(far).bitcast(),
    ]
}

/// From pairs of neighbours above and below to eight samples, in 256ths.
#[inline(always)]
fn blend_taps<S: Wide>(
    simd: S,
    above: [u16x16<S>; 4],
    below: [u16x16<S>; 4],
    right: [u8x32<S>; 2],
    down: [u8x32<S>; 2],
) -> (u16x16<S>, u16x16<S>) {
    let v0 = lerp(simd, above[0], below[0], down[0], &PAIRS[0]);
    let v1 = lerp(simd, above[1], below[1], down[0], &PAIRS[1]);
    let v2 = lerp(simd, above[2], below[2], down[1], &PAIRS[0]);
    let v3 = lerp(simd, above[3], below[3], down[1], &PAIRS[1]);
    let (l0, r0) = part(v0, v1);
    let (l1, r1) = part(v2, v3);
    (
        lerp(simd, l0, r0, right[0], &FOUR),
        lerp(simd, l1, r1, right[1], &FOUR),
    )
}

/// Colours times alpha, and alpha itself, in 256ths.
#[inline(always)]
fn weighed<S: Wide>(simd: S, pixels: u8x32<S>) -> (u16x16<S>, u16x16<S>) {
    let (c0, c1) = pixels.widen();
    let (a0, a1) = spread_alpha(simd, pixels).widen();
    // In the alpha's own lanes the factor is one.
    let whole: u16x16<S> = u64x4::splat(simd, 0xffff_0000_0000_0000).bitcast();
    (
        simd.mul_high(c0 << 8, a0 | (a0 << 8) | whole),
        simd.mul_high(c1 << 8, a1 | (a1 << 8) | whole),
    )
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

/// Left and right pixels of four pairs.
#[inline(always)]
fn part<S: Wide>(a: u16x16<S>, b: u16x16<S>) -> (u16x16<S>, u16x16<S>) {
    let (a, b): (u64x4<S>, u64x4<S>) = (a.bitcast(), b.bitcast());
    (a.unzip_low(b).bitcast(), a.unzip_high(b).bitcast())
}

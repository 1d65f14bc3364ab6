//! Eight bicubic samples, a pixel at a time, its sixteen neighbours in wide registers.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions are checked to be within the raster, and only their low bits are wanted as fractions"
)]

use fearless_simd::{f32x4, f32x8, i32x4, i32x8, prelude::*, u8x16};
use marquetry_pixel::Raster;

use super::bilinear::Walk;
use super::exact::cubic;
use crate::blend::wide::Wide;

/// Samples `half..half + 8` of `walk`: straight RGBA. `None` where neighbours are missing, or where
/// some are opaque and others not, so that colours must be weighed by alpha.
#[inline(always)]
pub(super) fn eight<S: Wide>(simd: S, raster: &Raster, walk: &Walk, half: i32) -> Option<[u8; 32]> {
    if !walk.stays_within(raster, half, 1) {
        return None;
    }
    sixteens(simd, raster, |lane| walk.at(i64::from(half) + lane as i64))
}

/// Samples at eight positions in 65536ths of a pixel, that name the middle between four pixels.
#[inline(always)]
pub(super) fn eight_at<S: Wide>(
    simd: S,
    raster: &Raster,
    place: impl Fn(usize) -> (i64, i64),
) -> Option<[u8; 32]> {
    let (across, down) = (i64::from(raster.width()) - 2, i64::from(raster.height()) - 2);
    let inside = |(u, v): (i64, i64)| (1..across).contains(&(u >> 16)) && (1..down).contains(&(v >> 16));
    if !(0..8).all(|lane| inside(place(lane))) {
        return None;
    }
    sixteens(simd, raster, place)
}

/// Eight samples whose neighbours are all there.
#[inline(always)]
fn sixteens<S: Wide>(simd: S, raster: &Raster, place: impl Fn(usize) -> (i64, i64)) -> Option<[u8; 32]> {
    let bytes = raster.bytes();
    let stride = raster.width() as usize * 4;
    let mut pixels = [0; 32];
    for (lane, pixel) in pixels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (u, v) = place(lane);
        // One row and one column before the pixel that the position names.
        let place = ((v >> 16) - 1) as usize * stride + ((u >> 16) - 1) as usize * 4;
        let rows = [
            sixteen(simd, bytes, place)?,
            sixteen(simd, bytes, place + stride)?,
            sixteen(simd, bytes, place + 2 * stride)?,
            sixteen(simd, bytes, place + 3 * stride)?,
        ];
        let alpha: u8x16<S> = fearless_simd::u32x4::splat(simd, 0xff00_0000).bitcast();
        let all = rows[0] & rows[1] & rows[2] & rows[3] & alpha;
        if !all.simd_eq(alpha).all_true() {
            let any = (rows[0] | rows[1] | rows[2] | rows[3]) & alpha;
            if any.simd_eq(u8x16::splat(simd, 0)).all_true() {
                continue;
            }
            return None;
        }
        let down = cubic(fraction(v));
        let (mut near, mut far) = weighed(simd, rows[0], down[0]);
        for row in 1..4 {
            let (left, right) = weighed(simd, rows[row], down[row]);
            near += left;
            far += right;
        }
        let [w0, w1, w2, w3] = cubic(fraction(u));
        let near = near * f32x4::splat(simd, w0).combine(f32x4::splat(simd, w1));
        let far = far * f32x4::splat(simd, w2).combine(f32x4::splat(simd, w3));
        let (left, right) = (near + far).split();
        let sum = (left + right + f32x4::splat(simd, 0.5))
            .max(f32x4::splat(simd, 0.0))
            .min(f32x4::splat(simd, 255.5));
        let levels: i32x4<S> = sum.to_int();
        *pixel = levels.to_array().map(|level| level as u8);
    }
    Some(pixels)
}

/// The sub-pixel part of a position, `0.0..1.0`.
#[inline(always)]
fn fraction(position: i64) -> f32 {
    f32::from(position as u16) * (1.0 / 65536.0)
}

/// Four neighbouring pixels.
#[inline(always)]
fn sixteen<S: Wide>(simd: S, bytes: &[u8], at: usize) -> Option<u8x16<S>> {
    let four: &[u8; 16] = bytes.get(at..at + 16)?.first_chunk()?;
    Some(u8x16::load_array_ref(simd, four))
}

/// Samples times a weight: the two left pixels and the two right ones.
#[inline(always)]
fn weighed<S: Wide>(simd: S, pixels: u8x16<S>, weight: f32) -> (f32x8<S>, f32x8<S>) {
    let (low, high) = pixels.widen();
    let ((p0, p1), (p2, p3)) = (low.widen(), high.widen());
    let near: i32x8<S> = p0.combine(p1).bitcast();
    let far: i32x8<S> = p2.combine(p3).bitcast();
    let weight = f32x8::splat(simd, weight);
    (
        near.to_float::<f32x8<S>>() * weight,
        far.to_float::<f32x8<S>>() * weight,
    )
}

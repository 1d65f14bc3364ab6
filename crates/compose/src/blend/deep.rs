//! Rows of 16 bits a sample laid over each other: the formulas of `float`, eight pixels at a time.

use fearless_simd::{Level, f32x8, prelude::*};

use super::wide::{Wide, on};
use super::{Ink, cover, float};

/// Samples of eight pixels.
const EIGHT: usize = 8 * 4;

/// As [`super::blend_row`], of 16 bits.
pub(crate) fn blend_row(level: Level, ink: Ink, row: &mut [u16], source: &[u16], mask: Option<&[u8]>) {
    if ink.is_clear() {
        return;
    }
    eights(row, source, mask, |below, above, mask| {
        let alphas = || above.as_chunks::<4>().0.iter().map(|pixel| pixel[3]);
        if alphas().all(|alpha| alpha == 0) || mask.is_some_and(|mask| *mask == [0; 8]) {
            return;
        }
        let whole = ink.replaces() && mask.is_none_or(|mask| *mask == [255; 8]);
        if whole && alphas().all(|alpha| alpha == u16::MAX) {
            below.copy_from_slice(above);
            return;
        }
        on!(level, simd => {
            let cover = cover(simd, ink.opacity, mask);
            let ((cb, alpha_b), (cs, alpha_s)) = (planes(simd, below), planes(simd, above));
            let alpha_s = alpha_s * cover;
            let laid = float::lay(simd, ink.mode, ink.fill, (cb, alpha_b), (cs, alpha_s));
            pack(laid, alpha_s, below);
        });
    });
}

/// As [`super::fade_row`], of 16 bits.
pub(crate) fn fade_row(level: Level, opacity: f32, row: &mut [u16], before: &[u16], mask: Option<&[u8]>) {
    eights(row, before, mask, |after, before, mask| {
        on!(level, simd => {
            let share = cover(simd, opacity, mask);
            let faded = float::fade(simd, planes(simd, before), planes(simd, after), share);
            // Where nothing is left, all is as it was.
            after.copy_from_slice(before);
            pack(faded, share, after);
        });
    });
}

/// Hands over eight pixels at a time, the last few padded to eight.
fn eights(
    row: &mut [u16],
    source: &[u16],
    mask: Option<&[u8]>,
    run: impl Fn(&mut [u16; EIGHT], &[u16; EIGHT], Option<&[u8; 8]>),
) {
    let (rows, row_rest) = row.as_chunks_mut::<EIGHT>();
    let (sources, source_rest) = source.as_chunks::<EIGHT>();
    let (masks, mask_rest) = mask.map_or((None, &[][..]), |mask| {
        let (masks, rest) = mask.as_chunks::<8>();
        (Some(masks), rest)
    });
    for (at, (below, above)) in rows.iter_mut().zip(sources).enumerate() {
        run(below, above, masks.and_then(|masks| masks.get(at)));
    }
    let samples = row_rest.len().min(source_rest.len());
    if samples > 0 {
        let (mut below, mut above, mut cover) = ([0; EIGHT], [0; EIGHT], [0; 8]);
        below[..samples].copy_from_slice(&row_rest[..samples]);
        above[..samples].copy_from_slice(&source_rest[..samples]);
        cover[..mask_rest.len()].copy_from_slice(mask_rest);
        run(&mut below, &above, mask.map(|_| &cover));
        row_rest[..samples].copy_from_slice(&below[..samples]);
    }
}

/// Colours and alphas of eight pixels, `0.0..=1.0`.
#[inline(always)]
fn planes<S: Wide>(simd: S, pixels: &[u16; EIGHT]) -> (float::Planes<S>, f32x8<S>) {
    let mut lanes = [[0.0_f32; 8]; 4];
    for (at, pixel) in pixels.as_chunks::<4>().0.iter().enumerate() {
        for (lane, &sample) in lanes.iter_mut().zip(pixel) {
            lane[at] = f32::from(sample);
        }
    }
    let share = f32x8::splat(simd, 1.0 / 65535.0);
    let plane = |at: usize| f32x8::load_array(simd, lanes[at]) * share;
    ([plane(0), plane(1), plane(2)], plane(3))
}

/// Four channels of `0.0..=1.0` to pixels, rounded to nearest, wherever `shows` is above 0.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast to an integer saturates"
)]
fn pack<S: Wide>(channels: [f32x8<S>; 4], shows: f32x8<S>, pixels: &mut [u16; EIGHT]) {
    let channels = channels.map(|channel| channel.to_array());
    let shows: [f32; 8] = shows.to_array();
    for (at, pixel) in pixels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        if shows[at] <= 0.0 {
            continue;
        }
        let sample = |channel: usize| (channels[channel][at] * 65535.0 + 0.5) as u16;
        // What nobody sees has no colour.
        *pixel = match sample(3) {
            0 => [0; 4],
            alpha => [sample(0), sample(1), sample(2), alpha],
        };
    }
}

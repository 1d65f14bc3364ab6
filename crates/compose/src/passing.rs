//! Groups whose members are painted straight onto what lies below, and what is clipped to them.

use marquetry_pixel::Rect;

use crate::depth::Depth;
use crate::floor::paint_run;
use crate::mask::{Plane, mask_row};
use crate::paint::{Band, Scratch, copy_out, rows};
use crate::step::Step;

/// Members painted onto the band, then faded back where the group is not wholly there.
pub(crate) fn pass_through<S: Depth>(
    step: &Step<'_>,
    children: &[Step<'_>],
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let whole = step.masks.is_empty() && clip.is_none() && step.ink.replaces();
    if whole && step.clipped.is_empty() {
        return paint_run(children, band, None, scratch);
    }
    let mut before = scratch.take(area.width as usize * area.height as usize * 4);
    copy_out(band, area, &mut before);
    paint_run(children, band, None, scratch);
    if !step.clipped.is_empty() {
        paint_clipped_inside(step, area, band, &before, scratch);
    }
    if !whole {
        let mut mask_buffer = scratch.take_bytes(area.width as usize);
        for (y, before) in rows(area).zip(before.chunks_exact(area.width as usize * 4)) {
            let row_area = Rect { y, height: 1, ..area };
            let mask = mask_row(step.masks, clip, row_area, &mut mask_buffer);
            let row = band.row_mut(y, area.x, area.width);
            S::fade_row(scratch.level, step.ink.opacity(), row, before, mask);
        }
        scratch.give_bytes(mask_buffer);
    }
    scratch.give(before);
}

/// Paints what is clipped to a group on the members' colours, inside their shape among themselves.
///
/// At an edge those colours are what the members have added to what was there `before`, as if their
/// shape were everywhere; so an edge is one edge, and what covers the group hides it there as well. A
/// stored picture of Photoshop's (a soft red disc under a clipped green square) shows no red at all.
fn paint_clipped_inside<S: Depth>(
    step: &Step<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    before: &[S],
    scratch: &mut Scratch<S>,
) {
    let mut own_pixels = scratch.take(before.len());
    let mut own = Band {
        area,
        pixels: &mut own_pixels,
    };
    step.source.gather(&mut own, scratch);
    let mut members = scratch.take(before.len());
    copy_out(band, area, &mut members);
    for ((pixel, own), before) in members
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(own_pixels.as_chunks::<4>().0)
        .zip(before.as_chunks::<4>().0)
    {
        *pixel = added(*before, *pixel, own[3]);
    }
    let mut clipped_pixels = scratch.take(before.len());
    clipped_pixels.copy_from_slice(&members);
    let mut clipped = Band {
        area,
        pixels: &mut clipped_pixels,
    };
    paint_run(&step.clipped, &mut clipped, None, scratch);
    let row_samples = area.width as usize * 4;
    let lines = own_pixels
        .chunks_exact(row_samples)
        .zip(members.chunks_exact(row_samples))
        .zip(clipped_pixels.chunks_exact(row_samples));
    for (y, ((own, members), clipped)) in rows(area).zip(lines) {
        let row = band.row_mut(y, area.x, area.width).as_chunks_mut::<4>().0;
        let lines = own.as_chunks::<4>().0.iter().zip(members.as_chunks::<4>().0);
        for ((pixel, (own, members)), clipped) in row.iter_mut().zip(lines).zip(clipped.as_chunks::<4>().0) {
            *pixel = exchanged(*pixel, *members, *clipped, own[3]);
        }
    }
    scratch.give(own_pixels);
    scratch.give(members);
    scratch.give(clipped_pixels);
}

/// The opaque colour that, of a strength of `alpha`, makes `before` to `after`.
fn added<S: Depth>(before: [S; 4], after: [S; 4], alpha: S) -> [S; 4] {
    let [alpha, whole, old, full] = [alpha, after[3], before[3], S::FULL].map(S::whole);
    if alpha == 0 {
        return [after[0], after[1], after[2], S::FULL];
    }
    let colour = |at: usize| {
        let left = before[at].whole() * old * (full - alpha) / full;
        nearest(after[at].whole() * whole - left, alpha)
    };
    [colour(0), colour(1), colour(2), S::FULL]
}

/// `pixel`, in which `old` has a share of `alpha`, with `new` in its place.
fn exchanged<S: Depth>(pixel: [S; 4], old: [S; 4], new: [S; 4], alpha: S) -> [S; 4] {
    let (alpha, whole) = (alpha.whole(), pixel[3].whole());
    if alpha == 0 || whole == 0 {
        return pixel;
    }
    let colour = |at: usize| {
        let change = (new[at].whole() - old[at].whole()) * alpha;
        nearest(pixel[at].whole() * whole + change, whole)
    };
    [colour(0), colour(1), colour(2), pixel[3]]
}

/// `sum / by` to the nearest sample; `by` is above 0.
fn nearest<S: Depth>(sum: i64, by: i64) -> S {
    S::of_whole((sum.max(0) + by / 2) / by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_again() {
        let (before, colour) = ([200u8, 100, 0, 255], [0u8, 50, 250]);
        for alpha in [40u8, 128, 255] {
            let mix = |at: usize| {
                let (old, new) = (u32::from(before[at]), u32::from(colour[at]));
                u8::try_from((old * u32::from(255 - alpha) + new * u32::from(alpha) + 127) / 255).unwrap()
            };
            let after = [mix(0), mix(1), mix(2), 255];
            let found = added(before, after, alpha);
            for (found, colour) in found.into_iter().zip(colour) {
                // Half a level of the mix is so many of the colour.
                assert!(
                    found.abs_diff(colour) <= 1 + 128 / alpha,
                    "{found} {colour} {alpha}"
                );
            }
            let back = exchanged(after, found, [before[0], before[1], before[2], 255], alpha);
            for (back, before) in back.into_iter().zip(before) {
                assert!(back.abs_diff(before) <= 1, "{back} {before} {alpha}");
            }
        }
        assert_eq!(added([9; 4], [1, 2, 3, 4], 0u8), [1, 2, 3, 255]);
        assert_eq!(exchanged([0; 4], [1; 4], [255; 4], 7u8), [0; 4]);
    }
}

//! Paints a step that adjusts. Effects of it are not drawn: it has no pixels of its own to wear them.

use super::Adjustment;
use crate::depth::Depth;
use crate::mask::{Plane, mask_row};
use crate::paint::{Band, Scratch, lay, make_opaque, paint, rows};
use crate::step::Step;
use marquetry_pixel::Rect;

/// Colours of the band changed where they are.
pub(crate) fn paint_adjusted<S: Depth>(
    step: &Step<'_>,
    adjustment: &Adjustment,
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let mut source = scratch.take(area.width as usize * 4);
    let mut mask_buffer = scratch.take_bytes(area.width as usize);
    for y in rows(area) {
        let row_area = Rect { y, height: 1, ..area };
        let mask = mask_row(step.masks, clip, row_area, &mut mask_buffer);
        if mask.is_some_and(|mask| mask.iter().all(|&share| share == 0)) {
            continue;
        }
        let row = band.row_mut(y, area.x, area.width);
        if step.clipped.is_empty() && mask.is_none() && step.ink.replaces() {
            S::adjust(adjustment, row);
            continue;
        }
        let alphas = make_opaque(row, std::convert::identity);
        source.copy_from_slice(row);
        S::adjust(adjustment, &mut source);
        let mut own = Band {
            area: row_area,
            pixels: &mut source,
        };
        paint(&step.clipped, &mut own, None, scratch);
        lay(step.ink, row_area, row, &source, mask, scratch);
        for (pixel, alpha) in row.as_chunks_mut::<4>().0.iter_mut().zip(alphas) {
            pixel[3] = alpha;
        }
    }
    scratch.give(source);
    scratch.give_bytes(mask_buffer);
}

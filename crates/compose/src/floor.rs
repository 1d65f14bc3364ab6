//! What a knockout punches through to.

use marquetry_pixel::Rect;

use crate::art::Art;
use crate::depth::Depth;
use crate::mask::Plane;
use crate::paint::{Band, Scratch, copy_row, paint, rows, sample_range};
use crate::step::Step;
use crate::style::Knockout;

/// What was there before the lowest of some steps was painted; nothing at all by default.
#[derive(Debug, Default)]
pub(crate) struct Floor<S> {
    area: Rect,
    /// Straight RGBA of `area`, rows packed.
    pixels: Vec<S>,
}

impl<S: Depth> Floor<S> {
    /// The pixels of `area`, transparent where the floor has none.
    pub(crate) fn copy_out(&self, area: Rect, into: &mut [S]) {
        into.fill(S::default());
        let held = area.intersect(self.area);
        for y in rows(held) {
            let row = &self.pixels[sample_range(self.area, y, held.x, held.width, 4)];
            into[sample_range(area, y, held.x, held.width, 4)].copy_from_slice(row);
        }
    }
}

/// The pixels of `area` of a picture of the whole canvas, transparent where there is none.
pub(crate) fn copy_ground<S: Depth>(ground: Option<&Art>, area: Rect, into: &mut [S]) {
    into.fill(S::default());
    let Some(ground) = ground else {
        return;
    };
    let held = area.intersect(ground.size().rect());
    for y in rows(held) {
        let from = held.x.unsigned_abs() as usize * 4;
        let into = &mut into[sample_range(area, y, held.x, held.width, 4)];
        copy_row(ground, y.unsigned_abs(), from, into);
    }
}

/// Paints `steps`, members of one group or clipped to one layer, whose knockouts reach what `band`
/// holds now.
pub(crate) fn paint_run<S: Depth>(
    steps: &[Step<'_>],
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let shallow = |step: &Step<'_>| {
        let dress = step.dress.as_deref();
        dress.is_some_and(|dress| matches!(dress.knockout, Knockout::Shallow))
    };
    if !steps.iter().any(shallow) {
        return paint(steps, band, clip, scratch);
    }
    let floor = Floor {
        area: band.area,
        pixels: band.part(band.area),
    };
    on_floor(Some(floor), scratch, |scratch| paint(steps, band, clip, scratch));
}

/// Runs `painting` with another floor, or with none.
pub(crate) fn on_floor<S: Depth>(
    floor: Option<Floor<S>>,
    scratch: &mut Scratch<S>,
    painting: impl FnOnce(&mut Scratch<S>),
) {
    let outer = std::mem::replace(&mut scratch.floor, floor.unwrap_or_default());
    painting(scratch);
    scratch.floor = outer;
}

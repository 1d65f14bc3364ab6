//! What masks let through, row by row.

use marquetry_pixel::{Rect, share_to_byte};

use crate::depth::Depth;
use crate::paint::{rows, sample_range};
use crate::scene::Mask;
use crate::step::Step;

/// What a clipping base lets through, a byte a pixel.
#[derive(Debug)]
pub(crate) struct Plane {
    area: Rect,
    bytes: Vec<u8>,
}

impl Plane {
    /// `bytes` are one for each pixel of `area`, rows packed.
    pub(crate) fn new(area: Rect, bytes: Vec<u8>) -> Self {
        debug_assert_eq!(bytes.len() as u64, area.size().pixels());
        Self { area, bytes }
    }

    /// What several lists of masks together let through, all over `area`.
    pub(crate) fn of_masks<'a>(area: Rect, lists: impl IntoIterator<Item = &'a [Mask]> + Clone) -> Self {
        let mut bytes = vec![255; area.width as usize * area.height as usize];
        for (y, row) in rows(area).zip(bytes.chunks_exact_mut(area.width.max(1) as usize)) {
            for masks in lists.clone() {
                hold_back(row, masks, None, Rect { y, height: 1, ..area });
            }
        }
        Self { area, bytes }
    }

    /// Where it says anything; all else is held back.
    pub(crate) fn area(&self) -> Rect {
        self.area
    }

    /// The alpha of `pixels` (straight RGBA of `area`) after the step's masks, opacity and clip.
    pub(crate) fn from_alpha<S: Depth>(
        area: Rect,
        pixels: &[S],
        step: &Step<'_>,
        clip: Option<&Self>,
        buffer: &mut [u8],
    ) -> Self {
        let alphas = pixels.as_chunks::<4>().0.iter().map(|pixel| pixel[3].byte());
        let mut bytes: Vec<u8> = alphas.collect();
        let opacity = share_to_byte(step.opacity.get());
        for (y, row) in rows(area).zip(bytes.chunks_exact_mut(area.width as usize)) {
            let row_area = Rect { y, height: 1, ..area };
            if let Some(mask) = mask_row(step.masks, clip, row_area, buffer) {
                multiply(row, mask);
            }
            if opacity < 255 {
                for byte in row {
                    *byte = times(*byte, opacity);
                }
            }
        }
        Self { area, bytes }
    }

    /// Rows packed.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Rows packed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The one row of `area`, which is within the plane.
    pub(crate) fn row(&self, area: Rect) -> &[u8] {
        &self.bytes[sample_range(self.area, area.y, area.x, area.width, 1)]
    }
}

/// What `masks` and `clip` together let through in the one row of `area`; `None` is everything.
/// `buffer` is at least as long as the row.
pub(crate) fn mask_row<'a>(
    masks: &'a [Mask],
    clip: Option<&'a Plane>,
    area: Rect,
    buffer: &'a mut [u8],
) -> Option<&'a [u8]> {
    match (masks, clip) {
        ([], None) => None,
        ([], Some(clip)) => Some(clip.row(area)),
        ([mask], None) if mask.density.get() >= 1.0 && mask.area().contains(area) => Some(mask.row(area)),
        _ => {
            let row = &mut buffer[..area.width as usize];
            match clip {
                Some(clip) => row.copy_from_slice(clip.row(area)),
                None => row.fill(255),
            }
            for mask in masks {
                mask.apply(area, row);
            }
            Some(row)
        }
    }
}

/// Holds `row`, the one row of `area`, back by all of `masks` and by `clip`.
pub(crate) fn hold_back(row: &mut [u8], masks: &[Mask], clip: Option<&Plane>, area: Rect) {
    for mask in masks {
        mask.apply(area, row);
    }
    if let Some(clip) = clip {
        multiply(row, clip.row(area));
    }
}

impl Mask {
    fn area(&self) -> Rect {
        self.coverage.size().rect().translate(self.at.0, self.at.1)
    }

    /// One row of the coverage; `area` is within it.
    fn row(&self, area: Rect) -> &[u8] {
        let from = area.x.abs_diff(self.at.0) as usize;
        &self.coverage.row(area.y.abs_diff(self.at.1))[from..from + area.width as usize]
    }

    /// Holds `row`, the one row of `area`, back.
    fn apply(&self, area: Rect, row: &mut [u8]) {
        let density = share_to_byte(self.density.get());
        let dense = |through: u8| 255 - times(density, 255 - through);
        let inside = area.intersect(self.area());
        if inside.is_empty() {
            let outside = dense(self.outside);
            row.iter_mut().for_each(|byte| *byte = times(*byte, outside));
            return;
        }
        let (before, rest) = row.split_at_mut(inside.x.abs_diff(area.x) as usize);
        let (within, after) = rest.split_at_mut(inside.width as usize);
        let outside = dense(self.outside);
        for byte in before.iter_mut().chain(after) {
            *byte = times(*byte, outside);
        }
        let coverage = self.row(inside);
        if density == 255 {
            multiply(within, coverage);
        } else {
            for (byte, &through) in within.iter_mut().zip(coverage) {
                *byte = times(*byte, dense(through));
            }
        }
    }
}

fn multiply(row: &mut [u8], by: &[u8]) {
    for (byte, &by) in row.iter_mut().zip(by) {
        *byte = times(*byte, by);
    }
}

/// `a * b / 255`, rounded to nearest; exact for every pair.
pub(crate) fn times(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    let [_, share] = (product + (product >> 8)).to_le_bytes();
    share
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use marquetry_pixel::{Coverage, Opacity, Size};

    use super::*;

    #[test]
    fn products_are_rounded_exactly() {
        for a in 0..=255u8 {
            for b in 0..=255u8 {
                let exact = (f64::from(a) * f64::from(b) / 255.0).round();
                assert_eq!(f64::from(times(a, b)), exact, "{a} * {b}");
            }
        }
    }

    #[test]
    fn masks_multiply_with_their_outside_and_density() {
        let coverage = Coverage::from_bytes(Size::new(2, 1), vec![0, 128]).unwrap();
        let mask = Mask {
            outside: 255,
            ..Mask::new(Arc::new(coverage), (1, 5))
        };
        let weak = Mask {
            density: Opacity::new(0.5).unwrap(),
            ..mask.clone()
        };
        let mut buffer = [0; 4];
        let area = Rect::new(0, 5, 4, 1);
        let row = mask_row(std::slice::from_ref(&mask), None, area, &mut buffer);
        assert_eq!(row, Some(&[255, 0, 128, 255][..]));
        let both = [mask, weak];
        let mut buffer = [0; 4];
        assert_eq!(
            mask_row(&both, None, area, &mut buffer),
            Some(&[255, 0, 96, 255][..])
        );
        let mut buffer = [0; 4];
        let below = Rect::new(0, 6, 4, 1);
        assert_eq!(mask_row(&both, None, below, &mut buffer), Some(&[255; 4][..]));
    }
}

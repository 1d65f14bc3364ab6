//! Pixels together with what drawing them again and again wants to know about them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use marquetry_pixel::{Raster, Size};

/// Pixels that are drawn, once or many times.
///
/// Facts about them (where they are transparent, halved copies for shrinking) are found when first
/// needed and kept, so an `Arc<Art>` that outlives a render makes the next one cheaper.
#[derive(Debug)]
pub struct Art {
    raster: Arc<Raster>,
    spans: OnceLock<Vec<Span>>,
    /// Each half as wide and as high as the one before, the first half the raster's own size; as
    /// many as have been asked for.
    halves: Vec<OnceLock<Raster>>,
}

/// What a row's alpha says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Columns outside are fully transparent.
    pub(crate) columns: Range<u32>,
    /// Whether every column inside is fully opaque.
    pub(crate) opaque: bool,
}

impl Art {
    /// Takes pixels, or a share in them.
    pub fn new(raster: impl Into<Arc<Raster>>) -> Self {
        let raster: Arc<Raster> = raster.into();
        let longest = raster.width().max(raster.height()).max(1);
        Self {
            raster,
            spans: OnceLock::new(),
            halves: (0..longest.ilog2()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The pixels.
    pub fn raster(&self) -> &Raster {
        &self.raster
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.raster.size()
    }

    /// Memory held, in bytes: the pixels and what has been worked out from them so far.
    pub fn cost(&self) -> u64 {
        let spans = self
            .spans
            .get()
            .map_or(0, |spans| size_of_val(spans.as_slice()) as u64);
        let halves: u64 = self
            .halves
            .iter()
            .filter_map(OnceLock::get)
            .map(Raster::cost)
            .sum();
        self.raster.cost() + spans + halves
    }

    /// The pixels after `times` halvings, at most down to one pixel. A pixel of the halved raster
    /// lies over two by two of the one before; odd sizes are rounded up.
    pub(crate) fn halved(&self, times: usize) -> &Raster {
        let Some(last) = times.min(self.halves.len()).checked_sub(1) else {
            return &self.raster;
        };
        self.halves[last].get_or_init(|| half(self.halved(last)))
    }

    /// Where each row is not transparent. One pass over the pixels, the first time.
    pub(crate) fn spans(&self) -> &[Span] {
        self.spans.get_or_init(|| {
            (0..self.raster.height())
                .map(|y| span(self.raster.row(y).as_chunks().0))
                .collect()
        })
    }
}

impl From<Raster> for Art {
    fn from(raster: Raster) -> Self {
        Self::new(raster)
    }
}

fn span(row: &[[u8; 4]]) -> Span {
    let seen = |pixel: &[u8; 4]| pixel[3] != 0;
    let Some(first) = row.iter().position(seen) else {
        return Span {
            columns: 0..0,
            opaque: true,
        };
    };
    let last = row.iter().rposition(seen).unwrap_or(first);
    let opaque = row[first..=last]
        .iter()
        .fold(255, |least, pixel| least & pixel[3])
        == 255;
    let column = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        columns: column(first)..column(last + 1),
        opaque,
    }
}

/// Each pixel the mean of two by two, colours weighed by their alpha.
fn half(raster: &Raster) -> Raster {
    let size = raster.size();
    let mut made = Raster::new(Size::new(size.width.div_ceil(2), size.height.div_ceil(2)));
    for y in 0..made.height() {
        let above = raster.row(2 * y).as_chunks::<4>().0;
        let below = raster.row((2 * y + 1).min(size.height - 1)).as_chunks::<4>().0;
        let row = made.row_mut(y).as_chunks_mut::<4>().0;
        for (at, pixel) in row.iter_mut().enumerate() {
            let (left, right) = (2 * at, (2 * at + 1).min(above.len() - 1));
            *pixel = mean([above[left], above[right], below[left], below[right]]);
        }
    }
    made
}

/// The mean of four straight-alpha pixels.
#[expect(clippy::cast_possible_truncation, reason = "the mean of bytes is a byte")]
fn mean(four: [[u8; 4]; 4]) -> [u8; 4] {
    let alphas = four.map(|pixel| u32::from(pixel[3]));
    let sum: u32 = alphas.iter().sum();
    if sum == 0 {
        return [0; 4];
    }
    let colour = |at: usize| -> u8 {
        let values = four.map(|pixel| u32::from(pixel[at]));
        if sum == 4 * 255 {
            ((values.iter().sum::<u32>() + 2) / 4) as u8
        } else {
            let weighed: u32 = values
                .iter()
                .zip(alphas)
                .map(|(value, alpha)| value * alpha)
                .sum();
            ((weighed + sum / 2) / sum) as u8
        }
    };
    [colour(0), colour(1), colour(2), ((sum + 2) / 4) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_where_they_are_transparent() {
        let pixels = [
            [9, 9, 9, 0],
            [1, 2, 3, 255],
            [4, 5, 6, 255],
            [0; 4],
            [0; 4],
            [0; 4],
        ];
        let art = Art::from(Raster::from_bytes(Size::new(3, 2), pixels.concat()).unwrap());
        let spans = art.spans();
        assert_eq!((spans[0].columns.clone(), spans[0].opaque), (1..3, true));
        assert!(spans[1].columns.is_empty());
    }

    #[test]
    fn halving_weighs_colour_by_alpha_and_rounds_sizes_up() {
        let mut raster = Raster::filled(Size::new(5, 3), [200, 0, 0, 255]);
        raster.pixels_mut()[0] = [0, 0, 0, 0];
        let art = Art::from(raster);
        assert_eq!(art.halved(1).size(), Size::new(3, 2));
        assert_eq!(art.halved(1).pixel(0, 0), Some([200, 0, 0, 191]));
        assert_eq!(art.halved(1).pixel(2, 1), Some([200, 0, 0, 255]));
        assert_eq!(art.halved(9).size(), Size::new(2, 1));
    }
}

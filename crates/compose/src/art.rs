//! Pixels together with what drawing them again and again wants to know about them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use marquetry_pixel::{DeepRaster, Raster, Rect, Sample, Size};

use crate::depth::Depth;

/// Pixels that are drawn, once or many times.
///
/// Facts about them (where they are transparent, halved copies for shrinking) are found when first
/// needed and kept, so an `Arc<Art>` that outlives a render makes the next one cheaper.
///
/// Art is of bytes or of 16 bits a sample, and either can be drawn in either depth.
#[derive(Debug)]
pub struct Art {
    size: Size,
    /// Of art of 16 bits, rounded when something is first drawn with it in bytes.
    bytes: OnceLock<Arc<Raster>>,
    /// `None` of art of bytes.
    deep: Option<Arc<DeepRaster>>,
    spans: OnceLock<Vec<Span>>,
    body: OnceLock<Rect>,
    halves: Halves<Raster>,
    deep_halves: Halves<DeepRaster>,
}

/// Each half as wide and as high as the one before, the first half the art's own size; as many as have
/// been asked for.
type Halves<R> = Vec<OnceLock<R>>;

fn none_yet<R>(size: Size) -> Halves<R> {
    let longest = size.width.max(size.height).max(1);
    (0..longest.ilog2()).map(|_| OnceLock::new()).collect()
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
        let size = raster.size();
        Self {
            size,
            bytes: OnceLock::from(raster),
            deep: None,
            spans: OnceLock::new(),
            body: OnceLock::new(),
            halves: none_yet(size),
            deep_halves: Vec::new(),
        }
    }

    /// Takes pixels of 16 bits a sample, or a share in them.
    pub fn of_deep(raster: impl Into<Arc<DeepRaster>>) -> Self {
        let raster: Arc<DeepRaster> = raster.into();
        let size = raster.size();
        Self {
            size,
            bytes: OnceLock::new(),
            deep: Some(raster),
            spans: OnceLock::new(),
            body: OnceLock::new(),
            halves: none_yet(size),
            deep_halves: none_yet(size),
        }
    }

    /// The pixels in bytes. Those of art of 16 bits are rounded the first time and kept beside them; see
    /// [`alpha`](Self::alpha) and [`to_raster`](Self::to_raster) for what needs no second copy.
    pub fn raster(&self) -> &Raster {
        self.bytes.get_or_init(|| {
            let narrowed = self.deep().map(DeepRaster::narrowed);
            Arc::new(narrowed.unwrap_or_else(|| Raster::new(self.size)))
        })
    }

    /// The pixels of art of 16 bits.
    pub fn deep(&self) -> Option<&DeepRaster> {
        self.deep.as_deref()
    }

    /// How opaque the pixel at column `x`, row `y` is; nothing outside.
    pub fn alpha(&self, x: u32, y: u32) -> u8 {
        match self.deep() {
            Some(deep) => deep.pixel(x, y).map_or(0, |pixel| pixel[3].byte()),
            None => self.raster().pixel(x, y).map_or(0, |pixel| pixel[3]),
        }
    }

    /// A copy of the pixels in bytes.
    pub fn to_raster(&self) -> Raster {
        self.deep()
            .map_or_else(|| self.raster().clone(), DeepRaster::narrowed)
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
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
        let deep_halves: u64 = self
            .deep_halves
            .iter()
            .filter_map(OnceLock::get)
            .map(DeepRaster::cost)
            .sum();
        let bytes = self.bytes.get().map_or(0, |raster| raster.cost());
        bytes + self.deep().map_or(0, DeepRaster::cost) + spans + halves + deep_halves
    }

    /// The pixels after `times` halvings, at most down to one pixel. A pixel of the halved raster
    /// lies over two by two of the one before; odd sizes are rounded up.
    pub(crate) fn halved(&self, times: usize) -> &Raster {
        let Some(last) = times.min(self.halves.len()).checked_sub(1) else {
            return self.raster();
        };
        self.halves[last].get_or_init(|| {
            let whole = self.halved(last);
            let mut made = Raster::new(half_size(whole.size()));
            halve(whole.size(), whole.bytes(), made.bytes_mut());
            made
        })
    }

    /// The same of art of 16 bits; `None` of art of bytes.
    pub(crate) fn halved_deep(&self, times: usize) -> Option<&DeepRaster> {
        let Some(last) = times.min(self.deep_halves.len()).checked_sub(1) else {
            return self.deep();
        };
        let whole = self.halved_deep(last)?;
        Some(self.deep_halves[last].get_or_init(|| {
            let mut made = DeepRaster::new(half_size(whole.size()));
            halve(whole.size(), whole.samples(), made.samples_mut());
            made
        }))
    }

    /// The least rectangle that holds all pixels which are at least half opaque; empty where there are none. One pass
    /// over the pixels, the first time.
    pub fn body(&self) -> Rect {
        *self.body.get_or_init(|| {
            let rows = 0..self.size.height;
            match self.deep() {
                Some(deep) => body(rows.map(|y| deep.row(y).as_chunks().0)),
                None => body(rows.map(|y| self.raster().row(y).as_chunks().0)),
            }
        })
    }

    /// Where each row is not transparent. One pass over the pixels, the first time.
    pub(crate) fn spans(&self) -> &[Span] {
        self.spans.get_or_init(|| {
            let rows = 0..self.size.height;
            match self.deep() {
                Some(deep) => rows.map(|y| span(deep.row(y).as_chunks().0)).collect(),
                None => rows.map(|y| span(self.raster().row(y).as_chunks().0)).collect(),
            }
        })
    }
}

impl From<Raster> for Art {
    fn from(raster: Raster) -> Self {
        Self::new(raster)
    }
}

fn span<S: Depth>(row: &[[S; 4]]) -> Span {
    let seen = |pixel: &[S; 4]| pixel[3] != S::default();
    let Some(first) = row.iter().position(seen) else {
        return Span {
            columns: 0..0,
            opaque: true,
        };
    };
    let last = row.iter().rposition(seen).unwrap_or(first);
    let least = row[first..=last]
        .iter()
        .map(|pixel| pixel[3])
        .fold(S::FULL, S::min);
    let column = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        columns: column(first)..column(last + 1),
        opaque: least == S::FULL,
    }
}

fn body<'a, S: Depth>(rows: impl Iterator<Item = &'a [[S; 4]]>) -> Rect {
    let solid = |pixel: &[S; 4]| pixel[3].byte() >= 128;
    let mut body = Rect::default();
    for (y, row) in (0..).zip(rows) {
        if let Some(first) = row.iter().position(solid) {
            let last = row.iter().rposition(solid).unwrap_or(first);
            let (Ok(x), Ok(width)) = (i32::try_from(first), u32::try_from(last - first + 1)) else {
                continue;
            };
            body = body.union(Rect::new(x, y, width, 1));
        }
    }
    body
}

fn half_size(size: Size) -> Size {
    Size::new(size.width.div_ceil(2), size.height.div_ceil(2))
}

/// Each pixel of `made` the mean of two by two of `whole`, which is of `size`.
fn halve<S: Depth>(size: Size, whole: &[S], made: &mut [S]) {
    let (whole, made) = (whole.as_chunks::<4>().0, made.as_chunks_mut::<4>().0);
    if size.is_empty() {
        return;
    }
    let (width, half_width) = (size.width as usize, half_size(size).width as usize);
    let rows: Vec<&[[S; 4]]> = whole.chunks_exact(width).collect();
    for (row, pair) in made.chunks_exact_mut(half_width).zip(rows.chunks(2)) {
        let (above, below) = (pair[0], pair[pair.len() - 1]);
        for (at, pixel) in row.iter_mut().enumerate() {
            let (left, right) = (2 * at, (2 * at + 1).min(width - 1));
            *pixel = S::mean([above[left], above[right], below[left], below[right]]);
        }
    }
}

/// The mean of four straight-alpha pixels, colours weighed by their alpha.
#[expect(clippy::cast_possible_truncation, reason = "the mean of bytes is a byte")]
pub(crate) fn mean_of_bytes(four: [[u8; 4]; 4]) -> [u8; 4] {
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

/// The same of 16 bits.
#[expect(clippy::cast_possible_truncation, reason = "the mean of 16 bits has 16 bits")]
pub(crate) fn mean_of_deep(four: [[u16; 4]; 4]) -> [u16; 4] {
    let alphas = four.map(|pixel| u64::from(pixel[3]));
    let sum: u64 = alphas.iter().sum();
    if sum == 0 {
        return [0; 4];
    }
    let colour = |at: usize| -> u16 {
        let values = four.map(|pixel| u64::from(pixel[at]));
        let weighed: u64 = values
            .iter()
            .zip(alphas)
            .map(|(value, alpha)| value * alpha)
            .sum();
        ((weighed + sum / 2) / sum) as u16
    };
    [colour(0), colour(1), colour(2), ((sum + 2) / 4) as u16]
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
    fn the_body_is_what_is_half_opaque_in_either_depth() {
        let mut alphas = [2_u8; 20];
        (alphas[6], alphas[13], alphas[14]) = (128, 255, 127);
        let bytes = alphas.map(|alpha| [9, 9, 9, alpha]).concat();
        let raster = Raster::from_bytes(Size::new(5, 4), bytes).unwrap();
        let wanted = Rect::new(1, 1, 3, 2);
        assert_eq!(Art::of_deep(DeepRaster::widened(&raster)).body(), wanted);
        assert_eq!(Art::from(raster).body(), wanted);
        let faint = Raster::filled(Size::new(3, 3), [9, 9, 9, 127]);
        assert!(Art::from(faint).body().is_empty());
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

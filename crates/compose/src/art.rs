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
    /// Each half as wide and as high as the one before, the first half the raster's own size.
    halves: OnceLock<Vec<Raster>>,
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
        Self {
            raster: raster.into(),
            spans: OnceLock::new(),
            halves: OnceLock::new(),
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
        let halves = self
            .halves
            .get()
            .into_iter()
            .flatten()
            .map(Raster::cost)
            .sum::<u64>();
        self.raster.cost() + spans + halves
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

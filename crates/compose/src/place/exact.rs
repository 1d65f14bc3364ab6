//! One sample at a time in `f32`, with colours weighed by alpha.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and positions are clamped to the raster before they index it"
)]

use marquetry_pixel::{DeepRaster, Raster, Sample, Size};

use super::Kernel;
use crate::art::Art;

/// Pixels to take samples from.
#[derive(Clone, Copy)]
pub(super) struct Pixels<'a, S> {
    size: Size,
    pixels: &'a [[S; 4]],
}

impl<'a> From<&'a Raster> for Pixels<'a, u8> {
    fn from(raster: &'a Raster) -> Self {
        Self {
            size: raster.size(),
            pixels: raster.pixels(),
        }
    }
}

impl<'a> From<&'a DeepRaster> for Pixels<'a, u16> {
    fn from(raster: &'a DeepRaster) -> Self {
        Self {
            size: raster.size(),
            pixels: raster.pixels(),
        }
    }
}

/// The pixels of art after some halvings, in the depth in which it is held.
#[derive(Clone, Copy)]
pub(super) enum Held<'a> {
    Bytes(Pixels<'a, u8>),
    Deep(Pixels<'a, u16>),
}

impl<'a> Held<'a> {
    pub(super) fn of(art: &'a Art, halvings: usize) -> Self {
        match art.halved_deep(halvings) {
            Some(deep) => Self::Deep(deep.into()),
            None => Self::Bytes(art.halved(halvings).into()),
        }
    }

    /// [`add`] from either.
    #[inline]
    pub(super) fn add(self, sum: &mut Sum, kernel: Kernel, u: f64, v: f64) {
        match self {
            Self::Bytes(pixels) => add(sum, kernel, pixels, u, v),
            Self::Deep(pixels) => add(sum, kernel, pixels, u, v),
        }
    }
}

/// Weighed samples so far, in 255ths of all whatever the depth.
#[derive(Default)]
pub(super) struct Sum {
    /// Each times alpha.
    colour: [f32; 3],
    alpha: f32,
}

impl Sum {
    /// Straight RGBA of the mean of `count` samples, their alpha times `coverage`.
    pub(super) fn pixel<S: Sample>(&self, count: u32, coverage: f64) -> [S; 4] {
        let alpha = (self.alpha / count as f32).clamp(0.0, 255.0) * coverage as f32;
        let alpha = S::of_level(alpha);
        if alpha == S::default() {
            return [S::default(); 4];
        }
        let [red, green, blue] = self
            .colour
            .map(|sum| S::of_level((sum / self.alpha).clamp(0.0, 255.0)));
        [red, green, blue, alpha]
    }
}

/// Adds the sample at art point `(u, v)` of `pixels`. Beyond its edges the edge's own pixels go on.
#[inline]
pub(super) fn add<S: Sample>(sum: &mut Sum, kernel: Kernel, pixels: Pixels<'_, S>, u: f64, v: f64) {
    let (u, v) = (u - 0.5, v - 0.5);
    let (column, row) = (u.floor(), v.floor());
    let (right, down) = ((u - column) as f32, (v - row) as f32);
    let (column, row) = (column as i64, row as i64);
    match kernel {
        Kernel::Bilinear => taps(
            sum,
            pixels,
            (column, row),
            &[1.0 - right, right],
            &[1.0 - down, down],
        ),
        Kernel::Bicubic => taps(sum, pixels, (column - 1, row - 1), &cubic(right), &cubic(down)),
    }
}

/// Catmull and Rom's cubic through four pixels, `t` past the second.
#[inline(always)]
pub(super) fn cubic(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    ]
}

#[inline]
fn taps<S: Sample, const N: usize>(
    sum: &mut Sum,
    Pixels { size, pixels }: Pixels<'_, S>,
    from: (i64, i64),
    across: &[f32; N],
    down: &[f32; N],
) {
    let (last_column, last_row) = (i64::from(size.width) - 1, i64::from(size.height) - 1);
    for (row, &weight) in (from.1..).zip(down) {
        let row = &pixels[row.clamp(0, last_row) as usize * size.width as usize..];
        for (column, &share) in (from.0..).zip(across) {
            let [red, green, blue, alpha] = row[column.clamp(0, last_column) as usize].map(S::level);
            let alpha = alpha * share * weight;
            sum.colour[0] += red * alpha;
            sum.colour[1] += green * alpha;
            sum.colour[2] += blue * alpha;
            sum.alpha += alpha;
        }
    }
}

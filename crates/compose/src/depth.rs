//! The two depths that a scene is painted in: bytes, and 16 bits a sample.
//!
//! What walks a scene (`paint`, `dress`, `passing`, `floor`) is written once for both. Where the depth
//! matters for more than a number, [`Depth`] says so: bytes have wide instructions for everything, which
//! no mockup should be drawn without; 16 bits take plain loops and the formulas in floats.
//!
//! Masks, coverage and the planes that effects are made of are bytes at either depth. They say how much of
//! a colour shows, and 256 steps of that are never seen.

use fearless_simd::Level;
use marquetry_pixel::Sample;

use crate::adjust::Adjustment;
use crate::art::{self, Art};
use crate::blend::{self, Ink, Table};
use crate::place::{Sampler, WarpSampler};

/// What differs between bytes and 16 bits. Rows are straight RGBA; of a mask, every pixel has a byte.
pub(crate) trait Depth: Sample {
    /// Lays `source` over `row`, as long as it.
    fn blend_row(level: Level, ink: Ink, row: &mut [Self], source: &[Self], mask: Option<&[u8]>);

    /// Fades `row` back towards `before` where `mask` and `opacity` say less than all: what a pass-through
    /// group does with what its members painted.
    fn fade_row(level: Level, opacity: f32, row: &mut [Self], before: &[Self], mask: Option<&[u8]>);

    /// A colour as text mixes it, and back.
    fn to_text(self) -> f32;

    /// The nearest sample to a value that text has mixed.
    fn of_text(value: f32) -> Self;

    /// A share of one between two samples, brought to either by `scatter`: 0.5 to round, or anything else in
    /// `0.0..1.0`. The steps of 16 bits are too small to be hidden, and are rounded to.
    fn scattered(share: f32, scatter: f32) -> Self;

    /// The mean of four straight-alpha pixels, colours weighed by their alpha.
    fn mean(four: [[Self; 4]; 4]) -> [Self; 4];

    /// A row of `art`, when it is held in this depth.
    fn row_of(art: &Art, y: u32) -> Option<&[Self]>;

    /// Changes the colours of a row, whatever its alphas are; these stay.
    fn adjust(adjustment: &Adjustment, row: &mut [Self]);

    /// Looks a row up in what was worked out for one colour without a mask; `false` when that was worked out
    /// for the other depth.
    fn look_up(table: &Table, level: Level, row: &mut [Self]) -> bool;

    /// Straight RGBA of row `y` from column `x` on, as much as `pixels` holds.
    fn sample_placed(sampler: &Sampler<'_>, level: Level, y: i32, x: i32, pixels: &mut [Self]);

    /// The same of what is bent.
    fn sample_warped(sampler: &WarpSampler<'_>, level: Level, y: i32, x: i32, pixels: &mut [Self]);
}

impl Depth for u8 {
    fn blend_row(level: Level, ink: Ink, row: &mut [Self], source: &[Self], mask: Option<&[u8]>) {
        blend::blend_row(level, ink, row, source, mask);
    }

    fn fade_row(level: Level, opacity: f32, row: &mut [Self], before: &[Self], mask: Option<&[u8]>) {
        blend::fade_row(level, opacity, row, before, mask);
    }

    fn to_text(self) -> f32 {
        blend::text::mixed_of_byte(self)
    }

    fn of_text(value: f32) -> Self {
        blend::text::byte_of_mixed(value)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped first, and a cast of NaN is 0"
    )]
    fn scattered(share: f32, scatter: f32) -> Self {
        (share * 255.0 + scatter).clamp(0.0, 255.0) as Self
    }

    fn mean(four: [[Self; 4]; 4]) -> [Self; 4] {
        art::mean_of_bytes(four)
    }

    fn row_of(art: &Art, y: u32) -> Option<&[Self]> {
        art.deep().is_none().then(|| art.raster().row(y))
    }

    fn adjust(adjustment: &Adjustment, row: &mut [Self]) {
        adjustment.apply(row);
    }

    fn look_up(table: &Table, level: Level, row: &mut [Self]) -> bool {
        table.blend_row(level, row);
        true
    }

    fn sample_placed(sampler: &Sampler<'_>, level: Level, y: i32, x: i32, pixels: &mut [Self]) {
        sampler.sample_row(level, y, x, pixels);
    }

    fn sample_warped(sampler: &WarpSampler<'_>, level: Level, y: i32, x: i32, pixels: &mut [Self]) {
        sampler.sample_row(level, y, x, pixels);
    }
}

impl Depth for u16 {
    fn blend_row(level: Level, ink: Ink, row: &mut [Self], source: &[Self], mask: Option<&[u8]>) {
        blend::deep::blend_row(level, ink, row, source, mask);
    }

    fn fade_row(level: Level, opacity: f32, row: &mut [Self], before: &[Self], mask: Option<&[u8]>) {
        blend::deep::fade_row(level, opacity, row, before, mask);
    }

    fn to_text(self) -> f32 {
        blend::text::mixed_of_deep(self)
    }

    fn of_text(value: f32) -> Self {
        blend::text::deep_of_mixed(value)
    }

    fn scattered(share: f32, _: f32) -> Self {
        Self::of_level(share * 255.0)
    }

    fn mean(four: [[Self; 4]; 4]) -> [Self; 4] {
        art::mean_of_deep(four)
    }

    fn row_of(art: &Art, y: u32) -> Option<&[Self]> {
        art.deep().map(|deep| deep.row(y))
    }

    fn adjust(adjustment: &Adjustment, row: &mut [Self]) {
        adjustment.apply_deep(row);
    }

    fn look_up(_: &Table, _: Level, _: &mut [Self]) -> bool {
        false
    }

    fn sample_placed(sampler: &Sampler<'_>, _: Level, y: i32, x: i32, pixels: &mut [Self]) {
        sampler.sample_deep_row(y, x, pixels);
    }

    fn sample_warped(sampler: &WarpSampler<'_>, _: Level, y: i32, x: i32, pixels: &mut [Self]) {
        sampler.sample_deep_row(y, x, pixels);
    }
}

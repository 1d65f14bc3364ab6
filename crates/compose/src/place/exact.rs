//! One sample at a time in `f32`, with colours weighed by alpha.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and positions are clamped to the raster before they index it"
)]

use marquetry_pixel::{Raster, nearest_byte};

use super::Kernel;

/// Weighed samples so far.
#[derive(Default)]
pub(super) struct Sum {
    /// Each times alpha.
    colour: [f32; 3],
    alpha: f32,
}

impl Sum {
    /// Straight RGBA of the mean of `count` samples, their alpha times `coverage`.
    pub(super) fn pixel(&self, count: u32, coverage: f64) -> [u8; 4] {
        let alpha = (self.alpha / count as f32).clamp(0.0, 255.0) * coverage as f32;
        let alpha = nearest_byte(alpha);
        if alpha == 0 {
            return [0; 4];
        }
        let [red, green, blue] = self
            .colour
            .map(|sum| nearest_byte((sum / self.alpha).clamp(0.0, 255.0)));
        [red, green, blue, alpha]
    }
}

/// Adds the sample at art point `(u, v)` of `raster`. Beyond its edges the edge's own pixels go on.
#[inline]
pub(super) fn add(sum: &mut Sum, kernel: Kernel, raster: &Raster, u: f64, v: f64) {
    let (u, v) = (u - 0.5, v - 0.5);
    let (column, row) = (u.floor(), v.floor());
    let (right, down) = ((u - column) as f32, (v - row) as f32);
    let (column, row) = (column as i64, row as i64);
    match kernel {
        Kernel::Bilinear => taps(
            sum,
            raster,
            (column, row),
            &[1.0 - right, right],
            &[1.0 - down, down],
        ),
        Kernel::Bicubic => taps(sum, raster, (column - 1, row - 1), &cubic(right), &cubic(down)),
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
fn taps<const N: usize>(
    sum: &mut Sum,
    raster: &Raster,
    from: (i64, i64),
    across: &[f32; N],
    down: &[f32; N],
) {
    let (last_column, last_row) = (i64::from(raster.width()) - 1, i64::from(raster.height()) - 1);
    for (row, &weight) in (from.1..).zip(down) {
        let pixels = raster.row(row.clamp(0, last_row) as u32).as_chunks::<4>().0;
        for (column, &share) in (from.0..).zip(across) {
            let [red, green, blue, alpha] = pixels[column.clamp(0, last_column) as usize].map(f32::from);
            let alpha = alpha * share * weight;
            sum.colour[0] += red * alpha;
            sum.colour[1] += green * alpha;
            sum.colour[2] += blue * alpha;
            sum.alpha += alpha;
        }
    }
}

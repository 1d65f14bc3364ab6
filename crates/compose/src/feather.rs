//! Soft edges of masks.

use std::sync::Arc;

use marquetry_pixel::{Coverage, Rect, Size, narrow, nearest_byte};

use crate::bounds::grown;
use crate::scene::Mask;

/// The softest edge, in pixels: as far as Photoshop's slider goes.
const SOFTEST: f64 = 1000.0;

impl Mask {
    /// The same mask with edges made soft by `radius` pixels, as far as that matters on `canvas`.
    /// What surrounds the coverage flows into it.
    ///
    /// Three times the mean over a box of two radii's width, both ways; a pixel that the box covers
    /// in part counts in part. The stored picture of a feathered Photoshop mask (15 pixels) is this to
    /// the rounding of its bytes, where a Gaussian curve of the same spread is off by three levels.
    #[must_use]
    pub fn feathered(&self, radius: f64, canvas: Rect) -> Self {
        let Some(kernel) = Kernel::new(radius) else {
            return self.clone();
        };
        let held = self.coverage.size().rect().translate(self.at.0, self.at.1);
        let reach = 3 * u32::try_from(kernel.reach).unwrap_or(u32::MAX);
        let area = grown(held, reach).intersect(canvas);
        if held.is_empty() || area.is_empty() {
            return Self {
                coverage: Arc::new(Coverage::new(Size::default())),
                ..self.clone()
            };
        }
        let lines = grown(area, reach).intersect(held);
        let across = self.across(&kernel, lines, area);
        let coverage = self.down(&kernel, &across, lines, area);
        Self {
            coverage: Arc::new(coverage),
            at: (area.x, area.y),
            outside: self.outside,
            density: self.density,
        }
    }

    /// The rows of `lines` blurred across, in the columns of `area`; a byte is 256 steps.
    fn across(&self, kernel: &Kernel, lines: Rect, area: Rect) -> Vec<u16> {
        let width = area.width as usize;
        let margin = 3 * kernel.reach;
        let mut blurred = Vec::with_capacity(width * lines.height as usize);
        let mut work = Work::default();
        let left = i64::from(area.x) - margin as i64;
        for row in 0..lines.height {
            let y = lines.y.saturating_add_unsigned(row);
            let bytes = self.coverage.row(y.abs_diff(self.at.1));
            let line = work.start(width + 2 * margin, self.outside);
            // Where the coverage's first column and its last one lie in the line.
            let from = i64::from(self.at.0) - left;
            let skipped = usize::try_from(-from).unwrap_or(0).min(bytes.len());
            let to = usize::try_from(from).unwrap_or(0).min(line.len());
            for (value, byte) in line[to..].iter_mut().zip(&bytes[skipped..]) {
                *value = f32::from(*byte);
            }
            blurred.extend(work.blurred(kernel).iter().map(|&value| fine(value)));
        }
        blurred
    }

    /// The columns of `area` blurred down, from the rows of `lines`.
    fn down(&self, kernel: &Kernel, across: &[u16], lines: Rect, area: Rect) -> Coverage {
        let (width, height) = (area.width as usize, area.height as usize);
        let margin = 3 * kernel.reach;
        let mut coverage = Coverage::new(area.size());
        let mut work = Work::default();
        let top = i64::from(area.y) - margin as i64;
        let from = i64::from(lines.y) - top;
        let from = usize::try_from(from).unwrap_or(0);
        for column in 0..width {
            let line = work.start(height + 2 * margin, self.outside);
            let values = across.iter().skip(column).step_by(width);
            for (value, &blurred) in line.iter_mut().skip(from).zip(values) {
                *value = f32::from(blurred) / 256.0;
            }
            let column = coverage.bytes_mut().iter_mut().skip(column).step_by(width);
            for (byte, &value) in column.zip(work.blurred(kernel)) {
                *byte = nearest_byte(value);
            }
        }
        coverage
    }
}

/// A box: every pixel nearer than `reach` counts fully, those at that distance `edge` each.
struct Kernel {
    reach: usize,
    edge: f64,
    width: f64,
}

impl Kernel {
    /// `None` when nothing is blurred.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a radius of 0.5 to 1000"
    )]
    fn new(radius: f64) -> Option<Self> {
        (radius > 0.5).then(|| {
            let radius = radius.min(SOFTEST);
            let reach = (radius + 0.5).ceil() - 1.0;
            Self {
                reach: reach as usize,
                edge: radius - reach + 0.5,
                width: 2.0 * radius,
            }
        })
    }

    /// The means of `line`, shorter by the reach at either end.
    fn mean(&self, line: &[f32], means: &mut Vec<f32>) {
        means.clear();
        let span = 2 * self.reach;
        let Some(count) = line.len().checked_sub(span) else {
            return;
        };
        // Of the pixels that count fully around the one to come.
        let mut sum: f64 = line[1..span.max(1)].iter().map(|&value| f64::from(value)).sum();
        for at in 0..count {
            let (first, last) = (f64::from(line[at]), f64::from(line[at + span]));
            means.push(narrow((sum + self.edge * (first + last)) / self.width));
            sum += last;
            if let Some(&gone) = line.get(at + 1) {
                sum -= f64::from(gone);
            }
        }
    }
}

/// The lines that a blur works on.
#[derive(Default)]
struct Work {
    line: Vec<f32>,
    other: Vec<f32>,
}

impl Work {
    fn start(&mut self, length: usize, value: u8) -> &mut [f32] {
        self.line.clear();
        self.line.resize(length, f32::from(value));
        &mut self.line
    }

    /// The line after three means.
    fn blurred(&mut self, kernel: &Kernel) -> &[f32] {
        for _ in 0..3 {
            kernel.mean(&self.line, &mut self.other);
            std::mem::swap(&mut self.line, &mut self.other);
        }
        &self.line
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast to an integer saturates, which is what is wanted"
)]
fn fine(value: f32) -> u16 {
    (value * 256.0 + 0.5) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: u32, at: (i32, i32)) -> Mask {
        Mask::new(Arc::new(Coverage::filled(Size::new(side, side), [255])), at)
    }

    fn row(mask: &Mask, y: i32, columns: std::ops::Range<i32>) -> Vec<u8> {
        let held = mask.coverage.size().rect().translate(mask.at.0, mask.at.1);
        columns
            .map(|x| {
                if held.contains(Rect::new(x, y, 1, 1)) {
                    mask.coverage.row(y.abs_diff(held.y))[x.abs_diff(held.x) as usize]
                } else {
                    mask.outside
                }
            })
            .collect()
    }

    #[test]
    fn an_edge_of_one_pixel_is_three_boxes_of_two() {
        let canvas = Rect::new(0, 0, 100, 100);
        let soft = square(40, (30, 30)).feathered(1.0, canvas);
        // (1/4, 1/2, 1/4) three times over: running sums of the binomials of 6, over 64.
        let wanted = [0, 4, 28, 88, 167, 227, 251, 255];
        assert_eq!(row(&soft, 50, 26..34), wanted);
        assert_eq!(row(&soft, 50, 66..74), [255, 251, 227, 167, 88, 28, 4, 0]);
    }

    #[test]
    fn what_is_outside_flows_in_and_beyond_the_canvas_too() {
        let canvas = Rect::new(0, 0, 20, 20);
        let mut hole = square(8, (-4, -4));
        hole.coverage = Arc::new(Coverage::new(Size::new(8, 8)));
        hole.outside = 255;
        let soft = hole.feathered(1.0, canvas);
        assert_eq!(row(&soft, 0, 0..8), [0, 4, 28, 88, 167, 227, 251, 255]);
    }

    #[test]
    fn nothing_is_softened_by_nothing_and_nonsense_is_no_reason_to_panic() {
        let canvas = Rect::new(0, 0, 50, 50);
        let mask = square(9, (5, 5));
        for radius in [0.0, 0.5, -3.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(mask.feathered(radius, canvas).coverage, mask.coverage);
        }
        let flat = mask.feathered(f64::INFINITY, canvas);
        assert!(flat.coverage.bytes().iter().all(|&byte| byte == 0));
        let empty = square(0, (i32::MAX, i32::MIN));
        assert!(empty.feathered(7.0, canvas).coverage.size().is_empty());
        let far = square(3, (i32::MAX - 1, i32::MIN));
        assert!(far.feathered(900.0, canvas).coverage.size().is_empty());
    }

    #[test]
    fn a_broken_radius_lies_between_its_neighbours() {
        let canvas = Rect::new(0, 0, 60, 60);
        let at = |radius| row(&square(30, (15, 15)).feathered(radius, canvas), 30, 12..15);
        for (a, (b, c)) in at(2.0).into_iter().zip(at(2.5).into_iter().zip(at(3.0))) {
            assert!(a < b && b < c, "{a} {b} {c}");
        }
    }
}

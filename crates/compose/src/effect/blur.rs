//! The blur of shadows and glows: a box over a box, so that size is how far an edge spreads.

use marquetry_pixel::Rect;

use crate::mask::Plane;
use crate::paint::rows;

/// Values of finer grain than a plane's bytes: [`FULL`](Self::FULL) is all.
#[derive(Debug)]
pub(crate) struct Field {
    area: Rect,
    values: Vec<u16>,
}

impl Field {
    /// 256 steps for each one of a byte, so that half the bits are the byte.
    pub(crate) const FULL: u16 = 255 << 8;

    pub(crate) fn new(area: Rect, values: Vec<u16>) -> Self {
        debug_assert_eq!(values.len() as u64, area.size().pixels());
        Self { area, values }
    }

    /// The same values, each made a byte.
    pub(crate) fn to_plane(&self, byte: impl Fn(u16) -> u8) -> Plane {
        Plane::new(self.area, self.values.iter().map(|&value| byte(value)).collect())
    }

    pub(crate) fn values(&self) -> &[u16] {
        &self.values
    }
}

/// No blur is wider: then sums are exact in 32 bits, with a byte's worth of steps at the very least.
const MOST: u32 = 4096;

/// What blurs at all blurs as much as this.
pub(crate) const LEAST: u32 = 2;

/// Blurs `shape` all over `area`; outside of itself the shape is nothing.
///
/// The kernel is a box of `size` pixels a side over another one, both ways: a tent that reaches
/// `size - 1` pixels; a size of 1 is one of 2. Found on Photoshop's own shadows, glows and bevels, which it
/// reproduces to the rounding of their 8 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "weighted means of values that fit"
)]
pub(crate) fn blur(shape: &Plane, area: Rect, size: u32) -> Field {
    let size = match size {
        0 => 1,
        size => size.clamp(LEAST, MOST),
    };
    let reach = size as usize - 1;
    let square = size * size;
    // As fine as the sums of the second pass allow.
    let fine = (u32::MAX / square).min(u32::from(Field::FULL));
    let wide = area.width as usize;
    let seen = shape.area();
    let mut values = Vec::with_capacity(wide * area.height as usize);
    if seen.is_empty() || area.is_empty() {
        values.resize(wide * area.height as usize, 0);
        return Field::new(area, values);
    }
    let mut across = Across::new(seen, area, size, fine);
    let blank = vec![0_u16; wide];
    // Rows blurred across, of the shape alone: above and below it there is nothing.
    let mut lines = Vec::with_capacity(wide * seen.height as usize);
    for y in rows(seen) {
        lines.extend_from_slice(across.line(shape.row(Rect { y, height: 1, ..seen })));
    }
    let line = |y: i64| -> &[u16] {
        let at = y - i64::from(seen.y);
        usize::try_from(at)
            .ok()
            .and_then(|at| lines.get(at * wide..(at + 1) * wide))
            .unwrap_or(&blank)
    };
    let mut slopes = vec![0_i32; wide];
    let mut sums = vec![0_u32; wide];
    let scale = f32::from(Field::FULL) / (fine as f32 * square as f32);
    let size_rows = i64::from(size);
    // Before this row no window has touched the shape.
    let first = i64::from(seen.y) - reach as i64 - 1;
    let start = first.min(i64::from(area.y));
    for y in start..area.bottom() {
        if y > first {
            let (next, middle, last) = (line(y + size_rows - 1), line(y - 1), line(y - 1 - size_rows));
            let taps = next.iter().zip(middle).zip(last);
            for ((sum, slope), ((&next, &middle), &last)) in sums.iter_mut().zip(&mut slopes).zip(taps) {
                *slope += i32::from(next) - 2 * i32::from(middle) + i32::from(last);
                *sum = sum.wrapping_add_signed(*slope);
            }
        }
        if y >= i64::from(area.y) {
            values.extend(sums.iter().map(|&sum| (sum as f32 * scale + 0.5) as u16));
        }
    }
    Field::new(area, values)
}

/// Blurs rows across.
struct Across {
    /// A row with as much nothing about it as windows reach.
    padded: Vec<i32>,
    out: Vec<u16>,
    size: usize,
    /// Where in `padded` the shape's part begins, and which columns of the shape that are.
    at: usize,
    columns: std::ops::Range<usize>,
    scale: f32,
}

impl Across {
    fn new(seen: Rect, area: Rect, size: u32, fine: u32) -> Self {
        let pad = i64::from(size) * 2;
        // Nothing further away than a window reaches matters.
        let near = Rect::from_edges(
            clamped(i64::from(area.x) - i64::from(size)),
            seen.y,
            clamped(area.right() + i64::from(size)),
            seen.y.saturating_add(1),
        );
        let near = near.intersect(seen);
        let (from, at) = if near.is_empty() {
            (0, 0)
        } else {
            let at = i64::from(near.x) - i64::from(area.x) + pad;
            (near.x.abs_diff(seen.x) as usize, at)
        };
        Self {
            padded: vec![0; area.width as usize + 3 * size as usize + 1],
            out: vec![0; area.width as usize],
            size: size as usize,
            at: usize::try_from(at).unwrap_or(0),
            columns: from..from + near.width as usize,
            scale: fine as f32 / (255.0 * (size * size) as f32),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "weighted means of values that fit"
    )]
    fn line(&mut self, row: &[u8]) -> &[u16] {
        let bytes = &row[self.columns.clone()];
        for (value, &byte) in self.padded[self.at..].iter_mut().zip(bytes) {
            *value = i32::from(byte);
        }
        let size = self.size;
        let (mut slope, mut sum) = (0_i32, 0_u32);
        // A row begins where no window has touched anything yet.
        for x in 0..2 * size {
            slope += self.padded[x + size] - 2 * self.padded[x];
            sum = sum.wrapping_add_signed(slope);
        }
        let (next, middle, last) = (
            &self.padded[3 * size..],
            &self.padded[2 * size..],
            &self.padded[size..],
        );
        // The window's front is one ahead of its sum.
        for (((out, &next), &middle), &last) in self.out.iter_mut().zip(next).zip(middle).zip(last) {
            *out = (sum as f32 * self.scale + 0.5) as u16;
            slope += next - 2 * middle + last;
            sum = sum.wrapping_add_signed(slope);
        }
        &self.out
    }
}

fn clamped(edge: i64) -> i32 {
    i32::try_from(edge).unwrap_or(if edge < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tent by its definition, of a full value of 1.
    fn tent(shape: &Plane, x: i32, y: i32, size: i32) -> f64 {
        let mut sum = 0.0;
        for dy in 1 - size..size {
            for dx in 1 - size..size {
                let here = Rect::new(x + dx, y + dy, 1, 1);
                if shape.area().contains(here) {
                    let weight = f64::from((size - dx.abs()) * (size - dy.abs()));
                    sum += weight * f64::from(shape.row(here)[0]) / 255.0;
                }
            }
        }
        sum / f64::from(size).powi(4)
    }

    #[test]
    fn a_blur_is_a_tent_of_its_size() {
        let area = Rect::new(-3, 5, 11, 7);
        let bytes = (0..77_u32)
            .map(|at| (at.wrapping_mul(0x9e37_79b1) >> 24) as u8)
            .collect();
        let shape = Plane::new(area, bytes);
        for size in [1, 2, 5, 8] {
            for seen in [
                Rect::new(-12, -4, 30, 26),
                Rect::new(0, 7, 3, 2),
                Rect::new(4, -9, 20, 40),
                Rect::new(40, 5, 4, 4),
                Rect::new(-3, 30, 4, 4),
            ] {
                let blurred = blur(&shape, seen, size);
                for y in rows(seen) {
                    for x in seen.x..seen.x + seen.width as i32 {
                        let wanted = tent(&shape, x, y, size.max(LEAST) as i32);
                        let at = y.abs_diff(seen.y) * seen.width + x.abs_diff(seen.x);
                        let got = f64::from(blurred.values()[at as usize]) / f64::from(Field::FULL);
                        assert!(
                            (wanted - got).abs() < 1.5e-4,
                            "{size} at {x}, {y}: {wanted} {got}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_widest_blur_does_not_overflow() {
        let area = Rect::new(0, 0, 300, 3);
        let shape = Plane::new(area, vec![255; 900]);
        let blurred = blur(&shape, Rect::new(100, 1, 1, 1), u32::MAX);
        assert!((1..=8).contains(&blurred.values()[0]));
        let still = blur(&shape, area, 0);
        assert!(still.values().iter().all(|&value| value == Field::FULL));
    }
}

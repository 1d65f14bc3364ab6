//! How far from a shape a place is, and shapes grown and shrunk by that.

use marquetry_pixel::Rect;

use crate::bounds::grown;
use crate::mask::Plane;
use crate::paint::rows;

/// One pixel.
pub(crate) const PIXEL: u16 = 256;
/// Across a pixel's corner.
const CORNER: u16 = 362;
/// One pixel on and two to the side.
const KNIGHT: u16 = 572;
/// Nothing near.
const FAR: u16 = u16::MAX;
/// Larger growths are cut to this; Photoshop's own sizes end at 250 pixels.
pub(crate) const MOST: f64 = 254.0;

/// Distances from a shape, in 256ths of a pixel.
///
/// The way to a pixel is made of steps to neighbours (1), across corners (√2) and a knight's leap away
/// (√5), the first one shorter by the share that the shape covers of the pixel it starts from. So does
/// Photoshop, as its strokes' corners show: four down and one to the side is 2 + √5, not √17.
#[derive(Debug)]
pub(crate) struct Distances {
    area: Rect,
    /// Two more pixels on both sides of each row.
    values: Vec<u16>,
}

impl Distances {
    /// All over `area`, of the part of `shape` that lies in it.
    pub(crate) fn new(shape: &Plane, area: Rect) -> Self {
        let stride = area.width as usize + 4;
        let mut values = vec![FAR; stride * area.height as usize];
        let seen = shape.area().intersect(area);
        if !seen.is_empty() {
            let left = seen.x.abs_diff(area.x) as usize + 2;
            for y in rows(seen) {
                let start = y.abs_diff(area.y) as usize * stride + left;
                let bytes = shape.row(Rect { y, height: 1, ..seen });
                for (value, &byte) in values[start..].iter_mut().zip(bytes) {
                    if byte > 0 {
                        *value = PIXEL - u16::from(byte) - u16::from(byte >> 7);
                    }
                }
            }
        }
        let blank = vec![FAR; stride];
        let height = area.height as usize;
        for y in 0..height {
            let (above, here) = values.split_at_mut(y * stride);
            let row = |up: usize| {
                let at = y.checked_sub(up)? * stride;
                above.get(at..at + stride)
            };
            let (near, next) = (row(1).unwrap_or(&blank), row(2).unwrap_or(&blank));
            let here = &mut here[..stride];
            step(here, near, next);
            let mut last = FAR;
            for value in &mut here[2..stride - 2] {
                last = (*value).min(last.saturating_add(PIXEL));
                *value = last;
            }
        }
        for y in (0..height).rev() {
            let (here, below) = values.split_at_mut((y + 1) * stride);
            let near = below.get(..stride).unwrap_or(&blank);
            let next = below.get(stride..2 * stride).unwrap_or(&blank);
            let here = &mut here[y * stride..];
            step(here, near, next);
            let mut last = FAR;
            for value in here[2..stride - 2].iter_mut().rev() {
                last = (*value).min(last.saturating_add(PIXEL));
                *value = last;
            }
        }
        Self { area, values }
    }

    /// Each distance made a byte.
    pub(crate) fn to_plane(&self, byte: impl Fn(u16) -> u8) -> Plane {
        let stride = self.area.width as usize + 4;
        let lines = self.values.chunks_exact(stride);
        let bytes = lines.flat_map(|line| line[2..stride - 2].iter().map(|&value| byte(value)));
        Plane::new(self.area, bytes.collect())
    }
}

/// Steps into a row from the two beside it.
fn step(here: &mut [u16], near: &[u16], next: &[u16]) {
    let wide = here.len() - 4;
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|at| &near[at..at + wide]);
    let [f, g] = [1, 3].map(|at| &next[at..at + wide]);
    for at in 0..wide {
        let straight = c[at].saturating_add(PIXEL);
        let corner = b[at].min(d[at]).saturating_add(CORNER);
        let knight = a[at].min(e[at]).min(f[at].min(g[at])).saturating_add(KNIGHT);
        let value = &mut here[at + 2];
        *value = (*value).min(straight).min(corner).min(knight);
    }
}

/// `shape` and all that is within `by` pixels of it, with soft edges where the shape's are.
pub(crate) fn dilate(shape: &Plane, by: f64) -> Plane {
    let by = by.clamp(0.0, MOST);
    if by <= 0.0 || shape.area().is_empty() {
        return Plane::new(shape.area(), shape.bytes().to_vec());
    }
    let limit = in_256ths(by) + PIXEL;
    let area = grown(shape.area(), u32::from(in_256ths(by).div_ceil(PIXEL)));
    Distances::new(shape, area).to_plane(|distance| share(limit.saturating_sub(distance)))
}

/// `shape` without all that is within `by` pixels of its outside.
pub(crate) fn erode(shape: &Plane, by: f64) -> Plane {
    let by = by.clamp(0.0, MOST);
    if by <= 0.0 || shape.area().is_empty() {
        return Plane::new(shape.area(), shape.bytes().to_vec());
    }
    let limit = in_256ths(by) + PIXEL;
    Distances::new(&outside(shape), grown(shape.area(), 1))
        .to_plane(|distance| 255 - share(limit.saturating_sub(distance)))
}

/// What a shape leaves free, as far as one pixel around it.
pub(crate) fn outside(shape: &Plane) -> Plane {
    let area = grown(shape.area(), 1);
    let mut bytes = vec![255; area.width as usize * area.height as usize];
    let width = area.width as usize;
    for (y, line) in rows(shape.area()).zip(bytes[width..].chunks_exact_mut(width)) {
        let row = shape.row(Rect {
            y,
            height: 1,
            ..shape.area()
        });
        for (byte, &shape) in line[1..].iter_mut().zip(row) {
            *byte = 255 - shape;
        }
    }
    Plane::new(area, bytes)
}

/// A distance of at most [`MOST`] pixels in the unit of [`Distances`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within 0.0..=254.0; NaN becomes 0"
)]
fn in_256ths(pixels: f64) -> u16 {
    (pixels * f64::from(PIXEL)).round() as u16
}

/// The share of a pixel that so many 256ths of it are, of 255.
#[expect(clippy::cast_possible_truncation, reason = "256 at most, times 255, by 256")]
fn share(part: u16) -> u8 {
    ((u32::from(part.min(PIXEL)) * 255 + 128) / 256) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One opaque pixel.
    fn dot() -> Plane {
        Plane::new(Rect::new(10, 10, 1, 1), vec![255])
    }

    #[test]
    fn a_way_is_made_of_leaps() {
        let far = Distances::new(&dot(), Rect::new(0, 0, 21, 21));
        let at = |dx: usize, dy: usize| f64::from(far.values[(10 + dy) * 25 + 12 + dx]) / 256.0;
        for (dx, dy, wanted) in [
            (0, 0, 0.0),
            (3, 0, 3.0),
            (0, 3, 3.0),
            (3, 3, 3.0 * 2_f64.sqrt()),
            (1, 4, 2.0 + 5_f64.sqrt()),
            (4, 2, 2.0 * 5_f64.sqrt()),
        ] {
            assert!((at(dx, dy) - wanted).abs() < 0.01, "{dx}, {dy}: {}", at(dx, dy));
        }
    }

    #[test]
    fn growing_is_symmetric_and_as_wide_as_asked() {
        let grown = dilate(&dot(), 4.0);
        assert_eq!(grown.area(), Rect::new(6, 6, 9, 9));
        let at = |x: i32, y: i32| grown.row(Rect::new(x, y, 1, 1))[0];
        assert_eq!((at(10, 6), at(6, 10), at(14, 10), at(6, 6)), (255, 255, 255, 0));
        for y in 6..15 {
            for x in 6..15 {
                assert_eq!(at(x, y), at(y, x));
                assert_eq!(at(x, y), at(20 - x, y));
                assert_eq!(at(x, y), at(x, 20 - y));
            }
        }
        // Five steps away by the knight's leap, of which Photoshop shows 195 of 255.
        assert!(at(11, 6).abs_diff(195) <= 1, "{}", at(11, 6));
    }

    #[test]
    fn a_soft_edge_stays_as_soft() {
        let shape = Plane::new(Rect::new(0, 0, 6, 1), vec![90, 255, 255, 255, 255, 40]);
        let wide = dilate(&shape, 2.0);
        let row = wide.row(Rect::new(-2, 0, 10, 1));
        assert_eq!(row, [90, 255, 255, 255, 255, 255, 255, 255, 255, 40]);
    }

    #[test]
    fn shrinking_is_growing_the_outside() {
        let shape = Plane::new(Rect::new(0, 0, 9, 9), vec![255; 81]);
        let small = erode(&shape, 2.5);
        let row = small.row(Rect::new(0, 4, 9, 1));
        assert_eq!(row, [0, 0, 127, 255, 255, 255, 127, 0, 0]);
        let none = erode(&shape, f64::INFINITY);
        assert!(none.bytes().iter().all(|&byte| byte == 0));
        assert_eq!(erode(&shape, f64::NAN).bytes().len(), 121);
    }
}

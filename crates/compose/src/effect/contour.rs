//! Contours: curves that say how an effect falls off.

use marquetry_pixel::narrow;

/// A curve from `0.0..=1.0` to the same, worked out in as many steps as effects tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// The value at each of [`STEPS`] even steps, and at the end.
    table: Vec<f32>,
}

/// Four for each one of a byte.
const STEPS: usize = 1020;

/// One point of a contour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContourPoint {
    /// Where, `0.0..=1.0`.
    pub x: f64,
    /// The value there, `0.0..=1.0`.
    pub y: f64,
    /// Whether the curve breaks here instead of running through smoothly.
    pub corner: bool,
}

impl Contour {
    /// The curve through `points`, from left to right; level before the first and after the last.
    /// Between corners it is a natural cubic spline, as Photoshop's curves are. `None` for less than
    /// two points, and for a straight line, which changes nothing.
    pub fn new(points: &[ContourPoint]) -> Option<Self> {
        let mut points: Vec<ContourPoint> = points
            .iter()
            .filter(|point| point.x.is_finite() && point.y.is_finite())
            .map(|point| ContourPoint {
                x: point.x.clamp(0.0, 1.0),
                y: point.y.clamp(0.0, 1.0),
                ..*point
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points.dedup_by(|a, b| a.x - b.x < 1e-9);
        let [first, .., last] = points.as_slice() else {
            return None;
        };
        let straight = points.iter().all(|point| (point.x - point.y).abs() < 1e-6);
        if straight && first.x <= 0.0 && last.x >= 1.0 {
            return None;
        }
        let mut table = Vec::with_capacity(STEPS + 1);
        let mut pieces = pieces(&points);
        for step in 0..=STEPS {
            let x = step as f64 / STEPS as f64;
            while pieces.len() > 1 && pieces.first().is_some_and(|piece| x > piece.right()) {
                pieces.remove(0);
            }
            let y = pieces.first().map_or(x, |piece| piece.at(x));
            table.push(narrow(y.clamp(0.0, 1.0)));
        }
        Some(Self { table })
    }

    /// The value at `x`; beyond the ends it is theirs.
    pub(crate) fn at(&self, x: f32) -> f32 {
        let x = x.clamp(0.0, 1.0) * STEPS as f32;
        let step = whole(x).min(STEPS - 1);
        let part = x - step as f32;
        let (low, high) = (self.table[step], self.table[step + 1]);
        low + (high - low) * part
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before; NaN becomes 0"
)]
fn whole(value: f32) -> usize {
    value as usize
}

/// A stretch without corners: points and the curve's second derivative at each.
struct Piece {
    points: Vec<(f64, f64)>,
    bends: Vec<f64>,
}

fn pieces(points: &[ContourPoint]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut stretch = Vec::new();
    for (at, point) in points.iter().enumerate() {
        stretch.push((point.x, point.y));
        let last = at + 1 == points.len();
        if stretch.len() > 1 && (point.corner || last) {
            pieces.push(Piece::new(std::mem::replace(
                &mut stretch,
                vec![(point.x, point.y)],
            )));
        }
    }
    pieces
}

impl Piece {
    /// The natural spline: no bend at its ends.
    fn new(points: Vec<(f64, f64)>) -> Self {
        let count = points.len();
        let mut bends = vec![0.0; count];
        let mut sweep = vec![(0.0, 0.0); count];
        for at in 1..count.saturating_sub(1) {
            let [(x0, y0), (x1, y1), (x2, y2)] = [points[at - 1], points[at], points[at + 1]];
            let (before, after) = (x1 - x0, x2 - x1);
            let turn = 6.0 * ((y2 - y1) / after - (y1 - y0) / before);
            let (share, value) = sweep[at - 1];
            let pivot = 2.0 * (before + after) - before * share;
            sweep[at] = (after / pivot, (turn - before * value) / pivot);
        }
        for at in (1..count.saturating_sub(1)).rev() {
            let (share, value) = sweep[at];
            bends[at] = value - share * bends[at + 1];
        }
        Self { points, bends }
    }

    fn right(&self) -> f64 {
        self.points.last().map_or(1.0, |point| point.0)
    }

    fn at(&self, x: f64) -> f64 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return x;
        };
        if x <= first.0 {
            return first.1;
        }
        if x >= last.0 {
            return last.1;
        }
        let next = self.points.partition_point(|point| point.0 <= x).max(1);
        let ((x0, y0), (x1, y1)) = (self.points[next - 1], self.points[next]);
        let (bend0, bend1) = (self.bends[next - 1], self.bends[next]);
        let width = x1 - x0;
        let (a, b) = ((x1 - x) / width, (x - x0) / width);
        a * y0 + b * y1 + ((a * a * a - a) * bend0 + (b * b * b - b) * bend1) * width * width / 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, y: f64) -> ContourPoint {
        ContourPoint { x, y, corner: false }
    }

    #[test]
    fn a_straight_line_is_no_contour() {
        assert_eq!(Contour::new(&[point(0.0, 0.0), point(1.0, 1.0)]), None);
        assert_eq!(Contour::new(&[point(0.0, 0.0)]), None);
        assert_eq!(
            Contour::new(&[point(f64::NAN, 0.0), point(1.0, f64::INFINITY)]),
            None
        );
    }

    #[test]
    fn a_contour_runs_through_its_points() {
        let points = [
            point(0.0, 1.0),
            point(0.25, 0.1),
            point(0.5, 0.8),
            point(1.0, 0.0),
        ];
        let contour = Contour::new(&points).unwrap();
        for point in points {
            assert!(
                (f64::from(contour.at(narrow(point.x))) - point.y).abs() < 1e-6,
                "{point:?}"
            );
        }
        // Smooth: the slopes to both sides of a point are alike.
        let slope = |x: f32| (contour.at(x + 0.002) - contour.at(x - 0.002)) / 0.004;
        assert!((slope(0.246) - slope(0.254)).abs() < 1.0);
        assert_eq!((contour.at(-3.0), contour.at(9.0)), (1.0, 0.0));
    }

    #[test]
    fn corners_break_the_curve() {
        let cone = [
            point(0.0, 0.0),
            ContourPoint {
                x: 0.5,
                y: 1.0,
                corner: true,
            },
            point(1.0, 0.0),
        ];
        let contour = Contour::new(&cone).unwrap();
        for (x, y) in [(0.1, 0.2), (0.4, 0.8), (0.5, 1.0), (0.75, 0.5)] {
            assert!((contour.at(x) - y).abs() < 1e-5, "{x}");
        }
    }
}

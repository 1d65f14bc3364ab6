//! Control points of one Bezier surface, of any order that Photoshop stores.

use marquetry_pixel::{Point, Projective};

/// Control points in rows, 2 to 4 of them each way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) points: Vec<Point>,
}

impl Grid {
    /// Evenly over a box from the origin: bends nothing.
    pub(super) fn straight(columns: usize, rows: usize, width: f64, height: f64) -> Self {
        let rows_of = (0..rows).map(|row| straight_row(columns, width, height * share(row, rows)));
        Self {
            columns,
            rows,
            points: rows_of.flatten().collect(),
        }
    }

    /// Of rows that are all as long.
    pub(super) fn of_rows<const N: usize>(rows: &[[Point; N]]) -> Self {
        Self {
            columns: N,
            rows: rows.len(),
            points: rows.concat(),
        }
    }

    pub(super) fn point(&mut self, column: usize, row: usize) -> &mut Point {
        &mut self.points[row * self.columns + column]
    }

    /// Upside down in a box `height` high.
    pub(super) fn upside_down(mut self, height: f64) -> Self {
        let rows: Vec<_> = self.points.chunks_exact(self.columns).rev().collect();
        self.points = rows.concat();
        for point in &mut self.points {
            point.y = height - point.y;
        }
        self
    }

    /// Rows for columns and x for y.
    pub(super) fn transposed(&self) -> Self {
        let at = |row: usize, column: usize| self.points[row * self.columns + column];
        let columns = (0..self.columns).flat_map(|column| (0..self.rows).map(move |row| (row, column)));
        Self {
            columns: self.rows,
            rows: self.columns,
            points: columns
                .map(|(row, column)| at(row, column))
                .map(|point| Point::new(point.y, point.x))
                .collect(),
        }
    }

    /// Scales every row about the middle between its ends, the first by `1 - by`, the last by
    /// `1 + by`, those between by what lies between.
    pub(super) fn fan_rows(&mut self, by: f64) {
        for (row, points) in self.points.chunks_exact_mut(self.columns).enumerate() {
            let scale = 1.0 + (2.0 * share(row, self.rows) - 1.0) * by;
            let (first, last) = (points[0], points[self.columns - 1]);
            let middle = Point::new((first.x + last.x) / 2.0, (first.y + last.y) / 2.0);
            for point in points {
                point.x = middle.x + (point.x - middle.x) * scale;
                point.y = middle.y + (point.y - middle.y) * scale;
            }
        }
    }

    /// Every point through a map.
    pub(super) fn through(&self, map: &Projective) -> Self {
        Self {
            points: self.points.iter().map(|point| map.apply(*point)).collect(),
            ..self.clone()
        }
    }

    /// The same surface by four by four control points.
    pub(super) fn cubic(&self) -> Self {
        self.raised().transposed().raised().transposed()
    }

    /// The same surface by four control points a row.
    fn raised(&self) -> Self {
        let mut points = self.points.clone();
        for count in self.columns..4 {
            points = points.chunks_exact(count).flat_map(raise).collect();
        }
        Self {
            columns: 4,
            rows: self.rows,
            points,
        }
    }

    /// The smallest box that holds all points: left, top, right, bottom.
    pub(super) fn hull(points: &[Point]) -> [f64; 4] {
        let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        points.iter().fold(start, |[left, top, right, bottom], point| {
            [
                left.min(point.x),
                top.min(point.y),
                right.max(point.x),
                bottom.max(point.y),
            ]
        })
    }
}

/// How far along the `at`th of `count` things is.
fn share(at: usize, count: usize) -> f64 {
    // No order is above four.
    f64::from(u32::try_from(at).unwrap_or(0)) / f64::from(u32::try_from(count).unwrap_or(2).max(2) - 1)
}

pub(super) fn straight_row(columns: usize, width: f64, y: f64) -> Vec<Point> {
    (0..columns)
        .map(|column| Point::new(width * share(column, columns), y))
        .collect()
}

/// One control point more for the same curve.
fn raise(curve: &[Point]) -> Vec<Point> {
    let count = curve.len();
    let mut raised = vec![curve[0]];
    for at in 1..count {
        let left = share(at, count + 1);
        let between = |from: f64, to: f64| from * left + to * (1.0 - left);
        let (from, to) = (curve[at - 1], curve[at]);
        raised.push(Point::new(between(from.x, to.x), between(from.y, to.y)));
    }
    raised.push(curve[count - 1]);
    raised
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_grid_stays_straight_when_raised() {
        let raised = Grid::straight(2, 3, 30.0, 60.0).cubic();
        let straight = Grid::straight(4, 4, 30.0, 60.0);
        assert_eq!((raised.columns, raised.rows), (4, 4));
        for (a, b) in raised.points.iter().zip(&straight.points) {
            assert!(
                (a.x - b.x).abs() < 1e-12 && (a.y - b.y).abs() < 1e-12,
                "{a:?} {b:?}"
            );
        }
    }

    #[test]
    fn turning_twice_and_mirroring_twice_change_nothing() {
        let mut grid = Grid::straight(3, 4, 30.0, 60.0);
        grid.point(1, 2).y += 7.0;
        assert_eq!(grid.transposed().transposed(), grid);
        assert_eq!(grid.clone().upside_down(60.0).upside_down(60.0), grid);
    }
}

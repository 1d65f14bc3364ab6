//! Meshes of cubic Bezier patches: how a frame is bent onto the canvas.

use marquetry_pixel::{Point, Rect};

/// Cubic Bezier patches side by side that carry a frame to the canvas.
///
/// Patches share the control points of their common border, so the surface has no gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    columns: Vec<f64>,
    rows: Vec<f64>,
    points: Vec<Point>,
}

/// Control points farther out than this are no place on a canvas.
const FARTHEST: f64 = 1e7;
/// More patches than this are no picture's.
const MOST_PATCHES: usize = 1 << 14;

impl Mesh {
    /// `columns` and `rows` say where in the frame, in its pixels and growing, patches begin and end:
    /// one more number than there are patches. `points` are control points on the canvas, in pixels,
    /// row by row from the top, three for each patch and one more, both ways.
    ///
    /// `None` when numbers are missing, not finite, beyond any canvas, or do not grow.
    pub fn new(columns: Vec<f64>, rows: Vec<f64>, points: Vec<Point>) -> Option<Self> {
        let grows = |cuts: &[f64]| {
            cuts.len() >= 2
                && cuts.iter().all(|cut| cut.abs() <= FARTHEST)
                && cuts.windows(2).all(|pair| pair[0] < pair[1])
        };
        let (across, down) = (columns.len().checked_sub(1)?, rows.len().checked_sub(1)?);
        let near = |point: &Point| point.x.abs() <= FARTHEST && point.y.abs() <= FARTHEST;
        (across.checked_mul(down)? <= MOST_PATCHES
            && points.len() == (3 * across + 1) * (3 * down + 1)
            && grows(&columns)
            && grows(&rows)
            && points.iter().all(near))
        .then_some(Self {
            columns,
            rows,
            points,
        })
    }

    /// Where patches begin and end in the frame, from left to right.
    pub(crate) fn columns(&self) -> &[f64] {
        &self.columns
    }

    /// Where patches begin and end in the frame, from top to bottom.
    pub(crate) fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// The sixteen control points of one patch, row by row.
    pub(crate) fn patch(&self, column: usize, row: usize) -> [Point; 16] {
        let stride = 3 * (self.columns.len() - 1) + 1;
        std::array::from_fn(|at| self.points[(3 * row + at / 4) * stride + 3 * column + at % 4])
    }

    /// The canvas pixels that a surface between the control points can touch, `margin` pixels
    /// around it included.
    pub(crate) fn bounds(&self, margin: f64) -> Rect {
        let (mut low, mut high) = (Point::new(FARTHEST, FARTHEST), Point::new(-FARTHEST, -FARTHEST));
        for point in &self.points {
            low = Point::new(low.x.min(point.x), low.y.min(point.y));
            high = Point::new(high.x.max(point.x), high.y.max(point.y));
        }
        Rect::from_edges(
            whole((low.x - margin).floor()),
            whole((low.y - margin).floor()),
            whole((high.x + margin).ceil()),
            whole((high.y + margin).ceil()),
        )
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
fn whole(value: f64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_numbers_make_no_mesh() {
        let points = vec![Point::new(1.0, 2.0); 16];
        let cuts = || vec![0.0, 10.0];
        assert!(Mesh::new(cuts(), cuts(), points.clone()).is_some());
        assert!(Mesh::new(cuts(), cuts(), points[1..].to_vec()).is_none());
        assert!(Mesh::new(vec![], cuts(), vec![]).is_none());
        for bad in [f64::NAN, f64::INFINITY, -1e300] {
            assert!(Mesh::new(vec![0.0, bad], cuts(), points.clone()).is_none());
            let mut points = points.clone();
            points[7].y = bad;
            assert!(Mesh::new(cuts(), cuts(), points).is_none());
        }
    }

    #[test]
    fn neighbours_share_their_border() {
        let points = (0..7 * 4)
            .map(|at| Point::new(f64::from(at % 7), f64::from(at / 7)))
            .collect();
        let mesh = Mesh::new(vec![0.0, 1.0, 2.0], vec![0.0, 1.0], points).unwrap();
        let (left, right) = (mesh.patch(0, 0), mesh.patch(1, 0));
        for row in 0..4 {
            assert_eq!(left[row * 4 + 3], right[row * 4]);
        }
        assert_eq!(mesh.bounds(1.0), Rect::from_edges(-1, -1, 7, 4));
    }
}

//! Bold made from plain: every point of an outline is moved outwards.

use kurbo::{BezPath, PathEl, Point, Shape as _, Vec2};

/// The outline with stems thicker by `by`, half of it on each side. Handles of curves are moved as
/// points are, which keeps a curve close to its parallel where it doesn't turn sharply.
pub(crate) fn embolden(outline: &BezPath, by: f64) -> BezPath {
    // The contours around letters and those around their holes turn opposite ways, so that one
    // sign moves both away from the ink.
    let outwards = if outline.area() < 0.0 { 1.0 } else { -1.0 };
    let mut bold = BezPath::new();
    let mut contour: Vec<PathEl> = Vec::new();
    for element in outline.elements() {
        if matches!(element, PathEl::MoveTo(_)) {
            bold.extend(moved(&contour, by / 2.0 * outwards));
            contour.clear();
        }
        contour.push(*element);
    }
    bold.extend(moved(&contour, by / 2.0 * outwards));
    bold
}

/// One contour with each point moved along the middle of the two normals that meet in it.
fn moved(contour: &[PathEl], by: f64) -> Vec<PathEl> {
    let points: Vec<Point> = contour.iter().flat_map(points).collect();
    let mut shifted = (0..points.len()).map(|at| {
        let before = direction(
            &points,
            at,
            |at| at.checked_sub(1).unwrap_or(points.len() - 1),
            -1.0,
        );
        let after = direction(&points, at, |at| (at + 1) % points.len(), 1.0);
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => return points[at],
        };
        // The sum of two normals, as long as it takes to keep both sides' distance, up to a limit.
        let normal = |direction: Vec2| Vec2::new(-direction.y, direction.x);
        let share = (1.0 + before.dot(after)).max(0.25);
        points[at] + (normal(before) + normal(after)) / share * by
    });
    let mut next = || shifted.next().unwrap_or_default();
    let moved = contour.iter().map(|element| match element {
        PathEl::MoveTo(_) => PathEl::MoveTo(next()),
        PathEl::LineTo(_) => PathEl::LineTo(next()),
        PathEl::QuadTo(..) => PathEl::QuadTo(next(), next()),
        PathEl::CurveTo(..) => PathEl::CurveTo(next(), next(), next()),
        PathEl::ClosePath => PathEl::ClosePath,
    });
    moved.collect()
}

/// Points and handles of an element, in order.
fn points(element: &PathEl) -> Vec<Point> {
    match *element {
        PathEl::MoveTo(to) | PathEl::LineTo(to) => vec![to],
        PathEl::QuadTo(handle, to) => vec![handle, to],
        PathEl::CurveTo(leave, arrive, to) => vec![leave, arrive, to],
        PathEl::ClosePath => vec![],
    }
}

/// The way along the contour at a point, by its nearest neighbour on one side that lies elsewhere.
fn direction(points: &[Point], at: usize, next: impl Fn(usize) -> usize, sign: f64) -> Option<Vec2> {
    let mut other = next(at);
    while other != at {
        let way = (points[other] - points[at]) * sign;
        let length = way.hypot();
        if length > 1e-9 {
            return Some(way / length);
        }
        other = next(other);
    }
    None
}

#[cfg(test)]
mod tests {
    use kurbo::Rect;

    use super::*;

    #[test]
    fn a_frame_gets_thicker_on_all_sides() {
        let outer = Rect::new(0.0, 0.0, 100.0, 100.0).to_path(0.1);
        let inner = Rect::new(20.0, 20.0, 80.0, 80.0).to_path(0.1).reverse_subpaths();
        let mut both = outer.clone();
        both.extend(inner);
        for outline in [both.clone(), both.reverse_subpaths()] {
            let bold = embolden(&outline, 10.0);
            assert_eq!(bold.bounding_box(), Rect::new(-5.0, -5.0, 105.0, 105.0));
            // 110 x 110 less the hole of 50 x 50.
            assert!((bold.area().abs() - 9600.0).abs() < 1e-6, "{}", bold.area());
        }
    }

    #[test]
    fn nothing_and_single_points_stay() {
        assert!(embolden(&BezPath::new(), 5.0).is_empty());
        let mut dot = BezPath::new();
        dot.move_to((3.0, 4.0));
        dot.line_to((3.0, 4.0));
        dot.close_path();
        assert_eq!(embolden(&dot, 5.0), dot);
    }
}

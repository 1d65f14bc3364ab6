//! Shapes as signed distances: negative inside, positive outside, in pixels. Coverage follows from the distance.

use super::Point;

/// `a - b`.
#[must_use]
pub fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

/// `a + b * t`.
#[must_use]
pub fn along(a: Point, b: Point, t: f64) -> Point {
    [a[0] + b[0] * t, a[1] + b[1] * t]
}

/// Scalar product.
#[must_use]
pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

/// Length; not `hypot`, which differs between systems.
#[must_use]
pub fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

/// The direction of `a`, of length 1.
#[must_use]
pub fn unit(a: Point) -> Point {
    let length = length(a);
    [a[0] / length, a[1] / length]
}

/// How much of a pixel lies inside at `distance`, with an edge `soft` pixels wide.
#[must_use]
pub fn coverage(distance: f64, soft: f64) -> f64 {
    (0.5 - distance / soft).clamp(0.0, 1.0)
}

/// A disc.
#[must_use]
pub fn disc(p: Point, center: Point, radius: f64) -> f64 {
    length(minus(p, center)) - radius
}

/// A box with corners rounded by `radius`, from its centre and half sizes.
#[must_use]
pub fn rounded_box(p: Point, center: Point, half: Point, radius: f64) -> f64 {
    let q = [
        (p[0] - center[0]).abs() - half[0] + radius,
        (p[1] - center[1]).abs() - half[1] + radius,
    ];
    length([q[0].max(0.0), q[1].max(0.0)]) + q[0].max(q[1]).min(0.0) - radius
}

/// An upright box by two corners.
#[must_use]
pub fn span(p: Point, from: Point, to: Point) -> f64 {
    let center = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
    rounded_box(p, center, [(to[0] - from[0]) / 2.0, (to[1] - from[1]) / 2.0], 0.0)
}

/// Distance to a segment (never negative), and how far along it the nearest point lies, 0 to 1.
#[must_use]
pub fn segment(p: Point, a: Point, b: Point) -> (f64, f64) {
    let (ap, ab) = (minus(p, a), minus(b, a));
    let t = (dot(ap, ab) / dot(ab, ab)).clamp(0.0, 1.0);
    (length(minus(ap, [ab[0] * t, ab[1] * t])), t)
}

/// A convex polygon, corners clockwise on the screen (y down). Exact inside and near edges.
#[must_use]
pub fn convex(p: Point, corners: &[Point]) -> f64 {
    let mut farthest = f64::NEG_INFINITY;
    for (index, a) in corners.iter().enumerate() {
        let edge = unit(minus(corners[(index + 1) % corners.len()], *a));
        farthest = farthest.max(dot(minus(p, *a), [edge[1], -edge[0]]));
    }
    farthest
}

/// A quarter of a circle's line: distance to it, never negative. `sign` picks the quadrant.
#[must_use]
pub fn quarter(p: Point, center: Point, radius: f64, sign: Point) -> f64 {
    let q = minus(p, center);
    if q[0] * sign[0] >= 0.0 && q[1] * sign[1] >= 0.0 {
        return (length(q) - radius).abs();
    }
    length(minus(q, [radius * sign[0], 0.0])).min(length(minus(q, [0.0, radius * sign[1]])))
}

/// A point of a quadratic curve.
#[must_use]
pub fn quadratic([a, b, c]: [Point; 3], t: f64) -> Point {
    let s = 1.0 - t;
    std::array::from_fn(|i| a[i] * s * s + 2.0 * b[i] * s * t + c[i] * t * t)
}

/// Its direction there, not of length 1.
#[must_use]
pub fn quadratic_direction([a, b, c]: [Point; 3], t: f64) -> Point {
    std::array::from_fn(|i| (b[i] - a[i]) * (1.0 - t) + (c[i] - b[i]) * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_negative_inside() {
        assert_eq!(disc([3.0, 0.0], [0.0, 0.0], 5.0), -2.0);
        assert_eq!(rounded_box([0.0, 0.0], [0.0, 0.0], [4.0, 2.0], 1.0), -2.0);
        let square = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
        assert_eq!(
            (convex([2.0, 1.0], &square), convex([6.0, 1.0], &square)),
            (-1.0, 2.0)
        );
        assert_eq!(quarter([0.0, 2.0], [0.0, 0.0], 1.0, [1.0, 1.0]), 1.0);
    }
}

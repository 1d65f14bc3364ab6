//! Maps of the plane that keep straight lines straight: translation, scale, rotation, skew,
//! perspective.

use crate::geometry::{Point, Quad, Rect, Size};

/// A projective map, row-major: `x' = (m0 x + m1 y + m2) / (m6 x + m7 y + m8)` and likewise `y'`.
///
/// Points are between pixels (corner convention): the centre of the first pixel is `(0.5, 0.5)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projective(pub [f64; 9]);

impl Projective {
    /// Leaves every point where it is.
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// Moves by `(dx, dy)` pixels.
    pub fn translation(dx: f64, dy: f64) -> Self {
        Self([1.0, 0.0, dx, 0.0, 1.0, dy, 0.0, 0.0, 1.0])
    }

    /// Scales about the origin.
    pub fn scale(sx: f64, sy: f64) -> Self {
        Self([sx, 0.0, 0.0, 0.0, sy, 0.0, 0.0, 0.0, 1.0])
    }

    /// Takes the corners of a `size` rectangle at the origin to the corners of `quad`.
    ///
    /// `None` when no such map exists: an empty size, corners that are not finite, or three of
    /// them on one line.
    pub fn from_size_to_quad(size: Size, quad: &Quad) -> Option<Self> {
        if size.is_empty() {
            return None;
        }
        let unit = Self::from_unit_square(quad)?;
        let shrink = Self::scale(1.0 / f64::from(size.width), 1.0 / f64::from(size.height));
        Some(unit.after(&shrink)).filter(Self::is_usable)
    }

    /// Heckbert, *Fundamentals of Texture Mapping and Image Warping* (1989), section 2.2.3.
    fn from_unit_square(quad: &Quad) -> Option<Self> {
        let [p0, p1, p2, p3] = quad.0;
        let (sx, sy) = (p0.x - p1.x + p2.x - p3.x, p0.y - p1.y + p2.y - p3.y);
        let (dx1, dy1) = (p1.x - p2.x, p1.y - p2.y);
        let (dx2, dy2) = (p3.x - p2.x, p3.y - p2.y);
        let det = dx1 * dy2 - dx2 * dy1;
        // A parallelogram within rounding is affine; dividing noise by `det` would invent a slant.
        let span = dx1.abs().max(dy1.abs()).max(dx2.abs()).max(dy2.abs());
        let (g, h) = if sx.abs() <= 1e-9 * span && sy.abs() <= 1e-9 * span {
            (0.0, 0.0)
        } else {
            ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det)
        };
        let map = Self([
            p1.x - p0.x + g * p1.x,
            p3.x - p0.x + h * p3.x,
            p0.x,
            p1.y - p0.y + g * p1.y,
            p3.y - p0.y + h * p3.y,
            p0.y,
            g,
            h,
            1.0,
        ]);
        map.is_usable().then_some(map)
    }

    fn is_usable(&self) -> bool {
        self.0.iter().all(|v| v.is_finite()) && self.determinant().abs() > 1e-18
    }

    fn determinant(&self) -> f64 {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    }

    /// First `first`, then this one.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let (a, b) = (&self.0, &first.0);
        let cell = |row: usize, col: usize| {
            a[row * 3] * b[col] + a[row * 3 + 1] * b[col + 3] + a[row * 3 + 2] * b[col + 6]
        };
        Self(std::array::from_fn(|i| cell(i / 3, i % 3)))
    }

    /// The way back. `None` when the map folds the plane onto a line.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let det = self.determinant();
        let inverse = Self(
            [
                e * i - f * h,
                c * h - b * i,
                b * f - c * e,
                f * g - d * i,
                a * i - c * g,
                c * d - a * f,
                d * h - e * g,
                b * g - a * h,
                a * e - b * d,
            ]
            .map(|v| v / det),
        );
        (det != 0.0 && inverse.0.iter().all(|v| v.is_finite())).then_some(inverse)
    }

    /// Where `point` goes. Not finite on the horizon line.
    pub fn apply(&self, point: Point) -> Point {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let w = g * point.x + h * point.y + i;
        Point {
            x: (a * point.x + b * point.y + c) / w,
            y: (d * point.x + e * point.y + f) / w,
        }
    }

    /// Where the corners of `rect` go.
    pub fn apply_rect(&self, rect: Rect) -> Quad {
        Quad(Quad::from_rect(rect).0.map(|corner| self.apply(corner)))
    }

    /// Whether parallel lines stay parallel.
    pub fn is_affine(&self) -> bool {
        let [.., g, h, i] = self.0;
        let span = i.abs() * 1e-12;
        g.abs() <= span && h.abs() <= span
    }

    /// Partial derivatives at `point`: `[dx'/dx, dx'/dy, dy'/dx, dy'/dy]`.
    pub fn jacobian(&self, point: Point) -> [f64; 4] {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let w = g * point.x + h * point.y + i;
        let (nx, ny) = (a * point.x + b * point.y + c, d * point.x + e * point.y + f);
        [
            (a * w - nx * g) / (w * w),
            (b * w - nx * h) / (w * w),
            (d * w - ny * g) / (w * w),
            (e * w - ny * h) / (w * w),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corners_go_to_corners() {
        let quad = Quad::new([(205.0, 190.0), (815.0, 238.0), (760.0, 812.0), (232.0, 770.0)]);
        let map = Projective::from_size_to_quad(Size::new(640, 480), &quad).unwrap();
        let back = map.apply_rect(Rect::new(0, 0, 640, 480));
        for (a, b) in quad.0.iter().zip(back.0) {
            assert!(
                (a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9,
                "{a:?} {b:?}"
            );
        }
        assert!(!map.is_affine());
    }

    #[test]
    fn what_cannot_be_mapped_is_refused() {
        let line = Quad::new([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        assert_eq!(Projective::from_size_to_quad(Size::new(4, 4), &line), None);
        assert_eq!(Projective::from_size_to_quad(Size::new(0, 4), &line), None);
        let nan = Quad::new([(f64::NAN, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
        assert_eq!(Projective::from_size_to_quad(Size::new(4, 4), &nan), None);
    }

    #[test]
    fn a_rectangle_is_reached_affinely() {
        let quad = Quad::from_rect(Rect::new(10, 20, 300, 150));
        let map = Projective::from_size_to_quad(Size::new(600, 300), &quad).unwrap();
        assert!(map.is_affine());
        assert_eq!(map.jacobian(Point::new(3.0, 4.0)), [0.5, 0.0, 0.0, 0.5]);
    }

    proptest! {
        #[test]
        fn there_and_back(x in 0.0..640.0f64, y in 0.0..480.0f64, dx in -60.0..60.0f64, dy in -60.0..60.0f64) {
            let quad = Quad::new([(0.0 + dx, dy), (500.0, 20.0 - dy), (480.0 - dx, 400.0), (15.0, 380.0 + dy)]);
            let map = Projective::from_size_to_quad(Size::new(640, 480), &quad).unwrap();
            let back = map.inverse().unwrap().apply(map.apply(Point::new(x, y)));
            prop_assert!((back.x - x).abs() < 1e-6 && (back.y - y).abs() < 1e-6);
        }
    }
}

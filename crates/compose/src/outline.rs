//! Outlines to masks: what tiny-skia rasterises for us.

use std::sync::Arc;

use marquetry_pixel::{Coverage, Point, Rect, Size};

use crate::scene::Mask;

/// Straight lines and cubic curves on the canvas, in canvas pixels.
///
/// ```
/// use marquetry_compose::{FillRule, Outline};
/// use marquetry_pixel::{Point, Rect};
///
/// let mut outline = Outline::new();
/// outline.polygon(&[Point::new(1.0, 1.0), Point::new(4.5, 1.0), Point::new(4.5, 3.0), Point::new(1.0, 3.0)]);
/// let mask = outline.mask(FillRule::NonZero, Rect::new(0, 0, 8, 8)).expect("something inside");
/// assert_eq!((mask.at, mask.outside), ((1, 1), 0));
/// assert_eq!(mask.coverage.row(0)[..3], [255; 3]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Outline {
    path: tiny_skia::PathBuilder,
}

/// What counts as inside where an outline crosses itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillRule {
    /// What is gone around at all, by direction.
    #[default]
    NonZero,
    /// What is gone around an odd number of times.
    EvenOdd,
}

impl Outline {
    /// Without any line yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a new contour.
    pub fn move_to(&mut self, to: Point) {
        let (x, y) = single(to);
        self.path.move_to(x, y);
    }

    /// A straight line from where the last one ended.
    pub fn line_to(&mut self, to: Point) {
        let (x, y) = single(to);
        self.path.line_to(x, y);
    }

    /// A cubic curve from where the last line ended; `leave` and `arrive` pull it as handles do.
    pub fn curve_to(&mut self, leave: Point, arrive: Point, to: Point) {
        let ((x1, y1), (x2, y2), (x, y)) = (single(leave), single(arrive), single(to));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    /// Ends the contour where it began.
    pub fn close(&mut self) {
        self.path.close();
    }

    /// A closed contour of straight lines.
    pub fn polygon(&mut self, corners: &[Point]) {
        for (at, &corner) in corners.iter().enumerate() {
            if at == 0 {
                self.move_to(corner);
            } else {
                self.line_to(corner);
            }
        }
        if !corners.is_empty() {
            self.close();
        }
    }

    /// A mask that lets through what is inside, anti-aliased, as large as the part of `canvas` that
    /// the outline reaches. `None` when that is nothing, or a corner is not finite.
    pub fn mask(&self, rule: FillRule, canvas: Rect) -> Option<Mask> {
        let path = self.path.clone().finish()?;
        let reached = path.bounds().round_out()?;
        let reached = Rect::new(reached.x(), reached.y(), reached.width(), reached.height());
        let area = canvas.intersect(reached);
        let mut inside = tiny_skia::Mask::new(area.width, area.height)?;
        let rule = match rule {
            FillRule::NonZero => tiny_skia::FillRule::Winding,
            FillRule::EvenOdd => tiny_skia::FillRule::EvenOdd,
        };
        // Exact in single precision up to sixteen million pixels.
        let home = tiny_skia::Transform::from_translate(-(area.x as f32), -(area.y as f32));
        inside.fill_path(&path, rule, true, home);
        let size = Size::new(area.width, area.height);
        let coverage = Coverage::from_bytes(size, inside.take()).ok()?;
        Some(Mask::new(Arc::new(coverage), (area.x, area.y)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "tiny-skia works in single precision; what overflows becomes infinite and is refused"
)]
fn single(point: Point) -> (f32, f32) {
    (point.x as f32, point.y as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Rect = Rect::new(0, 0, 40, 30);

    fn square(left: f64, top: f64, side: f64) -> [Point; 4] {
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(x, y)| Point::new(left + x, top + y))
    }

    fn area(mask: &Mask) -> f64 {
        mask.coverage
            .bytes()
            .iter()
            .map(|&byte| f64::from(byte) / 255.0)
            .sum()
    }

    #[test]
    fn a_shape_covers_its_area() {
        let mut outline = Outline::new();
        outline.polygon(&square(3.25, 4.5, 10.0));
        let mask = outline.mask(FillRule::NonZero, CANVAS).unwrap();
        assert_eq!((mask.at, mask.coverage.size()), ((3, 4), Size::new(11, 11)));
        assert!((area(&mask) - 100.0).abs() < 1.5, "{}", area(&mask));
        // A circle of radius 10 of four curves.
        let k = 5.522_847_5;
        let mut circle = Outline::new();
        let p = |x: f64, y: f64| Point::new(15.0 + x, 15.0 + y);
        circle.move_to(p(10.0, 0.0));
        circle.curve_to(p(10.0, k), p(k, 10.0), p(0.0, 10.0));
        circle.curve_to(p(-k, 10.0), p(-10.0, k), p(-10.0, 0.0));
        circle.curve_to(p(-10.0, -k), p(-k, -10.0), p(0.0, -10.0));
        circle.curve_to(p(k, -10.0), p(10.0, -k), p(10.0, 0.0));
        circle.close();
        let round = circle.mask(FillRule::NonZero, CANVAS).unwrap();
        assert!((area(&round) - 314.16).abs() < 3.0, "{}", area(&round));
    }

    #[test]
    fn rules_differ_where_contours_overlap() {
        let mut outline = Outline::new();
        outline.polygon(&square(0.0, 0.0, 20.0));
        outline.polygon(&square(5.0, 5.0, 10.0));
        let area = |rule| area(&outline.mask(rule, CANVAS).unwrap());
        assert!((area(FillRule::NonZero) - 400.0).abs() < 0.1);
        assert!((area(FillRule::EvenOdd) - 300.0).abs() < 0.1);
    }

    #[test]
    fn what_cannot_be_drawn_is_none() {
        assert!(Outline::new().mask(FillRule::NonZero, CANVAS).is_none());
        let mut far = Outline::new();
        far.polygon(&square(100.0, 100.0, 10.0));
        assert!(far.mask(FillRule::NonZero, CANVAS).is_none());
        let mut broken = Outline::new();
        broken.polygon(&square(f64::NAN, 0.0, 10.0));
        assert!(broken.mask(FillRule::NonZero, CANVAS).is_none());
        let mut endless = Outline::new();
        endless.polygon(&square(0.0, 0.0, 1e300));
        assert!(endless.mask(FillRule::NonZero, CANVAS).is_none());
    }

    #[test]
    fn only_what_is_on_the_canvas_is_kept() {
        let mut outline = Outline::new();
        outline.polygon(&square(-50.0, -50.0, 1000.0));
        let mask = outline.mask(FillRule::NonZero, CANVAS).unwrap();
        assert_eq!((mask.at, mask.coverage.size()), ((0, 0), CANVAS.size()));
        assert!(mask.coverage.bytes().iter().all(|&byte| byte == 255));
    }
}

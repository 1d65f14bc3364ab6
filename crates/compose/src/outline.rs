//! Outlines on the canvas: what is inside them, and strokes along them.

use std::sync::Arc;

use marquetry_pixel::{Point, Rect};

use crate::area::cover;
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
/// assert_eq!(mask.coverage.row(0), [255, 255, 255, 128]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    pub(crate) contours: Vec<Contour>,
}

/// One connected line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contour {
    pub(crate) start: Point,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) closed: bool,
}

/// What leads from one point to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece {
    Line(Point),
    Curve(Point, Point, Point),
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
        self.contours.push(Contour {
            start: to,
            pieces: Vec::new(),
            closed: false,
        });
    }

    /// A straight line from where the last one ended.
    pub fn line_to(&mut self, to: Point) {
        self.add(Piece::Line(to));
    }

    /// A cubic curve from where the last line ended; `leave` and `arrive` pull it as handles do.
    pub fn curve_to(&mut self, leave: Point, arrive: Point, to: Point) {
        self.add(Piece::Curve(leave, arrive, to));
    }

    /// Ends the contour where it began.
    pub fn close(&mut self) {
        if let Some(contour) = self.contours.last_mut() {
            contour.closed = true;
        }
    }

    /// A line without a beginning begins at the canvas' corner; one after a closed contour begins
    /// where that did.
    fn add(&mut self, piece: Piece) {
        let start = self.contours.last().map(|contour| contour.start);
        if self.contours.last().is_none_or(|contour| contour.closed) {
            self.move_to(start.unwrap_or_default());
        }
        if let Some(contour) = self.contours.last_mut() {
            contour.pieces.push(piece);
        }
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

    /// All of another outline as well.
    pub fn extend(&mut self, other: &Self) {
        self.contours.extend_from_slice(&other.contours);
    }

    /// Whether any of its contours doesn't end where it began.
    pub fn is_open(&self) -> bool {
        self.contours.iter().any(|contour| !contour.closed)
    }

    /// The corners of lines that keep to its curves within a fiftieth of a pixel, contour by contour.
    /// `None` when one of them is nowhere.
    pub fn corners(&self) -> Option<Vec<Vec<Point>>> {
        self.flat()
    }

    /// The smallest whole pixels that hold everything inside. `None` when that is nothing, or a
    /// corner is nowhere.
    pub fn bounds(&self) -> Option<Rect> {
        bounds(&self.flat()?)
    }

    /// The least and the greatest place of any point on it. `None` when there is none, or one is
    /// nowhere.
    pub fn extent(&self) -> Option<(Point, Point)> {
        extent(&self.flat()?)
    }

    /// A mask that lets through what is inside, anti-aliased by the exact area of each pixel, as large
    /// as the part of `canvas` that the outline reaches. `None` when that is nothing, or a corner is
    /// nowhere. Open contours end where they began.
    ///
    /// Photoshop's own masks of curved shapes differ from it by 2 to 3 levels of 255 along their edges,
    /// and by 12 at most.
    pub fn mask(&self, rule: FillRule, canvas: Rect) -> Option<Mask> {
        let contours = self.flat()?;
        let area = canvas.intersect(bounds(&contours)?);
        if area.is_empty() {
            return None;
        }
        let coverage = cover(&contours, rule, area);
        Some(Mask::new(Arc::new(coverage), (area.x, area.y)))
    }

    /// Corners of lines that keep to the curves. `None` when one of them is not finite or so far away
    /// that nothing can be said of it.
    fn flat(&self) -> Option<Vec<Vec<Point>>> {
        self.contours.iter().map(Contour::flat).collect()
    }
}

/// Beyond this no place is known to a fraction of a pixel any more.
const FAR: f64 = 1e9;
/// How far a line may keep from the curve it stands for, in pixels.
const TOLERANCE: f64 = 0.02;

impl Contour {
    fn flat(&self) -> Option<Vec<Point>> {
        let mut corners = vec![self.start];
        let mut from = self.start;
        for piece in &self.pieces {
            match *piece {
                Piece::Line(to) => corners.push(to),
                Piece::Curve(leave, arrive, to) => flatten([from, leave, arrive, to], &mut corners),
            }
            from = piece.end();
        }
        let near = |point: &Point| point.x.abs() < FAR && point.y.abs() < FAR;
        corners.iter().all(near).then_some(corners)
    }
}

impl Piece {
    pub(crate) fn end(self) -> Point {
        match self {
            Self::Line(to) | Self::Curve(_, _, to) => to,
        }
    }
}

/// Adds the corners after the first of lines that keep within [`TOLERANCE`] of the curve.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN is 0"
)]
fn flatten([p0, p1, p2, p3]: [Point; 4], corners: &mut Vec<Point>) {
    let bend = |a: Point, b: Point, c: Point| (a.x - 2.0 * b.x + c.x).hypot(a.y - 2.0 * b.y + c.y);
    // A curve in n equal steps strays at most 3/4 of its greatest bend over n squared.
    let most = bend(p0, p1, p2).max(bend(p1, p2, p3));
    let steps = (0.75 * most / TOLERANCE).sqrt().ceil().clamp(1.0, 1000.0) as u32;
    for step in 1..=steps {
        let t = f64::from(step) / f64::from(steps);
        let s = 1.0 - t;
        let at = |a: f64, b: f64, c: f64, d: f64| {
            s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
        };
        corners.push(Point::new(at(p0.x, p1.x, p2.x, p3.x), at(p0.y, p1.y, p2.y, p3.y)));
    }
}

fn extent(contours: &[Vec<Point>]) -> Option<(Point, Point)> {
    let mut corners = contours.iter().flatten();
    let first = *corners.next()?;
    Some(corners.fold((first, first), |(least, most), corner| {
        (
            Point::new(least.x.min(corner.x), least.y.min(corner.y)),
            Point::new(most.x.max(corner.x), most.y.max(corner.y)),
        )
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "corners are near")]
fn bounds(contours: &[Vec<Point>]) -> Option<Rect> {
    let (least, most) = extent(contours)?;
    Some(Rect::from_edges(
        least.x.floor() as i32,
        least.y.floor() as i32,
        most.x.ceil() as i32,
        most.y.ceil() as i32,
    ))
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

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

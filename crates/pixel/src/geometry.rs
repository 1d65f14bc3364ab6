//! Whole-pixel sizes and rectangles, and points between pixels.
//!
//! Origin top left, x to the right, y down. A pixel at column `c` covers `c..c + 1`; its centre is
//! at `c + 0.5`.

/// Width and height in whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// `width` by `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// How many pixels that is.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Whether there is no pixel at all.
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The rectangle of this size at the origin.
    pub fn rect(self) -> Rect {
        Rect {
            x: 0,
            y: 0,
            width: self.width,
            height: self.height,
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Leftmost column.
    pub x: i32,
    /// Topmost row.
    pub y: i32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// `size` with its top left corner at `(x, y)`.
    pub const fn new(x: i32, y: i32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// From edges; empty when they cross.
    pub fn from_edges(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        let extent = |from: i32, to: i32| u32::try_from(i64::from(to) - i64::from(from)).unwrap_or(0);
        Self {
            x: left,
            y: top,
            width: extent(left, right),
            height: extent(top, bottom),
        }
    }

    /// The column just right of the last one.
    pub fn right(self) -> i64 {
        i64::from(self.x) + i64::from(self.width)
    }

    /// The row just below the last one.
    pub fn bottom(self) -> i64 {
        i64::from(self.y) + i64::from(self.height)
    }

    /// Its size.
    pub fn size(self) -> Size {
        Size {
            width: self.width,
            height: self.height,
        }
    }

    /// Whether it covers no pixel.
    pub fn is_empty(self) -> bool {
        self.size().is_empty()
    }

    /// The pixels in both; empty when they don't meet.
    pub fn intersect(self, other: Self) -> Self {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let extent = |from: i32, to: i64| u32::try_from(to - i64::from(from)).unwrap_or(0);
        let width = extent(x, self.right().min(other.right()));
        let height = extent(y, self.bottom().min(other.bottom()));
        if width == 0 || height == 0 {
            Self {
                x,
                y,
                width: 0,
                height: 0,
            }
        } else {
            Self { x, y, width, height }
        }
    }

    /// The smallest rectangle that holds both; an empty one adds nothing.
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        let extent = |from: i32, to: i64| u32::try_from(to - i64::from(from)).unwrap_or(u32::MAX);
        Self {
            x,
            y,
            width: extent(x, self.right().max(other.right())),
            height: extent(y, self.bottom().max(other.bottom())),
        }
    }

    /// Whether every pixel of `other` is in here. An empty `other` is in everything.
    pub fn contains(self, other: Self) -> bool {
        other.is_empty() || self.intersect(other) == other
    }

    /// The same pixels seen from an origin moved by `(dx, dy)`. Saturates at the ends of `i32`.
    pub fn translate(self, dx: i32, dy: i32) -> Self {
        Self {
            x: self.x.saturating_add(dx),
            y: self.y.saturating_add(dy),
            ..self
        }
    }

    /// `by` pixels more on every side; nothing stays nothing. Stops at the ends of `i32`.
    pub fn grown(self, by: u32) -> Self {
        if self.is_empty() {
            return self;
        }
        let by = i32::try_from(by).unwrap_or(i32::MAX);
        let end = |edge: i64| i32::try_from(edge + i64::from(by)).unwrap_or(i32::MAX);
        Self::from_edges(
            self.x.saturating_sub(by),
            self.y.saturating_sub(by),
            end(self.right()),
            end(self.bottom()),
        )
    }
}

/// A point between pixels, in pixels of some space.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// The point `(x, y)`.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// Four corners in the order top left, top right, bottom right, bottom left of what they carry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// From `(x, y)` pairs.
    pub fn new(corners: [(f64, f64); 4]) -> Self {
        Self(corners.map(|(x, y)| Point { x, y }))
    }

    /// The corners of a rectangle.
    pub fn from_rect(rect: Rect) -> Self {
        let (left, top) = (f64::from(rect.x), f64::from(rect.y));
        let (right, bottom) = (left + f64::from(rect.width), top + f64::from(rect.height));
        Self::new([(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    /// The smallest whole-pixel rectangle that holds the four corners. Saturates at the ends of
    /// `i32`; corners that are not finite give an empty one.
    pub fn bounds(&self) -> Rect {
        if self
            .0
            .iter()
            .any(|corner| !corner.x.is_finite() || !corner.y.is_finite())
        {
            return Rect::default();
        }
        let fold = |pick: fn(&Point) -> f64| {
            self.0
                .iter()
                .map(pick)
                .fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let (left, right) = fold(|corner| corner.x);
        let (top, bottom) = fold(|corner| corner.y);
        Rect::from_edges(
            to_i32(left.floor()),
            to_i32(top.floor()),
            to_i32(right.ceil()),
            to_i32(bottom.ceil()),
        )
    }

    /// Whether the corners form a parallelogram within `tolerance` pixels, so that an affine map
    /// reaches them.
    pub fn is_parallelogram(&self, tolerance: f64) -> bool {
        let [tl, tr, br, bl] = self.0;
        (tl.x + br.x - tr.x - bl.x).abs() <= tolerance && (tl.y + br.y - tr.y - bl.y).abs() <= tolerance
    }

    /// The same quad moved by `(dx, dy)`.
    pub fn translate(&self, dx: f64, dy: f64) -> Self {
        Self(self.0.map(|corner| Point {
            x: corner.x + dx,
            y: corner.y + dy,
        }))
    }
}

/// Towards zero, saturating.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast to an integer saturates, which is what is wanted"
)]
fn to_i32(value: f64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_meet_and_join() {
        let a = Rect::new(-5, 0, 10, 10);
        let b = Rect::new(3, 4, 10, 10);
        assert_eq!(a.intersect(b), Rect::new(3, 4, 2, 6));
        assert_eq!(a.union(b), Rect::from_edges(-5, 0, 13, 14));
        assert!(a.intersect(Rect::new(100, 0, 1, 1)).is_empty());
        assert!(a.contains(a.intersect(b)));
    }

    #[test]
    fn extremes_do_not_overflow() {
        let all = Rect::from_edges(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
        assert_eq!(all.width, u32::MAX);
        assert_eq!(all.intersect(all), all);
        assert_eq!(Rect::from_edges(5, 5, 4, 9).width, 0);
        assert!(
            Quad::new([(f64::NAN, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
                .bounds()
                .is_empty()
        );
    }

    #[test]
    fn a_quad_knows_its_bounds_and_shape() {
        let quad = Quad::new([(0.5, 0.5), (10.0, 0.0), (9.5, 10.0), (0.0, 10.5)]);
        assert_eq!(quad.bounds(), Rect::new(0, 0, 10, 11));
        assert!(quad.is_parallelogram(1e-9));
        assert!(!Quad::new([(0.0, 0.0), (10.0, 0.0), (8.0, 8.0), (0.0, 10.0)]).is_parallelogram(0.5));
    }
}

//! Strokes along outlines: outlines themselves, which tiny-skia works out for us.

use marquetry_pixel::Point;

use crate::outline::Outline;

/// How a line is drawn along an outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Pen {
    /// In pixels, half on either side.
    pub width: f64,
    /// Ends of open contours and of dashes.
    pub cap: Cap,
    /// Corners.
    pub join: Join,
    /// Longest miter, in widths of the line; a longer one is cut off.
    pub miter_limit: f64,
    /// Lengths of dashes and gaps in turn, in pixels; empty for a line without gaps. An odd count is
    /// gone through twice.
    pub dashes: Vec<f64>,
    /// Where in them the line begins, in pixels.
    pub dash_offset: f64,
}

/// Ends of open contours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cap {
    /// Cut at the end.
    #[default]
    Butt,
    /// Half a circle.
    Round,
    /// Half a square.
    Square,
}

/// Corners of a stroke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Pointed, unless too long.
    #[default]
    Miter,
    /// Round.
    Round,
    /// Cut off.
    Bevel,
}

impl Outline {
    /// The outline of a line along this one, to be filled by [`FillRule::NonZero`]. `None` when there
    /// is no line, it has no width, or a number is none.
    ///
    /// [`FillRule::NonZero`]: crate::FillRule::NonZero
    pub fn stroked(&self, pen: &Pen) -> Option<Self> {
        let mut path = self.to_path()?;
        if let Some(dashes) = dashes(pen) {
            path = path.dash(&dashes, 1.0)?;
        }
        let settings = tiny_skia::Stroke {
            width: single(pen.width),
            miter_limit: single(pen.miter_limit),
            line_cap: match pen.cap {
                Cap::Butt => tiny_skia::LineCap::Butt,
                Cap::Round => tiny_skia::LineCap::Round,
                Cap::Square => tiny_skia::LineCap::Square,
            },
            line_join: match pen.join {
                Join::Miter => tiny_skia::LineJoin::Miter,
                Join::Round => tiny_skia::LineJoin::Round,
                Join::Bevel => tiny_skia::LineJoin::Bevel,
            },
            dash: None,
        };
        let sound = settings.width > 0.0 && settings.width < 1e6 && settings.miter_limit.is_finite();
        let line = path.stroke(&settings, RESOLUTION).filter(|_| sound)?;
        Some(Self::from_path(&line))
    }

    fn to_path(&self) -> Option<tiny_skia::Path> {
        let mut path = tiny_skia::PathBuilder::new();
        for contour in &self.contours {
            let (x, y) = pair(contour.start);
            path.move_to(x, y);
            for piece in &contour.pieces {
                match *piece {
                    crate::outline::Piece::Line(to) => {
                        let (x, y) = pair(to);
                        path.line_to(x, y);
                    }
                    crate::outline::Piece::Curve(leave, arrive, to) => {
                        let ((x1, y1), (x2, y2), (x, y)) = (pair(leave), pair(arrive), pair(to));
                        path.cubic_to(x1, y1, x2, y2, x, y);
                    }
                }
            }
            if contour.closed {
                path.close();
            }
        }
        path.finish()
    }

    fn from_path(path: &tiny_skia::Path) -> Self {
        let mut outline = Self::new();
        let mut last = Point::default();
        let wide = |point: tiny_skia::Point| Point::new(f64::from(point.x), f64::from(point.y));
        for segment in path.segments() {
            match segment {
                tiny_skia::PathSegment::MoveTo(to) => {
                    outline.move_to(wide(to));
                    last = wide(to);
                }
                tiny_skia::PathSegment::LineTo(to) => {
                    outline.line_to(wide(to));
                    last = wide(to);
                }
                tiny_skia::PathSegment::QuadTo(pull, to) => {
                    // The same curve of the third degree.
                    let (pull, to) = (wide(pull), wide(to));
                    outline.curve_to(towards(last, pull), towards(to, pull), to);
                    last = to;
                }
                tiny_skia::PathSegment::CubicTo(leave, arrive, to) => {
                    outline.curve_to(wide(leave), wide(arrive), wide(to));
                    last = wide(to);
                }
                tiny_skia::PathSegment::Close => outline.close(),
            }
        }
        outline
    }
}

/// Curves are offset as closely as if a pixel were this many.
const RESOLUTION: f32 = 4.0;

/// Two thirds of the way.
fn towards(from: Point, to: Point) -> Point {
    Point::new(
        from.x + (to.x - from.x) * 2.0 / 3.0,
        from.y + (to.y - from.y) * 2.0 / 3.0,
    )
}

/// `None` for a line without gaps, or gaps that make no sense.
fn dashes(pen: &Pen) -> Option<tiny_skia::StrokeDash> {
    let mut lengths: Vec<f32> = pen.dashes.iter().map(|&length| single(length)).collect();
    if lengths.len() % 2 == 1 {
        lengths.extend_from_within(..);
    }
    // Finer than this it is a line for the eye, and no end of work.
    let total: f32 = lengths.iter().sum();
    (total > 0.05).then(|| tiny_skia::StrokeDash::new(lengths, single(pen.dash_offset)))?
}

fn pair(point: Point) -> (f32, f32) {
    (single(point.x), single(point.y))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "tiny-skia works in single precision; what overflows becomes infinite and is refused"
)]
fn single(value: f64) -> f32 {
    value as f32
}

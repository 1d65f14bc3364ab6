//! Outlines of frames and shapes, in pixels from a frame's top left corner.

use marquetry_template::geometry::Area;
use marquetry_template::{Outline, Step};
use marquetry_text::kurbo::{BezPath, Point};

/// How far a handle reaches for a quarter of a circle, in radii.
const QUARTER: f64 = 0.552_284_749_830_793_4;

/// A rectangle.
pub(super) fn rectangle(area: Area) -> BezPath {
    rounded(area, [0.0; 4])
}

/// A rectangle with round corners: top left, top right, bottom right, bottom left. Radii that do not fit
/// beside each other are all made smaller, as those of CSS are.
pub(super) fn rounded(area: Area, radii: [f64; 4]) -> BezPath {
    let Area { x, y, width, height } = area;
    let [a, b, c, d] = radii;
    let sides = [(width, a + b), (width, c + d), (height, a + d), (height, b + c)];
    let fit = sides
        .into_iter()
        .filter(|(_, wanted)| *wanted > 0.0)
        .map(|(side, wanted)| side / wanted)
        .fold(1.0, f64::min);
    let [a, b, c, d] = radii.map(|radius| radius * fit);
    let (right, bottom) = (x + width, y + height);
    let mut path = BezPath::new();
    let corner = |path: &mut BezPath, from: (f64, f64), tip: (f64, f64), to: (f64, f64)| {
        path.line_to(from);
        if from != to {
            let towards = |end: (f64, f64)| {
                Point::new(
                    end.0 + (tip.0 - end.0) * QUARTER,
                    end.1 + (tip.1 - end.1) * QUARTER,
                )
            };
            path.curve_to(towards(from), towards(to), Point::from(to));
        }
    };
    path.move_to((x + a, y));
    corner(&mut path, (right - b, y), (right, y), (right, y + b));
    corner(
        &mut path,
        (right, bottom - c),
        (right, bottom),
        (right - c, bottom),
    );
    corner(&mut path, (x + d, bottom), (x, bottom), (x, bottom - d));
    corner(&mut path, (x, y + a), (x, y), (x + a, y));
    path.close_path();
    path
}

/// The ellipse that touches all four sides.
pub(super) fn ellipse(area: Area) -> BezPath {
    let (rx, ry) = (area.width / 2.0, area.height / 2.0);
    let (x, y) = (area.x + rx, area.y + ry);
    let (hx, hy) = (rx * QUARTER, ry * QUARTER);
    let mut path = BezPath::new();
    path.move_to((x + rx, y));
    path.curve_to((x + rx, y + hy), (x + hx, y + ry), (x, y + ry));
    path.curve_to((x - hx, y + ry), (x - rx, y + hy), (x - rx, y));
    path.curve_to((x - rx, y - hy), (x - hx, y - ry), (x, y - ry));
    path.curve_to((x + hx, y - ry), (x + rx, y - hy), (x + rx, y));
    path.close_path();
    path
}

/// A shape in a frame of this size.
pub(super) fn shape(outline: &Outline, frame: Area, radii: [f64; 4]) -> BezPath {
    let point = |at: &marquetry_pixel::Point| Point::new(at.x, at.y);
    match outline {
        Outline::Rect => rounded(frame, radii),
        Outline::Ellipse => ellipse(frame),
        Outline::Line => {
            let mut path = BezPath::new();
            path.move_to((frame.x, frame.y));
            path.line_to((frame.right(), frame.bottom()));
            path
        }
        Outline::Polygon(corners) => {
            let mut path = BezPath::new();
            for (at, corner) in corners.iter().enumerate() {
                if at == 0 {
                    path.move_to(point(corner));
                } else {
                    path.line_to(point(corner));
                }
            }
            path.close_path();
            path
        }
        Outline::Path(steps) => {
            let mut path = BezPath::new();
            for step in steps.steps() {
                match step {
                    Step::Move(to) => path.move_to(point(to)),
                    Step::Line(to) => path.line_to(point(to)),
                    Step::Quad(handle, to) => path.quad_to(point(handle), point(to)),
                    Step::Cubic(leave, arrive, to) => {
                        path.curve_to(point(leave), point(arrive), point(to));
                    }
                    Step::Close => path.close_path(),
                }
            }
            path
        }
    }
}

#[cfg(test)]
mod tests {
    use marquetry_text::kurbo::Shape as _;

    use super::*;

    #[test]
    fn radii_that_do_not_fit_shrink_together() {
        let area = Area::new(0.0, 0.0, 100.0, 40.0);
        // A pill: both ends are half circles of radius 20.
        let pill = rounded(area, [500.0; 4]);
        let wanted = 60.0 * 40.0 + std::f64::consts::PI * 400.0;
        assert!((pill.area().abs() - wanted).abs() < 1.0, "{}", pill.area());
        assert_eq!(rounded(area, [0.0; 4]).elements().len(), 6);
    }

    #[test]
    fn an_ellipse_touches_its_sides() {
        let oval = ellipse(Area::new(10.0, 20.0, 30.0, 50.0));
        let bounds = oval.bounding_box();
        for (is, wanted) in [
            (bounds.x0, 10.0),
            (bounds.x1, 40.0),
            (bounds.y0, 20.0),
            (bounds.y1, 70.0),
        ] {
            assert!((is - wanted).abs() < 1e-9, "{bounds:?}");
        }
    }
}

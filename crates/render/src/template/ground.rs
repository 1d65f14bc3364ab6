//! Where a layer lies: the way from its own pixels to those of the page.

use marquetry_pixel::{Projective, Rect, Size};
use marquetry_template::geometry::Area;
use marquetry_template::{FilledLayer, FilledShadow};
use marquetry_text::kurbo::{Affine, Point as At};

/// How far beyond the page something may lie and still cast a shadow on it, in pixels.
const FAR: f64 = 4096.0;

/// How far off a pixel's edge still counts as on it: less than a level of 8 bits.
const SLACK: f64 = 1.0 / 512.0;

/// The pixels in which something is placed: those of a page, a group or a layer's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    /// To the pixels of the page.
    pub(super) way: Affine,
    /// How many times as large a length is on the page.
    pub(super) scale: f64,
    /// Nothing outside of these pixels of the page is ever seen.
    pub(super) area: Rect,
}

impl Ground {
    /// A page itself.
    pub(super) fn page(size: Size) -> Self {
        Self {
            way: Affine::IDENTITY,
            scale: 1.0,
            area: size.rect(),
        }
    }

    /// The ground within a layer's frame, whose top left corner is its origin.
    pub(super) fn within(&self, layer: &FilledLayer) -> Self {
        let frame = layer.frame;
        let middle = (frame.width / 2.0, frame.height / 2.0);
        let way = self.way
            * Affine::translate((frame.x, frame.y))
            * Affine::translate(middle)
            * turn(layer.rotation)
            * Affine::translate((-middle.0, -middle.1));
        let own = Self { way, ..*self };
        layer.shadow.as_ref().map_or(own, |shadow| own.casting(shadow))
    }

    /// The same ground for what is `times` as large as it says.
    pub(super) fn scaled(&self, times: f64) -> Self {
        Self {
            way: self.way * Affine::scale(times),
            scale: self.scale * times,
            ..*self
        }
    }

    /// The same ground from another origin.
    pub(super) fn moved(&self, x: f64, y: f64) -> Self {
        Self {
            way: self.way * Affine::translate((x, y)),
            ..*self
        }
    }

    /// The same, where what lies beside the page may cast a shadow on it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped first; NaN becomes 0"
    )]
    fn casting(self, shadow: &FilledShadow) -> Self {
        let far = shadow.dx.abs().max(shadow.dy.abs()) + shadow.blur;
        let far = (far * self.scale).ceil().clamp(0.0, FAR) as u32;
        Self {
            area: self.area.grown(far.saturating_add(2)),
            ..self
        }
    }

    /// The same ground, seen from a corner of some pixels of the page and no further than those.
    pub(super) fn cornered(&self, of: Rect) -> Self {
        Self {
            way: Affine::translate((-f64::from(of.x), -f64::from(of.y))) * self.way,
            area: of.size().rect(),
            ..*self
        }
    }

    /// The rectangle of the page that `area` becomes; `None` when it is turned or bent.
    pub(super) fn upright(&self, area: Area) -> Option<Area> {
        let [a, b, c, d, e, f] = self.way.as_coeffs();
        let straight = b == 0.0 && c == 0.0 && a > 0.0 && d > 0.0;
        straight.then(|| Area::new(a * area.x + e, d * area.y + f, a * area.width, d * area.height))
    }

    /// The whole pixels of the page that hold `area`, as far as they can be seen.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, and what is far away is cut off next"
    )]
    pub(super) fn pixels(&self, area: Area) -> Rect {
        let corners = self.corners(area);
        let low = |side: fn(&At) -> f64| corners.iter().map(side).fold(f64::INFINITY, f64::min);
        let high = |side: fn(&At) -> f64| corners.iter().map(side).fold(f64::NEG_INFINITY, f64::max);
        let (left, top) = (low(|at| at.x), low(|at| at.y));
        let (right, bottom) = (high(|at| at.x), high(|at| at.y));
        let rect = Rect::from_edges(
            (left + SLACK).floor() as i32,
            (top + SLACK).floor() as i32,
            (right - SLACK).ceil() as i32,
            (bottom - SLACK).ceil() as i32,
        );
        self.area.intersect(rect)
    }

    /// Whether `area` covers all of some pixels of the page.
    pub(super) fn covers(&self, area: Area, pixels: Rect) -> bool {
        let Some(area) = self.upright(area) else {
            return false;
        };
        let (right, bottom) = (
            f64::from(pixels.x) + f64::from(pixels.width),
            f64::from(pixels.y) + f64::from(pixels.height),
        );
        area.x <= f64::from(pixels.x) + SLACK
            && area.y <= f64::from(pixels.y) + SLACK
            && area.right() >= right - SLACK
            && area.bottom() >= bottom - SLACK
    }

    fn corners(&self, area: Area) -> [At; 4] {
        let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|corner| self.way * At::from(corner))
    }

    /// The way, with `before` gone first, as pixels are carried along it.
    pub(super) fn carry(&self, before: Affine) -> Projective {
        let [a, b, c, d, e, f] = (self.way * before).as_coeffs();
        Projective([a, c, e, b, d, f, 0.0, 0.0, 1.0])
    }
}

/// A turn clockwise, exact for quarters.
fn turn(degrees: f64) -> Affine {
    let degrees = degrees.rem_euclid(360.0);
    let quarters = degrees / 90.0;
    let (sine, cosine) = if quarters.fract() == 0.0 {
        match quarters {
            1.0 => (1.0, 0.0),
            2.0 => (0.0, -1.0),
            3.0 => (-1.0, 0.0),
            _ => (0.0, 1.0),
        }
    } else {
        degrees.to_radians().sin_cos()
    };
    Affine::new([cosine, sine, -sine, cosine, 0.0, 0.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(degrees: f64) -> Ground {
        Ground {
            way: turn(degrees),
            ..Ground::page(Size::new(100, 100))
        }
    }

    #[test]
    fn quarter_turns_are_clockwise_and_exact() {
        let gone = |degrees: f64, x: f64, y: f64| {
            let at = ground(degrees).way * At::new(x, y);
            (at.x, at.y)
        };
        assert_eq!(gone(90.0, 1.0, 0.0), (0.0, 1.0));
        assert_eq!(gone(-90.0, 1.0, 0.0), (0.0, -1.0));
        assert_eq!(gone(540.0, 1.0, 2.0), (-1.0, -2.0));
        assert_eq!(ground(720.0).way, Affine::IDENTITY);
    }

    #[test]
    fn a_rectangle_on_whole_pixels_covers_them_and_one_between_does_not() {
        let page = ground(0.0);
        let whole = Area::new(10.0, 10.0, 20.0, 5.0);
        assert_eq!(page.pixels(whole), Rect::new(10, 10, 20, 5));
        assert!(page.covers(whole, page.pixels(whole)));
        let between = Area::new(10.5, 10.0, 20.0, 5.0);
        assert_eq!(page.pixels(between), Rect::new(10, 10, 21, 5));
        assert!(!page.covers(between, page.pixels(between)));
        assert!(!ground(30.0).covers(whole, Rect::new(12, 12, 1, 1)));
    }

    #[test]
    fn what_is_nowhere_has_no_pixels() {
        let page = ground(0.0);
        for x in [f64::NAN, 1e300, -1e300] {
            assert!(page.pixels(Area::new(x, 0.0, 5.0, 5.0)).is_empty());
        }
    }
}

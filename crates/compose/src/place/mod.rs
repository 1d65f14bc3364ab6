//! Pixels through a projective map: which art point each canvas pixel looks at, how much of the
//! pixel the art covers, and how densely to sample there.
//!
//! Rows are sampled in blocks of sixteen pixels that begin at canvas columns divisible by sixteen,
//! wherever the row being asked for begins, so a picture does not depend on how it is cut.
//!
//! **Precision.** Inside a block, art positions are interpolated linearly between its exact ends
//! and held in 65536ths of an art pixel. A block where the true middle lies more than 1/64 of an
//! art pixel from the interpolated one is sampled from exact positions instead, so the position
//! error stays below 1/32 of a pixel everywhere.

mod bilinear;
mod exact;

use fearless_simd::Level;
use marquetry_pixel::{Point, Raster, Rect};

use crate::art::Art;
use crate::blend::wide::{Wide, on};
use crate::scene::{Filter, Placed};

/// Pixels a block.
const BLOCK: i32 = 16;
/// How far the middle of a block may lie from the straight line between its ends, in art pixels.
const BENT: f64 = 1.0 / 64.0;

/// How a sample between pixels is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Bilinear,
    Bicubic,
}

/// Art carried through a map, ready to be asked for rows.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    art: &'a Art,
    /// Canvas to art, in homogeneous coordinates that are positive where the art can be seen.
    back: [f64; 9],
    /// Left, right, top and bottom edge of the art as lines on the canvas, positive inside.
    edges: [Line; 4],
    /// Beyond it is what the map turns inside out.
    horizon: Line,
    kernel: Kernel,
}

/// `a x + b y + c`: for an edge, the distance to it in canvas pixels.
#[derive(Clone, Copy, Debug)]
struct Line {
    a: f64,
    b: f64,
    c: f64,
}

impl Line {
    /// Scaled so that it measures pixels, where it measures anything.
    fn distance(a: f64, b: f64, c: f64) -> Self {
        let slope = a.hypot(b);
        let unit = if slope > f64::MIN_POSITIVE { slope } else { 1.0 };
        Self {
            a: a / unit,
            b: b / unit,
            c: c / unit,
        }
    }

    fn at(self, x: f64, y: f64) -> f64 {
        self.a * x + self.b * y + self.c
    }

    /// Narrows `low..=high` to the `x` of row `y` where the line is at least `least`.
    fn narrow(self, y: f64, least: f64, (low, high): (f64, f64)) -> (f64, f64) {
        let rest = self.b * y + self.c - least;
        if self.a.abs() < 1e-12 {
            return if rest >= 0.0 { (low, high) } else { (1.0, 0.0) };
        }
        let crossing = -rest / self.a;
        if self.a > 0.0 {
            (low.max(crossing), high)
        } else {
            (low, high.min(crossing))
        }
    }
}

/// Where and how densely to sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Detail {
    /// How often the art has been halved.
    halvings: usize,
    /// Samples along a canvas pixel's width and height.
    grid: (u32, u32),
}

/// More samples than this along one side are never taken; a smaller copy is used instead.
const MAX_GRID: f64 = 8.0;

impl Detail {
    const PLAIN: Self = Self {
        halvings: 0,
        grid: (1, 1),
    };

    /// From positions in the art to positions in its halved copy.
    fn scale(self) -> f64 {
        1.0 / (1u64 << self.halvings.min(63)) as f64
    }

    /// For a canvas pixel that spans `across` art pixels along its width and `down` along its
    /// height. Bilinear samples no further apart than two pixels miss nothing.
    fn new(across: f64, down: f64, most_halvings: usize) -> Self {
        let count = |span: f64, halvings: usize| {
            let samples = (span / (2u64 << halvings.min(62)) as f64 - 1e-6).ceil();
            samples.clamp(1.0, MAX_GRID) as u32
        };
        let mut halvings = 0;
        let mut least = across.min(down);
        let mut most = across.max(down);
        while halvings < most_halvings && (least >= 4.0 || most > 2.0 * MAX_GRID) {
            (least, most) = (least / 2.0, most / 2.0);
            halvings += 1;
        }
        Self {
            halvings,
            grid: (count(across, halvings), count(down, halvings)),
        }
    }
}

impl<'a> Sampler<'a> {
    /// The shift when the map moves the art by whole pixels and does nothing else.
    pub(crate) fn whole_shift(placed: &Placed) -> Option<(i32, i32)> {
        let scale = placed.map.0[8];
        let [a, b, dx, d, e, dy, g, h, _] = placed.map.0.map(|cell| cell / scale);
        let near = |value: f64, wanted: f64, tolerance: f64| (value - wanted).abs() <= tolerance;
        // Across the whole art, the map may stray from the shift by a thousandth of a pixel.
        let size = placed.art.size();
        let slack = 1e-3 / f64::from(size.width.max(size.height).max(1));
        let linear = near(a, 1.0, slack) && near(b, 0.0, slack) && near(d, 0.0, slack) && near(e, 1.0, slack);
        let flat = near(g, 0.0, slack * 1e-3) && near(h, 0.0, slack * 1e-3);
        let whole = |shift: f64| near(shift, shift.round(), 1e-3) && shift.abs() < 1e9;
        (linear && flat && whole(dx) && whole(dy)).then(|| (dx.round() as i32, dy.round() as i32))
    }

    /// `None` when there is nothing to see.
    pub(crate) fn new(placed: &'a Placed) -> Option<Self> {
        let size = placed.art.size();
        if size.is_empty() {
            return None;
        }
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let centre = Point::new(width / 2.0, height / 2.0);
        let seen_at = placed.map.apply(centre);
        let mut back = placed.map.inverse()?.0;
        let depth = back[6] * seen_at.x + back[7] * seen_at.y + back[8];
        if !depth.is_finite() || depth == 0.0 {
            return None;
        }
        // From here on the art's centre has a depth of one, so signs and sizes mean something.
        back = back.map(|cell| cell / depth);
        let [a, b, c, d, e, f, g, h, i] = back;
        let edges = [
            Line::distance(a, b, c),
            Line::distance(width * g - a, width * h - b, width * i - c),
            Line::distance(d, e, f),
            Line::distance(height * g - d, height * h - e, height * i - f),
        ];
        let finite = back.iter().all(|cell| cell.is_finite());
        let [xx, xy, yx, yy] = placed.map.jacobian(centre);
        let grows = (xx * yy - xy * yx).abs() >= 1.0 - 1e-6;
        let kernel = match placed.filter {
            Filter::Bilinear => Kernel::Bilinear,
            Filter::Bicubic => Kernel::Bicubic,
            Filter::Auto if grows => Kernel::Bicubic,
            Filter::Auto => Kernel::Bilinear,
        };
        finite.then_some(Self {
            art: &placed.art,
            back,
            edges,
            horizon: Line { a: g, b: h, c: i },
            kernel,
        })
    }

    /// The part of the one row `y` of `area` that the art touches.
    pub(crate) fn reach(&self, y: i32, area: Rect) -> Rect {
        let (from, to) = self.columns(y, -0.5, f64::from(area.x), area.right() as f64);
        Rect::from_edges(from, y, to, y.saturating_add(1))
    }

    /// The columns, of those between `left` and `right`, whose centre in row `y` is at least
    /// `inset` inside every edge.
    fn columns(&self, y: i32, inset: f64, left: f64, right: f64) -> (i32, i32) {
        let y = f64::from(y) + 0.5;
        let mut range = self.horizon.narrow(y, 1e-9, (left, right));
        for edge in self.edges {
            range = edge.narrow(y, inset, range);
        }
        let (low, high) = range;
        // The first centre at or after `low`, and one past the last at or before `high`.
        let (from, to) = ((low - 0.5).ceil(), (high - 0.5).floor() + 1.0);
        let (from, to) = (from.max(left), to.min(right));
        if from < to {
            (from as i32, to as i32)
        } else {
            (0, 0)
        }
    }

    /// How much of the pixel at column `x`, row `y` the art covers, were it opaque.
    fn coverage(&self, x: i32, y: i32) -> f64 {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        if self.horizon.at(x, y) <= 1e-9 {
            return 0.0;
        }
        let [left, right, top, bottom] = self.edges.map(|edge| (edge.at(x, y) + 0.5).clamp(0.0, 1.0));
        (left + right - 1.0).max(0.0) * (top + bottom - 1.0).max(0.0)
    }

    /// The art point seen at canvas point `(x, y)`, and its depth.
    #[inline(always)]
    fn look(&self, x: f64, y: f64) -> (f64, f64, f64) {
        let [a, b, c, d, e, f, g, h, i] = self.back;
        let depth = g * x + h * y + i;
        let near = 1.0 / depth;
        ((a * x + b * y + c) * near, (d * x + e * y + f) * near, depth)
    }

    /// How densely to sample about canvas point `(x, y)`.
    fn detail(&self, x: f64, y: f64) -> Detail {
        let [a, b, _, d, e, _, g, h, _] = self.back;
        let (u, v, depth) = self.look(x, y);
        let across = ((a - u * g) / depth).hypot((d - v * g) / depth);
        let down = ((b - u * h) / depth).hypot((e - v * h) / depth);
        let size = self.art.size();
        let most_halvings = size.width.max(size.height).ilog2() as usize;
        Detail::new(across, down, most_halvings)
    }

    /// Straight RGBA of row `y` from column `x` on, as much as `pixels` holds. Columns are at
    /// least 0.
    pub(crate) fn sample_row(&self, level: Level, y: i32, x: i32, pixels: &mut [u8]) {
        on!(level, simd => self.sample_row_with(simd, y, x, pixels));
    }

    #[inline(always)]
    fn sample_row_with<S: Wide>(&self, simd: S, y: i32, x: i32, pixels: &mut [u8]) {
        let count = (pixels.len() / 4) as i32;
        let end = x + count;
        let (left, right) = (f64::from(x - BLOCK), f64::from(end + BLOCK));
        let inner = self.columns(y, 0.5, left, right);
        let middle = f64::from(y) + 0.5;
        let mut block = x - x.rem_euclid(BLOCK);
        let mut start = self.look(f64::from(block) + 0.5, middle);
        let mut whole = [0; 64];
        while block < end {
            let next = self.look(f64::from(block + BLOCK) + 0.5, middle);
            let inside = inner.0 <= block && block + BLOCK <= inner.1;
            let done = inside && self.straight_block(simd, block, y, start, next, &mut whole);
            let (from, to) = (block.max(x), (block + BLOCK).min(end));
            let into = &mut pixels[(from - x) as usize * 4..(to - x) as usize * 4];
            if done {
                into.copy_from_slice(&whole[(from - block) as usize * 4..(to - block) as usize * 4]);
            } else {
                let detail = self.detail(f64::from(block + BLOCK / 2), middle);
                for (column, pixel) in (from..to).zip(into.as_chunks_mut().0) {
                    *pixel = self.exact_pixel(detail, column, y);
                }
            }
            (block, start) = (block + BLOCK, next);
        }
    }

    /// A block that the art covers wholly and that asks for one bilinear sample a pixel. `false`
    /// when this block needs more care than that.
    #[inline(always)]
    fn straight_block<S: Wide>(
        &self,
        simd: S,
        block: i32,
        y: i32,
        (u0, v0, depth0): (f64, f64, f64),
        (u1, v1, depth1): (f64, f64, f64),
        whole: &mut [u8; 64],
    ) -> bool {
        if self.kernel != Kernel::Bilinear || depth1 <= 1e-9 {
            return false;
        }
        // The middle of the block lies this far from the middle of the line between its ends:
        // (u1 - u0) (depth1 - depth0) / (2 (depth1 + depth0)).
        let bend = (depth1 - depth0).abs();
        let allowed = BENT * 2.0 * (depth1 + depth0);
        if (u1 - u0).abs() * bend > allowed || (v1 - v0).abs() * bend > allowed {
            return false;
        }
        let detail = if self.is_plain((u0, v0, depth0)) && self.is_plain((u1, v1, depth1)) {
            Detail::PLAIN
        } else {
            self.detail(f64::from(block + BLOCK / 2), f64::from(y) + 0.5)
        };
        if detail.grid != (1, 1) {
            return false;
        }
        let raster = self.art.halved(detail.halvings);
        let scale = detail.scale();
        let walk = bilinear::Walk::new((u0 * scale, v0 * scale), (u1 * scale, v1 * scale));
        if !walk.stays_within(raster) {
            return false;
        }
        let (first, second) = whole.split_at_mut(32);
        first.copy_from_slice(&bilinear::eight(simd, raster, &walk, 0));
        second.copy_from_slice(&bilinear::eight(simd, raster, &walk, 8));
        true
    }

    /// Whether one sample of the unhalved art is enough where `(u, v)` is seen at `depth`: a cheap
    /// test for the usual answer of `detail`.
    #[inline(always)]
    fn is_plain(&self, (u, v, depth): (f64, f64, f64)) -> bool {
        let [a, b, _, d, e, _, g, h, _] = self.back;
        let across = (a - u * g, d - v * g);
        let down = (b - u * h, e - v * h);
        let most = 4.0 * depth * depth;
        across.0 * across.0 + across.1 * across.1 <= most && down.0 * down.0 + down.1 * down.1 <= most
    }

    /// One pixel with all care: exact position, edge coverage, a grid of samples.
    fn exact_pixel(&self, detail: Detail, x: i32, y: i32) -> [u8; 4] {
        let coverage = self.coverage(x, y);
        if coverage <= 0.0 {
            return [0; 4];
        }
        let raster: &Raster = self.art.halved(detail.halvings);
        let scale = detail.scale();
        let (across, down) = detail.grid;
        let mut sum = exact::Sum::default();
        for row in 0..down {
            for column in 0..across {
                let place = |at: u32, of: u32| (f64::from(at) + 0.5) / f64::from(of);
                let (u, v, _) = self.look(
                    f64::from(x) + place(column, across),
                    f64::from(y) + place(row, down),
                );
                exact::add(&mut sum, self.kernel, raster, u * scale, v * scale);
            }
        }
        sum.pixel(across * down, coverage)
    }
}

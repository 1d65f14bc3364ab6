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

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and columns and rows are those of a canvas, counted from 0"
)]

mod bicubic;
mod bilinear;
mod exact;
mod lattice;
mod warped;

pub(crate) use warped::{MARGIN as WARP_MARGIN, WarpSampler};

use fearless_simd::Level;
use marquetry_pixel::{Point, Raster, Rect, Sample};

use crate::art::Art;
use crate::blend::wide::{Wide, on};
use crate::scene::{Filter, Placed};

/// Pixels a block.
const BLOCK: i32 = 16;
/// How far the middle of a block may lie from the straight line between its ends, in art pixels.
const BENT: f64 = 1.0 / 64.0;

/// Art pixels a canvas pixel, between which a slanted edge is as soft as an edge inside the art.
const LIKE_INSIDE: std::ops::RangeInclusive<f64> = 0.75..=2.0;
/// Half the width of the widest edge, in canvas pixels.
const RAMP: f64 = 0.5 / *LIKE_INSIDE.start();

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
    /// Whether the art's edges run along rows and columns of the canvas.
    upright: bool,
}

/// `a x + b y + c`: for an edge, the distance to it in canvas pixels.
#[derive(Clone, Copy, Debug)]
struct Line {
    a: f64,
    b: f64,
    c: f64,
    /// Times this and divided by the depth, the distance is in art pixels.
    unit: f64,
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
            unit,
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

/// How a block's samples walk through the art.
enum Walks<'a> {
    /// One bilinear sample a pixel, straight through this raster.
    One(&'a Raster, bilinear::Walk),
    /// The same, bicubic.
    Cubic(&'a Raster, bilinear::Walk),
    /// A grid of bilinear samples a pixel, each straight.
    Grid(Detail),
    /// Bent, or a grid of bicubic samples: pixel by pixel.
    Exact,
}

/// Whether positions between two looks (art point and depth) are near enough to the straight line.
#[inline(always)]
fn is_straight((u0, v0, depth0): (f64, f64, f64), (u1, v1, depth1): (f64, f64, f64)) -> bool {
    // The middle lies this far from the middle of the line between the ends:
    // (u1 - u0) (depth1 - depth0) / (2 (depth1 + depth0)).
    let bend = (depth1 - depth0).abs();
    let allowed = BENT * 2.0 * (depth1 + depth0);
    depth0 > 1e-9 && depth1 > 1e-9 && (u1 - u0).abs() * bend <= allowed && (v1 - v0).abs() * bend <= allowed
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

/// Art pixels a canvas pixel up to which one bilinear sample is enough.
const PLAIN_SPAN: f64 = 1.5;

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
    /// height.
    ///
    /// One bilinear sample serves a span of up to one and a half. Beyond that samples stand no
    /// further apart than one and a quarter, so that even detail of one pixel is averaged away
    /// rather than hit or missed.
    fn new(across: f64, down: f64, most_halvings: usize) -> Self {
        let mut halvings = 0;
        let mut least = across.min(down);
        let mut most = across.max(down);
        while halvings < most_halvings && (least >= 4.0 || most > MAX_GRID * 1.25) {
            (least, most) = (least / 2.0, most / 2.0);
            halvings += 1;
        }
        let count = |span: f64| {
            let span = span / (1u64 << halvings.min(63)) as f64;
            if span <= PLAIN_SPAN {
                1
            } else {
                (span / 1.25 - 1e-6).ceil().clamp(1.0, MAX_GRID) as u32
            }
        };
        Self {
            halvings,
            grid: (count(across), count(down)),
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
            horizon: Line {
                a: g,
                b: h,
                c: i,
                unit: 1.0,
            },
            upright: [b, d, g, h].iter().all(|cell| cell.abs() < 1e-12)
                || [a, e, g, h].iter().all(|cell| cell.abs() < 1e-12),
            kernel,
        })
    }

    /// The part of the one row `y` of `area` that the art touches.
    pub(crate) fn reach(&self, y: i32, area: Rect) -> Rect {
        let (from, to) = self.columns(y, -RAMP, f64::from(area.x), area.right() as f64);
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
    ///
    /// Along an edge this is a ramp one canvas pixel wide: the area covered, exactly so where edges
    /// run along rows or columns. A slanted edge of art that neither grows nor shrinks much has
    /// a ramp one art pixel wide instead, which is what interpolating towards nothing beyond the edge
    /// gives, so that an edge of the art looks like an edge inside it.
    fn coverage(&self, x: i32, y: i32) -> f64 {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let depth = self.horizon.at(x, y);
        if depth <= 1e-9 {
            return 0.0;
        }
        let [left, right, top, bottom] = self.edges.map(|edge| {
            let shrink = edge.unit / depth;
            let like_inside =
                !self.upright && self.kernel == Kernel::Bilinear && LIKE_INSIDE.contains(&shrink);
            let steep = if like_inside { shrink } else { 1.0 };
            (edge.at(x, y) * steep + 0.5).clamp(0.0, 1.0)
        });
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
        let inner = self.columns(y, RAMP, left, right);
        let middle = f64::from(y) + 0.5;
        let mut block = x - x.rem_euclid(BLOCK);
        let mut start = self.look(f64::from(block) + 0.5, middle);
        while block < end {
            let next = self.look(f64::from(block + BLOCK) + 0.5, middle);
            let walks = self.walks(block, y, start, next);
            for half in [0, BLOCK / 2] {
                let first = block + half;
                let (from, to) = (first.max(x), (first + BLOCK / 2).min(end));
                if from >= to {
                    continue;
                }
                let into = &mut pixels[(from - x) as usize * 4..(to - x) as usize * 4];
                let inside = inner.0 <= first && first + BLOCK / 2 <= inner.1;
                let whole = match &walks {
                    Walks::One(raster, walk) if inside && walk.stays_within(raster, half, 0) => {
                        Some(bilinear::eight(simd, raster, walk, half))
                    }
                    Walks::Cubic(raster, walk) if inside => bicubic::eight(simd, raster, walk, half),
                    Walks::Grid(detail) if inside => self.grid_of_eight(simd, *detail, block, half, y),
                    _ => None,
                };
                match (whole, into.first_chunk_mut()) {
                    (Some(whole), Some(into)) => *into = whole,
                    (Some(whole), None) => {
                        let skip = (from - first) as usize * 4;
                        into.copy_from_slice(&whole[skip..skip + into.len()]);
                    }
                    (None, _) => {
                        let detail = self.detail(f64::from(block + BLOCK / 2), middle);
                        for (column, pixel) in (from..to).zip(into.as_chunks_mut().0) {
                            *pixel = self.exact_pixel(detail, column, y);
                        }
                    }
                }
            }
            (block, start) = (block + BLOCK, next);
        }
    }

    /// The same in 16 bits, each pixel with all care.
    pub(crate) fn sample_deep_row(&self, y: i32, x: i32, pixels: &mut [u16]) {
        let middle = f64::from(y) + 0.5;
        let mut from = x;
        let mut rest = pixels.as_chunks_mut().0;
        while !rest.is_empty() {
            let block = from - from.rem_euclid(BLOCK);
            let detail = self.detail(f64::from(block + BLOCK / 2), middle);
            let count = (block + BLOCK - from).unsigned_abs() as usize;
            let (here, after) = rest.split_at_mut(count.min(rest.len()));
            for (column, pixel) in (from..).zip(here) {
                *pixel = self.exact_pixel(detail, column, y);
            }
            (from, rest) = (block + BLOCK, after);
        }
    }

    /// How a block's samples walk through the art.
    #[inline(always)]
    fn walks(&self, block: i32, y: i32, start: (f64, f64, f64), next: (f64, f64, f64)) -> Walks<'_> {
        if !is_straight(start, next) {
            return Walks::Exact;
        }
        let detail = if self.is_plain(start) && self.is_plain(next) {
            Detail::PLAIN
        } else {
            self.detail(f64::from(block + BLOCK / 2), f64::from(y) + 0.5)
        };
        let walk = bilinear::Walk::new(start, next, detail.scale());
        let raster = self.art.halved(detail.halvings);
        match (self.kernel, detail.grid) {
            (Kernel::Bilinear, (1, 1)) => Walks::One(raster, walk),
            (Kernel::Bicubic, (1, 1)) => Walks::Cubic(raster, walk),
            (Kernel::Bilinear, _) => Walks::Grid(detail),
            (Kernel::Bicubic, _) => Walks::Exact,
        }
    }

    /// Eight pixels of a grid of samples each. `None` when some of the samples are not wholly
    /// there, so that they must be weighed against each other.
    #[inline(always)]
    fn grid_of_eight<S: Wide>(
        &self,
        simd: S,
        detail: Detail,
        block: i32,
        half: i32,
        y: i32,
    ) -> Option<[u8; 32]> {
        let raster = self.art.halved(detail.halvings);
        let (across, down) = detail.grid;
        let mut mean = bilinear::Mean::new(simd);
        for row in 0..down {
            let y = f64::from(y) + (f64::from(row) + 0.5) / f64::from(down);
            for column in 0..across {
                let x = f64::from(block) + (f64::from(column) + 0.5) / f64::from(across);
                let (start, next) = (self.look(x, y), self.look(x + f64::from(BLOCK), y));
                let walk = bilinear::Walk::new(start, next, detail.scale());
                if !walk.stays_within(raster, half, 0) {
                    return None;
                }
                mean.add(simd, &bilinear::eight(simd, raster, &walk, half));
            }
        }
        mean.pixels(simd, across * down)
    }

    /// Whether one sample of the unhalved art is enough where `(u, v)` is seen at `depth`: a cheap
    /// test for the usual answer of `detail`.
    #[inline(always)]
    fn is_plain(&self, (u, v, depth): (f64, f64, f64)) -> bool {
        let [a, b, _, d, e, _, g, h, _] = self.back;
        let across = (a - u * g, d - v * g);
        let down = (b - u * h, e - v * h);
        let most = PLAIN_SPAN * PLAIN_SPAN * depth * depth;
        across.0 * across.0 + across.1 * across.1 <= most && down.0 * down.0 + down.1 * down.1 <= most
    }

    /// One pixel with all care: exact position, edge coverage, a grid of samples.
    fn exact_pixel<S: Sample>(&self, detail: Detail, x: i32, y: i32) -> [S; 4] {
        let coverage = self.coverage(x, y);
        if coverage <= 0.0 {
            return [S::default(); 4];
        }
        let held = exact::Held::of(self.art, detail.halvings);
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
                held.add(&mut sum, self.kernel, u * scale, v * scale);
            }
        }
        sum.pixel(across * down, coverage)
    }
}

#[cfg(test)]
mod tests;

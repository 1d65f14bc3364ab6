//! Pixels through a mesh: the surface in flat triangles, laid row by row.
//!
//! Each canvas pixel belongs to the triangle that holds its centre. Neighbours share their corners
//! and work out their common edge from the same two points in the same order, so no pixel falls
//! between them and none into both. Where the surface lies over itself the piece laid last is seen.
//!
//! **Shrinking.** Each flat piece is sampled once a pixel, bilinear, from the art halved as often as it
//! shrinks by two. Photoshop lays a triangle in two halves, above and below its middle corner, and looks at
//! each by itself: along a row, and down the edge that shrinks less. Stored pixels say so: of 796 halves in
//! `PSDNET-1831-Squeeze.psd`, `-Inflate.psd`, `read-write-werps.psd` and `smart_objects_transformed.psd`
//! that one copy of the art explains far better than the others, 785 show the one that this rule takes.
//!
//! **Precision.** Positions in a row are held in `f32`. What a pixel shows depends on its place alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and columns and rows are those of a canvas, counted from 0"
)]

use fearless_simd::Level;
use marquetry_pixel::{Point, Rect, Sample};

use super::lattice::{BEYOND, Cell, Vertex, cells};
use super::{Kernel, RAMP, bicubic, bilinear, exact};
use crate::art::Art;
use crate::blend::wide::{Wide, on};
use crate::scene::{Filter, Warped};

/// Rows whose pieces are listed together.
const STRIPE: i32 = 8;
/// Pixels sampled at once; they begin at columns divisible by as many.
const LANES: usize = 8;
/// Crossings of edges are told apart to this part of a pixel, so that an edge and the two halves of
/// it, each with its own rounding, are crossed at the same place.
const STEPS: f64 = 4096.0;
/// No piece here.
const NONE: u32 = u32::MAX;

/// Art carried through a mesh, ready to be asked for rows.
#[derive(Debug)]
pub(crate) struct WarpSampler<'a> {
    art: &'a Art,
    kernel: Kernel,
    pieces: Vec<Piece>,
    /// Which pieces each stripe of rows holds, in the order in which they are laid.
    stripes: Vec<Stripe>,
    /// The row at which the first stripe begins.
    top: i32,
}

/// The pieces of [`STRIPE`] rows.
#[derive(Debug, Default)]
struct Stripe {
    pieces: Vec<u32>,
    /// Columns that they reach.
    left: f64,
    right: f64,
}

/// Half a triangle of the surface.
#[derive(Debug)]
struct Piece {
    /// On the canvas.
    corners: [Point; 3],
    /// The art point at canvas point (0, 0), were the triangle that large.
    art: Point,
    /// Art pixels a canvas pixel: du/dx, du/dy, dv/dx, dv/dy.
    slopes: [f64; 4],
    /// How often the art is halved for it.
    halvings: usize,
    /// How wide the art is there, and how high, and how soft its edges: all in art pixels.
    extent: (f64, f64),
    ramps: (f64, f64),
    /// Whether all of it shows nothing but the inside of the art.
    whole: bool,
}

impl Piece {
    /// `corners` of the `whole` triangle, whose slopes both its halves have. `None` when it covers nothing,
    /// or nothing of the art. Where the art ends, it is no softer than `edge` halvings make it.
    fn new(whole: &[Vertex; 3], corners: [Vertex; 3], edge: usize, art: &Art) -> Option<Self> {
        let halvings = halvings(&corners, art);
        let edge = edge.min(halvings);
        let [a, b, c] = whole;
        let (bx, by) = (b.at.x - a.at.x, b.at.y - a.at.y);
        let (cx, cy) = (c.at.x - a.at.x, c.at.y - a.at.y);
        let area = bx * cy - by * cx;
        if area.abs() < 1e-9 {
            return None;
        }
        let slopes = |b: f64, c: f64| ((b * cy - c * by) / area, (c * bx - b * cx) / area);
        let (ux, uy) = slopes(b.art.x - a.art.x, c.art.x - a.art.x);
        let (vx, vy) = slopes(b.art.y - a.art.y, c.art.y - a.art.y);
        let (width, height) = extent(art, edge);
        let (across, down) = (ux.hypot(uy), vx.hypot(vy));
        let (inset_u, inset_v) = (RAMP * across, RAMP * down);
        let outside = |at: fn(&Vertex) -> f64, inset: f64, length: f64| {
            corners.iter().all(|corner| at(corner) < -inset)
                || corners.iter().all(|corner| at(corner) > length + inset)
        };
        let finite = [ux, uy, vx, vy].iter().all(|slope| slope.is_finite());
        if !finite
            || outside(|corner| corner.art.x, inset_u, width)
            || outside(|corner| corner.art.y, inset_v, height)
        {
            return None;
        }
        let within = |value: f64, inset: f64, length: f64| value >= inset && value <= length - inset;
        Some(Self {
            corners: corners.map(|corner| corner.at),
            art: Point::new(
                a.art.x - ux * a.at.x - uy * a.at.y,
                a.art.y - vx * a.at.x - vy * a.at.y,
            ),
            slopes: [ux, uy, vx, vy],
            halvings,
            extent: (width, height),
            ramps: (ramp(across, edge), ramp(down, edge)),
            whole: corners
                .iter()
                .all(|corner| within(corner.art.x, inset_u, width) && within(corner.art.y, inset_v, height)),
        })
    }

    /// Rows whose centres it may hold: the first, and one past the last.
    fn rows(&self) -> (i32, i32) {
        let [a, b, c] = self.corners.map(|corner| corner.y);
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        ((low - 0.5).ceil() as i32, (high - 0.5).ceil() as i32)
    }

    /// The columns of row centre `y` whose centres it holds: the first, and one past the last.
    #[inline]
    fn columns(&self, y: f64) -> (i32, i32) {
        let [a, b, c] = self.corners;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (p, q) in [(a, b), (b, c), (c, a)] {
            if (p.y <= y) == (q.y <= y) {
                continue;
            }
            // Always from the upper end: both triangles at an edge find the same crossing.
            let (upper, lower) = if p.y < q.y { (p, q) } else { (q, p) };
            let x = upper.x + (y - upper.y) * (lower.x - upper.x) / (lower.y - upper.y);
            (low, high) = (low.min(x), high.max(x));
        }
        if low > high {
            return (0, 0);
        }
        let column = |x: f64| ((x * STEPS).round() / STEPS - 0.5).ceil() as i32;
        (column(low), column(high))
    }

    /// How much of a pixel whose centre sees `(u, v)` the art covers, were it opaque.
    #[inline(always)]
    fn coverage(&self, (u, v): (f64, f64)) -> f64 {
        let between = |inside: f64, length: f64, ramp: f64| {
            let beyond = |inside: f64| (inside / ramp + 0.5).clamp(0.0, 1.0);
            (beyond(inside) + beyond(length - inside) - 1.0).max(0.0)
        };
        between(u, self.extent.0, self.ramps.0) * between(v, self.extent.1, self.ramps.1)
    }
}

/// How wide an edge is, in art pixels, where a canvas pixel sees `shrink` of them: as soft as an edge
/// inside the art, which is one pixel of what is sampled, but never much more than a canvas pixel.
fn ramp(shrink: f64, halvings: usize) -> f64 {
    let pixel = 1.0 / f64::from(shrunk(halvings));
    if pixel <= shrink * 2.0 * RAMP {
        pixel
    } else {
        shrink.max(1e-12)
    }
}

/// Art pixels a step from one corner to another. A step is one along the axis that the way follows more.
fn by_steps(p: &Vertex, q: &Vertex) -> f64 {
    along(p, q) / (q.at.x - p.at.x).abs().max((q.at.y - p.at.y).abs()).max(1e-9)
}

/// Art pixels a canvas pixel of the way.
fn by_length(p: &Vertex, q: &Vertex) -> f64 {
    along(p, q) / (q.at.x - p.at.x).hypot(q.at.y - p.at.y).max(1e-9)
}

fn along(p: &Vertex, q: &Vertex) -> f64 {
    (q.art.x - p.art.x).hypot(q.art.y - p.art.y)
}

/// How often the art is halved for half a triangle (its tip, and the two ends of its level side): as often as
/// it shrinks by two along a row, or down its edges, whichever is more. Of the edges the one that shrinks
/// less counts.
fn halvings([tip, middle, cut]: &[Vertex; 3], art: &Art) -> usize {
    let down = by_steps(tip, middle).min(by_steps(tip, cut));
    halvings_for(by_steps(middle, cut).max(down), art)
}

/// How often the art is halved at most where `cell` shows where it ends: the sides of a strip of
/// `read-cyllinder-warp.psd` are sharp, however often its inside is halved.
fn edge_halvings([a, b, c, d]: &Cell, art: &Art) -> usize {
    let sides = [by_length(a, b), by_length(d, c), by_length(a, d), by_length(b, c)];
    halvings_for(sides.into_iter().fold(1.0, f64::max), art)
}

fn halvings_for(shrink: f64, art: &Art) -> usize {
    let size = art.size();
    // A piece that shrinks more than the art has pixels shows one of them.
    (shrink.max(1.0).log2().floor() as usize).min(size.width.max(size.height).ilog2() as usize)
}

/// A triangle in two, cut along the row of its middle corner: of each half the tip, and the ends of the cut.
fn halves(mut corners: [Vertex; 3]) -> [[Vertex; 3]; 2] {
    corners.sort_by(|p, q| p.at.y.total_cmp(&q.at.y));
    let [top, middle, low] = corners;
    let share = (middle.at.y - top.at.y) / (low.at.y - top.at.y).max(1e-9);
    let between = |p: Point, q: Point| Point::new(p.x + (q.x - p.x) * share, p.y + (q.y - p.y) * share);
    let cut = Vertex {
        at: Point::new(between(top.at, low.at).x, middle.at.y),
        art: between(top.art, low.art),
    };
    [[top, middle, cut], [low, middle, cut]]
}

/// What each pixel of a row sees.
struct Row {
    u: Vec<f32>,
    v: Vec<f32>,
    piece: Vec<u32>,
}

impl<'a> WarpSampler<'a> {
    /// For the pixels of `area`. `None` when there is nothing to see.
    pub(crate) fn new(warped: &'a Warped, area: Rect) -> Option<Self> {
        let art: &Art = &warped.art;
        if art.size().is_empty() {
            return None;
        }
        let mut pieces = Vec::new();
        for cell in cells(&warped.mesh, &warped.map.inverse()?)? {
            let [a, b, c, d] = cell;
            let edge = edge_halvings(&cell, art);
            let triangles = [[a, b, c], [a, c, d]];
            for (whole, half) in triangles
                .iter()
                .flat_map(|whole| halves(*whole).map(|half| (whole, half)))
            {
                let Some(piece) = Piece::new(whole, half, edge, art) else {
                    continue;
                };
                let xs = half.map(|corner| corner.at.x);
                let right = xs[0].max(xs[1]).max(xs[2]);
                let left = xs[0].min(xs[1]).min(xs[2]);
                let (from, to) = piece.rows();
                // Pixels are sampled in blocks, which may begin before the area and end after it.
                let seen = right > f64::from(area.x) - LANES as f64
                    && left < area.right() as f64 + LANES as f64
                    && i64::from(from) < area.bottom()
                    && to > area.y;
                if seen && from < to {
                    pieces.push(piece);
                }
            }
        }
        let kernel = match warped.filter {
            Filter::Bicubic => Kernel::Bicubic,
            // Photoshop's meshes are bilinear, however large they are drawn.
            Filter::Auto | Filter::Bilinear => Kernel::Bilinear,
        };
        (!pieces.is_empty()).then(|| Self {
            art,
            kernel,
            stripes: stripes(&pieces, area),
            pieces,
            top: area.y,
        })
    }

    fn stripe(&self, y: i32) -> Option<&Stripe> {
        let at = y.checked_sub(self.top)? / STRIPE;
        self.stripes.get(usize::try_from(at).ok()?)
    }

    /// The part of the one row `y` of `area` that the art may touch.
    pub(crate) fn reach(&self, y: i32, area: Rect) -> Rect {
        let Some(stripe) = self.stripe(y) else {
            return Rect::default();
        };
        let (left, right) = (stripe.left.floor(), stripe.right.ceil());
        area.intersect(Rect::from_edges(
            left as i32,
            y,
            right as i32,
            y.saturating_add(1),
        ))
    }

    /// Straight RGBA of row `y` from column `x` on, as much as `pixels` holds.
    pub(crate) fn sample_row(&self, level: Level, y: i32, x: i32, pixels: &mut [u8]) {
        let Some(stripe) = self.stripe(y) else {
            pixels.fill(0);
            return;
        };
        let first = x - x.rem_euclid(LANES as i32);
        let columns = (x - first) as usize + pixels.len() / 4;
        let row = self.look_row(stripe, y, first, columns.next_multiple_of(LANES));
        on!(level, simd => self.sample_row_with(simd, &row, first, x, pixels));
    }

    /// The same in 16 bits, each pixel with all care.
    pub(crate) fn sample_deep_row(&self, y: i32, x: i32, pixels: &mut [u16]) {
        let Some(stripe) = self.stripe(y) else {
            pixels.fill(0);
            return;
        };
        let pixels = pixels.as_chunks_mut::<4>().0;
        let row = self.look_row(stripe, y, x, pixels.len());
        let places = row.u.iter().zip(&row.v);
        for ((&u, &v), (&id, pixel)) in places.zip(row.piece.iter().zip(pixels)) {
            *pixel = self.exact_pixel(id, (u.into(), v.into()));
        }
    }

    /// Which piece and art point each of `count` pixels from column `first` on sees.
    fn look_row(&self, stripe: &Stripe, y: i32, first: i32, count: usize) -> Row {
        let mut row = Row {
            u: vec![0.0; count],
            v: vec![0.0; count],
            piece: vec![NONE; count],
        };
        let middle = f64::from(y) + 0.5;
        let end = first.saturating_add(count as i32);
        for &at in &stripe.pieces {
            let piece = &self.pieces[at as usize];
            let (from, to) = piece.columns(middle);
            let (from, to) = (from.max(first), to.min(end));
            if from >= to {
                continue;
            }
            let span = (from - first) as usize..(to - first) as usize;
            let [ux, uy, vx, vy] = piece.slopes;
            let (u, v) = (piece.art.x + uy * middle, piece.art.y + vy * middle);
            for ((into_u, into_v), column) in row.u[span.clone()]
                .iter_mut()
                .zip(&mut row.v[span.clone()])
                .zip(from..)
            {
                let x = f64::from(column) + 0.5;
                *into_u = (u + ux * x) as f32;
                *into_v = (v + vx * x) as f32;
            }
            row.piece[span].fill(at);
        }
        row
    }

    #[inline(always)]
    fn sample_row_with<S: Wide>(&self, simd: S, row: &Row, first: i32, x: i32, pixels: &mut [u8]) {
        let skip = (x - first) as usize;
        let end = skip + pixels.len() / 4;
        let us = row.u.as_chunks::<LANES>().0;
        let vs = row.v.as_chunks::<LANES>().0;
        let ids = row.piece.as_chunks::<LANES>().0;
        for (block, ((u, v), ids)) in us.iter().zip(vs).zip(ids).enumerate() {
            let start = block * LANES;
            let (from, to) = (start.max(skip), (start + LANES).min(end));
            if from >= to {
                continue;
            }
            let into = &mut pixels[(from - skip) * 4..(to - skip) * 4];
            let whole = self.eight(simd, u, v, ids);
            let eight = whole.unwrap_or_else(|| {
                let mut eight = [0; 32];
                for ((&u, &v), (&id, pixel)) in u.iter().zip(v).zip(ids.iter().zip(eight.as_chunks_mut().0)) {
                    *pixel = self.exact_pixel(id, (u.into(), v.into()));
                }
                eight
            });
            into.copy_from_slice(&eight[(from - start) * 4..(to - start) * 4]);
        }
    }

    /// Eight pixels at once; `None` when some of them want more care.
    #[inline(always)]
    fn eight<S: Wide>(
        &self,
        simd: S,
        u: &[f32; LANES],
        v: &[f32; LANES],
        ids: &[u32; LANES],
    ) -> Option<[u8; 32]> {
        let halvings = self.pieces.get(ids[0] as usize)?.halvings;
        let mut inside = NONE;
        for (lane, &id) in ids.iter().enumerate() {
            if id == inside {
                continue;
            }
            let piece = self.pieces.get(id as usize)?;
            if piece.halvings != halvings {
                return None;
            }
            if piece.whole {
                inside = id;
            } else if piece.coverage((u[lane].into(), v[lane].into())) < 1.0 {
                return None;
            }
        }
        let raster = self.art.halved(halvings);
        let scale = shrunk(halvings);
        match self.kernel {
            Kernel::Bilinear => {
                let spots = bilinear::Spots::new(simd, u, v, scale, raster)?;
                Some(bilinear::gather(simd, raster, &spots))
            }
            Kernel::Bicubic => {
                let place = |lane: usize| {
                    let fixed = |value: f32| ((value * scale - 0.5) * 65536.0) as i64;
                    (fixed(u[lane]), fixed(v[lane]))
                };
                bicubic::eight_at(simd, raster, place)
            }
        }
    }

    /// One pixel with all care: edge coverage, and samples weighed by alpha.
    fn exact_pixel<S: Sample>(&self, id: u32, (u, v): (f64, f64)) -> [S; 4] {
        let Some(piece) = self.pieces.get(id as usize) else {
            return [S::default(); 4];
        };
        let coverage = piece.coverage((u, v));
        if coverage <= 0.0 {
            return [S::default(); 4];
        }
        let held = exact::Held::of(self.art, piece.halvings);
        let scale = f64::from(shrunk(piece.halvings));
        let mut sum = exact::Sum::default();
        held.add(&mut sum, self.kernel, u * scale, v * scale);
        sum.pixel(1, coverage)
    }
}

/// Width and height that a halved copy covers, in pixels of the art: where a side is odd, half a pixel
/// of the copy lies beyond the art, and shows (the right and lower edges of
/// `ag-psd__read-write-werps.psd`, whose contents measure 999 pixels).
fn extent(art: &Art, halvings: usize) -> (f64, f64) {
    let side = |length: u32| {
        let pixel = 1u64 << halvings.min(32);
        (u64::from(length).div_ceil(pixel) * pixel) as f64
    };
    (side(art.size().width), side(art.size().height))
}

/// From positions in the art to positions in its halved copy.
fn shrunk(halvings: usize) -> f32 {
    1.0 / (1u64 << halvings.min(63)) as f32
}

/// Lists pieces by the rows of `area` that they touch.
fn stripes(pieces: &[Piece], area: Rect) -> Vec<Stripe> {
    let empty = || Stripe {
        pieces: Vec::new(),
        left: f64::INFINITY,
        right: f64::NEG_INFINITY,
    };
    let count = area.height.div_ceil(STRIPE as u32) as usize;
    let mut stripes: Vec<Stripe> = (0..count).map(|_| empty()).collect();
    let last_row = area.bottom() - 1;
    for (id, piece) in (0u32..).zip(pieces) {
        let (from, to) = piece.rows();
        let (from, to) = (i64::from(from.max(area.y)), (i64::from(to) - 1).min(last_row));
        let stripe = |row: i64| ((row - i64::from(area.y)) / i64::from(STRIPE)) as usize;
        if from > to {
            continue;
        }
        let [a, b, c] = piece.corners.map(|corner| corner.x);
        for stripe in &mut stripes[stripe(from)..=stripe(to)] {
            stripe.pieces.push(id);
            stripe.left = stripe.left.min(a.min(b).min(c));
            stripe.right = stripe.right.max(a.max(b).max(c));
        }
    }
    stripes
}

/// How far beyond its control points a mesh may paint, in canvas pixels.
pub(crate) const MARGIN: f64 = BEYOND + 1.0;

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Raster, Size};

    use super::*;

    /// Corners on the canvas and in the art, and how often the art is halved for the upper and the lower half.
    type Seen = ([[f64; 2]; 3], [[f64; 2]; 3], [Option<usize>; 2]);

    /// What Photoshop's stored pixels show; `None` where the half is too small to say.
    const SEEN: [Seen; 6] = [
        // `PSDNET-1831-Squeeze.psd`: one triangle, two copies of the art.
        (
            [[183.4, 242.6], [216.8, 239.1], [225.0, 268.8]],
            [[640.0, 896.0], [768.0, 896.0], [768.0, 1024.0]],
            [Some(1), Some(2)],
        ),
        // Its long edge shrinks by more than four, and does not count.
        (
            [[49.8, 66.8], [83.2, 60.9], [86.1, 75.8]],
            [[128.0, 128.0], [256.0, 128.0], [256.0, 192.0]],
            [Some(1), Some(1)],
        ),
        // Steps, not lengths: 128 art pixels in 33.4 and in 31.7 of them.
        (
            [[216.8, 239.1], [250.2, 233.2], [255.9, 247.1]],
            [[768.0, 896.0], [896.0, 896.0], [896.0, 960.0]],
            [Some(1), None],
        ),
        (
            [[245.4, 219.3], [277.1, 212.5], [283.6, 225.0]],
            [[896.0, 832.0], [1024.0, 832.0], [1024.0, 896.0]],
            [Some(2), None],
        ),
        // `PSDNET-1831-Inflate.psd`: a slanting edge of few steps does not count beside a steeper one.
        (
            [[50.0, 50.0], [75.0, 39.1], [66.8, 66.8]],
            [[0.0, 0.0], [128.0, 0.0], [128.0, 128.0]],
            [None, Some(2)],
        ),
        // `read-write-werps.psd`: shrunk along the row, hardly down the edges.
        (
            [[144.8, 146.1], [158.5, 146.6], [158.1, 160.2]],
            [[250.0, 94.0], [312.0, 94.0], [312.0, 125.0]],
            [None, Some(2)],
        ),
    ];

    #[test]
    fn the_art_is_halved_as_often_as_in_stored_pixels() {
        let art = Art::new(Raster::new(Size::new(1024, 1024)));
        for (at, of_art, seen) in SEEN {
            let corner = |n: usize| Vertex {
                at: Point::new(at[n][0], at[n][1]),
                art: Point::new(of_art[n][0], of_art[n][1]),
            };
            for (half, seen) in halves([corner(0), corner(1), corner(2)]).iter().zip(seen) {
                let taken = halvings(half, &art);
                assert!(
                    seen.is_none_or(|seen| seen == taken),
                    "{at:?}: {taken} of {seen:?}"
                );
            }
        }
    }

    #[test]
    fn halves_meet_in_one_row() {
        let vertex = |x: f64, y: f64| Vertex {
            at: Point::new(x, y),
            art: Point::new(2.0 * x, 3.0 * y),
        };
        let [upper, lower] = halves([vertex(4.0, 9.0), vertex(0.0, 1.0), vertex(8.0, 3.0)]);
        assert_eq!(upper, [vertex(0.0, 1.0), vertex(8.0, 3.0), vertex(1.0, 3.0)]);
        assert_eq!(lower, [vertex(4.0, 9.0), vertex(8.0, 3.0), vertex(1.0, 3.0)]);
    }
}

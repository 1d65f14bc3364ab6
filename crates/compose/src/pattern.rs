//! A tile laid over the canvas again and again.

use std::sync::Arc;

use marquetry_pixel::{Point, Projective, Raster};

use crate::art::Art;
use crate::depth::Depth;

/// A tile that covers the whole canvas, each one beside the next.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The pixels of one tile.
    pub tile: Arc<Art>,
    /// Where on the tile the top left corner of a canvas pixel falls; whole numbers are the tile's
    /// pixels, so that a tile twice as large shows each of them and, between two, their mean. Beyond
    /// the tile's edge its other side follows. A map that isn't finite draws nothing.
    ///
    /// Measured on patterns at 100 and 200 per cent: equal to Photoshop's.
    pub map: Projective,
}

impl Pattern {
    /// Tiles laid from `origin` on, `scale` times as large and turned counter-clockwise by `angle`
    /// degrees about it. `None` for a scale of nothing, or numbers that aren't.
    pub fn new(tile: Arc<Art>, origin: Point, scale: f64, angle: f64) -> Option<Self> {
        let map = placed(origin, scale, angle).inverse()?;
        map.0
            .iter()
            .all(|part| part.is_finite())
            .then_some(Self { tile, map })
    }

    /// Straight RGBA of the pixels from canvas position `(x, y)` to the right, as many as `out`
    /// holds.
    pub fn fill_row(&self, y: i32, x: i32, out: &mut [u8]) {
        self.paint_row(y, x, out);
    }

    /// The same at either depth. Tiles are bytes; what lies between their pixels need not be.
    pub(crate) fn paint_row<S: Depth>(&self, y: i32, x: i32, out: &mut [S]) {
        let tile = self.tile.raster();
        let pixels = out.as_chunks_mut::<4>().0;
        if tile.size().is_empty() || self.map.0.iter().any(|part| !part.is_finite()) {
            return pixels.fill([S::default(); 4]);
        }
        if let Some((dx, dy)) = self.whole_shift() {
            let row = tile
                .row(wrap(i64::from(y) + dy, tile.height()))
                .as_chunks::<4>()
                .0;
            let start = wrap(i64::from(x) + dx, tile.width()) as usize;
            let around = row[start..].iter().chain(row.iter().cycle());
            for (pixel, source) in pixels.iter_mut().zip(around) {
                *pixel = source.map(S::of_byte);
            }
            return;
        }
        let taps = self.taps(1.0);
        for (pixel, column) in pixels.iter_mut().zip(x..) {
            *pixel = self.sample(tile, f64::from(column), f64::from(y), taps, 1.0);
        }
    }

    /// How light the pixels are from canvas position `(x, y)` to the right, as many as `out` holds, `0.0..=1.0`; as
    /// textures of bevels take them.
    ///
    /// Textures at 100 to 240 per cent are as patterns are: equal to Photoshop's. The one file with a smaller one, at 48
    /// per cent, is best met by the mean of three pixels each way, three quarters of a pixel to the right and down.
    pub(crate) fn lightness_row(&self, y: i32, x: i32, out: &mut [f32]) {
        let mut pixels = vec![[0_u8; 4]; out.len()];
        match self.taps(1.0) {
            0 | 1 => self.paint_row(y, x, pixels.as_flattened_mut()),
            _ => {
                let (tile, taps) = (self.tile.raster(), self.taps(3.0).min(MOST_OF_A_TEXTURE));
                for (pixel, column) in pixels.iter_mut().zip(x..) {
                    let (x, y) = (f64::from(column) + 0.75, f64::from(y) + 0.75);
                    *pixel = self.sample(tile, x, y, taps, 3.0);
                }
            }
        }
        for (out, [red, green, blue, _]) in out.iter_mut().zip(pixels) {
            *out = (0.3 * f32::from(red) + 0.59 * f32::from(green) + 0.11 * f32::from(blue)) / 255.0;
        }
    }

    /// Whether every pixel is opaque.
    pub fn is_opaque(&self) -> bool {
        self.tile.raster().is_opaque()
    }

    /// The shift to the tile's pixels when there is neither scale nor turn.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number; one out of range saturates and is wrapped around anyway"
    )]
    fn whole_shift(&self) -> Option<(i64, i64)> {
        let [a, b, c, d, e, f, ..] = self.map.0;
        let still = (a - 1.0).abs() < 1e-9 && (e - 1.0).abs() < 1e-9 && b.abs() < 1e-9 && d.abs() < 1e-9;
        let bounded = |shift: f64| shift.abs() < 1e12;
        (still && self.map.is_affine() && bounded(c) && bounded(f))
            .then(|| (c.round() as i64, f.round() as i64))
    }

    /// How many samples a side are taken of a square of `reach` canvas pixels, so that small tiles don't alias.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped first"
    )]
    fn taps(&self, reach: f64) -> u32 {
        let [a, b, _, d, e, ..] = self.map.0;
        let step = a.hypot(d).max(b.hypot(e));
        (step * reach).ceil().clamp(1.0, MOST_TAPS) as u32
    }

    /// The mean of `taps` by `taps` samples of a square of `reach` canvas pixels around a place.
    fn sample<S: Depth>(&self, tile: &Raster, x: f64, y: f64, taps: u32, reach: f64) -> [S; 4] {
        let mut sum = [0.0; 4];
        let place = |tap: u32| ((f64::from(tap) + 0.5) / f64::from(taps) - 0.5) * reach;
        for down in 0..taps {
            for right in 0..taps {
                let at = self.map.apply(Point::new(x + place(right), y + place(down)));
                let sample = bilinear(tile, at);
                for (sum, part) in sum.iter_mut().zip(sample) {
                    *sum += part;
                }
            }
        }
        let [red, green, blue, alpha] = sum;
        if alpha <= 0.0 {
            return [S::default(); 4];
        }
        let count = f64::from(taps * taps);
        [red / alpha, green / alpha, blue / alpha, alpha / count].map(|share| S::of_level(share * 255.0))
    }
}

/// At most this many samples a side.
const MOST_TAPS: f64 = 16.0;
/// The same for what is only felt: a texture lies under all of its shape, whose every pixel asks for so many squared.
const MOST_OF_A_TEXTURE: u32 = 8;

/// Tile pixels to canvas pixels.
fn placed(origin: Point, scale: f64, angle: f64) -> Projective {
    let (sin, cos) = angle.to_radians().sin_cos();
    let turn = Projective([cos, sin, 0.0, -sin, cos, 0.0, 0.0, 0.0, 1.0]);
    let grow = Projective::scale(scale, scale);
    Projective::translation(origin.x, origin.y).after(&turn.after(&grow))
}

/// `at` brought to `0..period`.
fn wrap(at: i64, period: u32) -> u32 {
    u32::try_from(at.rem_euclid(i64::from(period.max(1)))).unwrap_or(0)
}

/// Between the four nearest pixels, across the tile's edges; colours times alpha, then alpha, of 255
/// and 1.
#[expect(
    clippy::cast_possible_truncation,
    reason = "brought to the tile first, which has at most u32::MAX pixels a side"
)]
fn bilinear(tile: &Raster, at: Point) -> [f64; 4] {
    let x = at.x.rem_euclid(f64::from(tile.width()));
    let y = at.y.rem_euclid(f64::from(tile.height()));
    let (left, top) = (x.floor(), y.floor());
    let (right_share, low_share) = (x - left, y - top);
    let (left, top) = (left as i64, top as i64);
    let pixel = |dx: i64, dy: i64| {
        let column = wrap(left + dx, tile.width()) as usize * 4;
        let row = &tile.row(wrap(top + dy, tile.height()))[column..];
        [row[0], row[1], row[2], row[3]].map(f64::from)
    };
    let mut sum = [0.0; 4];
    for (dx, dy, weight) in [
        (0, 0, (1.0 - right_share) * (1.0 - low_share)),
        (1, 0, right_share * (1.0 - low_share)),
        (0, 1, (1.0 - right_share) * low_share),
        (1, 1, right_share * low_share),
    ] {
        let [red, green, blue, alpha] = pixel(dx, dy);
        let weight = weight * alpha / 255.0;
        for (sum, part) in sum
            .iter_mut()
            .zip([red / 255.0, green / 255.0, blue / 255.0, 1.0])
        {
            *sum += part * weight;
        }
    }
    sum
}

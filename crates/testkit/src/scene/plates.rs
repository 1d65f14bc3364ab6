//! The scene's rasters, one function a layer.

use super::field::{RoundedRect, ValueNoise, axis, byte, grain, hypot};
use crate::paint::Picture;
use crate::paint::noise::hash;
use crate::psd::Rect;

/// Every pixel of a picture by column and row.
fn plate(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 4]) -> Picture {
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            rgba.extend(pixel(x, y));
        }
    }
    Picture { width, height, rgba }
}

/// A share of the canvas edge in whole pixels, halves to even.
fn share(n: u32, share: f64) -> usize {
    (share * f64::from(n)).round_ties_even() as usize
}

/// A picture's place and size by shares of the canvas: left, top, width, height.
fn place(n: u32, [left, top, width, height]: [f64; 4]) -> (i32, i32, usize, usize) {
    (
        share(n, left) as i32,
        share(n, top) as i32,
        share(n, width),
        share(n, height),
    )
}

/// The square of a distance, as the fades use it.
fn square(value: f32) -> f32 {
    value * value
}

pub(super) fn background(n: u32) -> Picture {
    let n = n as usize;
    let t = axis(n);
    let octaves = [(4, 1), (11, 2), (37, 3)].map(|(cells, seed)| ValueNoise::new(n, n, cells, seed));
    plate(n, n, |x, y| {
        let (u, v) = (t[x], t[y]);
        let f = 0.5 * octaves[0].at(x, y) + 0.3 * octaves[1].at(x, y) + 0.2 * octaves[2].at(x, y);
        let vignette = 1.0 - 0.45 * (square(u - 0.5) + square(v - 0.5)) * 2.0;
        let color = |top: f32, bottom: f32, depth: f32, seed: u32| {
            let base = (top * (1.0 - v) + bottom * v) + depth * (f - 0.5) * 2.0;
            byte(base * vignette + 2.0 * grain(x, y, seed))
        };
        [
            color(205.0, 150.0, 34.0, 10),
            color(190.0, 160.0, 30.0, 11),
            color(172.0, 178.0, 26.0, 12),
            255,
        ]
    })
}

pub(super) fn product(n: u32) -> (i32, i32, Picture) {
    let (left, top, w, h) = place(n, [0.15, 0.12, 0.70, 0.76]);
    let (us, vs) = (axis(w), axis(h));
    let (coarse, fine) = (ValueNoise::new(w, h, 6, 21), ValueNoise::new(w, h, 40, 22));
    let body = RoundedRect::new(w, h, 0.09 * f64::from(n), 1.5);
    let picture = plate(w, h, |x, y| {
        let f = 0.6 * coarse.at(x, y) + 0.4 * fine.at(x, y);
        let shade = 1.0 - 0.25 * square(us[x] - 0.45) * 4.0 - 0.18 * vs[y] + 0.10 * (f - 0.5);
        let color = |base: f32, seed: u32| byte(base * shade + 1.5 * grain(x, y, seed));
        [
            color(244.0, 30),
            color(242.0, 31),
            color(238.0, 32),
            byte(255.0 * body.at(x, y)),
        ]
    });
    (left, top, picture)
}

pub(super) fn shadow(n: u32) -> (i32, i32, Picture) {
    let (left, top, w, h) = place(n, [0.10, 0.55, 0.80, 0.40]);
    let (us, vs) = (axis(w), axis(h));
    let noise = ValueNoise::new(w, h, 9, 41);
    let hill = |t: f32| (1.0 - square((t - 0.5) / 0.5)).clamp(0.0, 1.0);
    let picture = plate(w, h, |x, y| {
        let f = noise.at(x, y);
        // The power is taken in double precision and rounded once, as good libraries do.
        let fade = f64::from(hill(us[x]) * hill(vs[y])).powf(f64::from(1.3_f32)) as f32;
        let color = |base: f32| byte(base + 16.0 * (f - 0.5));
        [
            color(38.0),
            color(34.0),
            color(46.0),
            byte(255.0 * fade * (0.85 + 0.15 * f)),
        ]
    });
    (left, top, picture)
}

pub(super) fn highlight(n: u32) -> (i32, i32, Picture) {
    let (left, top, w, h) = place(n, [0.20, 0.15, 0.60, 0.55]);
    let (us, vs) = (axis(w), axis(h));
    let bell = |at: f32, center: f32, width: f32| f64::from(-square((at - center) / width)).exp() as f32;
    let hill = |t: f32| (4.0 * t * (1.0 - t)).clamp(0.0, 1.0);
    let picture = plate(w, h, |x, y| {
        let (u, v) = (us[x], vs[y]);
        let slant = u + 0.35 * v;
        let streaks = bell(slant, 0.62, 0.13) + 0.6 * bell(slant, 0.95, 0.07);
        let alpha = (streaks * (hill(v) * hill(u))).clamp(0.0, 1.0);
        let color = |base: f32| byte(base - 10.0 * v + 0.0 * u);
        [color(255.0), color(250.0), color(240.0), byte(255.0 * alpha)]
    });
    (left, top, picture)
}

pub(super) fn mask(n: u32, area: Rect) -> Vec<u8> {
    let (w, h) = (area.width(), area.height());
    let (us, vs) = (axis(w), axis(h));
    let body = RoundedRect::new(w, h, 0.05 * f64::from(n), 0.02 * f64::from(n));
    let mut out = Vec::with_capacity(w * h);
    for (y, v) in vs.iter().enumerate() {
        for (x, u) in us.iter().enumerate() {
            // A soft fold, and something in front of the print.
            let fold = (((u + 0.22 * v) - 0.72).abs() / 0.025).clamp(0.0, 1.0) * 0.55 + 0.45;
            let hole = ((hypot(u - 0.3, v - 0.62) - 0.07) / 0.03).clamp(0.0, 1.0);
            out.push(byte(255.0 * body.at(x, y) * fold * hole));
        }
    }
    out
}

/// Straight colour (0 to 255) and alpha (0 to 1) in single precision, painted over.
struct Pixel {
    color: [f32; 3],
    alpha: f32,
}

impl Pixel {
    fn paint(&mut self, color: [f32; 3], alpha: f32) {
        let below = self.alpha;
        let sum = alpha + below * (1.0 - alpha);
        for (mine, new) in self.color.iter_mut().zip(color) {
            *mine = if sum > 0.0 {
                (new * alpha + *mine * below * (1.0 - alpha)) / sum.max(1e-6)
            } else {
                0.0
            };
        }
        self.alpha = sum;
    }
}

/// The customer's upload: a gradient band, a panel like a photo, discs and rings, rows like text, a clear hole.
pub(super) fn design(m: usize) -> Picture {
    let t = axis(m);
    let band = RoundedRect::new(m, m, 0.06 * m as f64, 1.2);
    let octaves = [(7, 61), (31, 62), (97, 63)].map(|(cells, seed)| ValueNoise::new(m, m, cells, seed));
    let blotches = ValueNoise::new(m, m, 13, 64);
    let discs: Vec<Disc> = (0..24).map(Disc::new).collect();
    let edge = m as f32;
    plate(m, m, |x, y| {
        let (u, v) = (t[x], t[y]);
        let mut pixel = Pixel {
            color: [0.0; 3],
            alpha: 0.0,
        };
        pixel.paint(
            [30.0 + 200.0 * u, 90.0 + 90.0 * v, 210.0 - 150.0 * u],
            band.at(x, y),
        );
        if u > 0.08 && u < 0.62 && v > 0.10 && v < 0.66 {
            let f = 0.5 * octaves[0].at(x, y) + 0.3 * octaves[1].at(x, y) + 0.2 * octaves[2].at(x, y);
            let photo = [
                60.0 + 170.0 * f + 4.0 * grain(x, y, 71),
                40.0 + 190.0 * blotches.at(x, y) + 4.0 * grain(x, y, 72),
                80.0 + 120.0 * (1.0 - f) + 4.0 * grain(x, y, 73),
            ];
            pixel.paint(photo, 1.0);
        } else {
            // Painting with no alpha still rounds the colour once, as the definition does.
            pixel.paint([0.0; 3], 0.0);
        }
        for disc in &discs {
            pixel.paint(disc.color, disc.coverage(u, v, edge));
        }
        for row in (0..40_u32).step_by(2) {
            let top = 0.70 + 0.0062 * f64::from(row);
            let on = hash((u * 160.0).floor() as u32, row, 91) & 3 > 0;
            let inside = on && u > 0.10 && u < 0.90 && v > top as f32 && v < (top + 0.0045) as f32;
            pixel.paint([20.0, 20.0, 28.0], if inside { 1.0 } else { 0.0 });
        }
        let hole = hypot(u - 0.80, v - 0.30) - 0.09;
        let alpha = byte(pixel.alpha * (0.5 + hole * edge / 1.2).clamp(0.0, 1.0) * 255.0);
        let [red, green, blue] = pixel.color.map(byte);
        if alpha == 0 {
            [0; 4]
        } else {
            [red, green, blue, alpha]
        }
    })
}

/// A disc of the design, or a ring for every third.
struct Disc {
    center: [f32; 2],
    radius: f32,
    ring: bool,
    color: [f32; 3],
}

impl Disc {
    fn new(index: u32) -> Self {
        let h = hash(index, 7, 81);
        let part = |shift: u32| f64::from((h >> shift) & 255);
        Self {
            center: [(part(0) / 255.0) as f32, (part(8) / 255.0) as f32],
            radius: (0.03 + 0.07 * part(16) / 255.0) as f32,
            ring: index.is_multiple_of(3),
            color: [part(3) as f32, part(11) as f32, part(19) as f32],
        }
    }

    fn coverage(&self, u: f32, v: f32, edge: f32) -> f32 {
        let distance = hypot(u - self.center[0], v - self.center[1]) - self.radius;
        let distance = if self.ring {
            distance.abs() - 0.012
        } else {
            distance
        };
        (0.5 - distance * edge / 1.2).clamp(0.0, 1.0)
    }
}

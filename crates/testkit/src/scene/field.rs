//! The scene's fields in single precision: every operation in the order that defines the scene.

use crate::paint::noise::hash;

/// `(i + 0.5) / size` for each pixel of an axis.
pub(super) fn axis(size: usize) -> Vec<f32> {
    (0..size).map(|i| (i as f32 + 0.5) / size as f32).collect()
}

/// Noise a pixel, -1 to 1, triangular.
pub(super) fn grain(x: usize, y: usize, seed: u32) -> f32 {
    let v = hash(x as u32, y as u32, seed);
    ((v & 0xFFFF) as f32 + (v >> 16) as f32) / 65536.0 - 1.0
}

/// Smooth lattice noise over a whole picture, asked row by row.
pub(super) struct ValueNoise {
    /// Each lattice row stretched over the width.
    rows: Vec<Vec<f32>>,
    /// Lattice row and fraction for each pixel row.
    down: Vec<(usize, f32)>,
}

impl ValueNoise {
    pub(super) fn new(width: usize, height: usize, cells: u32, seed: u32) -> Self {
        let stretch = |size: usize| -> Vec<(usize, f32)> {
            (0..size)
                .map(|i| {
                    let t = (i as f32 + 0.5) / size as f32 * cells as f32;
                    // The fade is taken in double precision and rounded once.
                    let f = f64::from(t) - f64::from(t.floor());
                    (t.floor() as usize, (f * f * (3.0 - 2.0 * f)) as f32)
                })
                .collect()
        };
        let across = stretch(width);
        let lattice = |x: usize, y: u32| (hash(x as u32, y, seed) & 0xFFFF) as f32 / 65536.0;
        let rows = (0..cells + 2)
            .map(|y| {
                across
                    .iter()
                    .map(|(i, f)| lattice(*i, y) * (1.0 - f) + lattice(i + 1, y) * f)
                    .collect()
            })
            .collect();
        Self {
            rows,
            down: stretch(height),
        }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        let (i, f) = self.down[y];
        self.rows[i][x] * (1.0 - f) + self.rows[i + 1][x] * f
    }
}

/// Nearest byte, halves up.
pub(super) fn byte(value: f32) -> u8 {
    (value + 0.5).floor().clamp(0.0, 255.0) as u8
}

/// The length of (`x`, `y`), rounded once.
pub(super) fn hypot(x: f32, y: f32) -> f32 {
    let (x, y) = (f64::from(x), f64::from(y));
    (x * x + y * y).sqrt() as f32
}

/// An anti-aliased rounded rectangle that fills the picture less two pixels.
pub(super) struct RoundedRect {
    half: [f32; 2],
    inner: [f32; 2],
    radius: f32,
    soft: f32,
}

impl RoundedRect {
    pub(super) fn new(width: usize, height: usize, radius: f64, soft: f64) -> Self {
        let half = [width as f64 / 2.0, height as f64 / 2.0];
        Self {
            half: half.map(|h| h as f32),
            inner: half.map(|h| (h - radius - 2.0 - soft / 2.0) as f32),
            radius: radius as f32,
            soft: soft as f32,
        }
    }

    /// Coverage of a pixel, 0 to 1.
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        let qx = (x as f32 + 0.5 - self.half[0]).abs() - self.inner[0];
        let qy = (y as f32 + 0.5 - self.half[1]).abs() - self.inner[1];
        let d = hypot(qx.max(0.0), qy.max(0.0)) + qx.max(qy).min(0.0) - self.radius;
        (0.5 - d / self.soft).clamp(0.0, 1.0)
    }
}

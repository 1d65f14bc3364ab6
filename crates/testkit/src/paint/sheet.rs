//! A sheet of layers in the making: premultiplied floats over a box of the canvas, painted shape by shape.

use super::{Point, byte};
use crate::psd::Rect;

/// Pixels of a box of the canvas; points are given in canvas pixels.
#[derive(Clone, Debug)]
pub struct Sheet {
    rect: Rect,
    pixels: Vec<[f64; 4]>,
}

impl Sheet {
    /// A clear sheet.
    #[must_use]
    pub fn new(rect: Rect) -> Self {
        Self {
            rect,
            pixels: vec![[0.0; 4]; rect.area()],
        }
    }

    /// Paints over what is there: `paint` gives colour (0 to 255) and alpha at a pixel's centre. Only pixels
    /// within `low` to `high` are asked.
    pub fn paint_within(&mut self, low: Point, high: Point, paint: impl Fn(Point) -> ([f64; 3], f64)) {
        let span = |low: f64, high: f64, start: i32, size: usize| {
            let start = f64::from(start);
            let from = (low - start).floor().clamp(0.0, size as f64) as usize;
            from..(high - start).ceil().clamp(from as f64, size as f64) as usize
        };
        let width = self.rect.width();
        for row in span(low[1], high[1], self.rect.top, self.rect.height()) {
            for column in span(low[0], high[0], self.rect.left, width) {
                let x = f64::from(self.rect.left) + column as f64 + 0.5;
                let y = f64::from(self.rect.top) + row as f64 + 0.5;
                let (color, alpha) = paint([x, y]);
                if alpha > 0.0 {
                    let pixel = &mut self.pixels[row * width + column];
                    for channel in 0..3 {
                        pixel[channel] = color[channel] * alpha + pixel[channel] * (1.0 - alpha);
                    }
                    pixel[3] = alpha + pixel[3] * (1.0 - alpha);
                }
            }
        }
    }

    /// Paints over the whole sheet.
    pub fn paint(&mut self, paint: impl Fn(Point) -> ([f64; 3], f64)) {
        let low = [f64::from(self.rect.left), f64::from(self.rect.top)];
        self.paint_within(
            low,
            [f64::from(self.rect.right), f64::from(self.rect.bottom)],
            paint,
        );
    }

    /// Straight RGBA of the smallest box that holds all that is painted, and that box.
    #[must_use]
    pub fn trimmed(&self) -> (Rect, Vec<u8>) {
        let width = self.rect.width();
        let shown = |pixel: &[f64; 4]| byte(pixel[3] * 255.0) > 0;
        let rows: Vec<usize> = self
            .pixels
            .chunks(width)
            .enumerate()
            .filter(|(_, row)| row.iter().any(shown))
            .map(|(y, _)| y)
            .collect();
        let (Some(&top), Some(&bottom)) = (rows.first(), rows.last()) else {
            return (Rect::new(self.rect.left, self.rect.top, 0, 0), Vec::new());
        };
        let column = |x: &usize| self.pixels.iter().skip(*x).step_by(width).any(shown);
        let left = (0..width).find(column).expect("a row is shown");
        let right = (0..width).rev().find(column).expect("a row is shown");
        let mut rgba = Vec::new();
        for row in self.pixels.chunks(width).take(bottom + 1).skip(top) {
            row[left..=right]
                .iter()
                .for_each(|pixel| rgba.extend(straight(*pixel)));
        }
        let rect = Rect::new(
            self.rect.left + left as i32,
            self.rect.top + top as i32,
            (right + 1 - left) as u32,
            (bottom + 1 - top) as u32,
        );
        (rect, rgba)
    }

    /// Straight RGBA of the whole sheet.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|pixel| straight(*pixel)).collect()
    }

    /// The alpha of the whole sheet as bytes.
    #[must_use]
    pub fn alpha(&self) -> Vec<u8> {
        self.pixels.iter().map(|pixel| byte(pixel[3] * 255.0)).collect()
    }
}

fn straight([red, green, blue, alpha]: [f64; 4]) -> [u8; 4] {
    match byte(alpha * 255.0) {
        0 => [0; 4],
        seen => [byte(red / alpha), byte(green / alpha), byte(blue / alpha), seen],
    }
}

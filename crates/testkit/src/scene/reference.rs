//! The right picture of the scene, in doubles: bilinear warp of premultiplied samples, transparent outside,
//! W3C blend formulas on encoded values.

use super::{Plate, Scene};
use crate::paint::warp::{Homography, sample};
use crate::paint::{Picture, byte};

impl Scene {
    /// The reference picture, opaque RGBA.
    #[must_use]
    pub fn reference(&self) -> Picture {
        let n = self.canvas() as usize;
        let inverse = self.homography().inverse();
        let mut rgba = Vec::with_capacity(n * n * 4);
        for y in 0..n {
            let mut row = vec![[0.0; 3]; n];
            for layer in &self.layers {
                self.draw_row(layer, y, inverse, &mut row);
            }
            for color in row {
                let [red, green, blue] = color.map(|value: f64| byte(value * 255.0));
                rgba.extend([red, green, blue, 255]);
            }
        }
        Picture {
            width: n,
            height: n,
            rgba,
        }
    }

    fn draw_row(&self, layer: &super::SceneLayer, y: usize, inverse: Homography, row: &mut [[f64; 3]]) {
        let (top, left) = (layer.rect.top as usize, layer.rect.left as usize);
        if y < top || y >= top + layer.rect.height() {
            return;
        }
        let width = layer.rect.width();
        for (x, below) in row[left..left + width].iter_mut().enumerate() {
            let at = (y - top) * width + x;
            let (source, alpha) = match &layer.plate {
                Plate::Raster(picture) => {
                    let pixel = &picture.rgba[at * 4..at * 4 + 4];
                    let color = [0, 1, 2].map(|channel| f64::from(pixel[channel]) / 255.0);
                    (color, f64::from(pixel[3]) / 255.0)
                }
                Plate::Design => {
                    let seen = inverse.apply([(left + x) as f64 + 0.5, y as f64 + 0.5]);
                    let warped = sample(&self.design, seen);
                    if warped[3] <= 0.0 {
                        continue;
                    }
                    let color = [0, 1, 2].map(|channel: usize| warped[channel] / warped[3].max(1e-9));
                    (color, warped[3] / 255.0 * (f64::from(self.mask[at]) / 255.0))
                }
                Plate::Color(color) => (color.map(|value| f64::from(value) / 255.0), 1.0),
            };
            let alpha = alpha * layer.opacity;
            for (backdrop, source) in below.iter_mut().zip(source) {
                *backdrop = *backdrop * (1.0 - alpha) + alpha * layer.blend.mix(*backdrop, source);
            }
        }
    }

    /// The design warped onto the canvas, straight RGBA over [`Scene::smart_box`]: the raster a PSD keeps.
    #[must_use]
    pub fn warped_design(&self) -> Vec<u8> {
        let inverse = self.homography().inverse();
        let area = self.smart_box();
        let mut rgba = Vec::with_capacity(area.area() * 4);
        for y in area.top..area.bottom {
            for x in area.left..area.right {
                let [red, green, blue, alpha] = sample(
                    &self.design,
                    inverse.apply([f64::from(x) + 0.5, f64::from(y) + 0.5]),
                );
                let color = |value: f64| {
                    if alpha > 0.0 {
                        byte(value * 255.0 / alpha)
                    } else {
                        0
                    }
                };
                rgba.extend([color(red), color(green), color(blue), byte(alpha)]);
            }
        }
        rgba
    }
}

//! Pixels while filters work on them: premultiplied, in `f32`.

use marquetry_pixel::{Raster, Size, nearest_byte};

/// Premultiplied RGBA, `0.0..=255.0`, row by row.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) size: Size,
    pub(super) pixels: Vec<[f32; 4]>,
}

impl Plane {
    pub(super) fn new(raster: &Raster) -> Self {
        let pixels = raster.bytes().as_chunks::<4>().0.iter().map(|pixel| {
            let [red, green, blue, alpha] = pixel.map(f32::from);
            let share = alpha / 255.0;
            [red * share, green * share, blue * share, alpha]
        });
        Self {
            size: raster.size(),
            pixels: pixels.collect(),
        }
    }

    /// Straight alpha again.
    pub(super) fn raster(&self) -> Raster {
        let mut raster = Raster::new(self.size);
        let straight = raster.bytes_mut().as_chunks_mut::<4>().0.iter_mut();
        for (into, pixel) in straight.zip(&self.pixels) {
            let alpha = nearest_byte(pixel[3]);
            if alpha > 0 {
                let share = 255.0 / pixel[3];
                let [red, green, blue] =
                    [pixel[0], pixel[1], pixel[2]].map(|value| nearest_byte(value * share));
                *into = [red, green, blue, alpha];
            }
        }
        raster
    }

    pub(super) fn row(&self, y: usize) -> &[[f32; 4]] {
        let width = self.size.width as usize;
        &self.pixels[y * width..(y + 1) * width]
    }

    /// Every pixel to whole levels, as a filter in 8 bits leaves them.
    pub(super) fn round(&mut self) {
        *self = Self::new(&self.raster());
    }

    /// Rows for columns.
    pub(super) fn transposed(&self) -> Self {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let columns = (0..width).flat_map(|x| (0..height).map(move |y| y * width + x));
        Self {
            size: Size::new(self.size.height, self.size.width),
            pixels: columns.map(|at| self.pixels[at]).collect(),
        }
    }

    /// This one with as much of `other` as `shown` says, pixel by pixel, in 255ths.
    pub(super) fn masked(mut self, other: &Self, shown: &[u8]) -> Self {
        for ((pixel, other), shown) in self.pixels.iter_mut().zip(&other.pixels).zip(shown) {
            let share = f32::from(*shown) / 255.0;
            for (value, other) in pixel.iter_mut().zip(other) {
                *value += (other - *value) * share;
            }
        }
        self
    }

    /// This one with as much of `other` as `share` says.
    pub(super) fn mixed(mut self, other: &Self, share: f32) -> Self {
        for (pixel, other) in self.pixels.iter_mut().zip(&other.pixels) {
            for (value, other) in pixel.iter_mut().zip(other) {
                *value += (other - *value) * share;
            }
        }
        self
    }
}

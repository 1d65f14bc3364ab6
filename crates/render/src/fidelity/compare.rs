//! Two pictures over white, pixel by pixel: the numbers, and the map of where they differ.

use std::num::NonZeroUsize;
use std::thread;

use marquetry_model::Difference;
use marquetry_pixel::{Raster, Size};

use super::colour_difference::{Lab, delta_e};
use super::heat_map;
use crate::draw::Painter;
use crate::error::RenderError;

/// A channel counts as off beyond this many 255ths; a little more than 3, so that rounding while
/// blending with white decides nothing.
const OFF: f64 = 3.000_5;
/// Steps of a channel's error that are told apart for the percentile, in one 255th.
const STEPS: f64 = 64.0;
/// The largest step there is.
const MOST_STEPS: usize = 255 * 64;

/// Measures `picture` against `reference`, which is opaque and as large, and draws where they differ.
pub(super) fn compare(
    reference: &Raster,
    picture: &Raster,
    painter: &Painter<'_>,
) -> Result<(Difference, Raster), RenderError> {
    let size = picture.size();
    let block = heat_map::block_for(size);
    let across = size.width.div_ceil(block);
    let mut map = Raster::filled(Size::new(across, size.height.div_ceil(block)), [0, 0, 0, 255]);
    if size.is_empty() || reference.size() != size {
        return Ok((Difference::default(), map));
    }
    // Whole rows of the map go to each thread; their sums are added up in order, so that the numbers do
    // not depend on how many threads there were.
    let rows = map.height().div_ceil(threads(painter.threads)).max(1);
    let stride = across as usize * Raster::SAMPLES;
    let parts = thread::scope(|scope| {
        let bands = map.bytes_mut().chunks_mut(stride * rows as usize).zip(0..);
        let bands: Vec<_> = bands
            .map(|(pixels, number): (_, u32)| {
                let band = move || {
                    let mut band = Band::new(reference, picture, block);
                    for (row, at) in pixels.chunks_exact_mut(stride).zip(number * rows..) {
                        if (painter.stop)() {
                            return None;
                        }
                        band.row(at, row);
                    }
                    Some(band.found)
                };
                scope.spawn(band)
            })
            .collect();
        bands.into_iter().map(|band| band.join().ok().flatten()).collect()
    });
    let parts: Option<Vec<Found>> = parts;
    let found = Found::together(parts.ok_or(RenderError::Stopped)?);
    Ok((found.difference(size), map))
}

fn threads(threads: NonZeroUsize) -> u32 {
    u32::try_from(threads.get()).unwrap_or(u32::MAX)
}

/// What one thread has found.
struct Found {
    /// For each row of the map: the sum of CIEDE2000 and of the channel errors.
    sums: Vec<(f64, f64)>,
    off: u64,
    /// How many pixels have their largest channel error at each step.
    worst: Vec<u64>,
}

impl Found {
    fn new() -> Self {
        Self {
            sums: Vec::new(),
            off: 0,
            worst: vec![0; MOST_STEPS + 1],
        }
    }

    fn together(parts: Vec<Self>) -> Self {
        let mut all = Self::new();
        for part in parts {
            all.sums.extend(part.sums);
            all.off += part.off;
            for (sum, count) in all.worst.iter_mut().zip(part.worst) {
                *sum += count;
            }
        }
        all
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of pixels stay far below 2^53")]
    fn difference(&self, size: Size) -> Difference {
        let pixels = size.pixels() as f64;
        let (delta_e, error) = self
            .sums
            .iter()
            .fold((0.0, 0.0), |(a, b), (delta_e, error)| (a + delta_e, b + error));
        Difference {
            delta_e_mean: delta_e / pixels,
            off_by_more_than_3: 100.0 * self.off as f64 / pixels,
            mean_absolute_error: error / (3.0 * pixels),
            p99: self.percentile(size.pixels()),
        }
    }

    /// The 99th percentile of the largest channel error, straight between its two neighbours.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks of pixels stay far below 2^53 and are not negative"
    )]
    fn percentile(&self, pixels: u64) -> f64 {
        let rank = (pixels.saturating_sub(1)) as f64 * 0.99;
        let below = rank.floor();
        let (low, high) = (self.at_rank(below as u64), self.at_rank(rank.ceil() as u64));
        low + (high - low) * (rank - below)
    }

    fn at_rank(&self, rank: u64) -> f64 {
        let mut passed = 0;
        let step = self.worst.iter().zip(0_u32..).find_map(|(count, step)| {
            passed += count;
            (passed > rank).then_some(step)
        });
        f64::from(step.unwrap_or(0)) / STEPS
    }
}

/// Some rows on their way through one thread.
struct Band<'a> {
    reference: &'a Raster,
    picture: &'a Raster,
    block: u32,
    found: Found,
    known: Known,
}

impl<'a> Band<'a> {
    fn new(reference: &'a Raster, picture: &'a Raster, block: u32) -> Self {
        Self {
            reference,
            picture,
            block,
            found: Found::new(),
            known: Known::new(),
        }
    }

    /// Compares the rows of pixels that row `at` of the map stands for, and paints that.
    fn row(&mut self, at: u32, map: &mut [u8]) {
        let first = at * self.block;
        let last = first.saturating_add(self.block).min(self.picture.height());
        let (map, _) = map.as_chunks_mut::<4>();
        let mut worst = vec![0.0_f64; map.len()];
        let (mut delta_e, mut error) = (0.0, 0.0);
        for y in first..last {
            let reference = self.reference.row(y).as_chunks::<4>().0;
            let picture = self.picture.row(y).as_chunks::<4>().0;
            let cells = reference
                .chunks(self.block as usize)
                .zip(picture.chunks(self.block as usize));
            for ((reference, picture), worst) in cells.zip(&mut worst) {
                for (reference, picture) in reference.iter().zip(picture) {
                    let pixel = self.pixel(*reference, *picture);
                    delta_e += pixel.delta_e;
                    error += pixel.error;
                    *worst = worst.max(pixel.delta_e);
                }
            }
        }
        self.found.sums.push((delta_e, error));
        let shown = self.reference.row(first).as_chunks::<4>().0;
        let shown = shown.iter().step_by(self.block as usize);
        for ((cell, worst), shown) in map.iter_mut().zip(worst).zip(shown) {
            *cell = heat_map::colour(worst, *shown);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an error lies between 0 and 255"
    )]
    fn pixel(&mut self, reference: [u8; 4], picture: [u8; 4]) -> Pixel {
        if picture == reference {
            self.found.worst[0] += 1;
            return Pixel::default();
        }
        let pixel = self.known.look_up(reference, picture);
        self.found.off += u64::from(pixel.worst > OFF);
        let step = (pixel.worst * STEPS).round() as usize;
        self.found.worst[step.min(MOST_STEPS)] += 1;
        pixel
    }
}

/// How far apart one pixel is.
#[derive(Clone, Copy, Default)]
struct Pixel {
    delta_e: f64,
    /// Of all three channels together.
    error: f64,
    worst: f64,
}

impl Pixel {
    fn new(reference: [u8; 4], picture: [u8; 4]) -> Self {
        let [red, green, blue, alpha] = picture;
        let colours = [reference[0], reference[1], reference[2]];
        let share = f64::from(alpha) / 255.0;
        let over_white =
            [red, green, blue].map(|sample| f64::from(sample) * share + 255.0 - f64::from(alpha));
        let errors: [f64; 3] =
            std::array::from_fn(|channel| (over_white[channel] - f64::from(colours[channel])).abs());
        let worst = errors[0].max(errors[1]).max(errors[2]);
        let drawn = if alpha == 255 {
            Lab::of_bytes([red, green, blue])
        } else {
            Lab::of_samples(over_white)
        };
        Self {
            // Blending with white is not exact; equal colours are equal all the same.
            delta_e: if worst > 1e-9 {
                delta_e(Lab::of_bytes(colours), drawn)
            } else {
                0.0
            },
            error: errors.iter().sum(),
            worst,
        }
    }
}

/// Pairs of colours met before, which in most pictures are few.
struct Known(Vec<(u64, Pixel)>);

impl Known {
    const PLACES: usize = 1 << 13;

    fn new() -> Self {
        // No pair has this key: the reference is opaque.
        Self(vec![(0, Pixel::default()); Self::PLACES])
    }

    #[expect(clippy::cast_possible_truncation, reason = "the highest 13 bits are left")]
    fn look_up(&mut self, reference: [u8; 4], picture: [u8; 4]) -> Pixel {
        let key = u64::from(u32::from_be_bytes(reference)) << 32 | u64::from(u32::from_be_bytes(picture));
        // Fibonacci hashing.
        let place = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::PLACES.trailing_zeros());
        let (known, pixel) = &mut self.0[place as usize];
        if *known != key {
            *known = key;
            *pixel = Pixel::new(reference, picture);
        }
        *pixel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(reference: &Raster, picture: &Raster) -> Difference {
        compare(reference, picture, &Painter::default()).unwrap().0
    }

    #[test]
    fn a_picture_is_itself() {
        let picture = Raster::filled(Size::new(7, 5), [10, 20, 30, 255]);
        let (difference, map) = compare(&picture, &picture, &Painter::default()).unwrap();
        assert_eq!(difference, Difference::default());
        assert_eq!(map.size(), picture.size());
    }

    #[test]
    fn what_is_seen_through_is_seen_over_white() {
        let white = Raster::filled(Size::new(4, 4), [255; 4]);
        let nothing = Raster::filled(Size::new(4, 4), [9, 9, 9, 0]);
        assert_eq!(measured(&white, &nothing), Difference::default());
        // Half black over white is 127.5, and so 0.5 off.
        let grey = Raster::filled(Size::new(4, 4), [128, 128, 128, 255]);
        let half = Raster::filled(Size::new(4, 4), [0, 0, 0, 127]);
        let found = measured(&grey, &half);
        assert!(found.mean_absolute_error < 1e-9, "{found:?}");
    }

    #[test]
    fn numbers_are_those_of_their_definitions() {
        let reference = Raster::filled(Size::new(10, 10), [100, 100, 100, 255]);
        let mut picture = reference.clone();
        picture.pixels_mut()[0] = [103, 100, 100, 255];
        picture.pixels_mut()[1] = [104, 100, 98, 255];
        let found = measured(&reference, &picture);
        let lab = |pixel| Lab::of_bytes(pixel);
        let grey = lab([100; 3]);
        let expected = (delta_e(grey, lab([103, 100, 100])) + delta_e(grey, lab([104, 100, 98]))) / 100.0;
        assert!((found.delta_e_mean - expected).abs() < 1e-12);
        assert!((found.off_by_more_than_3 - 1.0).abs() < 1e-12);
        assert!((found.mean_absolute_error - 9.0 / 300.0).abs() < 1e-12);
        // Sorted errors end in 0, 3, 4; rank 98.01 lies just above the 3.
        assert!((found.p99 - 3.01).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn threads_change_nothing() {
        let mut reference = Raster::filled(Size::new(61, 47), [0, 0, 0, 255]);
        let mut picture = reference.clone();
        for (at, (a, b)) in (0_u32..).zip(reference.pixels_mut().iter_mut().zip(picture.pixels_mut())) {
            let [_, x, y, z] = at.wrapping_mul(2_654_435_761).to_be_bytes();
            *a = [x, y, z, 255];
            *b = [y, z, x, z];
        }
        let by = |threads| {
            let painter = Painter {
                threads: NonZeroUsize::new(threads).unwrap(),
                ..Painter::default()
            };
            compare(&reference, &picture, &painter).unwrap()
        };
        let one = by(1);
        for threads in [2, 3, 64] {
            assert_eq!(by(threads), one);
        }
    }

    #[test]
    fn a_raised_sign_stops_it() {
        let picture = Raster::filled(Size::new(4, 4), [0, 0, 0, 255]);
        let painter = Painter {
            stop: &|| true,
            ..Painter::default()
        };
        let stopped = compare(&picture, &picture, &painter);
        assert!(matches!(stopped, Err(RenderError::Stopped)));
    }
}

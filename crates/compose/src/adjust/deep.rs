//! Adjustments of 16 bits a sample.
//!
//! A table of bytes is drawn straight between its entries, so that a steep curve leaves no bands. What
//! looks at three channels at once answers for the nearest bytes; what those left over is kept.

use marquetry_pixel::Sample;

use super::{Adjustment, posterize};

impl Adjustment {
    /// As [`Adjustment::apply`], of 16 bits.
    pub(crate) fn apply_deep(&self, row: &mut [u16]) {
        let pixels = row.as_chunks_mut::<4>().0;
        match self {
            Self::Channels(tables) => {
                for pixel in pixels {
                    for (sample, table) in pixel.iter_mut().zip(tables.iter()) {
                        *sample = between(table, *sample);
                    }
                }
            }
            Self::Posterize(levels) => {
                for pixel in pixels {
                    for sample in &mut pixel[..3] {
                        *sample = posterize::deep(*sample, *levels);
                    }
                }
            }
            _ => self.apply_by_bytes(pixels),
        }
    }

    /// What bytes become, and what these bytes left over.
    fn apply_by_bytes(&self, pixels: &mut [[u16; 4]]) {
        let mut bytes = vec![0; pixels.len() * 4];
        for (byte, deep) in bytes.iter_mut().zip(pixels.as_flattened()) {
            *byte = deep.byte();
        }
        let before = bytes.clone();
        self.apply(&mut bytes);
        let answers = before.as_chunks::<4>().0.iter().zip(bytes.as_chunks::<4>().0);
        for (pixel, (before, after)) in pixels.iter_mut().zip(answers) {
            for channel in 0..3 {
                let rest = pixel[channel].whole() - u16::of_byte(before[channel]).whole();
                pixel[channel] = u16::of_whole(u16::of_byte(after[channel]).whole() + rest);
            }
        }
    }
}

/// The entry of a table of bytes that `sample` means, straight between two of them.
fn between(table: &[u8; 256], sample: u16) -> u16 {
    let (entry, part) = (usize::from(sample / 257), i64::from(sample % 257));
    let low = i64::from(table[entry]);
    let high = i64::from(table[(entry + 1).min(255)]);
    // 257 times the mean, as 16 bits want it.
    u16::of_whole(low * 257 + (high - low) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_met_at_bytes_and_drawn_straight_between_them() {
        let mut table = [0; 256];
        for (at, entry) in (0..=255u8).zip(&mut table) {
            *entry = 255 - at;
        }
        for sample in 0..=u16::MAX {
            assert_eq!(between(&table, sample), u16::MAX - sample);
        }
    }

    #[test]
    fn what_looks_at_three_channels_agrees_with_bytes() {
        let invert = Adjustment::Luminosity(Box::new(std::array::from_fn(|at| {
            [255 - u8::try_from(at).unwrap(); 3]
        })));
        for byte in 0..=255u8 {
            let mut bytes = [byte, 40, 200, 255];
            let mut deep = bytes.map(u16::of_byte);
            invert.apply(&mut bytes);
            invert.apply_deep(&mut deep);
            assert_eq!(deep.map(Sample::byte), bytes);
        }
    }
}

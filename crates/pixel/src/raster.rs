//! Pixel buffers: straight-alpha RGBA of 8 or 16 bits a sample and single-channel coverage, rows packed.

use crate::geometry::Size;
use crate::sample::Sample;

/// A buffer whose length does not match its size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{size} pixels need {needed} samples, {given} given")]
pub struct WrongLength {
    /// The size asked for.
    pub size: Size,
    /// Samples it takes.
    pub needed: u64,
    /// Samples given.
    pub given: u64,
}

/// RGBA pixels with **straight** alpha: the colour of a half-transparent red is still full red.
///
/// Straight, because that is what Photoshop stores and what its blend formulas are written for;
/// multiplying alpha in and out again would cost the low bits of every soft edge.
#[derive(Clone, PartialEq, Eq)]
pub struct Raster {
    size: Size,
    bytes: Vec<u8>,
}

/// As [`Raster`], with 16 bits a sample: 65535 is all of it. For pictures that are not finished: colours
/// of a wide gamut lie four steps of sRGB apart in the dark when bytes hold them.
#[derive(Clone, PartialEq, Eq)]
pub struct DeepRaster {
    size: Size,
    samples: Vec<u16>,
}

/// How much of each pixel is there: 0 nothing, 255 all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Coverage {
    size: Size,
    bytes: Vec<u8>,
}

macro_rules! buffer {
    ($name:ident, $samples:literal of $sample:ty: $field:ident, $field_mut:ident, $from:ident, $into:ident) => {
        impl $name {
            /// Samples a pixel.
            pub const SAMPLES: usize = $samples;

            /// All zero. The caller has checked that `size` is affordable.
            pub fn new(size: Size) -> Self {
                Self {
                    size,
                    $field: vec![0; Self::samples_for(size)],
                }
            }

            /// Every pixel the same.
            pub fn filled(size: Size, pixel: [$sample; $samples]) -> Self {
                let mut made = Self::new(size);
                for cell in made.$field.as_chunks_mut::<$samples>().0 {
                    *cell = pixel;
                }
                made
            }

            /// Takes packed rows.
            ///
            /// # Errors
            /// [`WrongLength`] when they are not exactly `size` long.
            pub fn $from(size: Size, $field: Vec<$sample>) -> Result<Self, WrongLength> {
                let needed = size.pixels().saturating_mul($samples);
                let given = $field.len() as u64;
                if needed == given {
                    Ok(Self { size, $field })
                } else {
                    Err(WrongLength {
                        size,
                        needed,
                        given,
                    })
                }
            }

            fn samples_for(size: Size) -> usize {
                usize::try_from(size.pixels().saturating_mul($samples))
                    .expect("a buffer that the address space can hold")
            }

            /// Width and height.
            pub fn size(&self) -> Size {
                self.size
            }

            /// Pixels a row.
            pub fn width(&self) -> u32 {
                self.size.width
            }

            /// Rows.
            pub fn height(&self) -> u32 {
                self.size.height
            }

            /// The packed rows, top to bottom.
            pub fn $field(&self) -> &[$sample] {
                &self.$field
            }

            /// The packed rows, to be painted.
            pub fn $field_mut(&mut self) -> &mut [$sample] {
                &mut self.$field
            }

            /// The packed rows, given away.
            pub fn $into(self) -> Vec<$sample> {
                self.$field
            }

            /// Pixels, top left first.
            pub fn pixels(&self) -> &[[$sample; $samples]] {
                self.$field.as_chunks().0
            }

            /// Pixels, to be painted.
            pub fn pixels_mut(&mut self) -> &mut [[$sample; $samples]] {
                self.$field.as_chunks_mut().0
            }

            /// One row; empty when `y` is outside.
            pub fn row(&self, y: u32) -> &[$sample] {
                let stride = self.size.width as usize * $samples;
                self.$field
                    .get(y as usize * stride..(y as usize + 1) * stride)
                    .unwrap_or(&[])
            }

            /// One row, to be painted; empty when `y` is outside.
            pub fn row_mut(&mut self, y: u32) -> &mut [$sample] {
                let stride = self.size.width as usize * $samples;
                self.$field
                    .get_mut(y as usize * stride..(y as usize + 1) * stride)
                    .unwrap_or(&mut [])
            }

            /// The pixel at column `x`, row `y`; `None` outside.
            pub fn pixel(&self, x: u32, y: u32) -> Option<[$sample; $samples]> {
                (x < self.size.width && y < self.size.height)
                    .then(|| self.pixels()[y as usize * self.size.width as usize + x as usize])
            }

            /// Memory held, in bytes.
            pub fn cost(&self) -> u64 {
                (self.$field.capacity() * size_of::<$sample>()) as u64
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.size)
            }
        }
    };
}

buffer!(Raster, 4 of u8: bytes, bytes_mut, from_bytes, into_bytes);
buffer!(DeepRaster, 4 of u16: samples, samples_mut, from_samples, into_samples);
buffer!(Coverage, 1 of u8: bytes, bytes_mut, from_bytes, into_bytes);

impl Raster {
    /// Whether no pixel lets anything through.
    pub fn is_opaque(&self) -> bool {
        // A run at a time: a loop that may end at every pixel is not made of wide instructions, and
        // takes eight times as long.
        self.pixels()
            .chunks(1024)
            .all(|run| run.iter().fold(255, |least, pixel| least & pixel[3]) == 255)
    }
}

impl DeepRaster {
    /// The same picture from bytes.
    pub fn widened(raster: &Raster) -> Self {
        let mut made = Self::new(raster.size());
        for (deep, &byte) in made.samples.iter_mut().zip(raster.bytes()) {
            *deep = u16::of_byte(byte);
        }
        made
    }

    /// The same picture, rounded to bytes.
    pub fn narrowed(&self) -> Raster {
        let mut made = Raster::new(self.size);
        for (byte, deep) in made.bytes.iter_mut().zip(&self.samples) {
            *byte = deep.byte();
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_checked_and_rows_are_found() {
        let size = Size::new(3, 2);
        assert!(Raster::from_bytes(size, vec![0; 23]).is_err());
        let mut raster = Raster::filled(size, [1, 2, 3, 255]);
        assert!(raster.is_opaque());
        raster.row_mut(1)[4..8].copy_from_slice(&[9, 9, 9, 0]);
        assert_eq!(raster.pixel(1, 1), Some([9, 9, 9, 0]));
        assert_eq!(raster.pixel(3, 0), None);
        assert!(raster.row(2).is_empty());
        assert!(!raster.is_opaque());
    }
}

//! Pictures from arithmetic alone: shapes by their distance, noise by hashing, blending by the book.
//!
//! Only the four operations and square roots are used where a picture must come out the same on every machine:
//! those are exact by IEEE 754, while `sin`, `exp` and `powf` are whatever the system's library makes of them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples are clamped and coordinates are those of pictures that fit in memory"
)]

pub mod blend;
pub mod glyph;
pub mod noise;
pub mod shape;
pub mod sheet;
pub mod warp;

pub use sheet::Sheet;

/// A point or a direction: x to the right, y down.
pub type Point = [f64; 2];

/// A picture of straight 8-bit RGBA, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// The picture whose every pixel is `color` of its centre.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, color: impl Fn(Point) -> [u8; 4]) -> Self {
        let mut rgba = Vec::with_capacity(width * height * 4);
        for y in 0..height {
            for x in 0..width {
                rgba.extend(color([x as f64 + 0.5, y as f64 + 0.5]));
            }
        }
        Self { width, height, rgba }
    }

    /// The picture as a PNG file, packed tightly; the same bytes for the same picture.
    ///
    /// # Panics
    /// When `rgba` does not fill the picture.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let side = |pixels: usize| u32::try_from(pixels).expect("a side under 4 Gi");
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header().expect("memory takes every byte");
        writer
            .write_image_data(&self.rgba)
            .expect("the pixels fill the picture");
        writer.finish().expect("memory takes every byte");
        bytes
    }

    /// Reads an 8-bit PNG of any colour type.
    ///
    /// # Errors
    /// What the decoder finds wrong.
    pub fn from_png(bytes: &[u8]) -> Result<Self, png::DecodingError> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder
            .set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info()?;
        let mut samples = vec![
            0;
            reader
                .output_buffer_size()
                .ok_or(png::DecodingError::LimitsExceeded)?
        ];
        let frame = reader.next_frame(&mut samples)?;
        samples.truncate(frame.buffer_size());
        let rgba = match frame.color_type {
            png::ColorType::GrayscaleAlpha => samples
                .chunks_exact(2)
                .flat_map(|p| [p[0], p[0], p[0], p[1]])
                .collect(),
            _ => samples,
        };
        Ok(Self {
            width: frame.width as usize,
            height: frame.height as usize,
            rgba,
        })
    }
}

/// The nearest sample, halves up, clamped to a byte.
#[must_use]
pub fn byte(value: f64) -> u8 {
    (value + 0.5).floor().clamp(0.0, 255.0) as u8
}

/// From `a` (at 0) to `b` (at 1).
#[must_use]
pub fn mix(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

/// [`mix`] of three colours' worth of numbers.
#[must_use]
pub fn mix3(a: [f64; 3], b: [f64; 3], t: f64) -> [f64; 3] {
    std::array::from_fn(|i| mix(a[i], b[i], t))
}

/// 0 below `from`, 1 above `to`, smooth between. `from` may be the greater one.
#[must_use]
pub fn smooth(from: f64, to: f64, value: f64) -> f64 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A colour written as 0xRRGGBB, each part 0 to 255.
#[must_use]
pub fn hex(rgb: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| f64::from((rgb >> shift) & 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_comes_back_as_it_went() {
        let picture = Picture::from_fn(5, 3, |[x, y]| {
            [byte(x * 50.0), byte(y * 80.0), 7, byte(x * y * 9.0)]
        });
        assert_eq!(Picture::from_png(&picture.to_png()).unwrap(), picture);
    }

    #[test]
    fn smooth_goes_both_ways() {
        assert_eq!(smooth(0.0, 2.0, 1.0), 0.5);
        assert_eq!((smooth(2.0, 0.0, 3.0), smooth(2.0, 0.0, -1.0)), (0.0, 1.0));
    }
}

//! One colour over opaque pixels: a table a channel.

use fearless_simd::Level;
use marquetry_pixel::Rgb;

use super::{Ink, blend_row, formula};

/// Pixels looked at together.
const PIECE: usize = 64;

/// What a separable mode makes of every backdrop sample, for one source colour.
///
/// Soft light needs a root and burn a division for every sample; over a whole canvas a look-up is
/// three times as fast as either, and exact.
#[derive(Debug)]
pub(crate) struct Table {
    ink: Ink,
    source: [u8; 4],
    /// Red in the lowest byte, then green, then blue, so that a pixel is the union of three entries.
    channels: [[u32; 256]; 3],
}

impl Table {
    /// `None` when the mode looks at all three channels, or is as fast without a table.
    pub(crate) fn new(ink: Ink, colour: Rgb) -> Option<Self> {
        if !formula::is_separable(ink.mode) || ink.mode == marquetry_pixel::BlendMode::Dissolve {
            return None;
        }
        let source = [colour.red, colour.green, colour.blue, 255];
        let mut channels = [[0; 256]; 3];
        for level in 0..=255 {
            let backdrop = [level, level, level, 255];
            let result = formula::composite(ink.mode, ink.fill.into(), backdrop, source, ink.opacity.into());
            for (at, channel) in channels.iter_mut().enumerate() {
                channel[usize::from(level)] = u32::from(result[at]) << (8 * at);
            }
        }
        Some(Self {
            ink,
            source,
            channels,
        })
    }

    /// Lays the colour over `row`, straight RGBA.
    pub(crate) fn blend_row(&self, level: Level, row: &mut [u8]) {
        let source = [self.source; PIECE].concat();
        for piece in row.chunks_mut(PIECE * 4) {
            let opaque = |pixel: &[u8; 4]| pixel[3] == 255;
            if piece.as_chunks::<4>().0.iter().all(opaque) {
                for pixel in piece.as_chunks_mut::<4>().0 {
                    *pixel = self.look_up(*pixel);
                }
                continue;
            }
            let mut soft = [0; PIECE * 4];
            let soft = &mut soft[..piece.len()];
            soft.copy_from_slice(piece);
            blend_row(level, self.ink, soft, &source[..soft.len()], None);
            for (pixel, soft) in piece
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .zip(soft.as_chunks::<4>().0)
            {
                *pixel = if opaque(pixel) {
                    self.look_up(*pixel)
                } else {
                    *soft
                };
            }
        }
    }

    #[inline]
    fn look_up(&self, [red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
        let [reds, greens, blues] = &self.channels;
        let colour = reds[usize::from(red)] | greens[usize::from(green)] | blues[usize::from(blue)];
        (colour | u32::from(alpha) << 24).to_le_bytes()
    }
}

//! One colour over opaque pixels: a table a channel.

use fearless_simd::Level;
use marquetry_pixel::{BlendMode, DeepRgb, Sample as _};

use super::wide::best_level;
use super::{Ink, blend_row};

/// Pixels looked at together.
const PIECE: usize = 64;

/// What a separable mode makes of every backdrop sample, for one source colour.
///
/// Soft light needs a root and burn a division for every sample; over a whole canvas a look-up is
/// faster than either.
#[derive(Debug)]
pub(crate) struct Table {
    ink: Ink,
    source: [u8; 4],
    /// Red in the lowest byte, then green, then blue; red has the full alpha with it. A pixel is the
    /// union of three entries.
    channels: [[u32; 256]; 3],
}

impl Table {
    /// `None` when the mode looks at all three channels, or is as fast without a table.
    pub(crate) fn new(ink: Ink, colour: DeepRgb) -> Option<Self> {
        let dear = matches!(
            ink.mode,
            BlendMode::ColorBurn
                | BlendMode::ColorDodge
                | BlendMode::SoftLight
                | BlendMode::VividLight
                | BlendMode::Divide
        );
        if !dear {
            return None;
        }
        let [red, green, blue] = colour.parts().map(u8::of_deep);
        let source = [red, green, blue, 255];
        // The kernel itself fills the table, so that it makes no difference which of them is used.
        let mut greys: Vec<u8> = (0..=255).flat_map(|grey| [grey, grey, grey, 255]).collect();
        blend_row(best_level(), ink, &mut greys, &[source; 256].concat(), None);
        let mut channels = [[0; 256]; 3];
        for (grey, result) in greys.as_chunks::<4>().0.iter().enumerate() {
            for (at, channel) in channels.iter_mut().enumerate() {
                channel[grey] = u32::from(result[at]) << (8 * at);
            }
            channels[0][grey] |= 0xff00_0000;
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
            let soft_from = self.look_up_all(piece);
            let piece = &mut piece[soft_from..];
            if piece.is_empty() {
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
                *pixel = if pixel[3] == 255 {
                    self.look_up(*pixel)
                } else {
                    *soft
                };
            }
        }
    }

    /// Looks pixels up until one is not opaque; gives the byte where it left off.
    #[inline]
    fn look_up_all(&self, pixels: &mut [u8]) -> usize {
        const OPAQUE: u64 = 0xff00_0000_ff00_0000;
        // Two pixels a load, and no byte of theirs is taken out of memory alone.
        for (at, pair) in pixels.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let both = u64::from_le_bytes(*pair);
            if both & OPAQUE != OPAQUE {
                return at * 8;
            }
            let near = self.entries(both);
            let far = self.entries(both >> 32);
            *pair = (u64::from(far) << 32 | u64::from(near)).to_le_bytes();
        }
        pixels.len() / 8 * 8
    }

    #[inline]
    fn look_up(&self, pixel: [u8; 4]) -> [u8; 4] {
        self.entries(u32::from_le_bytes(pixel).into()).to_le_bytes()
    }

    /// The opaque pixel for the lowest three bytes of `pixel`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lowest byte is what is wanted"
    )]
    fn entries(&self, pixel: u64) -> u32 {
        let [reds, greens, blues] = &self.channels;
        reds[usize::from(pixel as u8)]
            | greens[usize::from((pixel >> 8) as u8)]
            | blues[usize::from((pixel >> 16) as u8)]
    }
}

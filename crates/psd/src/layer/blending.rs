//! Blending ranges ("Blend If"): which tones of a layer and of what lies below take part.

use crate::header::MOST_CHANNELS;

/// One slider: `black` and `white` ends, each split into two halves between which it fades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToneRange {
    /// Below `black[0]` nothing shows, from `black[1]` on everything does.
    pub black: [u8; 2],
    /// Up to `white[0]` everything shows, above `white[1]` nothing does.
    pub white: [u8; 2],
}

impl ToneRange {
    /// The range that lets everything through.
    pub const FULL: Self = Self {
        black: [0, 0],
        white: [255, 255],
    };
}

/// The two sliders of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlendRange {
    /// Tones of this layer.
    pub source: ToneRange,
    /// Tones of what lies below.
    pub destination: ToneRange,
}

impl BlendRange {
    /// The range that lets everything through.
    pub const FULL: Self = Self {
        source: ToneRange::FULL,
        destination: ToneRange::FULL,
    };

    fn from_bytes(b: [u8; 8]) -> Self {
        Self {
            source: ToneRange {
                black: [b[0], b[1]],
                white: [b[2], b[3]],
            },
            destination: ToneRange {
                black: [b[4], b[5]],
                white: [b[6], b[7]],
            },
        }
    }
}

/// The blending ranges of a layer.
///
/// Adobe Photoshop File Formats Specification, *Layer blending ranges data*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlendingRanges {
    /// The composite grey range.
    pub gray: BlendRange,
    /// One range a channel, in the order of the layer's channels without its masks.
    pub channels: Vec<BlendRange>,
}

impl BlendingRanges {
    /// Reads the section without its length. Missing ranges are full ones.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let (ranges, _) = bytes.as_chunks::<8>();
        let mut ranges = ranges.iter().map(|range| BlendRange::from_bytes(*range));
        let gray = ranges.next().unwrap_or(BlendRange::FULL);
        Self {
            gray,
            // More than a document can have are of no use to anyone.
            channels: ranges.take(MOST_CHANNELS.into()).collect(),
        }
    }

    /// Whether every range lets everything through.
    pub fn are_full(&self) -> bool {
        self.gray == BlendRange::FULL && self.channels.iter().all(|range| *range == BlendRange::FULL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_comes_first_and_nothing_means_everything_shows() {
        assert!(BlendingRanges::parse(&[]).are_full());
        let bytes = [10, 20, 200, 210, 0, 0, 255, 255, 0, 0, 255, 255, 1, 2, 3, 4];
        let ranges = BlendingRanges::parse(&bytes);
        assert_eq!(
            ranges.gray.source,
            ToneRange {
                black: [10, 20],
                white: [200, 210]
            }
        );
        assert_eq!(ranges.gray.destination, ToneRange::FULL);
        assert_eq!(ranges.channels.len(), 1);
        assert_eq!(
            ranges.channels[0].destination,
            ToneRange {
                black: [1, 2],
                white: [3, 4]
            }
        );
        assert!(!ranges.are_full());
    }
}

//! Why a PSD was turned away, and where in the bytes.

use crate::limits::Limit;

/// The parts of the file that an error can point to.
///
/// Named after the headings of the Adobe Photoshop File Formats Specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Section {
    /// *File Header Section*.
    Header,
    /// *Color Mode Data Section*.
    ColorModeData,
    /// *Image Resources Section*.
    ImageResources,
    /// *Layer and Mask Information Section* and its layer records.
    LayerRecords,
    /// *Channel image data* of a layer.
    ChannelImageData,
    /// *Global layer mask info*.
    GlobalLayerMask,
    /// *Additional Layer Information*: one tagged block.
    AdditionalLayerInformation,
    /// *Descriptor structure*.
    Descriptor,
    /// The text engine's own data inside a type layer.
    EngineData,
    /// *Path resource format*: vector masks and saved paths.
    Path,
    /// *Placed Layer* blocks.
    PlacedLayer,
    /// *Linked Layer* blocks.
    LinkedLayer,
    /// *Effects Layer* and object based effects.
    Effects,
    /// Settings of an adjustment or fill layer.
    Adjustment,
    /// *Filter Effects*: the masks of smart filters.
    FilterEffects,
    /// *Patterns*.
    Patterns,
    /// *Image Data Section*: the merged picture.
    ImageData,
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "file header",
            Self::ColorModeData => "color mode data",
            Self::ImageResources => "image resources",
            Self::LayerRecords => "layer records",
            Self::ChannelImageData => "channel image data",
            Self::GlobalLayerMask => "global layer mask",
            Self::AdditionalLayerInformation => "additional layer information",
            Self::Descriptor => "descriptor",
            Self::EngineData => "text engine data",
            Self::Path => "path",
            Self::PlacedLayer => "placed layer",
            Self::LinkedLayer => "linked layer",
            Self::Effects => "effects",
            Self::Adjustment => "adjustment",
            Self::FilterEffects => "filter effects",
            Self::Patterns => "patterns",
            Self::ImageData => "image data",
        })
    }
}

/// Why a PSD was turned away. Each variant names who can do something about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PsdError {
    /// These bytes are no PSD or PSB at all: whoever sent them sends the right file.
    #[error("not a PSD or PSB file")]
    NotPsd,
    /// The bytes break the format: whoever made the file saves it again.
    #[error("{section} is malformed at byte {offset}: {what}")]
    Malformed {
        /// The part of the file.
        section: Section,
        /// Byte offset from the start of the file (or of the block, for a block parsed by itself).
        offset: u64,
        /// What was wrong, in a few words.
        what: &'static str,
    },
    /// The file ends, or its section does, before what it promises.
    #[error("{section} is cut short at byte {offset}")]
    Truncated {
        /// The part of the file.
        section: Section,
        /// Byte offset where more was expected.
        offset: u64,
    },
    /// The format allows it and we do not read it yet: that is ours to write.
    #[error("{feature} is not supported yet")]
    Unsupported {
        /// What it is.
        feature: &'static str,
    },
    /// Reading on would cost more than the caller allows: the caller raises the limit.
    #[error("{wanted} {limit} wanted, {allowed} allowed")]
    OverLimit {
        /// Which limit.
        limit: Limit,
        /// What the file asks for.
        wanted: u64,
        /// What the caller allows.
        allowed: u64,
    },
}

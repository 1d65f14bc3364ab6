//! What reading a file may cost. Finite by default, debited before anything is allocated.

use crate::error::PsdError;

/// The name of one limit, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Length of the whole file in bytes.
    FileBytes,
    /// Width or height of the canvas in pixels.
    Side,
    /// Pixels of the canvas, or of one layer.
    Pixels,
    /// Layer records in the file.
    Layers,
    /// Image resources in the file.
    Resources,
    /// Tagged blocks of all layers and of the document together.
    Blocks,
    /// Groups inside groups.
    GroupDepth,
    /// Objects and lists inside a descriptor.
    DescriptorDepth,
    /// Values in one descriptor or one text engine tree.
    DescriptorItems,
    /// Decoded bytes that one call may produce.
    DecodedBytes,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FileBytes => "bytes of file",
            Self::Side => "pixels of width or height",
            Self::Pixels => "pixels",
            Self::Layers => "layers",
            Self::Resources => "image resources",
            Self::Blocks => "tagged blocks",
            Self::GroupDepth => "nested groups",
            Self::DescriptorDepth => "nested descriptor values",
            Self::DescriptorItems => "descriptor values",
            Self::DecodedBytes => "decoded bytes",
        })
    }
}

/// Bounds on one file. `Limits::default()` suits a server that reads strangers' files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest file, in bytes (1 GiB).
    pub file_bytes: u64,
    /// Longest side of the canvas, in pixels (30 000).
    pub side: u64,
    /// Most pixels of the canvas or of one layer (300 million).
    pub pixels: u64,
    /// Most layer records (8 000).
    pub layers: u64,
    /// Most image resources (100 000).
    pub resources: u64,
    /// Most tagged blocks, all layers and the document together (1 000 000).
    pub blocks: u64,
    /// Deepest group nesting (32).
    pub group_depth: u64,
    /// Deepest nesting inside a descriptor (64).
    pub descriptor_depth: u64,
    /// Most values in one descriptor (1 000 000).
    pub descriptor_items: u64,
    /// Most bytes that decoding one layer or the merged picture may produce (4 GiB).
    pub decoded_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            side: 30_000,
            pixels: 300_000_000,
            layers: 8_000,
            resources: 100_000,
            blocks: 1_000_000,
            group_depth: 32,
            descriptor_depth: 64,
            descriptor_items: 1_000_000,
            decoded_bytes: 4 << 30,
        }
    }
}

impl Limits {
    /// `Ok` when `wanted` is within `allowed`.
    ///
    /// # Errors
    /// [`PsdError::OverLimit`] otherwise.
    pub fn check(limit: Limit, wanted: u64, allowed: u64) -> Result<(), PsdError> {
        if wanted > allowed {
            Err(PsdError::OverLimit {
                limit,
                wanted,
                allowed,
            })
        } else {
            Ok(())
        }
    }
}

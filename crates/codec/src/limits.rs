//! What decoding one file may cost. Finite by default, checked against the header before anything
//! is allocated.

use marquetry_pixel::Size;

use crate::error::CodecError;

/// The name of one limit, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Length of the whole file in bytes.
    FileBytes,
    /// Width or height in pixels.
    Side,
    /// Width times height.
    Pixels,
    /// Bytes of pixel buffers held at once.
    DecodedBytes,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FileBytes => "bytes of file",
            Self::Side => "pixels of width or height",
            Self::Pixels => "pixels",
            Self::DecodedBytes => "decoded bytes",
        })
    }
}

/// Bounds on one picture. `Limits::default()` suits a server that reads strangers' files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest file, in bytes (256 MiB).
    pub file_bytes: u64,
    /// Longest side, in pixels (30 000).
    pub side: u64,
    /// Most pixels (100 million).
    pub pixels: u64,
    /// Most bytes that the pixel buffers of one call may take together (1 GiB). A plain picture takes
    /// 4 a pixel; a progressive JPEG, an interlaced PNG or a turned photo needs a second buffer.
    pub decoded_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 20,
            side: 30_000,
            pixels: 100_000_000,
            decoded_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// `Ok` when `wanted` is within `allowed`.
    ///
    /// # Errors
    /// [`CodecError::OverLimit`] otherwise.
    pub fn check(limit: Limit, wanted: u64, allowed: u64) -> Result<(), CodecError> {
        if wanted > allowed {
            Err(CodecError::OverLimit {
                limit,
                wanted,
                allowed,
            })
        } else {
            Ok(())
        }
    }

    /// Whether a picture of `size` may be held in buffers of `bytes_a_pixel` bytes a pixel together.
    pub(crate) fn admit(&self, size: Size, bytes_a_pixel: u64) -> Result<(), CodecError> {
        Self::check(Limit::Side, u64::from(size.width.max(size.height)), self.side)?;
        Self::check(Limit::Pixels, size.pixels(), self.pixels)?;
        Self::check(
            Limit::DecodedBytes,
            size.pixels().saturating_mul(bytes_a_pixel),
            self.decoded_bytes,
        )
    }
}

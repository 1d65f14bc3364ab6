//! Bytes of a PSD or PSB to a [`Document`], without a panic and within [`Limits`].
//!
//! [`parse`] reads the structure and keeps where everything lies; pixels, descriptors and texts are
//! decoded when someone asks for them. Whatever is unknown is kept by key with its bytes.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use marquetry_psd::{Limits, parse};
//!
//! let limits = Limits::default();
//! let document = parse(std::fs::read("mug.psd")?, &limits)?;
//! for layer in document.root() {
//!     let size = layer.rect().size();
//!     let mut pixels = vec![0; size.pixels() as usize * 4];
//!     layer.interleave_rgba8(&mut pixels, &limits)?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod error;
pub mod limits;
pub mod reader;

pub mod adjustment;
pub mod artboard;
pub mod bounds;
pub mod color;
pub mod descriptor;
pub mod effects;
pub mod engine_data;
pub mod fill;
pub mod filter;
pub mod filter_mask;
pub mod gradient;
pub mod linked;
pub mod path;
pub mod pattern;
pub mod placed;
pub mod text;
pub mod warp;

mod block;
mod channel;
mod compression;
mod display;
mod document;
mod header;
mod key;
pub mod layer;
mod merged;
pub mod resources;
#[cfg(test)]
mod seed;
mod shared;
mod span;
mod text_encoding;
mod tree;
mod warning;

pub use block::Block;
pub use channel::{ChannelId, Plane, Samples};
pub use compression::Compression;
pub use display::{ChannelDisplay, ChannelMeaning};
pub use document::{Document, GlobalLayerMask, parse};
pub use error::{PsdError, Section};
pub use header::{ColorMode, Depth, Header, MOST_CHANNELS, Palette, Version};
pub use key::{BlendKey, Key};
pub use layer::{ChannelPlane, Layer, LayerIndex, LayerKind};
pub use limits::{Limit, Limits};
pub use merged::Merged;
pub use resources::{Resource, Resources};
pub use shared::SharedFile;
pub use warning::Warning;

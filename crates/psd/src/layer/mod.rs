//! One layer of a document: its record, its blocks, its channels, its place in the tree.

mod blending;
mod comp;
mod contents;
mod kind;
mod mask;
pub(crate) mod record;
mod settings;

use marquetry_pixel::Rect;

pub use blending::{BlendRange, BlendingRanges, ToneRange};
pub use comp::LayerCompState;
pub use kind::LayerKind;
pub use mask::{LayerMasks, Mask, MaskFlags, MaskParameters};
pub use record::LayerFlags;
pub use settings::{DividerKind, Knockout, Locks, SectionDivider};

use crate::block::{Block, BlockSpan};
use crate::channel::{ChannelId, Plane, check_cost, decode_plane, interleave_rgba8};
use crate::compression::{Compression, Origin, PlaneShape, Rows};
use crate::document::Document;
use crate::error::{PsdError, Section};
use crate::header::{ColorMode, Depth};
use crate::key::BlendKey;
use crate::layer::record::{ChannelSpan, LayerRecord};
use crate::limits::{Limit, Limits};
use crate::tree::Branch;

/// The stable address of a layer: its place in the file's flat list of records, from the bottom up,
/// the ends of groups counted as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerIndex(pub usize);

/// One layer of a [`Document`]. Cheap to copy: it borrows everything.
#[derive(Clone, Copy)]
pub struct Layer<'a> {
    pub(crate) document: &'a Document,
    pub(crate) record: &'a LayerRecord,
    pub(crate) branch: &'a Branch,
    pub(crate) index: LayerIndex,
}

impl std::fmt::Debug for Layer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer")
            .field("index", &self.index.0)
            .field("name", &self.name())
            .field("kind", &self.kind())
            .field("rect", &self.record.rect)
            .finish_non_exhaustive()
    }
}

/// One channel of a layer and its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelPlane {
    /// Which channel.
    pub id: ChannelId,
    /// Its samples.
    pub plane: Plane,
}

/// What the record says.
impl<'a> Layer<'a> {
    /// The document that this layer is part of.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Its stable address.
    pub fn index(self) -> LayerIndex {
        self.index
    }

    /// Offset of its record from the start of the file.
    pub fn offset(self) -> u64 {
        self.record.offset
    }

    /// Where its pixels lie, in canvas pixels. Empty for groups and for layers without pixels.
    pub fn rect(self) -> Rect {
        self.record.rect
    }

    /// How it blends: for a group what its section divider says, which may be pass through.
    pub fn blend(self) -> BlendKey {
        self.section_divider()
            .and_then(|divider| divider.blend)
            .unwrap_or(self.record.blend)
    }

    /// The blend mode of the record itself; for a pass-through group a stand-in for old readers.
    pub fn record_blend(self) -> BlendKey {
        self.record.blend
    }

    /// Opacity of the layer with its effects, 255 is opaque.
    pub fn opacity(self) -> u8 {
        self.record.opacity
    }

    /// Whether it is clipped to the nearest layer below that is not.
    pub fn is_clipped(self) -> bool {
        self.record.clipping != 0
    }

    /// Visibility and the other flags.
    pub fn flags(self) -> LayerFlags {
        self.record.flags
    }

    /// Whether the eye beside this layer is on. Its groups may be hidden all the same.
    pub fn is_visible(self) -> bool {
        self.record.flags.is_visible()
    }

    /// Its raster masks.
    pub fn masks(self) -> Option<LayerMasks> {
        self.record.masks
    }

    /// Its blending ranges.
    pub fn blending_ranges(self) -> BlendingRanges {
        BlendingRanges::parse(self.record.blending_ranges.of(&self.document.bytes))
    }

    /// The name in the record itself, at most 255 bytes of an encoding that nothing names.
    pub fn legacy_name_bytes(self) -> &'a [u8] {
        self.record.name.of(&self.document.bytes)
    }
}

/// What the tagged blocks say.
impl<'a> Layer<'a> {
    /// All its tagged blocks, in file order.
    pub fn blocks(self) -> impl Iterator<Item = Block<'a>> {
        self.record
            .blocks
            .iter()
            .map(move |block| block.open(&self.document.bytes))
    }

    /// The first block of that key.
    pub fn block(self, key: [u8; 4]) -> Option<Block<'a>> {
        let found: Option<&BlockSpan> = self.record.blocks.iter().find(|block| block.key == key);
        found.map(|block| block.open(&self.document.bytes))
    }
}

/// Its place in the tree.
impl<'a> Layer<'a> {
    /// The group that it lies in.
    pub fn parent(self) -> Option<Self> {
        self.branch.parent.and_then(|index| self.document.layer(index))
    }

    /// The layers of this group, in paint order: the lowest first.
    pub fn children(self) -> impl DoubleEndedIterator<Item = Layer<'a>> + ExactSizeIterator {
        self.document.at(&self.branch.children)
    }

    /// Whether it can hold other layers.
    pub fn is_group(self) -> bool {
        matches!(self.kind(), LayerKind::Group | LayerKind::Artboard)
    }
}

/// Its pixels.
impl<'a> Layer<'a> {
    /// Which channels are stored, in file order.
    pub fn channel_ids(self) -> impl Iterator<Item = ChannelId> {
        self.record.channels.iter().map(|channel| channel.id)
    }

    /// Whether a channel of that id is stored.
    pub fn has_channel(self, id: ChannelId) -> bool {
        self.find_channel(id).is_some()
    }

    /// Where the samples of a channel lie, in canvas pixels: the layer's own rectangle, but for
    /// masks. `None` when the channel is not stored.
    pub fn channel_rect(self, id: ChannelId) -> Option<Rect> {
        self.find_channel(id)?;
        let masks = self.record.masks;
        Some(match id {
            ChannelId::MASK => masks.map(|masks| masks.mask.rect).unwrap_or_default(),
            ChannelId::REAL_MASK => masks
                .and_then(|masks| masks.real)
                .map(|real| real.rect)
                .unwrap_or_default(),
            _ => self.record.rect,
        })
    }

    /// Bytes that a channel takes in the file.
    pub fn channel_bytes(self, id: ChannelId) -> Option<usize> {
        self.find_channel(id).map(|channel| channel.span.len())
    }

    /// Decodes one channel. `Ok(None)` when it is not stored.
    ///
    /// # Errors
    /// [`PsdError::OverLimit`] when it would cost more than `limits` allow, other variants when its
    /// data are broken.
    pub fn channel(self, id: ChannelId, limits: &Limits) -> Result<Option<Plane>, PsdError> {
        let Some(channel) = self.find_channel(id) else {
            return Ok(None);
        };
        let shape = self.shape(channel);
        check_cost(shape, 1, limits)?;
        decode_plane(&mut self.rows(channel)?, shape).map(Some)
    }

    /// Decodes all channels, masks included.
    ///
    /// # Errors
    /// As [`Layer::channel`]; the limits hold for all channels together.
    pub fn planes(self, limits: &Limits) -> Result<Vec<ChannelPlane>, PsdError> {
        let cost = self
            .record
            .channels
            .iter()
            .fold(0_u64, |sum, c| sum.saturating_add(self.shape(c).bytes()));
        Limits::check(Limit::DecodedBytes, cost, limits.decoded_bytes)?;
        let plane = |channel: &ChannelSpan| {
            let shape = self.shape(channel);
            check_cost(shape, 1, limits)?;
            let plane = decode_plane(&mut self.rows(channel)?, shape)?;
            Ok(ChannelPlane {
                id: channel.id,
                plane,
            })
        };
        self.record.channels.iter().map(plane).collect()
    }

    /// Unpacks an 8-bit RGB layer into `out` as straight-alpha RGBA, row by row from the top left
    /// of [`Layer::rect`]. Without a transparency channel it is opaque. Masks are not applied.
    /// Answers how many rows were damaged and filled up with zeros.
    ///
    /// # Errors
    /// [`PsdError::Unsupported`] for another mode or depth, [`PsdError::OverLimit`], and
    /// [`PsdError::Malformed`] when `out` is not exactly four bytes a pixel.
    pub fn interleave_rgba8(self, out: &mut [u8], limits: &Limits) -> Result<u32, PsdError> {
        let size = self.record.rect.size();
        self.document.check_rgba8(size, out)?;
        let ids = [0, 1, 2, -1].map(ChannelId);
        let mut channels = [const { None }; 4];
        for (slot, id) in channels.iter_mut().zip(ids) {
            if let Some(channel) = self.find_channel(id) {
                check_cost(self.shape(channel), 4, limits)?;
                *slot = Some(self.rows(channel)?);
            }
        }
        interleave_rgba8(&mut channels, size, out)
    }

    fn find_channel(self, id: ChannelId) -> Option<&'a ChannelSpan> {
        self.record.channels.iter().find(|channel| channel.id == id)
    }

    fn shape(self, channel: &ChannelSpan) -> PlaneShape {
        let rect = self.channel_rect(channel.id).unwrap_or_default();
        let header = self.document.header();
        PlaneShape {
            size: rect.size(),
            depth: header.depth,
            version: header.version,
        }
    }

    fn rows(self, channel: &ChannelSpan) -> Result<Rows<'a>, PsdError> {
        let bytes = channel.span.of(&self.document.bytes);
        let offset = channel.span.offset();
        let shape = self.shape(channel);
        let section = Section::ChannelImageData;
        if shape.size.is_empty() {
            return Rows::new(Compression::Raw, &[], shape, Origin { section, offset });
        }
        let (compression, body, origin) = Compression::read(bytes, Origin { section, offset })?;
        Rows::new(compression, body, shape, origin)
    }
}

impl Document {
    /// Whether `out` can take `size` as RGBA and whether this document can be put so at all.
    pub(crate) fn check_rgba8(&self, size: marquetry_pixel::Size, out: &[u8]) -> Result<(), PsdError> {
        let header = self.header();
        if header.color_mode != ColorMode::Rgb || header.depth != Depth::Eight {
            return Err(PsdError::Unsupported {
                feature: "interleaving anything but 8-bit RGB",
            });
        }
        if out.len() as u64 != size.pixels().saturating_mul(4) {
            let what = "the buffer does not take exactly four bytes a pixel";
            return Err(PsdError::Malformed {
                section: Section::ChannelImageData,
                offset: 0,
                what,
            });
        }
        Ok(())
    }
}

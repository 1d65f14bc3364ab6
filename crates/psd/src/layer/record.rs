//! Layer records: one for each layer, group and group end, from the bottom up.
//!
//! Only the records are read; the channels' bytes stay where they are until someone decodes them.

use marquetry_pixel::Rect;

use crate::block::{BlockBudget, BlockSpan, read_blocks};
use crate::channel::ChannelId;
use crate::error::{PsdError, Section};
use crate::header::Version;
use crate::key::{BlendKey, Key};
use crate::layer::mask::{self, LayerMasks};
use crate::limits::{Limit, Limits};
use crate::reader::Reader;
use crate::span::Span;
use crate::warning::Warnings;

/// Flags of a layer record, bit by bit as in the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerFlags(pub u8);

impl LayerFlags {
    /// Bit 0: transparent pixels are protected from painting.
    pub fn is_transparency_protected(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 1, which is set when the layer is hidden.
    pub fn is_visible(self) -> bool {
        self.0 & 2 == 0
    }

    /// Bits 3 and 4: the pixels have no part in how the document looks (groups, adjustments,
    /// shapes that are drawn from their path).
    pub fn is_pixel_data_irrelevant(self) -> bool {
        self.0 & 0b1_1000 == 0b1_1000
    }
}

/// Where one channel of a layer lies, its compression number included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChannelSpan {
    pub(crate) id: ChannelId,
    pub(crate) span: Span,
}

/// One layer record, and where the rest of the layer lies.
#[derive(Clone, Debug)]
pub(crate) struct LayerRecord {
    pub(crate) offset: u64,
    pub(crate) rect: Rect,
    pub(crate) channels: Vec<ChannelSpan>,
    pub(crate) blend: BlendKey,
    pub(crate) opacity: u8,
    pub(crate) clipping: u8,
    pub(crate) flags: LayerFlags,
    pub(crate) masks: Option<LayerMasks>,
    pub(crate) blending_ranges: Span,
    pub(crate) name: Span,
    pub(crate) blocks: Vec<BlockSpan>,
}

/// All records of one *Layer info* section.
#[derive(Debug, Default)]
pub(crate) struct LayerRecords {
    pub(crate) layers: Vec<LayerRecord>,
    /// The count was negative: the first extra channel of the merged picture is its transparency.
    pub(crate) merged_alpha: bool,
}

/// A document has at most 57 channels; a layer may add its transparency and two masks.
const MOST_CHANNELS: u16 = 64;

/// The fewest bytes that one record takes, for an early check of the count.
const LEAST_RECORD_BYTES: u64 = 34;

/// Reads *Layer info* without its length: count, records, then where each channel lies.
pub(crate) fn read_all(
    reader: &mut Reader<'_>,
    version: Version,
    limits: &Limits,
    budget: &mut BlockBudget,
    warnings: &mut Warnings,
) -> Result<LayerRecords, PsdError> {
    let count = reader.i16()?;
    let merged_alpha = count < 0;
    let count = u64::from(count.unsigned_abs());
    Limits::check(Limit::Layers, count, limits.layers)?;
    if count * LEAST_RECORD_BYTES > reader.remaining() as u64 {
        return Err(reader.malformed("more layers are counted than fit the section"));
    }
    let mut layers = Vec::new();
    for _ in 0..count {
        layers.push(read_one(reader, version, budget, warnings)?);
    }
    let mut pixels = reader.clone().named(Section::ChannelImageData);
    for (record, lengths) in &mut layers {
        for (id, length) in lengths {
            let span = pixels.span(*length)?;
            record.channels.push(ChannelSpan { id: *id, span });
        }
    }
    let layers = layers.into_iter().map(|(record, _)| record).collect();
    Ok(LayerRecords { layers, merged_alpha })
}

type ChannelLengths = Vec<(ChannelId, u64)>;

fn read_one(
    reader: &mut Reader<'_>,
    version: Version,
    budget: &mut BlockBudget,
    warnings: &mut Warnings,
) -> Result<(LayerRecord, ChannelLengths), PsdError> {
    let offset = reader.offset();
    let (top, left) = (reader.i32()?, reader.i32()?);
    let (bottom, right) = (reader.i32()?, reader.i32()?);
    if right < left || bottom < top {
        warnings.push(offset, "the edges of a layer cross; it has no pixels");
    }
    let count = reader.u16()?;
    if count > MOST_CHANNELS {
        return Err(reader.malformed("a layer has more channels than a document can have"));
    }
    let mut lengths = Vec::with_capacity(count.into());
    for _ in 0..count {
        lengths.push((ChannelId(reader.i16()?), reader.length(version)?));
    }
    if &reader.array::<4>()? != b"8BIM" {
        return Err(reader.malformed("the signature of a blend mode is not 8BIM"));
    }
    let blend = BlendKey(Key(reader.array()?));
    let opacity = reader.u8()?;
    let clipping = reader.u8()?;
    let flags = LayerFlags(reader.u8()?);
    reader.u8()?;
    let length = reader.u32()?;
    let mut extra = reader.sub(length.into())?;
    let length = extra.u32()?;
    let masks = mask::read(&mut extra.sub(length.into())?, warnings)?;
    let length = extra.u32()?;
    let blending_ranges = extra.span(length.into())?;
    let name_offset = extra.offset() + 1;
    let name = Span::new(name_offset, extra.pascal(4)?.len()).ok_or_else(|| extra.truncated())?;
    let mut tail = extra.named(Section::AdditionalLayerInformation);
    let blocks = read_blocks(&mut tail, version, budget, warnings)?;
    let rect = Rect::from_edges(left, top, right, bottom);
    let channels = Vec::with_capacity(lengths.len());
    let record = LayerRecord {
        offset,
        rect,
        channels,
        blend,
        opacity,
        clipping,
        flags,
        masks,
        blending_ranges,
        name,
        blocks,
    };
    Ok((record, lengths))
}

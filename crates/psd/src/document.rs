//! A whole file: its header, resources, layers, blocks and merged picture, by reference to its bytes.

use bytes::Bytes;
use marquetry_pixel::Size;

use crate::block::{Block, BlockBudget, BlockSpan, read_blocks};
use crate::error::{PsdError, Section};
use crate::header::{ColorMode, Header, Palette};
use crate::layer::record::{self, LayerRecord, LayerRecords};
use crate::layer::{Layer, LayerIndex};
use crate::limits::{Limit, Limits};
use crate::merged::Merged;
use crate::reader::Reader;
use crate::resources::{self, ResourceSpan, Resources};
use crate::span::Span;
use crate::tree::{self, Tree};
use crate::warning::{Warning, Warnings};

/// A parsed PSD or PSB.
///
/// Holds the file's bytes and where everything lies in them; nothing is decoded or copied until
/// someone asks. Share it between threads as you like.
#[derive(Clone)]
pub struct Document {
    pub(crate) bytes: Bytes,
    header: Header,
    color_mode_data: Span,
    resources: Vec<ResourceSpan>,
    layers: Vec<LayerRecord>,
    tree: Tree,
    global_mask: Span,
    blocks: Vec<BlockSpan>,
    merged_alpha: bool,
    pub(crate) merged: Span,
    warnings: Vec<Warning>,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("header", &self.header)
            .field("bytes", &self.bytes.len())
            .field("layers", &self.layers.len())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// The colour that Photoshop shows a mask in.
///
/// Adobe Photoshop File Formats Specification, *Global layer mask info*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalLayerMask {
    /// Number of the colour space, undocumented.
    pub color_space: u16,
    /// Four components of that colour.
    pub components: [u16; 4],
    /// 0 is transparent, 100 opaque.
    pub opacity: u16,
    /// 0 inverted, 1 protected, 128 as stored with each layer.
    pub kind: u8,
}

/// Parses a PSD or PSB. Takes a `Vec<u8>` or [`Bytes`] without copying it, and decodes no pixels.
///
/// # Errors
/// [`PsdError::NotPsd`] when it is no PSD, [`PsdError::OverLimit`] when it would cost more than
/// `limits` allow, [`PsdError::Malformed`] and [`PsdError::Truncated`] with the offset where its
/// structure is broken. A broken layer section is an error even when the merged picture could be
/// read: whoever draws a mockup needs its layers.
pub fn parse(bytes: impl Into<Bytes>, limits: &Limits) -> Result<Document, PsdError> {
    Document::parse(bytes.into(), limits)
}

/// What the *Layer and Mask Information Section* holds.
#[derive(Default)]
struct LayerSection {
    records: LayerRecords,
    global_mask: Span,
    blocks: Vec<BlockSpan>,
}

impl Document {
    fn parse(bytes: Bytes, limits: &Limits) -> Result<Self, PsdError> {
        Limits::check(Limit::FileBytes, bytes.len() as u64, limits.file_bytes)?;
        let header = Header::parse(&bytes, limits)?;
        let mut warnings = Warnings::default();
        let mut file = Reader::new(&bytes, 0, Section::ColorModeData);
        file.take(crate::header::HEADER_BYTES)?;
        let length = file.u32()?;
        let color_mode_data = file.span(length.into())?;

        let mut file = file.named(Section::ImageResources);
        let length = file.u32()?;
        let resources = resources::read_all(&mut file.sub(length.into())?, limits, &mut warnings)?;

        let mut file = file.named(Section::LayerRecords);
        // A file that ends here has neither layers nor a merged picture, but it has a header.
        let length = if file.is_empty() {
            0
        } else {
            file.length(header.version)?
        };
        let mut section = file.sub(length)?;
        let section = read_layer_section(&mut section, header, limits, &mut warnings)?;

        let rest = file.remaining() as u64;
        let merged = file.named(Section::ImageData).span(rest)?;
        let tree = tree::grow(&section.records.layers, &bytes, limits, &mut warnings)?;
        // Documents of 16 and 32 bits mark transparency of the merged picture by an empty block.
        let marks = |block: &BlockSpan| matches!(&block.key.0, b"Mtrn" | b"Mt16" | b"Mt32");
        let merged_alpha = section.records.merged_alpha || section.blocks.iter().any(marks);
        Ok(Self {
            header,
            color_mode_data,
            resources,
            layers: section.records.layers,
            tree,
            global_mask: section.global_mask,
            blocks: section.blocks,
            merged_alpha,
            merged,
            warnings: warnings.into_vec(),
            bytes,
        })
    }

    /// Size, depth, colour mode.
    pub fn header(&self) -> Header {
        self.header
    }

    /// The canvas in pixels.
    pub fn size(&self) -> Size {
        self.header.size
    }

    /// The whole file.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Part of the file that one of its blocks lent out, as an owner of its own that shares the
    /// memory: an embedded file can be parsed from it without a copy. `None` when `part` is not from
    /// this document.
    pub fn share(&self, part: &[u8]) -> Option<Bytes> {
        let file = self.bytes.as_ptr_range();
        let part_range = part.as_ptr_range();
        let inside = file.start <= part_range.start && part_range.end <= file.end;
        inside.then(|| self.bytes.slice_ref(part))
    }

    /// The raw colour mode data: a palette, duotone inks, or the toning of 32-bit documents.
    pub fn color_mode_data(&self) -> &[u8] {
        self.color_mode_data.of(&self.bytes)
    }

    /// The palette of an indexed document.
    pub fn palette(&self) -> Option<Palette<'_>> {
        let indexed = self.header.color_mode == ColorMode::Indexed;
        indexed.then(|| Palette::new(self.color_mode_data())).flatten()
    }

    /// Image resources: resolution, profile, thumbnail and the others.
    pub fn resources(&self) -> Resources<'_> {
        Resources {
            spans: &self.resources,
            file: &self.bytes,
        }
    }

    /// Colour of masks on the screen; `None` when it is not stored.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when it is stored too short.
    pub fn global_layer_mask(&self) -> Result<Option<GlobalLayerMask>, PsdError> {
        let bytes = self.global_mask.of(&self.bytes);
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(bytes, self.global_mask.offset(), Section::GlobalLayerMask);
        let color_space = reader.u16()?;
        let components = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        Ok(Some(GlobalLayerMask {
            color_space,
            components,
            opacity: reader.u16()?,
            kind: reader.u8()?,
        }))
    }

    /// Tagged blocks of the document itself, in file order: linked files, patterns, and so on.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.blocks.iter().map(|block| block.open(&self.bytes))
    }

    /// The first block of that key of the document itself.
    pub fn block(&self, key: [u8; 4]) -> Option<Block<'_>> {
        self.blocks().find(|block| block.key == key)
    }

    /// Every layer record from the bottom up, ends of groups included.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = Layer<'_>> + ExactSizeIterator {
        let pairs = self.layers.iter().zip(&self.tree.branches).enumerate();
        pairs.map(|(at, (record, branch))| Layer {
            document: self,
            record,
            branch,
            index: LayerIndex(at),
        })
    }

    /// The layer at that place.
    pub fn layer(&self, index: LayerIndex) -> Option<Layer<'_>> {
        let record = self.layers.get(index.0)?;
        let branch = self.tree.branches.get(index.0)?;
        Some(Layer {
            document: self,
            record,
            branch,
            index,
        })
    }

    /// The layers and groups that lie in no group, in paint order: the lowest first.
    pub fn root(&self) -> impl DoubleEndedIterator<Item = Layer<'_>> + ExactSizeIterator {
        self.at(&self.tree.root)
    }

    pub(crate) fn at<'a>(
        &'a self,
        indices: &'a [LayerIndex],
    ) -> impl DoubleEndedIterator<Item = Layer<'a>> + ExactSizeIterator {
        // The tree only holds indices of records that are there.
        indices.iter().map(|index| Layer {
            document: self,
            record: &self.layers[index.0],
            branch: &self.tree.branches[index.0],
            index: *index,
        })
    }

    /// Whether the first channel after the colours of the merged picture is its transparency.
    pub fn has_merged_alpha(&self) -> bool {
        self.merged_alpha
    }

    /// The merged picture, not yet decoded.
    pub fn merged(&self) -> Merged<'_> {
        Merged::new(self)
    }

    /// What was odd and tolerated, in the order it was met; at most 256 entries.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

fn read_layer_section(
    section: &mut Reader<'_>,
    header: Header,
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<LayerSection, PsdError> {
    let mut out = LayerSection::default();
    let mut budget = BlockBudget::new(limits);
    if section.is_empty() {
        return Ok(out);
    }
    let length = section.length(header.version)?;
    let mut layer_info = section.sub(length)?;
    if layer_info.remaining() >= 2 {
        out.records = record::read_all(&mut layer_info, header.version, limits, &mut budget, warnings)?;
    }
    // Some writers leave out everything after the layers.
    if section.remaining() >= 4 {
        let mut rest = section.clone().named(Section::GlobalLayerMask);
        if rest.rest().starts_with(b"8BIM") {
            warnings.push(
                rest.offset(),
                "the global layer mask is missing, its length as well",
            );
        } else {
            let length = rest.u32()?;
            out.global_mask = rest.span(length.into())?;
        }
        let mut rest = rest.named(Section::AdditionalLayerInformation);
        out.blocks = read_blocks(&mut rest, header.version, &mut budget, warnings)?;
    }
    // Documents of 16 and 32 bits keep their layers in a block, so that older readers see none.
    for block in out
        .blocks
        .iter()
        .filter(|b| matches!(&b.key.0, b"Layr" | b"Lr16" | b"Lr32"))
    {
        if block.span.len() < 2 {
            continue;
        }
        if !out.records.layers.is_empty() {
            warnings.push(block.span.offset(), "a second list of layers was ignored");
            continue;
        }
        let bytes = section.within(block.span);
        let mut reader = Reader::new(bytes, block.span.offset(), Section::LayerRecords);
        let records = record::read_all(&mut reader, header.version, limits, &mut budget, warnings)?;
        out.records.merged_alpha |= records.merged_alpha;
        out.records.layers = records.layers;
    }
    Ok(out)
}

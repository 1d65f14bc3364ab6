//! What a layer's blocks mean: each accessor reads its block anew, so keep what it gives.

use super::Layer;
use crate::{
    Limits, PsdError,
    adjustment::{self, Adjustment},
    artboard::{self, Artboard},
    block::Block,
    descriptor::Descriptor,
    effects::{self, LayerEffects},
    fill::{self, Fill, VectorStroke},
    path::{self, VectorMask},
    placed::{self, PlacedLayer},
    text::{self, TypeLayer},
};

impl<'a> Layer<'a> {
    /// The first block that the layer has of these, in the order of `keys`.
    fn first_block(self, keys: &[[u8; 4]]) -> Option<Block<'a>> {
        keys.iter().find_map(|key| self.block(*key))
    }

    /// Which file a smart object shows, and how. The newest form that the layer has counts.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn placed(self, limits: &Limits) -> Result<Option<PlacedLayer>, PsdError> {
        if let Some(block) = self.first_block(&[*b"SoLd", *b"SoLE"]) {
            return placed::parse(block.bytes, block.offset, limits).map(Some);
        }
        let block = self.first_block(&[*b"PlLd", *b"plLd"]);
        block
            .map(|block| placed::parse_legacy(block.bytes, block.offset, limits))
            .transpose()
    }

    /// The words of a type layer and how they are set. `None` also for the form of Photoshop 5.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn type_layer(self, limits: &Limits) -> Result<Option<TypeLayer>, PsdError> {
        let block = self.block(*b"TySh");
        block
            .map(|block| text::parse(block.bytes, block.offset, limits))
            .transpose()
    }

    /// Shadows, glows, strokes and the rest. The newest form that the layer has counts.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn effects(self, limits: &Limits) -> Result<Option<LayerEffects>, PsdError> {
        if let Some(block) = self.first_block(&[*b"lmfx", *b"lfx2", *b"lfxs"]) {
            return effects::parse(block.bytes, block.offset, limits).map(Some);
        }
        let block = self.block(*b"lrFX");
        block
            .map(|block| effects::parse_legacy(block.bytes, block.offset, limits))
            .transpose()
    }

    /// What an adjustment layer does.
    ///
    /// # Errors
    /// [`PsdError`] when a block is broken or passes a limit.
    pub fn adjustment(self, limits: &Limits) -> Result<Option<Adjustment>, PsdError> {
        // `CgEd` comes first among the keys, so that its values win over those of `brit`.
        for key in adjustment::KEYS {
            let Some(block) = self.block(key) else { continue };
            let found = adjustment::parse(key, block.bytes, block.offset, limits)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What a fill layer or a shape is filled with.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn fill(self, limits: &Limits) -> Result<Option<Fill>, PsdError> {
        if let Some(block) = self.block(*b"vscg") {
            return fill::parse_vector_content(block.bytes, block.offset, limits).map(Some);
        }
        let block = self.first_block(&[*b"SoCo", *b"GdFl", *b"PtFl"]);
        block
            .map(|block| fill::parse(block.key.0, block.bytes, block.offset, limits))
            .transpose()
    }

    /// The stroke of a vector shape.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn vector_stroke(self, limits: &Limits) -> Result<Option<VectorStroke>, PsdError> {
        let block = self.block(*b"vstk");
        block
            .map(|block| fill::parse_vector_stroke(block.bytes, block.offset, limits))
            .transpose()
    }

    /// The curves that cut the layer off, or that are its shape.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken.
    pub fn vector_mask(self, limits: &Limits) -> Result<Option<VectorMask>, PsdError> {
        let block = self.first_block(&[*b"vmsk", *b"vsms"]);
        block
            .map(|block| path::parse_vector_mask(block.bytes, block.offset, limits))
            .transpose()
    }

    /// Where a shape's curves came from: rectangles with their radii, ellipses, lines.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn vector_origination(self, limits: &Limits) -> Result<Option<Descriptor>, PsdError> {
        let block = self.block(*b"vogk");
        block
            .map(|block| fill::parse_vector_origination(block.bytes, block.offset, limits))
            .transpose()
    }

    /// Frame and background of an artboard.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn artboard(self, limits: &Limits) -> Result<Option<Artboard>, PsdError> {
        let block = self.first_block(&[*b"artb", *b"artd", *b"abdd"]);
        block
            .map(|block| artboard::parse(block.bytes, block.offset, limits))
            .transpose()
    }
}

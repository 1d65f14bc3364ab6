//! What the layers of a document share: linked files, patterns and the masks of smart filters.

use crate::{
    Document, Limits, PsdError,
    filter_mask::{self, FilterMask},
    linked::{self, LinkedFile},
    pattern::{self, Pattern},
};

/// A linked file and its bytes, borrowed from the document.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedFile<'a> {
    /// What the document says about it.
    pub file: LinkedFile,
    /// Its content, when the document holds it. [`Document::share`] makes an owner of it.
    pub bytes: Option<&'a [u8]>,
}

impl Document {
    /// The files that placed layers show, from all of the blocks that can hold them.
    ///
    /// # Errors
    /// [`PsdError`] when a block is broken or passes a limit.
    pub fn linked_files(&self, limits: &Limits) -> Result<Vec<SharedFile<'_>>, PsdError> {
        let mut files = Vec::new();
        let kept = |key: [u8; 4]| matches!(&key, b"lnkD" | b"lnk2" | b"lnk3" | b"lnkE");
        for block in self.blocks().filter(|block| kept(block.key.0)) {
            for file in linked::parse(block.bytes, block.offset, limits)? {
                let bytes = file.bytes(block.bytes);
                files.push(SharedFile { file, bytes });
            }
        }
        Ok(files)
    }

    /// The patterns that effects and fills refer to, with their pixels.
    ///
    /// # Errors
    /// [`PsdError`] when a block is broken or passes a limit.
    pub fn patterns(&self, limits: &Limits) -> Result<Vec<Pattern>, PsdError> {
        let mut patterns = Vec::new();
        let kept = |key: [u8; 4]| matches!(&key, b"Patt" | b"Pat2" | b"Pat3");
        for block in self.blocks().filter(|block| kept(block.key.0)) {
            patterns.extend(pattern::parse(block.bytes, block.offset, limits)?);
        }
        Ok(patterns)
    }

    /// The mask of the smart filters of the placed layer with that `instance` id.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn filter_mask(&self, instance: &str, limits: &Limits) -> Result<Option<FilterMask>, PsdError> {
        let kept = |key: [u8; 4]| matches!(&key, b"FEid" | b"FXid");
        for block in self.blocks().filter(|block| kept(block.key.0)) {
            let found = filter_mask::parse(block.bytes, block.offset, instance, limits)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

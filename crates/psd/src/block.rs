//! Tagged blocks: the *Additional Layer Information* of a layer or of the whole document.
//!
//! Every block is kept by key with the place of its bytes; what they mean is read on demand.

use crate::error::PsdError;
use crate::header::Version;
use crate::key::Key;
use crate::limits::{Limit, Limits};
use crate::reader::Reader;
use crate::span::Span;
use crate::warning::Warnings;

/// One tagged block, its bytes borrowed from the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Its name, such as `luni`.
    pub key: Key,
    /// What it holds, without key, length and padding.
    pub bytes: &'a [u8],
    /// Offset of the first of those bytes from the start of the file.
    pub offset: u64,
}

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockSpan {
    pub(crate) key: Key,
    pub(crate) span: Span,
}

impl BlockSpan {
    pub(crate) fn open(self, file: &[u8]) -> Block<'_> {
        Block {
            key: self.key,
            bytes: self.span.of(file),
            offset: self.span.offset(),
        }
    }
}

/// Blocks whose length takes 8 bytes in a PSB. The first thirteen stand in the specification, the
/// others are written so by Photoshop.
const LONG_IN_PSB: [[u8; 4]; 22] = [
    *b"LMsk", *b"Lr16", *b"Lr32", *b"Layr", *b"Mt16", *b"Mt32", *b"Mtrn", *b"Alph", *b"FMsk", *b"lnk2",
    *b"FEid", *b"FXid", *b"PxSD", *b"lnkD", *b"lnk3", *b"lnkE", *b"cinf", *b"pths", *b"extd", *b"extn",
    *b"FELS", *b"artd",
];

/// Writers disagree on padding to 2 or 4 bytes and on whether the length includes it.
const MOST_PADDING: usize = 3;

fn is_signed(bytes: &[u8]) -> bool {
    bytes.starts_with(b"8BIM") || bytes.starts_with(b"8B64")
}

/// How many padding bytes lie before the next block, or `None` if no block follows there.
fn padding(rest: &[u8]) -> Option<usize> {
    (0..=MOST_PADDING.min(rest.len())).find(|skip| is_signed(&rest[*skip..]))
}

/// Counts the blocks of one file against its limit.
#[derive(Debug)]
pub(crate) struct BlockBudget {
    used: u64,
    allowed: u64,
}

impl BlockBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            used: 0,
            allowed: limits.blocks,
        }
    }

    fn debit(&mut self) -> Result<(), PsdError> {
        self.used += 1;
        Limits::check(Limit::Blocks, self.used, self.allowed)
    }
}

/// Reads blocks until `reader` ends, or until something that is no block.
pub(crate) fn read_blocks(
    reader: &mut Reader<'_>,
    version: Version,
    budget: &mut BlockBudget,
    warnings: &mut Warnings,
) -> Result<Vec<BlockSpan>, PsdError> {
    let mut blocks = Vec::new();
    loop {
        reader.skip_up_to(padding(reader.rest()).unwrap_or(0));
        let rest = reader.rest();
        if rest.len() < 12 {
            break;
        }
        if !is_signed(rest) {
            if rest.iter().any(|byte| *byte != 0) {
                warnings.push(reader.offset(), "bytes that are no tagged block were skipped");
            }
            break;
        }
        let key = Key([rest[4], rest[5], rest[6], rest[7]]);
        let (head, length) = block_length(rest, key, version).ok_or_else(|| reader.truncated())?;
        budget.debit()?;
        reader.take(head)?;
        blocks.push(BlockSpan {
            key,
            span: reader.span(length)?,
        });
    }
    Ok(blocks)
}

/// Bytes before the content of the block at the start of `rest`, and bytes of content.
///
/// The width of the length depends on the key, and the list of keys has grown with every version of
/// Photoshop. So when the expected width leads nowhere, the other one is tried: a right length ends
/// at another block or at the end. `None` when no width fits.
fn block_length(rest: &[u8], key: Key, version: Version) -> Option<(usize, u64)> {
    let signed_long = rest.starts_with(b"8B64");
    let long_first = match version {
        Version::Psd => false,
        Version::Psb => signed_long || LONG_IN_PSB.contains(&key.0),
    };
    let narrow = rest
        .get(8..12)
        .and_then(|b| b.try_into().ok())
        .map(u32::from_be_bytes)
        .map(|n| (12, n.into()));
    let long = rest
        .get(8..16)
        .and_then(|b| b.try_into().ok())
        .map(u64::from_be_bytes)
        .map(|n| (16, n));
    let other_allowed = version == Version::Psb || signed_long;
    let candidates = match (long_first, other_allowed) {
        (true, _) => [long, narrow],
        (false, true) => [narrow, long],
        (false, false) => [narrow, None],
    };
    let after = |(head, length): (usize, u64)| {
        let end = usize::try_from(length).ok()?.checked_add(head)?;
        rest.get(end..)
    };
    let fitting = || {
        candidates
            .iter()
            .flatten()
            .copied()
            .filter(|c| after(*c).is_some())
    };
    fitting()
        .find(|c| after(*c).is_some_and(|rest| rest.len() < 12 || padding(rest).is_some()))
        .or_else(|| fitting().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Section;

    fn keys(bytes: &[u8], version: Version) -> Result<Vec<(String, usize)>, PsdError> {
        let mut reader = Reader::new(bytes, 0, Section::AdditionalLayerInformation);
        let mut budget = BlockBudget::new(&Limits::default());
        let blocks = read_blocks(&mut reader, version, &mut budget, &mut Warnings::default())?;
        Ok(blocks.iter().map(|b| (b.key.to_string(), b.span.len())).collect())
    }

    fn block(sig: &[u8; 4], key: &[u8; 4], length: &[u8], body: &[u8]) -> Vec<u8> {
        [&sig[..], key, length, body].concat()
    }

    #[test]
    fn finds_blocks_through_any_padding() {
        for pad in 0..=3 {
            let mut bytes = block(b"8BIM", b"abcd", &[0, 0, 0, 1], b"x");
            bytes.extend(vec![0; pad]);
            bytes.extend(block(b"8BIM", b"efgh", &[0, 0, 0, 2], b"yz"));
            let found = keys(&bytes, Version::Psd).unwrap();
            assert_eq!(
                found,
                [("abcd".into(), 1), ("efgh".into(), 2)],
                "padding of {pad}"
            );
        }
    }

    #[test]
    fn large_documents_mix_both_widths() {
        let mut bytes = block(b"8B64", b"lnk2", &[0, 0, 0, 0, 0, 0, 0, 4], b"long");
        bytes.extend(block(b"8BIM", b"luni", &[0, 0, 0, 4], b"\0\0\0\0"));
        // A key that is on no list, and a listed one written short.
        bytes.extend(block(b"8BIM", b"neww", &[0, 0, 0, 0, 0, 0, 0, 4], b"long"));
        bytes.extend(block(b"8BIM", b"cinf", &[0, 0, 0, 4], b"tiny"));
        let found = keys(&bytes, Version::Psb).unwrap();
        let all = [("lnk2", 4), ("luni", 4), ("neww", 4), ("cinf", 4)];
        assert_eq!(found, all.map(|(key, length)| (key.to_owned(), length)));
    }

    #[test]
    fn a_block_longer_than_its_section_is_an_error_with_its_offset() {
        let mut bytes = block(b"8BIM", b"abcd", &[0, 0, 0, 0], b"");
        bytes.extend(block(b"8BIM", b"efgh", &[0, 0, 0, 9], b"short"));
        let Err(PsdError::Truncated { offset: 12, .. }) = keys(&bytes, Version::Psd) else {
            panic!("a block past the end passed");
        };
    }
}

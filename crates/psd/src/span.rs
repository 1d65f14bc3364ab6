//! Where some bytes lie in the file. A document keeps these instead of copies.

/// A run of bytes in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: usize,
    length: usize,
}

impl Span {
    /// `None` when the offset does not fit the address space.
    pub(crate) fn new(offset: u64, length: usize) -> Option<Self> {
        let start = usize::try_from(offset).ok()?;
        start.checked_add(length)?;
        Some(Self { start, length })
    }

    /// Offset of the first byte from the start of the file.
    pub(crate) fn offset(self) -> u64 {
        self.start as u64
    }

    /// How many bytes.
    pub(crate) fn len(self) -> usize {
        self.length
    }

    /// As a range into the whole file.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start..self.start + self.length
    }

    /// The bytes themselves, out of those of the whole file. Spans are only made by a reader over
    /// that file, so they always lie inside it.
    pub(crate) fn of(self, file: &[u8]) -> &[u8] {
        file.get(self.range()).unwrap_or_default()
    }
}

//! Numbers out of a slice at a place that may not be there.

/// Big-endian 16 bits at `at`; `None` past the end.
pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let found = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([found[0], found[1]]))
}

/// Big-endian 32 bits at `at`; `None` past the end.
pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([found[0], found[1], found[2], found[3]]))
}

/// Little-endian 16 bits at `at`; `None` past the end.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    be16(bytes, at).map(u16::swap_bytes)
}

/// Little-endian 24 bits at `at`; `None` past the end.
pub(crate) fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(3)?)?;
    Some(u32::from_le_bytes([found[0], found[1], found[2], 0]))
}

/// Little-endian 32 bits at `at`; `None` past the end.
pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    be32(bytes, at).map(u32::swap_bytes)
}

/// A 32-bit length as an index. Lossless on every machine we build for.
pub(crate) fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

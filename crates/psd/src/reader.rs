//! Big-endian reads over borrowed bytes. Every read is checked, every error knows its offset.

use crate::error::{PsdError, Section};
use crate::header::Version;
use crate::span::Span;

/// A position in borrowed bytes that remembers where those bytes lie in the file.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    base: u64,
    section: Section,
}

macro_rules! int {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`PsdError::Truncated`] when too few bytes are left.
        pub fn $name(&mut self) -> Result<$ty, PsdError> {
            Ok(<$ty>::from_be_bytes(self.array()?))
        }
    )*};
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which begin at `base` in the file and belong to `section`.
    pub fn new(bytes: &'a [u8], base: u64, section: Section) -> Self {
        Self {
            bytes,
            at: 0,
            base,
            section,
        }
    }

    /// Offset of the next byte from the start of the file.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Offset of the next byte from the start of these bytes.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The rest, without moving.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The part of the file that errors name.
    pub fn section(&self) -> Section {
        self.section
    }

    /// The same bytes under another section's name.
    pub fn named(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    /// A [`PsdError::Malformed`] at the next byte.
    pub fn malformed(&self, what: &'static str) -> PsdError {
        PsdError::Malformed {
            section: self.section,
            offset: self.offset(),
            what,
        }
    }

    /// A [`PsdError::Truncated`] at the next byte.
    pub fn truncated(&self) -> PsdError {
        PsdError::Truncated {
            section: self.section,
            offset: self.offset(),
        }
    }

    /// Takes `count` bytes.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when too few bytes are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], PsdError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.truncated())?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// Takes `count` bytes, a length as the file states it.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when too few bytes are left.
    pub fn take_u64(&mut self, count: u64) -> Result<&'a [u8], PsdError> {
        let count = usize::try_from(count).map_err(|_| self.truncated())?;
        self.take(count)
    }

    /// A reader over the next `count` bytes; this one moves past them.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when too few bytes are left.
    pub fn sub(&mut self, count: u64) -> Result<Self, PsdError> {
        let base = self.offset();
        Ok(Self {
            bytes: self.take_u64(count)?,
            at: 0,
            base,
            section: self.section,
        })
    }

    /// Where the next `count` bytes lie in the file; this reader moves past them.
    pub(crate) fn span(&mut self, count: u64) -> Result<Span, PsdError> {
        let offset = self.offset();
        let bytes = self.take_u64(count)?;
        Span::new(offset, bytes.len()).ok_or_else(|| self.truncated())
    }

    /// The bytes of a span that a reader over the same bytes made.
    pub(crate) fn within(&self, span: Span) -> &'a [u8] {
        let start = usize::try_from(span.offset().saturating_sub(self.base)).unwrap_or(usize::MAX);
        let end = start.saturating_add(span.len());
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// A 32-bit length in a PSD, a 64-bit length in a PSB.
    pub(crate) fn length(&mut self, version: Version) -> Result<u64, PsdError> {
        match version {
            Version::Psd => self.u32().map(u64::from),
            Version::Psb => self.u64(),
        }
    }

    /// Skips `count` bytes, or fewer when the bytes end first.
    pub fn skip_up_to(&mut self, count: usize) {
        self.at += count.min(self.remaining());
    }

    /// Takes a fixed number of bytes.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when too few bytes are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], PsdError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    int! {
        /// An unsigned byte.
        u8: u8;
        /// A big-endian unsigned 16-bit integer.
        u16: u16;
        /// A big-endian signed 16-bit integer.
        i16: i16;
        /// A big-endian unsigned 32-bit integer.
        u32: u32;
        /// A big-endian signed 32-bit integer.
        i32: i32;
        /// A big-endian unsigned 64-bit integer.
        u64: u64;
        /// A big-endian signed 64-bit integer.
        i64: i64;
        /// A big-endian 32-bit float.
        f32: f32;
        /// A big-endian 64-bit float.
        f64: f64;
    }

    /// A Pascal string of bytes, padded so that length byte and text fill a multiple of `pad`.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when too few bytes are left.
    pub fn pascal(&mut self, pad: usize) -> Result<&'a [u8], PsdError> {
        let length = usize::from(self.u8()?);
        let text = self.take(length)?;
        let over = (length + 1) % pad.max(1);
        if over != 0 {
            self.skip_up_to(pad - over);
        }
        Ok(text)
    }

    /// A Unicode string: a 32-bit count of UTF-16 units, then the units. Trailing NULs are dropped,
    /// lone surrogates become U+FFFD.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the count runs past the bytes.
    pub fn unicode(&mut self) -> Result<String, PsdError> {
        let units = u64::from(self.u32()?);
        let bytes = self.take_u64(units * 2)?;
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or('\u{FFFD}'))
            .collect();
        Ok(text.trim_end_matches('\0').to_owned())
    }
}

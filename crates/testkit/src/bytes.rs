//! Big-endian bytes, lengths filled in afterwards: the pen that the PSD writer holds.

/// Bytes that grow at the end. All numbers are big-endian, as PSD has them.
#[derive(Clone, Debug, Default)]
pub struct Ink(Vec<u8>);

/// How wide a length field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthField {
    /// Two bytes.
    Two,
    /// Four bytes, the rule in PSD.
    Four,
    /// Eight bytes, where PSB grew.
    Eight,
}

impl Ink {
    /// No bytes yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The bytes written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// How many bytes are written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes `bytes` as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Writes one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    /// Writes two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes two bytes, signed.
    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes four bytes, signed.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes eight bytes, signed.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes an IEEE double.
    pub fn f64(&mut self, value: f64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Writes a count of four bytes.
    ///
    /// # Panics
    /// When `count` is 4 Gi or more.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.u32(u32::try_from(count).expect("a count under 4 Gi"))
    }

    /// Writes a length of the given width.
    ///
    /// # Panics
    /// When the length does not fit the field.
    pub fn length(&mut self, field: LengthField, length: usize) -> &mut Self {
        match field {
            LengthField::Two => self.u16(u16::try_from(length).expect("a length under 64 Ki")),
            LengthField::Four => self.u32(u32::try_from(length).expect("a length under 4 Gi")),
            LengthField::Eight => self.u64(length as u64),
        }
    }

    /// Writes the length of what `body` writes, then that.
    pub fn block(&mut self, field: LengthField, body: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::new();
        body(&mut inner);
        self.length(field, inner.len()).raw(&inner.0)
    }

    /// Zeros until the length is a multiple of `step`.
    pub fn pad(&mut self, step: usize) -> &mut Self {
        self.0.resize(self.0.len().next_multiple_of(step), 0);
        self
    }

    /// A Pascal string, one length byte and Latin characters (others become `?`), padded with its length byte
    /// to a multiple of `step`. Cut at 255 characters.
    pub fn pascal(&mut self, text: &str, step: usize) -> &mut Self {
        let bytes: Vec<u8> = text
            .chars()
            .take(255)
            .map(|c| if c.is_ascii() { c as u8 } else { b'?' })
            .collect();
        let start = self.len();
        self.u8(u8::try_from(bytes.len()).expect("cut to 255"))
            .raw(&bytes);
        while !(self.len() - start).is_multiple_of(step) {
            self.u8(0);
        }
        self
    }

    /// A Unicode string: a count of UTF-16 units, then those, without a closing zero.
    pub fn unicode(&mut self, text: &str) -> &mut Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.count(units.len());
        for unit in units {
            self.u16(unit);
        }
        self
    }

    /// A Unicode string with the closing zero counted, as descriptors have it.
    pub fn unicode_closed(&mut self, text: &str) -> &mut Self {
        self.unicode(&format!("{text}\0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pascal_counts_its_length_byte_in_the_padding() {
        let mut ink = Ink::new();
        ink.pascal("abc", 4).pascal("abcd", 4).pascal("", 2);
        assert_eq!(ink.into_bytes(), b"\x03abc\x04abcd\0\0\0\0\0");
    }

    #[test]
    fn a_block_states_its_own_length() {
        let mut ink = Ink::new();
        ink.block(LengthField::Eight, |b| {
            b.u16(7).unicode("é");
        });
        assert_eq!(
            ink.into_bytes(),
            [0, 0, 0, 0, 0, 0, 0, 8, 0, 7, 0, 0, 0, 1, 0, 0xE9]
        );
    }
}

//! Photoshop's own object notation: keyed values of many types, nested. Kept as plain values.
//!
//! Adobe Photoshop File Formats Specification, *Descriptor structure*.

mod blend;
mod key;
mod read;
mod value;

pub use key::Key;
pub use value::{
    Class, Enumeration, ObjectArray, Reference, ReferenceForm, Unit, UnitFloat, UnitFloats, Value,
};

use crate::{Limits, PsdError, Section, reader::Reader};

/// A named object of some class: a list of keyed values in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Descriptor {
    /// The name, mostly empty.
    pub name: String,
    /// What it describes, `null` when that is clear from its place.
    pub class: Key,
    /// The values. Keys are unique in what Photoshop writes; the first one wins in the getters.
    pub items: Vec<(Key, Value)>,
}

impl Descriptor {
    /// Parses a bare descriptor (no version before it).
    ///
    /// `block` begins with the descriptor, `base` is the file offset of its first byte. Bytes that
    /// follow the descriptor are ignored: blocks are padded.
    ///
    /// # Errors
    /// [`PsdError`] when the bytes are cut short, hold an unknown value type or pass a limit.
    pub fn parse_bare(block: &[u8], base: u64, limits: &Limits) -> Result<Self, PsdError> {
        Self::read(&mut Reader::new(block, base, Section::Descriptor), limits)
    }

    /// Parses a descriptor that follows its version (16), as most blocks and resources hold it.
    ///
    /// # Errors
    /// [`PsdError`] when the version is another, the bytes are cut short, hold an unknown value
    /// type or pass a limit.
    pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<Self, PsdError> {
        Self::read_versioned(&mut Reader::new(block, base, Section::Descriptor), limits)
    }

    /// Parses a descriptor behind a version of the surrounding block and its own version (16).
    ///
    /// Answers with the surrounding version, which `lfx2`, `vogk` and others carry.
    ///
    /// # Errors
    /// As [`Descriptor::parse`].
    pub fn parse_nested(block: &[u8], base: u64, limits: &Limits) -> Result<(u32, Self), PsdError> {
        let mut reader = Reader::new(block, base, Section::Descriptor);
        let outer = reader.u32()?;
        Ok((outer, Self::read_versioned(&mut reader, limits)?))
    }

    /// The value of `key`: a four-character code (`"Nm  "`) or a long name (`"warpStyle"`).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.items
            .iter()
            .find(|(name, _)| *name == *key)
            .map(|(_, value)| value)
    }

    /// A number, whatever type the file gave it; the unit of a unit float is dropped.
    pub fn f64(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_f64()
    }

    /// A whole number. Floating values are rounded.
    pub fn i64(&self, key: &str) -> Option<i64> {
        self.get(key)?.as_i64()
    }

    /// A whole number that fits 32 bits.
    pub fn i32(&self, key: &str) -> Option<i32> {
        self.i64(key).and_then(|number| i32::try_from(number).ok())
    }

    /// A truth value.
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// An object inside this one.
    pub fn object(&self, key: &str) -> Option<&Self> {
        self.get(key)?.as_object()
    }

    /// A list, or nothing. Never fails: an absent list is an empty one to most callers.
    pub fn list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_list).unwrap_or_default()
    }

    /// The chosen value of an enumeration (not the name of its type).
    pub fn enumeration(&self, key: &str) -> Option<&Key> {
        self.get(key)?.as_enumeration().map(|choice| &choice.value)
    }

    /// A number with its unit.
    pub fn unit_float(&self, key: &str) -> Option<UnitFloat> {
        self.get(key)?.as_unit_float()
    }

    /// Raw bytes.
    pub fn raw(&self, key: &str) -> Option<&[u8]> {
        self.get(key)?.as_raw()
    }

    /// An array of objects of one class.
    pub fn object_array(&self, key: &str) -> Option<&ObjectArray> {
        self.get(key)?.as_object_array()
    }
}

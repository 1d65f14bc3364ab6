//! Descriptors, the key-value trees that newer parts of a PSD are written in.
//! Adobe Photoshop File Formats Specification, *Descriptor structure*.

use crate::bytes::{Ink, LengthField};

/// A named class with keyed values, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    name: String,
    class: String,
    items: Vec<(String, Value)>,
}

/// A value in a [`Descriptor`]; the comment names its type key in the file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `Objc`: a nested descriptor.
    Object(Descriptor),
    /// `GlbO`: a nested descriptor of the other kind.
    GlobalObject(Descriptor),
    /// `VlLs`: a list.
    List(Vec<Self>),
    /// `doub`: a number.
    Double(f64),
    /// `UntF`: a number with a unit such as `#Pxl`, `#Prc`, `#Ang`, `#Rsl`.
    Unit([u8; 4], f64),
    /// `UnFl`: many numbers with one unit, as object arrays hold them.
    Units([u8; 4], Vec<f64>),
    /// `TEXT`: a string; the closing zero is added.
    Text(String),
    /// `enum`: a type and a value, both keys.
    Enumerated(String, String),
    /// `long`: an integer.
    Integer(i32),
    /// `comp`: a wide integer.
    Wide(i64),
    /// `bool`.
    Bool(bool),
    /// `type`: a class, by name and key.
    Class(String, String),
    /// `GlbC`: a class of the other kind.
    GlobalClass(String, String),
    /// `alis`: bytes of an alias.
    Alias(Vec<u8>),
    /// `tdta`: raw bytes.
    Raw(Vec<u8>),
    /// `Pth `: bytes of a path.
    Path(Vec<u8>),
    /// `obj `: a reference, a list of steps.
    Reference(Vec<Step>),
    /// `ObAr`: an array of objects written column by column: item count, class, columns.
    ObjectArray(u32, String, Vec<(String, Self)>),
}

/// A step of a [`Value::Reference`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// `prop`: a property of a class: name, class, key.
    Property(String, String, String),
    /// `Clss`: a class: name, key.
    Class(String, String),
    /// `Enmr`: an enumerated member: name, class, type, value.
    Enumerated(String, String, String, String),
    /// `rele`: an offset: name, class, offset.
    Offset(String, String, u32),
    /// `Idnt`: an identifier.
    Identifier(u32),
    /// `indx`: an index.
    Index(u32),
    /// `name`: by name: class name, class, value.
    Name(String, String, String),
}

/// Text keys that Photoshop writes with their length although they have four letters.
const LONG_FOUR: [&str; 2] = ["warp", "comp"];

/// A key: four letters bare after a zero length, any other with its length.
fn key(ink: &mut Ink, key: &str) {
    if key.len() == 4 && !LONG_FOUR.contains(&key) {
        ink.u32(0).raw(key.as_bytes());
    } else {
        ink.block(LengthField::Four, |b| {
            b.raw(key.as_bytes());
        });
    }
}

impl Descriptor {
    /// An empty descriptor of `class`, without a name.
    #[must_use]
    pub fn new(class: &str) -> Self {
        Self {
            name: String::new(),
            class: class.into(),
            items: Vec::new(),
        }
    }

    /// Gives it a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a value under `key`.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.items.push((key.into(), value));
        self
    }

    /// Adds a nested descriptor.
    #[must_use]
    pub fn object(self, key: &str, value: Self) -> Self {
        self.with(key, Value::Object(value))
    }

    /// Adds a number.
    #[must_use]
    pub fn double(self, key: &str, value: f64) -> Self {
        self.with(key, Value::Double(value))
    }

    /// Adds an integer.
    #[must_use]
    pub fn integer(self, key: &str, value: i32) -> Self {
        self.with(key, Value::Integer(value))
    }

    /// Adds a truth value.
    #[must_use]
    pub fn bool(self, key: &str, value: bool) -> Self {
        self.with(key, Value::Bool(value))
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, key: &str, value: &str) -> Self {
        self.with(key, Value::Text(value.into()))
    }

    /// Adds an enumerated value.
    #[must_use]
    pub fn enumerated(self, key: &str, kind: &str, value: &str) -> Self {
        self.with(key, Value::Enumerated(kind.into(), value.into()))
    }

    /// Adds a number with a unit.
    #[must_use]
    pub fn unit(self, key: &str, unit: &[u8; 4], value: f64) -> Self {
        self.with(key, Value::Unit(*unit, value))
    }

    /// Adds a list of numbers.
    #[must_use]
    pub fn doubles(self, key: &str, values: &[f64]) -> Self {
        self.with(
            key,
            Value::List(values.iter().map(|v| Value::Double(*v)).collect()),
        )
    }

    /// A colour of class `RGBC`, components 0 to 255.
    #[must_use]
    pub fn rgb([red, green, blue]: [f64; 3]) -> Self {
        Self::new("RGBC")
            .double("Rd  ", red)
            .double("Grn ", green)
            .double("Bl  ", blue)
    }

    /// Its bytes with the version (16) in front, as most blocks hold it.
    #[must_use]
    pub fn to_versioned_bytes(&self) -> Vec<u8> {
        let mut ink = Ink::new();
        ink.u32(16);
        self.write(&mut ink);
        ink.into_bytes()
    }

    /// Writes it without a version.
    pub fn write(&self, ink: &mut Ink) {
        ink.unicode_closed(&self.name);
        key(ink, &self.class);
        ink.count(self.items.len());
        for (name, value) in &self.items {
            key(ink, name);
            value.write(ink);
        }
    }
}

impl Value {
    fn write(&self, ink: &mut Ink) {
        match self {
            Self::Object(d) => d.write(ink.raw(b"Objc")),
            Self::GlobalObject(d) => d.write(ink.raw(b"GlbO")),
            Self::List(values) => {
                ink.raw(b"VlLs").count(values.len());
                for value in values {
                    value.write(ink);
                }
            }
            Self::Double(v) => {
                ink.raw(b"doub").f64(*v);
            }
            Self::Unit(unit, v) => {
                ink.raw(b"UntF").raw(unit).f64(*v);
            }
            Self::Units(unit, values) => {
                ink.raw(b"UnFl").raw(unit).count(values.len());
                for value in values {
                    ink.f64(*value);
                }
            }
            Self::Text(text) => {
                ink.raw(b"TEXT").unicode_closed(text);
            }
            Self::Enumerated(kind, value) => {
                key(ink.raw(b"enum"), kind);
                key(ink, value);
            }
            Self::Integer(v) => {
                ink.raw(b"long").i32(*v);
            }
            Self::Wide(v) => {
                ink.raw(b"comp").i64(*v);
            }
            Self::Bool(v) => {
                ink.raw(b"bool").u8(u8::from(*v));
            }
            Self::Class(name, class) => self::class(ink.raw(b"type"), name, class),
            Self::GlobalClass(name, class) => self::class(ink.raw(b"GlbC"), name, class),
            Self::Alias(bytes) => {
                ink.raw(b"alis").count(bytes.len()).raw(bytes);
            }
            Self::Raw(bytes) => {
                ink.raw(b"tdta").count(bytes.len()).raw(bytes);
            }
            Self::Path(bytes) => {
                ink.raw(b"Pth ").count(bytes.len()).raw(bytes);
            }
            Self::Reference(steps) => {
                ink.raw(b"obj ").count(steps.len());
                for step in steps {
                    step.write(ink);
                }
            }
            Self::ObjectArray(count, class, columns) => {
                ink.raw(b"ObAr").u32(*count);
                self::class(ink, "", class);
                ink.count(columns.len());
                for (name, column) in columns {
                    key(ink, name);
                    column.write(ink);
                }
            }
        }
    }
}

impl Step {
    fn write(&self, ink: &mut Ink) {
        match self {
            Self::Property(name, class_key, property) => {
                class(ink.raw(b"prop"), name, class_key);
                key(ink, property);
            }
            Self::Class(name, class_key) => class(ink.raw(b"Clss"), name, class_key),
            Self::Enumerated(name, class_key, kind, value) => {
                class(ink.raw(b"Enmr"), name, class_key);
                key(ink, kind);
                key(ink, value);
            }
            Self::Offset(name, class_key, offset) => {
                class(ink.raw(b"rele"), name, class_key);
                ink.u32(*offset);
            }
            Self::Identifier(id) => {
                ink.raw(b"Idnt").u32(*id);
            }
            Self::Index(index) => {
                ink.raw(b"indx").u32(*index);
            }
            Self::Name(name, class_key, value) => {
                class(ink.raw(b"name"), name, class_key);
                ink.unicode_closed(value);
            }
        }
    }
}

/// A class: its name, then its key.
fn class(ink: &mut Ink, name: &str, class_key: &str) {
    ink.unicode_closed(name);
    key(ink, class_key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_are_bare_and_long_ones_counted() {
        let bytes = Descriptor::new("null")
            .integer("Nm  ", 5)
            .bool("enabled", true)
            .to_versioned_bytes();
        let expected: &[u8] = b"\0\0\0\x10\0\0\0\x01\0\0\0\0\0\0null\0\0\0\x02\0\0\0\0Nm  long\0\0\0\x05\0\0\0\x07enabledbool\x01";
        assert_eq!(bytes, expected);
    }
}

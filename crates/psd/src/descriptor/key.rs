//! The names inside descriptors.

/// A key, class or enumeration value: a four-character code, or a longer name.
///
/// The file writes both as a length and bytes, where length 0 means four. Compare with `&str`:
/// `key == "Nm  "`, `key == "warpStyle"`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A four-character code, blanks included.
    Code([u8; 4]),
    /// A name of any other length, as bytes. Photoshop only writes ASCII.
    Name(Box<[u8]>),
}

impl Key {
    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Code(code) => code,
            Self::Name(name) => name,
        }
    }
}

impl Default for Key {
    /// The class of objects without one.
    fn default() -> Self {
        Self::Code(*b"null")
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        match <[u8; 4]>::try_from(text.as_bytes()) {
            Ok(code) => Self::Code(code),
            Err(_) => Self::Name(text.as_bytes().into()),
        }
    }
}

impl PartialEq<str> for Key {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Key {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "'{self}'")
    }
}

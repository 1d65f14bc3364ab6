//! What was odd in a file and tolerated all the same.

/// One oddity. The file was read in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Byte offset from the start of the file.
    pub offset: u64,
    /// What was odd, in a few words.
    pub what: &'static str,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

/// A hostile file could be odd in a million places: the first ones tell enough.
const MOST: usize = 256;

/// Collects warnings while a file is parsed.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Vec<Warning>);

impl Warnings {
    /// Adds one, unless there are too many already.
    pub(crate) fn push(&mut self, offset: u64, what: &'static str) {
        if self.0.len() < MOST {
            self.0.push(Warning { offset, what });
        }
    }

    /// All of them, in the order they were met.
    pub(crate) fn into_vec(self) -> Vec<Warning> {
        self.0
    }
}

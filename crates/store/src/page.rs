//! Pages of a list that do not shift when something new is added.

use std::fmt;
use std::str::FromStr;

use marquetry_job::Timestamp;

/// The place in a newest-first list after which the next page starts.
///
/// Its text form is opaque to callers: 48 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last record of the page was made.
    pub at: Timestamp,
    /// The bytes of its id, for records made in the same microsecond.
    pub id: [u8; 16],
}

/// A text that no list gave out as a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor")]
pub struct MalformedCursor;

/// Part of a list, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` from records that were read one further than that, so that it
    /// is known whether more follow. `cursor` says where a record stands.
    pub fn from_surplus(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.as_micros().to_be_bytes();
        at.iter()
            .chain(&self.id)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = MalformedCursor;

    fn from_str(text: &str) -> Result<Self, MalformedCursor> {
        if text.len() != 48 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(MalformedCursor);
        }
        let (at, id) = text.split_at(16);
        let at = u64::from_str_radix(at, 16).map_err(|_| MalformedCursor)?;
        let id = u128::from_str_radix(id, 16).map_err(|_| MalformedCursor)?;
        Ok(Self {
            at: Timestamp::from_micros(at.cast_signed()),
            id: id.to_be_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_writes() {
        for micros in [0, -1, i64::MIN, i64::MAX, 1_700_000_000_000_000] {
            let cursor = Cursor {
                at: Timestamp::from_micros(micros),
                id: [0xa5; 16],
            };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        let odd = [
            "".to_owned(),
            "xyz".into(),
            "0".repeat(47),
            "+".repeat(48),
            "é".repeat(24),
            "+0".repeat(24),
        ];
        for text in odd {
            assert_eq!(text.parse::<Cursor>(), Err(MalformedCursor), "{text}");
        }
    }
}

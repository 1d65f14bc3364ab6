//! The store of records: whatever tenants make and change by hand, and that is only ever asked for by name.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{Delivery, TenantId, Version};

use crate::{MalformedCursor, StoreError, Swap};

/// Remembers records. What is in them is for [`Noun`](crate::Noun) to say: a new noun needs no new table.
#[async_trait]
pub trait RecordStore: fmt::Debug + Send + Sync {
    /// Makes a record durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when its tenant has a record of this kind under this id.
    async fn insert_record(&self, record: &Record) -> Result<(), StoreError>;

    /// The record of this kind under this id, if it is this tenant's.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
    ) -> Result<Option<Record>, StoreError>;

    /// A tenant's records of one kind, newest first by `(created_at, id)`, those after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_records(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Record>, StoreError>;

    /// Puts `record` in the place of the stored one if that is at version `expected`. Its creation time never changes;
    /// a store need not write it again.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn replace_record(&self, expected: Version, record: &Record) -> Result<Swap, StoreError>;

    /// Removes a record if it is this tenant's and at version `expected`, or at any when none is expected.
    /// [`Swap::Swapped`] means that it is gone.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn delete_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Option<Version>,
    ) -> Result<Swap, StoreError>;

    /// Removes a record as [`delete_record`](Self::delete_record) does, and adds the deliveries that it leads to in the
    /// same transaction; or does neither.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id of a delivery is taken.
    async fn discharge_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Version,
        owed: &[Delivery],
    ) -> Result<Swap, StoreError>;

    /// Whether any record of any tenant [refers](Record::refers) to `id`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn is_referred_to(&self, id: &str) -> Result<bool, StoreError>;

    /// Records of one kind, of all tenants, that last changed no later than `before` and to which no record of their
    /// tenant [refers](Record::refers), at most `limit`, in the order of `(tenant, id)`, those after `after`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn loose_records(
        &self,
        kind: RecordKind,
        before: Timestamp,
        after: Option<(TenantId, &str)>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError>;
}

/// One thing that a tenant made, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is.
    pub kind: RecordKind,
    /// Its name among those of its tenant and kind: 1 to 128 printable characters of ASCII.
    pub id: String,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The ids of what it needs and must therefore stay: records without which it is not whole, and content hashes of
    /// blobs. In ascending order, none twice.
    pub refers: Vec<String>,
    /// Everything else. May hold sealed secrets: never log it.
    pub form: String,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("tenant", &self.tenant)
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("version", &self.version)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .field("refers", &self.refers)
            .finish_non_exhaustive()
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// A font or a picture that templates name.
    Asset,
    /// Jobs that were submitted together.
    Batch,
    /// A customer's copy of a template.
    Design,
    /// Templates that are made together.
    DesignGroup,
    /// Where files can be sent.
    Destination,
    /// The text of a layout, under its hash.
    Layout,
    /// Something that is owed once others have ended.
    Pending,
    /// Several destinations under one name.
    Preset,
    /// A layout that people fill in.
    Template,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Asset,
        Self::Batch,
        Self::Design,
        Self::DesignGroup,
        Self::Destination,
        Self::Layout,
        Self::Pending,
        Self::Preset,
        Self::Template,
    ];

    /// Its name, which databases know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Batch => "batch",
            Self::Design => "design",
            Self::DesignGroup => "design group",
            Self::Destination => "destination",
            Self::Layout => "layout",
            Self::Pending => "pending",
            Self::Preset => "preset",
            Self::Template => "template",
        }
    }
}

/// The place in a newest-first list of records after which the next page starts.
///
/// Its text form is opaque to callers: hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordCursor {
    /// When the last record of the page was made.
    pub at: Timestamp,
    /// Its id, for records made in the same microsecond.
    pub id: String,
}

/// Part of a list of records, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPage<T> {
    /// The records.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<RecordCursor>,
}

impl RecordPage<Record> {
    /// Makes a page of at most `limit` from records that were read one further than that, so that it is known whether
    /// more follow.
    pub fn from_surplus(mut items: Vec<Record>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| RecordCursor {
            at: last.created_at,
            id: last.id.clone(),
        });
        Self { items, next }
    }
}

impl fmt::Display for RecordCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.as_micros().to_be_bytes();
        at.iter()
            .chain(self.id.as_bytes())
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for RecordCursor {
    type Err = MalformedCursor;

    fn from_str(text: &str) -> Result<Self, MalformedCursor> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len().is_multiple_of(2) && digits.len() <= 512);
        let bytes: Vec<u8> = digits
            .ok_or(MalformedCursor)?
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect();
        let (at, id) = bytes.split_first_chunk::<8>().ok_or(MalformedCursor)?;
        let printable = !id.is_empty() && id.iter().all(u8::is_ascii_graphic);
        Ok(Self {
            at: Timestamp::from_micros(i64::from_be_bytes(*at)),
            id: String::from_utf8(id.to_vec())
                .ok()
                .filter(|_| printable)
                .ok_or(MalformedCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_writes() {
        for micros in [0, -1, i64::MIN, i64::MAX] {
            let cursor = RecordCursor {
                at: Timestamp::from_micros(micros),
                id: "tpl_card-1".into(),
            };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        let odd = [
            String::new(),
            "0".repeat(16),
            "0".repeat(17),
            "0".repeat(18),
            "+".repeat(20),
            "é".repeat(24),
            "61".repeat(1000),
        ];
        for text in odd {
            assert_eq!(text.parse::<RecordCursor>(), Err(MalformedCursor), "{text}");
        }
    }
}

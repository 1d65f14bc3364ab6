//! The row of a record. Its kind is a column that every query names, so it is not repeated here.

use marquetry_model::TenantId;

use super::{moment, version, version_column};
use crate::{Record, RecordKind, StoreError};

/// A record as a row.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Whose it is.
    pub tenant: [u8; 16],
    /// Its id.
    pub id: String,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// When it last changed, in microseconds.
    pub updated_at: i64,
    /// Its version.
    pub version: i64,
    /// The ids of what it refers to, with spaces between them.
    pub refers: String,
    /// Everything else. May hold sealed secrets: never log it.
    pub form: String,
}

impl std::fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordRow")
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl RecordRow {
    /// The row of a record.
    pub fn of(record: &Record) -> Self {
        Self {
            tenant: *record.tenant.as_bytes(),
            id: record.id.clone(),
            created_at: record.created_at.as_micros(),
            updated_at: record.updated_at.as_micros(),
            version: version_column(record.version),
            refers: record.refers.join(" "),
            form: record.form.clone(),
        }
    }

    /// The ids of what it refers to.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.refers.split_ascii_whitespace()
    }

    /// The record of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is damaged.
    pub fn record(self, kind: RecordKind) -> Result<Record, StoreError> {
        let refers = self.references().map(str::to_owned).collect();
        let version = version(self.version).map_err(|problem| problem.of(&self.id).in_a(kind.name()))?;
        Ok(Record {
            tenant: TenantId::from_bytes(self.tenant),
            kind,
            id: self.id,
            version,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
            refers,
            form: self.form,
        })
    }
}

//! The row of a mockup.

use marquetry_model::{ContentHash, Mockup, MockupId, TenantId, Thumbnail};
use serde::{Deserialize, Serialize};

use super::catalogue::CatalogueForm;
use super::scalar::{SizeForm, WarningForm, finite, parse};
use super::{Problem, V, known, moment, read, version, version_column, write};
use crate::{MockupFilter, StoreError};

/// A mockup as a row. Only `name`, `folded_name`, `updated_at` and `version` ever change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockupRow {
    /// Its id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// Its name.
    pub name: String,
    /// Its name as it is searched and sorted by: see [`MockupFilter::folded`].
    pub folded_name: String,
    /// The hash of its file.
    pub content: [u8; 32],
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// When its name last changed, in microseconds.
    pub updated_at: i64,
    /// Its version.
    pub version: i64,
    /// Everything else. Never changes.
    pub record: String,
}

#[derive(Serialize, Deserialize)]
struct RecordForm {
    v: u32,
    source: String,
    source_bytes: u64,
    size: SizeForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpi: Option<f64>,
    catalogue: CatalogueForm,
    #[serde(default)]
    warnings: Vec<WarningForm>,
    /// Width and blob key.
    #[serde(default)]
    thumbnails: Vec<(u32, String)>,
}

impl MockupRow {
    /// The row of a mockup.
    pub fn of(mockup: &Mockup) -> Self {
        let thumbnails = mockup
            .thumbnails
            .iter()
            .map(|one| (one.width, one.key.to_string()));
        let record = RecordForm {
            v: V,
            source: mockup.source.to_string(),
            source_bytes: mockup.source_bytes,
            size: SizeForm::of(mockup.size),
            dpi: mockup.dpi.and_then(finite),
            catalogue: CatalogueForm::of(&mockup.catalogue),
            warnings: WarningForm::all(&mockup.warnings),
            thumbnails: thumbnails.collect(),
        };
        Self {
            id: *mockup.id.as_bytes(),
            tenant: *mockup.tenant.as_bytes(),
            name: mockup.name.clone(),
            folded_name: MockupFilter::folded(&mockup.name),
            content: *mockup.content.as_bytes(),
            created_at: mockup.created_at.as_micros(),
            updated_at: mockup.updated_at.as_micros(),
            version: version_column(mockup.version),
            record: write(&record),
        }
    }

    /// The mockup of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    pub fn mockup(self) -> Result<Mockup, StoreError> {
        self.read().map_err(|problem| problem.in_a("mockup"))
    }

    fn read(self) -> Result<Mockup, Problem> {
        let record: RecordForm = read(&self.record)?;
        known(record.v)?;
        let thumbnail = |(width, key): (u32, String)| {
            Ok::<_, Problem>(Thumbnail {
                width,
                key: parse("blob key", &key)?,
            })
        };
        Ok(Mockup {
            id: MockupId::from_bytes(self.id),
            tenant: TenantId::from_bytes(self.tenant),
            name: self.name,
            content: ContentHash::from_bytes(self.content),
            source: parse("blob key", &record.source)?,
            source_bytes: record.source_bytes,
            size: record.size.back(),
            dpi: record.dpi,
            catalogue: record.catalogue.back()?,
            warnings: record.warnings.into_iter().map(WarningForm::back).collect(),
            thumbnails: record
                .thumbnails
                .into_iter()
                .map(thumbnail)
                .collect::<Result<_, _>>()?,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
            version: version(self.version)?,
        })
    }
}

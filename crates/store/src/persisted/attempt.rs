//! The row of what is remembered of one try.

use marquetry_model::{AttemptRecord, DeliveryId, Trouble};
use serde::{Deserialize, Serialize};

use super::delivery::TryForm;
use super::{V, known, read, write};
use crate::StoreError;

/// A try as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The delivery that was tried.
    pub delivery: [u8; 16],
    /// Which claim of it.
    pub number: i64,
    /// When it began, in microseconds.
    pub at: i64,
    /// Everything else.
    pub record: String,
}

#[derive(Serialize, Deserialize)]
struct RecordForm {
    v: u32,
    number: u32,
    tried: TryForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    #[serde(default)]
    lookup: String,
    #[serde(default)]
    request: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    answer: String,
}

impl AttemptRow {
    /// The row of a try of `delivery`.
    pub fn of(delivery: DeliveryId, attempt: &AttemptRecord) -> Self {
        let record = RecordForm {
            v: V,
            number: attempt.number,
            tried: TryForm::of(&attempt.tried),
            trouble: attempt.trouble.map(|trouble| trouble.name().to_owned()),
            lookup: attempt.lookup.clone(),
            request: attempt.request.clone(),
            answer: attempt.answer.clone(),
        };
        Self {
            delivery: *delivery.as_bytes(),
            number: i64::from(attempt.number),
            at: attempt.tried.at.as_micros(),
            record: write(&record),
        }
    }

    /// What the `record` column of a row remembers.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    pub fn attempt(record: &str) -> Result<AttemptRecord, StoreError> {
        let form = read::<RecordForm>(record).and_then(|form| known(form.v).map(|()| form));
        let form = form.map_err(|problem| problem.in_a("delivery attempt"))?;
        Ok(AttemptRecord {
            number: form.number,
            tried: form.tried.back(),
            trouble: form.trouble.as_deref().map(Trouble::named),
            lookup: form.lookup,
            request: form.request,
            answer: form.answer,
        })
    }
}

//! The rows of a delivery.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{DeliveryShown, DeliveryState, Timestamp};
use marquetry_model::{
    Carriage, Delivery, DeliveryAttempt, DeliveryId, DialectName, EndpointId, JobId, Target, TenantId,
};
use serde::{Deserialize, Serialize};

use super::endpoint::CallbackForm;
use super::scalar::parse;
use super::state::DeliveryStateForm;
use super::{Problem, V, known, moment, read, version, version_column, write};
use crate::StoreError;

/// A delivery as it is written when it comes to be owed.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The endpoint it goes to, unless it goes to a one-off address.
    pub endpoint: Option<[u8; 16]>,
    /// The name of its event.
    pub event: &'static str,
    /// The body.
    pub body: Arc<[u8]>,
    /// Everything else that never changes. May hold the secret of a callback: never log it.
    pub record: String,
    /// Where it stands.
    pub turn: TurnRow,
}

/// What a step writes: where a delivery stands now, and of what never changes only that by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnRow {
    /// The delivery's id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// The name of its lane. Never changes.
    pub lane: String,
    /// Whether it is a file, and carriers' work; couriers' otherwise: see [`file_column`]. Never changes.
    pub file: bool,
    /// When it came to be owed, in microseconds. Never changes.
    pub created_at: i64,
    /// What an observer is told: see [`shown_name`].
    pub shown: &'static str,
    /// When it is due, in microseconds; `None` once it is terminal.
    pub due: Option<i64>,
    /// Whether somebody holds it.
    pub sending: bool,
    /// Its version.
    pub version: i64,
    /// Its state and its tries.
    pub record: String,
}

/// A delivery as it is read: the columns that say what the others were made of.
#[derive(Clone, Copy)]
pub struct DeliveryColumns<'a> {
    /// Its id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// The name of its event.
    pub event: &'a str,
    /// When it came to be owed, in microseconds.
    pub created_at: i64,
    /// The body.
    pub body: &'a [u8],
    /// Everything else that never changes.
    pub record: &'a str,
    /// Its version.
    pub version: i64,
    /// Its state and its tries: [`TurnRow::record`].
    pub turn: &'a str,
}

impl std::fmt::Debug for DeliveryRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveryRow")
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DeliveryColumns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveryColumns")
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How the column spells what an observer is told.
pub const fn shown_name(shown: DeliveryShown) -> &'static str {
    match shown {
        DeliveryShown::Pending => "pending",
        DeliveryShown::Failed => "failed",
        DeliveryShown::Delivered => "delivered",
        DeliveryShown::Dead => "dead",
    }
}

/// How the column spells who carries it.
pub const fn file_column(carriage: Carriage) -> bool {
    match carriage {
        Carriage::Message => false,
        Carriage::File => true,
    }
}

/// What never changes.
#[derive(Serialize, Deserialize)]
struct RecordForm {
    v: u32,
    target: TargetForm,
    dialect: String,
    job: String,
}

/// What a step changes. Both were one text once, and where that is still so each finds its own members in it.
#[derive(Serialize, Deserialize)]
struct TurnForm {
    v: u32,
    state: DeliveryStateForm,
    #[serde(default)]
    tries: Vec<TryForm>,
    updated_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TargetForm {
    Endpoint(String),
    Callback(CallbackForm),
    Destination(String),
    File { destination: String, path: String },
}

#[derive(Serialize, Deserialize)]
pub(super) struct TryForm {
    at: i64,
    took: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl DeliveryRow {
    /// The row of a delivery.
    pub fn of(delivery: &Delivery) -> Self {
        let record = RecordForm {
            v: V,
            target: match &delivery.target {
                Target::Endpoint(id) => TargetForm::Endpoint(id.to_string()),
                Target::Callback(callback) => TargetForm::Callback(CallbackForm::of(callback)),
                Target::Destination(id) => TargetForm::Destination(id.to_string()),
                Target::File { destination, path } => TargetForm::File {
                    destination: destination.to_string(),
                    path: path.clone(),
                },
            },
            dialect: delivery.dialect.as_str().to_owned(),
            job: delivery.job.to_string(),
        };
        Self {
            endpoint: delivery.target.endpoint().map(|id| *id.as_bytes()),
            event: delivery.event.name(),
            body: Arc::clone(&delivery.body),
            record: write(&record),
            turn: TurnRow::of(delivery),
        }
    }

    /// What of it is read.
    pub fn columns(&self) -> DeliveryColumns<'_> {
        DeliveryColumns {
            id: self.turn.id,
            tenant: self.turn.tenant,
            event: self.event,
            created_at: self.turn.created_at,
            body: &self.body,
            record: &self.record,
            version: self.turn.version,
            turn: &self.turn.record,
        }
    }
}

impl TurnRow {
    /// What is written when a step has led to `delivery`.
    pub fn of(delivery: &Delivery) -> Self {
        let record = TurnForm {
            v: V,
            state: DeliveryStateForm::of(&delivery.state),
            tries: delivery.tries.iter().map(TryForm::of).collect(),
            updated_at: delivery.updated_at.as_micros(),
        };
        Self {
            id: *delivery.id.as_bytes(),
            tenant: *delivery.tenant.as_bytes(),
            lane: delivery.lane().as_str().to_owned(),
            file: file_column(delivery.target.carriage()),
            created_at: delivery.created_at.as_micros(),
            shown: shown_name(delivery.state.shown()),
            due: delivery.state.due().map(Timestamp::as_micros),
            sending: matches!(delivery.state, DeliveryState::Sending { .. }),
            version: version_column(delivery.version),
            record: write(&record),
        }
    }
}

impl DeliveryColumns<'_> {
    /// The delivery that they are of.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    pub fn delivery(self) -> Result<Delivery, StoreError> {
        let id = DeliveryId::from_bytes(self.id);
        self.read().map_err(|problem| problem.of(&id).in_a("delivery"))
    }

    fn read(self) -> Result<Delivery, Problem> {
        let record: RecordForm = read(self.record)?;
        known(record.v)?;
        let turn: TurnForm = read(self.turn)?;
        known(turn.v)?;
        Ok(Delivery {
            id: DeliveryId::from_bytes(self.id),
            tenant: TenantId::from_bytes(self.tenant),
            target: match record.target {
                TargetForm::Endpoint(id) => Target::Endpoint(parse::<EndpointId>("endpoint", &id)?),
                TargetForm::Callback(callback) => Target::Callback(callback.back()?),
                TargetForm::Destination(id) => Target::Destination(parse("destination", &id)?),
                TargetForm::File { destination, path } => Target::File {
                    destination: parse("destination", &destination)?,
                    path,
                },
            },
            dialect: DialectName::new(record.dialect)?,
            job: parse::<JobId>("job", &record.job)?,
            event: parse("event", self.event)?,
            body: self.body.into(),
            state: turn.state.back()?,
            version: version(self.version)?,
            tries: turn.tries.into_iter().map(TryForm::back).collect(),
            created_at: moment(self.created_at),
            updated_at: moment(turn.updated_at),
        })
    }
}

impl TryForm {
    pub(super) fn of(attempt: &DeliveryAttempt) -> Self {
        Self {
            at: attempt.at.as_micros(),
            took: u64::try_from(attempt.took.as_micros()).unwrap_or(u64::MAX),
            status: attempt.status,
            error: attempt.error.clone(),
        }
    }

    pub(super) fn back(self) -> DeliveryAttempt {
        DeliveryAttempt {
            at: moment(self.at),
            took: Duration::from_micros(self.took),
            status: self.status,
            error: self.error,
        }
    }
}

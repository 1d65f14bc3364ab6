//! The row of an endpoint, and the form of a one-off callback.

use marquetry_job::Timestamp;
use marquetry_model::{Callback, DialectName, Endpoint, EndpointId, EventNaming, Secret, TenantId};
use serde::{Deserialize, Serialize};

use super::scalar::parse;
use super::{Problem, V, known, moment, read, version, version_column, write};
use crate::StoreError;

/// An endpoint as a row.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub id: [u8; 16],
    /// Whose it is.
    pub tenant: [u8; 16],
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// Its version.
    pub version: i64,
    /// Everything else. Holds the secret that signs: never log it.
    pub record: String,
}

impl std::fmt::Debug for EndpointRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndpointRow")
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct RecordForm {
    v: u32,
    url: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default)]
    event_types: Vec<String>,
    naming: NamingForm,
    dialect: String,
    enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamingForm {
    Current,
    Legacy,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CallbackForm {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    dialect: String,
}

impl EndpointRow {
    /// The row of an endpoint.
    pub fn of(endpoint: &Endpoint) -> Self {
        let record = RecordForm {
            v: V,
            url: endpoint.url.clone(),
            secret: endpoint.secret.expose().to_owned(),
            description: endpoint.description.clone(),
            event_types: endpoint
                .event_types
                .iter()
                .map(|event| event.name().to_owned())
                .collect(),
            naming: match endpoint.naming {
                EventNaming::Current => NamingForm::Current,
                EventNaming::Legacy => NamingForm::Legacy,
            },
            dialect: endpoint.dialect.as_str().to_owned(),
            enabled: endpoint.enabled,
            updated_at: endpoint.updated_at.map(Timestamp::as_micros),
        };
        Self {
            id: *endpoint.id.as_bytes(),
            tenant: *endpoint.tenant.as_bytes(),
            created_at: endpoint.created_at.as_micros(),
            version: version_column(endpoint.version),
            record: write(&record),
        }
    }

    /// The endpoint of the row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    pub fn endpoint(&self) -> Result<Endpoint, StoreError> {
        self.read().map_err(|problem| problem.in_a("endpoint"))
    }

    fn read(&self) -> Result<Endpoint, Problem> {
        let record: RecordForm = read(&self.record)?;
        known(record.v)?;
        let events = record.event_types.iter().map(|name| parse("event", name));
        Ok(Endpoint {
            id: EndpointId::from_bytes(self.id),
            tenant: TenantId::from_bytes(self.tenant),
            url: record.url,
            secret: Secret::new(record.secret),
            description: record.description,
            event_types: events.collect::<Result<_, _>>()?,
            naming: match record.naming {
                NamingForm::Current => EventNaming::Current,
                NamingForm::Legacy => EventNaming::Legacy,
            },
            dialect: DialectName::new(record.dialect)?,
            enabled: record.enabled,
            created_at: moment(self.created_at),
            updated_at: record.updated_at.map(moment),
            version: version(self.version)?,
        })
    }
}

impl CallbackForm {
    pub(super) fn of(callback: &Callback) -> Self {
        Self {
            url: callback.url.clone(),
            secret: callback.secret.as_ref().map(|secret| secret.expose().to_owned()),
            dialect: callback.dialect.as_str().to_owned(),
        }
    }

    pub(super) fn back(self) -> Result<Callback, Problem> {
        Ok(Callback {
            url: self.url,
            secret: self.secret.map(Secret::new),
            dialect: DialectName::new(self.dialect)?,
        })
    }
}

//! The row of an endpoint, and the form of a one-off callback.

use marquetry_job::{Health, Timestamp};
use marquetry_model::{
    Callback, DialectName, Disabled, Endpoint, EndpointId, EventNaming, FormerSecret, Secret, TenantId,
    WhyDisabled,
};
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_secrets: Vec<FormerForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default)]
    event_types: Vec<String>,
    naming: NamingForm,
    dialect: String,
    enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled: Option<DisabledForm>,
    #[serde(default, skip_serializing_if = "HealthForm::is_well")]
    health: HealthForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct FormerForm {
    secret: String,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct DisabledForm {
    at: i64,
    why: WhyForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhyForm {
    Gone,
    Failing,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HealthForm {
    #[default]
    Well,
    Doubtful {
        first: i64,
        last: i64,
    },
    Failing {
        since: i64,
        last: i64,
    },
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
            former_secrets: endpoint.former_secrets.iter().map(FormerForm::of).collect(),
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
            disabled: endpoint.disabled.map(DisabledForm::of),
            health: HealthForm::of(endpoint.health),
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
            former_secrets: record.former_secrets.into_iter().map(FormerForm::back).collect(),
            description: record.description,
            event_types: events.collect::<Result<_, _>>()?,
            naming: match record.naming {
                NamingForm::Current => EventNaming::Current,
                NamingForm::Legacy => EventNaming::Legacy,
            },
            dialect: DialectName::new(record.dialect)?,
            enabled: record.enabled,
            disabled: record.disabled.map(DisabledForm::back),
            health: record.health.back(),
            created_at: moment(self.created_at),
            updated_at: record.updated_at.map(moment),
            version: version(self.version)?,
        })
    }
}

impl FormerForm {
    fn of(former: &FormerSecret) -> Self {
        Self {
            secret: former.secret.expose().to_owned(),
            until: former.until.as_micros(),
        }
    }

    fn back(self) -> FormerSecret {
        FormerSecret {
            secret: Secret::new(self.secret),
            until: moment(self.until),
        }
    }
}

impl DisabledForm {
    fn of(disabled: Disabled) -> Self {
        Self {
            at: disabled.at.as_micros(),
            why: match disabled.why {
                WhyDisabled::Gone => WhyForm::Gone,
                WhyDisabled::Failing => WhyForm::Failing,
            },
        }
    }

    fn back(self) -> Disabled {
        Disabled {
            at: moment(self.at),
            why: match self.why {
                WhyForm::Gone => WhyDisabled::Gone,
                WhyForm::Failing => WhyDisabled::Failing,
            },
        }
    }
}

impl HealthForm {
    fn of(health: Health) -> Self {
        match health {
            Health::Well => Self::Well,
            Health::Doubtful { first, last } => Self::Doubtful {
                first: first.as_micros(),
                last: last.as_micros(),
            },
            Health::Failing { since, last } => Self::Failing {
                since: since.as_micros(),
                last: last.as_micros(),
            },
        }
    }

    fn back(self) -> Health {
        match self {
            Self::Well => Health::Well,
            Self::Doubtful { first, last } => Health::Doubtful {
                first: moment(first),
                last: moment(last),
            },
            Self::Failing { since, last } => Health::Failing {
                since: moment(since),
                last: moment(last),
            },
        }
    }

    const fn is_well(&self) -> bool {
        matches!(self, Self::Well)
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

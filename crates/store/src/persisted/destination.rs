//! The records of destinations and presets, and what is pinned of them to a job.

use marquetry_model::DialectName;
use marquetry_model::{Bucket, Destination, DropboxAccess, Parcel, Preset, Reach, Secret, SendTo, Stop};
use serde::{Deserialize, Serialize};

use super::Problem;
use super::scalar::parse;
use super::template::{Place, unfold};
use crate::{Noun, Record, RecordKind, StoreError};

/// Holds the secrets of a destination: never to be logged.
#[derive(Serialize, Deserialize)]
struct DestinationForm {
    name: String,
    path: String,
    reach: ReachForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReachForm {
    Webhook {
        url: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    },
    Folder,
    Bucket {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
        region: String,
        name: String,
        access_key_id: String,
        secret_access_key: String,
    },
    DropboxToken(String),
    DropboxRefresh {
        app_key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app_secret: Option<String>,
        refresh_token: String,
    },
}

impl Noun for Destination {
    const KIND: RecordKind = RecordKind::Destination;

    fn record(&self) -> Record {
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        let form = DestinationForm {
            name: self.name.clone(),
            path: self.path.clone(),
            reach: ReachForm::of(&self.reach),
        };
        place.record::<Self>(Vec::new(), form)
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        unfold(record, |form: DestinationForm| {
            Ok(Self {
                tenant: record.tenant,
                id: parse("destination", &record.id)?,
                name: form.name,
                reach: form.reach.back(),
                path: form.path,
                version: record.version,
                created_at: record.created_at,
                updated_at: record.updated_at,
            })
        })
    }
}

impl ReachForm {
    fn of(reach: &Reach) -> Self {
        let exposed = |secret: &Secret| secret.expose().to_owned();
        match reach {
            Reach::Webhook { url, secret } => Self::Webhook {
                url: url.clone(),
                secret: secret.as_ref().map(exposed),
            },
            Reach::Folder => Self::Folder,
            Reach::Bucket(bucket) => Self::Bucket {
                endpoint: bucket.endpoint.clone(),
                region: bucket.region.clone(),
                name: bucket.name.clone(),
                access_key_id: bucket.access_key_id.clone(),
                secret_access_key: exposed(&bucket.secret_access_key),
            },
            Reach::Dropbox(DropboxAccess::Token(token)) => Self::DropboxToken(exposed(token)),
            Reach::Dropbox(DropboxAccess::Refresh {
                app_key,
                app_secret,
                refresh_token,
            }) => Self::DropboxRefresh {
                app_key: app_key.clone(),
                app_secret: app_secret.as_ref().map(exposed),
                refresh_token: exposed(refresh_token),
            },
        }
    }

    fn back(self) -> Reach {
        match self {
            Self::Webhook { url, secret } => Reach::Webhook {
                url,
                secret: secret.map(Secret::new),
            },
            Self::Folder => Reach::Folder,
            Self::Bucket {
                endpoint,
                region,
                name,
                access_key_id,
                secret_access_key,
            } => Reach::Bucket(Bucket {
                endpoint,
                region,
                name,
                access_key_id,
                secret_access_key: Secret::new(secret_access_key),
            }),
            Self::DropboxToken(token) => Reach::Dropbox(DropboxAccess::Token(Secret::new(token))),
            Self::DropboxRefresh {
                app_key,
                app_secret,
                refresh_token,
            } => Reach::Dropbox(DropboxAccess::Refresh {
                app_key,
                app_secret: app_secret.map(Secret::new),
                refresh_token: Secret::new(refresh_token),
            }),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct PresetForm {
    name: String,
    stops: Vec<StopForm>,
}

#[derive(Serialize, Deserialize)]
struct StopForm {
    destination: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl Noun for Preset {
    const KIND: RecordKind = RecordKind::Preset;

    fn record(&self) -> Record {
        let place = Place {
            tenant: self.tenant,
            id: &self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        let stop = |stop: &Stop| StopForm {
            destination: stop.destination.to_string(),
            path: stop.path.clone(),
        };
        let form = PresetForm {
            name: self.name.clone(),
            stops: self.stops.iter().map(stop).collect(),
        };
        place.record::<Self>(Vec::new(), form)
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        let stop = |form: StopForm| {
            Ok::<_, Problem>(Stop {
                destination: parse("destination", &form.destination)?,
                path: form.path,
            })
        };
        unfold(record, |form: PresetForm| {
            Ok(Self {
                tenant: record.tenant,
                id: parse("preset", &record.id)?,
                name: form.name,
                stops: form.stops.into_iter().map(stop).collect::<Result<_, _>>()?,
                version: record.version,
                created_at: record.created_at,
                updated_at: record.updated_at,
            })
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct SendToForm {
    dialect: String,
    parcels: Vec<ParcelForm>,
}

#[derive(Serialize, Deserialize)]
struct ParcelForm {
    delivery: String,
    destination: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl SendToForm {
    pub(super) fn of(send_to: &SendTo) -> Self {
        let parcel = |parcel: &Parcel| ParcelForm {
            delivery: parcel.delivery.to_string(),
            destination: parcel.destination.to_string(),
            path: parcel.path.clone(),
        };
        Self {
            dialect: send_to.dialect.as_str().to_owned(),
            parcels: send_to.parcels.iter().map(parcel).collect(),
        }
    }

    pub(super) fn back(self) -> Result<SendTo, Problem> {
        let parcel = |form: ParcelForm| {
            Ok::<_, Problem>(Parcel {
                delivery: parse("delivery", &form.delivery)?,
                destination: parse("destination", &form.destination)?,
                path: form.path,
            })
        };
        Ok(SendTo {
            dialect: DialectName::new(self.dialect)?,
            parcels: self.parcels.into_iter().map(parcel).collect::<Result<_, _>>()?,
        })
    }
}

//! Where finished files go: the destinations of a tenant, the presets that name several of them, and what is pinned to
//! a job of all that.

use marquetry_job::{DeathCause, DeliveryShown, DeliveryState, Timestamp};

use crate::{Delivery, DeliveryId, DialectName, Handle, Secret, TenantId, Version};

/// Where a tenant can have files sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name.
    pub id: Handle,
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// How it is reached.
    pub reach: Reach,
    /// Under which path a file is put there, unless whoever sends it says otherwise: a template of a path, of 1 to
    /// 1024 characters. Nothing is put anywhere with [`Reach::Webhook`].
    pub path: String,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How a destination is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is told where the file can be had.
    Webhook {
        /// The address; opened by `egress` only.
        url: String,
        /// Signs what is sent there, sealed as endpoints' secrets are; unsigned without one.
        secret: Option<Secret>,
    },
    /// The file is written to the tenant's folder on the machine that sends.
    Folder,
    /// The file is put into a bucket of S3, or of what speaks its protocol.
    Bucket(Bucket),
    /// The file is uploaded to Dropbox.
    Dropbox(DropboxAccess),
}

/// A bucket, and who may write to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Where the storage is; Amazon's own, by the region, without one. Opened by `egress` only.
    pub endpoint: Option<String>,
    /// The region. 1 to 64 characters.
    pub region: String,
    /// The name of the bucket. 3 to 63 characters.
    pub name: String,
    /// The id of the key.
    pub access_key_id: String,
    /// The key, sealed as endpoints' secrets are.
    pub secret_access_key: Secret,
}

/// How Dropbox is told who asks. Every secret is sealed as those of endpoints are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropboxAccess {
    /// An access token. Those that Dropbox gives out today end after a few hours.
    Token(Secret),
    /// A refresh token, for which access tokens are fetched as they are needed.
    Refresh {
        /// The key of the app that the token was given to.
        app_key: String,
        /// Its secret; without one the token must have been given out by PKCE.
        app_secret: Option<Secret>,
        /// The refresh token.
        refresh_token: Secret,
    },
}

impl Reach {
    /// The same with every secret in it changed, such as sealed or opened.
    ///
    /// # Errors
    /// The first that `change` gives.
    pub fn with_secrets<E>(self, mut change: impl FnMut(Secret) -> Result<Secret, E>) -> Result<Self, E> {
        Ok(match self {
            Self::Webhook { url, secret } => Self::Webhook {
                url,
                secret: secret.map(change).transpose()?,
            },
            Self::Folder => Self::Folder,
            Self::Bucket(bucket) => Self::Bucket(Bucket {
                secret_access_key: change(bucket.secret_access_key)?,
                ..bucket
            }),
            Self::Dropbox(DropboxAccess::Token(token)) => Self::Dropbox(DropboxAccess::Token(change(token)?)),
            Self::Dropbox(DropboxAccess::Refresh {
                app_key,
                app_secret,
                refresh_token,
            }) => Self::Dropbox(DropboxAccess::Refresh {
                app_key,
                app_secret: app_secret.map(&mut change).transpose()?,
                refresh_token: change(refresh_token)?,
            }),
        })
    }
}

/// Several destinations under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name.
    pub id: Handle,
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// Where the file goes, in order; 1 to 20, no destination twice.
    pub stops: Vec<Stop>,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One destination of a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Which.
    pub destination: Handle,
    /// The template of the path there; without one, that of the destination.
    pub path: Option<String>,
}

/// Where the file of one job is to be sent once it is made: resolved when the job came in, so that nothing that is
/// done to a preset later changes it. How a destination is reached is read when something is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTo {
    /// In whose words destinations that are told of it are told.
    pub dialect: DialectName,
    /// One for each destination; at least one.
    pub parcels: Vec<Parcel>,
}

/// The file of a job on its way to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The delivery that it becomes when the job succeeds.
    pub delivery: DeliveryId,
    /// The destination.
    pub destination: Handle,
    /// Where the file is put there: segments with `/` between them, none of them empty, `.` or `..`. `None` for a
    /// destination that is only told where the file is.
    pub path: Option<String>,
}

/// Where the sending of a file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Nothing of it has begun.
    Pending,
    /// Something is being sent, or waits for its next try.
    Delivering,
    /// Every destination has it.
    Delivered,
    /// Everything has ended, and not all of it well; with what became of what did not, in words for the tenant.
    Failed(String),
}

impl Sending {
    /// Where that of `send_to` stands, whose deliveries are among `deliveries`. One that is not there any more has ended,
    /// and nobody knows how; `None` when that is all of them, as before the job has succeeded.
    pub fn of(send_to: &SendTo, deliveries: &[Delivery]) -> Option<Self> {
        let found = |parcel: &Parcel| deliveries.iter().find(|known| known.id == parcel.delivery);
        let known: Vec<(&Parcel, &Delivery)> = send_to
            .parcels
            .iter()
            .filter_map(|parcel| Some((parcel, found(parcel)?)))
            .collect();
        let failed: Vec<String> = known
            .iter()
            .filter_map(|(parcel, delivery)| Some(format!("{}: {}", parcel.destination, failure(delivery)?)))
            .collect();
        let untouched = |delivery: &Delivery| {
            delivery.state.shown() == DeliveryShown::Pending
                && !matches!(delivery.state, DeliveryState::Sending { .. })
        };
        if known.is_empty() {
            None
        } else if known.iter().all(|(_, delivery)| untouched(delivery)) {
            Some(Self::Pending)
        } else if known.iter().any(|(_, delivery)| !delivery.state.is_terminal()) {
            Some(Self::Delivering)
        } else if failed.is_empty() {
            Some(Self::Delivered)
        } else {
            Some(Self::Failed(failed.join("; ")))
        }
    }
}

/// Why a delivery was given up, if it was: what its last try met, or what ended it without one.
fn failure(delivery: &Delivery) -> Option<String> {
    let DeliveryState::Dead { cause, .. } = delivery.state else {
        return None;
    };
    let last = delivery.tries.last().and_then(|tried| tried.error.clone());
    Some(match cause {
        DeathCause::EndpointRemoved => "the destination was removed".into(),
        DeathCause::EndpointDisabled => "the destination is switched off".into(),
        DeathCause::SendersCrashed => "whoever sent it vanished, too often".into(),
        DeathCause::Exhausted | DeathCause::Gone => last.unwrap_or_else(|| "it was not taken".into()),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use marquetry_job::{DeliveryEvent, DeliverySchedule, Jitter, WorkerId};

    use super::*;
    use crate::{DeliveryAttempt, EventType, JobId, Target};

    const START: Timestamp = Timestamp::from_micros(0);

    fn send_to(count: u8) -> SendTo {
        let parcel = |number| Parcel {
            delivery: DeliveryId::from_bytes([number; 16]),
            destination: format!("to-{number}").parse().unwrap(),
            path: None,
        };
        SendTo {
            dialect: DialectName::new("plain").unwrap(),
            parcels: (1..=count).map(parcel).collect(),
        }
    }

    fn delivery(number: u8) -> Delivery {
        Delivery::owed(
            DeliveryId::from_bytes([number; 16]),
            TenantId::from_bytes([1; 16]),
            Target::Destination(format!("to-{number}").parse().unwrap()),
            DialectName::new("plain").unwrap(),
            JobId::from_bytes([2; 16]),
            EventType::RenderExported,
            Vec::new(),
            DeliveryState::owed(START, &DeliverySchedule::default()),
            START,
        )
    }

    fn stepped(
        delivery: Delivery,
        event: impl Fn(&DeliveryState) -> DeliveryEvent,
        error: Option<&str>,
    ) -> Delivery {
        let one = DeliverySchedule {
            waits: vec![Duration::ZERO],
            ..DeliverySchedule::default()
        };
        let event = event(&delivery.state);
        let state = delivery
            .state
            .clone()
            .step(event, START, &one, Jitter::MIDDLE)
            .unwrap();
        let tried = error.map(|error| DeliveryAttempt {
            at: START,
            took: Duration::ZERO,
            status: None,
            error: Some(error.into()),
        });
        delivery.stepped(state, tried, START)
    }

    fn sending(delivery: Delivery) -> Delivery {
        let claimed = DeliveryEvent::Claimed {
            worker: WorkerId::from_random([3; 16]),
            until: Timestamp::from_micros(1),
        };
        stepped(delivery, |_| claimed, None)
    }

    fn taken(delivery: Delivery) -> Delivery {
        stepped(
            sending(delivery),
            |state| DeliveryEvent::Accepted {
                by: state.hold().unwrap(),
            },
            None,
        )
    }

    fn refused(delivery: Delivery, error: &str) -> Delivery {
        let refused = |state: &DeliveryState| DeliveryEvent::Refused {
            by: state.hold().unwrap(),
            retry_after: None,
        };
        stepped(sending(delivery), refused, Some(error))
    }

    #[test]
    fn it_goes_forwards_and_ends_when_all_have_ended() {
        let both = send_to(2);
        let at = |first: Delivery, second: Delivery| Sending::of(&both, &[first, second]);
        assert_eq!(Sending::of(&both, &[]), None);
        assert_eq!(at(delivery(1), delivery(2)), Some(Sending::Pending));
        assert_eq!(at(sending(delivery(1)), delivery(2)), Some(Sending::Delivering));
        assert_eq!(at(taken(delivery(1)), delivery(2)), Some(Sending::Delivering));
        assert_eq!(
            at(taken(delivery(1)), taken(delivery(2))),
            Some(Sending::Delivered)
        );
    }

    #[test]
    fn what_failed_is_told_by_the_names_of_the_destinations() {
        let three = send_to(3);
        let ends = [
            refused(delivery(1), "the disk is full"),
            taken(delivery(2)),
            stepped(delivery(3), |_| DeliveryEvent::EndpointRemoved, None),
        ];
        let told = "to-1: the disk is full; to-3: the destination was removed";
        assert_eq!(Sending::of(&three, &ends), Some(Sending::Failed(told.into())));
    }
}

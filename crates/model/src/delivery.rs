//! One message owed to the outside after a job, and the record of its tries.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{DeliveryState, Timestamp};

use crate::{Callback, DeliveryId, DialectName, EndpointId, EventType, Handle, JobId, TenantId, Version};

/// One message owed to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same on every try, so that a receiver can tell a repeat.
    pub id: DeliveryId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Where it goes.
    pub target: Target,
    /// In whose words it is written and signed.
    pub dialect: DialectName,
    /// The job it tells of; a test message names a job that never was.
    pub job: JobId,
    /// What it tells.
    pub event: EventType,
    /// The body, written once and sent unchanged on every try.
    pub body: Arc<[u8]>,
    /// Where it stands; only [`DeliveryState::step`] makes a new one.
    pub state: DeliveryState,
    /// Counts the changes.
    pub version: Version,
    /// The latest tries, oldest first; at most [`Self::TRIES_KEPT`].
    pub tries: Vec<DeliveryAttempt>,
    /// When it came to be owed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a delivery goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To an endpoint, wherever that points when it is sent.
    Endpoint(EndpointId),
    /// To an address that was given with the job.
    Callback(Callback),
    /// To a destination that is told where the file of the job is, wherever that points when it is sent.
    Destination(Handle),
    /// To a destination that takes the file of the job itself, to be put under this path.
    File {
        /// The destination.
        destination: Handle,
        /// The path; see [`Parcel::path`](crate::Parcel::path).
        path: String,
    },
}

/// Who carries a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carriage {
    /// A message, which is sent in a moment: couriers.
    Message,
    /// The file of a job, which may take minutes: carriers.
    File,
}

/// What deliveries share when a slow receiver of one should not hold up the others: one endpoint, or
/// one host of callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane(String);

/// One try in short, as it is kept with its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// What went wrong, in words for the owner; `None` after a 2xx.
    pub error: Option<String>,
}

/// Everything that is remembered of one try. It lies beside its delivery, and not as long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Which claim of the delivery it was. Grows from try to try, over replays too.
    pub number: u32,
    /// How it went.
    pub tried: DeliveryAttempt,
    /// What sort of failure it was; `None` after a 2xx.
    pub trouble: Option<Trouble>,
    /// What the look-up of the host name gave: who answered, or why nobody was asked. For the owner.
    pub lookup: String,
    /// The headers as they were sent, with every signature masked.
    pub request: Vec<(String, String)>,
    /// The first bytes of the answer's body, at most [`Delivery::ANSWER_KEPT`], as text.
    pub answer: String,
}

/// What sort of failure a try met, for programs that sort them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// An answer that is neither 2xx nor one of the next three.
    Status,
    /// A redirect, which is not followed.
    Redirect,
    /// 410: nothing is wanted any more.
    Gone,
    /// 429, 502, 503 or 504: too much to do.
    Overloaded,
    /// The address may not be sent to.
    AddressRefused,
    /// The host name has no address, or nobody could say.
    NameNotFound,
    /// No connection could be made.
    NoConnection,
    /// The certificate is not valid.
    BadCertificate,
    /// No secure connection could be made.
    NoSecureConnection,
    /// It took too long.
    TimedOut,
    /// What came back was no HTTP, or broke off.
    NotHttp,
    /// It never left, for a reason on our side.
    NotSent,
}

impl Trouble {
    /// Every sort.
    pub const ALL: [Self; 12] = [
        Self::Status,
        Self::Redirect,
        Self::Gone,
        Self::Overloaded,
        Self::AddressRefused,
        Self::NameNotFound,
        Self::NoConnection,
        Self::BadCertificate,
        Self::NoSecureConnection,
        Self::TimedOut,
        Self::NotHttp,
        Self::NotSent,
    ];

    /// Its name, which does not change.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Gone => "gone",
            Self::Overloaded => "overloaded",
            Self::AddressRefused => "address_refused",
            Self::NameNotFound => "name_not_found",
            Self::NoConnection => "no_connection",
            Self::BadCertificate => "bad_certificate",
            Self::NoSecureConnection => "no_secure_connection",
            Self::TimedOut => "timed_out",
            Self::NotHttp => "not_http",
            Self::NotSent => "not_sent",
        }
    }

    /// The sort of that name; [`Self::NotSent`] for one that a newer program made up.
    pub fn named(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|trouble| trouble.name() == name)
            .unwrap_or(Self::NotSent)
    }
}

impl Lane {
    /// A lane by its own name, as [`Self::as_str`] gave it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Carriage {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Message, Self::File];
}

impl Target {
    /// Who carries what goes there.
    pub const fn carriage(&self) -> Carriage {
        match self {
            Self::Endpoint(_) | Self::Callback(_) | Self::Destination(_) => Carriage::Message,
            Self::File { .. } => Carriage::File,
        }
    }

    /// The endpoint that it is.
    pub const fn endpoint(&self) -> Option<EndpointId> {
        match self {
            Self::Endpoint(id) => Some(*id),
            Self::Callback(_) | Self::Destination(_) | Self::File { .. } => None,
        }
    }

    /// The lane it belongs to, if it is one of this tenant's.
    pub fn lane(&self, tenant: TenantId) -> Lane {
        match self {
            Self::Endpoint(id) => Lane(format!("endpoint:{id}")),
            Self::Destination(destination) | Self::File { destination, .. } => {
                Lane(format!("destination:{tenant}:{destination}"))
            }
            Self::Callback(callback) => {
                // What stands between `//` and the next of `/?#`: only used to tell hosts apart, so
                // it need not be a perfect reading.
                let rest = callback
                    .url
                    .split_once("//")
                    .map_or(callback.url.as_str(), |(_, rest)| rest);
                let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
                let host: String = host.to_ascii_lowercase().chars().take(255).collect();
                Lane(format!("callback:{host}"))
            }
        }
    }
}

impl Delivery {
    /// How many tries are remembered.
    pub const TRIES_KEPT: usize = 50;
    /// How many bytes of an answer are remembered.
    pub const ANSWER_KEPT: usize = 1024;

    /// A delivery that comes to be owed at `now`, in the state given.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a fact that a delivery cannot live without"
    )]
    pub fn owed(
        id: DeliveryId,
        tenant: TenantId,
        target: Target,
        dialect: DialectName,
        job: JobId,
        event: EventType,
        body: impl Into<Arc<[u8]>>,
        state: DeliveryState,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            target,
            dialect,
            job,
            event,
            body: body.into(),
            state,
            version: Version::FIRST,
            tries: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// The lane it belongs to.
    pub fn lane(&self) -> Lane {
        self.target.lane(self.tenant)
    }

    /// The same delivery in the state that a step led to, one version on, with the try that led there.
    #[must_use]
    pub fn stepped(mut self, state: DeliveryState, tried: Option<DeliveryAttempt>, now: Timestamp) -> Self {
        self.tries.extend(tried);
        let surplus = self.tries.len().saturating_sub(Self::TRIES_KEPT);
        self.tries.drain(..surplus);
        Self {
            state,
            version: self.version.next(),
            updated_at: now.max(self.updated_at),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_to_one_host_share_a_lane() {
        let lane = |url: &str| {
            let dialect = DialectName::new("plain").unwrap();
            Target::Callback(Callback {
                url: url.into(),
                secret: None,
                dialect,
            })
            .lane(TenantId::from_bytes([1; 16]))
        };
        assert_eq!(lane("https://Example.com/a"), lane("https://example.com?b"));
        assert_ne!(lane("https://example.com/a"), lane("https://example.org/a"));
    }
}

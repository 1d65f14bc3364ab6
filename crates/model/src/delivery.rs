//! One message owed to the outside after a job, and the record of its tries.

use std::sync::Arc;
use std::time::Duration;

use marquetry_job::{DeliveryState, Timestamp};

use crate::{Callback, DeliveryId, DialectName, EndpointId, EventType, JobId, TenantId, Version};

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
}

/// What deliveries share when a slow receiver of one should not hold up the others: one endpoint, or
/// one host of callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane(String);

/// One try, as it is kept for the owner of the endpoint.
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
    /// The first bytes of the answer's body, at most [`Delivery::ANSWER_KEPT`], as text.
    pub answer: String,
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

impl Target {
    /// The lane it belongs to.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Endpoint(id) => Lane(format!("endpoint:{id}")),
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
            .lane()
        };
        assert_eq!(lane("https://Example.com/a"), lane("https://example.com?b"));
        assert_ne!(lane("https://example.com/a"), lane("https://example.org/a"));
    }
}

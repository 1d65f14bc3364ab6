//! The dialects there are, and what a courier needs of each: which event, which words, which headers.
//!
//! `worker` and `webhook` carry a [`DialectName`] with every endpoint and delivery and hand it back here, so
//! that neither of them ever learns what a dialect says.

use marquetry_job::Timestamp;
use marquetry_model::{DeliveryId, DialectName, EventNaming, EventType, Job, JobId, Secret};

use crate::{Links, sudomock};

/// A compatible API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Mockups from PSD files; see [`sudomock`].
    SudoMock,
}

/// No dialect of that name is spoken here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no dialect is called {:?}", .0.as_str())]
pub struct UnknownDialect(pub DialectName);

/// The event that the end of a job is, and the message that tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The event.
    pub event: EventType,
    /// The message, to be sent unchanged on every try.
    pub body: Vec<u8>,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 1] = [Self::SudoMock];

    /// The dialect of that name.
    ///
    /// # Errors
    /// [`UnknownDialect`] for a name that was not made by [`Self::name`].
    pub fn named(name: &DialectName) -> Result<Self, UnknownDialect> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name.as_str())
            .ok_or_else(|| UnknownDialect(name.clone()))
    }

    /// The name that records keep.
    #[expect(
        clippy::missing_panics_doc,
        reason = "every name is lower case, which a test holds"
    )]
    pub fn name(self) -> DialectName {
        DialectName::new(self.as_str()).expect("a name of lower case letters")
    }

    /// Its name as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SudoMock => "sudomock",
        }
    }

    /// The event that the end of `job` is; `None` when it has not ended or its end is no event.
    pub fn event_of(self, job: &Job) -> Option<EventType> {
        match self {
            Self::SudoMock => sudomock::event_of(job),
        }
    }

    /// The event that the end of `job` is, with its message; `None` when its end is no event.
    pub fn announce(self, job: &Job, naming: EventNaming, links: &Links) -> Option<Announcement> {
        let event = self.event_of(job)?;
        let body = match self {
            Self::SudoMock => sudomock::event_body(event, job, naming, links),
        };
        Some(Announcement { event, body })
    }

    /// The message by which the owner of an endpoint tries it out; `job` is a fresh id that names no job.
    pub fn test_message(self, job: JobId, now: Timestamp) -> Announcement {
        match self {
            Self::SudoMock => Announcement {
                event: EventType::WebhookTest,
                body: sudomock::test_body(job, now),
            },
        }
    }

    /// The headers of one try of a delivery, signed at `now`; unsigned without a secret. To be made afresh for
    /// every try, because receivers refuse old signatures.
    pub fn headers(
        self,
        secret: Option<&Secret>,
        delivery: DeliveryId,
        body: &[u8],
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        match self {
            Self::SudoMock => sudomock::delivery_headers(secret, delivery, body, now),
        }
    }
}

/// [`Dialect::headers`] for a courier that knows the dialect only by name.
///
/// # Errors
/// [`UnknownDialect`].
pub fn headers(
    name: &DialectName,
    secret: Option<&Secret>,
    delivery: DeliveryId,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, UnknownDialect> {
    Ok(Dialect::named(name)?.headers(secret, delivery, body, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::named(&dialect.name()), Ok(dialect));
        }
        let other = DialectName::new("klingon").unwrap();
        let error = Dialect::named(&other).unwrap_err();
        assert_eq!(error.to_string(), "no dialect is called \"klingon\"");
    }
}

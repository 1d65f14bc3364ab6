//! The dialects there are, and what a courier needs of each: which event, which words, which headers.
//!
//! `worker` and `webhook` carry a [`DialectName`] with every endpoint and delivery and hand it back here, so
//! that neither of them ever learns what a dialect says.

use std::time::Duration;

use marquetry_job::{DeliverySchedule, Timestamp};
use marquetry_model::{
    Batch, BatchStanding, DeliveryId, DialectName, Endpoint, EventNaming, EventType, Job, JobId, Secret,
    Sending, WhyDisabled,
};

use crate::{Links, standard, sudomock, templified};

/// A compatible API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Mockups from PSD files; see [`sudomock`].
    SudoMock,
    /// Layouts and their callbacks; see [`templified`].
    Templified,
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

/// A message as it is sent, before it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The id that it has on every try.
    pub id: DeliveryId,
    /// What it tells.
    pub event: EventType,
    /// Its body.
    pub body: &'a [u8],
}

/// How messages of a dialect are delivered, where that is for its contract to say and not for the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryTerms {
    /// When each try is made.
    pub schedule: DeliverySchedule,
    /// The longest that one try may take.
    pub timeout: Duration,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::SudoMock, Self::Templified];

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
            Self::Templified => "templified",
        }
    }

    /// The event that the end of `job` is; `None` when it has not ended or its end is no event.
    pub fn event_of(self, job: &Job) -> Option<EventType> {
        match self {
            Self::SudoMock => sudomock::event_of(job),
            Self::Templified => templified::event_of(job),
        }
    }

    /// The event that the end of `job` is, with its message; `None` when its end is no event. `sending` says where its
    /// file has got to, if it was to be sent anywhere.
    pub fn announce(
        self,
        job: &Job,
        sending: Option<&Sending>,
        naming: EventNaming,
        links: &Links,
    ) -> Option<Announcement> {
        let event = self.event_of(job)?;
        let body = match self {
            Self::SudoMock => sudomock::event_body(event, job, naming, links),
            Self::Templified => templified::callback_body(job, sending, links)?,
        };
        Some(Announcement { event, body })
    }

    /// The message that tells a destination where the file of `job` can be had, sent there at `now`; `None` in a
    /// dialect that has no words for it, and without a file.
    pub fn announce_export(self, job: &Job, links: &Links, now: Timestamp) -> Option<Announcement> {
        let body = match self {
            Self::SudoMock => return None,
            Self::Templified => templified::export_body(job, links, now)?,
        };
        let event = EventType::RenderExported;
        Some(Announcement { event, body })
    }

    /// The message that tells of the end of a batch, whose jobs have all ended, as has the sending of the file of each,
    /// in its place among `sendings`; `None` in a dialect that has no words for it. The event is that of a render, well
    /// or not.
    pub fn announce_batch(
        self,
        batch: &Batch,
        jobs: &[Job],
        sendings: &[Option<Sending>],
        links: &Links,
    ) -> Option<Announcement> {
        let body = match self {
            Self::SudoMock => return None,
            Self::Templified => templified::batch_body(batch, jobs, sendings, links)?,
        };
        let well = jobs.len() == batch.jobs.len() && BatchStanding::of(jobs) == BatchStanding::Succeeded;
        let event = if well {
            EventType::RenderSucceeded
        } else {
            EventType::RenderFailed
        };
        Some(Announcement { event, body })
    }

    /// The message by which the owner of an endpoint tries it out; `job` is a fresh id that names no job.
    ///
    /// A dialect that has callbacks only uses the words of [`Self::SudoMock`], as nobody publishes others.
    pub fn test_message(self, job: JobId, now: Timestamp) -> Announcement {
        match self {
            Self::SudoMock | Self::Templified => Announcement {
                event: EventType::WebhookTest,
                body: sudomock::test_body(job, now),
            },
        }
    }

    /// The message that tells of an endpoint to which nothing is sent any more; `job` is a fresh id that names no job.
    pub fn disabled_message(
        self,
        endpoint: &Endpoint,
        why: WhyDisabled,
        job: JobId,
        now: Timestamp,
    ) -> Announcement {
        match self {
            Self::SudoMock | Self::Templified => Announcement {
                event: EventType::EndpointDisabled,
                body: sudomock::disabled_body(endpoint, why, job, now),
            },
        }
    }

    /// How its messages are delivered; `None` where the operator may say.
    pub fn delivery_terms(self) -> Option<DeliveryTerms> {
        match self {
            Self::SudoMock => None,
            Self::Templified => Some(templified::delivery_terms()),
        }
    }

    /// The headers of one try of a delivery, signed at `now` with `secrets`, the current one first; unsigned without
    /// any. To be made afresh for every try, because receivers refuse old signatures.
    ///
    /// The dialect's own signature is made with the current secret alone, that of [`standard`] with each.
    pub fn headers(
        self,
        secrets: &[&Secret],
        message: &Message<'_>,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let current = secrets.first().copied();
        let own = match self {
            Self::SudoMock => sudomock::delivery_headers(current, message, now),
            Self::Templified => templified::delivery_headers(current, message, now),
        };
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        headers.extend(own);
        headers.extend(standard::sign(
            secrets.iter().copied(),
            message.id,
            message.body,
            now,
        ));
        headers
    }
}

/// The schedules of the dialects that promise one; the others leave it to the operator.
pub fn promised_schedules() -> impl Iterator<Item = (DialectName, DeliverySchedule)> {
    let promised = |dialect: Dialect| Some((dialect.name(), dialect.delivery_terms()?.schedule));
    Dialect::ALL.into_iter().filter_map(promised)
}

/// [`Dialect::headers`] for a courier that knows the dialect only by name.
///
/// # Errors
/// [`UnknownDialect`].
pub fn headers(
    name: &DialectName,
    secrets: &[&Secret],
    message: &Message<'_>,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, UnknownDialect> {
    Ok(Dialect::named(name)?.headers(secrets, message, now))
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

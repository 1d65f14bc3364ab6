//! Where a tenant hears of events, and which events there are.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use marquetry_job::{Health, Timestamp};

use crate::{EndpointId, ModelError, TenantId, Version};

/// A text that signs messages. It never shows in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Never log what this gives.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last four characters, which may be shown.
    pub fn last_four(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        &self.0[start..]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The name of the dialect in whose words a message is written. The engine hands it back to `dialect`
/// and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DialectName(String);

impl DialectName {
    /// A name of 1 to 32 characters of `a-z 0-9 _ -`.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] for anything else.
    pub fn new(name: impl Into<String>) -> Result<Self, ModelError> {
        let name = name.into();
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if (1..=32).contains(&name.len()) && name.chars().all(fine) {
            Ok(Self(name))
        } else {
            Err(ModelError::Malformed {
                field: "dialect",
                expected: "1 to 32 of a-z, 0-9, _ and -",
            })
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a tenant hears of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The address; opened by `egress` only.
    pub url: String,
    /// Signs what is sent there.
    pub secret: Secret,
    /// What signed before it and is not forgotten yet, the latest first; at most [`Self::MOST_FORMER`].
    pub former_secrets: Vec<FormerSecret>,
    /// What its owner wrote about it. At most 255 characters.
    pub description: Option<String>,
    /// Which events it hears of; none listed means all, later ones included.
    pub event_types: Vec<EventType>,
    /// Which spelling of the photo events it wants.
    pub naming: EventNaming,
    /// In whose words it is spoken to.
    pub dialect: DialectName,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why nothing is sent any more, if that was not its owner's wish.
    pub disabled: Option<Disabled>,
    /// What the tries of late tell about the receiver.
    pub health: Health,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed; `None` when it never did.
    pub updated_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: Version,
}

/// A secret that was replaced, and still signs beside the new one for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when it signs.
    pub until: Timestamp,
}

/// That an endpoint was disabled without its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: WhyDisabled,
}

/// Why an endpoint was disabled without its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyDisabled {
    /// The receiver said that it is gone for good (HTTP 410).
    Gone,
    /// For days every try failed.
    Failing,
}

/// A one-off address that hears of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The address; opened by `egress` only.
    pub url: String,
    /// Signs what is sent there; unsigned without one.
    pub secret: Option<Secret>,
    /// In whose words it is spoken to.
    pub dialect: DialectName,
}

/// Which spelling of the photo events an endpoint wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventNaming {
    /// `photo_mockup.ready` and its like.
    Current,
    /// The older `2d_mockup.ready` and its like.
    Legacy,
}

/// What can have happened. A cancelled job is no event; a failed upload is a failed render to the
/// dialects that have no word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is spelled out by `name`")]
pub enum EventType {
    RenderSucceeded,
    RenderFailed,
    UploadSucceeded,
    VideoSucceeded,
    VideoFailed,
    PhotoMockupReady,
    PhotoMockupRejected,
    PhotoMockupFailed,
    PhotoMockupRenderSucceeded,
    PhotoMockupRenderFailed,
    WebhookTest,
    EndpointDisabled,
    RenderExported,
}

impl EventType {
    /// Every event, in the published order; those of our own after them.
    pub const ALL: [Self; 13] = [
        Self::RenderSucceeded,
        Self::RenderFailed,
        Self::UploadSucceeded,
        Self::VideoSucceeded,
        Self::VideoFailed,
        Self::PhotoMockupReady,
        Self::PhotoMockupRejected,
        Self::PhotoMockupFailed,
        Self::PhotoMockupRenderSucceeded,
        Self::PhotoMockupRenderFailed,
        Self::WebhookTest,
        Self::EndpointDisabled,
        Self::RenderExported,
    ];

    /// Its name in the current spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RenderSucceeded => "render.succeeded",
            Self::RenderFailed => "render.failed",
            Self::UploadSucceeded => "upload.succeeded",
            Self::VideoSucceeded => "video.succeeded",
            Self::VideoFailed => "video.failed",
            Self::PhotoMockupReady => "photo_mockup.ready",
            Self::PhotoMockupRejected => "photo_mockup.rejected",
            Self::PhotoMockupFailed => "photo_mockup.failed",
            Self::PhotoMockupRenderSucceeded => "photo_mockup_render.succeeded",
            Self::PhotoMockupRenderFailed => "photo_mockup_render.failed",
            Self::WebhookTest => "webhook.test",
            Self::EndpointDisabled => "webhook.endpoint_disabled",
            Self::RenderExported => "render.exported",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventType {
    type Err = ModelError;

    /// Reads the current spelling.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::ALL
            .into_iter()
            .find(|event| event.name() == text)
            .ok_or(ModelError::Malformed {
                field: "event_types",
                expected: "a known event",
            })
    }
}

impl Endpoint {
    /// The longest description in characters.
    pub const LONGEST_DESCRIPTION: usize = 255;
    /// How many replaced secrets are remembered.
    pub const MOST_FORMER: usize = 10;

    /// The secrets that sign a message at `now`, the current one first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let former = self
            .former_secrets
            .iter()
            .filter(move |former| now < former.until);
        std::iter::once(&self.secret).chain(former.map(|former| &former.secret))
    }

    /// The same endpoint with a new secret. The old one signs beside it for `overlap` from `now` on.
    #[must_use]
    pub fn rotated(self, secret: Secret, overlap: Duration, now: Timestamp) -> Self {
        let last = FormerSecret {
            secret: self.secret,
            until: now + overlap,
        };
        let former_secrets = std::iter::once(last)
            .chain(self.former_secrets)
            .filter(|former| now < former.until)
            .take(Self::MOST_FORMER)
            .collect();
        Self {
            secret,
            former_secrets,
            updated_at: Some(now.max(self.created_at)),
            version: self.version.next(),
            ..self
        }
    }

    /// The same endpoint with nothing sent to it any more, which was not its owner's wish.
    #[must_use]
    pub fn given_up(self, why: WhyDisabled, now: Timestamp) -> Self {
        Self {
            enabled: false,
            disabled: Some(Disabled { at: now, why }),
            updated_at: Some(now.max(self.created_at)),
            version: self.version.next(),
            ..self
        }
    }

    /// The same endpoint with another state of health. No change that its owner would see.
    #[must_use]
    pub fn seen(self, health: Health) -> Self {
        Self {
            health,
            version: self.version.next(),
            ..self
        }
    }

    /// Whether it is to be told of `event` now.
    pub fn hears(&self, event: EventType) -> bool {
        self.enabled && self.subscribes(event)
    }

    /// Whether it wants to be told of `event` while it is enabled.
    pub fn subscribes(&self, event: EventType) -> bool {
        self.event_types.is_empty() || self.event_types.contains(&event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_back() {
        for event in EventType::ALL {
            assert_eq!(event.name().parse(), Ok(event));
        }
        assert!("render.done".parse::<EventType>().is_err());
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            id: EndpointId::from_random([1; 16]),
            tenant: TenantId::from_random([2; 16]),
            url: "https://example.com/a".into(),
            secret: Secret::new("s0"),
            former_secrets: vec![],
            description: None,
            event_types: vec![],
            naming: EventNaming::Current,
            dialect: DialectName::new("plain").unwrap(),
            enabled: true,
            disabled: None,
            health: Health::Well,
            created_at: Timestamp::from_micros(0),
            updated_at: None,
            version: Version::FIRST,
        }
    }

    fn signing(endpoint: &Endpoint, now: Timestamp) -> Vec<&str> {
        endpoint.secrets(now).map(Secret::expose).collect()
    }

    #[test]
    fn a_replaced_secret_signs_for_the_overlap_and_no_longer() {
        let (day, now) = (Duration::from_hours(24), Timestamp::from_micros(7));
        let rotated = endpoint().rotated(Secret::new("s1"), day, now);
        assert_eq!(signing(&rotated, now), ["s1", "s0"]);
        assert_eq!(
            signing(&rotated, now + day - Duration::from_micros(1)),
            ["s1", "s0"]
        );
        assert_eq!(signing(&rotated, now + day), ["s1"]);
        let again = rotated.rotated(Secret::new("s2"), day, now + day);
        assert_eq!(
            signing(&again, now + day),
            ["s2", "s1"],
            "what has lapsed is forgotten"
        );
        let none = endpoint().rotated(Secret::new("s1"), Duration::ZERO, now);
        assert!(none.former_secrets.is_empty());
    }

    #[test]
    fn at_most_ten_replaced_secrets_are_kept_the_latest_first() {
        let now = Timestamp::from_micros(7);
        let turned = (1..=30).fold(endpoint(), |endpoint, n| {
            endpoint.rotated(Secret::new(format!("s{n}")), Duration::from_hours(24), now)
        });
        let expected: Vec<String> = (20..=30).rev().map(|n| format!("s{n}")).collect();
        assert_eq!(signing(&turned, now), expected);
        assert_eq!(turned.version, Version(31));
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("whsec_abcd1234");
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        assert_eq!(secret.last_four(), "1234");
        assert_eq!(Secret::new("ab").last_four(), "ab");
    }
}

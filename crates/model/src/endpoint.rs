//! Where a tenant hears of events, and which events there are.

use std::fmt;
use std::str::FromStr;

use marquetry_job::Timestamp;

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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed; `None` when it never did.
    pub updated_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: Version,
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
}

impl EventType {
    /// Every event, in the published order.
    pub const ALL: [Self; 11] = [
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

    /// Whether it is to be told of `event`.
    pub fn hears(&self, event: EventType) -> bool {
        self.enabled && (self.event_types.is_empty() || self.event_types.contains(&event))
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

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("whsec_abcd1234");
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        assert_eq!(secret.last_four(), "1234");
        assert_eq!(Secret::new("ab").last_four(), "ab");
    }
}

//! Why a file was not brought, in words for its tenant: never a secret, never a path of this machine.

use std::time::Duration;

use marquetry_egress::{EgressError, Sent, StatusCode};
use marquetry_model::Trouble;

/// Why a try came to nothing. The next one is made by schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setback {
    /// What went wrong.
    pub(crate) words: String,
    /// What sort of failure that was.
    pub(crate) trouble: Trouble,
    /// The status of the answer, if one came.
    pub(crate) status: Option<u16>,
    /// When the far end wants to be asked again, if it said so.
    pub(crate) retry_after: Option<Duration>,
    /// Who answered, if anybody did.
    pub(crate) lookup: String,
}

/// Why a try broke off.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It did not get there: that counts as a try.
    Setback(Setback),
    /// The file itself cannot be read at this moment; the log is told why. That is no failure of the destination's, so
    /// it is not counted.
    Stuck(String),
}

impl From<Setback> for Stop {
    fn from(setback: Setback) -> Self {
        Self::Setback(setback)
    }
}

impl Setback {
    /// It never left, for a reason on this side.
    pub(crate) fn ours(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            trouble: Trouble::NotSent,
            status: None,
            retry_after: None,
            lookup: String::new(),
        }
    }

    /// It took longer than it may.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        Self {
            trouble: Trouble::TimedOut,
            ..Self::ours(format!("it was not there within {limit:?}"))
        }
    }

    /// No answer came.
    pub(crate) fn unanswered(error: &EgressError) -> Self {
        Self {
            trouble: Trouble::named(error.trouble()),
            ..Self::ours(error.owner_message())
        }
    }

    /// An answer came, and it is none that was hoped for.
    pub(crate) fn answered(words: impl Into<String>, sent: &Sent) -> Self {
        let trouble = match sent.status.as_u16() {
            429 | 502..=504 => Trouble::Overloaded,
            300..400 => Trouble::Redirect,
            200..300 => Trouble::NotHttp,
            _ => Trouble::Status,
        };
        // How much of what is asked for is granted is the schedule's business; a date is not what anybody sends here.
        let retry_after = sent
            .retry_after
            .as_deref()
            .and_then(|text| text.trim().parse().ok());
        Self {
            words: words.into(),
            trouble,
            status: Some(sent.status.as_u16()),
            retry_after: retry_after.map(Duration::from_secs),
            lookup: sent.peer.ip().to_string(),
        }
    }
}

/// A status in words.
pub(crate) fn said(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

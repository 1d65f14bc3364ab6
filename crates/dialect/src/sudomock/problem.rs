//! What a client is told when a request cannot be answered: status, headers and body.
//!
//! A [`Problem`] holds only what may leave the house; what the log should know stays with whoever logs. Its
//! body takes one of six shapes, because that is what existing clients read: an ordinary failure, a mockup file
//! that could not be used, a list of wrong fields, a broken rule between fields, nothing left to pay with, and
//! a limit that was reached.

use std::fmt;
use std::time::Duration;

use marquetry_job::Timestamp;

use super::Code;
use super::hidden_words::is_hidden;
use crate::field::FieldError;
use crate::refusal::seconds;
pub use crate::refusal::{LimitReached, Resource};

mod causes;
mod form;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    status: u16,
    code: Option<Code>,
    told: Told,
    shape: Shape,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Told {
    Text(String),
    Fields(Vec<FieldError>),
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Ordinary,
    Psd { measured: Vec<(&'static str, f64)> },
    Credits { reset_at: Option<Timestamp> },
    Limit(LimitReached),
}

impl Problem {
    /// The HTTP status, 400 to 599.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The stable code, for logs and metrics. Wrong fields (422) have none.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// One line for a log: the text, or the wrong fields one after another.
    pub fn summary(&self) -> String {
        match &self.told {
            Told::Text(text) => text.clone(),
            Told::Fields(fields) => fields
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    /// Headers to send with it, `Content-Type` included.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        headers.extend(self.headers.iter().cloned());
        headers
    }

    /// The body: JSON in the shape that clients expect of this kind of problem.
    pub fn body(&self) -> Vec<u8> {
        super::answer::bytes(&form::Body::from(self))
    }

    fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn with_retry_after(self, wait: Duration) -> Self {
        let wait = seconds(wait).to_string();
        self.with_header("Retry-After", wait)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} {code}: {}", self.status, self.summary()),
            None => write!(f, "{}: {}", self.status, self.summary()),
        }
    }
}

impl std::error::Error for Problem {}

impl Resource {
    fn wire(self) -> &'static str {
        match self {
            Self::Renders => "concurrent-render",
            Self::Uploads => "concurrent-upload",
        }
    }
}

/// How a failed job's own code is spelled to clients: its known spelling, else in capitals, else (when clients
/// would hide it, or it is no plain word) the general one.
pub(crate) fn spelled(code: &str) -> String {
    if let Some(known) = Code::of_failure(code) {
        return known.as_str().to_owned();
    }
    let plain = !code.is_empty()
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && !is_hidden(code) {
        code.to_ascii_uppercase()
    } else {
        Code::ProcessingFailed.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests;

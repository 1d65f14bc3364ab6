//! What goes back to a client, whichever dialect it speaks.

use serde::Serialize;

/// What goes back to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers that belong to it, `Content-Type` included when there is a body.
    pub headers: Vec<(&'static str, String)>,
    /// The body, empty for 204.
    pub body: Vec<u8>,
}

impl Answer {
    /// 204: done, and nothing to say.
    pub fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn json(status: u16, form: &impl Serialize) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: bytes(form),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The JSON text of a form of this crate, in the order its members are declared.
pub(crate) fn bytes(form: &impl Serialize) -> Vec<u8> {
    // A struct of text, numbers and lists has no way to fail: no map keys that are not text, no I/O.
    serde_json::to_vec(form).unwrap_or_default()
}

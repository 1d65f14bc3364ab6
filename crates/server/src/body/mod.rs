//! Bytes in and bytes out: bodies of requests under limits, bodies of answers from memory or from a stream.

mod content;
mod form;
mod incoming;

pub(crate) use content::{Content, Outgoing};
pub(crate) use form::{FormError, Part, Parts};
pub(crate) use incoming::{BodyError, Budget, Reading, Whole};

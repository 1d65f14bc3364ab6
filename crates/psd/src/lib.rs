//! Bytes of a PSD or PSB to a `Document`, without a panic and within limits.

pub mod error;
pub mod limits;
pub mod reader;

pub use error::{PsdError, Section};
pub use limits::{Limit, Limits};

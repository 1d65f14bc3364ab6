//! Connections: accepted up to a number, watched while they are quiet, drained at the end.

mod accept;
mod vitals;

pub use accept::serve;
pub(crate) use vitals::{Sending, Working};

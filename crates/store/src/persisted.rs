//! The stored forms of the nouns, shared by every store that keeps rows and JSON.
//!
//! A row has columns for what is searched and sorted by, and JSON for the rest. The JSON states its
//! version (`"v":1`). A reader ignores members it does not know and has a default for members that
//! came later, so that an old and a new program can work side by side on one database. What it cannot
//! understand is [`StoreError::Unreadable`], never a guess.
//!
//! Nothing here is `serde` on the nouns themselves: each form is converted by hand, so that a noun can
//! change without touching what lies in databases.

use marquetry_job::Timestamp;
use marquetry_model::Version;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

mod attempt;
mod batch;
mod catalogue;
mod delivery;
mod destination;
mod endpoint;
mod fidelity;
mod job;
mod ledger;
mod mockup;
mod readable;
mod record;
mod scalar;
mod schema;
mod spec;
mod state;
mod template;
mod text;
mod timeline;

#[cfg(test)]
mod round_trip;

pub use attempt::AttemptRow;
pub(crate) use batch::pending_id;
pub use delivery::{DeliveryColumns, DeliveryRow, TurnRow, file_column, shown_name};
pub use endpoint::EndpointRow;
pub use fidelity::{fidelity_from_json, fidelity_to_json};
pub use job::{JobRow, StepRow, priority_column};
pub use ledger::{AccountRow, LedgerRow};
pub use mockup::MockupRow;
pub use readable::readable;
pub use record::RecordRow;
pub use schema::{missing_steps, step_checksum};

/// The version that every JSON form here is written in.
const V: u32 = 1;

/// What is wrong with a stored form.
#[derive(Debug)]
struct Problem(String);

impl<E: std::error::Error> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Problem {
    /// The same, naming the record.
    fn of(self, id: &impl std::fmt::Display) -> Self {
        Self(format!("{id}: {}", self.0))
    }

    fn in_a(self, what: &'static str) -> StoreError {
        StoreError::Unreadable {
            what,
            problem: self.0,
        }
    }
}

/// JSON text to a form; explains a form of another version as such.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    #[derive(Deserialize)]
    struct OnlyVersion {
        v: u32,
    }
    serde_json::from_str(json).map_err(|error| match serde_json::from_str::<OnlyVersion>(json) {
        Ok(OnlyVersion { v }) if v != V => Problem(format!("it has version {v}, known is {V}")),
        _ => Problem::from(error),
    })
}

/// A form's version, checked.
fn known(v: u32) -> Result<(), Problem> {
    if v == V {
        Ok(())
    } else {
        Err(Problem(format!("it has version {v}, known is {V}")))
    }
}

/// A form to JSON text. A form is made of strings, numbers, lists and structs with named members, so
/// writing it cannot fail; were it ever to, an empty text is refused when it is read.
fn write<T: serde::Serialize>(form: &T) -> String {
    serde_json::to_string(form).unwrap_or_default()
}

/// A version as databases count.
pub fn version_column(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(i64::MAX)
}

fn version(column: i64) -> Result<Version, Problem> {
    u64::try_from(column).map(Version).map_err(Problem::from)
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

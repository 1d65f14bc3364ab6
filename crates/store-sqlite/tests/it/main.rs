//! SQLite against the suite, against the model, against sudden death, and against other processes.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod conformance;
mod death;
mod files;
mod model;
mod plans;
mod unreadable;
mod upgrade;

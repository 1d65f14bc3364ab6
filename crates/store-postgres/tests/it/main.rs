//! PostgreSQL against the suite, against the model, against lost connections, and against wrong clocks.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod batches;
mod conformance;
mod model;
mod news;
mod opening;
mod outage;
mod plans;
mod time;
mod unreadable;
mod upgrade;
mod world;

//! The laws of `job`, over random sequences of events.

mod deliveries;
mod jobs;

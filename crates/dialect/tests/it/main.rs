//! The dialect as its clients meet it: published examples word for word, every error by name, and laws.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod fixtures;
mod jobs;
mod laws;
mod lists;
mod mockups;
mod renders;
mod templified;
mod uploads;
mod webhooks;

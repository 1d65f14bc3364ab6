//! Answers of this dialect, made from the nouns of `model`.
//!
//! Every function gives a whole [`Answer`](crate::Answer). A member that does not apply is left out, never null, but where the
//! contract says null.

mod batch;
mod design;
mod destination;
mod group;
mod job;
mod team;
mod template;

pub use batch::{accepted_batch, poll_batch};
pub use design::{created_design, design, designs};
pub use destination::{destination, destinations, preset, presets};
pub use group::{group, groups};
pub use job::{accepted, exported, poll, still_going};
pub use team::{Seat, seated, seated_and_accepted};
pub use template::{TemplateView, asset, assets, created_template, layout, template, templates};

pub(super) use job::{Ended, Subject, output_url, status_word};

/// How many seconds a client should wait before it asks again.
const POLL_SECONDS: &str = "2";

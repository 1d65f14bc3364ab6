//! The store traits in SQL. Each function writes rows out and reads them back; the forms inside the rows
//! are those of [`marquetry_store::persisted`].

mod adding;
mod claiming;
mod columns;
mod deliveries;
mod endpoints;
mod jobs;
mod keys;
mod ledger;
mod line;
mod mockups;
mod owing;
mod records;
mod redelivering;
mod served;
mod swapping;
mod together;

pub(crate) use adding::Adding;
pub(crate) use redelivering::Redelivering;
pub(crate) use swapping::Swapping;

/// An id as PostgreSQL knows it.
fn uuid(bytes: &[u8; 16]) -> uuid::Uuid {
    uuid::Uuid::from_bytes(*bytes)
}

/// A text that PostgreSQL takes: it has no character for zero.
fn text(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// How many rows at most.
fn limit(limit: u32) -> i64 {
    i64::from(limit)
}

//! The store traits in SQL. Each function writes rows out and reads them back; the forms inside the rows
//! are those of [`marquetry_store::persisted`].

mod deliveries;
mod endpoints;
mod jobs;
mod keys;
mod ledger;
mod line;
mod mockups;
mod records;
mod repeats;
mod standing;

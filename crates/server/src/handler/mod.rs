//! What each route does: read with `dialect`, ask `service`, answer with `dialect`. A module for each noun.

pub(crate) mod account;
pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod mockups;
pub(crate) mod renders;
mod submitting;
pub(crate) mod templified;
pub(crate) mod uploads;
pub(crate) mod watching;

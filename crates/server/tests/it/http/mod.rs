//! The HTTP half against a real server on the loopback: real sockets, a real worker, blobs in a folder.

mod accounts;
pub(crate) mod client;
mod connections;
mod errors;
mod fidelity;
mod files;
mod idempotency;
mod jobs;
mod mockups;
mod renders;
mod seeing;
mod shapes;
pub(crate) mod site;
mod templified;
mod tenants;
mod tricks;
mod uploads;
mod webhooks;

//! The worker at work: real stores, a real folder of blobs, a real door out and a real HTTP server.

mod claiming;
mod interruptions;
mod renders;
mod uploads;
mod workshop;

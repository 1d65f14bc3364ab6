//! The door against real sockets: what must not be reached listens, and counts who comes.

#![expect(
    clippy::unwrap_used,
    reason = "a far end that cannot be set up ends the test, as it should"
)]

mod counting;
mod dns;
mod far_end;
mod keeping;
mod limits;
mod logs;
mod own_network;
mod proxies;
mod redirects;
mod sending;
mod tls;
mod tricks;

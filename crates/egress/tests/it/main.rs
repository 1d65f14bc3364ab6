//! The door against real sockets: what must not be reached listens, and counts who comes.

mod dns;
mod far_end;
mod limits;
mod redirects;
mod sending;
mod tls;
mod tricks;

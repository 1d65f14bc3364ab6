//! The reference HTTP server on hyper, the command line, wiring.
//!
//! [`serve`] takes a socket, an [`App`] and a future that says when to stop; it reads no environment, opens no
//! file and decides nothing about renders. A route reads a request with `dialect`, asks `service`, and answers in
//! the words of `dialect` again.
//!
//! # What is promised
//!
//! * Every answer carries an `x-request-id`, the one that came if it is sane, and so does every line that is
//!   logged on its behalf.
//! * Every answer that is no success is JSON in the shape that clients of the dialect read, also where no route
//!   answers, a method is wrong, or a handler panicked.
//! * Nothing a client sends is held without a limit: heads, bodies, connections, and the bodies of all requests
//!   together (see [`Config`]). Whoever sends or reads too slowly is cut off.
//! * An uploaded file is streamed into the blob storage and never held in memory.
//! * There are no redirects: a slash at the end of a path does not count, and the older path of a route is the
//!   same route.
//! * When told to stop, it answers what was begun; whoever waits for a job is told where to look for it.
//!
//! # Who may read what
//!
//! Everything but the list of plans, the two health routes and files needs an API key, and what belongs to another
//! tenant is answered like what does not exist. **Files are public to whoever knows their address**, as they are
//! on a CDN: the address of a result holds the id of its job, 122 random bits, and the address of a preview that of
//! its mockup. Uploaded files and assets are never served.
//!
//! In reading order: [`Config`] has the limits, `connection` accepts and watches, `dispatch` walks one request
//! through, `route` is the one table of routes, `body` reads and writes bytes, `handler` has a module for each
//! noun, and `problem` says what a client is told when the service could not do it.

mod admission;
mod app;
mod body;
mod call;
mod config;
mod connection;
mod dispatch;
mod gate;
mod handler;
mod problem;
mod range;
mod rate;
mod reply;
mod request_id;
mod route;

pub use app::{Account, App};
pub use config::Config;
pub use connection::serve;
pub use rate::Rate;
pub use route::{Guard, RouteName, routes};

//! The limits of the HTTP half. Every one is finite by default, and every one can be changed.

use std::time::Duration;

use crate::Rate;

/// How much, how long and how many. What jobs and files may cost is set at the service and the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The most bytes of a body that is not a file, for one request. Default: 70 MiB, which holds a picture of
    /// 50 MiB in base64.
    pub body_bytes: u64,
    /// The most bytes of a body of field values, and of a layout. Default: 1 MiB.
    pub values_bytes: u64,
    /// The most bytes of such bodies at one time, those of all requests together; more are answered with 503.
    /// Reading a body takes up to three times as much memory for a moment. Default: 256 MiB.
    pub bodies_bytes: u64,
    /// How long the head of a request may take, which is also how long a connection may stay idle between two
    /// requests of HTTP/1. Default: 10 s.
    pub head_timeout: Duration,
    /// The most bytes of the head of a request. Default: 32 KiB.
    pub head_bytes: usize,
    /// The most headers of a request. Default: 100.
    pub head_count: usize,
    /// How long a body may pause, and how far it may fall behind [`Self::slowest_bytes_per_second`].
    /// Default: 30 s.
    pub body_pause: Duration,
    /// The slowest that a body may come on average, and an answer be read. Default: 1 KiB a second.
    pub slowest_bytes_per_second: u64,
    /// How long a client may leave an answer unread. Default: 30 s.
    pub unread: Duration,
    /// How long a connection of HTTP/2 may stay without a request. Default: 60 s.
    pub idle: Duration,
    /// How many connections at once; more are told 503 and closed. Default: 4096.
    pub connections: usize,
    /// How many submissions are worked on at once; they become fewer while this process is late. Sixteen times as many
    /// may stand in line for a moment; more are told 503. Default: 64.
    pub submissions: usize,
    /// How many requests may be made with one API key, counted by this process. Default: 600,000 a minute and 60,000
    /// at once, which is more than one machine serves: it keeps a caller that runs wild from being free of charge.
    pub requests: Rate,
    /// How many requests without a valid API key may come from one address; more are told 429 instead of 401.
    /// Default: 30 a minute, 60 at once.
    pub strangers: Rate,
    /// How many requests at once on one connection of HTTP/2. Default: 100.
    pub streams: u32,
    /// The longest that a caller may wait for a job before the answer is 202. Client libraries give up after
    /// 120 s, so it should be less. Default: 110 s.
    pub sync_ceiling: Duration,
    /// How long `?sync=true` waits for a render of a template before the answer is 202. Default: 25 s.
    pub sync_wait: Duration,
    /// How long requests that were begun may go on after the server was told to stop. Default: 10 s.
    pub drain: Duration,
    /// How often a stream of events says that it is still there when nothing else happens. It should be less than
    /// [`Self::unread`], and than the patience of any proxy in between. Default: 10 s.
    pub heartbeat: Duration,
    /// How long database and blob storage have to answer before `/readyz` says that they do not. Default: 2 s.
    pub readiness: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            body_bytes: 70 << 20,
            values_bytes: 1 << 20,
            bodies_bytes: 256 << 20,
            head_timeout: Duration::from_secs(10),
            head_bytes: 32 << 10,
            head_count: 100,
            body_pause: Duration::from_secs(30),
            slowest_bytes_per_second: 1024,
            unread: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            connections: 4096,
            submissions: 64,
            requests: Rate {
                per_minute: 600_000,
                burst: 60_000,
            },
            strangers: Rate {
                per_minute: 30,
                burst: 60,
            },
            streams: 100,
            sync_ceiling: Duration::from_secs(110),
            sync_wait: Duration::from_secs(25),
            drain: Duration::from_secs(10),
            heartbeat: Duration::from_secs(10),
            readiness: Duration::from_secs(2),
        }
    }
}

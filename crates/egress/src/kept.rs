//! Connections that stay open between two sends of one party: few, briefly, and never to an address that does not
//! pass now.
//!
//! Nothing here trusts what was true when a connection was opened. Whoever wants one says which addresses were
//! admitted a moment ago; one that leads elsewhere is closed. One on which the far end said anything unasked, or hung
//! up, was closed by its driver before it came here or is found closed when it is asked for.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connect::from_now;
use crate::exchange::Line;
use crate::target::{Admitted, Target};

/// On whose behalf something is sent: any number that is theirs alone, the bits of a UUID for one. Connections are
/// shared within a party and never between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Party(u128);

impl Party {
    /// The party of that number.
    #[must_use]
    pub fn new(number: impl Into<u128>) -> Self {
        Self(number.into())
    }
}

/// How connections are kept open between the sends of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How many may lie idle at a time, those of all parties together; the longest idle makes room for a newer one.
    /// They count among [`crate::Policy::connections`] and give way to a request that finds none left. Zero keeps
    /// none. Default: 128.
    pub idle: usize,
    /// How long one may lie idle. Default: 4 s, a little less than the shortest of what servers commonly allow.
    pub idle_for: Duration,
    /// How old one may be and still be kept, however busy it was: its certificate was judged when it was opened.
    /// Default: 60 s.
    pub age: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            idle: 128,
            idle_for: Duration::from_secs(4),
            age: Duration::from_secs(60),
        }
    }
}

/// What two requests must have in common to go over the same connection, beside the address.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    party: Party,
    port: u16,
    https: bool,
    host: Box<str>,
}

impl Origin {
    pub(crate) fn new(party: Party, target: &Target) -> Self {
        Self {
            party,
            port: target.port(),
            https: target.is_https(),
            host: target.host().into(),
        }
    }
}

struct Idle {
    origin: Origin,
    line: Line,
    until: Instant,
}

/// The connections that lie idle, the longest idle first.
pub(crate) struct Kept {
    keep: Keep,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    idle: VecDeque<Idle>,
    /// Closes what has lain for too long; there is one while anything lies here.
    sweeper: Option<JoinHandle<()>>,
}

impl Kept {
    pub(crate) fn new(keep: Keep) -> Arc<Self> {
        Arc::new(Self {
            keep,
            shelf: Mutex::default(),
        })
    }

    /// Nothing here can be left half done, so a panic elsewhere is no reason to stop.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An open connection to that origin at one of those addresses, the last used first, as it is likeliest to live.
    /// Those of the origin that lead to any other address are closed: all of them, where nothing was admitted.
    pub(crate) fn take(&self, origin: &Origin, admitted: &[Admitted]) -> Option<Line> {
        let now = Instant::now();
        let mut shelf = self.shelf();
        shelf.idle.retain(|idle| {
            idle.origin != *origin
                || (admitted.iter().any(|address| address.addr() == idle.line.peer)
                    && idle.line.is_ready()
                    && now < idle.until)
        });
        let last = shelf.idle.iter().rposition(|idle| idle.origin == *origin)?;
        shelf.idle.remove(last).map(|idle| idle.line)
    }

    /// Closes the one that has lain idle for longest. `false` when there is none.
    pub(crate) fn close_one(&self) -> bool {
        self.shelf().idle.pop_front().is_some()
    }

    /// Keeps a connection on which nothing is under way.
    pub(crate) fn put(self: &Arc<Self>, origin: Origin, line: Line) {
        let now = Instant::now();
        if self.keep.idle == 0
            || now.saturating_duration_since(line.opened) >= self.keep.age
            || !line.is_ready()
        {
            return;
        }
        let mut shelf = self.shelf();
        while shelf.idle.len() >= self.keep.idle {
            shelf.idle.pop_front();
        }
        shelf.idle.push_back(Idle {
            origin,
            line,
            until: from_now(self.keep.idle_for),
        });
        // One that ended with its runtime is as good as none.
        if shelf.sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            shelf.sweeper = Some(tokio::spawn(sweep(Arc::downgrade(self))));
        }
    }

    /// Closes what has lain for too long. When to do so again; `None` when nothing is left.
    fn sweep(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut shelf = self.shelf();
        let over = |idle: &Idle| now >= idle.until || !idle.line.is_ready();
        while shelf.idle.front().is_some_and(over) {
            shelf.idle.pop_front();
        }
        let next = shelf.idle.front().map(|idle| idle.until);
        if next.is_none() {
            shelf.sweeper = None;
        }
        next
    }
}

async fn sweep(kept: Weak<Kept>) {
    loop {
        let Some(next) = kept.upgrade().and_then(|kept| kept.sweep()) else {
            return;
        };
        tokio::time::sleep_until(next).await;
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("keep", &self.keep)
            .field("idle", &self.shelf().idle.len())
            .finish()
    }
}

//! What goes on in one connection, so that a quiet one can be told from a dead one.
//!
//! hyper limits how long the head of a request of HTTP/1 may take. It does not limit how long a client may take to
//! show which version it speaks, how long one of HTTP/2 may stay silent, nor how long an answer may lie unread.
//! Those three are told apart and limited here, whatever the version.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::Config;

/// The pulse of one connection.
#[derive(Debug)]
pub(crate) struct Vitals {
    began: Instant,
    asked: AtomicBool,
    working: AtomicUsize,
    sending: AtomicUsize,
    /// When anything last happened, in milliseconds since the beginning.
    moved: AtomicU64,
}

/// A request that is being worked on.
#[derive(Debug)]
pub(crate) struct Working(Arc<Vitals>);

/// An answer that the client has not taken whole.
#[derive(Debug)]
pub(crate) struct Sending(Arc<Vitals>);

impl Vitals {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            asked: AtomicBool::new(false),
            working: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            moved: AtomicU64::new(0),
        })
    }

    /// Notes that a request has come.
    pub(crate) fn begin(self: &Arc<Self>) -> Working {
        self.asked.store(true, Ordering::Relaxed);
        self.working.fetch_add(1, Ordering::Relaxed);
        self.moved();
        Working(Arc::clone(self))
    }

    /// Whether any request has come.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// How long the connection may go on as it is; zero when its time is up.
    pub(crate) fn left(&self, config: &Config) -> Duration {
        if self.working.load(Ordering::Relaxed) > 0 {
            // Reading the body and waiting for a job have limits of their own. Look again later.
            return config.unread.max(Duration::from_secs(1));
        }
        let allowed = if self.sending.load(Ordering::Relaxed) > 0 {
            config.unread
        } else if self.was_asked() {
            config.idle
        } else {
            config.head_timeout
        };
        let moved = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        allowed.saturating_sub(self.began.elapsed().saturating_sub(moved))
    }

    fn moved(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.fetch_max(since, Ordering::Relaxed);
    }
}

impl Working {
    /// The answer is there and goes out from now on.
    pub(crate) fn into_sending(self) -> Sending {
        self.0.sending.fetch_add(1, Ordering::Relaxed);
        Sending(Arc::clone(&self.0))
    }
}

impl Sending {
    /// Notes that the client took something.
    pub(crate) fn moved(&self) {
        self.0.moved();
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.moved();
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.moved();
        self.0.sending.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_quiet_has_its_own_limit() {
        let config = Config {
            head_timeout: Duration::from_secs(10),
            unread: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            ..Config::default()
        };
        let vitals = Vitals::new();
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(vitals.left(&config), Duration::from_secs(6));

        let working = vitals.begin();
        tokio::time::advance(Duration::from_secs(500)).await;
        assert!(vitals.left(&config) > Duration::ZERO, "work has its own limits");

        let sending = working.into_sending();
        assert_eq!(vitals.left(&config), Duration::from_secs(30));
        tokio::time::advance(Duration::from_secs(29)).await;
        sending.moved();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(vitals.left(&config), Duration::from_secs(1));

        drop(sending);
        assert_eq!(vitals.left(&config), Duration::from_secs(60));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(vitals.left(&config), Duration::ZERO);
    }
}

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
    /// Bytes of the answers that go out now, and how long the client let us wait before it took them, in milliseconds.
    sent: AtomicU64,
    waited: AtomicU64,
    /// When anything last happened, in milliseconds since the beginning.
    moved: AtomicU64,
}

/// A request that is being worked on.
#[derive(Debug)]
pub(crate) struct Working(Arc<Vitals>);

/// An answer that the client has not taken whole.
#[derive(Debug)]
pub(crate) struct Sending {
    vitals: Arc<Vitals>,
    /// When the client was last given something to take.
    given: Option<Instant>,
}

impl Vitals {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            asked: AtomicBool::new(false),
            working: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            waited: AtomicU64::new(0),
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
        if self.sending.load(Ordering::Relaxed) > 0 && self.is_read_too_slowly(config) {
            return Duration::ZERO;
        }
        let moved = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        allowed.saturating_sub(self.began.elapsed().saturating_sub(moved))
    }

    /// Whether the client takes a little now and then, so that no pause is too long, and yet too little in all.
    fn is_read_too_slowly(&self, config: &Config) -> bool {
        let owed = self.sent.load(Ordering::Relaxed) / config.slowest_bytes_per_second.max(1);
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        waited > config.unread + Duration::from_secs(owed)
    }

    fn moved(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.fetch_max(since, Ordering::Relaxed);
    }
}

impl Working {
    /// The answer is there and goes out from now on.
    pub(crate) fn into_sending(self) -> Sending {
        let vitals = Arc::clone(&self.0);
        if vitals.sending.fetch_add(1, Ordering::Relaxed) == 0 {
            vitals.sent.store(0, Ordering::Relaxed);
            vitals.waited.store(0, Ordering::Relaxed);
        }
        Sending { vitals, given: None }
    }
}

impl Sending {
    /// Notes that the client took what it was given, and wants more. While there is nothing to give it, it is not the
    /// client that is slow.
    pub(crate) fn moved(&mut self) {
        self.vitals.moved();
        if let Some(given) = self.given.take() {
            let waited = u64::try_from(given.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.vitals.waited.fetch_add(waited, Ordering::Relaxed);
        }
    }

    /// Notes that the client is given `bytes`.
    pub(crate) fn gives(&mut self, bytes: u64) {
        self.given = Some(Instant::now());
        self.vitals.sent.fetch_add(bytes, Ordering::Relaxed);
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
        self.vitals.moved();
        self.vitals.sending.fetch_sub(1, Ordering::Relaxed);
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

        let mut sending = working.into_sending();
        assert_eq!(vitals.left(&config), Duration::from_secs(30));
        tokio::time::advance(Duration::from_secs(29)).await;
        sending.moved();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(vitals.left(&config), Duration::from_secs(1));

        // 20 KiB at a time, each taken after 29 s: no pause is too long, and yet it is too slow.
        for _ in 0..4 {
            sending.gives(20 << 10);
            tokio::time::advance(Duration::from_secs(29)).await;
            sending.moved();
        }
        assert_eq!(vitals.left(&config), Duration::ZERO);
        sending.gives(1 << 20);
        assert!(vitals.left(&config) > Duration::ZERO, "it may catch up");
        sending.moved();

        drop(sending);
        assert_eq!(vitals.left(&config), Duration::from_secs(60));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(vitals.left(&config), Duration::ZERO);
    }
}

//! Who holds a job, since which claim and until when; and what has been counted about it so far.

use std::fmt;

use crate::Timestamp;

/// One worker process, from its start to its end. A process that restarts is another worker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId([u8; 16]);

impl WorkerId {
    /// A worker named by sixteen random bytes, drawn once when the process starts.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes it was made of.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkerId({self})")
    }
}

/// The number of a try, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u32);

impl Attempt {
    /// The first try.
    pub const FIRST: Self = Self(1);

    /// The `number`th try; zero counts as the first.
    pub const fn new(number: u32) -> Self {
        Self(if number == 0 { 1 } else { number })
    }

    /// The number, from one upwards.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The try after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What has been counted about a job or a delivery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The try that is being made or comes next.
    pub attempt: Attempt,
    /// How often somebody claimed it. It is also the epoch of the latest lease, and more than zero
    /// means that work has begun at least once.
    pub starts: u32,
    /// How often its holder vanished: the lease lapsed, or the process was found dead.
    pub crashes: u32,
}

impl Tally {
    /// Nothing has happened yet.
    pub const NEW: Self = Self {
        attempt: Attempt::FIRST,
        starts: 0,
        crashes: 0,
    };

    pub(crate) const fn started(self) -> Self {
        Self {
            starts: self.starts.saturating_add(1),
            ..self
        }
    }

    pub(crate) const fn crashed(self) -> Self {
        Self {
            crashes: self.crashes.saturating_add(1),
            ..self
        }
    }

    pub(crate) const fn next_attempt(self) -> Self {
        Self {
            attempt: self.attempt.next(),
            ..self
        }
    }
}

/// The proof of a hold: who claimed, and which claim it was. A worker shows it with every event it
/// reports, and an older epoch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Who claimed.
    pub worker: WorkerId,
    /// The how-manieth claim of this job it was.
    pub epoch: u32,
}

/// A timed hold on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose it is, and which claim gave it.
    pub hold: Hold,
    /// From this moment on, anyone may claim the job.
    pub until: Timestamp,
}

impl Lease {
    /// Whether the holder has been silent for too long at `now`.
    pub fn lapsed(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}

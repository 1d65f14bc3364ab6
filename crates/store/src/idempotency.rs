//! Making a submission safe to repeat: the key a caller chose is remembered with the job.

use std::fmt;
use std::time::Duration;

use marquetry_job::Timestamp;
use marquetry_model::{Denied, Job};

/// A hash of the request that came with a key, so that the same key on another request is noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(")?;
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..)")
    }
}

/// A caller's wish that the same submission be taken once only. It belongs to the job's tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The key as the caller sent it, 1 to 255 characters, with method and route before it when one
    /// key may serve several.
    pub key: String,
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// From this moment on the key is forgotten and may be used anew.
    pub until: Timestamp,
}

impl IdempotencyClaim {
    /// How long a key is remembered by default.
    pub const KEPT: Duration = Duration::from_hours(24);
}

/// What became of a job that was to be inserted.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "all but `New` mean that the new job was not inserted"]
pub enum Inserted {
    /// It is durable now.
    New,
    /// The same submission was taken before; this is the job it led to, as it stands now.
    Twin(Box<Job>),
    /// The key belongs to another request.
    Conflict,
    /// It costs more than its tenant has, or may not be begun: nothing was inserted, nothing is held.
    Denied(Denied),
}

//! The sign that a walk is to stop: raised once by who stands beside it, looked at by whoever walks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cause::Trouble;

/// Why a walk is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// Somebody wants the job cancelled.
    Cancel,
    /// The job is no longer ours.
    LeaseLost,
    /// The attempt has had its time.
    Deadline,
    /// This worker shuts down and has waited long enough.
    Shutdown,
}

/// Shared between a walk, its work on the pool, and who stands beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the walk is to stop.
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was raised. Cheap enough for every band of a drawing.
    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// To be asked between two rooms.
    pub(crate) fn check(&self) -> Result<(), Trouble> {
        if self.is_raised() {
            Err(Trouble::Stopped)
        } else {
            Ok(())
        }
    }
}

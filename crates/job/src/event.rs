//! What can happen to a job, in the past tense, and why some of it cannot happen now.

use crate::{Cause, Hold, Timestamp, WorkerId};

/// What happened to a job. Events that a worker reports carry its [`Hold`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// A worker took the job until a moment. Also legal on a running job whose lease has lapsed; it
    /// then counts the crash first, and may find that it was one too many.
    Claimed {
        /// Who took it.
        worker: WorkerId,
        /// How long it may be silent.
        until: Timestamp,
    },
    /// The holder is alive and goes on.
    Renewed {
        /// The holder.
        by: Hold,
        /// How long it may be silent now. An earlier moment than the present one is ignored.
        until: Timestamp,
    },
    /// Nobody renewed the lease in time.
    LeaseLapsed,
    /// The holder is known to be dead before its lease lapsed, for example because the machine that
    /// alone uses this store has just started again.
    HolderDied {
        /// The holder that is dead.
        was: Hold,
    },
    /// The holder gives the job back unfinished because it shuts down. Not a failed attempt.
    HandedBack {
        /// The holder.
        by: Hold,
    },
    /// The work is done and its results are stored.
    Finished {
        /// The holder.
        by: Hold,
    },
    /// The attempt broke.
    Broke {
        /// The holder.
        by: Hold,
        /// Why, and whether to try again.
        cause: Cause,
    },
    /// Somebody with the right to do so wants the job stopped.
    CancelAsked,
    /// The holder saw that the job is to be cancelled and has stopped.
    Stopped {
        /// The holder.
        by: Hold,
    },
    /// The job has had all the time it may have, waiting included.
    DeadlinePassed,
}

impl JobEvent {
    /// Its name, for logs and error texts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Claimed { .. } => "claimed",
            Self::Renewed { .. } => "renewed",
            Self::LeaseLapsed => "lease lapsed",
            Self::HolderDied { .. } => "holder died",
            Self::HandedBack { .. } => "handed back",
            Self::Finished { .. } => "finished",
            Self::Broke { .. } => "broke",
            Self::CancelAsked => "cancel asked",
            Self::Stopped { .. } => "stopped",
            Self::DeadlinePassed => "deadline passed",
        }
    }
}

/// An event that cannot happen to a state. The state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen to what is {state}: {why}")]
pub struct IllegalStep {
    /// The name of the state.
    pub state: &'static str,
    /// The name of the event.
    pub event: &'static str,
    /// What stands against it.
    pub why: WhyIllegal,
}

/// What stands against a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum WhyIllegal {
    /// The state is terminal.
    #[error("it has ended")]
    Ended,
    /// Another worker, or a later claim of the same worker, holds it.
    #[error("it is held by another claim")]
    HeldByAnother,
    /// A lease that has not lapsed protects it.
    #[error("its lease has not lapsed")]
    StillHeld,
    /// Nobody holds it.
    #[error("nobody holds it")]
    NotHeld,
    /// It waits for a later moment.
    #[error("it is not due yet")]
    NotDue,
    /// Only a job whose cancel was asked can be stopped.
    #[error("nobody asked to cancel it")]
    NotAsked,
}

//! Why a job failed: one field for the client, another for the log, and whether trying again helps.

/// Codes that the engine itself gives; workers bring their own for what went wrong in their work.
pub mod code {
    /// The worker died too often while it held this job.
    pub const WORKER_CRASHED: &str = "worker_crashed";
    /// The job was not done by its deadline.
    pub const TIMED_OUT: &str = "timed_out";
}

/// The one question a worker asks an error: again later, or never?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Again {
    /// The world may be different next time (a server was down, a disk was full).
    Later,
    /// The same input will fail the same way.
    Never,
}

/// Why a job failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable word in `snake_case` that programs may compare.
    pub code: String,
    /// A short sentence for the client. Never holds a path, an address or another tenant's name.
    pub message: String,
    /// Everything that helps the operator; goes to the log and never to the client.
    pub detail: String,
}

/// Why one attempt broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What the job fails with if this was its last attempt.
    pub failure: Failure,
    /// Whether another attempt may end better.
    pub again: Again,
}

impl Failure {
    /// A failure with a code, a message for the client and a detail for the log.
    pub fn new(code: impl Into<String>, message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            detail: detail.into(),
        }
    }

    pub(crate) fn worker_crashed(crashes: u32) -> Self {
        Self::new(
            code::WORKER_CRASHED,
            format!("the job was given up: whoever worked on it died {crashes} times"),
            format!("the holder vanished {crashes} times"),
        )
    }

    pub(crate) fn timed_out(phase: &str) -> Self {
        Self::new(
            code::TIMED_OUT,
            "the job took longer than it may",
            format!("the deadline passed while the job was {phase}"),
        )
    }
}

impl Cause {
    /// A cause that another attempt may not meet.
    pub fn later(failure: Failure) -> Self {
        Self {
            failure,
            again: Again::Later,
        }
    }

    /// A cause that every attempt will meet.
    pub fn never(failure: Failure) -> Self {
        Self {
            failure,
            again: Again::Never,
        }
    }
}

//! The line that jobs wait in: who is next, and who is passed over.
//!
//! Tenants take turns. Each job is given a turn when it comes in, a number that grows with what its tenant has in
//! line and never falls behind what is being served, and those with the lowest turns go first. So a tenant that
//! submits ten thousand jobs stands in line ten thousand times, and one that submits a single job stands beside its
//! first one, not behind its last. This is start-time fair queueing (Goyal, Vin, Cheng: *Start-time Fair Queuing*,
//! 1996), with one job as the unit of work.

use marquetry_job::{JobState, Timestamp};
use marquetry_model::{Job, JobId};

/// Which of the jobs that are due to find. See [`JobStore::due_jobs`](crate::JobStore::due_jobs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The present moment.
    pub now: Timestamp,
    /// The most jobs to find.
    pub limit: u32,
    /// How many jobs of one tenant may run: those that run count, and those found here. Waiting jobs beyond it are
    /// passed over, and the jobs of other tenants behind them are found.
    pub at_once: u32,
    /// Which priority comes first.
    pub first: First,
    /// What becomes of suspects.
    pub suspects: Suspects,
}

/// What becomes of suspects that are due: waiting jobs whose holder has vanished before, see
/// [`is_suspect`](marquetry_job::JobState::is_suspect).
///
/// A job that takes its process with it takes along whatever ran beside it. Were those jobs run together again, one
/// poison job would use up the starts of its neighbours with its own. So whoever claims says whether it runs anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Suspects {
    /// They stand in line like all others: right for those who look and do not take.
    #[default]
    InLine,
    /// They are passed over: right for a process that runs something.
    ///
    /// What they may run is kept for them. While a suspect is due it counts as running against what its tenant may run
    /// at once, so that its tenant's other jobs do not keep it waiting for ever.
    PassedOver,
    /// Right for a process that runs nothing. Where a lease has lapsed, nothing but such jobs is found; else the
    /// suspect that has been due longest, by `(due, created_at, id)`, and nothing else, unless its tenant has enough
    /// running; else, what [`Self::PassedOver`] finds.
    Alone,
}

/// A suspect that waits for a process that runs nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Which job it is.
    pub job: JobId,
    /// Since when it could have been taken.
    pub due: Timestamp,
}

impl Suspect {
    /// What is to be told of `job`, if it is one and waits.
    pub fn of(job: &Job) -> Option<Self> {
        let waits = matches!(job.state, JobState::Queued { .. }) && job.state.is_suspect();
        let due = job.state.due().filter(|_| waits)?;
        Some(Self { job: job.id, due })
    }
}

/// Which priority comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum First {
    /// High, then normal, then low.
    #[default]
    Urgent,
    /// One low job, if any may run, and then as [`Self::Urgent`]: asked for now and then, so that low jobs do not wait
    /// for ever.
    OneLow,
}

impl Pick {
    /// At most `limit` of the jobs that are due at `now`, however many of one tenant run, the urgent ones first.
    pub const fn any(now: Timestamp, limit: u32) -> Self {
        Self {
            now,
            limit,
            at_once: u32::MAX,
            first: First::Urgent,
            suspects: Suspects::InLine,
        }
    }
}

//! The line that jobs wait in: who is next, and who is passed over.
//!
//! Tenants take turns. Each job is given a turn when it comes in, a number that grows with what its tenant has in
//! line and never falls behind what is being served, and those with the lowest turns go first. So a tenant that
//! submits ten thousand jobs stands in line ten thousand times, and one that submits a single job stands beside its
//! first one, not behind its last. This is start-time fair queueing (Goyal, Vin, Cheng: *Start-time Fair Queuing*,
//! 1996), with one job as the unit of work.

use marquetry_job::Timestamp;
use marquetry_model::Priority;

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
}

/// Which priority comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum First {
    /// High, then normal, then low.
    #[default]
    Urgent,
    /// Low, then normal, then high: asked for now and then, so that low jobs do not wait for ever.
    Low,
}

impl First {
    /// The priorities in this order.
    pub const fn order(self) -> [Priority; 3] {
        let [high, normal, low] = Priority::ALL;
        match self {
            Self::Urgent => [high, normal, low],
            Self::Low => [low, normal, high],
        }
    }
}

impl Pick {
    /// At most `limit` of the jobs that are due at `now`, however many of one tenant run, the urgent ones first.
    pub const fn any(now: Timestamp, limit: u32) -> Self {
        Self {
            now,
            limit,
            at_once: u32::MAX,
            first: First::Urgent,
        }
    }
}

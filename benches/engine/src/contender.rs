//! What everybody who takes part can do.

use async_trait::async_trait;

use crate::Outcome;

/// How jobs are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taking {
    /// By how many workers at once.
    pub(crate) workers: u32,
    /// How many a worker takes at once, and finishes at once.
    pub(crate) batch: u32,
}

/// One who takes part.
#[async_trait]
pub(crate) trait Contender: Send + Sync {
    /// What it is called in the table.
    fn name(&self) -> String;

    /// Makes `jobs` durable for `callers` who each wait for theirs before they come with the next.
    async fn accept(&self, jobs: u32, callers: u32) -> Outcome<()>;

    /// Gets ready to take jobs: makes connections and prepares statements, so that this is not measured.
    async fn ready(&self, taking: Taking, jobs: u32) -> Outcome<()>;

    /// Claims and finishes the `jobs` that are there, durably, and all of them.
    async fn drain(&self, taking: Taking, jobs: u32) -> Outcome<()>;
}

//! What is asked for on the command line.

use clap::{Parser, ValueEnum};

/// Measures what a job costs the engine, beside what it has to cost.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Plan {
    /// On which stores.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) stores: Vec<Backend>,
    /// How many jobs each measurement takes.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) jobs: u32,
    /// How many finished jobs lie in the second store of ours. 0 leaves that one out.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(..=50_000_000))]
    pub(crate) history: u32,
    /// With how many workers.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8")]
    pub(crate) workers: Vec<u32>,
    /// How many jobs a worker claims and finishes at once.
    #[arg(long, value_delimiter = ',', default_value = "1,32")]
    pub(crate) batches: Vec<u32>,
    /// How often each measurement is repeated; the medians are printed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,
    /// How many jobs are submitted one by one to an idle store.
    #[arg(long, default_value_t = 300)]
    pub(crate) idle: u32,
    /// How many callers submit at once.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) callers: u32,
}

/// Where jobs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A file.
    Sqlite,
    /// A throwaway server, or that of `MARQUETRY_TEST_POSTGRES`.
    Postgres,
}

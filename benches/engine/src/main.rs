//! What a job costs the engine, beside what it has to cost: the same work by our stores, by bare statements on a bare
//! table (the floor), and by the crate `graphile_worker`, in turn, in one run, on one machine.
//!
//! Absolute figures tell about the machine and whoever else used it at that moment, so every figure of ours is
//! paired with one of the floor that was taken a moment before or after, and what counts is the median of the ratios.
//!
//! Reading order: [`plan`] is what is asked for; [`contender`] is what each can do, and [`ours`], [`bare_postgres`],
//! [`bare_sqlite`] and [`graphile`] do it; [`gauge`] reads what it took; [`contest`] has them take turns; [`idle`]
//! times a single job in an empty queue; [`figures`] is what is printed.

mod bare_postgres;
mod bare_sqlite;
mod contender;
mod contest;
mod figures;
mod gauge;
mod graphile;
mod idle;
mod ours;
mod plan;

use std::process::ExitCode;

use clap::Parser as _;

use crate::plan::{Backend, Plan};

/// Whatever goes wrong ends the bench: figures of half a run are worth nothing.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Plan::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(plan: &Plan) -> Outcome<()> {
    for backend in &plan.stores {
        match backend {
            Backend::Sqlite => contest::on_sqlite(plan).await?,
            Backend::Postgres => contest::on_postgres(plan).await?,
        }
    }
    Ok(())
}

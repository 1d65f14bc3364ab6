//! Starts the real program, mistreats it, and prints what came of it.
//!
//! Every command starts `marquetry` as a process of its own, drives it over HTTP, hears its webhooks, and
//! prints a summary for people and one line of JSON for whoever keeps figures. It exits with 1 when any
//! promise was broken and with 2 when it could not find out.
//!
//! Reading order: [`program`] builds and [`process`] starts it; [`site`] is one installation of it with its
//! storage; [`client`], [`receiver`] and [`load`] are those who use it; [`ground`] and [`cluster`] put these together; [`figures`] is what is printed. Then a module
//! for each command, [`torture`] first.

mod accounts;
mod cancel_race;
mod chance;
mod client;
mod cluster;
mod disk_full;
mod failure;
mod figures;
mod ground;
mod journal;
mod load;
mod mockup;
mod neighbour;
mod orphans;
mod overload;
mod poison;
mod postgres;
mod process;
mod program;
mod receiver;
mod rolling;
mod shutdown;
mod site;
mod slow_clients;
mod stale_worker;
mod sync_wait;
mod torture;
mod twins;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::figures::Verdict;

/// Mistreats a real `marquetry` and counts what it breaks.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Kill it under load at random moments and at failpoints, start it again, and compare.
    Torture(torture::Torture),
    /// Ask ten times what it can do, by a timetable that does not wait (O1).
    Overload(overload::Overload),
    /// Hold it with clients that send a byte a second or read nothing (O2).
    SlowClients(slow_clients::SlowClients),
    /// Fill its disks, make them read-only, take its descriptors (O3).
    DiskFull(disk_full::DiskFull),
    /// Let one tenant ask for a hundred times its share (O7).
    Neighbour(neighbour::Neighbour),
    /// Send SIGTERM under load (O4).
    Shutdown(shutdown::Shutdown),
    /// Restart two nodes one after the other under load (O5); on PostgreSQL.
    Rolling(rolling::Rolling),
    /// Let a worker stand still past its lease and go on (R3); on PostgreSQL.
    StaleWorker(stale_worker::StaleWorker),
    /// Kill it while it draws, and see how soon the job is drawn again (R2).
    Orphans(orphans::Orphans),
    /// Cancel jobs that are about to finish (R9).
    CancelRace(cancel_race::CancelRace),
    /// Submit jobs that kill whoever draws them (R10).
    Poison(poison::Poison),
    /// Let many callers wait for more renders than can be made while they wait.
    SyncWait(sync_wait::SyncWait),
    /// Kill a store's process while jobs are paid for, and see that the accounts add up.
    Accounts(accounts::Accounts),
    /// Submit the same thing many times at once under one key (R11).
    Twins(twins::Twins),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return give_up(&error.into()),
    };
    let done = runtime.block_on(async {
        let doing = async {
            match arguments.command {
                Command::Torture(command) => command.run().await,
                Command::Overload(command) => command.run().await,
                Command::SlowClients(command) => command.run().await,
                Command::DiskFull(command) => command.run().await,
                Command::Neighbour(command) => command.run().await,
                Command::Shutdown(command) => command.run().await,
                Command::Rolling(command) => command.run().await,
                Command::StaleWorker(command) => command.run().await,
                Command::Orphans(command) => command.run().await,
                Command::CancelRace(command) => command.run().await,
                Command::Poison(command) => command.run().await,
                Command::SyncWait(command) => command.run().await,
                Command::Accounts(command) => command.run().await,
                Command::Twins(command) => command.run().await,
            }
        };
        // What is dropped half-way takes the processes along that it has started.
        tokio::select! {
            done = doing => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::new("interrupted")),
        }
    });
    // What still waits for an answer that nobody wants is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(Verdict::Kept) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::FAILURE,
        Err(why) => give_up(&why),
    }
}

fn give_up(why: &Failure) -> ExitCode {
    figures::complain(&format!("marquetry-torture: {why}"));
    ExitCode::from(2)
}

//! Starts the real program, mistreats it, and prints what came of it.
//!
//! Every command starts `marquetry` as a process of its own, drives it over HTTP, hears its webhooks, and
//! prints a summary for people and one line of JSON for whoever keeps figures. It exits with 1 when any
//! promise was broken and with 2 when it could not find out.
//!
//! Reading order: [`program`] builds and [`process`] starts it; [`site`] is one installation of it with its
//! storage; [`client`] and [`receiver`] are those who use it; [`figures`] is what is printed. Then a module
//! for each command, [`torture`] first.

mod chance;
mod client;
mod failure;
mod figures;
mod journal;
mod mockup;
mod process;
mod program;
mod receiver;
mod site;
mod torture;

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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return give_up(&error.into()),
    };
    let done = runtime.block_on(async {
        match arguments.command {
            Command::Torture(torture) => torture.run().await,
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

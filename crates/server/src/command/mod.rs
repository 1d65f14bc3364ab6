//! The command line: what `marquetry` can be told to do. One module a subcommand.

mod account;
mod carrying;
mod database;
mod demo;
mod engine;
#[cfg(feature = "failpoints")]
mod failing_blobs;
mod fidelity;
mod figures;
mod fonts;
mod hearing;
mod inspect;
mod keys;
mod limits;
mod outside;
mod render;
mod serve;
mod storage;
mod terminal;
#[cfg(feature = "otel")]
mod traces;
mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The system's own makes threads wait for each other wherever one frees what another took, which is what servers do.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lays designs into Photoshop mockups and hands back the pictures.
#[derive(Debug, Parser)]
#[command(name = "marquetry", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API, with render workers in this process.
    Serve(serve::Serve),
    /// Claim and render jobs; serve nothing.
    Worker(serve::Work),
    /// Draw one PSD to a picture, without a server.
    Render(render::Render),
    /// List what a PSD holds: layers, smart objects, text layers, warnings.
    Inspect(inspect::Inspect),
    /// Create, list and revoke the API keys of a data directory or database.
    Keys(keys::Keys),
    /// Pay in, suspend and show the accounts of tenants that pay beforehand.
    Account(account::Account),
    /// See it all work in a minute: server, upload, render, poll, webhook.
    Demo(demo::Demo),
    /// Hear events on this machine, and send again what did not arrive.
    Webhooks(webhooks::Webhooks),
}

/// Why a command could not do its work: one line for people, with its causes.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let step = error.to_string();
            // Some errors repeat their cause in their own words.
            if !text.ends_with(&step) {
                text.push_str(": ");
                text.push_str(&step);
            }
            cause = error.source();
        }
        Self(text)
    }
}

/// Reads the arguments and does what they say: 0 done, 1 not done (one line on standard error says
/// why), 2 unusable arguments.
#[must_use]
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(serve) => serve.run(),
        Command::Worker(work) => work.run(),
        Command::Render(render) => render.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Keys(keys) => keys.run(),
        Command::Account(account) => account.run(),
        Command::Demo(demo) => demo.run(),
        Command::Webhooks(webhooks) => webhooks.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => refuse(&why),
    }
}

/// Says in one line on standard error why nothing was done.
pub(crate) fn refuse(why: &str) -> ExitCode {
    terminal::complain(&format!("marquetry: {}", why.replace('\n', " ")));
    ExitCode::FAILURE
}

//! The binary `marquetry-failpoints`: the same program, which dies where `MARQUETRY_FAILPOINT` says.
//! It exists to be tortured and is never shipped.

#[path = "../command/mod.rs"]
mod command;

use std::process::ExitCode;

use marquetry_store::failpoint;

/// Where the plan stands: as in `after-accept-commit:kill@3,blob-call:fail%10`.
const VARIABLE: &str = "MARQUETRY_FAILPOINT";

fn main() -> ExitCode {
    let plan = std::env::var(VARIABLE).unwrap_or_default();
    match failpoint::arm(&plan) {
        Ok(()) => command::run(),
        Err(why) => command::refuse(&format!("{VARIABLE}: {why}")),
    }
}

//! The binary `marquetry`: see `marquetry --help`.

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}

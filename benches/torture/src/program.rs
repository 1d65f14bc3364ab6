//! The program that is mistreated: built from this very checkout, so that it is never an old one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Which build of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it is shipped.
    Plain,
    /// With failpoints, beside the other, as a binary of its own name.
    Failpoints,
}

/// Builds the program the way this one was built, and tells where it lies.
pub(crate) fn build(which: Build) -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "-p",
            "marquetry-server",
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(root)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let name = match which {
        Build::Plain => "marquetry",
        Build::Failpoints => {
            command.args(["--features", "failpoints"]);
            "marquetry-failpoints"
        }
    };
    let done = command.args(["--bin", name]).output()?;
    if !done.status.success() {
        return Err(Failure::new(format!("{name} cannot be built: {}", done.status)));
    }
    let lines = String::from_utf8_lossy(&done.stdout);
    let found = lines.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == name)
            .then(|| message["executable"].as_str().map(PathBuf::from))
            .flatten()
    });
    found.ok_or_else(|| Failure::new(format!("cargo built {name} and does not say where")))
}

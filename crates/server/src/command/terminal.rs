//! Words for the person at the terminal: results on standard output, the rest on standard error.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;

/// Prints one line of the result. A reader that has gone away (`| head`) is no failure.
pub(super) fn say(line: &str) -> Result<(), Failure> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints one line beside the result.
pub(super) fn complain(line: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line that shows work going on, on a terminal only.
pub(super) fn spinner() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = path
        .file_name()
        .ok_or_else(|| Failure::new(format!("{} is no file name", path.display())))?;
    let mut draft = name.to_os_string();
    draft.push(format!(".{}.part", std::process::id()));
    let draft = folder.map_or_else(|| draft.clone().into(), |folder| folder.join(&draft));
    let written = fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&draft);
        return Err(Failure::new(format!(
            "{} cannot be written: {error}",
            path.display()
        )));
    }
    Ok(())
}

/// Reads a file, and says which one when it cannot.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
}

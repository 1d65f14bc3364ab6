//! Writes the files that the demonstration ships: `make-demo OUT_DIR` leaves `mockup.psd` and `design.png` there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use marquetry_testkit::demo;

fn main() -> ExitCode {
    let mut complaint = std::io::stderr();
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        let _ = writeln!(complaint, "usage: make-demo OUT_DIR");
        return ExitCode::from(2);
    };
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("mockup.psd"), demo::mockup_psd()))
        .and_then(|()| std::fs::write(folder.join("design.png"), demo::design_png()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(complaint, "{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

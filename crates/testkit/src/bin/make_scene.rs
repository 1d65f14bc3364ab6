//! Writes the canonical scene that performance is measured on: `make-scene OUT_DIR small|medium|large` leaves
//! `template.psd` and `design.png` there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use marquetry_testkit::scene::{Scene, Size};

fn main() -> ExitCode {
    let mut complaint = std::io::stderr();
    let mut arguments = std::env::args().skip(1);
    let size = |name: String| match name.as_str() {
        "small" => Some(Size::Small),
        "medium" => Some(Size::Medium),
        "large" => Some(Size::Large),
        _ => None,
    };
    let (Some(folder), Some(size)) = (
        arguments.next().map(PathBuf::from),
        arguments.next().and_then(size),
    ) else {
        let _ = writeln!(complaint, "usage: make-scene OUT_DIR small|medium|large");
        return ExitCode::from(2);
    };
    let scene = Scene::new(size);
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("template.psd"), scene.template_psd()))
        .and_then(|()| std::fs::write(folder.join("design.png"), scene.design.to_png()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(complaint, "{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

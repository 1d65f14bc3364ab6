//! `marquetry render` with templates, as a person and as a script call it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates")
}

fn render(template: &Path, output: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_marquetry"))
        .arg("render")
        .arg(template)
        .arg("-o")
        .arg(output)
        .args(more)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_template_becomes_what_its_output_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let template = examples().join("door-sign.json");
    let fields = examples().join("fields/door-sign.json");
    let fields = ["--fields", fields.to_str().unwrap()];
    for (name, start) in [
        ("door.jpg", &b"\xff\xd8\xff"[..]),
        ("door.png", b"\x89PNG"),
        ("door.webp", b"RIFF"),
    ] {
        let file = folder.path().join(name);
        let output = render(&template, &file, &fields);
        assert!(output.status.success(), "{}", told(&output));
        assert_eq!(told(&output), "");
        assert!(fs::read(&file).unwrap().starts_with(start), "{name}");
    }
    let pdf = folder.path().join("door.pdf");
    let refused = render(&template, &pdf, &fields);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told(&refused).contains("one page is a picture"),
        "{}",
        told(&refused)
    );
    assert!(!pdf.exists());
}

#[test]
fn pictures_come_from_a_folder_and_what_stands_in_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let template = examples().join("player-card.json");
    let fields = examples().join("fields/player-card.json");
    let fields = fields.to_str().unwrap();
    let card = folder.path().join("card.jpg");
    let missing = render(&template, &card, &["--fields", fields]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        told(&missing).contains("\"p23.jpg\" is wanted"),
        "{}",
        told(&missing)
    );

    let assets = folder.path().join("assets");
    fs::create_dir(&assets).unwrap();
    fs::write(assets.join("p23.jpg"), include_bytes!("../../assets/design.png")).unwrap();
    let assets = assets.to_str().unwrap();
    let made = render(&template, &card, &["--fields", fields, "--assets", assets]);
    assert!(made.status.success(), "{}", told(&made));
    assert!(
        told(&made).contains("font \"Inter 700\" is not there"),
        "{}",
        told(&made)
    );
    assert!(card.exists());
}

#[test]
fn what_is_wrong_with_a_template_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("wrong.json");
    fs::write(
        &template,
        r#"{ "schema": 1, "id": "a", "name": "A", "revision": 1, "pagse": [] }"#,
    )
    .unwrap();
    let refused = render(&template, &folder.path().join("a.jpg"), &[]);
    assert_eq!(refused.status.code(), Some(1));
    let told = told(&refused);
    assert!(
        told.contains("did you mean \"pages\"?") && told.lines().count() == 1,
        "{told}"
    );
    let placed = render(&template, &folder.path().join("a.jpg"), &["--place", "A=b.png"]);
    assert!(String::from_utf8_lossy(&placed.stderr).contains("--fields"));
}

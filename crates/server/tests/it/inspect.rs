//! `marquetry inspect --fidelity`, as a person and as a script call it.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::http::site::psd;

fn inspect(arguments: &[&std::ffi::OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_marquetry"))
        .arg("inspect")
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn one_file_is_told_layer_by_layer_with_a_heat_map() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("poster.psd");
    let map = folder.path().join("map.png");
    fs::write(&file, psd()).unwrap();
    let text = printed(&inspect(&[
        file.as_ref(),
        "--fidelity".as_ref(),
        "--heat-map".as_ref(),
        map.as_ref(),
    ]));
    assert!(text.contains("25.00% of the pixels"), "{text}");
    assert!(text.contains("75.0% of what is seen was truly drawn"), "{text}");
    assert!(text.contains("cached_raster"), "{text}");
    assert_eq!(&fs::read(&map).unwrap()[1..4], b"PNG");

    let json = printed(&inspect(&[
        file.as_ref(),
        "--json".as_ref(),
        "--fidelity".as_ref(),
    ]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["width"], 120, "what inspect tells anyway");
    assert_eq!(json["fidelity"]["difference"]["off_by_more_than_3_percent"], 25.0);
    assert_eq!(json["fidelity"]["layers"][0]["drawn"], "cached_raster");

    let plain = printed(&inspect(&[file.as_ref(), "--json".as_ref()]));
    let plain: Value = serde_json::from_str(&plain).unwrap();
    assert!(
        plain.get("fidelity").is_none(),
        "unasked, inspect tells what it always told"
    );
}

#[test]
fn a_folder_becomes_a_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.psd"), psd()).unwrap();
    fs::write(folder.path().join("b.PSD"), b"8BPS and no more").unwrap();
    fs::write(folder.path().join("notes.txt"), b"not a PSD").unwrap();
    let table = printed(&inspect(&[folder.path().as_ref(), "--fidelity".as_ref()]));
    let row = table.lines().find(|line| line.starts_with("| a.psd |")).unwrap();
    // The merged picture of this file is grey all over.
    assert!(row.ends_with("| 75% | **no** (one colour) |"), "{row}");
    assert!(table.contains("| b.PSD | | | | | | | error: "), "{table}");
    assert!(
        table.contains("2 files: 1 compared, 0 without a picture to compare with, 1 not drawn."),
        "{table}"
    );
    let rows = printed(&inspect(&[
        folder.path().as_ref(),
        "--fidelity".as_ref(),
        "--json".as_ref(),
    ]));
    let rows: Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows[0]["file"], "a.psd");
    assert!(rows[1]["error"].is_string());

    for wrong in [
        vec![folder.path().as_os_str()],
        vec![
            folder.path().as_ref(),
            "--fidelity".as_ref(),
            "--heat-map".as_ref(),
            "x.png".as_ref(),
        ],
    ] {
        let output = inspect(&wrong);
        assert_eq!(output.status.code(), Some(1), "{wrong:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    }
    let unasked = inspect(&["x.psd".as_ref(), "--heat-map".as_ref(), "x.png".as_ref()]);
    assert_eq!(unasked.status.code(), Some(2));
}

//! Every file of a folder of real ones, when `MARQUETRY_CORPUS` names one.

use std::path::PathBuf;

use marquetry_psd::{Limits, parse};

use crate::damage::walk;

#[test]
fn every_file_of_the_corpus_is_read_to_the_last_channel() {
    let Some(folder) = std::env::var_os("MARQUETRY_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: MARQUETRY_CORPUS names no folder of PSD files");
        return;
    };
    let limits = Limits::default();
    let is_psd = |path: &PathBuf| path.extension().is_some_and(|e| e == "psd" || e == "psb");
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(is_psd).collect();
    files.sort();
    assert!(!files.is_empty(), "no PSD file in that folder");
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let document = match parse(std::fs::read(file).unwrap(), &limits) {
            Ok(document) => document,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        wrong.extend(
            document
                .warnings()
                .iter()
                .map(|warning| format!("{name}: {warning}")),
        );
        wrong.extend(
            walk(&document, &limits)
                .iter()
                .map(|error| format!("{name}: {error}")),
        );
        let planes = document.merged().planes(&limits).unwrap_or_default();
        if planes.len() != usize::from(document.header().channels) {
            wrong.push(format!("{name}: the merged picture has {} planes", planes.len()));
        }
        let odd = planes
            .iter()
            .any(|plane| plane.size != document.size() || plane.damaged_rows != 0);
        wrong.extend(odd.then(|| format!("{name}: the merged picture is not whole")));
    }
    assert!(
        wrong.is_empty(),
        "{} complaints:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

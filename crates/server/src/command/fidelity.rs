//! `marquetry inspect --fidelity`: how close drawings come to Photoshop's own pictures, for one file or
//! for a folder of them.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use marquetry_model::{Comparison, Difference, Export, ExportFormat, ExportSize, Fidelity, Lack};
use marquetry_render::{Limits, OpenMockup, Painter, Report, export, open, report};
use serde_json::{Value, json};

use super::Failure;
use super::terminal::{read, say, spinner, write_whole};

/// The report of an open mockup.
pub(super) fn report_on(mockup: &OpenMockup) -> Result<Report, Failure> {
    let painter = Painter {
        threads: available_parallelism().unwrap_or(NonZeroUsize::MIN),
        ..Painter::default()
    };
    Ok(report(mockup, &painter, &mut ())?)
}

/// Writes the heat map of a report to `path`.
pub(super) fn write_heat_map(mockup: &OpenMockup, report: &Report, path: &Path) -> Result<(), Failure> {
    let Some(map) = &report.heat_map else {
        let why = match &report.fidelity.compared {
            Comparison::NoReference(reason) => reason.explained(),
            Comparison::Measured(_) => "there is none",
        };
        return Err(Failure::new(format!("no heat map: {why}")));
    };
    let options = Export {
        format: ExportFormat::Png,
        size: ExportSize::Original,
        ..Export::default()
    };
    let (png, _) = export(mockup, map, &options, &mut ())?;
    write_whole(path, &png)
}

/// The report as lines for people.
pub(super) fn as_text(fidelity: &Fidelity) -> Vec<String> {
    let mut lines = vec![String::new(), "Fidelity".to_owned()];
    match &fidelity.compared {
        Comparison::NoReference(reason) => lines.push(format!("  {}", reason.explained())),
        Comparison::Measured(difference) => {
            lines.push("  compared with the merged picture in the file, both over white:".to_owned());
            for (name, value) in [
                ("mean CIEDE2000", format!("{:.3}", difference.delta_e_mean)),
                (
                    "off by more than 3/255",
                    format!("{:.2}% of the pixels", difference.off_by_more_than_3),
                ),
                (
                    "mean absolute error",
                    format!("{:.3}/255", difference.mean_absolute_error),
                ),
                ("99th percentile", format!("{:.1}/255", difference.p99)),
            ] {
                lines.push(format!("    {name:<24}{value}"));
            }
        }
    }
    if let Some(share) = fidelity.drawn_share {
        lines.push(format!("  {:.1}% of what is seen was truly drawn", share * 100.0));
    }
    lines.extend(fidelity.document.iter().map(|lack| format!("  {}", lack.why)));
    let names = fidelity.layers.iter().map(|layer| layer.name.chars().count());
    let width = names.max().unwrap_or(0).min(40);
    for layer in &fidelity.layers {
        let why = layer
            .lacks
            .iter()
            .map(|lack| lack.why.as_str())
            .collect::<Vec<_>>();
        let line = format!(
            "  {:<width$}  {:<13}{:<14}{}",
            layer.name,
            layer.kind.name(),
            layer.drawn.name(),
            why.join("; ")
        );
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The report as JSON.
pub(super) fn as_json(fidelity: &Fidelity) -> Value {
    let lacks = |lacks: &[Lack]| -> Vec<Value> {
        let lack = |lack: &Lack| json!({"what": lack.what, "why": lack.why});
        lacks.iter().map(lack).collect()
    };
    json!({
        "difference": fidelity.compared.difference().map(difference_json),
        "no_reference": match &fidelity.compared {
            Comparison::Measured(_) => None,
            Comparison::NoReference(reason) => Some(reason.name()),
        },
        "drawn_share": fidelity.drawn_share,
        "document": lacks(&fidelity.document),
        "layers": fidelity.layers.iter().map(|layer| json!({
            "address": layer.address.to_string(),
            "name": layer.name,
            "kind": layer.kind.name(),
            "drawn": layer.drawn.name(),
            "lacks": lacks(&layer.lacks),
        })).collect::<Vec<_>>(),
    })
}

fn difference_json(difference: &Difference) -> Value {
    json!({
        "delta_e_mean": difference.delta_e_mean,
        "off_by_more_than_3_percent": difference.off_by_more_than_3,
        "mean_absolute_error": difference.mean_absolute_error,
        "p99": difference.p99,
        "passes": difference.passes(),
    })
}

/// One file of a folder.
struct Row {
    file: String,
    outcome: Result<Measured, String>,
}

struct Measured {
    size: String,
    fidelity: Fidelity,
    flat: bool,
}

/// Every PSD and PSB of `folder` beside its own merged picture: a Markdown table, or JSON.
pub(super) fn folder(folder: &Path, as_json: bool) -> Result<(), Failure> {
    let progress = spinner();
    let mut rows = Vec::new();
    for path in documents(folder)? {
        let file = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        progress.set_message(file.clone());
        let outcome = measured(&path).map_err(|Failure(why)| why.replace('\n', " "));
        rows.push(Row { file, outcome });
    }
    progress.finish_and_clear();
    if rows.is_empty() {
        return Err(Failure::new(format!(
            "{} holds no PSD and no PSB",
            folder.display()
        )));
    }
    if as_json {
        let rows: Vec<Value> = rows.iter().map(Row::as_json).collect();
        return say(&serde_json::to_string_pretty(&rows)?);
    }
    table(&rows).iter().try_for_each(|line| say(line))
}

/// In the order of their names.
fn documents(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| ending == "psd" || ending == "psb") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn measured(path: &Path) -> Result<Measured, Failure> {
    let mockup = open(read(path)?, &Limits::default())?;
    let report = report_on(&mockup)?;
    Ok(Measured {
        size: mockup.size().to_string(),
        fidelity: report.fidelity,
        flat: report.flat_reference,
    })
}

impl Row {
    fn as_json(&self) -> Value {
        match &self.outcome {
            Err(why) => json!({"file": self.file, "error": why}),
            Ok(found) => {
                let mut form = as_json(&found.fidelity);
                if let Some(members) = form.as_object_mut() {
                    members.insert("file".to_owned(), json!(self.file));
                    members.insert("size".to_owned(), json!(found.size));
                    members.insert("flat_reference".to_owned(), json!(found.flat));
                }
                form
            }
        }
    }

    fn difference(&self) -> Option<&Difference> {
        self.outcome
            .as_ref()
            .ok()
            .and_then(|found| found.fidelity.compared.difference())
    }

    fn is_flat(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|found| found.flat)
    }

    fn line(&self) -> String {
        let file = self.file.replace('|', "\\|");
        match (&self.outcome, self.difference()) {
            (Ok(found), Some(difference)) => format!(
                "| {file} | {} | {:.3} | {:.2}% | {:.3} | {:.1} | {} | {} |",
                found.size,
                difference.delta_e_mean,
                difference.off_by_more_than_3,
                difference.mean_absolute_error,
                difference.p99,
                found
                    .fidelity
                    .drawn_share
                    .map(|share| format!("{:.0}%", share * 100.0))
                    .unwrap_or_default(),
                match (difference.passes(), found.flat) {
                    (true, false) => "yes",
                    (true, true) => "yes (one colour)",
                    (false, false) => "**no**",
                    (false, true) => "**no** (one colour)",
                }
            ),
            (Ok(found), None) => {
                let why = match &found.fidelity.compared {
                    Comparison::NoReference(reason) => reason.name().replace('_', " "),
                    Comparison::Measured(_) => String::new(),
                };
                format!("| {file} | {} | | | | | | {why} |", found.size)
            }
            (Err(why), _) => format!("| {file} | | | | | | | error: {} |", why.replace('|', "\\|")),
        }
    }
}

fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        "| file | pixels | ΔE2000 mean | off by > 3/255 | MAE /255 | p99 /255 | truly drawn | passes |"
            .to_owned(),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |".to_owned(),
    ];
    lines.extend(rows.iter().map(Row::line));
    lines.push(String::new());
    let errors = rows.iter().filter(|row| row.outcome.is_err()).count();
    let all: Vec<&Difference> = rows.iter().filter_map(Row::difference).collect();
    let telling: Vec<&Difference> = rows
        .iter()
        .filter(|row| !row.is_flat())
        .filter_map(Row::difference)
        .collect();
    let without = rows.len() - errors - all.len();
    lines.push(format!(
        "{} files: {} compared, {without} without a picture to compare with, {errors} not drawn.",
        rows.len(),
        all.len()
    ));
    lines.push(String::new());
    lines.push(
        "| | files | pass | ΔE2000 median / mean | off by > 3 median / mean | MAE median / mean |".to_owned(),
    );
    lines.push("| --- | ---: | ---: | ---: | ---: | ---: |".to_owned());
    lines.push(total("all compared", &all));
    lines.push(total("without those of one flat colour", &telling));
    lines
}

fn total(name: &str, files: &[&Difference]) -> String {
    let passed = files.iter().filter(|difference| difference.passes()).count();
    let of = |value: fn(&Difference) -> f64| {
        let mut values: Vec<f64> = files.iter().map(|difference| value(difference)).collect();
        values.sort_by(f64::total_cmp);
        (median(&values), mean(&values))
    };
    let (delta_e, off, error) = (
        of(|difference| difference.delta_e_mean),
        of(|difference| difference.off_by_more_than_3),
        of(|difference| difference.mean_absolute_error),
    );
    format!(
        "| {name} | {} | {passed} ({:.1}%) | {:.3} / {:.3} | {:.2}% / {:.2}% | {:.3} / {:.3} |",
        files.len(),
        share(passed, files.len()) * 100.0,
        delta_e.0,
        delta_e.1,
        off.0,
        off.1,
        error.0,
        error.1
    )
}

/// Of sorted values; 0 of none.
fn median(values: &[f64]) -> f64 {
    match (values.get(values.len() / 2), values.len() % 2) {
        (None, _) => 0.0,
        (Some(upper), 1) => *upper,
        (Some(upper), _) => f64::midpoint(values[values.len() / 2 - 1], *upper),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a folder has fewer than 2^53 files")]
fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "a folder has fewer than 2^53 files")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        assert_eq!(median(&[]).to_bits(), 0.0_f64.to_bits());
        assert!((median(&[1.0, 2.0, 9.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[1.0, 2.0, 4.0, 9.0]) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn flat_pictures_are_left_out_of_the_second_line() {
        let row = |file: &str, off, flat| Row {
            file: file.to_owned(),
            outcome: Ok(Measured {
                size: "2x2".to_owned(),
                flat,
                fidelity: Fidelity {
                    size: marquetry_pixel::Size::new(2, 2),
                    compared: Comparison::Measured(Difference {
                        off_by_more_than_3: off,
                        ..Difference::default()
                    }),
                    drawn_share: Some(1.0),
                    document: Vec::new(),
                    layers: Vec::new(),
                },
            }),
        };
        let broken = Row {
            file: "c".to_owned(),
            outcome: Err("cut | off".to_owned()),
        };
        let lines = table(&[row("a", 0.0, true), row("b", 5.0, false), broken]);
        assert_eq!(
            lines[2],
            "| a | 2x2 | 0.000 | 0.00% | 0.000 | 0.0 | 100% | yes (one colour) |"
        );
        assert_eq!(
            lines[3],
            "| b | 2x2 | 0.000 | 5.00% | 0.000 | 0.0 | 100% | **no** |"
        );
        assert_eq!(lines[4], "| c | | | | | | | error: cut \\| off |");
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("3 files: 2 compared, 0 without"))
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("| all compared | 2 | 1 (50.0%) |"))
        );
        assert!(
            lines
                .iter()
                .any(|line| line.contains("flat colour | 1 | 0 (0.0%) |"))
        );
    }
}

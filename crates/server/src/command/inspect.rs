//! `marquetry inspect`: what a PSD holds, for people or as JSON.

use std::path::PathBuf;

use clap::Args;
use marquetry_model::{Catalogue, LayerAddress, LayerEntry, LayerId, SmartObject, TextLayer};
use marquetry_render::{Assets, Limits, OpenMockup, Order, Painter, draw, open};
use serde_json::{Value, json};

use super::fonts::Fonts;
use super::terminal::{read, say, spinner};
use super::{Failure, fidelity};

/// Lists layers, smart objects, text layers and warnings.
#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// The PSD or PSB; with `--fidelity` also a folder of them.
    input: PathBuf,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    fonts: Fonts,
    /// Draw it, compare the drawing with the merged picture in the file, and tell layer by layer how it was drawn.
    /// For a folder: a Markdown table of all its files.
    #[arg(long)]
    fidelity: bool,
    /// Write a PNG that shows where the drawing differs: dark grey where it does not, from blue over yellow and red
    /// to white the more it does.
    #[arg(long, requires = "fidelity", value_name = "PNG")]
    heat_map: Option<PathBuf>,
}

/// A name for each layer of a document that nobody stored: its address in an id's clothes.
pub(super) fn id_of(address: &LayerAddress) -> LayerId {
    let mut bytes = [0; 16];
    for (cell, index) in bytes
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .rev()
        .zip(address.0.iter().rev())
    {
        *cell = index.to_be_bytes();
    }
    LayerId::from_bytes(bytes)
}

impl Inspect {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.fidelity && self.input.is_dir() {
            if self.heat_map.is_some() {
                return Err(Failure::new("a heat map is made of one file, not of a folder"));
            }
            return fidelity::folder(&self.input, self.json);
        }
        let progress = spinner();
        progress.set_message("reading");
        let mockup = open(read(&self.input)?, &Limits::default())?;
        let catalogue = mockup.catalogue(&self.fonts.shelf()?, &id_of);
        progress.set_message("drawing, to find what cannot be drawn");
        let (picture, report) = if self.fidelity {
            let report = fidelity::report_on(&mockup)?;
            (report.picture.clone(), Some(report))
        } else {
            let order = Order::default();
            let picture = draw(&mockup, &order, &Assets::new(), &Painter::default(), &mut ())?;
            (picture, None)
        };
        if let (Some(report), Some(path)) = (&report, &self.heat_map) {
            fidelity::write_heat_map(&mockup, report, path)?;
        }
        let mut warnings: Vec<String> = mockup
            .document()
            .warnings()
            .iter()
            .map(|warning| format!("at byte {}: {}", warning.offset, warning.what))
            .collect();
        warnings.extend(picture.undrawn.iter().map(ToString::to_string));
        progress.finish_and_clear();
        if self.json {
            let mut form = as_json(&mockup, &catalogue, &warnings);
            if let (Some(report), Some(members)) = (&report, form.as_object_mut()) {
                members.insert("fidelity".to_owned(), fidelity::as_json(&report.fidelity));
            }
            say(&serde_json::to_string_pretty(&form)?)
        } else {
            let mut lines = as_text(&mockup, &catalogue, &warnings);
            lines.extend(
                report
                    .iter()
                    .flat_map(|report| fidelity::as_text(&report.fidelity)),
            );
            lines.iter().try_for_each(|line| say(line))
        }
    }
}

fn as_text(mockup: &OpenMockup, catalogue: &Catalogue, warnings: &[String]) -> Vec<String> {
    let header = mockup.document().header();
    let dpi = mockup.dpi().map(|dpi| format!(", {dpi} dpi")).unwrap_or_default();
    let kind = format!(
        "{:?}, {:?}, {} bits{dpi}",
        header.version,
        header.color_mode,
        header.depth.bits()
    );
    let mut lines = vec![
        format!("{} pixels, {kind}", mockup.size()),
        String::new(),
        "Layers".to_owned(),
    ];
    for entry in &catalogue.layers {
        layer_lines(entry, 1, &mut lines);
    }
    section(
        "Smart objects",
        catalogue.all_smart_objects().into_iter().map(smart_object_line),
        &mut lines,
    );
    section(
        "Text layers",
        catalogue.all_text_layers().into_iter().map(text_line),
        &mut lines,
    );
    section("Warnings", warnings.iter().cloned(), &mut lines);
    lines
}

fn section(title: &str, items: impl Iterator<Item = String>, lines: &mut Vec<String>) {
    let before = lines.len();
    lines.extend(items.map(|item| format!("  {item}")));
    if lines.len() > before {
        lines.splice(before..before, [String::new(), title.to_owned()]);
    }
}

fn layer_lines(entry: &LayerEntry, depth: usize, lines: &mut Vec<String>) {
    let hidden = if entry.visible { "" } else { " (hidden)" };
    lines.push(format!(
        "{}{} [{}]{hidden}",
        "  ".repeat(depth),
        entry.name,
        entry.kind.name()
    ));
    for child in &entry.children {
        layer_lines(child, depth + 1, lines);
    }
}

fn smart_object_line(object: &SmartObject) -> String {
    let corners = object.quad.map(|quad| {
        let corner = |at: usize| format!("({:.1}, {:.1})", quad.0[at].x, quad.0[at].y);
        format!(", corners {}", [0, 1, 2, 3].map(corner).join(" "))
    });
    let copies = match object.instances.len() {
        1 => String::new(),
        copies => format!(", {copies} copies"),
    };
    format!(
        "{:?}: frame {}, {}{copies}{}",
        object.name,
        object.frame,
        object.blend,
        corners.unwrap_or_default()
    )
}

fn text_line(layer: &TextLayer) -> String {
    let font = layer.font.as_deref().unwrap_or("unknown font");
    let size = layer
        .font_size
        .map(|size| format!(", {size:.1} px"))
        .unwrap_or_default();
    format!(
        "{:?}: {:?}, {font}{size}",
        layer.name,
        layer.text.as_deref().unwrap_or_default()
    )
}

fn as_json(mockup: &OpenMockup, catalogue: &Catalogue, warnings: &[String]) -> Value {
    let header = mockup.document().header();
    json!({
        "width": mockup.size().width,
        "height": mockup.size().height,
        "format": format!("{:?}", header.version).to_lowercase(),
        "color_mode": format!("{:?}", header.color_mode).to_lowercase(),
        "bits": header.depth.bits(),
        "dpi": mockup.dpi(),
        "layers": catalogue.layers.iter().map(layer_json).collect::<Vec<_>>(),
        "smart_objects": catalogue.smart_objects.iter().map(smart_object_json).collect::<Vec<_>>(),
        "text_layers": catalogue.text_layers.iter().map(text_json).collect::<Vec<_>>(),
        "warnings": warnings,
    })
}

fn layer_json(entry: &LayerEntry) -> Value {
    json!({
        "address": entry.address.to_string(),
        "name": entry.name,
        "kind": entry.kind.name(),
        "visible": entry.visible,
        "children": entry.children.iter().map(layer_json).collect::<Vec<_>>(),
    })
}

fn smart_object_json(object: &SmartObject) -> Value {
    let quad = object.quad.map(|quad| quad.0.map(|corner| [corner.x, corner.y]));
    json!({
        "name": object.name,
        "addresses": object.instances.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "frame": {"width": object.frame.width, "height": object.frame.height},
        "bounds": {
            "x": object.bounds.x,
            "y": object.bounds.y,
            "width": object.bounds.width,
            "height": object.bounds.height,
        },
        "quad": quad,
        "blend_mode": object.blend.name(),
        "visible": object.visible,
        "smart_objects": object.smart_objects.iter().map(smart_object_json).collect::<Vec<_>>(),
        "text_layers": object.text_layers.iter().map(text_json).collect::<Vec<_>>(),
    })
}

fn text_json(layer: &TextLayer) -> Value {
    json!({
        "name": layer.name,
        "address": layer.address.to_string(),
        "text": layer.text,
        "font": layer.font,
        "font_size": layer.font_size,
        "color": layer.colour.map(|colour| colour.to_string()),
        "visible": layer.visible,
        "segments": layer.segments.iter().map(|segment| json!({
            "text": segment.text,
            "font": segment.font,
            "font_size": segment.font_size,
            "color": segment.colour.map(|colour| colour.to_string()),
        })).collect::<Vec<_>>(),
    })
}

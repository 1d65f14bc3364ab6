//! A template from a file, filled with values from another, to a picture or a PDF.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use marquetry_model::{Export, ExportFormat, ExportSize, Quality};
use marquetry_render::{
    Limits, MountedMockup, Painter, Supplies, bundled_fonts, open, render_template, template_fonts,
};
use marquetry_template::{
    Address, AssetId, Everything, Filled, Limits as TemplateLimits, Source, Template, Unknown,
};
use serde_json::{Value, json};

use super::{Render, Shown};
use crate::command::Failure;
use crate::command::inspect::id_of;
use crate::command::terminal::{complain, read, spinner, write_whole};

/// Whether a file is meant to be a template.
pub(super) fn is_template(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

impl Render {
    pub(super) fn run_template(self) -> Result<(), Failure> {
        if !self.place.is_empty() {
            return Err(Failure::new(
                "--place is for documents; a template takes --fields",
            ));
        }
        let progress = spinner();
        progress.set_message("opening");
        let limits = TemplateLimits::default();
        let template = Template::parse(&read(&self.input)?, &limits)?;
        let checked = template.check(&Everything, &limits)?;
        for warning in checked.warnings() {
            complain(&warning.to_string());
        }
        let values: Value = match &self.fields {
            Some(path) => serde_json::from_slice(&read(path)?)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?,
            None => json!({}),
        };
        let filled = checked.fill(&values, &limits, Unknown::Warn)?;
        for warning in &filled.warnings {
            complain(&warning.to_string());
        }
        let export = self.export(&filled)?;
        let folder = Folder(self.assets.clone());
        let supplies = folder.supplies(&filled)?;
        let shelf = template_fonts(checked.template(), &self.fonts.shelf()?, |asset| {
            folder.font(asset)
        })
        .map_err(|(asset, error)| Failure::new(format!("font {:?}: {error}", asset.as_str())))?;
        let painter = Painter {
            threads: self.threads(),
            fonts: &shelf,
            ..Painter::default()
        };
        let mut watch = Shown(&progress);
        let limits = Limits::default();
        let made = render_template(&filled, export.as_ref(), &supplies, &limits, &painter, &mut watch)?;
        progress.set_message("writing");
        write_whole(&self.output, &made.bytes)?;
        progress.finish_and_clear();
        for warning in &made.warnings {
            complain(&warning.to_string());
        }
        Ok(())
    }

    /// What is asked for beyond what a template is anyway.
    fn export(&self, filled: &Filled) -> Result<Option<Export>, Failure> {
        let ending = self
            .output
            .extension()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let is_pdf = ending.eq_ignore_ascii_case("pdf");
        let wrong = |expected: &str| {
            let output = self.output.display();
            Err(Failure::new(format!("{output} must end in {expected}")))
        };
        match (filled.pages.len(), is_pdf) {
            (1, true) => return wrong(".jpg, .png or .webp: one page is a picture"),
            (1, false) => {}
            (_, true) if self.size == ExportSize::Original && self.quality.is_none() => return Ok(None),
            (_, true) => {
                return Err(Failure::new(
                    "--size and --quality are for one page; a PDF is as its template says",
                ));
            }
            (_, false) => return wrong(".pdf: two pages are a document"),
        }
        let format = self.format()?;
        if format == ExportFormat::Jpeg && self.size == ExportSize::Original && self.quality.is_none() {
            return Ok(None);
        }
        let quality = match self.quality {
            Some(quality) => f64::from(quality),
            None => f64::from(filled.output.jpeg_quality.get()),
        };
        Ok(Some(Export {
            format,
            size: self.size,
            quality: Quality::new("quality", quality)?,
            dpi: None,
        }))
    }
}

/// The folder of what a template refers to, when one was named.
struct Folder(Option<PathBuf>);

impl Folder {
    /// The file of that name, or the first one, by name, that has it before its ending.
    fn find(&self, name: &str) -> Option<PathBuf> {
        let folder = self.0.as_ref()?;
        let mut found: Vec<PathBuf> = fs::read_dir(folder)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.file_name() == Some(OsStr::new(name)) || path.file_stem() == Some(OsStr::new(name))
            })
            .collect();
        found.sort();
        found.into_iter().next()
    }

    fn file(&self, what: &str, name: &str) -> Result<Bytes, Failure> {
        let Some(path) = self.find(name) else {
            return Err(Failure::new(match &self.0 {
                Some(folder) => format!("{what} {name:?} is not in {}", folder.display()),
                None => format!("{what} {name:?} is wanted: say with --assets where it is"),
            }));
        };
        Ok(read(&path)?.into())
    }

    /// Fonts may be missing: others stand in for them, and that is told.
    fn font(&self, asset: &AssetId) -> Option<Bytes> {
        let path = self.find(asset.as_str())?;
        read(&path).ok().map(Bytes::from)
    }

    fn supplies(&self, filled: &Filled) -> Result<Supplies, Failure> {
        let needs = filled.needs();
        let mut supplies = Supplies::default();
        for picture in needs.pictures {
            let bytes = match &picture.source {
                Source::Asset(asset) => self.file("picture", asset.as_str())?,
                Source::Url(url) => self.file("picture", last_name(url))?,
            };
            supplies.pictures.insert(picture, bytes);
        }
        for mask in needs.masks {
            let bytes = self.file("mask", mask.as_str())?;
            supplies.masks.insert(mask, bytes);
        }
        for id in needs.mockups {
            let bytes = self.file("mockup", &id.to_string())?;
            let mockup = open(bytes, &Limits::default())?;
            let catalogue = mockup.catalogue(bundled_fonts(), &id_of);
            let mounted = MountedMockup::new(Arc::new(mockup), &catalogue.smart_objects);
            supplies.mockups.insert(id, mounted);
        }
        Ok(supplies)
    }
}

/// How an address ends, without what is asked of it.
fn last_name(url: &Address) -> &str {
    let path = url.as_str().split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_called_as_its_address_ends() {
        let limits = TemplateLimits::default();
        for (url, name) in [
            ("https://example.org/a/p23.jpg?size=2#top", "p23.jpg"),
            ("https://example.org/", ""),
        ] {
            assert_eq!(last_name(&Address::new(url, &limits).unwrap()), name);
        }
    }
}

//! `marquetry render`: one PSD or one template to one file, in this process.

mod template;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread::available_parallelism;

use bytes::Bytes;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use marquetry_model::{
    Adjustments, AssetSource, Change, Export, ExportFormat, ExportSize, Fit, LayerId, Placement, Quality,
    SmartObject,
};
use marquetry_render::{
    Assets, Limits, Order, Painter, Redraw, Room, Watch, bundled_fonts, draw, export, open,
};

use super::fonts::Fonts;
use super::terminal::{complain, read, spinner, write_whole};
use super::{Failure, inspect::id_of};

/// Draws a document as it was saved, or with pictures placed in its smart objects; or a template, filled
/// with values.
#[derive(Args, Debug)]
pub(super) struct Render {
    /// The PSD or PSB to draw, or the template, which ends in .json.
    input: PathBuf,
    /// Where the picture goes; the ending says what it is: png, jpg or webp, and pdf for a template of two
    /// pages.
    #[arg(short, long)]
    output: PathBuf,
    /// Put FILE into the smart object called NAME. May be given more than once.
    #[arg(long, value_name = "NAME=FILE")]
    place: Vec<Place>,
    /// How placed pictures fill their smart object.
    #[arg(long, value_enum, default_value_t)]
    fit: FitName,
    /// Width in pixels, 100 to 10000, or `original` for the document's own.
    #[arg(long, default_value = "original", value_parser = size)]
    size: ExportSize,
    /// How good a jpg or webp is, 1 to 100; 90, or what the template says.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// Which smart objects are drawn anew: those with a new picture, or all from their contents.
    #[arg(long, value_enum, default_value_t)]
    redraw: RedrawName,
    /// Threads to draw with.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// The values that fill a template: a JSON object by names of fields.
    #[arg(long, value_name = "FIELDS.json")]
    fields: Option<PathBuf>,
    /// Where a template finds its pictures and fonts (files named after assets, or as addresses end) and
    /// its mockups (ID.psd). Nothing is fetched.
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
    #[command(flatten)]
    fonts: Fonts,
}

/// One `NAME=FILE`.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    file: PathBuf,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.to_owned(),
                file: file.into(),
            }),
            _ => Err("expected NAME=FILE".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FitName {
    /// Stretch to the frame.
    #[default]
    Fill,
    /// As large as fits inside.
    Contain,
    /// As small as covers all of it.
    Cover,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum RedrawName {
    /// Those with a new picture.
    #[default]
    Changed,
    /// All of them.
    All,
}

fn size(text: &str) -> Result<ExportSize, String> {
    if text == "original" {
        return Ok(ExportSize::Original);
    }
    let width = text
        .parse()
        .map_err(|_| "expected a number of pixels or `original`".to_owned())?;
    ExportSize::width(width).map_err(|error| error.to_string())
}

impl Render {
    pub(super) fn run(self) -> Result<(), Failure> {
        if template::is_template(&self.input) {
            return self.run_template();
        }
        for (given, option) in [(&self.fields, "--fields"), (&self.assets, "--assets")] {
            if given.is_some() {
                return Err(Failure::new(format!(
                    "{option} is for templates, which end in .json"
                )));
            }
        }
        let format = self.format()?;
        let progress = spinner();
        progress.set_message("opening");
        let mockup = open(read(&self.input)?, &Limits::default())?;
        let catalogue = mockup.catalogue(bundled_fonts(), &id_of);
        let mut assets = Assets::new();
        let mut changes = Vec::new();
        for place in &self.place {
            let named: Vec<&SmartObject> = catalogue
                .all_smart_objects()
                .into_iter()
                .filter(|object| object.name == place.name)
                .collect();
            if named.is_empty() {
                let names: Vec<String> = catalogue
                    .all_smart_objects()
                    .into_iter()
                    .map(|object| format!("{:?}", object.name))
                    .collect();
                return Err(Failure::new(format!(
                    "there is no smart object called {:?}; there are: {}",
                    place.name,
                    if names.is_empty() {
                        "none".to_owned()
                    } else {
                        names.join(", ")
                    }
                )));
            }
            let source = AssetSource::Url(place.file.display().to_string());
            assets.insert(source.clone(), Bytes::from(read(&place.file)?));
            changes.extend(named.into_iter().map(|object| self.change(object, &source)));
        }
        let painter = Painter {
            threads: self.threads(),
            ..Painter::default()
        };
        let redraw = match self.redraw {
            RedrawName::Changed => Redraw::Changed,
            RedrawName::All => Redraw::All,
        };
        let mut watch = Shown(&progress);
        progress.set_message(Room::Decode.name());
        let order = Order {
            changes: &changes,
            texts: &[],
            hidden: &[],
            redraw,
        };
        let picture = draw(&mockup, &order, &assets, &painter, &mut watch)?;
        let quality = Quality::new("quality", self.quality.unwrap_or(90).into())?;
        let options = Export {
            format,
            size: self.size,
            quality,
            dpi: None,
        };
        let (bytes, _) = export(&mockup, &picture.raster, &options, &mut watch)?;
        progress.set_message("writing");
        write_whole(&self.output, &bytes)?;
        progress.finish_and_clear();
        for missing in &picture.undrawn {
            complain(&missing.to_string());
        }
        Ok(())
    }

    fn threads(&self) -> NonZeroUsize {
        self.threads
            .or_else(|| available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN)
    }

    fn format(&self) -> Result<ExportFormat, Failure> {
        let ending = self
            .output
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "png" => Ok(ExportFormat::Png),
            "jpg" | "jpeg" => Ok(ExportFormat::Jpeg),
            "webp" => Ok(ExportFormat::Webp),
            _ => Err(Failure::new(format!(
                "{} must end in .png, .jpg or .webp",
                self.output.display()
            ))),
        }
    }

    fn change(&self, object: &SmartObject, source: &AssetSource) -> Change {
        let fit = match self.fit {
            FitName::Fill => Fit::Fill,
            FitName::Contain => Fit::Contain,
            FitName::Cover => Fit::Cover,
        };
        Change {
            slot: LayerId::from_bytes(*object.id.as_bytes()),
            addresses: object.instances.clone(),
            asset: Some(source.clone()),
            placement: Placement {
                fit,
                ..Placement::default()
            },
            colour: None,
            adjustments: Adjustments::default(),
        }
    }
}

/// Shows which room the picture is in.
struct Shown<'a>(&'a ProgressBar);

impl Watch for Shown<'_> {
    fn left(&mut self, room: Room) {
        let next = match room {
            Room::Decode => Room::Plan,
            Room::Plan => Room::Draw,
            Room::Draw | Room::Compare => Room::Scale,
            Room::Scale | Room::Encode => Room::Encode,
        };
        self.0.set_message(next.name());
    }
}

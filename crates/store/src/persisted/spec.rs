//! The stored form of what a job was asked. Written once, with the job.

use marquetry_model::{
    Adjustments, AssetSource, BoxSize, Change, ColourOverlay, ContentHash, DesignId, Dpi, Export,
    ExportFormat, ExportSize, Fit, Flip, Handle, JobSpec, LayerAddress, MockupId, Placement, Position,
    Quality, RenderSpec, Rotation, TemplateSpec, Tile, UploadSource, UploadSpec, Within,
};
use marquetry_pixel::Rgb;
use serde::{Deserialize, Serialize};

use super::scalar::parse;
use super::template::{AboutForm, PinnedForm};
use super::text::TextForm;
use super::{Problem, V, known, read, write};

/// Exactly one of the three is there.
#[derive(Serialize, Deserialize)]
struct SpecForm {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    render: Option<RenderForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<TemplateForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload: Option<UploadForm>,
}

#[derive(Serialize, Deserialize)]
struct UploadForm {
    name: String,
    source: SourceForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceForm {
    Url(String),
    Blob(String),
}

#[derive(Serialize, Deserialize)]
struct RenderForm {
    mockup: String,
    mockup_name: String,
    content: String,
    #[serde(default)]
    changes: Vec<ChangeForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    texts: Vec<TextForm>,
    #[serde(default)]
    hidden: Vec<Vec<u32>>,
    export: ExportForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TemplateForm {
    pinned: PinnedForm,
    fields: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    design: Option<String>,
    #[serde(default)]
    about: AboutForm,
    /// Ids and contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mockups: Vec<(String, String)>,
    /// Ids and contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    assets: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    export: Option<ExportForm>,
}

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    slot: String,
    addresses: Vec<Vec<u32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asset: Option<AssetForm>,
    placement: PlacementForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    colour: Option<ColourForm>,
    adjustments: AdjustmentsForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AssetForm {
    Url(String),
    Blob { key: String, content: String },
}

#[derive(Serialize, Deserialize)]
struct ColourForm {
    colour: String,
    blend: String,
}

#[derive(Serialize, Deserialize)]
struct PlacementForm {
    fit: FitForm,
    #[serde(default)]
    flip_horizontal: bool,
    #[serde(default)]
    flip_vertical: bool,
    #[serde(default)]
    rotation: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<(Option<u32>, Option<u32>)>,
    /// Top before left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<(i32, i32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tile_spacing: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FitForm {
    Fill,
    Contain,
    Cover,
}

#[derive(Serialize, Deserialize)]
struct AdjustmentsForm {
    #[serde(default)]
    brightness: f64,
    #[serde(default)]
    contrast: f64,
    #[serde(default)]
    saturation: f64,
    #[serde(default)]
    vibrance: f64,
    #[serde(default)]
    blur: f64,
    opacity: f64,
}

#[derive(Serialize, Deserialize)]
struct ExportForm {
    format: FormatForm,
    /// Pixels across; as many as the canvas has when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    quality: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpi: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FormatForm {
    Png,
    Jpeg,
    Webp,
}

pub(super) fn write_spec(spec: &JobSpec) -> String {
    let mut form = SpecForm {
        v: V,
        render: None,
        template: None,
        upload: None,
    };
    match spec {
        JobSpec::Render(render) => form.render = Some(RenderForm::of(render)),
        JobSpec::Template(template) => form.template = Some(TemplateForm::of(template)),
        JobSpec::Upload(upload) => form.upload = Some(UploadForm::of(upload)),
    }
    write(&form)
}

pub(super) fn read_spec(json: &str) -> Result<JobSpec, Problem> {
    let form: SpecForm = read(json)?;
    known(form.v)?;
    match (form.render, form.template, form.upload) {
        (Some(render), None, None) => Ok(JobSpec::Render(Box::new(render.back()?))),
        (None, Some(template), None) => Ok(JobSpec::Template(Box::new(template.back()?))),
        (None, None, Some(upload)) => Ok(JobSpec::Upload(upload.back()?)),
        _ => Err(Problem("it is neither a render nor an upload".into())),
    }
}

impl TemplateForm {
    fn of(spec: &TemplateSpec) -> Self {
        Self {
            pinned: PinnedForm::of(&spec.pinned),
            fields: spec.fields.clone(),
            design: spec.design.map(|design| design.to_string()),
            about: AboutForm::of(&spec.about),
            mockups: written(&spec.mockups),
            assets: written(&spec.assets),
            export: spec.export.as_ref().map(ExportForm::of),
        }
    }

    fn back(self) -> Result<TemplateSpec, Problem> {
        Ok(TemplateSpec {
            pinned: self.pinned.back()?,
            fields: self.fields,
            design: self
                .design
                .map(|design| parse::<DesignId>("design", &design))
                .transpose()?,
            about: self.about.back(),
            mockups: pins::<MockupId>("mockup", &self.mockups)?,
            assets: pins::<Handle>("asset", &self.assets)?,
            export: self.export.map(|export| export.back()).transpose()?,
        })
    }
}

/// Ids, and what they stood for.
fn written<I: std::fmt::Display>(pins: &[(I, ContentHash)]) -> Vec<(String, String)> {
    pins.iter()
        .map(|(id, content)| (id.to_string(), content.to_string()))
        .collect()
}

fn pins<I: std::str::FromStr>(what: &str, pins: &[(String, String)]) -> Result<Vec<(I, ContentHash)>, Problem>
where
    I::Err: std::fmt::Display,
{
    pins.iter()
        .map(|(id, content)| Ok((parse(what, id)?, parse("content", content)?)))
        .collect()
}

impl UploadForm {
    fn of(upload: &UploadSpec) -> Self {
        let source = match &upload.source {
            UploadSource::Url(url) => SourceForm::Url(url.clone()),
            UploadSource::Blob { key } => SourceForm::Blob(key.to_string()),
        };
        Self {
            name: upload.name.clone(),
            source,
        }
    }

    fn back(self) -> Result<UploadSpec, Problem> {
        let source = match self.source {
            SourceForm::Url(url) => UploadSource::Url(url),
            SourceForm::Blob(key) => UploadSource::Blob {
                key: parse("blob key", &key)?,
            },
        };
        Ok(UploadSpec {
            name: self.name,
            source,
        })
    }
}

pub(super) fn paths(addresses: &[LayerAddress]) -> Vec<Vec<u32>> {
    addresses.iter().map(|address| address.0.clone()).collect()
}

pub(super) fn addresses(paths: Vec<Vec<u32>>) -> Vec<LayerAddress> {
    paths.into_iter().map(LayerAddress).collect()
}

impl RenderForm {
    fn of(spec: &RenderSpec) -> Self {
        Self {
            mockup: spec.mockup.to_string(),
            mockup_name: spec.mockup_name.clone(),
            content: spec.content.to_string(),
            changes: spec.changes.iter().map(ChangeForm::of).collect(),
            texts: spec.texts.iter().map(TextForm::of).collect(),
            hidden: paths(&spec.hidden),
            export: ExportForm::of(&spec.export),
            label: spec.label.clone(),
        }
    }

    fn back(self) -> Result<RenderSpec, Problem> {
        Ok(RenderSpec {
            mockup: parse("mockup", &self.mockup)?,
            mockup_name: self.mockup_name,
            content: parse("content", &self.content)?,
            changes: self
                .changes
                .into_iter()
                .map(ChangeForm::back)
                .collect::<Result<_, _>>()?,
            texts: self
                .texts
                .into_iter()
                .map(TextForm::back)
                .collect::<Result<_, _>>()?,
            hidden: addresses(self.hidden),
            export: self.export.back()?,
            label: self.label,
        })
    }
}

impl ChangeForm {
    fn of(change: &Change) -> Self {
        Self {
            slot: change.slot.to_string(),
            addresses: paths(&change.addresses),
            asset: change.asset.as_ref().map(|asset| match asset {
                AssetSource::Url(url) => AssetForm::Url(url.clone()),
                AssetSource::Blob { key, content } => AssetForm::Blob {
                    key: key.to_string(),
                    content: content.to_string(),
                },
            }),
            placement: PlacementForm::of(&change.placement),
            colour: change.colour.map(|overlay| ColourForm {
                colour: overlay.colour.to_string(),
                blend: overlay.blend.name().to_owned(),
            }),
            adjustments: AdjustmentsForm::of(&change.adjustments),
        }
    }

    fn back(self) -> Result<Change, Problem> {
        let asset = match self.asset {
            None => None,
            Some(AssetForm::Url(url)) => Some(AssetSource::Url(url)),
            Some(AssetForm::Blob { key, content }) => Some(AssetSource::Blob {
                key: parse("blob key", &key)?,
                content: parse("content", &content)?,
            }),
        };
        let colour = match self.colour {
            None => None,
            Some(form) => Some(ColourOverlay {
                colour: Rgb::from_hex(&form.colour)?,
                blend: parse("blend mode", &form.blend)?,
            }),
        };
        Ok(Change {
            slot: parse("slot", &self.slot)?,
            addresses: addresses(self.addresses),
            asset,
            placement: self.placement.back()?,
            colour,
            adjustments: self.adjustments.back()?,
        })
    }
}

impl PlacementForm {
    fn of(placement: &Placement) -> Self {
        Self {
            fit: match placement.fit {
                Fit::Fill => FitForm::Fill,
                Fit::Contain => FitForm::Contain,
                Fit::Cover => FitForm::Cover,
            },
            flip_horizontal: placement.flip.horizontal,
            flip_vertical: placement.flip.vertical,
            rotation: placement.rotation.get(),
            size: placement.size.map(|size| (size.width(), size.height())),
            position: placement.position.map(|position| (position.top, position.left)),
            tile_spacing: placement.tile.map(|tile| tile.spacing.get()),
        }
    }

    fn back(&self) -> Result<Placement, Problem> {
        let size = self
            .size
            .map(|(width, height)| BoxSize::new(width, height))
            .transpose()?;
        let spacing = self
            .tile_spacing
            .map(|spacing| Within::new("tile_spacing", spacing))
            .transpose()?;
        Ok(Placement {
            fit: match self.fit {
                FitForm::Fill => Fit::Fill,
                FitForm::Contain => Fit::Contain,
                FitForm::Cover => Fit::Cover,
            },
            flip: Flip {
                horizontal: self.flip_horizontal,
                vertical: self.flip_vertical,
            },
            rotation: Rotation::new("rotation", self.rotation)?,
            size,
            position: self.position.map(|(top, left)| Position { top, left }),
            tile: spacing.map(|spacing| Tile { spacing }),
        })
    }
}

impl AdjustmentsForm {
    fn of(adjustments: &Adjustments) -> Self {
        Self {
            brightness: adjustments.brightness.get(),
            contrast: adjustments.contrast.get(),
            saturation: adjustments.saturation.get(),
            vibrance: adjustments.vibrance.get(),
            blur: adjustments.blur.get(),
            opacity: adjustments.opacity.get(),
        }
    }

    fn back(&self) -> Result<Adjustments, Problem> {
        Ok(Adjustments {
            brightness: Within::new("brightness", self.brightness)?,
            contrast: Within::new("contrast", self.contrast)?,
            saturation: Within::new("saturation", self.saturation)?,
            vibrance: Within::new("vibrance", self.vibrance)?,
            blur: Within::new("blur", self.blur)?,
            opacity: Within::new("opacity", self.opacity)?,
        })
    }
}

impl ExportForm {
    fn of(export: &Export) -> Self {
        Self {
            format: match export.format {
                ExportFormat::Png => FormatForm::Png,
                ExportFormat::Jpeg => FormatForm::Jpeg,
                ExportFormat::Webp => FormatForm::Webp,
            },
            width: match export.size {
                ExportSize::Width(width) => Some(width),
                ExportSize::Original => None,
            },
            quality: export.quality.get(),
            dpi: export.dpi.map(Within::get),
        }
    }

    fn back(&self) -> Result<Export, Problem> {
        Ok(Export {
            format: match self.format {
                FormatForm::Png => ExportFormat::Png,
                FormatForm::Jpeg => ExportFormat::Jpeg,
                FormatForm::Webp => ExportFormat::Webp,
            },
            size: self.width.map_or(Ok(ExportSize::Original), ExportSize::width)?,
            quality: Quality::new("quality", self.quality)?,
            dpi: self.dpi.map(|dpi| Dpi::new("dpi", dpi)).transpose()?,
        })
    }
}

//! `export_options`: which file a render ends in.

use marquetry_model::{Dpi, Export, ExportFormat, ExportSize, Quality};

use crate::field::Present;
use crate::sudomock::Code;

const FORMATS: &[(&str, ExportFormat)] = &[
    ("webp", ExportFormat::Webp),
    ("png", ExportFormat::Png),
    ("jpg", ExportFormat::Jpeg),
    ("jpeg", ExportFormat::Jpeg),
];

/// Absent members have the defaults of [`Export`].
pub(super) fn export(value: &Present<'_, Code>) -> Option<Export> {
    let options = value.object()?;
    let defaults = Export::default();
    let format = options
        .field("image_format")
        .or(defaults.format, |format| format.choice(FORMATS));
    let size = options
        .field("image_size")
        .or(defaults.size, |size| image_size(&size));
    let quality = options.field("quality").or(defaults.quality, |quality| {
        Quality::new("quality", quality.count(1..=100)?.into()).ok()
    });
    let dpi = options
        .field("dpi")
        .maybe(|dpi| Dpi::new("dpi", dpi.count(72..=2400)?.into()).ok());
    Some(Export {
        format: format?,
        size: size?,
        quality: quality?,
        dpi: dpi?,
    })
}

fn image_size(size: &Present<'_, Code>) -> Option<ExportSize> {
    if size.is_text() {
        return size.choice(&[("original", ExportSize::Original)]);
    }
    let width = size.count(ExportSize::LEAST_WIDTH..=ExportSize::MOST_WIDTH)?;
    ExportSize::width(width).ok()
}

//! Pages to a file.

use marquetry_codec::{Chroma, Dpi, Encoding, Format, Kind, PdfPage, Quality, Scaling, encode, pdf, resize};
use marquetry_model::{Export, ExportFormat};
use marquetry_pixel::{Raster, Size};
use marquetry_template::Output;

use super::warning::WarningCode;
use super::{Drawing, RenderedTemplate};
use crate::error::RenderError;
use crate::picture::{Room, quality};

/// One page is a JPEG or what was asked for, two are a PDF.
pub(super) fn write(
    drawing: &mut Drawing<'_>,
    export: Option<&Export>,
) -> Result<RenderedTemplate, RenderError> {
    let output = &drawing.filled.output;
    let (kind, bytes, size) = match (drawing.filled.pages.len(), export) {
        (1, Some(export)) => exported(drawing, export)?,
        (1, None) => {
            let page = drawing.page(0)?;
            let bytes = jpeg(&page, output, dpi(output))?;
            drawing.watch.left(Room::Encode);
            (Kind::Jpeg, bytes, page.size())
        }
        (_, export) => {
            if export.is_some() {
                let message = "a template of two pages is a PDF, whatever was asked for";
                drawing.warnings.add(WarningCode::ExportIgnored, "", message);
            }
            let (bytes, size) = document(drawing)?;
            (Kind::Pdf, bytes, size)
        }
    };
    Ok(RenderedTemplate {
        bytes,
        extension: kind.extension(),
        content_type: kind.media_type(),
        size,
        warnings: drawing.warnings.take(),
    })
}

fn dpi(output: &Output) -> Option<Dpi> {
    Dpi::new(f64::from(output.dpi.get()))
}

fn jpeg(page: &Raster, output: &Output, dpi: Option<Dpi>) -> Result<Vec<u8>, RenderError> {
    let quality = u8::try_from(output.jpeg_quality.get())
        .ok()
        .and_then(Quality::new);
    let mut encoding = Encoding::new(Format::Jpeg {
        quality: quality.unwrap_or_default(),
        chroma: Chroma::Full,
    });
    encoding.dpi = dpi;
    encode(page, &encoding).map_err(RenderError::Export)
}

fn document(drawing: &mut Drawing<'_>) -> Result<(Vec<u8>, Size), RenderError> {
    let output = &drawing.filled.output;
    let mut pages = Vec::with_capacity(drawing.filled.pages.len());
    for at in 0..drawing.filled.pages.len() {
        let page = drawing.page(at)?;
        // Nothing is told in the pages that the document does not tell.
        pages.push((jpeg(&page, output, None)?, page.size()));
        drawing.watch.left(Room::Encode);
        drop(page);
        drawing.forget(at);
    }
    let listed: Vec<PdfPage<'_>> = pages
        .iter()
        .map(|(jpeg, size)| PdfPage { jpeg, size: *size })
        .collect();
    let dpi = dpi(output).or_else(|| Dpi::new(300.0));
    let bytes = dpi.map(|dpi| pdf(&listed, dpi)).unwrap_or_default();
    drawing.watch.left(Room::Encode);
    let first = pages.first().map(|(_, size)| *size).unwrap_or_default();
    Ok((bytes, first))
}

fn exported(drawing: &mut Drawing<'_>, export: &Export) -> Result<(Kind, Vec<u8>, Size), RenderError> {
    let page = drawing.page(0)?;
    let size = export.size.of(page.size());
    drawing.limits.admit("the export", size)?;
    let scaled = if size == page.size() {
        page
    } else {
        resize(&page, size, Scaling::Automatic)
            .map_err(RenderError::Export)?
            .into()
    };
    drawing.watch.left(Room::Scale);
    let format = match export.format {
        ExportFormat::Png => Format::Png,
        ExportFormat::Jpeg => Format::Jpeg {
            quality: quality(export.quality),
            chroma: Chroma::Full,
        },
        ExportFormat::Webp => Format::webp(quality(export.quality)),
    };
    let mut encoding = Encoding::new(format);
    let asked = export.dpi.and_then(|asked| Dpi::new(asked.get()));
    encoding.dpi = asked.or_else(|| dpi(&drawing.filled.output));
    let bytes = encode(&scaled, &encoding).map_err(RenderError::Export)?;
    drawing.watch.left(Room::Encode);
    Ok((format.kind(), bytes, size))
}

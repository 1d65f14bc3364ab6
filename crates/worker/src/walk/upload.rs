//! The walk of an upload: a PSD in, a mockup with its catalogue and previews out.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use marquetry_model::{
    BlobKey, Catalogue, ContentHash, Export, ExportFormat, ExportSize, Job, JobId, JobResult, LayerAddress,
    LayerId, Mockup, MockupId, Quality, Thumbnail, UploadSpec, Version, Warning,
};
use marquetry_pixel::Size;
use marquetry_render::{
    Assets, FontShelf, OpenMockup, Order, Picture, RenderError, draw, export, open, report,
};

use tracing::{Instrument as _, info_span};

use super::{Made, Walk, hash_of, painting};
use crate::builder::Limits;
use crate::cause::Trouble;
use crate::memory;
use crate::reports;
use crate::stop::Stop;
use crate::stopwatch::{Doors, Stopwatch, room};
use crate::warnings;

/// The quality of previews.
const PREVIEW_QUALITY: i32 = 80;

impl Walk {
    pub(super) async fn upload(&self, spec: &UploadSpec) -> Result<Made, Trouble> {
        let began = Instant::now();
        let fetching = self.upload_bytes(&spec.source);
        let bytes = fetching.instrument(info_span!("fetch")).await?;
        let mut measured = Stopwatch::default();
        measured.add(room::FETCH, began.elapsed());
        self.stop.check()?;

        let limits = &self.worker.settings.limits;
        let wanted = memory::of_upload(&bytes, limits.canvas_side, &limits.render);
        let memory = self.worker.memory.take(&self.worker.shelf, wanted).await?;
        let threads = self.threads();
        let id = mockup_id(self.job.id);
        let limits = self.worker.settings.limits.clone();
        let fonts = self.worker.settings.fonts.clone();
        let file = bytes.clone();
        self.pace.entered(room::OPEN);
        let doors = Doors::enter(&self.pace);
        let found = self
            .on_pool(move |stop| {
                let _memory = memory;
                inspect(file, id, &limits, &fonts, stop, threads, doors)
            })
            .await?;
        measured.add_all(&found.measured);

        // Renders of a new mockup come soon, and its layers are decoded now.
        self.worker.shelf.add(found.content, Arc::clone(&found.opened));
        let source = BlobKey::upload(found.content);
        let mockup = found.mockup(&self.job, spec, id, bytes.len() as u64, &source);
        let mut files: Vec<(BlobKey, Bytes)> = found
            .previews
            .into_iter()
            .map(|(width, file)| (BlobKey::thumbnail(id, width), file))
            .chain(found.report)
            .collect();
        // The same bytes under the same key need not be written again.
        if self.worker.length(&source).await? != Some(bytes.len() as u64) {
            files.push((source, bytes));
        }
        let result = JobResult {
            mockup: Some(id),
            warnings: mockup.warnings.clone(),
            ..JobResult::default()
        };
        Ok(Made {
            files,
            result,
            mockup: Some(mockup),
            measured,
        })
    }
}

/// What was found in a file.
struct Inspected {
    content: ContentHash,
    opened: Arc<OpenMockup>,
    catalogue: Catalogue,
    warnings: Vec<Warning>,
    /// Widths and files, widest first.
    previews: Vec<(u32, Bytes)>,
    /// The fidelity report's files.
    report: Vec<(BlobKey, Bytes)>,
    measured: Stopwatch,
}

impl Inspected {
    fn mockup(&self, job: &Job, spec: &UploadSpec, id: MockupId, length: u64, source: &BlobKey) -> Mockup {
        let thumbnail = |(width, _): &(u32, Bytes)| Thumbnail {
            width: *width,
            key: BlobKey::thumbnail(id, *width),
        };
        // A repeated attempt makes the same mockup, so its birth is the job's.
        let made = job.created_at;
        Mockup {
            id,
            tenant: job.tenant,
            name: spec.name.clone(),
            content: self.content,
            source: source.clone(),
            source_bytes: length,
            size: self.opened.size(),
            dpi: self.opened.dpi(),
            catalogue: self.catalogue.clone(),
            warnings: self.warnings.clone(),
            thumbnails: self.previews.iter().map(thumbnail).collect(),
            created_at: made,
            updated_at: made,
            version: Version::FIRST,
        }
    }
}

/// Opens, catalogues and draws a new file. On the pool.
fn inspect(
    bytes: Bytes,
    id: MockupId,
    limits: &Limits,
    fonts: &FontShelf,
    stop: &Stop,
    threads: NonZeroUsize,
    mut doors: Doors,
) -> Result<Inspected, Trouble> {
    let content = hash_of(&bytes);
    let opened = open(bytes, &limits.render)?;
    let size = opened.size();
    if size.width.max(size.height) > limits.canvas_side {
        let allowed = limits.canvas_side;
        return Err(Trouble::CanvasTooLarge { size, allowed });
    }
    let catalogue = opened.catalogue(fonts, &|address| layer_id(id, address));
    if catalogue.smart_objects.is_empty() && catalogue.text_layers.is_empty() {
        return Err(Trouble::NothingToChange);
    }
    doors.passed(room::OPEN);
    stop.check()?;

    let mut warnings = warnings::catalogue(&catalogue);
    let mut files = Vec::new();
    let picture = painting(stop, threads, fonts, |painter| {
        if size.pixels() > limits.fidelity_pixels {
            return Ok(draw(
                &opened,
                &Order::default(),
                &Assets::new(),
                painter,
                &mut doors,
            )?);
        }
        let report = report(&opened, painter, &mut doors)?;
        warnings.extend(warnings::fidelity(&report.fidelity));
        files = reports::files(content, &report)?;
        Ok::<_, Trouble>(report.picture)
    })?;
    warnings.extend(warnings::undrawn(&picture.undrawn));
    let previews = previews(&opened, &picture, stop, &mut doors, &mut warnings)?;
    Ok(Inspected {
        content,
        opened: Arc::new(opened),
        catalogue,
        warnings: warnings::capped(warnings, limits.warnings),
        previews,
        report: files,
        measured: doors.measured,
    })
}

fn previews(
    opened: &OpenMockup,
    picture: &Picture,
    stop: &Stop,
    doors: &mut Doors,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<(u32, Bytes)>, Trouble> {
    let mut previews = Vec::new();
    for width in Mockup::THUMBNAIL_WIDTHS {
        stop.check()?;
        let wanted = Export {
            format: ExportFormat::Webp,
            size: ExportSize::Width(width),
            quality: Quality::clamped(PREVIEW_QUALITY),
            dpi: None,
        };
        match export(opened, &picture.raster, &wanted, doors) {
            Ok((file, _)) => previews.push((width, Bytes::from(file))),
            // A canvas of a few pixels by thousands: a mockup all the same.
            Err(RenderError::Export(_) | RenderError::TooLarge { .. }) => {
                let Size {
                    width: across,
                    height,
                } = picture.raster.size();
                let message = format!("no preview {width} pixels wide of a document of {across}x{height}");
                warnings.insert(0, Warning::new(warnings::PREVIEW_MISSING, message));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(previews)
}

/// The id of the mockup that an upload job makes: the same on every attempt.
fn mockup_id(job: JobId) -> MockupId {
    MockupId::from_random(first_half(*blake3::hash(job.as_bytes()).as_bytes()))
}

/// The id of a layer: the same whenever the mockup is inspected.
fn layer_id(mockup: MockupId, address: &LayerAddress) -> LayerId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(mockup.as_bytes());
    for index in &address.0 {
        hasher.update(&index.to_be_bytes());
    }
    LayerId::from_random(first_half(*hasher.finalize().as_bytes()))
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_what_they_name_and_are_told_apart() {
        let (one, two) = (JobId::from_random([1; 16]), JobId::from_random([2; 16]));
        assert_eq!(mockup_id(one), mockup_id(one));
        assert_ne!(mockup_id(one), mockup_id(two));
        let layers = [vec![0], vec![0, 0], vec![1], vec![0, 1], vec![256]].map(LayerAddress);
        let ids: std::collections::HashSet<_> = layers
            .iter()
            .flat_map(|address| [one, two].map(|job| layer_id(mockup_id(job), address)))
            .collect();
        assert_eq!(ids.len(), 10);
        // Stored catalogues hold these ids: this value may never change.
        assert_eq!(
            layer_id(mockup_id(one), &LayerAddress(vec![3, 1])).to_string(),
            "358794f6-e634-4285-9cb8-39b40df33b3c"
        );
    }
}

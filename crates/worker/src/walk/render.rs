//! The walk of a render: assets and mockup in, one export out.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use marquetry_model::{BlobKey, ContentHash, ExportFile, JobResult, RenderSpec};
use marquetry_render::{OpenMockup, Rendered, open, render};
use marquetry_store::failpoint::{self, Point};
use tracing::{Instrument as _, info_span};

use super::{Made, Walk, hash_of, painting};
use crate::cause::Trouble;
use crate::memory;
use crate::stopwatch::{Doors, Stopwatch, room};
use crate::warnings;

impl Walk {
    pub(super) async fn render(&self, spec: &RenderSpec) -> Result<Made, Trouble> {
        let mut measured = Stopwatch::default();
        let began = Instant::now();
        let assets = async {
            let assets = self.assets(spec).await?;
            Ok::<_, Trouble>((assets, began.elapsed()))
        };
        // A cold mockup is read and parsed while the assets come in.
        let fetching = async { futures::try_join!(assets, self.mockup(spec.content)) };
        let ((assets, assets_took), opened) = fetching.instrument(info_span!("fetch")).await?;
        measured.add(room::FETCH, assets_took.max(opened.fetched));
        measured.add_all(&opened.measured);
        self.stop.check()?;

        let limits = &self.worker.settings.limits.render;
        let wanted = memory::of_render(&opened.mockup, spec, &assets, limits);
        let memory = self.worker.memory.take(&self.worker.shelf, wanted).await?;
        let threads = self.threads();
        let mockup = Arc::clone(&opened.mockup);
        let order = spec.clone();
        let fonts = self.worker.settings.fonts.clone();
        let pace = self.pace.clone();
        pace.entered("decode");
        let work = self.on_pool(move |stop| {
            let mut doors = Doors::enter(&pace);
            failpoint::pass_named(Point::Draw, &order.mockup_name);
            let rendered = painting(stop, threads, &fonts, |painter| {
                render(&mockup, &order, &assets, painter, &mut doors)
            })?;
            // Free only now, even when nobody waits any more: the pixels were in use until here.
            drop(memory);
            Ok((rendered, doors.measured))
        });
        let outcome = work.await;
        if let Err(Trouble::Crashed(_)) = &outcome {
            self.worker.shelf.forget(spec.content);
        }
        let (rendered, drawn) = outcome?;
        self.worker.shelf.settle(spec.content);
        measured.add_all(&drawn);
        Ok(self.made(rendered, measured))
    }

    fn made(&self, rendered: Rendered, measured: Stopwatch) -> Made {
        let key = BlobKey::result(self.job.id, 0, rendered.format);
        let export = ExportFile {
            key: key.clone(),
            content_type: rendered.format.content_type().to_owned(),
            bytes: rendered.bytes.len() as u64,
            size: rendered.size,
        };
        let most = self.worker.settings.limits.warnings;
        Made {
            files: vec![(key, Bytes::from(rendered.bytes))],
            result: JobResult {
                export: Some(export),
                warnings: warnings::capped(warnings::undrawn(&rendered.undrawn), most),
                ..JobResult::default()
            },
            mockup: None,
            measured,
        }
    }

    /// The mockup with this content, from the shelf or opened now.
    pub(super) async fn mockup(&self, content: ContentHash) -> Result<Opened, Trouble> {
        let mut opened = Opening::default();
        let taken = self
            .worker
            .shelf
            .take(content, || self.opened(content, &mut opened))
            .await;
        // Counts what was opened, and leaves no empty place behind what was not.
        self.worker.shelf.settle(content);
        Ok(Opened {
            mockup: taken?,
            fetched: opened.fetched,
            measured: opened.measured,
        })
    }

    async fn opened(&self, content: ContentHash, opening: &mut Opening) -> Result<OpenMockup, Trouble> {
        let key = BlobKey::upload(content);
        let length = self.worker.length(&key).await?.ok_or(Trouble::MockupGone)?;
        let _memory = self.worker.memory.take(&self.worker.shelf, length).await?;
        let began = Instant::now();
        let limits = self.worker.settings.limits.render.clone();
        // The parser's own limit and not that of uploads, which may have been lowered since.
        let bytes = self.worker.psd(&key, limits.psd.file_bytes).await?;
        let bytes = bytes.ok_or(Trouble::MockupGone)?;
        opening.fetched = began.elapsed();
        let pace = self.pace.clone();
        pace.entered(room::OPEN);
        let work = self.on_pool(move |_| {
            let mut doors = Doors::enter(&pace);
            // A job draws what it pinned, or nothing.
            if hash_of(&bytes) != content {
                return Err(Trouble::BlobDamaged);
            }
            let mockup = open(bytes, &limits)?;
            doors.passed(room::OPEN);
            Ok((mockup, doors.measured))
        });
        let (mockup, measured) = work.await?;
        opening.measured = measured;
        Ok(mockup)
    }
}

/// What opening took, when it was this job that had to do it.
#[derive(Default)]
struct Opening {
    fetched: std::time::Duration,
    measured: Stopwatch,
}

pub(super) struct Opened {
    pub(super) mockup: Arc<OpenMockup>,
    pub(super) fetched: std::time::Duration,
    pub(super) measured: Stopwatch,
}

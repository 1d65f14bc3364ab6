//! Fidelity reports: what is stored of one, and how one is made that nobody has asked for before.

use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use marquetry_codec::{Encoding, Format, encode};
use marquetry_job::{Cause, Failure};
use marquetry_model::{BlobKey, ContentHash};
use marquetry_render::{Painter, RenderError, Report, open, report};
use marquetry_store::Reporter;
use marquetry_store::persisted::fidelity_to_json;

use crate::Worker;
use crate::cause::{Trouble, code};
use crate::memory;
use crate::stop::Stop;
use crate::walk::hash_of;
use crate::worker::Inner;

/// The files of a report: the heat map first, because the other one says that both are there.
pub(crate) fn files(content: ContentHash, report: &Report) -> Result<Vec<(BlobKey, Bytes)>, Trouble> {
    let mut files = Vec::new();
    if let Some(map) = &report.heat_map {
        let png = encode(map, &Encoding::new(Format::Png)).map_err(RenderError::Export)?;
        files.push((BlobKey::heat_map(content), Bytes::from(png)));
    }
    let json = fidelity_to_json(&report.fidelity);
    files.push((BlobKey::fidelity(content), Bytes::from(json)));
    Ok(files)
}

impl Worker {
    /// Makes fidelity reports with the slots and threads of this worker, whether it runs or not.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::new(Reports(Arc::clone(&self.0)))
    }
}

#[derive(Debug)]
struct Reports(Arc<Inner>);

#[async_trait]
impl Reporter for Reports {
    async fn report(&self, content: ContentHash) -> Result<(), Cause> {
        self.make(content).await.map_err(|trouble| {
            // Nobody raises the sign but a caller who has gone, and hears nothing of this.
            let stopped = || Cause::later(Failure::new(code::PROCESSING_FAILED, "stopped", "stopped"));
            trouble.cause().unwrap_or_else(stopped)
        })
    }
}

impl Reports {
    async fn make(&self, content: ContentHash) -> Result<(), Trouble> {
        // Never closed, so there is always a slot to come.
        let slot = Arc::clone(&self.0.free).acquire_owned().await;
        if self.0.length(&BlobKey::fidelity(content)).await?.is_some() {
            return Ok(());
        }
        let limits = self.0.settings.limits.render.clone();
        let key = BlobKey::upload(content);
        let bytes = self.0.psd(&key, limits.psd.file_bytes).await?;
        let bytes = bytes.ok_or(Trouble::MockupGone)?;
        let memory = memory::of_upload(&bytes, self.0.settings.limits.canvas_side, &limits);
        let memory = self.0.memory.take(&self.0.shelf, memory).await?;
        let stop = Stop::default();
        let _leaving = RaisedOnLeaving(stop.clone());
        let work = move || {
            // Held until the thread is done, even when nobody waits any more.
            let (_slot, _memory) = (slot, memory);
            if hash_of(&bytes) != content {
                return Err(Trouble::BlobDamaged);
            }
            stop.check()?;
            let painter = Painter {
                threads: NonZeroUsize::MIN,
                stop: &|| stop.is_raised(),
                ..Painter::default()
            };
            let mockup = open(bytes, &limits)?;
            files(content, &report(&mockup, &painter, &mut ())?)
        };
        for (key, file) in self.0.pool.run(work).await?? {
            self.0.put(&key, file).await?;
        }
        Ok(())
    }
}

/// Stops the drawing of whoever does not wait for it any more.
struct RaisedOnLeaving(Stop);

impl Drop for RaisedOnLeaving {
    fn drop(&mut self) {
        self.0.raise();
    }
}

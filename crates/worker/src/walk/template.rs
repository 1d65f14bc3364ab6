//! The walk of a template: layout, fonts, pictures and mockups in, one file out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::future::try_join_all;
use marquetry_model::{
    BlobKey, ContentHash, ExportFile, Handle, JobResult, Layout, MockupId, TemplateSpec, Warning,
};
use marquetry_render::{
    FontShelf, MountedMockup, RenderedTemplate, Supplies, render_template, template_fonts,
};
use marquetry_store::RecordStoreExt as _;
use marquetry_store::failpoint::{self, Point};
use marquetry_template::{AssetId, Checked, Everything, Filled, Limits, Template, Unknown};
use tracing::{Instrument as _, info_span};

use super::{Made, Walk, painting};
use crate::cause::Trouble;
use crate::layouts::{Laid, key_of};
use crate::memory;
use crate::stopwatch::{Doors, Stopwatch, room};
use crate::warnings;

impl Walk {
    pub(super) async fn template(&self, spec: &TemplateSpec) -> Result<Made, Trouble> {
        let mut measured = Stopwatch::default();
        let began = Instant::now();
        let laid = self.laid(spec).instrument(info_span!("layout")).await?;
        let filled = self.filled(&laid, spec).await?;
        measured.add(room::OPEN, began.elapsed());

        let began = Instant::now();
        let supplies = self.supplies(&filled, spec).instrument(info_span!("fetch"));
        let (supplies, opened) = supplies.await?;
        measured.add(room::FETCH, began.elapsed());
        measured.add_all(&opened);
        self.stop.check()?;

        let limits = self.worker.settings.limits.render.clone();
        let wanted = memory::of_template(&filled, &supplies, &limits);
        let memory = self.worker.memory.take(&self.worker.shelf, wanted).await?;
        let (threads, pace, export) = (self.threads(), self.pace.clone(), spec.export);
        let name = spec.pinned.template.to_string();
        let told = filled.warnings.clone();
        let mockups: Vec<ContentHash> = spec.mockups.iter().map(|(_, content)| *content).collect();
        let drawing = Arc::clone(&laid);
        pace.entered("decode");
        let work = self.on_pool(move |stop| {
            let mut doors = Doors::enter(&pace);
            failpoint::pass_named(Point::Draw, &name);
            let rendered = painting(stop, threads, &drawing.fonts, |painter| {
                render_template(&filled, export.as_ref(), &supplies, &limits, painter, &mut doors)
            })?;
            // Free only now, even when nobody waits any more: the pixels were in use until here.
            drop((supplies, memory));
            Ok((rendered, doors.measured))
        });
        let outcome = work.await;
        if let Err(Trouble::Crashed(_)) = &outcome {
            self.worker.layouts.forget(&key_of(spec));
            mockups
                .iter()
                .for_each(|content| self.worker.shelf.forget(*content));
        }
        let (rendered, drawn) = outcome?;
        mockups
            .iter()
            .for_each(|content| self.worker.shelf.settle(*content));
        measured.add_all(&drawn);
        let told = told
            .iter()
            .map(|problem| Warning::new(warnings::FIELD_NOT_USED, problem.to_string()));
        Ok(self.template_made(rendered, told.collect(), measured))
    }

    fn template_made(&self, rendered: RenderedTemplate, mut told: Vec<Warning>, measured: Stopwatch) -> Made {
        let key = BlobKey::made(self.job.id, 0, rendered.extension);
        let export = ExportFile {
            key: key.clone(),
            content_type: rendered.content_type.to_owned(),
            bytes: rendered.bytes.len() as u64,
            size: rendered.size,
        };
        told.extend(warnings::of_template(&rendered.warnings));
        let most = self.worker.settings.limits.warnings;
        Made {
            files: vec![(key, Bytes::from(rendered.bytes))],
            result: JobResult {
                export: Some(export),
                warnings: warnings::capped(told, most),
                ..JobResult::default()
            },
            mockup: None,
            measured,
        }
    }

    /// The layout that the job pinned and the fonts it brings, kept from before or read now.
    async fn laid(&self, spec: &TemplateSpec) -> Result<Arc<Laid>, Trouble> {
        let key = key_of(spec);
        if let Some(laid) = self.worker.layouts.get(&key) {
            return Ok(laid);
        }
        let id = spec.pinned.layout.to_string();
        let layout = self.worker.store.get::<Layout>(self.job.tenant, &id).await?;
        let json = layout.ok_or(Trouble::LayoutGone)?.json;
        let length = json.len() as u64;
        let limits = self.template_limits();
        let checked = self.on_pool(move |_| read(&json, &limits)).await?;
        // Faces that nothing is set in were not pinned, and are not missed.
        let faces = &checked.template().fonts;
        let needed = faces.iter().filter(|face| pinned(spec, &face.asset).is_ok());
        let fonts = needed.map(|face| async {
            let bytes = self.template_asset(spec, &face.asset).await?;
            Ok::<_, Trouble>((face.asset.clone(), bytes))
        });
        let files: BTreeMap<AssetId, Bytes> = try_join_all(fonts).await?.into_iter().collect();
        let held = files.values().map(|file| file.len() as u64).sum::<u64>();
        let others = self.worker.settings.fonts.clone();
        let laid = self
            .on_pool(move |_| lay(checked, &others, &files, length, held))
            .await?;
        let laid = Arc::new(laid);
        self.worker.layouts.keep(key, Arc::clone(&laid));
        Ok(laid)
    }

    /// What is drawn, with the values in it. They were found to be right when the job came in.
    async fn filled(&self, laid: &Arc<Laid>, spec: &TemplateSpec) -> Result<Filled, Trouble> {
        let (laid, fields, limits) = (Arc::clone(laid), spec.fields.clone(), self.template_limits());
        self.on_pool(move |_| {
            let values = serde_json::from_str(&fields).map_err(Trouble::Fields)?;
            let filled = laid.checked.fill(&values, &limits, Unknown::Warn);
            filled.map_err(Trouble::Unfilled)
        })
        .await
    }

    /// Whatever the front door allowed may be drawn; whether an address may be opened is for `egress` to say.
    fn template_limits(&self) -> Limits {
        self.worker.settings.limits.template.clone()
    }

    /// Everything that has to be there before drawing begins, and how long opening mockups took.
    async fn supplies(&self, filled: &Filled, spec: &TemplateSpec) -> Result<(Supplies, Stopwatch), Trouble> {
        let needs = filled.needs();
        let ids = needs.mockups.iter().copied();
        let mockups = ids
            .clone()
            .map(|id| self.mounted(MockupId::from_bytes(*id.as_bytes()), spec));
        let (files, mockups) = futures::try_join!(
            self.template_pictures(filled, &needs, spec),
            try_join_all(mockups)
        )?;
        let (mut supplies, mut measured) = (files, Stopwatch::default());
        for (id, (mounted, opening)) in ids.zip(mockups) {
            measured.add_all(&opening);
            supplies.mockups.insert(id, mounted);
        }
        Ok((supplies, measured))
    }

    /// A mockup as the job pinned it, and what opening it took.
    async fn mounted(
        &self,
        mockup: MockupId,
        spec: &TemplateSpec,
    ) -> Result<(MountedMockup, Stopwatch), Trouble> {
        let pinned = spec.mockups.iter().find(|(pinned, _)| *pinned == mockup);
        let (_, content) = *pinned.ok_or(Trouble::MockupGone)?;
        let known = self.worker.store.mockup(self.job.tenant, mockup).await?;
        let known = known
            .filter(|known| known.content == content)
            .ok_or(Trouble::MockupGone)?;
        let opened = self.mockup(content).await?;
        let mounted = MountedMockup::new(opened.mockup, &known.catalogue.smart_objects);
        Ok((mounted, opened.measured))
    }
}

/// What the job pinned an asset to.
pub(super) fn pinned(spec: &TemplateSpec, asset: &AssetId) -> Result<ContentHash, Trouble> {
    let found = spec
        .assets
        .iter()
        .find(|(handle, _): &&(Handle, _)| handle.as_str() == asset.as_str());
    let missing = || Trouble::AssetGone {
        asset: asset.as_str().to_owned(),
    };
    Ok(found.ok_or_else(missing)?.1)
}

/// A layout that was found to be right when it was saved.
fn read(json: &str, limits: &Limits) -> Result<Checked, Trouble> {
    let template = Template::parse(json.as_bytes(), limits).map_err(Trouble::Layout)?;
    template.check(&Everything, limits).map_err(Trouble::Layout)
}

fn lay(
    checked: Checked,
    others: &FontShelf,
    files: &BTreeMap<AssetId, Bytes>,
    length: u64,
    held: u64,
) -> Result<Laid, Trouble> {
    /// What a layout takes once it is read, for each byte of its text.
    const READ: u64 = 8;
    let fonts = template_fonts(checked.template(), others, |asset| files.get(asset).cloned());
    let fonts = fonts.map_err(|(asset, source)| Trouble::Font {
        asset: asset.as_str().to_owned(),
        source,
    })?;
    Ok(Laid {
        checked,
        fonts,
        // A packed font takes about twice as much unpacked.
        cost: length.saturating_mul(READ).saturating_add(held.saturating_mul(2)),
    })
}

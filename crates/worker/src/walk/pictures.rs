//! The pictures of a template, brought in before the dive.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::try_join_all;
use marquetry_egress::FetchLimits;
use marquetry_model::{BlobKey, TemplateSpec};
use marquetry_render::Supplies;
use marquetry_template::{AssetId, Content, Filled, FilledLayer, Needs, Picture, Source};
use tokio::sync::Semaphore;

use super::Walk;
use super::fetch::Budget;
use super::template::pinned;
use crate::cause::Trouble;

impl Walk {
    /// The files of pictures and masks, each brought in once however often it is used.
    pub(super) async fn template_pictures(
        &self,
        filled: &Filled,
        needs: &Needs,
        spec: &TemplateSpec,
    ) -> Result<Supplies, Trouble> {
        let limits = &self.worker.settings.limits;
        let budget = Budget::new(limits.asset_bytes);
        let turns = Semaphore::new(limits.asset_fetches);
        let mut sources: BTreeMap<Source, ()> = BTreeMap::new();
        sources.extend(needs.pictures.iter().map(|picture| (picture.source.clone(), ())));
        sources.extend(needs.masks.iter().map(|mask| (Source::Asset(mask.clone()), ())));
        let (budget, turns) = (&budget, &turns);
        let brought = sources.into_keys().map(|source| async move {
            // Never closed, so there is always a turn to come.
            let _turn = turns.acquire().await;
            let bytes = self.picture(filled, spec, &source, budget).await?;
            Ok::<_, Trouble>((source, bytes))
        });
        let files: BTreeMap<Source, Bytes> = try_join_all(brought).await?.into_iter().collect();
        let file = |source: &Source| files.get(source).cloned();
        let mut supplies = Supplies::default();
        for picture in &needs.pictures {
            let found = file(&picture.source).map(|bytes| (picture.clone(), bytes));
            supplies.pictures.extend(found);
        }
        for mask in &needs.masks {
            let found = file(&Source::Asset(mask.clone())).map(|bytes| (mask.clone(), bytes));
            supplies.masks.extend(found);
        }
        Ok(supplies)
    }

    async fn picture(
        &self,
        filled: &Filled,
        spec: &TemplateSpec,
        source: &Source,
        budget: &Budget,
    ) -> Result<Bytes, Trouble> {
        let bytes = match source {
            Source::Asset(asset) => {
                let bytes = self.template_asset(spec, asset).await?;
                budget.debit(bytes.len())?;
                return Ok(bytes);
            }
            Source::Url(address) => {
                let limits = &self.worker.settings.limits;
                let limits = FetchLimits {
                    bytes: limits.picture_bytes,
                    ..limits.asset_fetch.clone()
                };
                self.fetched(address.as_str(), &limits, budget).await
            }
        };
        bytes.map_err(|error| Trouble::PictureFetch {
            layer: user_of(filled, source),
            source: error,
        })?
    }

    /// The bytes of a font or a picture that templates name, as the job pinned it.
    pub(super) async fn template_asset(
        &self,
        spec: &TemplateSpec,
        asset: &AssetId,
    ) -> Result<Bytes, Trouble> {
        let content = pinned(spec, asset)?;
        let allowed = self.worker.settings.limits.asset_bytes;
        let read = self.worker.asset_blob(&BlobKey::asset(content), allowed).await;
        read?.ok_or_else(|| Trouble::AssetGone {
            asset: asset.as_str().to_owned(),
        })
    }
}

/// What people call the first layer that shows a picture.
fn user_of(filled: &Filled, source: &Source) -> String {
    let shows = |picture: &Picture| picture.source == *source;
    let found = filled.pages.iter().find_map(|page| {
        let behind = page
            .background
            .as_ref()
            .is_some_and(|(picture, _)| shows(picture));
        if behind {
            return Some("background".to_owned());
        }
        user_among(&page.layers, &shows)
    });
    found.unwrap_or_else(|| "a picture".to_owned())
}

fn user_among(layers: &[FilledLayer], shows: &dyn Fn(&Picture) -> bool) -> Option<String> {
    layers.iter().find_map(|layer| {
        let is_it = match &layer.content {
            Content::Image(image) => shows(&image.picture),
            Content::Mockup(mockup) => mockup.art.iter().any(|art| match &art.art {
                marquetry_template::Art::Picture(picture, _) => shows(picture),
                marquetry_template::Art::Page(_) => false,
            }),
            Content::Group(group) => return user_among(&group.layers, shows),
            Content::Text(_) | Content::Shape(_) | Content::Qr(_) => false,
        };
        is_it.then(|| layer.name.clone())
    })
}

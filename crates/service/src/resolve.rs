//! From the ids that a caller names to the layers of one mockup. Pure: nothing is looked up but the catalogue.

use std::collections::BTreeSet;

use bytes::Bytes;
use marquetry_model::{
    AssetSource, BlobKey, Catalogue, Change, ContentHash, LayerId, Mockup, ModelError, RenderRequest,
    RenderSpec, RequestedAsset, Rewording, TextChange, Words,
};

use crate::ServiceError;

/// The hash of each change's bytes, in the order of the changes.
pub(crate) fn hash_assets(request: &RenderRequest) -> Vec<Option<ContentHash>> {
    let hash = |asset: &Option<RequestedAsset>| match asset {
        Some(RequestedAsset::Bytes(bytes)) => Some(hash(bytes)),
        _ => None,
    };
    request.changes.iter().map(|change| hash(&change.asset)).collect()
}

/// The hash by which bytes are known.
pub(crate) fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(*blake3::hash(bytes).as_bytes())
}

/// What is to be drawn, and the bytes that must be stored before anybody is told to draw it.
pub(crate) type Resolved = (RenderSpec, Vec<(BlobKey, Bytes)>);

/// Finds every id of `request` in `mockup`, and pins its content. `hashes` are those of [`hash_assets`].
pub(crate) fn resolve(
    request: RenderRequest,
    hashes: &[Option<ContentHash>],
    mockup: &Mockup,
) -> Result<Resolved, ServiceError> {
    let catalogue = &mockup.catalogue;
    let mut slots = BTreeSet::new();
    for change in &request.changes {
        if catalogue.smart_object(change.slot).is_none() {
            return Err(ServiceError::SmartObjectNotFound { id: change.slot });
        }
        if !slots.insert(change.slot) {
            return Err(ServiceError::Invalid(ModelError::Malformed {
                field: "smart_objects",
                expected: "a list that names no smart object twice",
            }));
        }
    }
    let texts = request.texts.into_iter().map(|text| reword(catalogue, text));
    let texts: Vec<Rewording> = texts.collect::<Result<_, _>>()?;

    let hidden: BTreeSet<LayerId> = request.hidden.iter().copied().collect();
    if hidden.len() > RenderSpec::MOST_HIDDEN {
        return Err(ServiceError::Invalid(ModelError::TooLong {
            field: "hidden_layers",
            most: RenderSpec::MOST_HIDDEN,
        }));
    }
    let reworded = texts.iter().map(|text| text.slot);
    let changed: Vec<LayerId> = slots.into_iter().chain(reworded).collect();
    let filled: Vec<LayerId> = request
        .changes
        .iter()
        .filter(|change| change.asset.is_some())
        .map(|change| change.slot)
        .collect();
    let hidden: Vec<LayerId> = hidden.into_iter().collect();
    let hidden = catalogue.hide(&hidden, &changed, &filled)?;

    let mut bytes = Vec::new();
    let mut changes = Vec::with_capacity(request.changes.len());
    for (change, content) in request.changes.into_iter().zip(hashes) {
        let asset = match (change.asset, content) {
            (Some(RequestedAsset::Url(url)), _) => Some(AssetSource::Url(url)),
            (Some(RequestedAsset::Bytes(file)), &content) => {
                let content = content.unwrap_or_else(|| hash(&file));
                let key = BlobKey::asset(content);
                bytes.push((key.clone(), file.into()));
                Some(AssetSource::Blob { key, content })
            }
            (None, _) => None,
        };
        let addresses = catalogue
            .smart_object(change.slot)
            .map(|slot| slot.instances.clone())
            .ok_or(ServiceError::SmartObjectNotFound { id: change.slot })?;
        changes.push(Change {
            slot: change.slot,
            addresses,
            asset,
            placement: change.placement,
            colour: change.colour,
            adjustments: change.adjustments,
        });
    }
    let spec = RenderSpec {
        mockup: mockup.id,
        mockup_name: mockup.name.clone(),
        content: mockup.content,
        changes,
        texts,
        hidden,
        export: request.export,
        label: request.label,
    };
    spec.check()?;
    // The same picture in several places is put away once.
    bytes.sort_by(|(one, _), (other, _)| one.cmp(other));
    bytes.dedup_by(|(one, _), (other, _)| one == other);
    Ok((spec, bytes))
}

/// Finds a text layer, with every copy of it.
fn reword(catalogue: &Catalogue, text: TextChange) -> Result<Rewording, ServiceError> {
    let id = text.layer;
    let layer = catalogue
        .text_layer(id)
        .ok_or(ServiceError::TextLayerNotFound { id })?;
    if !layer.editable {
        return Err(ServiceError::TextLayerNotEditable { id });
    }
    if let Words::Segments(segments) = &text.words
        && segments
            .iter()
            .any(|(index, _)| usize::try_from(*index).map_or(true, |index| index >= layer.segments.len()))
    {
        return Err(ServiceError::Invalid(ModelError::Malformed {
            field: "text_layers",
            expected: "segments that the text layer has",
        }));
    }
    Ok(Rewording {
        slot: id,
        addresses: catalogue
            .text_places(id)
            .ok_or(ServiceError::TextLayerNotFound { id })?,
        words: text.words,
        fit: text.fit,
    })
}

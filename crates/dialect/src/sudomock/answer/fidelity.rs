//! The fidelity report of a mockup. No other service has one, so that its members are named here.

use std::collections::HashMap;

use marquetry_model::{
    BlobKey, Comparison, Difference, Fidelity, Lack, LayerAddress, LayerFidelity, LayerId, Mockup,
    NoReference,
};
use serde::Serialize;

use super::{Answer, Envelope, Number};
use crate::Links;

/// 200: how close the drawing of `mockup` comes to Photoshop's own picture, and why it is not closer.
pub fn fidelity(mockup: &Mockup, fidelity: &Fidelity, links: &Links) -> Answer {
    let ids: HashMap<&LayerAddress, LayerId> = mockup
        .catalogue
        .all_layers()
        .into_iter()
        .map(|entry| (&entry.address, entry.id))
        .collect();
    let difference = fidelity.compared.difference();
    let data = FidelityForm {
        mockup_uuid: mockup.id.to_string(),
        width: fidelity.size.width,
        height: fidelity.size.height,
        compared: difference.is_some(),
        difference: difference.map(DifferenceForm::of),
        no_reference: match fidelity.compared {
            Comparison::Measured(_) => None,
            Comparison::NoReference(reason) => Some(NoReferenceForm::of(reason)),
        },
        drawn_share: fidelity.drawn_share.map(Number::from),
        heat_map: difference.map(|_| links.file(&BlobKey::heat_map(mockup.content))),
        document: LackForm::all(&fidelity.document),
        layers: fidelity
            .layers
            .iter()
            .map(|layer| LayerForm::of(layer, ids.get(&layer.address)))
            .collect(),
    };
    Answer::json(200, &Envelope::of(data))
}

#[derive(Serialize)]
struct FidelityForm<'a> {
    mockup_uuid: String,
    width: u32,
    height: u32,
    compared: bool,
    difference: Option<DifferenceForm>,
    no_reference: Option<NoReferenceForm>,
    /// 0 to 1; `null` for a document too large to be looked at as a whole.
    drawn_share: Option<Number>,
    heat_map: Option<String>,
    document: Vec<LackForm<'a>>,
    layers: Vec<LayerForm<'a>>,
}

#[derive(Serialize)]
struct DifferenceForm {
    delta_e_mean: Number,
    off_by_more_than_3_percent: Number,
    mean_absolute_error: Number,
    p99: Number,
    passes: bool,
}

impl DifferenceForm {
    fn of(difference: &Difference) -> Self {
        Self {
            delta_e_mean: difference.delta_e_mean.into(),
            off_by_more_than_3_percent: difference.off_by_more_than_3.into(),
            mean_absolute_error: difference.mean_absolute_error.into(),
            p99: difference.p99.into(),
            passes: difference.passes(),
        }
    }
}

#[derive(Serialize)]
struct NoReferenceForm {
    code: &'static str,
    message: &'static str,
}

impl NoReferenceForm {
    fn of(reason: NoReference) -> Self {
        Self {
            code: reason.name(),
            message: reason.explained(),
        }
    }
}

#[derive(Serialize)]
struct LayerForm<'a> {
    /// As in the layer tree; `null` for a layer that is not in it.
    uuid: Option<String>,
    name: &'a str,
    kind: &'static str,
    drawn: &'static str,
    lacks: Vec<LackForm<'a>>,
}

impl<'a> LayerForm<'a> {
    fn of(layer: &'a LayerFidelity, id: Option<&LayerId>) -> Self {
        Self {
            uuid: id.map(ToString::to_string),
            name: &layer.name,
            kind: layer.kind.name(),
            drawn: layer.drawn.name(),
            lacks: LackForm::all(&layer.lacks),
        }
    }
}

#[derive(Serialize)]
struct LackForm<'a> {
    what: &'a str,
    why: &'a str,
}

impl<'a> LackForm<'a> {
    fn all(lacks: &'a [Lack]) -> Vec<Self> {
        let form = |lack: &'a Lack| Self {
            what: &lack.what,
            why: &lack.why,
        };
        lacks.iter().map(form).collect()
    }
}

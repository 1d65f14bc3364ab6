//! The stored form of a fidelity report: a blob of JSON beside its heat map.

use marquetry_model::{
    Comparison, Difference, Drawn, Fidelity, Lack, LayerAddress, LayerFidelity, LayerKind, NoReference,
};
use serde::{Deserialize, Serialize};

use super::scalar::SizeForm;
use super::{Problem, V, known, read, write};
use crate::StoreError;

#[derive(Serialize, Deserialize)]
struct FidelityForm {
    v: u32,
    size: SizeForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    difference: Option<DifferenceForm>,
    /// Why there is no difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawn_share: Option<f64>,
    #[serde(default)]
    document: Vec<LackForm>,
    #[serde(default)]
    layers: Vec<LayerForm>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceForm {
    delta_e_mean: f64,
    off_by_more_than_3: f64,
    mean_absolute_error: f64,
    p99: f64,
}

#[derive(Serialize, Deserialize)]
struct LackForm {
    what: String,
    why: String,
}

#[derive(Serialize, Deserialize)]
struct LayerForm {
    address: Vec<u32>,
    name: String,
    kind: String,
    drawn: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<LackForm>,
}

impl LackForm {
    fn all(lacks: &[Lack]) -> Vec<Self> {
        let form = |lack: &Lack| Self {
            what: lack.what.clone(),
            why: lack.why.clone(),
        };
        lacks.iter().map(form).collect()
    }

    fn back(forms: Vec<Self>) -> Vec<Lack> {
        let lack = |form: Self| Lack {
            what: form.what,
            why: form.why,
        };
        forms.into_iter().map(lack).collect()
    }
}

impl LayerForm {
    fn of(layer: &LayerFidelity) -> Self {
        Self {
            address: layer.address.0.clone(),
            name: layer.name.clone(),
            kind: layer.kind.name().to_owned(),
            drawn: layer.drawn.name().to_owned(),
            lacks: LackForm::all(&layer.lacks),
        }
    }

    fn back(self) -> Result<LayerFidelity, Problem> {
        Ok(LayerFidelity {
            address: LayerAddress(self.address),
            name: self.name,
            kind: named("layer kind", &self.kind, LayerKind::ALL, LayerKind::name)?,
            drawn: named("way of drawing", &self.drawn, Drawn::ALL, Drawn::name)?,
            lacks: LackForm::back(self.lacks),
        })
    }
}

/// The one of `all` that is called `name`.
fn named<T: Copy>(
    what: &str,
    name: &str,
    all: impl IntoIterator<Item = T>,
    name_of: impl Fn(T) -> &'static str,
) -> Result<T, Problem> {
    let found = all.into_iter().find(|one| name_of(*one) == name);
    found.ok_or_else(|| Problem(format!("there is no {what} {name:?}")))
}

/// A report as it is stored.
pub fn fidelity_to_json(fidelity: &Fidelity) -> String {
    let (difference, no_reference) = match fidelity.compared {
        Comparison::Measured(difference) => (Some(difference), None),
        Comparison::NoReference(reason) => (None, Some(reason.name().to_owned())),
    };
    write(&FidelityForm {
        v: V,
        size: SizeForm::of(fidelity.size),
        difference: difference.map(|difference| DifferenceForm {
            delta_e_mean: difference.delta_e_mean,
            off_by_more_than_3: difference.off_by_more_than_3,
            mean_absolute_error: difference.mean_absolute_error,
            p99: difference.p99,
        }),
        no_reference,
        drawn_share: fidelity.drawn_share,
        document: LackForm::all(&fidelity.document),
        layers: fidelity.layers.iter().map(LayerForm::of).collect(),
    })
}

/// A stored report.
///
/// # Errors
/// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
pub fn fidelity_from_json(json: &str) -> Result<Fidelity, StoreError> {
    back(json).map_err(|problem| problem.in_a("fidelity report"))
}

fn back(json: &str) -> Result<Fidelity, Problem> {
    let form: FidelityForm = read(json)?;
    known(form.v)?;
    let compared = match (form.difference, form.no_reference) {
        (Some(difference), _) => Comparison::Measured(Difference {
            delta_e_mean: difference.delta_e_mean,
            off_by_more_than_3: difference.off_by_more_than_3,
            mean_absolute_error: difference.mean_absolute_error,
            p99: difference.p99,
        }),
        (None, Some(reason)) => Comparison::NoReference(named(
            "missing reference",
            &reason,
            NoReference::ALL,
            NoReference::name,
        )?),
        (None, None) => return Err(Problem("it says neither a difference nor why not".to_owned())),
    };
    Ok(Fidelity {
        size: form.size.back(),
        compared,
        drawn_share: form.drawn_share,
        document: LackForm::back(form.document),
        layers: form
            .layers
            .into_iter()
            .map(LayerForm::back)
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    fn lack() -> Lack {
        Lack {
            what: "effects".to_owned(),
            why: "its effects are not drawn".to_owned(),
        }
    }

    fn report(compared: Comparison) -> Fidelity {
        let layers = LayerKind::ALL.into_iter().zip(Drawn::ALL.into_iter().cycle());
        Fidelity {
            size: Size::new(30, 20),
            compared,
            drawn_share: Some(0.1 + 0.2),
            document: vec![lack()],
            layers: layers
                .zip(0..)
                .map(|((kind, drawn), index)| LayerFidelity {
                    address: LayerAddress(vec![index]),
                    name: format!("{kind:?} \u{1F3A8}"),
                    kind,
                    drawn,
                    lacks: vec![lack(); index as usize % 3],
                })
                .collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let measured = Comparison::Measured(Difference {
            delta_e_mean: 1.0 / 3.0,
            off_by_more_than_3: 12.5,
            mean_absolute_error: 1e-9,
            p99: 255.0,
        });
        let none = NoReference::ALL.map(Comparison::NoReference);
        for compared in none.into_iter().chain([measured]) {
            let written = report(compared);
            assert_eq!(fidelity_from_json(&fidelity_to_json(&written)).unwrap(), written);
        }
    }

    #[test]
    fn what_is_damaged_or_newer_is_refused() {
        let good = fidelity_to_json(&report(Comparison::NoReference(NoReference::NotSaved)));
        for bad in [
            String::new(),
            good.replace("\"v\":1", "\"v\":2"),
            good.replace("not_saved", "not_known"),
            good.replace("\"no_reference\":\"not_saved\",", ""),
            good.replace("cached_raster", "guessed"),
        ] {
            assert!(fidelity_from_json(&bad).is_err(), "{bad}");
        }
    }
}

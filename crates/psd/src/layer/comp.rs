//! Layer comps: what each of them says of one layer.
//!
//! Photoshop keeps it with the layer, in the `cmls` part of its *Metadata setting* (`shmd`), which the Adobe Photoshop
//! File Formats Specification leaves open. How it is written was read from `layer_comps.psb`: a list of states, each
//! with the comps it stands for (0 is the document as it was last left). The first one is whole, the others tell what
//! they change of it.

use super::Layer;
use crate::{
    Limits, PsdError, Section,
    descriptor::{Descriptor, Value},
    reader::Reader,
};

/// The comp that stands for the document as it was last left.
const LAST_STATE: i64 = 0;

/// What one layer comp says of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerCompState {
    /// Whether the layer is shown; `None` when the comp leaves that as it is.
    pub visible: Option<bool>,
    /// Whether it has another position, other effects or other blending than in the document itself.
    pub differs: bool,
}

impl Layer<'_> {
    /// What the layer comp of that id says of the layer. `None` when the layer does not know it.
    ///
    /// # Errors
    /// [`PsdError`] when the block is broken or passes a limit.
    pub fn in_comp(self, comp: i32, limits: &Limits) -> Result<Option<LayerCompState>, PsdError> {
        let Some(block) = self.block(*b"shmd") else {
            return Ok(None);
        };
        let mut reader = Reader::new(block.bytes, block.offset, Section::AdditionalLayerInformation);
        for _ in 0..reader.u32()? {
            reader.u32()?; // signature, 8BIM
            let key: [u8; 4] = reader.array()?;
            reader.u32()?; // whether to copy it along with the sheet, and padding
            let length = reader.u32()?;
            let part = reader.sub(u64::from(length))?;
            if key == *b"cmls" {
                let settings = Descriptor::parse(part.rest(), part.offset(), limits)?;
                return Ok(state(&settings, comp.into()));
            }
        }
        Ok(None)
    }
}

fn state(settings: &Descriptor, comp: i64) -> Option<LayerCompState> {
    let states = || settings.list("layerSettings").iter().filter_map(Value::as_object);
    let of = |comp: i64| {
        states().find(|state| {
            let comps = state.list("compList").iter();
            comps.filter_map(Value::as_i64).any(|one| one == comp)
        })
    };
    let (first, chosen) = (states().next()?, of(comp)?);
    let visible = chosen.bool("enab").or_else(|| first.bool("enab"));
    let last = of(LAST_STATE).unwrap_or(first);
    let differs = ["Ofst", "blendOptions", "Lefx"].iter().any(|key| {
        let told = |state: &Descriptor| {
            state
                .get(key)
                .or_else(|| first.get(key))
                .filter(|v| !is_none(v))
                .cloned()
        };
        told(chosen) != told(last)
    });
    Some(LayerCompState { visible, differs })
}

/// An offset of nothing is not always written.
fn is_none(value: &Value) -> bool {
    let offset = |object: &Descriptor| Some((object.f64("Hrzn")?, object.f64("Vrtc")?));
    value.as_object().and_then(offset) == Some((0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Object, object};

    fn told(states: &[Object], comp: i64) -> Option<LayerCompState> {
        let states: Vec<Vec<u8>> = states.iter().map(|state| state.clone().value()).collect();
        let settings = object("null").list("layerSettings", &states).versioned();
        state(
            &Descriptor::parse(&settings, 0, &Limits::default()).unwrap(),
            comp,
        )
    }

    fn comps(ids: &[i32]) -> Object {
        let ids: Vec<Vec<u8>> = ids
            .iter()
            .map(|id| [&b"long"[..], &id.to_be_bytes()].concat())
            .collect();
        object("null").list("compList", &ids)
    }

    fn offset(across: i32) -> Object {
        object("Pnt ").long("Hrzn", across).long("Vrtc", 0)
    }

    #[test]
    fn states_build_on_the_first() {
        let states = [
            comps(&[7, 9]).flag("enab", true),
            comps(&[8]).flag("enab", false),
            comps(&[10]),
            comps(&[0]).flag("enab", true),
        ];
        let visible = |comp| told(&states, comp).map(|state| state.visible);
        assert_eq!(visible(7), Some(Some(true)));
        assert_eq!(visible(8), Some(Some(false)));
        assert_eq!(visible(9), Some(Some(true)));
        assert_eq!(visible(10), Some(Some(true)));
        assert_eq!(visible(11), None);
    }

    #[test]
    fn a_layer_moved_by_a_comp_is_told_from_one_that_stays() {
        let states = [
            comps(&[7]),
            comps(&[8]).object("Ofst", offset(9)),
            comps(&[0]).object("Ofst", offset(0)),
        ];
        assert!(!told(&states, 7).unwrap().differs);
        assert!(told(&states, 8).unwrap().differs);
        assert_eq!(told(&states, 8).unwrap().visible, None);
    }
}

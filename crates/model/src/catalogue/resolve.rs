//! From the ids a caller names to the places in the file that a render works on, with the rules about
//! what can be asked together.

use std::collections::BTreeSet;

use crate::{Catalogue, LayerAddress, LayerEntry, LayerId, ModelError};

impl Catalogue {
    /// Where the layers to be hidden sit, in every copy of a smart object that holds them. Naming a
    /// layer twice is the same as naming it once. `changed` are the slots that the same request
    /// changes, and of these `filled` are the ones that receive an asset.
    ///
    /// Hiding a group is enough to hide what is in it, so only the group's own place is given.
    ///
    /// # Errors
    /// [`ModelError::UnknownLayer`] for an id that is in no tree, [`ModelError::HiddenAndChanged`] when
    /// a changed layer is hidden or lies in something hidden, [`ModelError::HiddenInsideChanged`] when a
    /// hidden layer lies inside a smart object that receives an asset.
    pub fn hide(
        &self,
        hidden: &[LayerId],
        changed: &[LayerId],
        filled: &[LayerId],
    ) -> Result<Vec<LayerAddress>, ModelError> {
        let mut places = BTreeSet::new();
        for &id in hidden {
            let entry = self.layer(id).ok_or(ModelError::UnknownLayer {
                field: "hidden_layers",
                id,
            })?;
            if let Some(both) = changed
                .iter()
                .find(|&&id| holds(entry, id) || self.inside(entry, id))
            {
                return Err(ModelError::HiddenAndChanged { id: *both });
            }
            let inside_filled = filled
                .iter()
                .filter_map(|&slot| self.smart_object(slot))
                .any(|slot| {
                    slot.instances
                        .iter()
                        .any(|instance| entry.address.is_inside(instance))
                });
            if inside_filled {
                return Err(ModelError::HiddenInsideChanged { id });
            }
            places.extend(self.copies(&entry.address));
        }
        Ok(places.into_iter().collect())
    }

    /// Where a text layer sits, in every copy of a smart object that holds it. `None` when there is none
    /// with this id.
    pub fn text_places(&self, id: LayerId) -> Option<Vec<LayerAddress>> {
        Some(self.copies(&self.text_layer(id)?.address))
    }

    /// Whether `slot` lies inside the contents of the smart object that `entry` is.
    fn inside(&self, entry: &LayerEntry, slot: LayerId) -> bool {
        let Some(slot) = self.smart_object(slot) else {
            return false;
        };
        slot.instances
            .iter()
            .any(|instance| instance.is_inside(&entry.address))
    }

    /// The same layer in every copy of every smart object around it.
    fn copies(&self, address: &LayerAddress) -> Vec<LayerAddress> {
        let mut found = BTreeSet::from([address.clone()]);
        // Copies may lie inside copies, so go on until a round finds nothing new. Each address
        // comes from the finite catalogue, so this ends.
        loop {
            let mut fresh = Vec::new();
            for object in self.all_smart_objects() {
                for place in &found {
                    let Some(around) = object.instances.iter().find(|at| place.is_inside(at)) else {
                        continue;
                    };
                    let rest = &place.0[around.0.len()..];
                    fresh.extend(
                        object
                            .instances
                            .iter()
                            .map(|other| LayerAddress(other.0.iter().chain(rest).copied().collect())),
                    );
                }
            }
            let before = found.len();
            found.extend(fresh);
            if found.len() == before {
                return found.into_iter().collect();
            }
        }
    }
}

/// Whether `id` is this row or one below it.
fn holds(entry: &LayerEntry, id: LayerId) -> bool {
    let mut rows = vec![entry];
    while let Some(row) = rows.pop() {
        if row.id == id {
            return true;
        }
        rows.extend(&row.children);
    }
    false
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{BlendMode, Rect, Size};

    use super::*;
    use crate::{LayerKind, SmartObject};

    fn id(n: u8) -> LayerId {
        LayerId::from_bytes([n; 16])
    }

    fn row(n: u8, at: &[u32], kind: LayerKind, children: Vec<LayerEntry>) -> LayerEntry {
        LayerEntry {
            id: id(n),
            address: LayerAddress(at.to_vec()),
            name: format!("layer {n}"),
            kind,
            visible: true,
            children,
        }
    }

    fn object(n: u8, instances: &[&[u32]], smart_objects: Vec<SmartObject>) -> SmartObject {
        SmartObject {
            id: id(n),
            instances: instances.iter().map(|at| LayerAddress(at.to_vec())).collect(),
            name: format!("object {n}"),
            layer_name: None,
            frame: Size::new(10, 10),
            bounds: Rect::new(0, 0, 10, 10),
            quad: None,
            blend: BlendMode::Normal,
            visible: true,
            smart_objects,
            text_layers: vec![],
        }
    }

    /// A group 1 with a pixel layer 2; a smart object 3 in two copies, which holds a layer 4 and a
    /// smart object 5.
    fn catalogue() -> Catalogue {
        Catalogue {
            smart_objects: vec![object(3, &[&[2], &[5]], vec![object(5, &[&[2, 1]], vec![])])],
            text_layers: vec![],
            layers: vec![
                row(
                    1,
                    &[9],
                    LayerKind::Group,
                    vec![row(2, &[8], LayerKind::Pixel, vec![])],
                ),
                row(
                    3,
                    &[2],
                    LayerKind::SmartObject,
                    vec![
                        row(4, &[2, 0], LayerKind::Pixel, vec![]),
                        row(5, &[2, 1], LayerKind::SmartObject, vec![]),
                    ],
                ),
            ],
        }
    }

    #[test]
    fn hiding_names_the_place_once() {
        let places = catalogue().hide(&[id(1), id(1)], &[], &[]);
        assert_eq!(places, Ok(vec![LayerAddress(vec![9])]));
    }

    #[test]
    fn a_layer_inside_contents_is_hidden_in_every_copy() {
        let places = catalogue().hide(&[id(4)], &[], &[]).unwrap();
        assert_eq!(places, vec![LayerAddress(vec![2, 0]), LayerAddress(vec![5, 0])]);
    }

    #[test]
    fn a_layer_is_not_hidden_and_changed() {
        for (hidden, changed) in [(3, 3), (3, 5)] {
            let error = catalogue().hide(&[id(hidden)], &[id(changed)], &[]);
            assert_eq!(error, Err(ModelError::HiddenAndChanged { id: id(changed) }));
        }
    }

    #[test]
    fn nothing_is_hidden_inside_what_receives_an_asset() {
        let error = catalogue().hide(&[id(4)], &[id(3)], &[id(3)]);
        assert_eq!(error, Err(ModelError::HiddenInsideChanged { id: id(4) }));
        // A new colour alone leaves the contents visible, so hiding inside them means something.
        assert!(catalogue().hide(&[id(4)], &[id(3)], &[]).is_ok());
    }

    #[test]
    fn an_unknown_layer_is_named() {
        let error = catalogue().hide(&[id(77)], &[], &[]).unwrap_err();
        assert_eq!(
            error,
            ModelError::UnknownLayer {
                field: "hidden_layers",
                id: id(77)
            }
        );
    }

    #[test]
    fn slots_are_found_at_any_depth() {
        let catalogue = catalogue();
        assert_eq!(catalogue.smart_object(id(5)).map(|o| &*o.name), Some("object 5"));
        assert_eq!(catalogue.layer(id(2)).map(|l| l.kind), Some(LayerKind::Pixel));
        assert_eq!(catalogue.smart_object(id(2)), None);
    }
}

//! What a layer is, judged by the blocks it carries.

use crate::adjustment;
use crate::layer::Layer;
use crate::layer::settings::DividerKind;

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerKind {
    /// A group with a frame of its own that cuts off what sticks out.
    Artboard,
    /// A group of layers.
    Group,
    /// The hidden record that ends a group; never part of the tree.
    GroupEnd,
    /// A placed layer.
    SmartObject,
    /// A type layer.
    Text,
    /// A path that is filled, and perhaps stroked.
    Shape,
    /// A colour, gradient or pattern without bounds.
    Fill,
    /// A change of the colours below.
    Adjustment,
    /// Pixels and nothing else.
    Pixel,
}

const ARTBOARD: [[u8; 4]; 3] = [*b"artb", *b"artd", *b"abdd"];
const TEXT: [[u8; 4]; 2] = [*b"TySh", *b"tySh"];
const PLACED: [[u8; 4]; 4] = [*b"SoLd", *b"SoLE", *b"PlLd", *b"plLd"];
const FILL: [[u8; 4]; 3] = [*b"SoCo", *b"GdFl", *b"PtFl"];
const VECTOR_MASK: [[u8; 4]; 2] = [*b"vmsk", *b"vsms"];

impl Layer<'_> {
    /// What this layer is.
    pub fn kind(self) -> LayerKind {
        let has_any = |keys: &[[u8; 4]]| keys.iter().any(|key| self.block(*key).is_some());
        match self.section_divider().map(|divider| divider.kind) {
            Some(DividerKind::OpenGroup | DividerKind::ClosedGroup) => {
                return if has_any(&ARTBOARD) {
                    LayerKind::Artboard
                } else {
                    LayerKind::Group
                };
            }
            Some(DividerKind::GroupEnd) => return LayerKind::GroupEnd,
            Some(DividerKind::None) | None => {}
        }
        if has_any(&TEXT) {
            LayerKind::Text
        } else if has_any(&PLACED) {
            LayerKind::SmartObject
        } else if has_any(&adjustment::KEYS) {
            LayerKind::Adjustment
        } else if has_any(&VECTOR_MASK) && (has_any(&FILL) || self.block(*b"vscg").is_some()) {
            LayerKind::Shape
        } else if has_any(&FILL) {
            LayerKind::Fill
        } else {
            LayerKind::Pixel
        }
    }
}

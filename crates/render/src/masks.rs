//! Masks of a layer: whose they are, how dense and how soft.

use std::sync::Arc;

use marquetry_compose::Mask;
use marquetry_pixel::{Coverage, Opacity, Size};
use marquetry_psd::layer::{LayerMasks, Mask as Stored, MaskParameters};
use marquetry_psd::path::VectorMask;
use marquetry_psd::{ChannelId, Layer, LayerKind};

use crate::error::RenderError;
use crate::plan::Walk;
use crate::undrawn::Feature;
use crate::vector;

/// The masks of a layer, by whether they hide its effects as well.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// Those that shape the layer: its effects follow their edges.
    pub(crate) shaping: Vec<Mask>,
    /// Those that hide the layer together with its effects.
    pub(crate) hiding: Vec<Mask>,
}

/// How dense and how soft one mask is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Softness {
    density: Option<u8>,
    feather: Option<f64>,
}

impl Softness {
    fn user(parameters: &MaskParameters) -> Self {
        Self {
            density: parameters.user_density,
            feather: parameters.user_feather,
        }
    }

    fn vector(parameters: &MaskParameters) -> Self {
        Self {
            density: parameters.vector_density,
            feather: parameters.vector_feather,
        }
    }

    /// Whether the mask is as it was painted.
    fn is_none(self) -> bool {
        self.density.is_none_or(|density| density == 255) && self.feather.is_none_or(|feather| feather <= 0.0)
    }
}

impl<'a> Walk<'a> {
    /// All masks of a layer that are switched on.
    ///
    /// Photoshop stores one plane: the user's mask, or a vector mask rendered to pixels, or both of
    /// them combined, and then the user's own beside it. Density and feather are in none of them.
    pub(crate) fn masks(&mut self, layer: Layer<'a>) -> Result<Masks, RenderError> {
        let mut masks = Masks::default();
        let curves = self.curves(layer);
        let Some(stored) = layer.masks() else {
            if let Some(curves) = curves.filter(|_| !has_its_shape(layer)) {
                let mask = vector::mask(&curves, self.mockup.size().rect());
                masks.add(mask, layer.vector_mask_hides_effects());
            }
            return Ok(masks);
        };
        let LayerMasks {
            mask,
            real,
            parameters,
        } = stored;
        let (user, vector) = (Softness::user(&parameters), Softness::vector(&parameters));
        let hides = (layer.mask_hides_effects(), layer.vector_mask_hides_effects());
        if let Some(real) = real {
            let as_one = user.is_none() && vector.is_none() && hides.0 == hides.1;
            let Some(curves) = curves.filter(|_| !as_one) else {
                if !as_one && !vector.is_none() {
                    self.lacks(layer, Feature::MaskFeather);
                }
                let plane = self.plane(layer, ChannelId::MASK, mask, user)?;
                masks.extend(plane, hides.1);
                return Ok(masks);
            };
            let own = self.plane(layer, ChannelId::REAL_MASK, real, user)?;
            masks.extend(own, hides.0);
            let drawn = vector::mask(&curves, self.mockup.size().rect());
            masks.add(self.softened(drawn, vector), hides.1);
        } else if mask.flags.is_rendered() {
            // A shape's pixels end where its curves do, stored or drawn; the mask that Photoshop rendered of the
            // same curves would thin their edges once more.
            if has_its_shape(layer) && vector.is_none() {
                return Ok(masks);
            }
            let plane = self.plane(layer, ChannelId::MASK, mask, vector)?;
            masks.extend(plane, hides.1);
        } else {
            let plane = self.plane(layer, ChannelId::MASK, mask, user)?;
            masks.extend(plane, hides.0);
            if let Some(curves) = curves.filter(|_| !has_its_shape(layer)) {
                let drawn = vector::mask(&curves, self.mockup.size().rect());
                masks.add(self.softened(drawn, vector), hides.1);
            }
        }
        Ok(masks)
    }

    /// Whether a shape's paint is to be seen outside its curves, or fades before it reaches them: its
    /// stored pixels end there and are then of no use.
    pub(crate) fn leaves_its_curves(&self, layer: Layer<'_>) -> bool {
        layer.kind() == LayerKind::Shape
            && layer.masks().is_some_and(|masks| {
                (masks.mask.flags.is_rendered() || masks.real.is_some())
                    && !Softness::vector(&masks.parameters).is_none()
            })
    }

    /// The vector mask that is switched on.
    fn curves(&mut self, layer: Layer<'_>) -> Option<VectorMask> {
        let Ok(mask) = layer.vector_mask(&self.mockup.limits.psd) else {
            self.lacks(layer, Feature::VectorMask);
            return None;
        };
        mask.filter(|mask| !mask.disabled)
    }

    /// A stored plane. `None` when it is switched off or shows everything.
    fn plane(
        &self,
        layer: Layer<'a>,
        id: ChannelId,
        stored: Stored,
        softness: Softness,
    ) -> Result<Option<Mask>, RenderError> {
        if stored.flags.is_disabled() {
            return Ok(None);
        }
        let coverage = self.mockup.mask(layer, id)?;
        if coverage.is_none() && stored.default_color == 255 {
            return Ok(None);
        }
        let mask = Mask {
            coverage: coverage.unwrap_or_else(|| Arc::new(Coverage::new(Size::default()))),
            at: (stored.rect.x, stored.rect.y),
            outside: stored.default_color,
            density: Opacity::OPAQUE,
        };
        Ok(Some(self.softened(mask, softness)))
    }

    fn softened(&self, mask: Mask, softness: Softness) -> Mask {
        let mask = match softness.feather {
            Some(feather) if feather > 0.0 => mask.feathered(feather, self.mockup.size().rect()),
            _ => mask,
        };
        Mask {
            density: softness.density.map_or(Opacity::OPAQUE, Opacity::from_byte),
            ..mask
        }
    }
}

impl Masks {
    fn add(&mut self, mask: Mask, hides_effects: bool) {
        if hides_effects {
            self.hiding.push(mask);
        } else {
            self.shaping.push(mask);
        }
    }

    fn extend(&mut self, mask: Option<Mask>, hides_effects: bool) {
        if let Some(mask) = mask {
            self.add(mask, hides_effects);
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.shaping.is_empty() && self.hiding.is_empty()
    }
}

/// Whether the curves of a layer are in its pixels, or make up what it is.
fn has_its_shape(layer: Layer<'_>) -> bool {
    layer.kind() == LayerKind::Shape
}

//! What a layer or group wears: effects around and inside its shape, and how they meet it.

use marquetry_pixel::{BlendMode, Opacity};

use crate::scene::{Mask, Paint};

/// Everything about a layer or group that needs its shape as a whole. The default asks for nothing
/// and costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Effects, bottom to top within their place: those that lie below the layer, those inside its
    /// shape, those over it. Each kind knows its place.
    pub effects: Vec<Effect>,
    /// How effects inside the shape meet the layer.
    pub interior: Interior,
    /// Masks that hide the layer together with its effects. The layer's own masks shape it before,
    /// so that effects follow their edges.
    pub veil: Vec<Mask>,
}

impl Style {
    /// Whether drawing can do without it.
    pub(crate) fn is_plain(&self) -> bool {
        self.effects.is_empty() && self.veil.is_empty()
    }

    /// How far effects can be seen beyond the shape, and how far away the shape can matter to them,
    /// in pixels.
    pub(crate) fn reach(&self) -> u32 {
        self.effects.iter().map(Effect::reach).max().unwrap_or(0)
    }
}

/// How effects inside the shape meet the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interior {
    /// The layer is blended first; the effects are then blended with everything below, inside its
    /// shape. Photoshop's default.
    #[default]
    Separately,
    /// The effects change the layer's own colours, which then meet what lies below by the layer's
    /// blend mode: Photoshop's *Blend Interior Effects as Group*.
    Together,
}

/// One effect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// Paint all over the shape.
    Overlay(Overlay),
}

impl Effect {
    fn reach(&self) -> u32 {
        match self {
            Self::Overlay(_) => 0,
        }
    }
}

/// Paint all over the shape.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What is painted.
    pub paint: Paint,
    /// How it meets what it covers.
    pub blend: BlendMode,
    /// How much of it shows.
    pub opacity: Opacity,
}

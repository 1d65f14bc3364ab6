//! Effects worked out: each becomes paint and the places it goes to.
//!
//! An effect looks at a layer's shape as a whole (a shadow falls far from where its pixel is), so
//! this happens once for a drawing, before its bands are painted.

mod bevel;
mod blur;
mod contour;
mod distance;
mod glow;
mod satin;
mod shade;
mod shadow;
mod stroke;

use marquetry_pixel::{BlendMode, DeepRgb, Opacity, Rect};

use crate::blend::Ink;
use crate::bounds::grown;
use crate::mask::Plane;
use crate::step::Source;
use crate::style::{Effect, Style};

pub use contour::{Contour, ContourPoint};

/// One effect ready to be painted.
#[derive(Debug)]
pub(crate) struct Coat<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) ink: Ink,
    /// Nothing outside changes.
    pub(crate) area: Rect,
    /// Where in its area it goes, and how strongly. `None`: all over it.
    pub(crate) coverage: Option<Plane>,
    /// Whether the layer's shape hides what of it lies below.
    pub(crate) concealed: bool,
    /// Whether it is painted on what lies below the layer, in whose place it is.
    pub(crate) replaces: bool,
}

/// All effects of a layer, each list bottom to top.
#[derive(Debug, Default)]
pub(crate) struct Coats<'a> {
    /// Painted before the layer, on what lies below it.
    pub(crate) below: Vec<Coat<'a>>,
    /// Painted inside the layer's shape.
    pub(crate) within: Vec<Coat<'a>>,
    /// Painted there, too, but over the trim.
    pub(crate) lining: Vec<Coat<'a>>,
    /// Painted when all of that is done, wherever their coverage says.
    pub(crate) above: Vec<Coat<'a>>,
}

/// A shape and what effects need to know about it.
#[derive(Clone, Copy, Debug)]
struct Ground<'s> {
    /// The layer's alpha after its masks.
    shape: &'s Plane,
    /// All that can be seen of the picture.
    canvas: Rect,
    /// The layer's own: what lies outside the shape fades with it.
    opacity: Opacity,
}

impl Ground<'_> {
    /// Where something that reaches `by` pixels out of the shape can be seen.
    fn around(self, by: u32) -> Rect {
        grown(self.shape.area(), by).intersect(self.canvas)
    }

    /// The shape, where it can be seen.
    fn inside(self) -> Rect {
        self.shape.area().intersect(self.canvas)
    }
}

/// Works out the effects of a layer whose shape is `shape`, for a canvas of which `area` can be
/// seen. `opacity` is the layer's: what lies outside the shape fades with it.
pub(crate) fn coats<'a>(style: &'a Style, shape: &Plane, area: Rect, opacity: Opacity) -> Coats<'a> {
    let mut coats = Coats::default();
    let ground = Ground {
        shape,
        canvas: area,
        opacity,
    };
    for effect in &style.effects {
        match effect {
            Effect::Overlay(overlay) => {
                let area = overlay.paint.bounds(area);
                if let Some((source, area)) = Source::of(&overlay.paint, area) {
                    let coat = Coat {
                        source,
                        ink: ink(overlay.blend, overlay.opacity, Opacity::OPAQUE),
                        area,
                        coverage: None,
                        concealed: false,
                        replaces: false,
                    };
                    coats.within.push(coat);
                }
            }
            Effect::DropShadow(effect) => coats.below.push(shadow::drop(effect, ground)),
            Effect::InnerShadow(effect) => coats.within.push(shadow::inner(effect, ground)),
            Effect::OuterGlow(effect) => coats.below.push(glow::outer(effect, ground)),
            Effect::InnerGlow(effect) => coats.within.push(glow::inner(effect, ground)),
            Effect::Satin(effect) => coats.within.push(satin::satin(effect, ground)),
            Effect::Bevel(effect) => bevel::bevel(effect, ground, &mut coats),
            Effect::Stroke(effect) => stroke::stroke(effect, ground, &mut coats),
        }
    }
    let seen = |coat: &Coat<'_>| !coat.ink.is_clear() && !coat.area.is_empty();
    coats.below.retain(seen);
    coats.within.retain(seen);
    coats.lining.retain(seen);
    coats.above.retain(seen);
    coats
}

/// How an effect of its own opacity meets what it covers, when `fade` is left of the whole layer. Its own
/// opacity is what *fill* is to a layer: in the modes that tell the two apart it weakens the colour, as a
/// bevel in linear dodge shows.
fn ink(blend: BlendMode, opacity: Opacity, fade: Opacity) -> Ink {
    Ink::new(blend, fade, opacity)
}

/// One colour where a plane says so.
fn coloured<'a>(colour: DeepRgb, ink: Ink, coverage: Plane) -> Coat<'a> {
    Coat {
        source: Source::Solid { colour, table: None },
        ink,
        area: coverage.area(),
        coverage: Some(coverage),
        concealed: false,
        replaces: false,
    }
}

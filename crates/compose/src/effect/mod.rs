//! Effects worked out: each becomes paint and the places it goes to.
//!
//! An effect looks at a layer's shape as a whole (a shadow falls far from where its pixel is), so
//! this happens once for a drawing, before its bands are painted.

use marquetry_pixel::{Opacity, Rect};

use crate::blend::Ink;
use crate::mask::Plane;
use crate::step::Source;
use crate::style::{Effect, Style};

/// One effect ready to be painted.
#[derive(Debug)]
pub(crate) struct Coat<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) ink: Ink,
    /// Where it goes, and how strongly. `None`: all over the shape.
    pub(crate) coverage: Option<Plane>,
}

/// All effects of a layer, each list bottom to top.
#[derive(Debug, Default)]
pub(crate) struct Coats<'a> {
    /// Painted before the layer, on what lies below it.
    pub(crate) below: Vec<Coat<'a>>,
    /// Painted inside the layer's shape.
    pub(crate) within: Vec<Coat<'a>>,
    /// Painted when all of that is done, wherever their coverage says.
    pub(crate) above: Vec<Coat<'a>>,
}

/// Works out the effects of a layer whose shape is `shape`, for a canvas of which `area` can be
/// seen. `opacity` is the layer's: what lies outside the shape fades with it.
pub(crate) fn coats<'a>(style: &'a Style, _shape: &Plane, area: Rect, _opacity: Opacity) -> Coats<'a> {
    let mut coats = Coats::default();
    for effect in &style.effects {
        match effect {
            Effect::Overlay(overlay) => {
                let ink = Ink::new(overlay.blend, overlay.opacity, Opacity::OPAQUE);
                if let Some((source, _)) = Source::of(&overlay.paint, area).filter(|_| !ink.is_clear()) {
                    coats.within.push(Coat {
                        source,
                        ink,
                        coverage: None,
                    });
                }
            }
        }
    }
    coats
}

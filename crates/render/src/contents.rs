//! Smart objects in the walk of a plan: what lies in one, drawn if it must be, and where it is laid.

use std::sync::Arc;

use marquetry_compose::{Art, Filter, Layer as Painted, Node, Paint, Placed, Scene, Warped};
use marquetry_pixel::{Projective, Quad};
use marquetry_psd::Layer;
use marquetry_psd::placed::PlacedLayer;

use crate::draw::draw_scene_part;
use crate::edits::Redraw;
use crate::error::RenderError;
use crate::filter::{self, Passes};
use crate::frame::Frame;
use crate::open::{Contents, Nested};
use crate::plan::{Walk, draw_own, draw_srgb};
use crate::undrawn::Feature;
use crate::warp::{self, Laid, NotLaid};

/// Filters work on four floats a pixel, three times over: half a gigabyte at most.
const MOST_FILTERED: u64 = 12 << 20;

/// The smart filters of a placed layer, when any are shown.
fn passes(placed: &PlacedLayer) -> Option<Passes> {
    let passes = filter::passes(placed.filters.as_ref()?);
    (!passes.is_empty() || !passes.unknown.is_empty()).then_some(passes)
}

/// The corners of a placed layer. The perspective form is the one that Photoshop draws by.
pub(crate) fn corners(placed: &PlacedLayer) -> Quad {
    placed.non_affine.unwrap_or(placed.transform)
}

impl<'a> Walk<'a> {
    /// A smart object drawn from its contents; `None` when its stored pixels are to be shown.
    pub(crate) fn smart_object(&mut self, layer: Layer<'a>) -> Result<Option<Paint>, RenderError> {
        let Some(placed) = self.mockup.placed(layer) else {
            self.lacks(layer, Feature::Contents);
            return Ok(None);
        };
        let mut ids = self.path.to_vec();
        ids.push(placed.id.clone());
        if let Some(frame) = self.edits.frames.get(&ids).cloned() {
            self.edited += 1;
            // What was there before goes, so that place has changed too.
            self.touch(layer.rect());
            let frame = frame.taken_in(self.mockup);
            return self.lay_in(layer, &placed, &frame);
        }
        let inside = self.edits.reach_into(&ids);
        let unknown = passes(&placed).is_some_and(|passes| !passes.unknown.is_empty());
        if inside {
            self.edited += 1;
            self.touch(layer.rect());
        } else if self.edits.redraw == Redraw::Changed || unknown {
            return Ok(None);
        }
        let art = match self.mockup.contents(&placed.id) {
            Contents::Picture(art) => Arc::clone(art),
            Contents::Document(nested) => self.nested(nested, &ids, inside)?,
            Contents::Unreadable => {
                let linked = self.mockup.linked_name(&placed.id);
                self.lacks(layer, linked.map_or(Feature::Contents, Feature::LinkedFile));
                return Ok(None);
            }
        };
        let size = art.size();
        let frame = Frame {
            art,
            size,
            map: Projective::IDENTITY,
            moved_to: None,
        };
        self.lay_in(layer, &placed, &frame)
    }

    /// Draws a document inside a smart object. Without edits in it that is done once.
    fn nested(&mut self, nested: &Nested, ids: &[String], edited: bool) -> Result<Arc<Art>, RenderError> {
        if let (false, Some(art)) = (edited, nested.drawn.get()) {
            return Ok(Arc::clone(art));
        }
        // What is of the same space stays in it; everything else meets in sRGB.
        let art = if let Some(alike) = nested.mockup.alike(self.mockup) {
            let (art, undrawn) = draw_own(alike, self.edits, ids, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            Arc::new(art)
        } else {
            let (raster, undrawn) = draw_srgb(&nested.mockup, self.edits, ids, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            self.mockup.take_in(&Arc::new(Art::new(raster)))
        };
        Ok(if edited {
            art
        } else {
            Arc::clone(nested.drawn.get_or_init(|| art))
        })
    }

    /// Puts a frame where the placed layer's corners are.
    fn lay_in(
        &mut self,
        layer: Layer<'_>,
        placed: &PlacedLayer,
        frame: &Frame,
    ) -> Result<Option<Paint>, RenderError> {
        let mut quad = corners(placed);
        if let Some(moved_to) = frame.moved_to {
            let bounds = quad.bounds();
            let shift = |to: i32, from: i32| f64::from(to) - f64::from(from);
            quad = quad.translate(shift(moved_to.left, bounds.x), shift(moved_to.top, bounds.y));
        }
        let laid = match warp::lay(placed.warp.as_ref(), frame.size, &quad) {
            Err(NotLaid::Unknown) => {
                self.lacks(layer, Feature::Warp);
                warp::flat(frame.size, &quad)
            }
            laid => laid,
        };
        let art = Arc::clone(&frame.art);
        let filter = Filter::Auto;
        let paint = match laid {
            Ok(Laid::Flat(map)) => Paint::Placed(Placed {
                art,
                map: map.after(&frame.map),
                filter,
            }),
            Ok(Laid::Bent(mesh)) => Paint::Warped(Warped {
                art,
                map: frame.map,
                mesh: Arc::new(mesh),
                filter,
            }),
            Err(_) => {
                self.lacks(layer, Feature::Transform);
                return Ok(None);
            }
        };
        match passes(placed) {
            Some(passes) => self.filtered(layer, paint, &passes).map(Some),
            None => Ok(Some(paint)),
        }
    }

    /// What is placed, drawn alone on the canvas and put through its smart filters.
    fn filtered(&mut self, layer: Layer<'_>, paint: Paint, passes: &Passes) -> Result<Paint, RenderError> {
        for name in &passes.unknown {
            self.lacks(layer, Feature::SmartFilter(name.clone()));
        }
        let canvas = self.mockup.size().rect();
        let area = canvas.intersect(paint.bounds(canvas).grown(passes.reach()));
        if passes.is_empty() || area.is_empty() {
            return Ok(paint);
        }
        if area.size().pixels() > MOST_FILTERED {
            self.lacks(layer, Feature::SmartFilters);
            return Ok(paint);
        }
        let mut scene = Scene::new(self.mockup.size());
        scene.nodes.push(Node::Layer(Painted::new(paint)));
        let alone = draw_scene_part(&scene, area, self.painter)?;
        let raster = filter::apply(alone, passes, self.painter)?;
        Ok(Paint::Raster {
            art: Arc::new(Art::new(raster)),
            at: (area.x, area.y),
        })
    }
}

//! Smart objects in the walk of a plan: what lies in one, drawn if it must be, and where it is laid.

use std::sync::Arc;

use marquetry_compose::{Art, Filter, Layer as Painted, Node, Paint, Placed, Scene, Warped};
use marquetry_pixel::{Projective, Quad, Rect};
use marquetry_psd::Layer;
use marquetry_psd::placed::PlacedLayer;

use crate::draw::{draw_scene_narrowed, draw_scene_part};
use crate::edits::Redraw;
use crate::error::RenderError;
use crate::filter::{self, Passes};
use crate::frame::Frame;
use crate::open::{Contents, Nested, OpenMockup};
use crate::plan::{Showing, Walk, draw_own, draw_srgb};
use crate::undrawn::Feature;
use crate::warp::{self, Laid, NotLaid};

/// Filters work on four floats a pixel, three times over: half a gigabyte at most.
const MOST_FILTERED: u64 = 12 << 20;

/// The smart filters of a placed layer, when any are shown.
fn passes(placed: &PlacedLayer, mockup: &OpenMockup) -> Option<Passes> {
    let passes = filter::passes(placed.filters.as_ref()?, mockup);
    (!passes.is_empty() || !passes.unknown.is_empty()).then_some(passes)
}

/// The layer comp of its contents that a placed layer shows: neither none nor the document as it was left.
fn comp(placed: &PlacedLayer) -> Option<i32> {
    placed.comp.filter(|comp| *comp > 0)
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
        let unknown = passes(&placed, self.mockup).is_some_and(|passes| !passes.unknown.is_empty());
        if inside {
            self.edited += 1;
            self.touch(layer.rect());
        } else if self.edits.redraw == Redraw::Changed || unknown {
            return Ok(None);
        }
        let art = match self.mockup.contents(&placed.id) {
            Contents::Picture(art) => Arc::clone(art),
            Contents::Document(nested) => self.nested(nested, &ids, comp(&placed), inside)?,
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

    /// Draws a document inside a smart object. Without edits in it and a comp of its own that is done once.
    fn nested(
        &mut self,
        nested: &Nested,
        ids: &[String],
        comp: Option<i32>,
        edited: bool,
    ) -> Result<Arc<Art>, RenderError> {
        let special = edited || comp.is_some();
        let showing = Showing { path: ids, comp };
        if let (false, Some(art)) = (special, nested.drawn.get()) {
            return Ok(Arc::clone(art));
        }
        // What is of the same space stays in it; everything else meets in sRGB.
        let art = if let Some(alike) = nested.mockup.alike(self.mockup) {
            let (art, undrawn) = draw_own(alike, self.edits, showing, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            Arc::new(art)
        } else {
            let (raster, undrawn) = draw_srgb(&nested.mockup, self.edits, showing, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            self.mockup.take_in(&Arc::new(Art::new(raster)))
        };
        Ok(if special {
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
        let mut moved = (0, 0);
        if let Some(moved_to) = frame.moved_to {
            let bounds = quad.bounds();
            moved = (
                moved_to.left.saturating_sub(bounds.x),
                moved_to.top.saturating_sub(bounds.y),
            );
            quad = quad.translate(f64::from(moved.0), f64::from(moved.1));
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
        match passes(placed, self.mockup) {
            Some(passes) => self.filtered(layer, placed, paint, &passes, moved).map(Some),
            None => Ok(Some(paint)),
        }
    }

    /// What is placed, drawn alone on the canvas and put through its smart filters.
    /// `moved` is how far the layer lies from where it was.
    fn filtered(
        &mut self,
        layer: Layer<'_>,
        placed: &PlacedLayer,
        paint: Paint,
        passes: &Passes,
        moved: (i32, i32),
    ) -> Result<Paint, RenderError> {
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
        // Filters work on bytes, in which light wants the curve of sRGB.
        let of_light = self.mockup.is_of_light();
        let alone = match of_light {
            true => {
                let space = self.mockup.space();
                let narrow = |samples: &mut [u16], bytes: &mut [u8]| space.narrow(samples, bytes);
                draw_scene_narrowed(&scene, area, self.painter, &narrow)?
            }
            false => draw_scene_part(&scene, area, self.painter)?,
        };
        let shown = self.filter_mask(layer, placed, area, moved);
        let filtered = filter::apply(alone, passes, shown.as_deref(), self.painter)?;
        let art = Arc::new(Art::new(filtered));
        Ok(Paint::Raster {
            art: match of_light {
                true => self.mockup.take_in(&art),
                false => art,
            },
            at: (area.x, area.y),
        })
    }

    /// The mask of a placed layer's filters over `area`, row by row. `None` where they show everywhere.
    fn filter_mask(
        &mut self,
        layer: Layer<'_>,
        placed: &PlacedLayer,
        area: Rect,
        moved: (i32, i32),
    ) -> Option<Vec<u8>> {
        let filters = placed.filters.as_ref().filter(|filters| filters.mask_enabled)?;
        let instance = placed.instance.as_deref()?;
        let found = self
            .mockup
            .document
            .filter_mask(instance, &self.mockup.limits.psd);
        let Ok(found) = found else {
            self.lacks(layer, Feature::FilterMask);
            return None;
        };
        let mask = found?;
        let (right, down) = if filters.mask_linked { moved } else { (0, 0) };
        let beyond = if filters.mask_extends_white { 255 } else { 0 };
        let places = (0..area.height).flat_map(|y| (0..area.width).map(move |x| (x, y)));
        let shown: Vec<u8> = places
            .map(|(x, y)| {
                let x = area.x.saturating_add_unsigned(x).saturating_sub(right);
                let y = area.y.saturating_add_unsigned(y).saturating_sub(down);
                mask.sample(x, y).unwrap_or(beyond)
            })
            .collect();
        shown.iter().any(|sample| *sample < 255).then_some(shown)
    }
}

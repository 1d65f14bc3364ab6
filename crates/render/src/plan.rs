//! From a document and what is to be changed in it to a scene.
//!
//! The plan walks the layer tree once, decides for each layer where its pixels come from, and
//! writes down everything that the picture will lack. Nothing is drawn but the contents of smart
//! objects that are documents themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use marquetry_compose::{
    Art, ClipBlend, Fade, Filter, Group, GroupBlend, Layer as Painted, Mask, Node, Paint, Placed, Scene,
    Style, Warped,
};
use marquetry_model::{LayerAddress, Rewording};
use marquetry_pixel::{BlendMode, Coverage, Opacity, Projective, Quad, Raster, Rect, Rgb};
use marquetry_psd::artboard::ArtboardBackground;
use marquetry_psd::bounds::Bounds;
use marquetry_psd::effects::LayerEffects;
use marquetry_psd::layer::Knockout;
use marquetry_psd::placed::PlacedLayer;
use marquetry_psd::{ColorMode, Layer, LayerKind};

use crate::draw::{Painter, draw_scene, draw_scene_over, draw_scene_part};
use crate::effects::{Dressed, dressed};
use crate::error::RenderError;
use crate::fidelity::Notes;
use crate::fill;
use crate::filter::{self, Passes};
use crate::frame::Frame;
use crate::masks::Masks;
use crate::open::{Contents, Nested, OpenMockup};
use crate::shape;
use crate::text;
use crate::undrawn::{Feature, Undrawn};
use crate::warp::{self, Laid, NotLaid};

/// Which smart objects are drawn anew from their contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redraw {
    /// Those with new contents; the others show the pixels that Photoshop stored for them.
    #[default]
    Changed,
    /// All of them.
    All,
}

/// What one render does to the mockup, by where it does it.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// New frames, by the ids of the linked files on the way to the smart object, its own last.
    frames: HashMap<Vec<String>, Arc<Frame>>,
    /// Layers left out: the ids on the way to their document, and their place in it.
    hidden: HashSet<(Vec<String>, u32)>,
    /// New words, by the same.
    words: HashMap<(Vec<String>, u32), Arc<Rewording>>,
    redraw: Redraw,
}

impl Edits {
    pub(crate) fn new(redraw: Redraw) -> Self {
        Self {
            redraw,
            ..Self::default()
        }
    }

    pub(crate) fn hide(&mut self, mockup: &OpenMockup, address: &LayerAddress) {
        // Hiding a layer that isn't there changes nothing, which is what was asked for.
        if let Some((&index, way)) = address.0.split_last()
            && let Some(path) = mockup.walk(way)
        {
            self.hidden.insert((path.ids, index));
        }
    }

    pub(crate) fn reword(&mut self, mockup: &OpenMockup, rewording: &Rewording) {
        // A layer that is no longer there, or of another kind, cannot be named by a checked request.
        let shared = Arc::new(rewording.clone());
        for address in &rewording.addresses {
            if let Some((&index, way)) = address.0.split_last()
                && let Some(path) = mockup.walk(way)
            {
                self.words.insert((path.ids, index), Arc::clone(&shared));
            }
        }
    }

    pub(crate) fn replace(&mut self, ids: Vec<String>, frame: Arc<Frame>) {
        self.frames.insert(ids, frame);
    }

    /// Whether anything inside the contents at `ids` is edited.
    fn reach_into(&self, ids: &[String]) -> bool {
        self.frames
            .keys()
            .any(|path| path.len() > ids.len() && path.starts_with(ids))
            || self.hidden.iter().any(|(path, _)| path.starts_with(ids))
            || self.words.keys().any(|(path, _)| path.starts_with(ids))
    }
}

/// The way to a document inside smart objects.
pub(crate) struct Way<'a> {
    /// Ids of the linked files passed through.
    pub(crate) ids: Vec<String>,
    /// The document at its end.
    pub(crate) mockup: &'a OpenMockup,
}

impl OpenMockup {
    /// Follows smart objects inwards. `None` when one of them is no document.
    pub(crate) fn walk(&self, way: &[u32]) -> Option<Way<'_>> {
        let mut here = Way {
            ids: Vec::new(),
            mockup: self,
        };
        for &index in way {
            let layer = here.mockup.layer_at(index)?;
            let id = here.mockup.placed(layer)?.id;
            let Contents::Document(inner) = here.mockup.contents(&id) else {
                return None;
            };
            here.ids.push(id);
            here.mockup = &inner.mockup;
        }
        Some(here)
    }

    pub(crate) fn layer_at(&self, index: u32) -> Option<Layer<'_>> {
        self.document
            .layer(marquetry_psd::LayerIndex(usize::try_from(index).ok()?))
    }
}

/// A scene and what it lacks.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) scene: Scene,
    /// The same scene in black ink, of a document that has four.
    pub(crate) black: Option<Scene>,
    pub(crate) undrawn: Vec<Undrawn>,
    /// How each layer came about.
    pub(crate) notes: Notes,
    /// The canvas pixels that edits may have changed; `None` when nothing is edited.
    pub(crate) touched: Option<Rect>,
    /// How many nodes at the bottom of the scene no edit touches.
    pub(crate) untouched: usize,
}

/// The pictures of a document in its own values, and what they lack.
#[derive(Debug)]
pub(crate) struct Plates {
    pub(crate) colour: Raster,
    /// Of four inks, the black.
    pub(crate) black: Option<Raster>,
    pub(crate) undrawn: Vec<Undrawn>,
    /// How each layer came about.
    pub(crate) notes: Notes,
}

/// Draws a document that is not planned as a whole: its layers are too many, or it lies in another.
pub(crate) fn draw_plates(
    mockup: &OpenMockup,
    edits: &Edits,
    path: &[String],
    painter: &Painter<'_>,
) -> Result<Plates, RenderError> {
    let (colour, undrawn, notes) = draw_plate(mockup, edits, path, painter)?;
    let black = mockup.black.as_deref();
    let black = black
        .map(|black| draw_plate(black, edits, path, painter))
        .transpose()?;
    Ok(Plates {
        colour,
        black: black.map(|(raster, ..)| raster),
        undrawn,
        notes,
    })
}

fn draw_plate(
    mockup: &OpenMockup,
    edits: &Edits,
    path: &[String],
    painter: &Painter<'_>,
) -> Result<(Raster, Vec<Undrawn>, Notes), RenderError> {
    if !mockup.heavy {
        let plan = plan_at(mockup, edits, path, painter)?;
        return Ok((draw_scene(&plan.scene, painter)?, plan.undrawn, plan.notes));
    }
    mockup.limits.admit("the canvas", mockup.size())?;
    let mut walk = Walk::new(mockup, edits, path, painter);
    let roots: Vec<Layer<'_>> = mockup.document.root().collect();
    let canvas = walk.painted(&roots, Vec::new())?;
    Ok((canvas, walk.undrawn, walk.notes))
}

/// Plans the picture of `mockup` with `edits`.
pub(crate) fn plan(mockup: &OpenMockup, edits: &Edits, painter: &Painter<'_>) -> Result<Plan, RenderError> {
    let mut plan = plan_at(mockup, edits, &[], painter)?;
    if let Some(black) = &mockup.black {
        plan.black = Some(plan_at(black, edits, &[], painter)?.scene);
    }
    Ok(plan)
}

fn plan_at(
    mockup: &OpenMockup,
    edits: &Edits,
    path: &[String],
    painter: &Painter<'_>,
) -> Result<Plan, RenderError> {
    mockup.limits.admit("the canvas", mockup.size())?;
    let mut walk = Walk::new(mockup, edits, path, painter);
    let mut scene = Scene::new(mockup.size());
    let mut untouched = None;
    if mockup.document.layers().len() == 0 {
        let art = Arc::new(Art::new(mockup.merged()?));
        scene
            .nodes
            .push(Node::Layer(Painted::new(Paint::Raster { art, at: (0, 0) })));
    } else {
        let roots: Vec<Layer<'_>> = mockup.document.root().collect();
        walk.siblings(&roots, &mut |walk, node| {
            if walk.edited > 0 && untouched.is_none() {
                untouched = Some(scene.nodes.len());
            }
            scene.nodes.extend(node);
            Ok(())
        })?;
    }
    let untouched = untouched.unwrap_or(scene.nodes.len());
    Ok(Plan {
        undrawn: walk.undrawn,
        notes: walk.notes,
        touched: walk.touched,
        untouched,
        scene,
        black: None,
    })
}

pub(crate) struct Walk<'a> {
    pub(crate) mockup: &'a OpenMockup,
    edits: &'a Edits,
    path: &'a [String],
    painter: &'a Painter<'a>,
    undrawn: Vec<Undrawn>,
    notes: Notes,
    /// Edits met so far.
    edited: usize,
    touched: Option<Rect>,
}

/// Hears of each base with what is clipped to it, bottom to top; a base that draws nothing comes as
/// `None`, so that its edits are still heard of.
type Emit<'e, W> = dyn FnMut(&mut W, Option<Node>) -> Result<(), RenderError> + 'e;

impl<'a> Walk<'a> {
    fn new(mockup: &'a OpenMockup, edits: &'a Edits, path: &'a [String], painter: &'a Painter<'a>) -> Self {
        let mut walk = Self {
            mockup,
            edits,
            path,
            painter,
            undrawn: Vec::new(),
            notes: Notes::default(),
            edited: 0,
            touched: None,
        };
        if mockup.space().is_approximate(&mockup.document) {
            walk.undrawn.push(Undrawn {
                layer: "(document)".to_owned(),
                feature: Feature::ColourMode,
            });
        }
        walk
    }

    /// Layers of one group, bottom to top.
    fn siblings(&mut self, layers: &[Layer<'a>], emit: &mut Emit<'_, Self>) -> Result<(), RenderError> {
        let mut at = 0;
        while let Some(&base) = layers.get(at) {
            let run = layers[at + 1..]
                .iter()
                .take_while(|layer| layer.is_clipped())
                .count();
            let clipped = &layers[at + 1..=at + run];
            at += 1 + run;
            if self.mockup.heavy && clipped.is_empty() && self.is_mere_folder(base)? {
                if self.shows(base) {
                    self.notes.folder(base);
                    let children: Vec<Layer<'a>> = base.children().collect();
                    self.siblings(&children, emit)?;
                }
                continue;
            }
            let node = self.node(base, clipped)?;
            emit(self, node)?;
        }
        Ok(())
    }

    /// Whether a group does nothing but hold its members together.
    fn is_mere_folder(&mut self, layer: Layer<'a>) -> Result<bool, RenderError> {
        Ok(layer.kind() == LayerKind::Group
            && layer.blend().is_pass_through()
            && layer.opacity() == 255
            && layer.fill_opacity() == 255
            && layer.knockout() == Knockout::None
            && layer.children().all(|child| child.knockout() == Knockout::None)
            && layer.blending_ranges().are_full()
            && layer
                .restricted_channels()
                .is_ok_and(|channels| channels.is_empty())
            && !effects(layer, self.mockup).is_some_and(|effects| effects.is_visible())
            && self.masks(layer)?.is_empty())
    }

    /// Layers painted one by one over `below`, on a canvas of their own: no more of them is decoded
    /// at once than one base with what is clipped to it.
    fn painted(&mut self, layers: &[Layer<'a>], below: Vec<Node>) -> Result<Raster, RenderError> {
        let mut scene = Scene::new(self.mockup.size());
        scene.nodes = below;
        let mut canvas = draw_scene(&scene, self.painter)?;
        self.siblings(layers, &mut |walk, node| {
            scene.nodes = node.into_iter().collect();
            draw_scene_over(&mut canvas, &scene, walk.painter)?;
            // Its pixels go before those of the next are decoded.
            scene.nodes.clear();
            Ok(())
        })?;
        Ok(canvas)
    }

    fn node(&mut self, base: Layer<'a>, clipped: &[Layer<'a>]) -> Result<Option<Node>, RenderError> {
        if !self.shows(base) {
            return Ok(None);
        }
        let edited = self.edited;
        let before = self.touched.take();
        let mut nodes = Vec::new();
        for &layer in clipped {
            nodes.extend(self.node(layer, &[])?);
        }
        // A clipped layer's own edit stays inside the base, whose bounds are found below.
        let node = if base.is_group() {
            let is_base = clipped.iter().any(|layer| layer.is_visible());
            self.group(base, is_base, nodes)?
        } else {
            self.layer(base, nodes)?
        };
        let within = std::mem::replace(&mut self.touched, before);
        if let Some(within) = within {
            // What changes inside changes the effects around it.
            let reach = node.as_ref().map_or(0, |node| node.style().reach());
            self.touch(grown(within, reach).intersect(self.mockup.size().rect()));
        }
        if self.edited > edited
            && let Some(node) = &node
        {
            self.touch(node.bounds(self.mockup.size().rect()));
        }
        self.notes.planned(base, node.as_ref(), self.mockup);
        Ok(node)
    }

    /// Whether a layer is to be seen. One that this render hides is an edit of the whole place where
    /// it would have been.
    fn shows(&mut self, layer: Layer<'a>) -> bool {
        if !layer.is_visible() {
            return false;
        }
        if !self.is_hidden_here(layer) {
            return true;
        }
        self.edited += 1;
        self.touch(self.mockup.size().rect());
        false
    }

    /// Whether this render hides a layer.
    pub(crate) fn is_hidden_here(&self, layer: Layer<'_>) -> bool {
        let index = u32::try_from(layer.index().0).unwrap_or(u32::MAX);
        self.edits.hidden.contains(&(self.path.to_vec(), index))
    }

    fn touch(&mut self, rect: Rect) {
        self.touched = Some(self.touched.unwrap_or_default().union(rect));
    }

    pub(crate) fn lacks(&mut self, layer: Layer<'_>, feature: Feature) {
        self.notes.lacks(layer, &feature);
        let missing = Undrawn {
            layer: layer.name(),
            feature,
        };
        if !self.undrawn.contains(&missing) {
            self.undrawn.push(missing);
        }
    }

    fn group(
        &mut self,
        layer: Layer<'a>,
        is_base: bool,
        clipped: Vec<Node>,
    ) -> Result<Option<Node>, RenderError> {
        let children: Vec<Layer<'a>> = layer.children().collect();
        let mut nodes = Vec::new();
        let mut masks = self.masks(layer)?;
        if let Some((frame, background)) = self.artboard(layer) {
            let shape = Arc::new(Coverage::filled(frame.size(), [255]));
            masks.shaping.push(Mask::new(shape, (frame.x, frame.y)));
            nodes.extend(background.map(|colour| Node::Layer(Painted::new(Paint::Solid(colour)))));
        }
        let isolated = !layer.blend().is_pass_through();
        if self.mockup.heavy && isolated {
            let art = Arc::new(Art::new(self.painted(&children, nodes)?));
            nodes = vec![Node::Layer(Painted::new(Paint::Raster { art, at: (0, 0) }))];
        } else {
            self.siblings(&children, &mut |_, node| {
                nodes.extend(node);
                Ok(())
            })?;
        }
        let style = self.style(layer, &mut masks)?;
        let blend = match layer.blend() {
            // What is clipped to a group keeps to the group's shape, and so does the group itself: where
            // it only adjusts colours it has none, and nothing happens.
            key if key.is_pass_through() && is_base && nodes.iter().all(only_adjusts) => return Ok(None),
            key if key.is_pass_through() => GroupBlend::PassThrough,
            _ => GroupBlend::Isolated(self.blend(layer)),
        };
        Ok(Some(Node::Group(Group {
            blend,
            opacity: Opacity::from_byte(layer.opacity()),
            fill: Opacity::from_byte(layer.fill_opacity()),
            masks: masks.shaping,
            clipped,
            clip_blend: clip_blend(layer),
            style,
            ..Group::new(nodes)
        })))
    }

    fn layer(&mut self, layer: Layer<'a>, clipped: Vec<Node>) -> Result<Option<Node>, RenderError> {
        let Some(paint) = self.paint(layer)? else {
            return Ok(None);
        };
        let mut masks = self.masks(layer)?;
        let style = self.style(layer, &mut masks)?;
        Ok(Some(Node::Layer(Painted {
            blend: self.blend(layer),
            fade: fade(layer),
            opacity: Opacity::from_byte(layer.opacity()),
            fill: Opacity::from_byte(layer.fill_opacity()),
            masks: masks.shaping,
            clipped,
            clip_blend: clip_blend(layer),
            style,
            ..Painted::new(paint)
        })))
    }

    /// Where a layer's pixels come from; `None` when it has nothing to draw.
    fn paint(&mut self, layer: Layer<'a>) -> Result<Option<Paint>, RenderError> {
        match layer.kind() {
            LayerKind::Adjustment => {
                let adjustment = crate::adjustment::of(layer, self.mockup.plate, &self.mockup.limits.psd);
                if adjustment.is_none() {
                    self.lacks(layer, Feature::Adjustment);
                }
                return Ok(adjustment.map(|adjustment| Paint::Adjust(Arc::new(adjustment))));
            }
            LayerKind::SmartObject => {
                if let Some(paint) = self.smart_object(layer)? {
                    return Ok(paint.into());
                }
            }
            LayerKind::Text if !self.edits.words.is_empty() => {
                let index = u32::try_from(layer.index().0).unwrap_or(u32::MAX);
                if let Some(rewording) = self.edits.words.get(&(self.path.to_vec(), index)) {
                    return self.reworded(layer, rewording);
                }
            }
            _ => {}
        }
        if self.leaves_its_curves(layer)
            && let Some(paint) = shape::fill(layer, self.mockup)
        {
            return Ok(Some(paint));
        }
        if let Some(art) = self.mockup.art(layer)? {
            let rect = layer.rect();
            return Ok(Some(Paint::Raster {
                art,
                at: (rect.x, rect.y),
            }));
        }
        if matches!(layer.kind(), LayerKind::Fill | LayerKind::Shape) {
            return self.filled(layer);
        }
        Ok(None)
    }

    /// A fill or a shape drawn from what the file says of it, because it holds no pixels of it.
    fn filled(&mut self, layer: Layer<'a>) -> Result<Option<Paint>, RenderError> {
        let canvas = self.mockup.size().rect();
        if layer.kind() == LayerKind::Fill {
            let paint = fill::of_layer(layer, self.mockup);
            if paint.is_none() {
                self.lacks(layer, Feature::Fill);
            }
            return Ok(paint);
        }
        let Some(shape) = shape::plan(layer, self.mockup) else {
            self.lacks(layer, Feature::Fill);
            return Ok(None);
        };
        if shape.lacking {
            self.lacks(layer, Feature::Fill);
        }
        let region = shape::reach(&shape.nodes, canvas);
        let scene = Scene {
            nodes: shape.nodes,
            ..Scene::new(canvas.size())
        };
        let art = Arc::new(Art::new(draw_scene_part(&scene, region, self.painter)?));
        Ok(Some(Paint::Raster {
            art,
            at: (region.x, region.y),
        }))
    }

    /// A type layer with new words.
    fn reworded(&mut self, layer: Layer<'a>, rewording: &Rewording) -> Result<Option<Paint>, RenderError> {
        self.edited += 1;
        // What was there before goes, so that place has changed too.
        self.touch(layer.rect());
        let limits = &self.mockup.limits.psd;
        let parsed = layer
            .block(*b"TySh")
            .and_then(|block| marquetry_psd::text::parse(block.bytes, block.offset, limits).ok());
        let Some(parsed) = parsed else {
            self.lacks(layer, Feature::TextUnset);
            return Ok(None);
        };
        let canvas = self.mockup.size().rect();
        let drawn = text::draw(&parsed, rewording, layer.rect(), canvas, self.painter)?;
        for feature in drawn.lacks {
            self.lacks(layer, feature);
        }
        Ok(match drawn.paint {
            // Its colours came as RGB; in a document of RGB they are the document's own.
            Some(Paint::Raster { art, at }) if !self.mockup.space().is_rgb() => Some(Paint::Raster {
                art: self.mockup.take_in(&art),
                at,
            }),
            paint => paint,
        })
    }

    /// A smart object drawn from its contents; `None` when its stored pixels are to be shown.
    fn smart_object(&mut self, layer: Layer<'a>) -> Result<Option<Paint>, RenderError> {
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
            let (raster, undrawn, _) = draw_plate(alike, self.edits, ids, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            Arc::new(Art::new(raster))
        } else {
            let Plates {
                mut colour,
                black,
                undrawn,
                ..
            } = draw_plates(&nested.mockup, self.edits, ids, self.painter)?;
            self.notes.lacks_inside(&undrawn);
            self.undrawn.extend(undrawn);
            let space = nested.mockup.space();
            space.to_srgb(&mut colour, black.as_ref(), self.painter.threads);
            self.mockup.take_in(&Arc::new(Art::new(colour)))
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
        let area = canvas.intersect(grown(paint.bounds(canvas), passes.reach()));
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

    fn blend(&mut self, layer: Layer<'_>) -> BlendMode {
        let key = layer.blend();
        key.mode().unwrap_or_else(|| {
            if !key.is_pass_through() {
                self.lacks(layer, Feature::BlendMode(key.0.to_string()));
            }
            BlendMode::Normal
        })
    }

    /// All that a layer wears. Masks that hide effects are of no interest to a layer without any.
    fn style(&mut self, layer: Layer<'a>, masks: &mut Masks) -> Result<Style, RenderError> {
        let rules = self.rules(layer)?;
        let mut veil = std::mem::take(&mut masks.hiding);
        if layer.kind() == LayerKind::Adjustment {
            // It has no pixels of its own to wear effects.
            if effects(layer, self.mockup).is_some_and(|effects| effects.is_visible()) {
                self.lacks(layer, Feature::Effects);
            }
            masks.shaping.append(&mut veil);
            return Ok(rules);
        }
        let Dressed { style, lacking } = dressed(layer, self.mockup);
        if lacking {
            self.lacks(layer, Feature::Effects);
        }
        if style.effects.is_empty() {
            masks.shaping.append(&mut veil);
        }
        Ok(Style {
            effects: style.effects,
            outline: style.outline,
            interior: style.interior,
            veil,
            ..rules
        })
    }

    /// An artboard's frame and the colour below its layers.
    fn artboard(&self, layer: Layer<'_>) -> Option<(Rect, Option<Rgb>)> {
        if layer.kind() != LayerKind::Artboard {
            return None;
        }
        let board = layer.artboard(&self.mockup.limits.psd).ok()??;
        let Bounds {
            left,
            top,
            right,
            bottom,
        } = board.frame?;
        let rect = Quad::new([(left, top), (right, top), (right, bottom), (left, bottom)]).bounds();
        let colour = match board.background {
            ArtboardBackground::White => Some(Rgb::new(255, 255, 255)),
            ArtboardBackground::Black => Some(Rgb::default()),
            ArtboardBackground::Color => board.color.as_ref().and_then(|colour| self.mockup.colour(colour)),
            _ => None,
        };
        Some((rect.intersect(self.mockup.size().rect()), colour))
    }
}

/// Filters work on four floats a pixel, three times over: half a gigabyte at most.
const MOST_FILTERED: u64 = 12 << 20;

/// The smart filters of a placed layer, when any are shown.
fn passes(placed: &PlacedLayer) -> Option<Passes> {
    let passes = filter::passes(placed.filters.as_ref()?);
    (!passes.is_empty() || !passes.unknown.is_empty()).then_some(passes)
}

/// `rect` with so many pixels more on every side.
fn grown(rect: Rect, by: u32) -> Rect {
    if rect.is_empty() {
        return rect;
    }
    let by = i32::try_from(by).unwrap_or(i32::MAX);
    let edge = |edge: i64| i32::try_from(edge + i64::from(by)).unwrap_or(i32::MAX);
    Rect::from_edges(
        rect.x.saturating_sub(by),
        rect.y.saturating_sub(by),
        edge(rect.right()),
        edge(rect.bottom()),
    )
}

/// The corners of a placed layer. The perspective form is the one that Photoshop draws by.
pub(crate) fn corners(placed: &PlacedLayer) -> Quad {
    placed.non_affine.unwrap_or(placed.transform)
}

/// Text in colours of light is mixed by a gamma of its own.
fn fade(layer: Layer<'_>) -> Fade {
    let light = matches!(
        layer.document().header().color_mode,
        ColorMode::Rgb | ColorMode::Indexed
    );
    if layer.kind() == LayerKind::Text && light {
        Fade::Text
    } else {
        Fade::Encoded
    }
}

fn only_adjusts(node: &Node) -> bool {
    matches!(node, Node::Layer(layer) if matches!(layer.paint, Paint::Adjust(_)))
}

fn clip_blend(layer: Layer<'_>) -> ClipBlend {
    if layer.blends_clipped_layers_as_group() {
        ClipBlend::Together
    } else {
        ClipBlend::Separately
    }
}

pub(crate) fn effects(layer: Layer<'_>, mockup: &OpenMockup) -> Option<LayerEffects> {
    layer.effects(&mockup.limits.psd).ok()?
}

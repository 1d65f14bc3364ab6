//! From a document and what is to be changed in it to a scene.
//!
//! The plan walks the layer tree once, decides for each layer where its pixels come from, and
//! writes down everything that the picture will lack. Nothing is drawn but the contents of smart
//! objects that are documents themselves.

use std::sync::Arc;

use marquetry_compose::{
    Art, ClipBlend, Fade, Group, GroupBlend, Layer as Painted, Mask, Node, Paint, Scene, Style,
};
use marquetry_model::Rewording;
use marquetry_pixel::{BlendMode, Coverage, DeepRgb, Opacity, Quad, Raster, Rect, Rgb};
use marquetry_psd::artboard::ArtboardBackground;
use marquetry_psd::bounds::Bounds;
use marquetry_psd::effects::LayerEffects;
use marquetry_psd::layer::{Knockout, LayerCompState};
use marquetry_psd::{ColorMode, Depth, Layer, LayerKind};

use crate::draw::{Painter, draw_art, draw_scene, draw_scene_narrowed, draw_scene_over};
use crate::edits::Edits;
use crate::effects::{Dressed, dressed};
use crate::error::RenderError;
use crate::fidelity::Notes;
use crate::fill;
use crate::masks::Masks;
use crate::open::OpenMockup;
use crate::precision::Precision;
use crate::release::is_before_cs6;
use crate::shape;
use crate::text;
use crate::undrawn::{Feature, Undrawn};

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
    showing: Showing<'_>,
    painter: &Painter<'_>,
) -> Result<Plates, RenderError> {
    let (colour, undrawn, notes) = draw_plate(mockup, edits, showing, painter)?;
    let black = mockup.black.as_deref();
    let black = black
        .map(|black| draw_plate(black, edits, showing, painter))
        .transpose()?;
    Ok(Plates {
        colour,
        black: black.map(|(raster, ..)| raster),
        undrawn,
        notes,
    })
}

pub(crate) fn draw_plate(
    mockup: &OpenMockup,
    edits: &Edits,
    showing: Showing<'_>,
    painter: &Painter<'_>,
) -> Result<(Raster, Vec<Undrawn>, Notes), RenderError> {
    if !mockup.heavy {
        let plan = plan_at(mockup, edits, showing, painter)?;
        return Ok((draw_scene(&plan.scene, painter)?, plan.undrawn, plan.notes));
    }
    mockup.limits.admit("the canvas", mockup.size())?;
    let mut walk = Walk::new(mockup, edits, showing, painter);
    let roots: Vec<Layer<'_>> = mockup.document.root().collect();
    let canvas = walk.painted(&roots, Vec::new())?;
    Ok((canvas, walk.undrawn, walk.notes))
}

/// The picture of a document in its own values, as whoever shares these values lays it down.
pub(crate) fn draw_own(
    mockup: &OpenMockup,
    edits: &Edits,
    showing: Showing<'_>,
    painter: &Painter<'_>,
) -> Result<(Art, Vec<Undrawn>), RenderError> {
    if mockup.precision() == Precision::Bytes {
        let (raster, undrawn, _) = draw_plate(mockup, edits, showing, painter)?;
        return Ok((Art::new(raster), undrawn));
    }
    let plan = plan_at(mockup, edits, showing, painter)?;
    let art = draw_art(mockup, &plan.scene, plan.scene.canvas(), painter)?;
    Ok((art, plan.undrawn))
}

/// The picture of a document in sRGB, with the colours that it has whatever it is laid on.
pub(crate) fn draw_srgb(
    mockup: &OpenMockup,
    edits: &Edits,
    showing: Showing<'_>,
    painter: &Painter<'_>,
) -> Result<(Raster, Vec<Undrawn>), RenderError> {
    let space = mockup.space();
    if mockup.precision() == Precision::Sixteen {
        let plan = plan_at(mockup, edits, showing, painter)?;
        let narrow = |samples: &mut [u16], bytes: &mut [u8]| space.narrow(samples, bytes);
        let raster = draw_scene_narrowed(&plan.scene, plan.scene.canvas(), painter, &narrow)?;
        return Ok((raster, plan.undrawn));
    }
    let mut plates = draw_plates(mockup, edits, showing, painter)?;
    space.to_srgb(&mut plates.colour, plates.black.as_ref(), painter.threads);
    Ok((plates.colour, plates.undrawn))
}

/// Plans the picture of `mockup` with `edits`.
pub(crate) fn plan(mockup: &OpenMockup, edits: &Edits, painter: &Painter<'_>) -> Result<Plan, RenderError> {
    let mut plan = plan_at(mockup, edits, Showing::default(), painter)?;
    if let Some(black) = &mockup.black {
        plan.black = Some(plan_at(black, edits, Showing::default(), painter)?.scene);
    }
    Ok(plan)
}

fn plan_at(
    mockup: &OpenMockup,
    edits: &Edits,
    showing: Showing<'_>,
    painter: &Painter<'_>,
) -> Result<Plan, RenderError> {
    mockup.limits.admit("the canvas", mockup.size())?;
    let mut walk = Walk::new(mockup, edits, showing, painter);
    let mut scene = Scene::new(mockup.size());
    let mut untouched = None;
    if mockup.document.layers().len() == 0 {
        let art = Arc::new(mockup.merged_art()?);
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

/// Which showing of a document is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Showing<'a> {
    /// Ids of the linked files on the way to it.
    pub(crate) path: &'a [String],
    /// The layer comp that the smart object around it asks for.
    pub(crate) comp: Option<i32>,
}

pub(crate) struct Walk<'a> {
    pub(crate) mockup: &'a OpenMockup,
    pub(crate) edits: &'a Edits,
    pub(crate) path: &'a [String],
    /// The layer comp that tells which layers are seen.
    comp: Option<i32>,
    pub(crate) painter: &'a Painter<'a>,
    pub(crate) undrawn: Vec<Undrawn>,
    pub(crate) notes: Notes,
    /// Edits met so far.
    pub(crate) edited: usize,
    pub(crate) touched: Option<Rect>,
}

/// Hears of each base with what is clipped to it, bottom to top; a base that draws nothing comes as
/// `None`, so that its edits are still heard of.
type Emit<'e, W> = dyn FnMut(&mut W, Option<Node>) -> Result<(), RenderError> + 'e;

impl<'a> Walk<'a> {
    fn new(mockup: &'a OpenMockup, edits: &'a Edits, showing: Showing<'a>, painter: &'a Painter<'a>) -> Self {
        let mut walk = Self {
            mockup,
            edits,
            path: showing.path,
            comp: showing.comp,
            painter,
            undrawn: Vec::new(),
            notes: Notes::default(),
            edited: 0,
            touched: None,
        };
        if mockup
            .space()
            .is_approximate(&mockup.document, mockup.precision())
        {
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
            let is_base = clipped.iter().any(|layer| self.is_visible(*layer));
            self.group(base, is_base, nodes)?
        } else {
            self.layer(base, nodes)?
        };
        let within = std::mem::replace(&mut self.touched, before);
        if let Some(within) = within {
            // What changes inside changes the effects around it.
            let reach = node.as_ref().map_or(0, |node| node.style().reach());
            self.touch(within.grown(reach).intersect(self.mockup.size().rect()));
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
        if !self.is_visible(layer) {
            return false;
        }
        if self.in_comp(layer).is_some_and(|state| state.differs) {
            self.lacks(layer, Feature::LayerComp);
        }
        if !self.is_hidden_here(layer) {
            return true;
        }
        self.edited += 1;
        self.touch(self.mockup.size().rect());
        false
    }

    fn is_visible(&self, layer: Layer<'_>) -> bool {
        let told = self.in_comp(layer).and_then(|state| state.visible);
        told.unwrap_or_else(|| layer.is_visible())
    }

    /// What the layer comp that is shown says of a layer. A comp that cannot be read says nothing.
    fn in_comp(&self, layer: Layer<'_>) -> Option<LayerCompState> {
        layer.in_comp(self.comp?, &self.mockup.limits.psd).ok().flatten()
    }

    /// Whether this render hides a layer.
    pub(crate) fn is_hidden_here(&self, layer: Layer<'_>) -> bool {
        let index = u32::try_from(layer.index().0).unwrap_or(u32::MAX);
        self.edits.hidden.contains(&(self.path.to_vec(), index))
    }

    pub(crate) fn touch(&mut self, rect: Rect) {
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
        let mut style = self.style(layer, &mut masks)?;
        let blend = self.blend(layer);
        if layer.kind() == LayerKind::Shape && !(clipped.is_empty() && style.effects.is_empty()) {
            style.trim = shape::trim(layer, blend, self.mockup);
        }
        Ok(Some(Node::Layer(Painted {
            blend,
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
        let art = Arc::new(draw_art(self.mockup, &scene, region, self.painter)?);
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
    fn artboard(&self, layer: Layer<'_>) -> Option<(Rect, Option<DeepRgb>)> {
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
            ArtboardBackground::White => Some(Rgb::new(255, 255, 255).into()),
            ArtboardBackground::Black => Some(DeepRgb::default()),
            ArtboardBackground::Color => board.color.as_ref().and_then(|colour| self.mockup.colour(colour)),
            _ => None,
        };
        Some((rect.intersect(self.mockup.size().rect()), colour))
    }
}

/// Text in colours with a curve is mixed by a gamma of its own, since CS6: files that 6.0 to CS5 saved show none
/// (`loadgcode.psd` of Repetier-Host, `king-logo.04.psd` of KiNG), and all later ones do but one (`masks.psb`).
fn fade(layer: Layer<'_>) -> Fade {
    if layer.kind() != LayerKind::Text {
        return Fade::Encoded;
    }
    let document = layer.document();
    let header = document.header();
    let curved =
        matches!(header.color_mode, ColorMode::Rgb | ColorMode::Indexed) && header.depth != Depth::ThirtyTwo;
    if curved && !is_before_cs6(document) {
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

//! The walk through a page's layers: what each shows, what cuts it off, the line around it, its shadow,
//! and how it meets what lies below.

use marquetry_compose::{Effect, Group, GroupBlend, Layer as Painted, Mask, Node, Paint, Pen, Shadow, Style};
use marquetry_pixel::{BlendMode, Rect};
use marquetry_template::geometry::Area;
use marquetry_template::{
    Colour, Content, FilledGroup, FilledLayer, FilledPage, FilledShadow, FilledStroke, Focal, StrokePosition,
};
use marquetry_text::kurbo::BezPath;

use super::Drawing;
use super::forms;
use super::ground::Ground;
use super::image::Shown;
use super::sheet::Sheet;
use crate::draw::Painter;
use crate::error::RenderError;
use crate::shape::inverted;
use crate::text::outline;

/// What errors and warnings call the picture below all layers.
const BACKGROUND: &str = "background";

/// The longest miter of a stroke's corner, in widths; as in SVG and CSS.
const MITER: f64 = 4.0;

/// What a layer shows, before anything is done to it as a whole.
pub(super) struct Body {
    /// Bottom to top, not cut off.
    pub(super) nodes: Vec<Node>,
    /// What cuts them off.
    pub(super) clip: Vec<Mask>,
    /// What a line around it follows.
    pub(super) edge: BezPath,
    /// Whether `clip` is the inside of `edge` and nothing else.
    pub(super) clip_is_edge: bool,
    /// Whether nothing shows through, anywhere inside of `edge`.
    pub(super) solid: bool,
}

impl Body {
    /// Not cut off; a line goes around `edge`.
    pub(super) fn free(nodes: Vec<Node>, edge: BezPath) -> Self {
        Self {
            nodes,
            clip: Vec::new(),
            edge,
            clip_is_edge: false,
            solid: false,
        }
    }
}

impl Drawing<'_> {
    /// What lies below all layers.
    pub(super) fn background(&mut self, page: &FilledPage, sheet: &mut Sheet) -> Result<(), RenderError> {
        sheet.lay([solid(page.colour, Vec::new())], self.painter)?;
        let Some((picture, fit)) = &page.background else {
            return Ok(());
        };
        let ground = Ground::page(page.size);
        let whole = Area::new(0.0, 0.0, page.size.width.into(), page.size.height.into());
        let brought = self.picture(picture, BACKGROUND)?;
        let part = Area::new(
            0.0,
            0.0,
            brought.raster.width().into(),
            brought.raster.height().into(),
        );
        let focal = Focal::CENTRE;
        let placed = marquetry_template::geometry::place(*fit, part.extent(), whole.extent(), &focal);
        let Some(place) = placed else { return Ok(()) };
        let shown = Shown {
            raster: &brought.raster,
            part,
            place,
        };
        let node = self.show(&shown, BACKGROUND, &ground, ground.pixels(place), sheet)?;
        sheet.lay(node.map(Node::Layer), self.painter)
    }

    pub(super) fn layer(
        &mut self,
        layer: &FilledLayer,
        parent: &Ground,
        sheet: &mut Sheet,
    ) -> Result<(), RenderError> {
        if (self.painter.stop)() {
            return Err(RenderError::Stopped);
        }
        if layer.opacity.get() <= 0.0 {
            return Ok(());
        }
        let ground = parent.within(layer);
        let frame = Area::new(0.0, 0.0, layer.frame.width, layer.frame.height);
        let body = match &layer.content {
            Content::Group(group) if is_open(layer, group) => {
                // Nothing is done to it as a whole: its layers lie where the group does.
                let inner = ground.scaled(group.scale);
                for layer in &group.layers {
                    self.layer(layer, &inner, sheet)?;
                }
                return Ok(());
            }
            Content::Group(group) => Some(self.group(group, layer, &ground, frame, sheet)?),
            Content::Text(text) => self.text(text, layer, &ground, frame, sheet)?,
            Content::Image(image) => self.image(image, layer, &ground, frame, sheet)?,
            Content::Shape(shape) => self.shape(shape, layer, &ground, frame, sheet)?,
            Content::Qr(qr) => self.qr(qr, layer, &ground, frame, sheet)?,
            Content::Mockup(mockup) => self.mockup(mockup, layer, &ground, frame, sheet)?,
        };
        let Some(body) = body else { return Ok(()) };
        let nodes = match &layer.stroke {
            Some(stroke) if stroke.width > 0.0 && stroke.colour.alpha > 0 => {
                lined(body, stroke, layer, &ground, sheet)?
            }
            _ => cut(body.nodes, body.clip),
        };
        finish(nodes, layer, &ground, sheet, self.painter)
    }

    fn group(
        &mut self,
        group: &FilledGroup,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Body, RenderError> {
        let before = sheet.begin();
        let inner = ground.scaled(group.scale);
        for layer in &group.layers {
            self.layer(layer, &inner, sheet)?;
        }
        let nodes = sheet.end(before);
        let edge = forms::rounded(frame, layer.corner_radius);
        if !group.clip && is_square(layer) {
            return Ok(Body::free(nodes, edge));
        }
        let Some(clip) = sheet.mask(&layer.name, &edge, ground, ground.area)? else {
            return Ok(Body::free(Vec::new(), edge));
        };
        Ok(Body {
            clip: vec![clip],
            clip_is_edge: true,
            ..Body::free(nodes, edge)
        })
    }
}

/// Whether a group is no more than its layers.
fn is_open(layer: &FilledLayer, group: &FilledGroup) -> bool {
    let lined = layer.stroke.is_some_and(|stroke| stroke.width > 0.0);
    !group.clip && is_square(layer) && !lined && is_plain(layer)
}

/// Whether the layer as a whole meets what lies below as its parts do.
fn is_plain(layer: &FilledLayer) -> bool {
    layer.opacity.get() >= 1.0 && layer.blend == BlendMode::Normal && layer.shadow.is_none()
}

/// Whether no corner of a layer's frame is round.
pub(super) fn is_square(layer: &FilledLayer) -> bool {
    layer.corner_radius.iter().all(|radius| *radius <= 0.0)
}

/// One colour, held back by masks.
pub(super) fn solid(colour: Colour, masks: Vec<Mask>) -> Node {
    Node::Layer(Painted {
        masks,
        opacity: colour.opacity(),
        ..Painted::new(Paint::Solid(colour.rgb.into()))
    })
}

/// Nodes, held back by masks.
fn cut(mut nodes: Vec<Node>, clip: Vec<Mask>) -> Vec<Node> {
    if clip.is_empty() {
        return nodes;
    }
    if let [Node::Layer(only)] = nodes.as_mut_slice() {
        only.masks.extend(clip);
        return nodes;
    }
    vec![Node::Group(Group {
        masks: clip,
        ..Group::new(nodes)
    })]
}

/// A layer with a line around it. Where both end at the same edge they are cut off there together, so
/// that nothing of what lies below shines through between them.
fn lined(
    body: Body,
    stroke: &FilledStroke,
    layer: &FilledLayer,
    ground: &Ground,
    sheet: &mut Sheet,
) -> Result<Vec<Node>, RenderError> {
    let edge = outline(&body.edge, ground.way);
    // An open line has no sides.
    let position = if edge.is_open() {
        StrokePosition::Center
    } else {
        stroke.position
    };
    let times = if position == StrokePosition::Center {
        1.0
    } else {
        2.0
    };
    let pen = Pen {
        width: stroke.width * ground.scale * times,
        cap: marquetry_compose::Cap::Butt,
        join: marquetry_compose::Join::Miter,
        miter_limit: MITER,
        dashes: Vec::new(),
        dash_offset: 0.0,
    };
    let line = edge.stroked(&pen);
    let line = match &line {
        Some(line) => sheet.mask_of(&layer.name, line, ground.area)?,
        None => None,
    };
    let Some(line) = line else {
        return Ok(cut(body.nodes, body.clip));
    };
    let paint = |masks| solid(stroke.colour, masks);
    if position == StrokePosition::Center {
        let mut nodes = cut(body.nodes, body.clip);
        nodes.push(paint(vec![line]));
        return Ok(nodes);
    }
    let Some(inside) = sheet.mask(&layer.name, &body.edge, ground, ground.area)? else {
        return Ok(cut(body.nodes, body.clip));
    };
    Ok(match position {
        StrokePosition::Inside if body.clip_is_edge => {
            let mut members = body.nodes;
            members.push(paint(vec![line]));
            vec![Node::Group(Group {
                blend: GroupBlend::Isolated(BlendMode::Normal),
                masks: vec![inside],
                ..Group::new(members)
            })]
        }
        StrokePosition::Inside => {
            let mut nodes = cut(body.nodes, body.clip);
            nodes.push(paint(vec![line, inside]));
            nodes
        }
        _ if body.solid && body.clip_is_edge => {
            let mut nodes = vec![paint(vec![line])];
            nodes.extend(cut(body.nodes, body.clip));
            nodes
        }
        _ => {
            sheet.admit(&layer.name, inside.coverage.size().pixels())?;
            let mut nodes = cut(body.nodes, body.clip);
            nodes.push(paint(vec![line, inverted(&inside)]));
            nodes
        }
    })
}

/// Opacity, blend mode and shadow of the whole.
fn finish(
    mut nodes: Vec<Node>,
    layer: &FilledLayer,
    ground: &Ground,
    sheet: &mut Sheet,
    painter: &Painter<'_>,
) -> Result<(), RenderError> {
    if nodes.is_empty() || is_plain(layer) {
        return sheet.lay(nodes, painter);
    }
    let mut style = Style::default();
    if let Some(shadow) = &layer.shadow {
        let shadow = cast(shadow, ground.scale);
        let reach = nodes
            .iter()
            .fold(Rect::default(), |all, node| all.union(node.bounds(ground.area)))
            .grown(shadow.size.saturating_add(2));
        // The shape, its blur on the way and at its end.
        sheet.admit(&layer.name, reach.size().pixels().saturating_mul(6))?;
        style.effects.push(Effect::DropShadow(shadow));
    }
    let node = match nodes.pop() {
        Some(Node::Layer(only)) if nodes.is_empty() => Node::Layer(Painted {
            blend: layer.blend,
            opacity: only.opacity.times(layer.opacity),
            style,
            ..only
        }),
        last => {
            nodes.extend(last);
            Node::Group(Group {
                blend: GroupBlend::Isolated(layer.blend),
                opacity: layer.opacity,
                style,
                ..Group::new(nodes)
            })
        }
    };
    sheet.lay([node], painter)
}

/// A shadow on the page. It falls the same way whatever is turned: there is one light.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN becomes 0"
)]
fn cast(shadow: &FilledShadow, scale: f64) -> Shadow {
    let whole = |length: f64| (length * scale).round().clamp(-1e6, 1e6) as i32;
    Shadow {
        colour: shadow.colour.rgb.into(),
        blend: BlendMode::Normal,
        opacity: shadow.colour.opacity(),
        offset: (whole(shadow.dx), whole(shadow.dy)),
        size: (shadow.blur * scale).round().clamp(0.0, 4096.0) as u32,
        spread: 0.0,
        contour: None,
        noise: 0.0,
        conceals: true,
    }
}

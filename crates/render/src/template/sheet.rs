//! A page in the making: what is still to be drawn, and what is drawn already.
//!
//! Masks and pictures of many layers are more than memory should hold, so they are painted over the page
//! whenever enough has come together. What lies in a group that is drawn as one has to wait for its end.

use marquetry_compose::{FillRule, Mask, Node, Scene};
use marquetry_pixel::{Raster, Rect, Size};
use marquetry_text::kurbo::BezPath;

use super::ground::Ground;
use crate::draw::{Painter, draw_scene, draw_scene_over};
use crate::error::RenderError;
use crate::text::outline;

/// Bytes of masks and pictures that are painted together.
const TOGETHER: u64 = 96 << 20;

/// A page in the making.
#[derive(Debug)]
pub(super) struct Sheet {
    size: Size,
    canvas: Option<Raster>,
    nodes: Vec<Node>,
    /// Bytes that the nodes hold, those of unfinished groups included.
    held: u64,
    /// The most that they may.
    most: u64,
    /// Groups around what is being laid now.
    depth: usize,
}

impl Sheet {
    pub(super) fn new(size: Size, most: u64) -> Self {
        Self {
            size,
            canvas: None,
            nodes: Vec::new(),
            held: 0,
            most,
            depth: 0,
        }
    }

    /// Takes note of memory that is about to be used for a layer.
    pub(super) fn admit(&mut self, layer: &str, bytes: u64) -> Result<(), RenderError> {
        let wanted = self.held.saturating_add(bytes);
        if wanted > self.most {
            return Err(RenderError::LayerTooLarge {
                layer: layer.to_owned(),
                wanted,
                allowed: self.most,
            });
        }
        self.held = wanted;
        Ok(())
    }

    /// What lets through what is inside of a path, within `area`. `None` when that is nothing.
    pub(super) fn mask(
        &mut self,
        layer: &str,
        path: &BezPath,
        ground: &Ground,
        area: Rect,
    ) -> Result<Option<Mask>, RenderError> {
        self.mask_of(layer, &outline(path, ground.way), area)
    }

    /// The same of an outline on the page.
    pub(super) fn mask_of(
        &mut self,
        layer: &str,
        outline: &marquetry_compose::Outline,
        area: Rect,
    ) -> Result<Option<Mask>, RenderError> {
        let Some(bounds) = outline.bounds() else {
            return Ok(None);
        };
        self.admit(layer, bounds.intersect(area).size().pixels())?;
        Ok(outline.mask(FillRule::NonZero, area))
    }

    /// Lays something on top.
    pub(super) fn lay(
        &mut self,
        nodes: impl IntoIterator<Item = Node>,
        painter: &Painter<'_>,
    ) -> Result<(), RenderError> {
        self.nodes.extend(nodes);
        if self.depth == 0 && self.held > TOGETHER {
            self.paint(painter)?;
        }
        Ok(())
    }

    /// Begins something that is drawn as one. What it hands back is for [`end`](Self::end).
    pub(super) fn begin(&mut self) -> Vec<Node> {
        self.depth += 1;
        std::mem::take(&mut self.nodes)
    }

    /// Ends it: all that was laid since.
    pub(super) fn end(&mut self, before: Vec<Node>) -> Vec<Node> {
        self.depth = self.depth.saturating_sub(1);
        std::mem::replace(&mut self.nodes, before)
    }

    fn paint(&mut self, painter: &Painter<'_>) -> Result<(), RenderError> {
        let mut scene = Scene::new(self.size);
        scene.nodes = std::mem::take(&mut self.nodes);
        match &mut self.canvas {
            Some(canvas) => draw_scene_over(canvas, &scene, painter)?,
            None => self.canvas = Some(draw_scene(&scene, painter)?),
        }
        self.held = 0;
        Ok(())
    }

    /// The finished page.
    pub(super) fn finish(mut self, painter: &Painter<'_>) -> Result<Raster, RenderError> {
        if self.canvas.is_none() || !self.nodes.is_empty() {
            self.paint(painter)?;
        }
        Ok(self.canvas.unwrap_or_else(|| Raster::new(self.size)))
    }
}

//! Where on the canvas a node can change anything.

use marquetry_pixel::{Point, Quad, Rect};

use crate::place::WARP_MARGIN;
use crate::scene::{Group, GroupBlend, Layer, Mask, Node, Paint, Placed, Scene, Warped};
use crate::style::Style;

impl Scene {
    /// The canvas.
    pub fn canvas(&self) -> Rect {
        self.size.rect()
    }
}

impl Node {
    /// The smallest rectangle known to hold every canvas pixel the node can change, within
    /// `canvas`. Cheap: it looks at sizes and maps, not at pixels.
    pub fn bounds(&self, canvas: Rect) -> Rect {
        match self {
            Self::Layer(layer) => layer.bounds(canvas),
            Self::Group(group) => group.bounds(canvas),
        }
    }

    /// Whether it can make a transparent pixel less transparent.
    fn lays_paint(&self) -> bool {
        match self {
            Self::Layer(layer) => !matches!(layer.paint, Paint::Adjust(_)) || !layer.style.is_plain(),
            Self::Group(group) => {
                !group.passes_through()
                    || !group.style.is_plain()
                    || group.children.iter().any(Self::lays_paint)
            }
        }
    }
}

impl Layer {
    fn bounds(&self, canvas: Rect) -> Rect {
        self.style.bounds(canvas, |around| self.shape_bounds(around))
    }

    /// Where the layer itself is, without its effects, within `area`.
    pub(crate) fn shape_bounds(&self, area: Rect) -> Rect {
        // Clipped layers stay inside their base.
        let masked = masks_bounds(&self.masks, area);
        match &self.style.outline {
            Some(outline) => masks_bounds(outline, masked),
            None => masked.intersect(self.paint.bounds(area)),
        }
    }
}

impl Style {
    /// Where a shape and its effects are, within `canvas`.
    fn bounds(&self, canvas: Rect, shape: impl Fn(Rect) -> Rect) -> Rect {
        if self.is_plain() {
            return shape(canvas);
        }
        let within = masks_bounds(&self.veil, canvas);
        let shape = shape(self.around(canvas));
        if shape.is_empty() {
            return shape;
        }
        grown(shape, self.reach()).intersect(within)
    }

    /// Where a shape can matter to what its effects paint on `area`.
    pub(crate) fn around(&self, area: Rect) -> Rect {
        grown(area, self.reach())
    }
}

/// `rect` with so many pixels more on every side, as far as anything is looked at.
pub(crate) fn grown(rect: Rect, by: u32) -> Rect {
    rect.grown(by.min(MAX_REACH))
}

/// No effect looks further than this, in pixels: Photoshop's longest distance is 30,000, but beyond
/// this there is nothing to see on any canvas of a mockup, and memory must stay bounded.
const MAX_REACH: u32 = 4096;

impl Group {
    fn bounds(&self, canvas: Rect) -> Rect {
        self.style.bounds(canvas, |around| self.shape_bounds(around))
    }

    /// Where its members are, without its effects, within `area`.
    pub(crate) fn shape_bounds(&self, area: Rect) -> Rect {
        let masked = masks_bounds(&self.masks, area);
        let isolated = !self.passes_through();
        let members = self
            .children
            .iter()
            // On nothing but its fellow members an adjustment changes nothing outside them.
            .filter(|child| !isolated || child.lays_paint())
            .fold(Rect::default(), |all, child| all.union(child.bounds(masked)));
        masked.intersect(members)
    }

    /// Whether its members are drawn straight onto what lies below.
    pub(crate) fn passes_through(&self) -> bool {
        self.blend == GroupBlend::PassThrough
    }
}

impl Paint {
    /// Where it puts any paint, within `canvas`.
    pub fn bounds(&self, canvas: Rect) -> Rect {
        match self {
            Self::Raster { art, at } => canvas.intersect(art.size().rect().translate(at.0, at.1)),
            Self::Solid(_) | Self::Gradient(_) | Self::Pattern(_) | Self::Adjust(_) => canvas,
            Self::Placed(placed) => placed.bounds(canvas),
            Self::Warped(warped) => warped.bounds(canvas),
        }
    }
}

impl Placed {
    /// Where the art lands, within `canvas`.
    pub fn bounds(&self, canvas: Rect) -> Rect {
        let size = self.art.size();
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        if width == 0.0 || height == 0.0 || self.map.inverse().is_none() {
            return Rect::default();
        }
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let [.., g, h, i] = self.map.0;
        let depth = |(x, y): (f64, f64)| g * x + h * y + i;
        let near = depth((width / 2.0, height / 2.0));
        // A corner at or beyond the horizon is nowhere on the plane: anything may be reached.
        if corners.iter().any(|&corner| depth(corner) / near <= 1e-6) {
            return canvas;
        }
        let quad = Quad(corners.map(|(x, y)| self.map.apply(Point::new(x, y))));
        // A pixel is touched when the edge comes within half a pixel of its centre.
        let Rect { x, y, .. } = quad.bounds();
        let (right, bottom) = (quad.bounds().right() + 1, quad.bounds().bottom() + 1);
        let near = |edge: i64| i32::try_from(edge).unwrap_or(i32::MAX);
        canvas.intersect(Rect::from_edges(
            x.saturating_sub(1),
            y.saturating_sub(1),
            near(right),
            near(bottom),
        ))
    }
}

impl Warped {
    /// Where the art can land, within `canvas`: about the control points of its mesh.
    pub fn bounds(&self, canvas: Rect) -> Rect {
        canvas.intersect(self.mesh.bounds(WARP_MARGIN))
    }
}

impl Mask {
    /// Where it lets anything through, within `canvas`.
    pub fn bounds(&self, canvas: Rect) -> Rect {
        if self.outside > 0 || self.density.get() < 1.0 {
            canvas
        } else {
            canvas.intersect(self.coverage.size().rect().translate(self.at.0, self.at.1))
        }
    }
}

fn masks_bounds(masks: &[Mask], canvas: Rect) -> Rect {
    masks
        .iter()
        .fold(canvas, |left, mask| left.intersect(mask.bounds(canvas)))
}

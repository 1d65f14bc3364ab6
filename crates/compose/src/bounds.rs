//! Where on the canvas a node can change anything.

use marquetry_pixel::{Point, Quad, Rect};

use crate::scene::{Group, GroupBlend, Layer, Mask, Node, Paint, Placed, Scene};

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
}

impl Layer {
    fn bounds(&self, canvas: Rect) -> Rect {
        // Clipped layers stay inside their base.
        let masked = masks_bounds(&self.masks, canvas);
        masked.intersect(self.paint.bounds(canvas))
    }
}

impl Group {
    fn bounds(&self, canvas: Rect) -> Rect {
        let masked = masks_bounds(&self.masks, canvas);
        let members = self
            .children
            .iter()
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
            Self::Solid(_) => canvas,
            Self::Placed(placed) => placed.bounds(canvas),
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

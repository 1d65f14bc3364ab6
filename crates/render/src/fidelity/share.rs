//! How much of what is seen in a picture comes from pixels that Photoshop cached.
//!
//! The scene is drawn a second time in two colours: white for cached pixels and black for all else,
//! each with the shape, opacity and masks that it has in the picture, and all of it blended
//! normally. What is white in the end was taken from a cache. Large canvases are sampled: one pixel
//! in each direction out of so many that a million are left.

use std::sync::Arc;

use marquetry_compose::{Art, Group, GroupBlend, Layer, Mask, Node, Paint, Placed, Scene};
use marquetry_pixel::{BlendMode, Coverage, DeepRgb, Projective, Raster, Rect, Rgb, Size};

use crate::draw::{Painter, draw_scene};
use crate::error::RenderError;

/// The most pixels that are looked at.
const PIXELS: u64 = 1 << 20;

/// The share of what `scene` shows that was truly drawn, 0.0 to 1.0; 1.0 when it shows nothing.
pub(super) fn drawn_share(
    scene: &Scene,
    cached: &[Arc<Art>],
    painter: &Painter<'_>,
) -> Result<f64, RenderError> {
    if cached.is_empty() {
        return Ok(1.0);
    }
    let lens = Lens::new(scene.size, cached);
    let mut sketch = Scene::new(lens.size);
    sketch.nodes = lens.nodes(&scene.nodes);
    Ok(black_share(&draw_scene(&sketch, painter)?))
}

#[expect(clippy::cast_precision_loss, reason = "sums over a million pixels")]
fn black_share(sketch: &Raster) -> f64 {
    let (mut black, mut seen) = (0_u64, 0_u64);
    for &[red, _, _, alpha] in sketch.pixels() {
        black += u64::from(alpha) * u64::from(255 - red);
        seen += u64::from(alpha) * 255;
    }
    if seen == 0 {
        1.0
    } else {
        black as f64 / seen as f64
    }
}

/// Looks at every `step`th pixel in each direction, beginning with the one at (`step / 2`, `step / 2`).
struct Lens<'a> {
    canvas: Rect,
    size: Size,
    step: u32,
    cached: &'a [Arc<Art>],
}

impl<'a> Lens<'a> {
    fn new(canvas: Size, cached: &'a [Arc<Art>]) -> Self {
        let mut step = 1_u32;
        let size = |step: u32| {
            let along = |length: u32| (length + step - 1 - step / 2) / step;
            Size::new(along(canvas.width), along(canvas.height))
        };
        while size(step).pixels() > PIXELS {
            step += 1;
        }
        Self {
            canvas: canvas.rect(),
            size: size(step),
            step,
            cached,
        }
    }

    fn nodes(&self, nodes: &[Node]) -> Vec<Node> {
        nodes.iter().filter_map(|node| self.node(node)).collect()
    }

    /// What changes the colours below it shows nothing of its own, but what is clipped to it.
    fn node(&self, node: &Node) -> Option<Node> {
        Some(match node {
            Node::Layer(layer) if matches!(layer.paint, Paint::Adjust(_)) => Node::Group(Group {
                opacity: layer.opacity,
                masks: layer.masks.iter().map(|mask| self.mask(mask)).collect(),
                ..Group::new(self.nodes(&layer.clipped))
            }),
            Node::Layer(layer) => {
                let (colour, shape) = self.paint(&layer.paint, node);
                let masks = layer.masks.iter().chain(&layer.style.veil);
                Node::Layer(Layer {
                    blend: BlendMode::Normal,
                    opacity: layer.opacity,
                    fill: layer.fill,
                    masks: masks.map(|mask| self.mask(mask)).chain(shape).collect(),
                    clipped: self.nodes(&layer.clipped),
                    clip_blend: layer.clip_blend,
                    ..Layer::new(colour)
                })
            }
            Node::Group(group) => {
                let masks = group.masks.iter().chain(&group.style.veil);
                Node::Group(Group {
                    blend: match group.blend {
                        GroupBlend::PassThrough => GroupBlend::PassThrough,
                        GroupBlend::Isolated(_) => GroupBlend::Isolated(BlendMode::Normal),
                    },
                    opacity: group.opacity,
                    fill: group.fill,
                    masks: masks.map(|mask| self.mask(mask)).collect(),
                    clipped: self.nodes(&group.clipped),
                    clip_blend: group.clip_blend,
                    ..Group::new(self.nodes(&group.children))
                })
            }
            _ => return None,
        })
    }

    /// The colour that stands for `paint`, and its shape unless it has its own.
    fn paint(&self, paint: &Paint, node: &Node) -> (Paint, Option<Mask>) {
        let colour = |art: &Arc<Art>| {
            let cached = self.cached.iter().any(|cached| Arc::ptr_eq(cached, art));
            if cached { [255; 3] } else { [0; 3] }
        };
        match paint {
            Paint::Raster { art, at } => {
                let [red, green, blue] = colour(art);
                let size = art.size();
                let shape = self.sampled(size, *at, 0, |x, y| art.alpha(x, y));
                (Paint::Solid(Rgb::new(red, green, blue).into()), Some(shape))
            }
            Paint::Placed(placed) => {
                let [red, green, blue] = colour(&placed.art);
                let mut flat = placed.art.to_raster();
                for pixel in flat.pixels_mut() {
                    *pixel = [red, green, blue, pixel[3]];
                }
                let placed = Placed {
                    art: Arc::new(Art::new(flat)),
                    map: self.map().after(&placed.map),
                    filter: placed.filter,
                };
                (Paint::Placed(placed), None)
            }
            Paint::Solid(_) => (Paint::Solid(DeepRgb::default()), None),
            // Drawn from a description, somewhere inside its bounds.
            _ => {
                let bounds = node.bounds(self.canvas);
                let shape = self.sampled(bounds.size(), (bounds.x, bounds.y), 0, |_, _| 255);
                (Paint::Solid(DeepRgb::default()), Some(shape))
            }
        }
    }

    fn mask(&self, mask: &Mask) -> Mask {
        let coverage = &mask.coverage;
        let letting = |x: u32, y: u32| coverage.pixel(x, y).map_or(mask.outside, |[letting]| letting);
        Mask {
            density: mask.density,
            ..self.sampled(coverage.size(), mask.at, mask.outside, letting)
        }
    }

    /// What is seen through the lens of an area of `size` pixels at `at`.
    fn sampled(&self, size: Size, at: (i32, i32), outside: u8, value: impl Fn(u32, u32) -> u8) -> Mask {
        let rect = Rect::new(at.0, at.1, size.width, size.height).intersect(self.canvas);
        let (left, top) = (self.nth(rect.x), self.nth(rect.y));
        let (right, bottom) = (
            self.nth(rect.x.saturating_add_unsigned(rect.width)),
            self.nth(rect.y.saturating_add_unsigned(rect.height)),
        );
        let seen = Size::new(right.saturating_sub(left), bottom.saturating_sub(top));
        let mut coverage = Coverage::new(seen);
        for y in 0..seen.height {
            let inside_y = i64::from(self.canvas_place(top + y)) - i64::from(at.1);
            for (x, cell) in (0..).zip(coverage.row_mut(y)) {
                let inside_x = i64::from(self.canvas_place(left + x)) - i64::from(at.0);
                if let (Ok(x), Ok(y)) = (u32::try_from(inside_x), u32::try_from(inside_y)) {
                    *cell = value(x, y);
                }
            }
        }
        let place = |cell: u32| i32::try_from(cell).unwrap_or(i32::MAX);
        let mut mask = Mask::new(Arc::new(coverage), (place(left), place(top)));
        mask.outside = outside;
        mask
    }

    /// Which sample is the first at or after the canvas' `place`th pixel.
    fn nth(&self, place: i32) -> u32 {
        let place = u32::try_from(place).unwrap_or(0);
        place.saturating_sub(self.step / 2).div_ceil(self.step)
    }

    fn canvas_place(&self, sample: u32) -> u32 {
        sample * self.step + self.step / 2
    }

    /// Canvas pixels to samples, both in corner convention.
    fn map(&self) -> Projective {
        let step = f64::from(self.step);
        let middle = f64::from(self.step / 2) + 0.5;
        Projective::translation(0.5, 0.5)
            .after(&Projective::scale(1.0 / step, 1.0 / step))
            .after(&Projective::translation(-middle, -middle))
    }
}

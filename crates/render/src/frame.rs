//! From an asset and its placement to the new contents of a smart object.
//!
//! An asset that lies wholly inside the frame is handed on as it is, with the map that puts it
//! there, so that it is resampled once, by the smart object's own transform. Everything else (cut
//! off, tiled, a plain colour) is drawn into a picture of the frame's size first.

use std::sync::Arc;

use marquetry_codec::{CodecError, flip_horizontal, flip_vertical, rotate};
use marquetry_compose::{Art, Filter, Layer, Mask, Node, Paint, Placed, Scene};
use marquetry_model::placement::{Area, Layout, Spot, lay_out, turned};
use marquetry_model::{Adjustments, Change, ColourOverlay, Placement, Position};
use marquetry_pixel::{Coverage, Opacity, Projective, Quad, Raster, Size, share_to_byte};

use crate::adjust;
use crate::draw::{Painter, draw_scene};
use crate::error::RenderError;
use crate::open::{Limits, OpenMockup};

/// New contents of a smart object.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) art: Arc<Art>,
    /// The frame's size, in its own pixels.
    pub(crate) size: Size,
    /// Pixels of the art to pixels of the frame.
    pub(crate) map: Projective,
    /// Where the smart object's bounding box goes on the canvas, when it is moved as a whole.
    pub(crate) moved_to: Option<Position>,
}

impl Frame {
    /// The same frame with its pixels, which are sRGB, as `mockup`'s document holds them.
    pub(crate) fn taken_in(&self, mockup: &OpenMockup) -> Self {
        Self {
            art: mockup.take_in(&self.art),
            ..self.clone()
        }
    }
}

/// Lays `asset` into a frame of `size` pixels, as `change` says.
///
/// `name` is the smart object's, for errors. Order: adjustments, colour, flips, turn, fit and position; see the placement rules in `model`.
pub(crate) fn lay_in(
    asset: Option<Raster>,
    size: Size,
    change: &Change,
    name: &str,
    limits: &Limits,
    painter: &Painter<'_>,
) -> Result<Frame, RenderError> {
    let Some(asset) = asset else {
        limits.admit("the frame", size)?;
        let colour = change.colour.map(|overlay| overlay.colour).unwrap_or_default();
        let pixel = [colour.red, colour.green, colour.blue, 255];
        let whole = Arc::new(Art::new(Raster::filled(size, pixel)));
        return Ok(Frame {
            art: whole,
            size,
            map: Projective::IDENTITY,
            moved_to: change.placement.position,
        });
    };
    let natural = asset.size();
    let tuned = tune(asset, &change.adjustments);
    let coloured = match change.colour {
        Some(overlay) => overlay_colour(tuned, overlay, painter)?,
        None => tuned,
    };
    let upright =
        flip_and_turn(coloured, &change.placement, limits).map_err(|source| RenderError::Asset {
            smart_object: name.to_owned(),
            source,
        })?;
    let layout = on_whole_pixels(
        lay_out(natural, size, &change.placement),
        natural,
        upright.size(),
        change,
    );
    let moved_to = layout.moved_to;
    if layout.period.is_none()
        && let Some(map) = inside(&layout.first, upright.size(), size)
    {
        return Ok(Frame {
            art: Arc::new(Art::new(upright)),
            size,
            map,
            moved_to,
        });
    }
    limits.admit("the frame", size)?;
    let art = Arc::new(Art::new(upright));
    let drawn = match layout.period {
        None => spots(&art, [layout.first], size, painter)?,
        Some(_) => tiles(&art, &layout, size, painter)?,
    };
    Ok(Frame {
        art: Arc::new(Art::new(drawn)),
        size,
        map: Projective::IDENTITY,
        moved_to,
    })
}

/// A slanted picture's box is a fraction of a pixel smaller than the whole pixels that hold it; the
/// layout is widened by as much, about the same centre, so that the picture keeps its scale.
fn on_whole_pixels(mut layout: Layout, natural: Size, held: Size, change: &Change) -> Layout {
    let (width, height) = turned(natural, change.placement.rotation.get());
    let area = &mut layout.first.picture;
    let (wider, higher) = (f64::from(held.width) / width, f64::from(held.height) / height);
    if wider.is_finite() && higher.is_finite() {
        area.left -= area.width * (wider - 1.0) / 2.0;
        area.top -= area.height * (higher - 1.0) / 2.0;
        area.width *= wider;
        area.height *= higher;
    }
    layout
}

fn tune(raster: Raster, adjustments: &Adjustments) -> Raster {
    if *adjustments == Adjustments::default() {
        raster
    } else {
        adjust::adjust(raster, adjustments)
    }
}

/// Blends one colour over the picture, inside its alpha.
fn overlay_colour(
    raster: Raster,
    overlay: ColourOverlay,
    painter: &Painter<'_>,
) -> Result<Raster, RenderError> {
    let mut scene = Scene::new(raster.size());
    let colour = Layer {
        blend: overlay.blend,
        ..Layer::new(Paint::Solid(overlay.colour.into()))
    };
    scene.nodes.push(Node::Layer(Layer {
        clipped: vec![Node::Layer(colour)],
        ..Layer::new(Paint::Raster {
            art: Arc::new(Art::new(raster)),
            at: (0, 0),
        })
    }));
    draw_scene(&scene, painter)
}

fn flip_and_turn(mut raster: Raster, placement: &Placement, limits: &Limits) -> Result<Raster, CodecError> {
    if placement.flip.horizontal {
        flip_horizontal(&mut raster);
    }
    if placement.flip.vertical {
        flip_vertical(&mut raster);
    }
    rotate(raster, placement.rotation.get(), &limits.codec)
}

/// The map of a picture that nothing cuts off; `None` when its box or the frame does.
fn inside(spot: &Spot, art: Size, frame: Size) -> Option<Projective> {
    let Area {
        left,
        top,
        width,
        height,
    } = spot.picture;
    let within = |from: f64, to: f64, low: f64, high: f64| from >= low - 1e-9 && to <= high + 1e-9;
    let fits = |area: &Area| {
        within(left, left + width, area.left, area.left + area.width)
            && within(top, top + height, area.top, area.top + area.height)
    };
    let whole = Area {
        left: 0.0,
        top: 0.0,
        width: frame.width.into(),
        height: frame.height.into(),
    };
    (fits(&spot.clip) && fits(&whole))
        .then(|| to_area(&spot.picture, art))
        .flatten()
}

/// Pixels of a picture of `art` pixels to the area that it fills.
fn to_area(area: &Area, art: Size) -> Option<Projective> {
    let (right, bottom) = (area.left + area.width, area.top + area.height);
    let corners = [
        (area.left, area.top),
        (right, area.top),
        (right, bottom),
        (area.left, bottom),
    ];
    Projective::from_size_to_quad(art, &Quad::new(corners))
}

/// Pictures, each cut off by its box, and all by the frame.
fn spots(
    art: &Arc<Art>,
    spots: impl IntoIterator<Item = Spot>,
    size: Size,
    painter: &Painter<'_>,
) -> Result<Raster, RenderError> {
    let mut scene = Scene::new(size);
    for spot in spots {
        if let Some(map) = to_area(&spot.picture, art.size()) {
            let placed = Placed {
                art: Arc::clone(art),
                map,
                filter: Filter::Auto,
            };
            let masks = box_mask(&spot.clip, size).into_iter().collect();
            scene.nodes.push(Node::Layer(Layer {
                masks,
                ..Layer::new(Paint::Placed(placed))
            }));
        }
    }
    draw_scene(&scene, painter)
}

/// A mask of the box's own shape, its edges shared between pixels; `None` when it holds the frame.
fn box_mask(clip: &Area, size: Size) -> Option<Mask> {
    let share = |low: f64, length: f64, count: u32| -> Vec<f64> {
        let covered = |at: u32| {
            let (start, end) = (f64::from(at), f64::from(at) + 1.0);
            ((low + length).min(end) - low.max(start)).clamp(0.0, 1.0)
        };
        (0..count).map(covered).collect()
    };
    let across = share(clip.left, clip.width, size.width);
    let down = share(clip.top, clip.height, size.height);
    if across.iter().chain(&down).all(|share| *share >= 1.0) {
        return None;
    }
    let mut coverage = Coverage::new(size);
    for (row, down) in (0..).zip(&down) {
        for (cell, across) in coverage.row_mut(row).iter_mut().zip(&across) {
            *cell = share_to_byte(across * down);
        }
    }
    Some(Mask {
        density: Opacity::OPAQUE,
        ..Mask::new(Arc::new(coverage), (0, 0))
    })
}

/// A grid of copies. Each lies on whole pixels, so that all look alike and none is blurred.
fn tiles(art: &Arc<Art>, layout: &Layout, size: Size, painter: &Painter<'_>) -> Result<Raster, RenderError> {
    let Some((period_x, period_y)) = layout.period else {
        return spots(art, [layout.first], size, painter);
    };
    let clip = layout.first.clip;
    // A tile's box is given in whole pixels, and no wider tile than the frame can be seen whole.
    let tile_size = Size::new(whole(clip.width), whole(clip.height));
    let moved = |area: Area| Area {
        left: area.left - clip.left,
        top: area.top - clip.top,
        ..area
    };
    let centred = Spot {
        picture: moved(layout.first.picture),
        clip: moved(clip),
    };
    let visible = Size::new(
        tile_size.width.min(size.width * 2 + 1),
        tile_size.height.min(size.height * 2 + 1),
    );
    let tile = if visible == tile_size {
        spots(art, [centred], tile_size, painter)?
    } else {
        // Tiles larger than the frame: at most a few of them touch it.
        return spots(art, layout.spots(size), size, painter);
    };
    let mut out = Raster::new(size);
    let columns = starts(clip.left, period_x, tile_size.width, size.width);
    for (top, y) in starts(clip.top, period_y, tile_size.height, size.height)
        .into_iter()
        .flat_map(|top| (0..tile_size.height).map(move |row| (top, row)))
    {
        let Ok(target) = u32::try_from(top + i64::from(y)) else {
            continue;
        };
        if target >= size.height {
            continue;
        }
        let source = tile.row(y);
        let row = out.row_mut(target);
        for &left in &columns {
            copy_row(source, row, left);
        }
    }
    Ok(out)
}

/// Where copies that touch `0..end` start, on whole pixels.
fn starts(first: f64, period: f64, length: u32, end: u32) -> Vec<i64> {
    let period = period.max(1.0);
    let lowest = ((-f64::from(length) - first) / period).floor();
    let count = ((f64::from(end) + f64::from(length)) / period).ceil() + 2.0;
    let steps = (0..whole(count)).map(|step| first + (lowest + f64::from(step)) * period);
    let starts = steps.map(|start| floor(start + 0.5));
    starts
        .filter(|start| *start < i64::from(end) && *start + i64::from(length) > 0)
        .collect()
}

/// Copies the part of `source` that lands inside `row` when its first pixel is at column `left`.
fn copy_row(source: &[u8], row: &mut [u8], left: i64) {
    let skip = usize::try_from(-left).unwrap_or(0) * Raster::SAMPLES;
    let at = usize::try_from(left).unwrap_or(0) * Raster::SAMPLES;
    let (Some(source), Some(target)) = (source.get(skip..), row.get_mut(at..)) else {
        return;
    };
    let count = source.len().min(target.len());
    target[..count].copy_from_slice(&source[..count]);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn whole(length: f64) -> u32 {
    length.round() as u32
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
fn floor(value: f64) -> i64 {
    value.floor() as i64
}

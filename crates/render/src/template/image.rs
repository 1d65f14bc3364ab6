//! Pictures in frames: where they go, what cuts them off, and what is done to their colours.

use std::sync::Arc;

use marquetry_codec::{Scaling, SourceCrop, resize_crop};
use marquetry_compose::{Art, Filter, Layer as Painted, Mask, Node, Paint, Placed, Scene};
use marquetry_pixel::{Coverage, Raster, Rect, Size, share_to_byte};
use marquetry_template::geometry::{Area, Extent};
use marquetry_template::{self as template, FilledImage, FilledLayer, MaskChannel, MaskShape, Seen};
use marquetry_text::kurbo::{Affine, BezPath};

use super::Drawing;
use super::filters::{self, reach};
use super::forms;
use super::ground::Ground;
use super::layers::{Body, is_square};
use super::pictures::missing;
use super::sheet::Sheet;
use super::warning::WarningCode;
use crate::draw::draw_scene;
use crate::error::RenderError;
use crate::picture::Room;

/// A picture and where it goes.
pub(super) struct Shown<'r> {
    pub(super) raster: &'r Arc<Raster>,
    /// The part of it that is drawn, in its pixels.
    pub(super) part: Area,
    /// Where that part goes on the ground.
    pub(super) place: Area,
}

impl Drawing<'_> {
    pub(super) fn image(
        &mut self,
        image: &FilledImage,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Option<Body>, RenderError> {
        let brought = self.picture(&image.picture, &layer.name)?;
        let raster = &brought.raster;
        let seen = Seen {
            size: Extent::new(raster.width().into(), raster.height().into()),
            content: brought.content(),
            face: None,
        };
        let Some(laid) = image.lay(layer.frame, &seen) else {
            return Ok(None);
        };
        if laid.face_missed {
            let message = "no face was found in the picture; it is placed by its fallback";
            self.warnings.add(WarningCode::FaceNotFound, &layer.name, message);
        }
        let shown = Shown {
            raster,
            part: laid.part,
            place: laid.place,
        };
        let held = image.clip.map_or(laid.place, |clip| both(clip, laid.place));
        let area = ground.pixels(held);
        let picture = if filters::changes(image) {
            self.changed(&shown, image, layer, ground, area, sheet)?
        } else {
            self.show(&shown, &layer.name, ground, area, sheet)?
        };
        let Some(picture) = picture else { return Ok(None) };
        let (edge, clip) = self.clip(image, layer, ground, frame, area, sheet)?;
        let Some(clip) = clip else { return Ok(None) };
        let clip_is_edge = clip.len() == 1 && !matches!(image.mask, Some(template::Mask::Asset { .. }));
        Ok(Some(Body {
            nodes: vec![Node::Layer(picture)],
            clip_is_edge,
            solid: brought.opaque && ground.covers(laid.place, ground.pixels(frame)),
            clip,
            edge,
        }))
    }

    /// What cuts a picture off, and the edge of it. No masks at all: nothing of the picture shows.
    fn clip(
        &mut self,
        image: &FilledImage,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        area: Rect,
        sheet: &mut Sheet,
    ) -> Result<(BezPath, Option<Vec<Mask>>), RenderError> {
        let mut edge = forms::rounded(image.clip.unwrap_or(frame), layer.corner_radius);
        let mut masks = Vec::new();
        let shaped = match &image.mask {
            Some(template::Mask::Shape(MaskShape::Ellipse)) => Some(forms::ellipse(frame)),
            Some(template::Mask::Shape(MaskShape::Rounded)) => {
                let round = [frame.width.min(frame.height) / 2.0; 4];
                let radii = if is_square(layer) {
                    round
                } else {
                    layer.corner_radius
                };
                Some(forms::rounded(frame, radii))
            }
            Some(template::Mask::Asset { .. }) | None => None,
        };
        // A shape that fills the frame cuts off all that the frame would.
        let framed = image.clip.filter(|clip| shaped.is_none() || *clip != frame);
        if let Some(clip) = framed
            && !(is_square(layer) && ground.covers(clip, area))
        {
            let Some(mask) = sheet.mask(&layer.name, &edge, ground, area)? else {
                return Ok((edge, None));
            };
            masks.push(mask);
        }
        if let Some(shape) = shaped {
            let Some(mask) = sheet.mask(&layer.name, &shape, ground, area)? else {
                return Ok((edge, None));
            };
            masks.push(mask);
            edge = shape;
        }
        if let Some(template::Mask::Asset { asset, channel }) = &image.mask {
            let bytes = self.supplies.masks.get(asset);
            let bytes = bytes.ok_or_else(|| missing(&layer.name, "the mask"))?;
            let (raster, _) = self.decode(bytes, &layer.name)?;
            let Some(mask) = self.mask(raster, *channel, layer, ground, (frame, area), sheet)? else {
                return Ok((edge, None));
            };
            masks.push(mask);
        }
        Ok((edge, Some(masks)))
    }

    /// A picture, stretched to a frame, as a mask.
    fn mask(
        &mut self,
        raster: Raster,
        channel: MaskChannel,
        layer: &FilledLayer,
        ground: &Ground,
        (frame, area): (Area, Rect),
        sheet: &mut Sheet,
    ) -> Result<Option<Mask>, RenderError> {
        let area = area.intersect(ground.pixels(frame));
        if area.is_empty() {
            return Ok(None);
        }
        let shown = Shown {
            part: whole(raster.size()),
            raster: &Arc::new(raster),
            place: frame,
        };
        let drawn = self.materialise(&shown, &layer.name, ground, area, sheet)?;
        let Some(drawn) = drawn else { return Ok(None) };
        let through = |&[red, green, blue, alpha]: &[u8; 4]| match channel {
            MaskChannel::Alpha => alpha,
            MaskChannel::Luma => {
                let light = filters::lightness([red, green, blue].map(f32::from));
                share_to_byte(light / 255.0 * f32::from(alpha) / 255.0)
            }
        };
        let bytes = drawn.pixels().iter().map(through).collect();
        sheet.admit(&layer.name, area.size().pixels())?;
        let coverage = Coverage::from_bytes(area.size(), bytes);
        Ok(coverage
            .ok()
            .map(|coverage| Mask::new(Arc::new(coverage), (area.x, area.y))))
    }

    /// A picture with its colours changed.
    fn changed(
        &mut self,
        shown: &Shown<'_>,
        image: &FilledImage,
        layer: &FilledLayer,
        ground: &Ground,
        area: Rect,
        sheet: &mut Sheet,
    ) -> Result<Option<Painted>, RenderError> {
        let sigma = image.filter.blur.get() * ground.scale;
        // A blur looks at what lies beyond the part that is seen.
        let wide = Ground {
            area: ground.area.grown(reach(sigma)),
            ..*ground
        };
        let area = area.grown(reach(sigma)).intersect(wide.pixels(shown.place));
        let Some(mut raster) = self.materialise(shown, &layer.name, &wide, area, sheet)? else {
            return Ok(None);
        };
        filters::apply(&mut raster, image, sigma).map_err(|source| RenderError::Picture {
            layer: layer.name.clone(),
            source,
        })?;
        Ok(Some(Painted::new(Paint::Raster {
            art: Arc::new(Art::new(raster)),
            at: (area.x, area.y),
        })))
    }

    /// The pixels of a picture in some pixels of the page.
    fn materialise(
        &mut self,
        shown: &Shown<'_>,
        layer: &str,
        ground: &Ground,
        area: Rect,
        sheet: &mut Sheet,
    ) -> Result<Option<Raster>, RenderError> {
        if area.is_empty() {
            return Ok(None);
        }
        sheet.admit(layer, area.size().pixels().saturating_mul(4))?;
        let corner = ground.cornered(area);
        let Some(node) = self.show(shown, layer, &corner, corner.area, sheet)? else {
            return Ok(None);
        };
        let mut scene = Scene::new(area.size());
        scene.nodes.push(Node::Layer(node));
        draw_scene(&scene, self.painter).map(Some)
    }

    /// A picture where it goes, at least in `area`; `None` when that is nowhere.
    pub(super) fn show(
        &mut self,
        shown: &Shown<'_>,
        layer: &str,
        ground: &Ground,
        area: Rect,
        sheet: &mut Sheet,
    ) -> Result<Option<Painted>, RenderError> {
        if area.is_empty() {
            return Ok(None);
        }
        let cut = cut(shown.raster, shown.part);
        let (raster, part) = match &cut {
            Some((raster, part)) => {
                sheet.admit(layer, raster.cost())?;
                (raster, *part)
            }
            None => (shown.raster, shown.part),
        };
        let place = shown.place;
        let shown = &Shown { raster, part, place };
        let mut painted = match self.scaled(shown, layer, ground, area, sheet)? {
            Some(scaled) => Painted::new(Paint::Raster {
                art: Arc::new(Art::new(scaled)),
                at: (area.x, area.y),
            }),
            None => {
                let to_place = Affine::translate((place.x, place.y))
                    * Affine::scale_non_uniform(place.width / part.width, place.height / part.height)
                    * Affine::translate((-part.x, -part.y));
                // Halved copies for shrinking: a third more.
                sheet.admit(layer, raster.cost() / 3)?;
                Painted::new(Paint::Placed(Placed {
                    art: Arc::new(Art::new(Arc::clone(raster))),
                    map: ground.carry(to_place),
                    filter: Filter::Auto,
                }))
            }
        };
        // A picture that is placed whole ends where it ends.
        let ends_itself = matches!(painted.paint, Paint::Placed(_)) && part == whole(raster.size());
        if !ends_itself && !ground.covers(place, area) {
            let Some(mask) = sheet.mask(layer, &forms::rectangle(place), ground, area)? else {
                return Ok(None);
            };
            painted.masks.push(mask);
        }
        Ok(Some(painted))
    }

    /// Just the pixels of `area`, scaled once and well. `None` for a picture that is turned, or does not
    /// reach to the edges of those pixels.
    fn scaled(
        &mut self,
        shown: &Shown<'_>,
        layer: &str,
        ground: &Ground,
        area: Rect,
        sheet: &mut Sheet,
    ) -> Result<Option<Raster>, RenderError> {
        let Some(place) = ground.upright(shown.place) else {
            return Ok(None);
        };
        let (across, down) = (shown.part.width / place.width, shown.part.height / place.height);
        let crop = Area::new(
            shown.part.x + (f64::from(area.x) - place.x) * across,
            shown.part.y + (f64::from(area.y) - place.y) * down,
            f64::from(area.width) * across,
            f64::from(area.height) * down,
        );
        // A hair's breadth beyond the picture is the picture's own edge.
        let size = shown.raster.size();
        let slack = (across.max(down) / 100.0).min(0.01);
        let within = |from: f64, length: f64, most: u32| {
            let most = f64::from(most);
            let sound = from >= -slack && from + length <= most + slack && length > 0.0;
            let first = from.max(0.0);
            sound.then(|| (first, (from + length).min(most) - first))
        };
        let sides = (
            within(crop.x, crop.width, size.width),
            within(crop.y, crop.height, size.height),
        );
        let (Some((x, width)), Some((y, height))) = sides else {
            return Ok(None);
        };
        sheet.admit(layer, area.size().pixels().saturating_mul(4))?;
        let crop = SourceCrop { x, y, width, height };
        self.watch.left(Room::Plan);
        let scaled = resize_crop(shown.raster, crop, area.size(), Scaling::Automatic);
        self.watch.left(Room::Scale);
        scaled.map(Some).map_err(|source| RenderError::Picture {
            layer: layer.to_owned(),
            source,
        })
    }
}

/// The pixels that hold a part of a picture, and the part as seen from their corner: what was cropped away
/// must not come back along the edges, where scaling mixes neighbours. `None` when that is all of it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "brought into the picture first"
)]
fn cut(raster: &Raster, part: Area) -> Option<(Arc<Raster>, Area)> {
    // Shares such as a third end a rounding beside the pixel that is meant.
    const SLACK: f64 = 1e-6;
    let (width, height) = (f64::from(raster.width()), f64::from(raster.height()));
    let left = (part.x + SLACK).floor().clamp(0.0, width - 1.0);
    let top = (part.y + SLACK).floor().clamp(0.0, height - 1.0);
    let right = (part.right() - SLACK).ceil().clamp(left + 1.0, width);
    let bottom = (part.bottom() - SLACK).ceil().clamp(top + 1.0, height);
    let size = Size::new((right - left) as u32, (bottom - top) as u32);
    if size == raster.size() {
        return None;
    }
    let mut made = Raster::new(size);
    let columns = left as usize * Raster::SAMPLES..right as usize * Raster::SAMPLES;
    for y in 0..size.height {
        made.row_mut(y)
            .copy_from_slice(&raster.row(top as u32 + y)[columns.clone()]);
    }
    let seen = Area::new(part.x - left, part.y - top, part.width, part.height);
    Some((Arc::new(made), seen))
}

/// All of a picture.
pub(super) fn whole(size: Size) -> Area {
    Area::new(0.0, 0.0, size.width.into(), size.height.into())
}

/// What two rectangles have in common; without extent when that is nothing.
pub(super) fn both(one: Area, other: Area) -> Area {
    let (x, y) = (one.x.max(other.x), one.y.max(other.y));
    let width = one.right().min(other.right()) - x;
    let height = one.bottom().min(other.bottom()) - y;
    Area::new(x, y, width.max(0.0), height.max(0.0))
}

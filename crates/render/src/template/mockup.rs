//! Mockups: drawn by the engine that draws PSDs, and placed like a picture.

use std::sync::Arc;

use marquetry_codec::{Scaling, SourceCrop, resize_crop};
use marquetry_model::{Adjustments, Change, LayerId, Placement};
use marquetry_pixel::{Raster, Size};
use marquetry_template::geometry::{Area, Extent, cropped, place};
use marquetry_template::{Art, FilledArt, FilledLayer, FilledMockup, Fit, Focal};

use super::Drawing;
use super::forms;
use super::ground::Ground;
use super::image::{Shown, both, whole};
use super::layers::{Body, is_square};
use super::pictures::missing;
use super::sheet::Sheet;
use super::supplies::MountedMockup;
use super::warning::WarningCode;
use crate::error::RenderError;
use crate::picture::{Order, Room, draw_decoded};

impl Drawing<'_> {
    pub(super) fn mockup(
        &mut self,
        filled: &FilledMockup,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Option<Body>, RenderError> {
        let mounted = self.supplies.mockups.get(&filled.mockup);
        let mounted = mounted.ok_or_else(|| missing(&layer.name, "the mockup"))?;
        let raster = self.draw_mockup(filled, mounted, layer)?;
        let part = whole(raster.size());
        let placed = place(filled.fit, part.extent(), frame.extent(), &Focal::CENTRE);
        let Some(place) = placed else { return Ok(None) };
        let shown = Shown {
            raster: &raster,
            part,
            place,
        };
        let area = ground.pixels(both(frame, place));
        let Some(picture) = self.show(&shown, &layer.name, ground, area, sheet)? else {
            return Ok(None);
        };
        let edge = forms::rounded(frame, layer.corner_radius);
        let nodes = vec![marquetry_compose::Node::Layer(picture)];
        if is_square(layer) && ground.covers(frame, area) {
            return Ok(Some(Body::free(nodes, edge)));
        }
        let Some(clip) = sheet.mask(&layer.name, &edge, ground, area)? else {
            return Ok(None);
        };
        Ok(Some(Body {
            clip: vec![clip],
            clip_is_edge: true,
            ..Body::free(nodes, edge)
        }))
    }

    fn draw_mockup(
        &mut self,
        filled: &FilledMockup,
        mounted: &MountedMockup,
        layer: &FilledLayer,
    ) -> Result<Arc<Raster>, RenderError> {
        let mut changes = Vec::with_capacity(filled.art.len());
        for art in &filled.art {
            let Some(place) = mounted.places.get(&art.smart_object) else {
                let message = format!("the mockup has no smart object {}", art.smart_object);
                self.warnings
                    .add(WarningCode::SmartObjectMissing, &layer.name, message);
                continue;
            };
            let raster = self.art(art, place.frame, layer)?;
            let fit = match art.fit {
                Fit::Cover => marquetry_model::Fit::Cover,
                Fit::Contain => marquetry_model::Fit::Contain,
                // What fills from the top was cut to the frame's shape.
                Fit::Fill | Fit::TopFill => marquetry_model::Fit::Fill,
            };
            let change = Change {
                slot: LayerId::from_bytes(art.smart_object.into_bytes()),
                addresses: place.instances.clone(),
                asset: None,
                placement: Placement {
                    fit,
                    ..Placement::default()
                },
                colour: None,
                adjustments: Adjustments::default(),
            };
            changes.push((change, raster));
        }
        self.watch.left(Room::Plan);
        let decoded = changes
            .iter()
            .map(|(change, raster)| (change, Some(raster.clone())))
            .collect();
        let order = Order::default();
        let (canvas, undrawn) = draw_decoded(&mounted.mockup, &order, decoded, self.painter, self.watch)?;
        for lack in undrawn {
            self.warnings
                .add(WarningCode::MockupIncomplete, &layer.name, lack.to_string());
        }
        Ok(canvas.raster)
    }

    /// The picture for a smart object of this frame.
    fn art(&mut self, art: &FilledArt, frame: Size, layer: &FilledLayer) -> Result<Raster, RenderError> {
        let (raster, part) = match &art.art {
            Art::Page(page) => {
                let raster = self.page(*page)?;
                let part = whole(raster.size());
                (raster, part)
            }
            Art::Picture(picture, crop) => {
                let brought = self.picture(picture, &layer.name)?;
                let size = brought.raster.size();
                let extent = Extent::new(size.width.into(), size.height.into());
                (Arc::clone(&brought.raster), cropped(extent, crop.as_ref()))
            }
        };
        let part = if art.fit == Fit::TopFill {
            from_top(part, frame)
        } else {
            part
        };
        if part == whole(raster.size()) {
            return Ok(Raster::clone(&raster));
        }
        let side = |length: f64| whole_pixels(length).max(1);
        let crop = SourceCrop {
            x: part.x,
            y: part.y,
            width: part.width,
            height: part.height,
        };
        let size = Size::new(side(part.width), side(part.height));
        resize_crop(&raster, crop, size, Scaling::Automatic).map_err(|source| RenderError::Picture {
            layer: layer.name.clone(),
            source,
        })
    }
}

/// The part of `part` that has the shape of a frame, from its top edge.
fn from_top(part: Area, frame: Size) -> Area {
    let frame = Extent::new(frame.width.into(), frame.height.into());
    let Some(placed) = place(Fit::TopFill, part.extent(), frame, &Focal::CENTRE) else {
        return part;
    };
    let times = part.width / placed.width;
    Area::new(
        part.x - placed.x * times,
        part.y,
        frame.width * times,
        frame.height * times,
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a picture is no longer than one"
)]
fn whole_pixels(length: f64) -> u32 {
    length.round() as u32
}

//! What each layer needs and refers to.

use std::collections::BTreeSet;

use super::{Catalogue, Checking, Place};
use crate::problem::{Path, hint, quoted};
use crate::units::Id;
use crate::{Cropping, Fill, ImageLayer, Kind, Layer, Mask, ShapeLayer, SmartObjectLayer, TextLayer};

impl<'c, C: Catalogue> Checking<'c, C> {
    pub(super) fn layers(
        &mut self,
        layers: &'c [Layer],
        path: &Path<'_>,
        ids: &mut BTreeSet<&'c Id>,
        place: Place,
    ) {
        for (index, layer) in layers.iter().enumerate() {
            let path = path.item(index);
            self.unique(ids, &layer.common.id, &path.member("id"));
            self.common(layer, &path);
            match &layer.kind {
                Kind::Text(text) => self.text(text, &path),
                Kind::Image(image) => self.image(image, &path, place),
                Kind::Shape(shape) => self.shape(shape, &path),
                Kind::Qr(qr) => {
                    self.colour(Some(&qr.colour), &path.member("color"));
                    self.colour(Some(&qr.background), &path.member("background"));
                }
                Kind::Group(group) => self.layers(&group.layers, &path.member("layers"), ids, place),
                Kind::Repeat(repeat) => {
                    self.repeat(repeat, &path);
                    self.layers(&repeat.item, &path.member("item"), ids, Place::Item);
                }
                Kind::SmartObject(mockup) => self.mockup(mockup, layer, &path),
            }
        }
    }

    fn common(&mut self, layer: &Layer, path: &Path<'_>) {
        let common = &layer.common;
        if common.required && common.field.is_none() {
            self.complain(
                &path.member("required"),
                "needs an \"api_field_name\": without one nobody can give a value",
            );
        }
        if let Some(shadow) = &common.shadow {
            self.colour(Some(&shadow.colour), &path.member("shadow").member("color"));
        }
        if let Some(stroke) = &common.stroke {
            self.colour(Some(&stroke.colour), &path.member("stroke").member("color"));
        }
    }

    fn text(&mut self, text: &TextLayer, path: &Path<'_>) {
        self.colour(Some(&text.colour), &path.member("color"));
        if let Some(stroke) = &text.text_stroke {
            self.colour(Some(&stroke.colour), &path.member("text_stroke").member("color"));
        }
        if let Some(text_box) = &text.text_box {
            self.colour(Some(&text_box.colour), &path.member("box").member("color"));
        }
        let (own, family) = (&self.template.fonts, &text.font.family);
        if !own.iter().any(|font| font.family == *family) && !self.catalogue.has_family(family) {
            let hint = hint(family.as_str(), own.iter().map(|font| font.family.as_str()));
            let message = format!("there is no font family {}{hint}", quoted(family.as_str()));
            self.complain(&path.member("font").member("family"), message);
        }
        let largest = text.fit.max_size.unwrap_or(text.font.size);
        if let Some(smallest) = text.fit.min_size
            && smallest > largest
        {
            let (smallest, largest) = (smallest.get(), largest.get());
            self.complain(
                &path.member("fit").member("min_size"),
                format!("is {smallest}, more than the largest size {largest}"),
            );
        }
    }

    fn image(&mut self, image: &ImageLayer, path: &Path<'_>, place: Place) {
        self.source(image.source.as_ref(), &path.member("source"));
        self.colour(image.tint.as_ref(), &path.member("tint"));
        if let Some(Mask::Asset { asset, .. }) = &image.mask
            && !self.catalogue.has_picture(asset)
        {
            let message = format!("there is no picture {}", quoted(asset.as_str()));
            self.complain(&path.member("mask").member("asset"), message);
        }
        if image.cropping == Cropping::Box && image.crop_box.is_none() {
            self.complain(path, "lacks \"crop_box\", which \"cropping\": \"box\" needs");
        }
        let Some(face) = &image.face else { return };
        let path = path.member("face");
        if place == Place::Item {
            self.complain(
                &path,
                "cannot stand in the item of a repeat: faces in a team are not placed",
            );
        }
        let target = face.target.area();
        if target.height <= 0.0 {
            self.complain(&path.member("target").member("height"), "must be more than 0");
        }
        let centre = target.y + target.height / 2.0;
        if let Some(line) = face.max_content_y
            && line.get() >= centre
        {
            let line = line.get();
            self.complain(
                &path.member("max_content_y"),
                format!("is {line}, which must be above the middle of the target, {centre}"),
            );
        }
    }

    fn shape(&mut self, shape: &ShapeLayer, path: &Path<'_>) {
        let path = path.member("fill");
        match &shape.fill {
            None => {}
            Some(Fill::Colour(colour)) => self.colour(Some(colour), &path),
            Some(Fill::Gradient(gradient)) => {
                let path = path.member("stops");
                let mut before = 0.0;
                for (index, stop) in gradient.stops.iter().enumerate() {
                    let path = path.item(index);
                    self.colour(Some(&stop.colour), &path.member("color"));
                    let at = stop.at.get();
                    if at < before {
                        let message = format!("is {at}, before the stop before it, {before}");
                        self.complain(&path.member("at"), message);
                    }
                    before = at;
                }
            }
        }
    }

    fn mockup(&mut self, mockup: &SmartObjectLayer, layer: &Layer, path: &Path<'_>) {
        let known = self.catalogue.has_mockup(mockup.mockup);
        if !known {
            let message = format!("there is no mockup {}", mockup.mockup);
            self.complain(&path.member("mockup_id"), message);
        }
        let slots = path.member("slots");
        if layer.common.field.is_some() {
            match &mockup.slots[..] {
                [slot] if slot.field.is_none() && slot.page.is_none() => {}
                _ => self.complain(
                    &path.member("api_field_name"),
                    "needs exactly one slot, without a field or page of its own; name fields in \"slots\" instead",
                ),
            }
        }
        let mut seen = BTreeSet::new();
        for (index, slot) in mockup.slots.iter().enumerate() {
            let path = slots.item(index);
            if !seen.insert(slot.smart_object) {
                self.complain(&path.member("uuid"), "is the smart object of another slot too");
            }
            if known && !self.catalogue.has_smart_object(mockup.mockup, slot.smart_object) {
                let message = format!("the mockup has no smart object {}", slot.smart_object);
                self.complain(&path.member("uuid"), message);
            }
            self.source(slot.source.as_ref(), &path.member("source"));
            let Some(page) = &slot.page else { continue };
            if slot.field.is_some() || slot.source.is_some() {
                self.complain(
                    &path,
                    "has \"layers\" beside \"api_field_name\" or \"source\": one thing can lie in it",
                );
            }
            let pages = &self.template.pages;
            if !pages.iter().any(|known| known.id == *page) {
                let hint = hint(page.as_str(), pages.iter().map(|page| page.id.as_str()));
                let message = format!("there is no page {}{hint}", quoted(page.as_str()));
                self.complain(&path.member("layers"), message);
            }
        }
    }
}

//! Where the picture of an image layer goes, once its size is known: crop, face and fit together.

use crate::FilledImage;
use crate::geometry::{Area, Extent, cropped, place, place_content, place_face};
use crate::{FacePlacement, Fit};

/// What is known of a picture that was brought. All in its own pixels, after it was turned upright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Its size.
    pub size: Extent,
    /// The box around what is not transparent, when its background was taken away.
    pub content: Option<Area>,
    /// The box around the face in it, when one was looked for and found.
    pub face: Option<Area>,
}

/// Where a picture goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaidPicture {
    /// The part of the picture that is drawn, in its pixels.
    pub part: Area,
    /// Where that part goes, from the top left corner of the layer's frame. [`FilledImage::clip`] cuts it.
    pub place: Area,
    /// Whether a face was to be placed and there was none to place: whoever asked should hear of it.
    pub face_missed: bool,
}

impl FilledImage {
    /// Where the picture goes in a layer with this `frame`, which is [`FilledLayer::frame`](crate::FilledLayer).
    ///
    /// `None` when the frame, the picture or what shows of it has no area.
    pub fn lay(&self, frame: Area, seen: &Seen) -> Option<LaidPicture> {
        let part = cropped(seen.size, self.crop.as_ref());
        let faced = self
            .face
            .as_ref()
            .map(|placement| by_face(placement, part, frame, seen));
        if let Some(Some(place)) = faced {
            return Some(LaidPicture {
                part,
                place,
                face_missed: false,
            });
        }
        let fit = self
            .face
            .as_ref()
            .map_or(self.fit, |placement| placement.fallback);
        let place = match seen.content {
            Some(content) if fit == Fit::TopFill => {
                let content = within(content, part);
                place_content(fit, part.extent(), content, frame.extent(), &self.focal)
            }
            _ => place(fit, part.extent(), frame.extent(), &self.focal),
        };
        place.map(|place| LaidPicture {
            part,
            place,
            face_missed: faced.is_some(),
        })
    }
}

/// Where the used part goes by its face, from the frame's corner.
fn by_face(placement: &FacePlacement, part: Area, frame: Area, seen: &Seen) -> Option<Area> {
    let top = seen.content.map_or(part.y, |content| content.y.max(part.y));
    let whole = place_face(placement, seen.size, seen.face?, top)?;
    let scale = whole.height / seen.size.height;
    Some(Area {
        x: whole.x + part.x * scale - frame.x,
        y: whole.y + part.y * scale - frame.y,
        width: part.width * scale,
        height: part.height * scale,
    })
}

/// What of `content` lies in `part`, from the part's corner; all of the part, when nothing does.
fn within(content: Area, part: Area) -> Area {
    let (left, top) = (content.x.max(part.x), content.y.max(part.y));
    let (width, height) = (
        content.right().min(part.right()) - left,
        content.bottom().min(part.bottom()) - top,
    );
    if width > 0.0 && height > 0.0 {
        Area::new(left - part.x, top - part.y, width, height)
    } else {
        Area::new(0.0, 0.0, part.width, part.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AssetId, Coordinate, Crop, CropForm, Filter, Focal, FrameBox, Length, Picture, Share, Source,
    };

    const FRAME: Area = Area::new(50.0, 80.0, 100.0, 100.0);

    fn image(fit: Fit) -> FilledImage {
        FilledImage {
            picture: Picture::plain(Source::Asset(AssetId::new("a").unwrap())),
            fit,
            focal: Focal::CENTRE,
            crop: None,
            clip: None,
            face: None,
            mask: None,
            filter: Filter::NONE,
            tint: None,
        }
    }

    fn seen(width: f64, height: f64) -> Seen {
        Seen {
            size: Extent::new(width, height),
            content: None,
            face: None,
        }
    }

    fn face() -> FacePlacement {
        let (at, long) = (|n| Coordinate::new(n).unwrap(), |n| Length::new(n).unwrap());
        FacePlacement {
            target: FrameBox {
                x: at(80.0),
                y: at(100.0),
                width: long(40.0),
                height: long(40.0),
            },
            max_content_y: Some(at(90.0)),
            fallback: Fit::Contain,
        }
    }

    #[test]
    fn the_crop_is_fitted_and_not_the_picture() {
        let share = |number| Share::new(number).unwrap();
        let crop = CropForm {
            x: share(0.5),
            y: share(0.0),
            width: share(0.5),
            height: share(1.0),
        };
        let image = FilledImage {
            crop: Crop::new(crop),
            ..image(Fit::Cover)
        };
        let laid = image.lay(FRAME, &seen(400.0, 400.0)).unwrap();
        assert_eq!(laid.part, Area::new(200.0, 0.0, 200.0, 400.0));
        assert_eq!(laid.place, Area::new(0.0, -50.0, 100.0, 200.0));
        assert!(!laid.face_missed);
    }

    #[test]
    fn a_cut_out_fills_from_the_top_by_what_shows_of_it() {
        let cut_out = Seen {
            content: Some(Area::new(100.0, 50.0, 100.0, 250.0)),
            ..seen(300.0, 300.0)
        };
        let top = image(Fit::TopFill).lay(FRAME, &cut_out).unwrap();
        assert_eq!(top.place, Area::new(-100.0, -50.0, 300.0, 300.0));
        // The other fits go by the picture's own edges.
        let cover = image(Fit::Cover).lay(FRAME, &cut_out).unwrap();
        assert_eq!(cover.place, Area::new(0.0, 0.0, 100.0, 100.0));
    }

    #[test]
    fn a_face_is_placed_from_the_corner_of_the_frame() {
        let image = FilledImage {
            face: Some(face()),
            ..image(Fit::Cover)
        };
        let found = Seen {
            face: Some(Area::new(80.0, 60.0, 40.0, 40.0)),
            content: Some(Area::new(0.0, 50.0, 200.0, 150.0)),
            ..seen(200.0, 200.0)
        };
        // As large as it is: the face's middle, (100, 80), lies at (100, 120), row 50 on the line 90.
        let laid = image.lay(FRAME, &found).unwrap();
        assert_eq!(laid.place, Area::new(-50.0, -40.0, 200.0, 200.0));
        assert!(!laid.face_missed);
    }

    #[test]
    fn without_a_face_the_fallback_fits_and_that_is_told() {
        let image = FilledImage {
            face: Some(face()),
            ..image(Fit::Cover)
        };
        let laid = image.lay(FRAME, &seen(200.0, 100.0)).unwrap();
        assert_eq!(laid.place, Area::new(0.0, 25.0, 100.0, 50.0));
        assert!(laid.face_missed);
    }

    #[test]
    fn nothing_is_laid_nowhere() {
        assert_eq!(image(Fit::Cover).lay(FRAME, &seen(0.0, 9.0)), None);
        assert_eq!(image(Fit::Cover).lay(Area::default(), &seen(9.0, 9.0)), None);
    }
}

//! How a picture fills a frame: the table of fits, crops and what cuts it off.

use super::{Area, Extent};
use crate::{Crop, Cropping, Fit, Focal};

/// The part of a picture that is used, in its pixels; all of it without a crop.
///
/// `picture` is its size after it was turned upright.
pub fn cropped(picture: Extent, crop: Option<&Crop>) -> Area {
    let shares = crop.map_or(Area::new(0.0, 0.0, 1.0, 1.0), Crop::get);
    let (x, y) = (shares.x * picture.width, shares.y * picture.height);
    // A crop to the edge ends at the edge, whatever the shares were rounded to.
    Area {
        x,
        y,
        width: (shares.width * picture.width).min(picture.width - x),
        height: (shares.height * picture.height).min(picture.height - y),
    }
}

/// Where a picture of the size `picture` (upright and cropped) goes, from the frame's top left corner.
///
/// `None` when either has no area. Follows `object-fit` and `object-position` of CSS Images Level 3 for
/// `cover`, `contain` and `fill`; `top_fill` covers, centred from left to right, top edge on top edge.
///
/// ```
/// use marquetry_template::{Fit, Focal};
/// use marquetry_template::geometry::{Area, Extent, place};
///
/// let placed = place(Fit::Contain, Extent::new(400.0, 200.0), Extent::new(100.0, 100.0), &Focal::CENTRE);
/// assert_eq!(placed, Some(Area::new(0.0, 25.0, 100.0, 50.0)));
/// ```
pub fn place(fit: Fit, picture: Extent, frame: Extent, focal: &Focal) -> Option<Area> {
    if picture.is_nothing() || frame.is_nothing() {
        return None;
    }
    let across = frame.width / picture.width;
    let down = frame.height / picture.height;
    let (scale, x, y) = match fit {
        Fit::Fill => return Some(Area::new(0.0, 0.0, frame.width, frame.height)),
        Fit::Cover => (across.max(down), focal.x.get(), focal.y.get()),
        Fit::Contain => (across.min(down), focal.x.get(), focal.y.get()),
        Fit::TopFill => (across.max(down), 0.5, 0.0),
    };
    // The side that decides the scale is the frame's own, exactly, and not a product that nearly is.
    let width = if scale == across {
        frame.width
    } else {
        picture.width * scale
    };
    let height = if scale == down {
        frame.height
    } else {
        picture.height * scale
    };
    Some(Area {
        x: (frame.width - width) * x,
        y: (frame.height - height) * y,
        width,
        height,
    })
}

/// Where a whole picture goes so that its visible part, `content` in its pixels, fills the frame: for a
/// cut-out with `top_fill`, whose own edges nobody sees.
///
/// `None` when one of the three has no area.
pub fn place_content(fit: Fit, picture: Extent, content: Area, frame: Extent, focal: &Focal) -> Option<Area> {
    if picture.is_nothing() {
        return None;
    }
    let placed = place(fit, content.extent(), frame, focal)?;
    let (across, down) = (placed.width / content.width, placed.height / content.height);
    Some(Area {
        x: placed.x - content.x * across,
        y: placed.y - content.y * down,
        width: picture.width * across,
        height: picture.height * down,
    })
}

/// What cuts a picture off, in the coordinates of `frame` and `crop_box`; `None` when nothing does.
pub fn clip(cropping: Cropping, frame: Area, crop_box: Option<Area>) -> Option<Area> {
    match cropping {
        Cropping::Frame => Some(frame),
        Cropping::None => None,
        Cropping::Box => Some(crop_box.unwrap_or(frame)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CropForm, Share};

    fn at(x: f64, y: f64) -> Focal {
        Focal {
            x: Share::new(x).unwrap(),
            y: Share::new(y).unwrap(),
        }
    }

    const WIDE: Extent = Extent::new(400.0, 200.0);
    const TALL: Extent = Extent::new(200.0, 400.0);
    const FRAME: Extent = Extent::new(100.0, 100.0);

    fn placed(fit: Fit, picture: Extent, focal: &Focal) -> (f64, f64, f64, f64) {
        let area = place(fit, picture, FRAME, focal).unwrap();
        (area.x, area.y, area.width, area.height)
    }

    #[test]
    fn cover_scales_by_the_larger_side_and_parts_the_overflow_by_the_focal_point() {
        assert_eq!(
            placed(Fit::Cover, WIDE, &Focal::CENTRE),
            (-50.0, 0.0, 200.0, 100.0)
        );
        assert_eq!(placed(Fit::Cover, WIDE, &at(0.0, 0.9)), (0.0, 0.0, 200.0, 100.0));
        assert_eq!(
            placed(Fit::Cover, WIDE, &at(1.0, 0.0)),
            (-100.0, 0.0, 200.0, 100.0)
        );
        assert_eq!(
            placed(Fit::Cover, TALL, &at(0.3, 0.25)),
            (0.0, -25.0, 100.0, 200.0)
        );
    }

    #[test]
    fn contain_scales_by_the_smaller_side_and_parts_the_slack_by_the_focal_point() {
        assert_eq!(
            placed(Fit::Contain, WIDE, &Focal::CENTRE),
            (0.0, 25.0, 100.0, 50.0)
        );
        assert_eq!(
            placed(Fit::Contain, WIDE, &at(0.0, 1.0)),
            (0.0, 50.0, 100.0, 50.0)
        );
        assert_eq!(placed(Fit::Contain, TALL, &at(0.0, 1.0)), (0.0, 0.0, 50.0, 100.0));
    }

    #[test]
    fn fill_is_the_frame_whatever_the_picture() {
        for picture in [WIDE, TALL] {
            assert_eq!(
                placed(Fit::Fill, picture, &at(1.0, 0.0)),
                (0.0, 0.0, 100.0, 100.0)
            );
        }
    }

    #[test]
    fn top_fill_covers_from_the_top_and_heeds_no_focal_point() {
        assert_eq!(
            placed(Fit::TopFill, TALL, &at(0.0, 1.0)),
            (0.0, 0.0, 100.0, 200.0)
        );
        assert_eq!(
            placed(Fit::TopFill, WIDE, &at(0.0, 1.0)),
            (-50.0, 0.0, 200.0, 100.0)
        );
    }

    #[test]
    fn top_fill_of_a_cut_out_puts_the_head_at_the_top() {
        // 100 opaque pixels in the middle of 300, from row 50 on.
        let content = Area::new(100.0, 50.0, 100.0, 250.0);
        let picture = Extent::new(300.0, 300.0);
        let area = place_content(Fit::TopFill, picture, content, FRAME, &Focal::CENTRE).unwrap();
        assert_eq!(area, Area::new(-100.0, -50.0, 300.0, 300.0));
    }

    #[test]
    fn nothing_goes_nowhere() {
        let wrong = [
            Extent::new(0.0, 5.0),
            Extent::new(5.0, 0.0),
            Extent::new(f64::NAN, 5.0),
            Extent::new(f64::INFINITY, 5.0),
        ];
        for wrong in wrong {
            for fit in Fit::ALL {
                assert_eq!(place(*fit, wrong, FRAME, &Focal::CENTRE), None);
                assert_eq!(place(*fit, WIDE, wrong, &Focal::CENTRE), None);
            }
        }
    }

    #[test]
    fn a_crop_is_a_part_of_the_picture() {
        let share = |number| Share::new(number).unwrap();
        let crop = |x, y, width, height| {
            Crop::new(CropForm {
                x: share(x),
                y: share(y),
                width: share(width),
                height: share(height),
            })
        };
        assert_eq!(cropped(WIDE, None), Area::new(0.0, 0.0, 400.0, 200.0));
        let part = crop(0.25, 0.5, 0.75, 0.5).unwrap();
        assert_eq!(cropped(WIDE, Some(&part)), Area::new(100.0, 100.0, 300.0, 100.0));
        assert_eq!(crop(0.5, 0.0, 0.6, 1.0), None);
        assert_eq!(crop(0.5, 0.0, 0.0, 1.0), None);
    }

    #[test]
    fn the_cropping_says_what_cuts() {
        let (frame, other) = (Area::new(1.0, 2.0, 3.0, 4.0), Area::new(0.0, 0.0, 9.0, 9.0));
        assert_eq!(clip(Cropping::Frame, frame, Some(other)), Some(frame));
        assert_eq!(clip(Cropping::None, frame, Some(other)), None);
        assert_eq!(clip(Cropping::Box, frame, Some(other)), Some(other));
    }
}

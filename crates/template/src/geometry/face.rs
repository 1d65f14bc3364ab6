//! Where a picture goes so that the face in it lies where the template wants it.

use super::{Area, Extent};
use crate::FacePlacement;

/// Where a whole picture goes, in the coordinates of `placement`'s target.
///
/// `face` is the face's box and `content_top` the first row with something to see, both in pixels of the
/// picture: the top edge, 0, unless it is a cut-out. The face becomes as high as the target and lies
/// centre on centre; when something would then lie above `max_content_y`, the picture is made smaller
/// about the middle of the face, just so far that nothing does.
///
/// `None` when the picture or the face has no area, or what lies above the line cannot be brought below it.
pub fn place_face(placement: &FacePlacement, picture: Extent, face: Area, content_top: f64) -> Option<Area> {
    let target = placement.target.area();
    if picture.is_nothing() || face.extent().is_nothing() {
        return None;
    }
    let (across, down) = (face.x + face.width / 2.0, face.y + face.height / 2.0);
    let (x, y) = (target.x + target.width / 2.0, target.y + target.height / 2.0);
    let mut scale = target.height / face.height;
    let above = down - content_top;
    if let Some(line) = placement.max_content_y
        && above > 0.0
    {
        scale = scale.min((y - line.get()) / above);
    }
    if !(scale > 0.0 && scale.is_finite()) {
        return None;
    }
    Some(Area {
        x: x - across * scale,
        y: y - down * scale,
        width: picture.width * scale,
        height: picture.height * scale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coordinate, Fit, FrameBox, Length};

    fn placement(line: Option<f64>) -> FacePlacement {
        let (at, long) = (|n| Coordinate::new(n).unwrap(), |n| Length::new(n).unwrap());
        FacePlacement {
            target: FrameBox {
                x: at(900.0),
                y: at(420.0),
                width: long(600.0),
                height: long(720.0),
            },
            max_content_y: line.map(at),
            fallback: Fit::TopFill,
        }
    }

    const PICTURE: Extent = Extent::new(1000.0, 1500.0);
    const FACE: Area = Area::new(400.0, 300.0, 200.0, 240.0);

    #[test]
    fn the_face_becomes_as_high_as_the_target_and_lies_in_its_middle() {
        let placed = place_face(&placement(None), PICTURE, FACE, 0.0).unwrap();
        // Three times as large; the middle of the face, (500, 420), lies at (1200, 780).
        assert_eq!(placed, Area::new(-300.0, -480.0, 3000.0, 4500.0));
    }

    #[test]
    fn hair_above_the_line_makes_the_picture_smaller_and_no_smaller_than_needed() {
        // Twice as large brings row 120, 300 above the middle of the face, to 780 - 600 = 180.
        let placed = place_face(&placement(Some(180.0)), PICTURE, FACE, 120.0).unwrap();
        assert_eq!(placed.width, 2000.0);
        assert_eq!(placed.y + 120.0 * 2.0, 180.0);
        assert_eq!((placed.x + 1000.0, placed.y + 840.0), (1200.0, 780.0));
    }

    #[test]
    fn a_line_that_nothing_reaches_changes_nothing() {
        let free = place_face(&placement(None), PICTURE, FACE, 290.0);
        assert_eq!(place_face(&placement(Some(180.0)), PICTURE, FACE, 290.0), free);
    }

    #[test]
    fn what_cannot_be_placed_is_told() {
        assert_eq!(place_face(&placement(None), PICTURE, Area::default(), 0.0), None);
        assert_eq!(place_face(&placement(Some(780.0)), PICTURE, FACE, 0.0), None);
    }
}

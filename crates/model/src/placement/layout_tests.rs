//! The geometry of placing, one rule a test, and the laws of tiling.

use proptest::prelude::*;

use super::*;
use crate::Within;
use crate::placement::{BoxSize, Rotation, Tile};

const FRAME: Size = Size::new(100, 200);

fn area(left: f64, top: f64, width: f64, height: f64) -> Area {
    Area {
        left,
        top,
        width,
        height,
    }
}

fn fitted(fit: Fit) -> Placement {
    Placement {
        fit,
        ..Placement::default()
    }
}

fn boxed(fit: Fit, width: u32, height: u32) -> Placement {
    Placement {
        size: Some(BoxSize::new(Some(width), Some(height)).unwrap()),
        ..fitted(fit)
    }
}

#[test]
fn fill_stretches_to_the_whole_frame() {
    let laid = lay_out(Size::new(7, 3), FRAME, &fitted(Fit::Fill));
    assert_eq!(laid.first.picture, area(0.0, 0.0, 100.0, 200.0));
    assert_eq!((laid.period, laid.moved_to), (None, None));
}

#[test]
fn contain_stays_inside_and_is_centred() {
    let laid = lay_out(Size::new(400, 200), FRAME, &fitted(Fit::Contain));
    assert_eq!(laid.first.picture, area(0.0, 75.0, 100.0, 50.0));
    assert_eq!(laid.first.clip, area(0.0, 0.0, 100.0, 200.0));
}

#[test]
fn cover_hangs_over_and_is_centred() {
    let laid = lay_out(Size::new(400, 200), FRAME, &fitted(Fit::Cover));
    assert_eq!(laid.first.picture, area(-150.0, 0.0, 400.0, 200.0));
    assert_eq!(laid.first.clip, area(0.0, 0.0, 100.0, 200.0));
}

#[test]
fn a_size_without_position_is_centred() {
    let laid = lay_out(Size::new(10, 10), FRAME, &boxed(Fit::Fill, 50, 80));
    assert_eq!(laid.first.picture, area(25.0, 60.0, 50.0, 80.0));
}

#[test]
fn a_size_with_position_starts_there() {
    let position = Some(Position { top: -5, left: 90 });
    let laid = lay_out(
        Size::new(10, 10),
        FRAME,
        &Placement {
            position,
            ..boxed(Fit::Fill, 50, 80)
        },
    );
    assert_eq!(laid.first.picture, area(90.0, -5.0, 50.0, 80.0));
    assert_eq!(laid.moved_to, None);
}

#[test]
fn a_missing_side_is_the_frames() {
    let size = Some(BoxSize::new(Some(50), None).unwrap());
    let laid = lay_out(
        Size::new(10, 10),
        FRAME,
        &Placement {
            size,
            ..fitted(Fit::Fill)
        },
    );
    assert_eq!(laid.first.picture, area(25.0, 0.0, 50.0, 200.0));
}

#[test]
fn a_position_without_size_moves_the_smart_object() {
    let position = Some(Position { top: 7, left: 9 });
    let laid = lay_out(
        Size::new(10, 10),
        FRAME,
        &Placement {
            position,
            ..fitted(Fit::Fill)
        },
    );
    assert_eq!(laid.first.picture, area(0.0, 0.0, 100.0, 200.0));
    assert_eq!(laid.moved_to, position);
}

#[test]
fn turning_comes_before_fitting() {
    let rotation = Rotation::new("rotate", -90.0).unwrap();
    let laid = lay_out(
        Size::new(400, 200),
        FRAME,
        &Placement {
            rotation,
            ..fitted(Fit::Contain)
        },
    );
    // 400x200 turned is 200x400, which has the frame's shape exactly.
    assert_eq!(laid.first.picture, area(0.0, 0.0, 100.0, 200.0));
}

#[test]
fn quarter_turns_are_exact() {
    let size = Size::new(401, 203);
    for (degrees, expected) in [
        (0.0, (401.0, 203.0)),
        (90.0, (203.0, 401.0)),
        (180.0, (401.0, 203.0)),
        (-270.0, (203.0, 401.0)),
        (360.0, (401.0, 203.0)),
    ] {
        assert_eq!(turned(size, degrees), expected, "{degrees}");
    }
}

#[test]
fn fit_acts_inside_the_box_and_the_box_cuts() {
    let laid = lay_out(Size::new(100, 100), FRAME, &boxed(Fit::Cover, 20, 40));
    assert_eq!(laid.first.clip, area(40.0, 80.0, 20.0, 40.0));
    assert_eq!(laid.first.picture, area(30.0, 80.0, 40.0, 40.0));
}

fn tiled(width: u32, height: u32, spacing: i32, position: Option<Position>) -> Placement {
    let tile = Some(Tile {
        spacing: Within::clamped(spacing),
    });
    Placement {
        tile,
        position,
        ..boxed(Fit::Fill, width, height)
    }
}

#[test]
fn the_gap_is_a_part_of_the_tile_on_each_axis() {
    let laid = lay_out(Size::new(10, 10), FRAME, &tiled(40, 20, 25, None));
    assert_eq!(laid.period, Some((50.0, 25.0)));
}

#[test]
fn the_grid_grows_from_its_first_tile_in_all_directions() {
    let frame = Size::new(100, 100);
    let start = Some(Position { top: 30, left: 30 });
    let laid = lay_out(Size::new(10, 10), frame, &tiled(50, 50, 0, start));
    let lefts: Vec<f64> = laid.spots(frame).map(|spot| spot.clip.left).collect();
    assert_eq!(lefts, [-20.0, 30.0, 80.0, -20.0, 30.0, 80.0, -20.0, 30.0, 80.0]);
    assert_eq!(laid.count(frame), 9);
}

#[test]
fn without_position_one_tile_is_centred() {
    let frame = Size::new(100, 100);
    let laid = lay_out(Size::new(10, 10), frame, &tiled(60, 60, 0, None));
    assert_eq!(laid.first.clip, area(20.0, 20.0, 60.0, 60.0));
    assert_eq!(laid.count(frame), 9);
}

#[test]
fn a_box_outside_the_frame_shows_nothing() {
    let away = Some(Position { top: 0, left: 100 });
    let laid = lay_out(
        Size::new(9, 9),
        FRAME,
        &Placement {
            position: away,
            ..boxed(Fit::Fill, 5, 5)
        },
    );
    assert_eq!(laid.spots(FRAME).count(), 0);
}

#[test]
fn empty_pictures_and_frames_give_empty_areas() {
    for fit in [Fit::Fill, Fit::Contain, Fit::Cover] {
        let laid = lay_out(Size::new(0, 0), FRAME, &fitted(fit));
        assert!(laid.first.picture.width.is_finite());
        let laid = lay_out(Size::new(5, 5), Size::new(0, 0), &fitted(fit));
        assert_eq!(laid.count(Size::new(0, 0)), 0);
    }
}

fn any_fit() -> impl Strategy<Value = Fit> {
    prop_oneof![Just(Fit::Fill), Just(Fit::Contain), Just(Fit::Cover)]
}

proptest! {
    #[test]
    fn contain_is_inside_and_cover_is_around(
        art in (1u32..5000, 1u32..5000), frame in (1u32..5000, 1u32..5000), degrees in -360f64..360.0,
    ) {
        let (art, frame) = (Size::new(art.0, art.1), Size::new(frame.0, frame.1));
        let rotation = Rotation::new("rotate", degrees).unwrap();
        let inside = lay_out(art, frame, &Placement { rotation, ..fitted(Fit::Contain) }).first.picture;
        let around = lay_out(art, frame, &Placement { rotation, ..fitted(Fit::Cover) }).first.picture;
        let (width, height) = (f64::from(frame.width), f64::from(frame.height));
        prop_assert!(inside.width <= width + 1e-6 && inside.height <= height + 1e-6);
        prop_assert!(around.width >= width - 1e-6 && around.height >= height - 1e-6);
        let (across, down) = turned(art, degrees);
        let ratio = across / down;
        for picture in [inside, around] {
            prop_assert!((picture.width / picture.height / ratio - 1.0).abs() < 1e-9);
            prop_assert!((picture.left + picture.width / 2.0 - width / 2.0).abs() < 1e-6);
            prop_assert!((picture.top + picture.height / 2.0 - height / 2.0).abs() < 1e-6);
        }
    }

    #[test]
    fn tiles_are_exactly_those_that_meet_the_frame(
        tile in (1u32..40, 1u32..40), spacing in 0i32..=100,
        at in prop::option::of((-90i32..90, -90i32..90)),
        frame in (1u32..60, 1u32..60), fit in any_fit(),
    ) {
        let frame = Size::new(frame.0, frame.1);
        let position = at.map(|(top, left)| Position { top, left });
        let placement = Placement { fit, ..tiled(tile.0, tile.1, spacing, position) };
        let laid = lay_out(Size::new(3, 2), frame, &placement);
        let whole = area(0.0, 0.0, frame.width.into(), frame.height.into());
        let spots: Vec<Spot> = laid.spots(frame).collect();
        prop_assert!(spots.iter().all(|spot| spot.clip.meets(&whole)));
        // A point of each pixel is in a tile exactly when the rule says so.
        let (across, down) = laid.period.unwrap();
        let first = laid.first.clip;
        for y in 0..frame.height {
            for x in 0..frame.width {
                // Odd fractions, so that no sample lies on the very edge of a tile.
                let (cx, cy) = (f64::from(x) + 0.314_159, f64::from(y) + 0.271_828);
                let expected = (cx - first.left).rem_euclid(across) < first.width - 1e-9
                    && (cy - first.top).rem_euclid(down) < first.height - 1e-9;
                let point = area(cx, cy, 1e-12, 1e-12);
                let found = spots.iter().any(|spot| spot.clip.meets(&point));
                prop_assert_eq!(found, expected, "pixel {},{}", x, y);
            }
        }
    }
}

//! Where an asset lands: the contract's placement rules, seen in pixels.

use marquetry_model::{BoxSize, ColourOverlay, Fit, Flip, Placement, Position, Rotation, Tile, Within};
use marquetry_pixel::{BlendMode, Raster, Rgb, Size};

use crate::fixtures::{
    BLUE, GREEN, GREY, RED, WHITE, assets, change, drawn, mockup, opened, quarters, with_change,
};

fn place(frame: (f64, f64), asset: &Raster, placement: Placement) -> impl Fn(u32, u32) -> [u8; 4] + use<> {
    let mockup = opened(mockup(frame));
    let picture = with_change(&mockup, change(&mockup, "Design", placement), asset);
    move |x, y| picture.pixel(x, y).unwrap()
}

fn fitted(fit: Fit) -> Placement {
    Placement {
        fit,
        ..Placement::default()
    }
}

#[test]
fn fill_stretches_to_the_frame() {
    let at = place((60.0, 60.0), &quarters(40, 10), fitted(Fit::Fill));
    assert_eq!(
        [at(22, 12), at(78, 12), at(78, 68), at(22, 68)],
        [RED, GREEN, BLUE, WHITE]
    );
    assert_eq!([at(19, 40), at(80, 40), at(40, 9), at(40, 70)], [GREY; 4]);
}

#[test]
fn contain_is_centred_and_leaves_the_rest_open() {
    // 40 x 20 in 60 x 60: 60 x 30, from 15 to 45.
    let at = place((60.0, 60.0), &quarters(40, 20), fitted(Fit::Contain));
    assert_eq!(
        [at(22, 24), at(22, 26), at(78, 53), at(78, 56)],
        [GREY, RED, BLUE, GREY]
    );
}

#[test]
fn cover_is_centred_and_cut_at_the_frame() {
    // 40 x 20 in 60 x 60: 120 x 60, from -30 to 90, so a quarter of its width is cut off each side.
    let at = place((60.0, 60.0), &quarters(40, 20), fitted(Fit::Cover));
    assert_eq!(
        [at(22, 12), at(48, 12), at(52, 12), at(78, 68)],
        [RED, RED, GREEN, BLUE]
    );
    assert_eq!([at(19, 40), at(80, 40)], [GREY; 2]);
}

#[test]
fn a_box_is_measured_in_frame_pixels() {
    // The frame has 120 pixels on 60 of the canvas, so a box of 40 covers 20.
    let placement = Placement {
        size: Some(BoxSize::new(Some(40), Some(40)).unwrap()),
        position: Some(Position { top: 20, left: 60 }),
        ..fitted(Fit::Fill)
    };
    let at = place((120.0, 120.0), &quarters(40, 40), placement);
    assert_eq!(
        [at(48, 24), at(52, 22), at(68, 22), at(68, 38), at(72, 38)],
        [GREY, RED, GREEN, BLUE, GREY]
    );
    assert_eq!([at(55, 18), at(55, 42)], [GREY; 2]);
}

#[test]
fn a_box_without_position_is_centred() {
    let placement = Placement {
        size: Some(BoxSize::new(Some(20), Some(20)).unwrap()),
        ..fitted(Fit::Fill)
    };
    let at = place((60.0, 60.0), &quarters(20, 20), placement);
    assert_eq!(
        [at(39, 30), at(41, 31), at(58, 31), at(61, 48)],
        [GREY, RED, GREEN, GREY]
    );
}

#[test]
fn a_box_that_leaves_the_frame_is_cut() {
    let placement = Placement {
        size: Some(BoxSize::new(Some(60), Some(60)).unwrap()),
        position: Some(Position { top: -30, left: -30 }),
        ..fitted(Fit::Fill)
    };
    let at = place((60.0, 60.0), &quarters(60, 60), placement);
    assert_eq!(
        [at(18, 8), at(22, 12), at(48, 38), at(52, 42)],
        [GREY, BLUE, BLUE, GREY]
    );
}

#[test]
fn a_position_alone_moves_the_smart_object() {
    let placement = Placement {
        position: Some(Position { top: 0, left: 35 }),
        ..fitted(Fit::Fill)
    };
    let at = place((60.0, 60.0), &quarters(60, 60), placement);
    assert_eq!(
        [at(34, 2), at(36, 2), at(93, 2), at(93, 58), at(96, 58)],
        [GREY, RED, GREEN, BLUE, GREY]
    );
    // Where it was before nothing is left of it.
    assert_eq!([at(22, 30), at(50, 65)], [GREY; 2]);
}

#[test]
fn turns_are_clockwise_and_come_before_the_fit() {
    let rotation = Rotation::new("rotate", 90.0).unwrap();
    let at = place(
        (60.0, 60.0),
        &quarters(30, 30),
        Placement {
            rotation,
            ..fitted(Fit::Fill)
        },
    );
    assert_eq!(
        [at(22, 12), at(78, 12), at(78, 68), at(22, 68)],
        [WHITE, RED, GREEN, BLUE]
    );
}

#[test]
fn flips_come_before_turns() {
    let flip = Flip {
        horizontal: true,
        vertical: false,
    };
    let rotation = Rotation::new("rotate", 90.0).unwrap();
    let at = place(
        (60.0, 60.0),
        &quarters(30, 30),
        Placement {
            flip,
            rotation,
            ..fitted(Fit::Fill)
        },
    );
    assert_eq!(
        [at(22, 12), at(78, 12), at(78, 68), at(22, 68)],
        [BLUE, GREEN, RED, WHITE]
    );
}

#[test]
fn a_slanted_picture_has_open_corners() {
    let rotation = Rotation::new("rotate", 45.0).unwrap();
    let at = place(
        (60.0, 60.0),
        &Raster::filled(Size::new(40, 40), RED),
        Placement {
            rotation,
            ..fitted(Fit::Fill)
        },
    );
    assert_eq!(
        [at(22, 12), at(78, 12), at(50, 40), at(50, 12)],
        [GREY, GREY, RED, RED]
    );
}

#[test]
fn tiles_repeat_with_their_gap_in_all_directions() {
    // Tiles of 10 every 15, starting at 20: gaps from 5 to 10 after each.
    let placement = Placement {
        size: Some(BoxSize::new(Some(10), Some(10)).unwrap()),
        position: Some(Position { top: 20, left: 20 }),
        tile: Some(Tile {
            spacing: Within::new("tile_spacing", 50.0).unwrap(),
        }),
        ..fitted(Fit::Fill)
    };
    let at = place((60.0, 60.0), &quarters(10, 10), placement);
    let column = |x: u32| [at(20 + x, 10 + 20), at(20 + x, 10 + 26)];
    assert_eq!(column(20), [RED, WHITE]);
    assert_eq!(column(26), [GREEN, BLUE]);
    assert_eq!(column(31), [GREY, GREY]);
    assert_eq!(column(5), [RED, WHITE]);
    assert_eq!(column(35), [RED, WHITE]);
    assert_eq!([at(20 + 20, 10 + 31), at(20 + 20, 10 + 36)], [GREY, RED]);
}

#[test]
fn a_colour_lies_over_the_opaque_part_of_an_asset() {
    let mockup = opened(mockup((60.0, 60.0)));
    let mut asset = quarters(60, 60);
    for pixel in asset.pixels_mut().iter_mut().take(60 * 30) {
        *pixel = [0, 0, 0, 0];
    }
    let mut change = change(&mockup, "Design", Placement::default());
    change.colour = Some(ColourOverlay {
        colour: Rgb::new(255, 255, 0),
        blend: BlendMode::Multiply,
    });
    let picture = with_change(&mockup, change, &asset);
    assert_eq!(picture.pixel(25, 15), Some(GREY));
    assert_eq!(picture.pixel(25, 65), Some([255, 255, 0, 255]));
    assert_eq!(picture.pixel(75, 65), Some([0, 0, 0, 255]));
}

#[test]
fn a_colour_alone_fills_the_frame() {
    let mockup = opened(mockup((60.0, 60.0)));
    let mut change = change(&mockup, "Design", Placement::default());
    change.asset = None;
    change.colour = Some(ColourOverlay {
        colour: Rgb::new(1, 2, 3),
        blend: BlendMode::Normal,
    });
    let changes = [change];
    let order = marquetry_render::Order {
        changes: &changes,
        ..Default::default()
    };
    let picture = drawn(&mockup, &order, &assets(&quarters(2, 2))).raster;
    assert_eq!(
        [picture.pixel(20, 10), picture.pixel(79, 69)],
        [Some([1, 2, 3, 255]); 2]
    );
    assert_eq!(picture.pixel(80, 70), Some(GREY));
}

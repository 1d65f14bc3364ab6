//! From the layer tree to the picture: groups, clipping, masks, fills, and what is reported.

use marquetry_model::LayerAddress;
use marquetry_render::{Feature, Order};
use marquetry_testkit::psd::{Builder, Layer, Mask, Rect};

use crate::fixtures::{BLUE, GREEN, GREY, RED, WHITE, assets, drawn, flat, opened, quarters};

fn picture(layers: Vec<Layer>) -> (impl Fn(u32, u32) -> [u8; 4], Vec<Feature>) {
    let mut file = Builder::new(40, 40);
    for layer in layers {
        file.push(layer);
    }
    let picture = drawn(
        &opened(file.to_bytes()),
        &Order::default(),
        &assets(&quarters(2, 2)),
    );
    let missing = picture
        .undrawn
        .into_iter()
        .map(|undrawn| undrawn.feature)
        .collect();
    (move |x, y| picture.raster.pixel(x, y).unwrap(), missing)
}

fn square(name: &str, left: i32, top: i32, side: u32, pixel: [u8; 4]) -> Layer {
    Layer::raster(name, Rect::new(left, top, side, side), flat(side, side, pixel))
}

#[test]
fn clipped_layers_stay_inside_their_base() {
    let (at, missing) = picture(vec![
        square("base", 0, 0, 20, RED),
        square("clipped", 10, 10, 30, BLUE).clipped(),
    ]);
    assert_eq!([at(5, 5), at(15, 15), at(25, 25)], [RED, BLUE, [0, 0, 0, 0]]);
    assert_eq!(missing, []);
}

#[test]
fn a_hidden_base_hides_what_is_clipped_to_it() {
    let (at, _) = picture(vec![
        square("ground", 0, 0, 40, GREY),
        square("base", 0, 0, 20, RED).hidden(),
        square("clipped", 0, 0, 20, BLUE).clipped(),
        square("free", 20, 20, 20, GREEN),
    ]);
    assert_eq!([at(5, 5), at(25, 25)], [GREY, GREEN]);
}

#[test]
fn a_group_keeps_its_blending_to_itself_unless_it_passes_through() {
    let members = || vec![square("multiplied", 0, 0, 40, GREY).blend(b"mul ")];
    let ground = || square("ground", 0, 0, 40, GREY);
    let (isolated, _) = picture(vec![ground(), Layer::group("group", members())]);
    assert_eq!(isolated(5, 5), GREY);
    let (through, _) = picture(vec![ground(), Layer::group("group", members()).pass_through()]);
    assert_eq!(through(5, 5), [64, 64, 64, 255]);
}

#[test]
fn what_is_clipped_to_a_passing_group_blends_with_what_lies_below() {
    let (at, _) = picture(vec![
        square("ground", 0, 0, 40, GREY),
        Layer::group("group", vec![square("member", 0, 0, 20, GREY).blend(b"mul ")]).pass_through(),
        square("clipped", 10, 10, 30, [255, 0, 0, 128]).clipped(),
    ]);
    assert_eq!(
        [at(5, 5), at(15, 15), at(25, 25)],
        [[64, 64, 64, 255], [160, 32, 32, 255], GREY]
    );
}

#[test]
fn a_mask_has_a_colour_of_its_own_outside_its_rectangle() {
    let mask = |outside| Mask {
        default: outside,
        ..Mask::new(Rect::new(0, 0, 10, 10), vec![128; 100])
    };
    let masked = |outside| {
        picture(vec![
            square("ground", 0, 0, 40, WHITE),
            square("top", 0, 0, 40, [0, 0, 0, 255]).mask(mask(outside)),
        ])
        .0
    };
    assert_eq!(
        [masked(0)(5, 5), masked(0)(20, 20)],
        [[127, 127, 127, 255], WHITE]
    );
    assert_eq!(
        [masked(255)(5, 5), masked(255)(20, 20)],
        [[127, 127, 127, 255], [0, 0, 0, 255]]
    );
}

#[test]
fn a_solid_fill_without_pixels_covers_the_canvas() {
    let (at, missing) = picture(vec![Layer::solid_fill("fill", [10, 20, 30])]);
    assert_eq!([at(0, 0), at(39, 39)], [[10, 20, 30, 255]; 2]);
    assert_eq!(missing, []);
}

#[test]
fn what_is_not_drawn_is_reported() {
    let (_, missing) = picture(vec![
        square("ground", 0, 0, 40, GREY),
        Layer::empty("unreadable").block(b"levl", Vec::new()),
        Layer::empty("gradient").block(b"GdFl", Vec::new()),
        square("odd", 0, 0, 4, RED).blend(b"what"),
    ]);
    let mode = Feature::BlendMode("what".to_owned());
    assert_eq!(missing, [Feature::Adjustment, Feature::Fill, mode,]);
}

#[test]
fn hiding_a_group_hides_its_members() {
    let mut file = Builder::new(40, 40);
    file.push(square("ground", 0, 0, 40, GREY));
    file.push(Layer::group("group", vec![square("member", 0, 0, 20, RED)]));
    let mockup = opened(file.to_bytes());
    let group = mockup
        .document()
        .layers()
        .find(|layer| layer.is_group())
        .unwrap()
        .index()
        .0;
    let hidden = [LayerAddress(vec![u32::try_from(group).unwrap()])];
    let order = Order {
        hidden: &hidden,
        ..Order::default()
    };
    let picture = drawn(&mockup, &order, &assets(&quarters(2, 2))).raster;
    assert_eq!(picture.pixel(5, 5), Some(GREY));
}

#[test]
fn a_flat_document_is_its_merged_picture() {
    let file = Builder::new(40, 40).merged(flat(40, 40, RED));
    let picture = drawn(
        &opened(file.to_bytes()),
        &Order::default(),
        &assets(&quarters(2, 2)),
    )
    .raster;
    assert_eq!(picture.pixel(20, 20), Some(RED));
}

//! Groups, clipping, masks and fill, on pixels small enough to work out by hand.

use marquetry_compose::{ClipBlend, Group, GroupBlend, Layer, Mask, Node};
use marquetry_pixel::{BlendMode, Opacity};

use crate::{coverage, drawn, row, scene, solid};

fn half() -> Opacity {
    Opacity::from_byte(128)
}

#[test]
fn straight_alpha_meets_straight_alpha() {
    let below = row(&[[200, 0, 0, 128]]);
    let above = Layer {
        blend: BlendMode::Multiply,
        ..row(&[[0, 100, 0, 128]])
    };
    let got = drawn(&scene(1, 1, vec![Node::Layer(below), Node::Layer(above)]));
    // ab = as = 128/255, ar = 0.7520; where only one is there it shows itself, where both are it is
    // black: red = (1 - as) ab 200 / ar, green = (1 - ab) as 100 / ar.
    assert_eq!(got.pixel(0, 0), Some([66, 33, 0, 192]));
}

#[test]
fn an_isolated_group_blends_as_one_layer() {
    let members = vec![
        Node::Layer(solid(255, 255, 255)),
        Node::Layer(Layer {
            blend: BlendMode::Multiply,
            ..solid(128, 128, 128)
        }),
    ];
    let group = Group {
        blend: GroupBlend::Isolated(BlendMode::Screen),
        opacity: half(),
        ..Group::new(members)
    };
    let got = drawn(&scene(
        1,
        1,
        vec![Node::Layer(solid(100, 0, 200)), Node::Group(group)],
    ));
    // The group is grey 128; screened: 100 -> 177.8, 0 -> 128, 200 -> 227.6; half of the way there.
    assert_eq!(got.pixel(0, 0), Some([139, 64, 214, 255]));
}

#[test]
fn a_pass_through_group_lets_its_members_see_below() {
    let members = vec![Node::Layer(Layer {
        blend: BlendMode::Multiply,
        ..solid(128, 128, 128)
    })];
    let below = || Node::Layer(solid(100, 0, 200));
    let whole = Group::new(members.clone());
    let got = drawn(&scene(1, 1, vec![below(), Node::Group(whole)]));
    assert_eq!(got.pixel(0, 0), Some([50, 0, 100, 255]));
    let faded = Group {
        opacity: half(),
        masks: vec![Mask::new(coverage(2, 1, &[255, 0]), (0, 0))],
        ..Group::new(members)
    };
    let got = drawn(&scene(2, 1, vec![below(), Node::Group(faded)]));
    assert_eq!(got.pixel(0, 0), Some([75, 0, 150, 255]));
    assert_eq!(got.pixel(1, 0), Some([100, 0, 200, 255]));
}

#[test]
fn clipped_layers_stay_within_their_base() {
    let base = Layer {
        blend: BlendMode::Multiply,
        clipped: vec![Node::Layer(Layer {
            blend: BlendMode::Screen,
            ..solid(128, 128, 128)
        })],
        ..row(&[[100, 100, 100, 255], [100, 100, 100, 0], [100, 100, 100, 128]])
    };
    let got = drawn(&scene(
        3,
        1,
        vec![Node::Layer(solid(200, 200, 200)), Node::Layer(base)],
    ));
    // Screened among themselves: 100 with 128 is 178; multiplied onto 200: 140.
    assert_eq!(got.pixel(0, 0), Some([140, 140, 140, 255]));
    assert_eq!(got.pixel(1, 0), Some([200, 200, 200, 255]));
    assert_eq!(got.pixel(2, 0), Some([170, 170, 170, 255]));
}

#[test]
fn clipped_layers_may_blend_with_all_below() {
    let base = Layer {
        fill: Opacity::from_byte(0),
        clip_blend: ClipBlend::Separately,
        clipped: vec![Node::Layer(Layer {
            blend: BlendMode::Screen,
            ..solid(128, 128, 128)
        })],
        ..row(&[[0, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 128]])
    };
    let got = drawn(&scene(
        3,
        1,
        vec![Node::Layer(solid(100, 100, 100)), Node::Layer(base.clone())],
    ));
    assert_eq!(got.pixel(0, 0), Some([178, 178, 178, 255]));
    assert_eq!(got.pixel(1, 0), Some([100, 100, 100, 255]));
    assert_eq!(got.pixel(2, 0), Some([139, 139, 139, 255]));
    // As a group, a base without fill takes what is clipped to it away as well.
    let together = Layer {
        clip_blend: ClipBlend::Together,
        ..base
    };
    let got = drawn(&scene(
        3,
        1,
        vec![Node::Layer(solid(100, 100, 100)), Node::Layer(together)],
    ));
    assert_eq!(got.pixel(0, 0), Some([100, 100, 100, 255]));
}

#[test]
fn a_pass_through_group_may_be_clipped_to() {
    let group = Group {
        clipped: vec![Node::Layer(Layer {
            blend: BlendMode::Screen,
            ..solid(128, 128, 128)
        })],
        ..Group::new(vec![Node::Layer(Layer {
            blend: BlendMode::Multiply,
            ..row(&[[128, 128, 128, 255], [0, 0, 0, 0]])
        })])
    };
    let got = drawn(&scene(
        2,
        1,
        vec![Node::Layer(solid(100, 100, 100)), Node::Group(group)],
    ));
    // The member sees the canvas: 100 * 128 is 50; what is clipped to the group sees that: 153.
    assert_eq!(got.pixel(0, 0), Some([153, 153, 153, 255]));
    assert_eq!(got.pixel(1, 0), Some([100, 100, 100, 255]));
}

#[test]
fn masks_have_an_outside_and_a_density() {
    let masked = |outside, density| Layer {
        masks: vec![Mask {
            outside,
            density: Opacity::from_byte(density),
            ..Mask::new(coverage(1, 1, &[128]), (1, 0))
        }],
        ..solid(255, 255, 255)
    };
    let got = |layer| {
        drawn(&scene(
            2,
            1,
            vec![Node::Layer(solid(0, 0, 0)), Node::Layer(layer)],
        ))
    };
    let closed = got(masked(0, 255));
    assert_eq!(closed.pixel(0, 0), Some([0, 0, 0, 255]));
    assert_eq!(closed.pixel(1, 0), Some([128, 128, 128, 255]));
    let open = got(masked(255, 255));
    assert_eq!(open.pixel(0, 0), Some([255, 255, 255, 255]));
    let weak = got(masked(0, 51));
    assert_eq!(weak.pixel(0, 0), Some([204, 204, 204, 255]));
    assert_eq!(weak.pixel(1, 0), Some([230, 230, 230, 255]));
}

#[test]
fn fill_is_opacity_but_for_eight_modes() {
    let got = |blend, opacity, fill| {
        let layer = Layer {
            blend,
            opacity,
            fill,
            ..solid(204, 204, 204)
        };
        drawn(&scene(
            1,
            1,
            vec![Node::Layer(solid(102, 102, 102)), Node::Layer(layer)],
        ))
        .pixel(0, 0)
    };
    let full = Opacity::OPAQUE;
    assert_eq!(
        got(BlendMode::Screen, full, half()),
        got(BlendMode::Screen, half(), full)
    );
    // Linear dodge: 102 + 0.502 * 204, against half of the way to 255.
    assert_eq!(
        got(BlendMode::LinearDodge, full, half()),
        Some([204, 204, 204, 255])
    );
    assert_eq!(
        got(BlendMode::LinearDodge, half(), full),
        Some([179, 179, 179, 255])
    );
}

#[test]
fn dissolve_takes_or_leaves_each_pixel() {
    let layer = Layer {
        blend: BlendMode::Dissolve,
        opacity: Opacity::new(0.3).unwrap(),
        ..solid(255, 255, 255)
    };
    let got = drawn(&scene(
        100,
        100,
        vec![Node::Layer(solid(0, 0, 0)), Node::Layer(layer)],
    ));
    let white = got.pixels().iter().filter(|&&p| p == [255; 4]).count();
    let black = got.pixels().iter().filter(|&&p| p == [0, 0, 0, 255]).count();
    assert_eq!(white + black, 10_000);
    assert!((2_800..3_200).contains(&white), "{white} of 10000 at 30 %");
}

//! Blending by tone, knockout and channels left out, on pixels small enough to work out by hand.

use std::sync::Arc;

use marquetry_compose::{
    Art, BlendIf, Channels, ClipBlend, Group, GroupBlend, Knockout, Layer, Node, Paint, Style,
};
use marquetry_pixel::{BlendMode, Opacity, Raster};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};

use crate::{drawn, picture, raster, row, scene, solid};

fn styled(layer: Layer, style: Style) -> Node {
    Node::Layer(Layer { style, ..layer })
}

fn by_tone(change: impl FnOnce(&mut BlendIf)) -> Style {
    let mut blend_if = BlendIf::ALL;
    change(&mut blend_if);
    Style {
        blend_if: Some(Box::new(blend_if)),
        ..Style::default()
    }
}

fn knocking(knockout: Knockout) -> Style {
    Style {
        knockout,
        ..Style::default()
    }
}

fn shown(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

const GREY: [u8; 4] = [100, 100, 100, 255];
const RED: [u8; 4] = [255, 0, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];

#[test]
fn a_layer_shows_where_its_own_tones_let_it() {
    let ground = Node::Layer(solid(200, 200, 200));
    let layer = row(&[[40, 40, 40, 255], [80, 80, 80, 255], [120, 120, 120, 255]]);
    let style = by_tone(|tones| tones.own.grey.black = [60, 100]);
    let got = drawn(&scene(3, 1, vec![ground, styled(layer, style)]));
    // 80 is half-way between the halves of the slider: 128/255 of it shows over 200.
    assert_eq!(
        got.pixels(),
        [[200, 200, 200, 255], [140, 140, 140, 255], [120, 120, 120, 255]]
    );
}

#[test]
fn a_layer_shows_where_the_tones_below_let_it() {
    let ground = Node::Layer(row(&[[10, 200, 10, 255], [10, 10, 10, 255], [0; 4]]));
    let style = by_tone(|tones| tones.below.channels[1].white = [99, 99]);
    let got = drawn(&scene(3, 1, vec![ground, styled(solid(255, 0, 0), style)]));
    assert_eq!(got.pixels(), [[10, 200, 10, 255], RED, RED]);
}

#[test]
fn tones_that_let_everything_show_are_no_rule() {
    let ground = Node::Layer(row(&[GREY, [9, 90, 200, 255], [30, 60, 90, 120]]));
    let layer = || Layer {
        blend: BlendMode::Multiply,
        opacity: Opacity::from_byte(200),
        ..row(&[[1, 2, 3, 77], [200, 150, 100, 255], [0; 4]])
    };
    let plain = drawn(&scene(3, 1, vec![ground.clone(), Node::Layer(layer())]));
    let ruled = styled(layer(), by_tone(|_| ()));
    let ruled = drawn(&scene(3, 1, vec![ground, ruled]));
    // Painted as if the layer were everywhere and then faded: rounded once more on the way.
    for (plain, ruled) in plain.bytes().iter().zip(ruled.bytes()) {
        assert!(plain.abs_diff(*ruled) <= 1, "{plain} and {ruled}");
    }
}

#[test]
fn a_shallow_knockout_lays_bare_what_lies_below_its_group() {
    let members = || {
        vec![
            Node::Layer(row(&[BLUE, BLUE, BLUE])),
            styled(
                Layer {
                    fill: Opacity::from_byte(0),
                    ..row(&[[0; 4], [0, 0, 0, 255], [0, 0, 0, 51]])
                },
                knocking(Knockout::Shallow),
            ),
        ]
    };
    for blend in [GroupBlend::PassThrough, GroupBlend::Isolated(BlendMode::Normal)] {
        let group = Node::Group(Group {
            blend,
            ..Group::new(members())
        });
        let got = drawn(&scene(3, 1, vec![Node::Layer(solid(255, 0, 0)), group]));
        assert_eq!(got.pixels(), [BLUE, RED, [51, 0, 204, 255]], "{blend:?}");
    }
}

#[test]
fn a_deep_knockout_lays_bare_the_ground_and_paints_itself_on_it() {
    let ground = raster(2, 1, &[[200, 200, 200, 255]; 2]);
    let layer = || Layer {
        blend: BlendMode::Multiply,
        ..row(&[[128, 128, 128, 255], [0; 4]])
    };
    let on = |knockout| {
        let nodes = vec![
            Node::Layer(picture(ground.clone(), (0, 0))),
            Node::Layer(solid(0, 0, 255)),
            styled(layer(), knocking(knockout)),
        ];
        drawn(&scene(2, 1, nodes)).pixels().to_vec()
    };
    assert_eq!(on(Knockout::None), [[0, 0, 128, 255], BLUE]);
    let art = Arc::new(Art::from(ground.clone()));
    assert_eq!(on(Knockout::Deep(Some(art))), [[100, 100, 100, 255], BLUE]);
    // Nothing to multiply with: the layer itself.
    assert_eq!(on(Knockout::Deep(None)), [[128, 128, 128, 255], BLUE]);
}

#[test]
fn what_is_clipped_punches_through_to_its_base() {
    let clipped = |knockout| {
        vec![
            Node::Layer(solid(0, 0, 255)),
            styled(
                Layer {
                    fill: Opacity::from_byte(0),
                    ..solid(0, 0, 0)
                },
                knocking(knockout),
            ),
        ]
    };
    for clip_blend in [ClipBlend::Together, ClipBlend::Separately] {
        for (knockout, wanted) in [(Knockout::None, BLUE), (Knockout::Shallow, RED)] {
            let base = Layer {
                clipped: clipped(knockout),
                clip_blend,
                ..row(&[RED])
            };
            let got = drawn(&scene(1, 1, vec![Node::Layer(base)]));
            assert_eq!(got.pixels(), [wanted], "{clip_blend:?}");
        }
    }
}

#[test]
fn channels_left_out_stay_as_they_were() {
    let only_green = Style {
        channels: Channels([false, true, false]),
        ..Style::default()
    };
    let nodes = vec![Node::Layer(solid(1, 2, 3)), styled(solid(9, 99, 9), only_green)];
    assert_eq!(drawn(&scene(1, 1, nodes)).pixels(), [[1, 99, 3, 255]]);
    let none = Style {
        channels: Channels([false; 3]),
        ..Style::default()
    };
    let nodes = vec![styled(solid(9, 99, 9), none)];
    assert_eq!(drawn(&scene(1, 1, nodes)).pixels(), [[0; 4]]);
}

/// Grey from black at the left to white at the right.
fn ramp(width: u32, height: u32) -> Layer {
    let mut ramp = Raster::new(marquetry_pixel::Size::new(width, height));
    for y in 0..height {
        for (x, pixel) in (0u32..).zip(ramp.row_mut(y).as_chunks_mut::<4>().0) {
            let value = u8::try_from(x * 255 / (width - 1)).unwrap();
            *pixel = [value, value, value, 255];
        }
    }
    picture(ramp, (0, 0))
}

#[test]
fn tones_look_right() {
    let orange = || {
        let mut layer = picture(
            Raster::filled(marquetry_pixel::Size::new(64, 12), [255, 140, 0, 255]),
            (0, 4),
        );
        layer.blend = BlendMode::Normal;
        layer
    };
    let mut split = orange();
    if let Paint::Raster { at, .. } = &mut split.paint {
        *at = (0, 20);
    }
    golden!("rules/blend_if_of_what_lies_below", Tolerance::EXACT, || {
        shown(&drawn(&scene(
            64,
            36,
            vec![
                Node::Layer(ramp(64, 36)),
                styled(
                    orange(),
                    by_tone(|tones| {
                        tones.below.grey.black = [64, 64];
                        tones.below.grey.white = [191, 191];
                    }),
                ),
                styled(
                    split,
                    by_tone(|tones| {
                        tones.below.grey.black = [32, 96];
                        tones.below.grey.white = [160, 224];
                    }),
                ),
            ],
        )))
    });
}

#[test]
fn knockouts_look_right() {
    let disc = |x: usize, y: usize, colour: [u8; 3], knockout: Knockout| {
        let mut raster = Raster::new(marquetry_pixel::Size::new(48, 48));
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            let (px, py) = (at % 48, at / 48);
            let [red, green, blue] = colour;
            if px.abs_diff(x).pow(2) + py.abs_diff(y).pow(2) <= 150 {
                *pixel = [red, green, blue, 255];
            }
        }
        styled(
            Layer {
                blend: BlendMode::Multiply,
                ..picture(raster, (0, 0))
            },
            knocking(knockout),
        )
    };
    golden!(
        "rules/shallow_knockouts_in_a_passing_group",
        Tolerance::EXACT,
        || {
            let shallow = || Knockout::Shallow;
            let group = Group::new(vec![
                disc(18, 18, [255, 200, 0], shallow()),
                disc(30, 18, [0, 200, 255], shallow()),
                disc(24, 30, [255, 0, 200], shallow()),
            ]);
            let nodes = vec![Node::Layer(ramp(48, 48)), Node::Group(group)];
            shown(&drawn(&scene(48, 48, nodes)))
        }
    );
    golden!(
        "rules/a_deep_knockout_in_a_passing_group",
        Tolerance::EXACT,
        || {
            let paper = Raster::filled(marquetry_pixel::Size::new(48, 48), [250, 240, 220, 255]);
            let paper = Some(Arc::new(Art::new(paper)));
            let group = Group::new(vec![
                disc(18, 18, [255, 200, 0], Knockout::None),
                disc(30, 18, [0, 200, 255], Knockout::Shallow),
                disc(24, 30, [255, 0, 200], Knockout::Deep(paper)),
            ]);
            let nodes = vec![Node::Layer(ramp(48, 48)), Node::Group(group)];
            shown(&drawn(&scene(48, 48, nodes)))
        }
    );
}

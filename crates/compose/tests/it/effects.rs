//! Effects: what holds of them, and pictures of each.

use std::sync::Arc;

use marquetry_compose::{
    Art, Bevel, BevelPlace, BevelProfile, BevelTechnique, BevelTexture, ColourStop, Contour, ContourPoint,
    Effect, Fade, Glow, GlowSource, GlowTechnique, Gradient, GradientShape, Layer, Light, Mixing, Node,
    OpacityStop, Overlay, Paint, Pattern, Ramp, Satin, Shading, Shadow, StrokeEffect, StrokePaint,
    StrokePosition, Style,
};
use marquetry_pixel::{BlendMode, Opacity, Point, Projective, Raster, Rgb, Size};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use proptest::prelude::*;

use crate::dressing::effect;
use crate::laws::{masks, paint};
use crate::{drawn, picture, scene, solid};

/// A disc with soft edges, `size` pixels across.
fn disc(size: u32, colour: [u8; 3]) -> Raster {
    let mut raster = Raster::new(Size::new(size, size));
    let centre = f64::from(size) / 2.0;
    for y in 0..size {
        for x in 0..size {
            let far = (f64::from(x) + 0.5 - centre).hypot(f64::from(y) + 0.5 - centre);
            let alpha = (centre - far).clamp(0.0, 1.0) * 255.0;
            let [red, green, blue] = colour;
            let at = (y * size + x) as usize;
            raster.pixels_mut()[at] = [red, green, blue, level(alpha)];
        }
    }
    raster
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within a byte"
)]
fn level(value: f64) -> u8 {
    value.round() as u8
}

/// Squares of four pixels in two colours, one and a half times as large and turned.
fn checks() -> Pattern {
    let mut tile = Raster::new(Size::new(8, 8));
    for (at, pixel) in tile.pixels_mut().iter_mut().enumerate() {
        *pixel = match (at % 8 / 4 + at / 32) % 2 {
            0 => [250, 220, 60, 255],
            _ => [30, 90, 160, 255],
        };
    }
    Pattern::new(Arc::new(Art::new(tile)), Point::new(3.0, 5.0), 1.5, 20.0).unwrap()
}

fn shadow() -> Shadow {
    Shadow {
        colour: Rgb::new(0, 0, 40).into(),
        blend: BlendMode::Multiply,
        opacity: Opacity::new(0.75).unwrap(),
        offset: (6, 8),
        size: 8,
        spread: 0.0,
        contour: None,
        noise: 0.0,
        conceals: true,
    }
}

fn glow() -> Glow {
    Glow {
        light: Light::Colour(Rgb::new(255, 255, 120).into()),
        blend: BlendMode::Screen,
        opacity: Opacity::OPAQUE,
        technique: GlowTechnique::Softer,
        source: GlowSource::Edge,
        size: 12,
        spread: 0.0,
        range: 0.5,
        contour: None,
        noise: 0.0,
        jitter: 0.0,
    }
}

fn satin() -> Satin {
    Satin {
        colour: Rgb::new(0, 0, 0).into(),
        blend: BlendMode::Multiply,
        opacity: Opacity::new(0.6).unwrap(),
        offset: (7, -4),
        size: 10,
        contour: None,
        invert: true,
    }
}

fn stroke(position: StrokePosition) -> StrokeEffect {
    StrokeEffect {
        paint: StrokePaint::Paint(Paint::Solid(Rgb::new(255, 210, 0).into())),
        blend: BlendMode::Normal,
        opacity: Opacity::OPAQUE,
        position,
        size: 4.0,
        overprint: false,
    }
}

fn bevel(place: BevelPlace) -> Bevel {
    let shading = |level, blend| Shading {
        colour: Rgb::new(level, level, level).into(),
        blend,
        opacity: Opacity::new(0.75).unwrap(),
    };
    Bevel {
        place,
        technique: BevelTechnique::Smooth,
        depth: 1.0,
        size: 10,
        soften: 0,
        angle: 120.0,
        altitude: 30.0,
        gloss: None,
        highlight: shading(255, BlendMode::Screen),
        shadow: shading(0, BlendMode::Multiply),
        profile: None,
        texture: None,
    }
}

fn ramp() -> Arc<Ramp> {
    let stops = [
        (0.0, Rgb::new(255, 60, 0).into()),
        (1.0, Rgb::new(60, 0, 255).into()),
    ];
    let stops = stops.map(|(at, colour)| ColourStop {
        at,
        midpoint: 0.5,
        colour,
    });
    let opacities = [(0.0, 1.0), (1.0, 0.0)].map(|(at, opacity)| OpacityStop {
        at,
        midpoint: 0.5,
        opacity,
    });
    Arc::new(Ramp::new(&stops, &opacities, 1.0, Mixing::Classic))
}

/// A disc in the middle of a canvas of 64 pixels a side, on a light ground.
fn worn(effects: Vec<Effect>) -> Layer {
    Layer {
        style: Style {
            effects,
            ..Style::default()
        },
        ..picture(disc(36, [70, 120, 200]), (14, 14))
    }
}

fn on_ground(layer: Layer) -> Raster {
    let ground = Node::Layer(solid(190, 200, 180));
    drawn(&scene(64, 64, vec![ground, Node::Layer(layer)]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_effect_of_no_opacity_is_absence(effect in effect(), paint in paint(), masks in masks()) {
        let clear = Opacity::from_byte(0);
        let mut effect = effect;
        match &mut effect {
            Effect::DropShadow(effect) | Effect::InnerShadow(effect) => effect.opacity = clear,
            Effect::OuterGlow(effect) | Effect::InnerGlow(effect) => effect.opacity = clear,
            Effect::Overlay(effect) => effect.opacity = clear,
            Effect::Satin(effect) => effect.opacity = clear,
            // One that takes its layer's place leaves a hole.
            Effect::Stroke(effect) => (effect.opacity, effect.overprint) = (clear, true),
            Effect::Bevel(effect) => (effect.highlight.opacity, effect.shadow.opacity) = (clear, clear),
            _ => {}
        }
        let plain = Layer { masks, ..Layer::new(paint) };
        let style = Style { effects: vec![effect], ..Style::default() };
        let bare = on_ground(plain.clone());
        let dressed = on_ground(Layer { style, ..plain });
        let worst = bare.bytes().iter().zip(dressed.bytes()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        // The way by two pictures rounds once more.
        prop_assert!(worst <= 1, "{}", worst);
    }

    #[test]
    fn effects_go_where_their_layer_goes(effect in effect(), dx in -7i32..7, dy in -7i32..7) {
        // Chance and paints have places of their own.
        let still = match &effect {
            Effect::DropShadow(effect) | Effect::InnerShadow(effect) => effect.noise <= 0.0,
            Effect::OuterGlow(effect) | Effect::InnerGlow(effect) => effect.noise <= 0.0,
            Effect::Overlay(_) => false,
            Effect::Stroke(effect) => matches!(effect.paint, StrokePaint::Paint(Paint::Solid(_))),
            Effect::Bevel(effect) => effect.texture.is_none(),
            _ => true,
        };
        let blend = match &effect {
            Effect::DropShadow(effect) | Effect::InnerShadow(effect) => effect.blend,
            Effect::OuterGlow(effect) | Effect::InnerGlow(effect) => effect.blend,
            Effect::Satin(effect) => effect.blend,
            Effect::Stroke(effect) => effect.blend,
            Effect::Bevel(effect) => effect.highlight.blend,
            _ => BlendMode::Normal,
        };
        prop_assume!(still && blend != BlendMode::Dissolve);
        let at = |at: (i32, i32)| {
            let layer = Layer {
                style: Style { effects: vec![effect.clone()], ..Style::default() },
                ..picture(disc(30, [70, 120, 200]), at)
            };
            let ground = Node::Layer(solid(190, 200, 180));
            drawn(&scene(110, 110, vec![ground, Node::Layer(layer)]))
        };
        let (here, there) = (at((40, 40)), at((40 + dx, 40 + dy)));
        for y in 10..100_u32 {
            for x in 10..100_u32 {
                let moved = (x.saturating_add_signed(dx), y.saturating_add_signed(dy));
                prop_assert_eq!(here.pixel(x, y), there.pixel(moved.0, moved.1), "{}, {}", x, y);
            }
        }
    }
}

#[test]
fn a_shadow_that_its_layer_conceals_is_invisible() {
    let hidden = Shadow {
        offset: (0, 0),
        size: 0,
        ..shadow()
    };
    let square = || picture(Raster::filled(Size::new(20, 20), [70, 120, 200, 255]), (22, 22));
    let with = |conceals, fill| {
        let hidden = Shadow {
            conceals,
            ..hidden.clone()
        };
        on_ground(Layer {
            fill,
            style: Style {
                effects: vec![Effect::DropShadow(hidden)],
                ..Style::default()
            },
            ..square()
        })
    };
    let half = Opacity::from_byte(128);
    for fill in [Opacity::OPAQUE, half] {
        let bare = on_ground(Layer { fill, ..square() });
        assert!(with(true, fill) == bare);
    }
    // What isn't concealed shows through.
    let bare = on_ground(Layer {
        fill: half,
        ..square()
    });
    assert!(with(false, half) != bare);
}

#[test]
fn a_half_covered_pixel_is_half_in_the_shadow() {
    // Layer black, shadow white in normal mode, both all over one pixel of which the shape covers half.
    let layer = Layer {
        style: Style {
            effects: vec![Effect::DropShadow(Shadow {
                colour: Rgb::new(255, 255, 255).into(),
                blend: BlendMode::Normal,
                opacity: Opacity::OPAQUE,
                offset: (0, 0),
                size: 0,
                ..shadow()
            })],
            ..Style::default()
        },
        ..picture(Raster::filled(Size::new(1, 1), [0, 0, 0, 128]), (0, 0))
    };
    let got = drawn(&scene(
        1,
        1,
        vec![Node::Layer(solid(0, 0, 0)), Node::Layer(layer)],
    ));
    // Shadow of half strength on black, then half of it behind the layer: 128 * (1 - 128 / 255).
    assert_eq!(got.pixel(0, 0), Some([64, 64, 64, 255]));
}

#[test]
fn a_stroke_is_as_wide_as_it_says() {
    let square = |effect| Layer {
        style: Style {
            effects: vec![effect],
            ..Style::default()
        },
        ..picture(Raster::filled(Size::new(20, 20), [70, 120, 200, 255]), (22, 22))
    };
    for (position, out, inwards) in [
        (StrokePosition::Outside, 4, 0),
        (StrokePosition::Inside, 0, 4),
        (StrokePosition::Centre, 2, 2),
    ] {
        let got = on_ground(square(Effect::Stroke(stroke(position))));
        let line: Vec<u32> = (0..64)
            .filter(|&x| got.pixel(x, 32) == Some([255, 210, 0, 255]))
            .collect();
        let wanted: Vec<u32> = (22 - out..22 + inwards).chain(42 - inwards..42 + out).collect();
        assert_eq!(line, wanted, "{position:?}");
    }
}

/// A shape's line is seen over what is clipped to the shape and over its overlay; a stroke effect covers it, and it ends
/// where the shape does.
#[test]
fn a_trim_lies_over_all_but_strokes_and_inside_the_shape() {
    let overlay = Effect::Overlay(Overlay {
        paint: Paint::Solid(Rgb::new(0, 90, 0).into()),
        blend: BlendMode::Normal,
        opacity: Opacity::OPAQUE,
    });
    let line = Raster::filled(Size::new(64, 6), [250, 0, 0, 255]);
    let trimmed = |effects| Layer {
        clipped: vec![Node::Layer(solid(1, 2, 3))],
        style: Style {
            effects,
            trim: vec![Node::Layer(picture(line.clone(), (0, 22)))],
            ..Style::default()
        },
        ..picture(Raster::filled(Size::new(20, 20), [70, 120, 200, 255]), (22, 22))
    };
    let column = |effects| {
        let got = on_ground(trimmed(effects));
        [20, 21, 22, 25, 26, 27, 28, 40].map(|y| got.pixel(32, y).unwrap())
    };
    let [ground, clipped] = [[190, 200, 180, 255], [1, 2, 3, 255]];
    let [line, green, yellow] = [[250, 0, 0, 255], [0, 90, 0, 255], [255, 210, 0, 255]];
    let bare = [ground, ground, line, line, line, line, clipped, clipped];
    assert_eq!(column(vec![]), bare);
    let laid = [ground, ground, line, line, line, line, green, green];
    assert_eq!(column(vec![overlay.clone()]), laid);
    let edged = [ground, ground, yellow, yellow, line, line, green, yellow];
    let inside = Effect::Stroke(stroke(StrokePosition::Inside));
    assert_eq!(column(vec![overlay, inside]), edged);
}

#[test]
fn an_unfilled_layer_still_wears_its_effects() {
    let layer = Layer {
        fill: Opacity::from_byte(0),
        ..worn(vec![Effect::Stroke(stroke(StrokePosition::Inside))])
    };
    let got = on_ground(layer);
    assert_eq!(got.pixel(32, 32), Some([190, 200, 180, 255]));
    assert_eq!(got.pixel(16, 32), Some([255, 210, 0, 255]));
}

#[test]
fn light_falls_on_a_bevel_as_on_a_slope() {
    // The left edge of a square, light from above: its slope is 0.9, 0.7 ... of a blur five pixels wide.
    let layer = Layer {
        style: Style {
            effects: vec![Effect::Bevel(Bevel {
                size: 5,
                angle: 90.0,
                ..bevel(BevelPlace::Inner)
            })],
            ..Style::default()
        },
        ..picture(Raster::filled(Size::new(40, 40), [50, 150, 150, 255]), (12, 12))
    };
    let got = on_ground(layer);
    for (x, slope) in [(12, 0.9_f64), (13, 0.7), (14, 0.5), (15, 0.3), (16, 0.1)] {
        let flat = 30_f64.to_radians().sin();
        let caught = flat / (1.0 + slope * slope).sqrt();
        let wanted = 150.0 * (1.0 - 0.75 * (flat - caught) / flat);
        let level = f64::from(got.pixel(x, 32).unwrap()[1]);
        assert!((wanted - level).abs() <= 1.0, "{x}: {wanted} {level}");
    }
}

#[test]
fn the_least_blur_is_of_two_pixels() {
    let of = |size| {
        on_ground(worn(vec![Effect::DropShadow(Shadow {
            size,
            spread: 0.0,
            ..shadow()
        })]))
    };
    assert_eq!(of(1), of(2));
    assert_ne!(of(0), of(1));
}

#[test]
fn text_with_effects_fades_as_text_does_without() {
    let text = |effects| {
        on_ground(Layer {
            fade: Fade::Text,
            opacity: Opacity::new(0.6).unwrap(),
            ..worn(effects)
        })
    };
    let unseen = Effect::DropShadow(Shadow {
        opacity: Opacity::new(0.0).unwrap(),
        ..shadow()
    });
    let (bare, dressed) = (text(vec![]), text(vec![unseen]));
    let pixels = bare
        .pixels()
        .as_flattened()
        .iter()
        .zip(dressed.pixels().as_flattened());
    for (at, (bare, dressed)) in pixels.enumerate() {
        assert!(bare.abs_diff(*dressed) <= 1, "at {at}: {bare} {dressed}");
    }
}

/// A rectangle of one colour at (12, 12) of the ground, with that bevel.
fn bevelled(width: u32, bevel: Bevel) -> Raster {
    on_ground(Layer {
        style: Style {
            effects: vec![Effect::Bevel(bevel)],
            ..Style::default()
        },
        ..picture(
            Raster::filled(Size::new(width, 40), [50, 150, 150, 255]),
            (12, 12),
        )
    })
}

#[test]
fn the_least_bevels_are_a_step_and_a_blur_of_two() {
    let of = |size, soften, depth| {
        bevelled(
            40,
            Bevel {
                size,
                soften,
                depth,
                angle: 90.0,
                ..bevel(BevelPlace::Inner)
            },
        )
    };
    // A step of one pixel between the pixels to both sides of the edge: a slope of a half.
    let wanted = 150.0 * (0.25 + 0.75 / 1.25_f64.sqrt());
    for depth in [0.01, 1.0] {
        let step = of(0, 0, depth);
        let level = f64::from(step.pixel(12, 32).unwrap()[1]);
        assert!((wanted - level).abs() <= 1.0, "{wanted} {level}");
        assert_eq!(step.pixel(13, 32), Some([50, 150, 150, 255]));
    }
    assert_eq!(of(1, 0, 1.0), of(2, 0, 1.0));
    assert_ne!(of(2, 0, 1.0), of(3, 0, 1.0));
    assert_eq!(of(4, 1, 1.0), of(4, 2, 1.0));
    assert_ne!(of(4, 2, 1.0), of(4, 0, 1.0));
}

#[test]
fn softened_light_and_shade_undo_each_other() {
    // Light changes nothing but red, and shade nothing but blue.
    let dye = |red, blue| Shading {
        colour: Rgb::new(red, 150, blue).into(),
        blend: BlendMode::Normal,
        opacity: Opacity::OPAQUE,
    };
    let bar = bevelled(
        7,
        Bevel {
            size: 4,
            soften: 6,
            angle: 0.0,
            highlight: dye(255, 150),
            shadow: dye(50, 0),
            ..bevel(BevelPlace::Inner)
        },
    );
    let seen = (12..19).map(|x| bar.pixel(x, 32).unwrap());
    let seen: Vec<_> = seen.map(|[red, _, blue, _]| (red > 50, blue < 150)).collect();
    assert_eq!(
        (seen[0], seen[6]),
        ((false, true), (true, false)),
        "lit from the right"
    );
    assert!(!seen.contains(&(true, true)), "{seen:?}");
}

#[test]
fn an_outer_bevel_ends_with_its_slope_however_soft() {
    let ground = Some([190, 200, 180, 255]);
    for (size, soften, wanted) in [(1, 0, 1), (6, 7, 5), (6, 0, 5)] {
        let outer = bevelled(
            40,
            Bevel {
                size,
                soften,
                angle: 0.0,
                ..bevel(BevelPlace::Outer)
            },
        );
        let far = (1..12).rev().find(|&out| outer.pixel(12 - out, 32) != ground);
        assert_eq!(far, Some(wanted), "{size} {soften}");
    }
}

#[test]
fn a_profile_over_half_the_slope_makes_it_twice_as_steep() {
    let of = |range: Option<f64>, depth| {
        let profile = range.map(|range| BevelProfile { contour: None, range });
        let inner = bevel(BevelPlace::Inner);
        bevelled(
            40,
            Bevel {
                profile,
                depth,
                ..inner
            },
        )
    };
    assert_eq!(of(Some(1.0), 1.0), of(None, 1.0));
    assert_ne!(of(Some(0.5), 1.0), of(None, 1.0));
    let (half, steep) = (of(Some(0.5), 1.0), of(None, 2.0));
    for (half, steep) in half.bytes().iter().zip(steep.bytes()) {
        assert!(half.abs_diff(*steep) <= 1, "{half} {steep}");
    }
}

#[test]
fn a_texture_is_as_deep_as_its_bevel_is_high() {
    // Ten levels lighter from column to column.
    let mut tile = Raster::new(Size::new(16, 1));
    for (level, pixel) in (0..).step_by(10).zip(tile.pixels_mut()) {
        *pixel = [level, level, level, 255];
    }
    let pattern = Pattern::new(Arc::new(Art::new(tile)), Point::default(), 1.0, 0.0).unwrap();
    let of = |place, depth| {
        let texture = BevelTexture {
            pattern: pattern.clone(),
            depth,
        };
        let pressed = Bevel {
            size: 6,
            angle: 180.0,
            texture: Some(texture),
            ..bevel(place)
        };
        bevelled(40, pressed)
    };
    // Lit from the left: what falls to the right lies in the shade, by how much less light it catches than flat ground.
    let slope = 6.0 * 10.0 / 255.0;
    let across = |slope: f64| (0.5 + slope * 30.0_f64.to_radians().cos()) / slope.hypot(1.0);
    let shade = 0.75 * (1.0 - across(-slope) / 0.5);
    let light = 0.75 * (across(slope) - 0.5) / 0.5;
    for (depth, wanted) in [(1.0, 150.0 - 150.0 * shade), (-1.0, 150.0 + 105.0 * light)] {
        let level = f64::from(of(BevelPlace::Inner, depth).pixel(40, 32).unwrap()[1]);
        assert!((wanted - level).abs() <= 1.0, "{wanted} {level}");
    }
    // It ends with the slope.
    let emboss = of(BevelPlace::Emboss, 1.0);
    assert_eq!(emboss.pixel(4, 32), of(BevelPlace::Emboss, 0.0).pixel(4, 32));
    assert_ne!(emboss.pixel(32, 32), of(BevelPlace::Emboss, 0.0).pixel(32, 32));
}

#[test]
fn each_effect_has_its_picture() {
    let stroke_of = |paint| StrokeEffect {
        paint,
        ..stroke(StrokePosition::Centre)
    };
    let across = |ramp| Gradient {
        shape: GradientShape::Linear,
        map: Projective([1.0 / 44.0, 0.0, -10.0 / 44.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        ramp,
        dither: false,
    };
    let dip = [(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)].map(|(x, y)| ContourPoint { x, y, corner: true });
    let pictures = [
        ("drop_shadow", worn(vec![Effect::DropShadow(shadow())])),
        (
            "drop_shadow_spread",
            worn(vec![Effect::DropShadow(Shadow {
                spread: 0.6,
                ..shadow()
            })]),
        ),
        (
            "drop_shadow_noise",
            worn(vec![Effect::DropShadow(Shadow {
                noise: 0.5,
                ..shadow()
            })]),
        ),
        ("inner_shadow", worn(vec![Effect::InnerShadow(shadow())])),
        ("outer_glow", worn(vec![Effect::OuterGlow(glow())])),
        (
            "outer_glow_precise",
            worn(vec![Effect::OuterGlow(Glow {
                technique: GlowTechnique::Precise,
                ..glow()
            })]),
        ),
        (
            "outer_glow_contour",
            worn(vec![Effect::OuterGlow(Glow {
                contour: Contour::new(&dip),
                ..glow()
            })]),
        ),
        (
            "outer_glow_of_a_ramp",
            worn(vec![Effect::OuterGlow(Glow {
                light: Light::Ramp(ramp()),
                blend: BlendMode::Normal,
                ..glow()
            })]),
        ),
        ("inner_glow", worn(vec![Effect::InnerGlow(glow())])),
        (
            "inner_glow_centre",
            worn(vec![Effect::InnerGlow(Glow {
                source: GlowSource::Centre,
                ..glow()
            })]),
        ),
        ("satin", worn(vec![Effect::Satin(satin())])),
        (
            "overlay_gradient",
            worn(vec![Effect::Overlay(Overlay {
                paint: Paint::Gradient(Arc::new(across(ramp()))),
                blend: BlendMode::Normal,
                opacity: Opacity::OPAQUE,
            })]),
        ),
        (
            "overlay_colour",
            worn(vec![Effect::Overlay(Overlay {
                paint: Paint::Solid(Rgb::new(230, 60, 40).into()),
                blend: BlendMode::Multiply,
                opacity: Opacity::from_byte(192),
            })]),
        ),
        (
            "overlay_pattern",
            worn(vec![Effect::Overlay(Overlay {
                paint: Paint::Pattern(Arc::new(checks())),
                blend: BlendMode::Normal,
                opacity: Opacity::OPAQUE,
            })]),
        ),
        (
            "stroke_outside",
            worn(vec![Effect::Stroke(stroke(StrokePosition::Outside))]),
        ),
        (
            "stroke_inside",
            worn(vec![Effect::Stroke(stroke(StrokePosition::Inside))]),
        ),
        (
            "stroke_of_a_gradient",
            worn(vec![Effect::Stroke(stroke_of(StrokePaint::Paint(
                Paint::Gradient(Arc::new(across(ramp()))),
            )))]),
        ),
        (
            "stroke_burst",
            worn(vec![Effect::Stroke(StrokeEffect {
                size: 10.0,
                ..stroke_of(StrokePaint::Burst(ramp()))
            })]),
        ),
        (
            "stroke_half_opaque_in_its_layers_place",
            Layer {
                fill: Opacity::from_byte(200),
                ..worn(vec![
                    Effect::DropShadow(shadow()),
                    Effect::Stroke(StrokeEffect {
                        opacity: Opacity::from_byte(128),
                        ..stroke(StrokePosition::Centre)
                    }),
                ])
            },
        ),
        ("bevel_inner", worn(vec![Effect::Bevel(bevel(BevelPlace::Inner))])),
        (
            "bevel_softened",
            worn(vec![Effect::Bevel(Bevel {
                soften: 8,
                ..bevel(BevelPlace::Inner)
            })]),
        ),
        (
            "bevel_of_no_size",
            worn(vec![Effect::Bevel(Bevel {
                size: 0,
                ..bevel(BevelPlace::Inner)
            })]),
        ),
        (
            "bevel_with_a_texture",
            worn(vec![Effect::Bevel(Bevel {
                texture: Some(BevelTexture {
                    pattern: checks(),
                    depth: 0.5,
                }),
                ..bevel(BevelPlace::Inner)
            })]),
        ),
        (
            "bevel_with_a_small_texture",
            worn(vec![Effect::Bevel(Bevel {
                texture: Some(BevelTexture {
                    pattern: Pattern::new(checks().tile, Point::new(3.0, 5.0), 0.5, 0.0).unwrap(),
                    depth: 0.5,
                }),
                ..bevel(BevelPlace::Emboss)
            })]),
        ),
        (
            "bevel_with_a_profile",
            worn(vec![Effect::Bevel(Bevel {
                profile: Some(BevelProfile {
                    contour: Contour::new(&dip),
                    range: 0.5,
                }),
                ..bevel(BevelPlace::Inner)
            })]),
        ),
        ("bevel_outer", worn(vec![Effect::Bevel(bevel(BevelPlace::Outer))])),
        (
            "bevel_emboss",
            worn(vec![Effect::Bevel(bevel(BevelPlace::Emboss))]),
        ),
        (
            "bevel_pillow",
            worn(vec![Effect::Bevel(bevel(BevelPlace::Pillow))]),
        ),
        (
            "bevel_of_a_stroke",
            worn(vec![
                Effect::Stroke(StrokeEffect {
                    size: 8.0,
                    ..stroke(StrokePosition::Outside)
                }),
                Effect::Bevel(bevel(BevelPlace::Stroke(StrokePosition::Outside, 8.0))),
            ]),
        ),
        (
            "bevel_chiselled",
            worn(vec![Effect::Bevel(Bevel {
                technique: BevelTechnique::ChiselHard,
                ..bevel(BevelPlace::Inner)
            })]),
        ),
        (
            "several_at_half_opacity",
            Layer {
                opacity: Opacity::from_byte(128),
                ..worn(vec![
                    Effect::DropShadow(shadow()),
                    Effect::OuterGlow(glow()),
                    Effect::InnerShadow(shadow()),
                    Effect::Stroke(stroke(StrokePosition::Outside)),
                ])
            },
        ),
    ];
    for (name, layer) in pictures {
        let picture = on_ground(layer);
        golden!(&format!("effect/{name}"), Tolerance::EXACT, || shown(&picture));
    }
}

fn shown(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

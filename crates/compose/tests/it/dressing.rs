//! Any style there is, for the laws.

use std::sync::Arc;

use marquetry_compose::{
    Art, Bevel, BevelPlace, BevelProfile, BevelTechnique, BevelTexture, ColourStop, Contour, ContourPoint,
    Effect, Glow, GlowSource, GlowTechnique, Interior, Light, Mixing, Overlay, Pattern, Ramp, Satin, Shading,
    Shadow, StrokeEffect, StrokePaint, StrokePosition, Style,
};
use marquetry_pixel::{BlendMode, DeepRgb, Opacity, Point, Raster, Rgb, Size};
use proptest::prelude::*;

use crate::laws::{masks, mode, paint, share};

fn contour() -> impl Strategy<Value = Option<Contour>> {
    let point = (0.0..=1.0f64, 0.0..=1.0f64, any::<bool>());
    let point = point.prop_map(|(x, y, corner)| ContourPoint { x, y, corner });
    proptest::collection::vec(point, 0..4).prop_map(|points| Contour::new(&points))
}

fn colour() -> impl Strategy<Value = DeepRgb> {
    any::<[u8; 3]>().prop_map(|[red, green, blue]| Rgb::new(red, green, blue).into())
}

/// What every effect has: mode, opacity, offset, size, spread, contour, noise.
type Looks = (BlendMode, Opacity, (i32, i32), u32, f64, Option<Contour>, f64);

fn looks() -> impl Strategy<Value = Looks> {
    let noise = prop_oneof![3 => Just(0.0), 1 => 0.0..1.0f64];
    let offset = (-9i32..9, -9i32..9);
    (mode(), share(), offset, 0u32..12, 0.0..=1.0f64, contour(), noise)
}

pub(crate) fn effect() -> impl Strategy<Value = Effect> {
    let shadow = (looks(), colour(), any::<bool>()).prop_map(
        |((blend, opacity, offset, size, spread, contour, noise), colour, conceals)| Shadow {
            colour,
            blend,
            opacity,
            offset,
            size,
            spread,
            contour,
            noise,
            conceals,
        },
    );
    let glow = (looks(), colour(), any::<[bool; 2]>(), 0.0..=1.0f64).prop_map(
        |((blend, opacity, _, size, spread, contour, noise), colour, [precise, centre], range)| Glow {
            light: if precise && centre {
                let stops = [Rgb::new(9, 9, 9).into(), colour].map(|colour| ColourStop {
                    at: f64::from(colour.red) / 255.0,
                    midpoint: 0.5,
                    colour,
                });
                Light::Ramp(Arc::new(Ramp::new(&stops, &[], 1.0, Mixing::Classic)))
            } else {
                Light::Colour(colour)
            },
            blend,
            opacity,
            technique: if precise {
                GlowTechnique::Precise
            } else {
                GlowTechnique::Softer
            },
            source: if centre {
                GlowSource::Centre
            } else {
                GlowSource::Edge
            },
            size,
            spread,
            range,
            contour,
            noise,
            jitter: noise,
        },
    );
    let satin = (looks(), colour(), any::<bool>()).prop_map(
        |((blend, opacity, offset, size, _, contour, _), colour, invert)| Satin {
            colour,
            blend,
            opacity,
            offset,
            size,
            contour,
            invert,
        },
    );
    let position = || {
        prop_oneof![
            Just(StrokePosition::Outside),
            Just(StrokePosition::Inside),
            Just(StrokePosition::Centre)
        ]
    };
    let stroke = (looks(), paint(), position(), 0.0..9.0f64, any::<bool>()).prop_map(
        |((blend, opacity, ..), paint, position, size, overprint)| StrokeEffect {
            paint: StrokePaint::Paint(paint),
            blend,
            opacity,
            position,
            size,
            overprint,
        },
    );
    let place = prop_oneof![
        Just(BevelPlace::Inner),
        Just(BevelPlace::Outer),
        Just(BevelPlace::Emboss),
        Just(BevelPlace::Pillow),
        (position(), 0.0..9.0f64).prop_map(|(position, size)| BevelPlace::Stroke(position, size)),
    ];
    let technique = prop_oneof![
        Just(BevelTechnique::Smooth),
        Just(BevelTechnique::ChiselHard),
        Just(BevelTechnique::ChiselSoft)
    ];
    let profile = (contour(), 0.0..=1.0f64).prop_map(|(contour, range)| BevelProfile { contour, range });
    let texture = (
        proptest::collection::vec(any::<u8>(), 16..=16),
        0.2..3.0f64,
        -2.0..2.0f64,
    );
    let texture = texture.prop_map(|(tile, scale, depth)| {
        let tile = Raster::from_bytes(Size::new(2, 2), tile).unwrap();
        let origin = Point::new(scale * 7.0, -depth);
        let pattern = Pattern::new(Arc::new(Art::new(tile)), origin, scale, 0.0).unwrap();
        BevelTexture { pattern, depth }
    });
    let cut = (
        technique,
        proptest::option::of(profile),
        proptest::option::of(texture),
    );
    let bevel = (looks(), colour(), place, cut, -3.0..3.0f64, 0.0..360.0f64).prop_map(
        |(
            (blend, opacity, (soften, altitude), size, ..),
            colour,
            place,
            (technique, profile, texture),
            depth,
            angle,
        )| {
            let shading = Shading {
                colour,
                blend,
                opacity,
            };
            Bevel {
                place,
                technique,
                depth,
                size,
                soften: soften.unsigned_abs(),
                angle,
                altitude: f64::from(altitude.abs() * 10),
                gloss: None,
                highlight: shading,
                shadow: shading,
                profile,
                texture,
            }
        },
    );
    let overlay = (looks(), paint()).prop_map(|((blend, opacity, ..), paint)| Overlay {
        paint,
        blend,
        opacity,
    });
    prop_oneof![
        (shadow, any::<bool>()).prop_map(|(shadow, inner)| {
            if inner {
                Effect::InnerShadow(shadow)
            } else {
                Effect::DropShadow(shadow)
            }
        }),
        (glow, any::<bool>()).prop_map(|(glow, inner)| {
            if inner {
                Effect::InnerGlow(glow)
            } else {
                Effect::OuterGlow(glow)
            }
        }),
        satin.prop_map(Effect::Satin),
        stroke.prop_map(Effect::Stroke),
        bevel.prop_map(Effect::Bevel),
        overlay.prop_map(Effect::Overlay),
    ]
}

/// Most nodes wear nothing.
pub(crate) fn style() -> impl Strategy<Value = Style> {
    let effects = proptest::collection::vec(effect(), 1..3);
    let outline = prop_oneof![3 => Just(None), 1 => masks().prop_map(Some)];
    let worn =
        (effects, any::<bool>(), masks(), outline).prop_map(|(effects, together, veil, outline)| Style {
            effects,
            interior: if together {
                Interior::Together
            } else {
                Interior::Separately
            },
            veil,
            outline,
            ..Style::default()
        });
    prop_oneof![2 => Just(Style::default()), 1 => worn]
}

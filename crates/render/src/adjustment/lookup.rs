//! Adjustments that look colours up: gradient maps and colour lookups.

use marquetry_compose::{ColourStop, Cube, Mixing, Ramp};
use marquetry_pixel::{Rgb, share_to_byte};
use marquetry_psd::adjustment::{ColorLookup, GradientMap};
use marquetry_psd::gradient::{GradientColors, GradientMethod, StopColor};

use super::{cube_file, link};
use crate::colour::to_rgb;

/// Greys to colours of the gradient. `None` for a gradient of noise, whose numbers only Photoshop
/// knows, and one whose colours are of no known space.
///
/// What the file calls smooth is even steps of Oklab's lightness: grey 128 between black and white
/// becomes 100, as Photoshop draws it. Dithering is left out.
pub(super) fn gradient(map: &GradientMap) -> Option<Box<[[u8; 3]; 256]>> {
    let GradientColors::Solid {
        smoothness, stops, ..
    } = &map.gradient.colors
    else {
        return None;
    };
    let stops = stops
        .iter()
        .map(|stop| {
            let colour = match &stop.color {
                StopColor::Own(colour) => to_rgb(colour.as_ref()?)?,
                StopColor::Background => Rgb::new(255, 255, 255),
                _ => Rgb::default(),
            };
            Some(ColourStop {
                at: stop.location,
                midpoint: stop.midpoint,
                colour: colour.into(),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let mixing = match map.method {
        GradientMethod::Perceptual | GradientMethod::Smooth => Mixing::Perceptual,
        GradientMethod::Linear => Mixing::Linear,
        GradientMethod::Stripes => Mixing::Stripes,
        _ => Mixing::Classic,
    };
    let ramp = Ramp::new(&stops, &[], *smoothness, mixing);
    let ramp = if map.reverse { ramp.reversed() } else { ramp };
    let mut table = Box::new([[0; 3]; 256]);
    for (grey, out) in (0..=255_u8).zip(table.iter_mut()) {
        let [red, green, blue, _] = ramp.at(f64::from(grey) / 255.0);
        *out = [red, green, blue].map(share_to_byte);
    }
    Some(table)
}

/// The table of a colour lookup; `None` when neither its file nor its profile can be read.
pub(super) fn cube(table: &ColorLookup) -> Option<Cube> {
    let text = table.table.as_deref().and_then(cube_file::read);
    text.or_else(|| table.profile.as_deref().and_then(link::read))
}

#[cfg(test)]
mod tests {
    use marquetry_psd::color::Color;
    use marquetry_psd::gradient::{ColorStop, Gradient};

    use super::*;

    fn black_to_white(method: GradientMethod, reverse: bool) -> Box<[[u8; 3]; 256]> {
        let stop = |location, level| ColorStop {
            location,
            midpoint: 0.5,
            color: StopColor::Own(Some(Color::Rgb([level; 3]))),
        };
        gradient(&GradientMap {
            reverse,
            dither: false,
            method,
            gradient: Gradient {
                name: String::new(),
                colors: GradientColors::Solid {
                    smoothness: 0.0,
                    stops: vec![stop(0.0, 0.0), stop(1.0, 255.0)],
                    transparency: Vec::new(),
                },
            },
        })
        .unwrap()
    }

    #[test]
    fn greys_walk_along_the_gradient() {
        let plain = black_to_white(GradientMethod::Classic, false);
        assert_eq!(
            [0, 128, 255].map(|at: usize| plain[at]),
            [[0; 3], [128; 3], [255; 3]]
        );
        let back = black_to_white(GradientMethod::Classic, true);
        assert_eq!(back[55], [200; 3]);
        // As Photoshop draws it.
        assert_eq!(black_to_white(GradientMethod::Smooth, false)[128], [100; 3]);
    }
}

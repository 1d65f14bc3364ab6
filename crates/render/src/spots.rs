//! Documents of spot channels only (multichannel): each channel an ink, printed over the others.

use marquetry_pixel::{Raster, Rgb};
use marquetry_psd::Document;
use marquetry_psd::color::Color;

use crate::colour::to_rgb;
use crate::space::times;

/// An ink and how it covers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    colour: Rgb,
    /// Per cent: how far full ink hides what was printed before.
    solidity: u8,
}

/// Prints the channels of a multichannel document on white paper, one after the other; a sample of 255
/// is no ink.
pub(crate) fn overprint(document: &Document, planes: impl Iterator<Item = Vec<u8>>, onto: &mut Raster) {
    for pixel in onto.pixels_mut() {
        *pixel = [255; 4];
    }
    let count = usize::from(document.header().channels);
    let displays = document.resources().channel_displays().unwrap_or_default();
    for (at, plane) in planes.enumerate() {
        let known = displays.get(at).and_then(|display| {
            Some(Spot {
                colour: to_rgb(display.color.as_ref()?)?,
                solidity: u8::try_from(display.opacity).unwrap_or(100),
            })
        });
        print(known.unwrap_or_else(|| guess(at, count)), &plane, onto);
    }
}

/// Inks that nobody described: process colours where there are enough of them, black otherwise.
fn guess(at: usize, count: usize) -> Spot {
    let mut inks = [0.0; 4];
    inks[if count >= 3 { at.min(3) } else { 3 }] = 100.0;
    Spot {
        colour: to_rgb(&Color::Cmyk(inks)).unwrap_or_default(),
        solidity: 0,
    }
}

fn print(spot: Spot, plane: &[u8], onto: &mut Raster) {
    let Spot { colour, solidity } = spot;
    let full = [colour.red, colour.green, colour.blue];
    for (pixel, &paper) in onto.pixels_mut().iter_mut().zip(plane) {
        for (below, ink) in pixel.iter_mut().zip(full) {
            // Light passes the ink twice, or meets it and turns back.
            let through = times(*below, mix(ink, 255, paper));
            let hidden = mix(ink, *below, paper);
            *below = percent(through, hidden, solidity);
        }
    }
}

/// `first` where `share` is 0, `second` where it is 255.
fn mix(first: u8, second: u8, share: u8) -> u8 {
    let sum = u32::from(first) * u32::from(255 - share) + u32::from(second) * u32::from(share);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

/// `first` at 0 %, `second` at 100 %.
fn percent(first: u8, second: u8, share: u8) -> u8 {
    let share = u32::from(share.min(100));
    let sum = u32::from(first) * (100 - share) + u32::from(second) * share;
    u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn transparent_inks_multiply_and_solid_ones_hide() {
        let paper = || Raster::filled(Size::new(1, 1), [255; 4]);
        let cyan = guess(0, 4);
        let yellow = guess(2, 4);
        let mut green = paper();
        print(cyan, &[0], &mut green);
        print(yellow, &[0], &mut green);
        assert_eq!(green.pixels(), [[0, 255, 0, 255]]);
        print(
            Spot {
                solidity: 100,
                ..yellow
            },
            &[0],
            &mut green,
        );
        assert_eq!(green.pixels(), [[255, 255, 0, 255]]);
        // Half the ink is half the way; no ink leaves all as it was.
        let mut half = paper();
        print(cyan, &[127], &mut half);
        print(yellow, &[255], &mut half);
        assert_eq!(half.pixels(), [[127, 255, 255, 255]]);
    }
}

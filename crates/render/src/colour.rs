//! Colours of descriptors in any space to RGB, by the plain formula of each space.

use marquetry_pixel::{Rgb, nearest_byte};
use marquetry_psd::color::Color;

/// `None` for a named ink, whose look only its book knows.
pub(crate) fn to_rgb(colour: &Color) -> Option<Rgb> {
    let [red, green, blue] = match *colour {
        Color::Rgb(parts) => parts,
        Color::Hsb([hue, saturation, brightness]) => hsb(hue, saturation / 100.0, brightness / 100.0),
        Color::Cmyk([cyan, magenta, yellow, black]) => {
            [cyan, magenta, yellow].map(|ink| 255.0 * (1.0 - ink / 100.0) * (1.0 - black / 100.0))
        }
        Color::Gray(ink) => [255.0 * (1.0 - ink / 100.0); 3],
        Color::Lab([l, a, b]) => {
            let [red, green, blue] = crate::lab::lab_to_srgb(l, a, b);
            return Some(Rgb::new(red, green, blue));
        }
        _ => return None,
    };
    Some(Rgb::new(
        nearest_byte(red),
        nearest_byte(green),
        nearest_byte(blue),
    ))
}

/// Hue in degrees, saturation and brightness `0.0..=1.0`, to `0.0..=255.0`.
pub(crate) fn hsb(hue: f64, saturation: f64, brightness: f64) -> [f64; 3] {
    [5.0, 3.0, 1.0].map(|offset| {
        let k = (offset + hue.rem_euclid(360.0) / 60.0) % 6.0;
        255.0 * (brightness - brightness * saturation * k.min(4.0 - k).clamp(0.0, 1.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_space_has_its_red() {
        let red = Some(Rgb::new(255, 0, 0));
        assert_eq!(to_rgb(&Color::Rgb([255.0, 0.0, 0.0])), red);
        assert_eq!(to_rgb(&Color::Hsb([360.0, 100.0, 100.0])), red);
        assert_eq!(to_rgb(&Color::Cmyk([0.0, 100.0, 100.0, 0.0])), red);
        assert_eq!(to_rgb(&Color::Gray(0.0)), Some(Rgb::new(255, 255, 255)));
        assert_eq!(
            to_rgb(&Color::Hsb([240.0, 50.0, 100.0])),
            Some(Rgb::new(128, 128, 255))
        );
    }
}

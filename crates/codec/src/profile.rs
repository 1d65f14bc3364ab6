//! Embedded ICC profiles: pixels in any described space become sRGB, the space of everything after.

use marquetry_pixel::Raster;
use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformOptions};

/// What a profile was found to be good for.
#[derive(Debug)]
pub(crate) enum Applied {
    /// The pixels were converted.
    Converted,
    /// The profile means sRGB to within one level, so nothing had to be done.
    AlreadySrgb,
}

/// Rows are converted through a buffer of this many pixels, so no second picture is needed.
const CHUNK: usize = 4096;

/// Converts straight RGBA from the space of `icc` to sRGB, in place. Alpha stays.
///
/// Relative colorimetric, as Photoshop converts by default (without its black point compensation,
/// which changes nothing between matrix profiles). On an error the pixels are as they were.
pub(crate) fn to_srgb(raster: &mut Raster, icc: &[u8]) -> Result<Applied, String> {
    let profile = read(icc)?;
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    };
    let srgb = ColorProfile::new_srgb();
    match profile.color_space {
        DataColorSpace::Rgb => {
            let transform = profile
                .create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options)
                .map_err(words)?;
            if is_identity(|from, to| transform.transform(from, to).map_err(words))? {
                return Ok(Applied::AlreadySrgb);
            }
            let mut from = vec![0; CHUNK * Raster::SAMPLES];
            for to in raster.bytes_mut().chunks_mut(CHUNK * Raster::SAMPLES) {
                let from = &mut from[..to.len()];
                from.copy_from_slice(to);
                transform.transform(from, to).map_err(words)?;
            }
        }
        DataColorSpace::Gray => {
            let transform = profile
                .create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, options)
                .map_err(words)?;
            // Grey has 256 values: asking for each of them once is all the conversion there is.
            let greys: Vec<u8> = (0..=255).collect();
            let mut table = [[0u8; 3]; 256];
            transform
                .transform(&greys, table.as_flattened_mut())
                .map_err(words)?;
            for pixel in raster.pixels_mut() {
                let [red, green, blue] = table[usize::from(pixel[0])];
                *pixel = [red, green, blue, pixel[3]];
            }
        }
        other => return Err(format!("a profile of {other:?} on a picture of grey or RGB")),
    }
    Ok(Applied::Converted)
}

/// Converts CMYK (0 is no ink) to opaque sRGB through `icc`; `inks` and the pixels of `raster` go
/// together one to one. On an error the pixels may be partly written.
///
/// Perceptual, because printing profiles put the mapping of ink black to screen black there.
pub(crate) fn cmyk_to_srgb(inks: &[u8], raster: &mut Raster, icc: &[u8]) -> Result<(), String> {
    let profile = read(icc)?;
    if profile.color_space != DataColorSpace::Cmyk {
        return Err(format!(
            "a profile of {:?} on a picture of CMYK",
            profile.color_space
        ));
    }
    let options = TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        ..TransformOptions::default()
    };
    // Four samples a pixel: the layout is named after the commonest meaning of four.
    let transform = profile
        .create_transform_8bit(Layout::Rgba, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .map_err(words)?;
    let mut rgb = vec![0; CHUNK * 3];
    for (from, to) in inks.chunks(CHUNK * 4).zip(raster.pixels_mut().chunks_mut(CHUNK)) {
        let rgb = &mut rgb[..to.len() * 3];
        transform.transform(from, rgb).map_err(words)?;
        for (pixel, &[red, green, blue]) in to.iter_mut().zip(rgb.as_chunks().0) {
            *pixel = [red, green, blue, 255];
        }
    }
    Ok(())
}

fn read(icc: &[u8]) -> Result<ColorProfile, String> {
    ColorProfile::new_from_slice(icc).map_err(words)
}

fn words(error: moxcms::CmsError) -> String {
    error.to_string()
}

/// Whether a transform leaves a 9x9x9 grid of colours where it was, to within one level. Most tagged
/// pictures are tagged sRGB, and there are dozens of sRGB profiles with different bytes.
fn is_identity(transform: impl Fn(&[u8], &mut [u8]) -> Result<(), String>) -> Result<bool, String> {
    const STEPS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    let mut grid = Vec::with_capacity(9 * 9 * 9 * 4);
    for red in STEPS {
        for green in STEPS {
            for blue in STEPS {
                grid.extend([red, green, blue, 255]);
            }
        }
    }
    let mut out = vec![0; grid.len()];
    transform(&grid, &mut out)?;
    Ok(grid.iter().zip(&out).all(|(a, b)| a.abs_diff(*b) <= 1))
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn srgb_is_recognised_and_display_p3_is_not() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        // 5000 pixels: more than one chunk.
        let mut raster = Raster::filled(Size::new(100, 50), [200, 100, 50, 77]);
        let before = raster.clone();
        assert!(matches!(to_srgb(&mut raster, &srgb), Ok(Applied::AlreadySrgb)));
        assert_eq!(raster, before);
        assert!(matches!(to_srgb(&mut raster, &p3), Ok(Applied::Converted)));
        // P3 (200, 100, 50) is a stronger red than sRGB's: red rises, the others fall; alpha stays.
        let [red, green, blue, alpha] = raster.pixel(99, 49).unwrap();
        assert!(
            red > 204 && green < 99 && blue < 45 && alpha == 77,
            "{red} {green} {blue} {alpha}"
        );
    }

    #[test]
    fn a_broken_profile_is_refused_and_changes_nothing() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        for cut in [0, 1, 64, 127, 128, 200, p3.len() / 2] {
            let mut raster = Raster::filled(Size::new(2, 2), [200, 100, 50, 255]);
            if to_srgb(&mut raster, &p3[..cut]).is_err() {
                assert_eq!(raster.pixel(0, 0), Some([200, 100, 50, 255]));
            }
        }
        let mut raster = Raster::new(Size::new(1, 1));
        assert!(to_srgb(&mut raster, b"not a profile").is_err());
        let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        assert!(cmyk_to_srgb(&[0; 4], &mut raster, &grey).is_err());
    }

    #[test]
    fn a_grey_profile_goes_through_its_curve() {
        let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let mut raster = Raster::filled(Size::new(2, 1), [55, 55, 55, 9]);
        to_srgb(&mut raster, &linear).unwrap();
        // 55/255 of the light is 0.504 once encoded.
        let [red, green, blue, alpha] = raster.pixel(1, 0).unwrap();
        assert!(
            red.abs_diff(128) <= 2 && green == red && blue == red && alpha == 9,
            "{red} {green} {blue}"
        );
    }
}

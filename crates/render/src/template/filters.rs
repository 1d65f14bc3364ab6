//! Colours of a picture changed as the filter functions of CSS change them (Filter Effects Level 1), in
//! the order of the members; then the tint.

use marquetry_codec::{CodecError, Scaling, resize};
use marquetry_pixel::{Raster, Size, narrow, nearest_byte};
use marquetry_template::{Colour, FilledImage, Filter};

use crate::adjust::blur;

/// Blurs wider than this are made on a smaller copy: nobody sees the difference.
const WIDE: f64 = 32.0;

/// Whether anything is to be done.
pub(super) fn changes(image: &FilledImage) -> bool {
    image.filter != Filter::NONE || image.tint.is_some()
}

/// How far a blur can be seen, in pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped first; NaN becomes 0"
)]
pub(super) fn reach(sigma: f64) -> u32 {
    (sigma * 3.0).ceil().clamp(0.0, 12_000.0) as u32
}

/// Grey of a colour, by the weights that the specification has for it.
pub(super) fn lightness([red, green, blue]: [f32; 3]) -> f32 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Changes the pixels of a picture; the blur's standard deviation is in pixels of it.
pub(super) fn apply(raster: &mut Raster, image: &FilledImage, sigma: f64) -> Result<(), CodecError> {
    let filter = &image.filter;
    let [grey, light, contrast, saturation] = [
        filter.grayscale.get(),
        filter.brightness.get(),
        filter.contrast.get(),
        filter.saturation.get(),
    ]
    .map(narrow);
    let coloured = grey > 0.0 || light != 1.0 || contrast != 1.0 || saturation != 1.0;
    if coloured {
        for pixel in raster.pixels_mut() {
            let [red, green, blue, _] = *pixel;
            let mut colour = [red, green, blue].map(f32::from);
            let mix = |colour: [f32; 3], from: f32, keep: f32| {
                colour.map(|sample| (from + (sample - from) * keep).clamp(0.0, 255.0))
            };
            colour = mix(colour, lightness(colour), 1.0 - grey);
            colour = mix(colour, 0.0, light);
            colour = mix(colour, 127.5, contrast);
            colour = mix(colour, lightness(colour), saturation);
            pixel[..3].copy_from_slice(&colour.map(nearest_byte));
        }
    }
    if sigma > 0.0 {
        soften(raster, sigma)?;
    }
    if let Some(tint) = image.tint {
        multiply(raster, tint);
    }
    Ok(())
}

fn soften(raster: &mut Raster, sigma: f64) -> Result<(), CodecError> {
    let mut times = 1_u32;
    while sigma / f64::from(times) > WIDE {
        times *= 2;
    }
    if times == 1 {
        *raster = blur(raster, sigma);
        return Ok(());
    }
    let size = raster.size();
    let small = Size::new(size.width.div_ceil(times), size.height.div_ceil(times));
    let small = resize(raster, small, Scaling::Linear)?;
    *raster = resize(&blur(&small, sigma / f64::from(times)), size, Scaling::Linear)?;
    Ok(())
}

/// Multiplied as far as the tint covers.
fn multiply(raster: &mut Raster, tint: Colour) {
    let share = f32::from(tint.alpha) / 255.0;
    let table = |tint: u8| -> [u8; 256] {
        let keep = 1.0 - share + share * f32::from(tint) / 255.0;
        std::array::from_fn(|at| nearest_byte(narrow(f64::from(u32::try_from(at).unwrap_or(0))) * keep))
    };
    let tables = [tint.rgb.red, tint.rgb.green, tint.rgb.blue].map(table);
    for pixel in raster.pixels_mut() {
        for (sample, table) in pixel.iter_mut().zip(&tables) {
            *sample = table[usize::from(*sample)];
        }
    }
}

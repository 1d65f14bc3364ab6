//! Four stored samples to CMYK, and CMYK without a profile to screen colours.

use marquetry_pixel::Raster;

/// How four inks are stored in a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inks {
    /// 0 is no ink.
    Cmyk,
    /// 255 is no ink: what Photoshop writes, and says with its own segment.
    InvertedCmyk,
    /// The same, with the first three turned to luma and chroma (Adobe's transform 2).
    InvertedYcck,
}

/// Turns the samples, in place, to CMYK with 0 for no ink.
pub(crate) fn to_cmyk(samples: &mut [u8], inks: Inks) {
    match inks {
        Inks::Cmyk => {}
        Inks::InvertedCmyk => samples.iter_mut().for_each(|sample| *sample = 255 - *sample),
        Inks::InvertedYcck => {
            for pixel in samples.as_chunks_mut::<4>().0 {
                // JFIF's YCbCr gives "red, green, blue", which here are the inks C, M, Y themselves:
                // YCCK is made from 255 - C, and Photoshop's C is 255 - ink already.
                let [luma, cb, cr, key] = pixel.map(i32::from);
                let (cb, cr) = (cb - 128, cr - 128);
                // Factors 1.402, 0.344136, 0.714136 and 1.772 in 16 binary places.
                let cyan = luma + ((91_881 * cr + 32_768) >> 16);
                let magenta = luma - ((22_554 * cb + 46_802 * cr + 32_767) >> 16);
                let yellow = luma + ((116_130 * cb + 32_768) >> 16);
                *pixel = [cyan, magenta, yellow, 255 - key].map(to_u8);
            }
        }
    }
}

/// Paper white, less what each ink and black take away: `(1 - ink)(1 - black)`. Brighter than print,
/// and what every viewer without colour management shows.
pub(crate) fn multiply_out(cmyk: &[u8], raster: &mut Raster) {
    for (to, &[cyan, magenta, yellow, key]) in raster.pixels_mut().iter_mut().zip(cmyk.as_chunks().0) {
        let left = |ink: u8| {
            let product = i32::from(255 - ink) * i32::from(255 - key) + 128;
            to_u8((product + (product >> 8)) >> 8)
        };
        *to = [left(cyan), left(magenta), left(yellow), 255];
    }
}

fn to_u8(value: i32) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn the_three_ways_of_storing_agree() {
        // Full cyan with half black.
        let mut plain = [255, 0, 0, 128];
        let mut inverted = [0, 255, 255, 127];
        // Luma and chroma of (C, M, Y) = (255, 0, 0): JFIF's red.
        let mut ycck = [76, 85, 255, 127];
        to_cmyk(&mut plain, Inks::Cmyk);
        to_cmyk(&mut inverted, Inks::InvertedCmyk);
        to_cmyk(&mut ycck, Inks::InvertedYcck);
        assert_eq!(plain, inverted);
        for (a, b) in plain.iter().zip(&ycck) {
            assert!(a.abs_diff(*b) <= 1, "{plain:?} {ycck:?}");
        }
        let mut raster = Raster::new(Size::new(1, 1));
        multiply_out(&plain, &mut raster);
        assert_eq!(raster.pixel(0, 0), Some([0, 127, 127, 255]));
    }
}

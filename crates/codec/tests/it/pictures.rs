//! Pictures to encode, and how far apart two of them are.

use marquetry_pixel::{Raster, Size};

fn byte(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap()
}

/// Something like a mockup: a soft gradient with a little grain, flat shapes with hard coloured edges.
pub(crate) fn scenery(width: u32, height: u32) -> Raster {
    let mut raster = Raster::new(Size::new(width, height));
    let mut seed = 0x2545_f491_u32;
    for y in 0..height {
        for x in 0..width {
            // xorshift, for grain that is the same everywhere.
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            let grain = seed % 7;
            let (u, v) = (x * 200 / width, y * 200 / height);
            let pixel = if (40..90).contains(&u) && (40..90).contains(&v) {
                [200, 30, 40, 255]
            } else if (u + v) % 60 < 12 {
                [20, 60, 160, 255]
            } else {
                [
                    byte(30 + u + grain),
                    byte(40 + v + grain),
                    byte(120 + (u + v) / 4),
                    255,
                ]
            };
            raster.pixels_mut()[(y * width + x) as usize] = pixel;
        }
    }
    raster
}

/// The same with a soft round hole.
pub(crate) fn scenery_with_hole(width: u32, height: u32) -> Raster {
    let mut raster = scenery(width, height);
    let (centre_x, centre_y) = (i64::from(width / 2), i64::from(height / 2));
    let reach = centre_x.min(centre_y).pow(2).max(1);
    for y in 0..i64::from(height) {
        for x in 0..i64::from(width) {
            let away = (x - centre_x).pow(2) + (y - centre_y).pow(2);
            let alpha = u8::try_from((away * 400 / reach - 60).clamp(0, 255)).unwrap();
            let at = usize::try_from(y * i64::from(width) + x).unwrap();
            raster.pixels_mut()[at][3] = alpha;
        }
    }
    raster
}

/// Peak signal to noise ratio in decibels over red, green and blue.
pub(crate) fn psnr(a: &Raster, b: &Raster) -> f64 {
    assert_eq!(a.size(), b.size());
    let mut sum = 0.0;
    for (a, b) in a.pixels().iter().zip(b.pixels()) {
        for (a, b) in a.iter().zip(b).take(3) {
            sum += (f64::from(*a) - f64::from(*b)).powi(2);
        }
    }
    let samples = u32::try_from(a.size().pixels() * 3).unwrap();
    10.0 * (255.0 * 255.0 * f64::from(samples) / sum.max(1e-9)).log10()
}

/// The largest difference of any sample.
pub(crate) fn farthest(a: &Raster, b: &Raster) -> u8 {
    assert_eq!(a.size(), b.size());
    a.bytes()
        .iter()
        .zip(b.bytes())
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}

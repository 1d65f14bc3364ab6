//! Conversions of 16 bits a sample, for pictures that are not finished.
//!
//! A byte of a wide gamut is up to four steps of sRGB in the dark, so what is converted into such a space
//! to be blended there, and back to be shown, would be rounded twice where it hurts.

use std::sync::{Arc, OnceLock};

use marquetry_pixel::{DeepRaster, Raster, Sample};
use moxcms::{ColorProfile, Layout, Transform16BitExecutor, TransformOptions};

use super::{CHUNK, GreyProfile, RgbProfile, fenced, relative};

/// The ways to sRGB and back, each made when it is first gone: their tables take longer than most
/// conversions of bytes.
pub(super) struct Transforms {
    profile: ColorProfile,
    to_srgb: OnceLock<Option<Arc<Transform16BitExecutor>>>,
    from_srgb: OnceLock<Option<Arc<Transform16BitExecutor>>>,
}

impl Transforms {
    pub(super) fn new(profile: &ColorProfile) -> Self {
        Self {
            profile: profile.clone(),
            to_srgb: OnceLock::new(),
            from_srgb: OnceLock::new(),
        }
    }
}

/// `None` when there is no such way.
fn between(from: &ColorProfile, to: &ColorProfile) -> Option<Arc<Transform16BitExecutor>> {
    let options = TransformOptions {
        // Fixed point has 13 bits, which is not enough for 16.
        prefer_fixed_point: false,
        ..relative()
    };
    fenced(|| Ok(from.create_transform_16bit(Layout::Rgba, to, Layout::Rgba, options)?)).ok()
}

impl RgbProfile {
    /// Converts straight RGBA of 16 bits a sample to sRGB in place. Alpha stays.
    pub fn to_srgb_deep(&self, samples: &mut [u16]) {
        let way = self.deep.to_srgb.get_or_init(|| {
            let srgb = ColorProfile::new_srgb();
            between(&self.deep.profile, &srgb)
        });
        if let Some(transform) = way {
            run(transform, samples);
            return;
        }
        // A way that only bytes know.
        in_bytes(samples, |raster| self.to_srgb(raster));
    }

    /// Straight sRGB as the profile's own values, of 16 bits a sample; colours beyond its gamut become the
    /// nearest ones. Alpha stays.
    pub fn from_srgb_deep(&self, raster: &Raster) -> DeepRaster {
        let mut made = DeepRaster::widened(raster);
        let way = self.deep.from_srgb.get_or_init(|| {
            let srgb = ColorProfile::new_srgb();
            between(&srgb, &self.deep.profile)
        });
        match way {
            Some(transform) => run(transform, made.samples_mut()),
            None => in_bytes(made.samples_mut(), |raster| self.from_srgb(raster)),
        }
        made
    }
}

/// Straight RGBA through a transform of the same layout.
fn run(transform: &Arc<Transform16BitExecutor>, samples: &mut [u16]) {
    let mut from = vec![0; (CHUNK * Raster::SAMPLES).min(samples.len())];
    for to in samples.chunks_mut(CHUNK * Raster::SAMPLES) {
        let from = &mut from[..to.len()];
        from.copy_from_slice(to);
        // It refuses buffers that do not go together, which these do.
        if transform.transform(from, to).is_err() {
            to.copy_from_slice(from);
        }
    }
}

/// Converts in bytes what cannot be converted otherwise.
fn in_bytes(samples: &mut [u16], convert: impl Fn(&mut Raster)) {
    for chunk in samples.chunks_mut(CHUNK * Raster::SAMPLES) {
        let width = u32::try_from(chunk.len() / Raster::SAMPLES).unwrap_or(u32::MAX);
        let mut raster = Raster::new(marquetry_pixel::Size::new(width, 1));
        for (byte, deep) in raster.bytes_mut().iter_mut().zip(&*chunk) {
            *byte = deep.byte();
        }
        convert(&mut raster);
        for (deep, &byte) in chunk.iter_mut().zip(raster.bytes()) {
            *deep = u16::of_byte(byte);
        }
    }
}

impl GreyProfile {
    /// Converts pixels of 16 bits a sample whose red is the grey to sRGB in place. Alpha stays.
    pub fn to_srgb_deep(&self, samples: &mut [u16]) {
        for pixel in samples.as_chunks_mut::<4>().0 {
            let (at, part) = (usize::from(pixel[0] / 257), i64::from(pixel[0] % 257));
            let (low, high) = (self.fine(at), self.fine((at + 1).min(255)));
            for channel in 0..3 {
                let [low, high] = [low[channel], high[channel]].map(Sample::whole);
                pixel[channel] = u16::of_whole(low + ((high - low) * part + 128) / 257);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::super::IccProfile;
    use super::*;

    fn adobe() -> RgbProfile {
        match IccProfile::read(&ColorProfile::new_adobe_rgb().encode().unwrap()) {
            Ok(IccProfile::Rgb(profile)) => profile,
            other => panic!("Adobe RGB is RGB, and not sRGB: {other:?}"),
        }
    }

    #[test]
    fn every_colour_of_srgb_comes_back_from_a_wider_gamut() {
        let adobe = adobe();
        let mut raster = Raster::new(Size::new(32 * 32, 32));
        for (at, pixel) in (0u32..).zip(raster.pixels_mut()) {
            // Dark colours above all, of every hue.
            let sample = |digit: u32| {
                let step = at / 32u32.pow(digit) % 32;
                u8::try_from(step * step * 255 / (31 * 31)).unwrap()
            };
            *pixel = [sample(0), sample(1), sample(2), 200];
        }
        let mut there = adobe.from_srgb_deep(&raster);
        assert_eq!(there.pixel(7, 7).unwrap()[3], 200 * 257);
        adobe.to_srgb_deep(there.samples_mut());
        assert_eq!(there.narrowed(), raster);
    }

    #[test]
    fn both_depths_agree() {
        let adobe = adobe();
        let mut raster = Raster::new(Size::new(256, 3));
        for (at, pixel) in (0u32..).zip(raster.pixels_mut()) {
            let [low, high, ..] = at.wrapping_mul(0x9e37_79b1).to_be_bytes();
            *pixel = [low, high, low ^ high, 255];
        }
        let deep = adobe.from_srgb_deep(&raster).narrowed();
        let mut bytes = raster;
        adobe.from_srgb(&mut bytes);
        for (deep, byte) in deep.bytes().iter().zip(bytes.bytes()) {
            assert!(deep.abs_diff(*byte) <= 1, "{deep} {byte}");
        }
    }

    #[test]
    fn grey_goes_through_its_curve_between_bytes() {
        let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let Ok(IccProfile::Grey(linear)) = IccProfile::read(&linear) else {
            panic!("a profile of grey");
        };
        let look = |grey: u16| {
            let mut pixel = [grey, grey, grey, 9];
            linear.to_srgb_deep(&mut pixel);
            pixel[0]
        };
        // 55/255 of the light is 0.504 once encoded; what lies between two bytes lies between their looks.
        assert!(look(55 * 257).byte().abs_diff(128) <= 2);
        assert!((0..255u16).all(|byte| look(byte * 257) < look(byte * 257 + 128)));
        assert_eq!((look(0), look(u16::MAX)), (0, u16::MAX));
    }
}

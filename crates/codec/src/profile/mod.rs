//! ICC profiles: pixels in any described space become sRGB, and sRGB becomes what a profile describes.
//!
//! Relative colorimetric with black point compensation, which is what Photoshop converts by unless
//! told otherwise.

mod deep;
mod grey;
mod inks;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use marquetry_pixel::Raster;
use moxcms::{
    ColorProfile, DataColorSpace, Layout, RenderingIntent, ToneReprCurve, Transform8BitExecutor,
    TransformOptions,
};

pub use grey::{GreyProfile, brightness_of};
pub use inks::{InkProfile, Looks};

/// A profile that was read, ready to convert by. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum IccProfile {
    /// It means sRGB to within one level: there is nothing to convert.
    Srgb,
    /// Red, green and blue of another kind.
    Rgb(RgbProfile),
    /// One channel of grey.
    Grey(GreyProfile),
    /// Cyan, magenta, yellow and black.
    Ink(InkProfile),
}

/// Why a profile could not be used, in a few words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(pub(crate) String);

impl From<moxcms::CmsError> for ProfileError {
    fn from(error: moxcms::CmsError) -> Self {
        Self(error.to_string())
    }
}

impl IccProfile {
    /// Reads a profile of grey, RGB or CMYK.
    ///
    /// # Errors
    /// [`ProfileError`] when it is broken or describes something else.
    pub fn read(icc: &[u8]) -> Result<Self, ProfileError> {
        fenced(|| Self::of(&ColorProfile::new_from_slice(icc)?))
    }

    /// Reads an RGB profile for samples that carry the encoding curve of sRGB instead of its own:
    /// what 32-bit documents of linear light become when they are narrowed to bytes.
    ///
    /// # Errors
    /// [`ProfileError`] when it is broken, no RGB profile, or not made of three curves and a matrix.
    pub fn read_primaries(icc: &[u8]) -> Result<Self, ProfileError> {
        fenced(|| {
            let mut profile = ColorProfile::new_from_slice(icc)?;
            if profile.color_space != DataColorSpace::Rgb || !profile.is_matrix_shaper() {
                return Err(ProfileError("no profile of three primaries".to_owned()));
            }
            let curve: Option<ToneReprCurve> = ColorProfile::new_srgb().red_trc;
            profile.cicp = None;
            profile.red_trc.clone_from(&curve);
            profile.green_trc.clone_from(&curve);
            profile.blue_trc = curve;
            Self::of(&profile)
        })
    }

    fn of(profile: &ColorProfile) -> Result<Self, ProfileError> {
        Ok(match profile.color_space {
            DataColorSpace::Rgb => {
                let made = RgbProfile::new(profile)?;
                if is_identity(&made.to_srgb)? {
                    Self::Srgb
                } else {
                    Self::Rgb(made)
                }
            }
            DataColorSpace::Gray => Self::Grey(GreyProfile::new(profile)?),
            DataColorSpace::Cmyk => Self::Ink(InkProfile::new(profile)?),
            other => return Err(ProfileError(format!("a profile of {other:?}"))),
        })
    }
}

/// The profile that says sRGB, for files whose readers want to be told.
pub fn srgb_profile() -> Vec<u8> {
    // Encoding what the library itself has made cannot fail.
    ColorProfile::new_srgb().encode().unwrap_or_default()
}

/// An RGB profile other than sRGB.
#[derive(Clone)]
pub struct RgbProfile {
    to_srgb: Arc<Transform8BitExecutor>,
    from_srgb: Option<Arc<Transform8BitExecutor>>,
    deep: Arc<deep::Transforms>,
}

impl std::fmt::Debug for RgbProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RgbProfile").finish_non_exhaustive()
    }
}

/// Rows are converted through a buffer of this many pixels, so no second picture is needed.
const CHUNK: usize = 4096;

impl RgbProfile {
    fn new(profile: &ColorProfile) -> Result<Self, ProfileError> {
        let srgb = ColorProfile::new_srgb();
        let between = |from: &ColorProfile, to: &ColorProfile| {
            from.create_transform_8bit(Layout::Rgba, to, Layout::Rgba, relative())
        };
        Ok(Self {
            to_srgb: between(profile, &srgb)?,
            // A scanner's profile goes one way only.
            from_srgb: between(&srgb, profile).ok(),
            deep: Arc::new(deep::Transforms::new(profile)),
        })
    }

    /// Converts straight RGBA to sRGB in place. Alpha stays.
    pub fn to_srgb(&self, raster: &mut Raster) {
        run(&self.to_srgb, raster.bytes_mut());
    }

    /// Converts straight sRGB to the profile's own values in place; colours beyond its gamut become
    /// the nearest ones. Alpha stays.
    pub fn from_srgb(&self, raster: &mut Raster) {
        if let Some(transform) = &self.from_srgb {
            run(transform, raster.bytes_mut());
        }
    }
}

/// Straight RGBA through a transform of the same layout.
fn run(transform: &Arc<Transform8BitExecutor>, bytes: &mut [u8]) {
    let mut from = vec![0; CHUNK * Raster::SAMPLES];
    for to in bytes.chunks_mut(CHUNK * Raster::SAMPLES) {
        let from = &mut from[..to.len()];
        from.copy_from_slice(to);
        // It refuses buffers that do not go together, which these do.
        if transform.transform(from, to).is_err() {
            to.copy_from_slice(from);
        }
    }
}

fn relative() -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    }
}

/// What a profile was found to be good for.
#[derive(Debug)]
pub(crate) enum Applied {
    /// The pixels were converted.
    Converted,
    /// The profile means sRGB to within one level, so nothing had to be done.
    AlreadySrgb,
}

/// Converts a picture of grey or RGB from the space of `icc` to sRGB, in place. Alpha stays. On an
/// error the pixels are as they were.
pub(crate) fn to_srgb(raster: &mut Raster, icc: &[u8]) -> Result<Applied, ProfileError> {
    match IccProfile::read(icc)? {
        IccProfile::Srgb => return Ok(Applied::AlreadySrgb),
        IccProfile::Rgb(profile) => profile.to_srgb(raster),
        IccProfile::Grey(profile) => profile.to_srgb(raster),
        IccProfile::Ink(_) => {
            return Err(ProfileError(
                "a profile of inks on a picture of grey or RGB".to_owned(),
            ));
        }
    }
    Ok(Applied::Converted)
}

/// Converts CMYK (0 is no ink) to opaque sRGB through `icc`; `inks` and the pixels of `raster` go
/// together one to one. On an error no pixel is written.
pub(crate) fn cmyk_to_srgb(inks: &[u8], raster: &mut Raster, icc: &[u8]) -> Result<(), ProfileError> {
    let IccProfile::Ink(profile) = IccProfile::read(icc)? else {
        return Err(ProfileError("a profile of light on a picture of inks".to_owned()));
    };
    let mut look = profile.looks();
    for (pixel, &[cyan, magenta, yellow, black]) in raster.pixels_mut().iter_mut().zip(inks.as_chunks().0) {
        let [red, green, blue] = look.of([cyan, magenta, yellow, black].map(|ink: u8| 255 - ink));
        *pixel = [red, green, blue, 255];
    }
    Ok(())
}

/// Runs code that is not ours on bytes of a stranger, and turns a panic in it into an error.
fn fenced<T>(run: impl FnOnce() -> Result<T, ProfileError>) -> Result<T, ProfileError> {
    // Nothing that a panic could leave half-changed outlives it.
    std::panic::catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(ProfileError("the profile leads its reader astray".to_owned())))
}

/// Whether a transform leaves a 9x9x9 grid of colours where it was, to within one level. Most tagged
/// pictures are tagged sRGB, and there are dozens of sRGB profiles with different bytes.
fn is_identity(transform: &Arc<Transform8BitExecutor>) -> Result<bool, ProfileError> {
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
    transform.transform(&grid, &mut out)?;
    Ok(grid.iter().zip(&out).all(|(a, b)| a.abs_diff(*b) <= 1))
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn srgb_is_recognised_and_display_p3_is_not() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        // 5000 pixels: more than one chunk.
        let mut raster = Raster::filled(Size::new(100, 50), [200, 100, 50, 77]);
        let before = raster.clone();
        assert!(matches!(
            to_srgb(&mut raster, &srgb_profile()),
            Ok(Applied::AlreadySrgb)
        ));
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
    fn adobe_rgb_agrees_with_another_implementation() {
        // Little CMS, relative colorimetric, 8 bits.
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        let Ok(IccProfile::Rgb(adobe)) = IccProfile::read(&adobe) else {
            panic!("Adobe RGB is RGB, and not sRGB");
        };
        for (there, here) in [
            ([200, 100, 50], [227, 100, 42]),
            ([64, 128, 192], [0, 129, 196]),
            ([128, 128, 128], [129, 129, 129]),
            ([30, 220, 90], [0, 221, 77]),
            ([250, 240, 230], [254, 240, 230]),
        ] {
            let [red, green, blue] = there;
            let mut raster = Raster::filled(Size::new(1, 1), [red, green, blue, 255]);
            adobe.to_srgb(&mut raster);
            let converted = raster.pixel(0, 0).unwrap();
            for (ours, theirs) in converted.into_iter().zip(here) {
                assert!(
                    ours.abs_diff(theirs) <= 1,
                    "{there:?}: {converted:?}, not {here:?}"
                );
            }
        }
    }

    #[test]
    fn neutral_stays_neutral_and_comes_back() {
        for profile in [
            ColorProfile::new_display_p3(),
            ColorProfile::new_adobe_rgb(),
            ColorProfile::new_pro_photo_rgb(),
        ] {
            let Ok(IccProfile::Rgb(profile)) = IccProfile::read(&profile.encode().unwrap()) else {
                panic!("a wider gamut than sRGB's");
            };
            for grey in 0..=255u8 {
                let mut raster = Raster::filled(Size::new(1, 1), [grey, grey, grey, 9]);
                profile.from_srgb(&mut raster);
                profile.to_srgb(&mut raster);
                let [red, green, blue, alpha] = raster.pixel(0, 0).unwrap();
                let spread = [red, green, blue].map(|sample| sample.abs_diff(grey));
                // Dark steps of a gamma curve are further apart than sRGB's.
                assert!(
                    spread.into_iter().all(|off| off <= 4) && alpha == 9,
                    "{grey}: {red} {green} {blue}"
                );
            }
        }
    }

    #[test]
    fn light_keeps_the_curve_of_srgb_and_changes_primaries_only() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        // Display P3 has that curve anyway.
        let Ok(IccProfile::Rgb(_)) = IccProfile::read_primaries(&p3) else {
            panic!("other primaries than sRGB's");
        };
        let mut linear = ColorProfile::new_srgb();
        for curve in [&mut linear.red_trc, &mut linear.green_trc, &mut linear.blue_trc] {
            *curve = Some(ToneReprCurve::Lut(vec![]));
        }
        linear.cicp = None;
        let linear = linear.encode().unwrap();
        assert!(matches!(IccProfile::read(&linear), Ok(IccProfile::Rgb(_))));
        assert!(matches!(
            IccProfile::read_primaries(&linear),
            Ok(IccProfile::Srgb)
        ));
        assert!(
            IccProfile::read_primaries(&ColorProfile::new_gray_with_gamma(1.0).encode().unwrap()).is_err()
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
    fn a_grey_profile_goes_through_its_curve_both_ways() {
        let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let mut raster = Raster::filled(Size::new(2, 1), [55, 55, 55, 9]);
        to_srgb(&mut raster, &linear).unwrap();
        // 55/255 of the light is 0.504 once encoded.
        let [red, green, blue, alpha] = raster.pixel(1, 0).unwrap();
        assert!(
            red.abs_diff(128) <= 2 && green == red && blue == red && alpha == 9,
            "{red} {green} {blue}"
        );
        let Ok(IccProfile::Grey(linear)) = IccProfile::read(&linear) else {
            panic!("a profile of grey");
        };
        assert!(linear.grey_of([128; 3]).abs_diff(55) <= 1);
        // Green has 0.7152 of white's light.
        assert!(linear.grey_of([0, 255, 0]).abs_diff(182) <= 1);
    }
}

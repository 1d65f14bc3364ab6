//! Profiles of one channel: 256 values, so a conversion is a table.

use marquetry_pixel::Raster;
use moxcms::{ColorProfile, Layout};

use super::{ProfileError, relative};
use marquetry_pixel::srgb::{TO_XYZ, encoded, light_of, times};
use marquetry_pixel::{narrow, share_to_byte};

/// A profile of grey. 0 is black, 255 is white, whatever it prints with.
#[derive(Clone)]
pub struct GreyProfile {
    /// By the profile's value: the sRGB colour.
    to_srgb: Box<[[u8; 3]; 256]>,
    /// The same in 16 bits.
    fine: Box<[[u16; 3]; 256]>,
    /// By four times the sRGB value of a neutral: the profile's value that comes nearest.
    from_srgb: Box<[u8; 1021]>,
}

impl std::fmt::Debug for GreyProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GreyProfile").finish_non_exhaustive()
    }
}

impl GreyProfile {
    pub(super) fn new(profile: &ColorProfile) -> Result<Self, ProfileError> {
        let srgb = ColorProfile::new_srgb();
        let transform = profile.create_transform_16bit(Layout::Gray, &srgb, Layout::Rgb, relative())?;
        let greys: Vec<u16> = (0..=255).map(|grey| grey * 257).collect();
        let mut fine = [[0u16; 3]; 256];
        transform.transform(&greys, fine.as_flattened_mut())?;
        let share = |sample: u16| f64::from(sample) / 65535.0;
        let to_srgb = fine.map(|colour| colour.map(|sample| share_to_byte(share(sample))));
        let neutral = fine
            .map(|colour| narrow(255.0 * encoded(luminance(colour.map(|sample| light_of(share(sample)))))));
        let mut from_srgb = Box::new([0; 1021]);
        for (at, slot) in (0u16..).zip(from_srgb.iter_mut()) {
            let wanted = f32::from(at) / 4.0;
            let distance = |value: u8| (neutral[usize::from(value)] - wanted).abs();
            *slot = (0..=255)
                .min_by(|&one, &other| distance(one).total_cmp(&distance(other)))
                .unwrap_or(0);
        }
        Ok(Self {
            to_srgb: Box::new(to_srgb),
            fine: Box::new(fine),
            from_srgb,
        })
    }

    /// Converts pixels whose red is the grey to sRGB in place. Alpha stays.
    pub fn to_srgb(&self, raster: &mut Raster) {
        for pixel in raster.pixels_mut() {
            let [red, green, blue] = self.to_srgb[usize::from(pixel[0])];
            *pixel = [red, green, blue, pixel[3]];
        }
    }

    /// What a byte of the profile looks like, in 16 bits.
    pub(super) fn fine(&self, grey: usize) -> [u16; 3] {
        self.fine[grey]
    }

    /// Converts sRGB to the grey of the same brightness in place, in all three channels. Alpha stays.
    pub fn from_srgb(&self, raster: &mut Raster) {
        for pixel in raster.pixels_mut() {
            let grey = self.grey_of([pixel[0], pixel[1], pixel[2]]);
            *pixel = [grey, grey, grey, pixel[3]];
        }
    }

    /// The grey as bright as a colour of sRGB.
    pub fn grey_of(&self, srgb: [u8; 3]) -> u8 {
        let bright = brightness_of(srgb);
        self.from_srgb[quarters(bright)]
    }
}

/// The sRGB value, `0.0..=255.0`, of the neutral that is as bright as a colour of sRGB.
pub fn brightness_of(srgb: [u8; 3]) -> f32 {
    if srgb[0] == srgb[1] && srgb[1] == srgb[2] {
        return f32::from(srgb[0]);
    }
    narrow(255.0 * encoded(luminance(srgb.map(|sample| light_of(f64::from(sample) / 255.0)))))
}

/// The share of light that the eye makes brightness of: CIE Y of linear sRGB under D50.
pub(super) fn luminance(light: [f64; 3]) -> f64 {
    times(&TO_XYZ, light)[1]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the table's length first"
)]
fn quarters(value: f32) -> usize {
    (value * 4.0 + 0.5).clamp(0.0, 1020.0) as usize
}

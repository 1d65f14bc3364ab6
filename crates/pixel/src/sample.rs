//! One sample of a picture: from fractions to bytes. Every crate that ends in bytes rounds here, so that
//! the same value is the same byte wherever it was reckoned.

/// `f32` or `f64`.
pub trait Float: Copy + sealed::Rounded {}

impl<F: Copy + sealed::Rounded> Float for F {}

mod sealed {
    /// What rounding to a byte needs of a float.
    pub trait Rounded {
        fn rounded(self) -> u8;
        fn times_255(self) -> Self;
    }

    impl Rounded for f32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast to an integer saturates, and that of NaN is 0"
        )]
        #[inline]
        fn rounded(self) -> u8 {
            (self + 0.5) as u8
        }

        #[inline]
        fn times_255(self) -> Self {
            self * 255.0
        }
    }

    impl Rounded for f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast to an integer saturates, and that of NaN is 0"
        )]
        #[inline]
        fn rounded(self) -> u8 {
            (self + 0.5) as u8
        }

        #[inline]
        fn times_255(self) -> Self {
            self * 255.0
        }
    }
}

/// The byte nearest to `level`, halves going up; what lies outside `0.0..=255.0` becomes the nearer end,
/// and NaN is 0.
#[inline]
pub fn nearest_byte(level: impl Float) -> u8 {
    level.rounded()
}

/// The byte nearest to `share` of 255, as [`nearest_byte`] rounds: 1.0 is 255.
#[inline]
pub fn share_to_byte(share: impl Float) -> u8 {
    share.times_255().rounded()
}

/// The `f32` nearest to `value`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
#[inline]
pub fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_nearest_and_ends_hold() {
        assert_eq!(
            [0.49, 0.5, 254.49, 254.5, -7.0, 1e300, f64::NAN].map(nearest_byte),
            [0, 1, 254, 255, 0, 255, 0]
        );
        assert_eq!(
            [0.0, 0.5, 1.0, -1.0, f32::NAN].map(share_to_byte),
            [0, 128, 255, 0, 0]
        );
        for byte in 0..=255u8 {
            assert_eq!(share_to_byte(f32::from(byte) / 255.0), byte);
            assert_eq!(share_to_byte(f64::from(byte) / 255.0), byte);
        }
    }
}

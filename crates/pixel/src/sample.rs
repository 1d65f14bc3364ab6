//! One sample of a picture: the two depths there are, and the way from fractions to either. Every crate
//! that ends in samples rounds here, so that the same value is the same sample wherever it was reckoned.

/// A sample of a picture: a byte, or 16 bits of which 65535 is all of it.
///
/// Nearly everything is drawn in bytes. What is converted into a wide gamut, bent by steep curves or held
/// in 16 bits by its file is drawn in 16, because it is rounded once more on its way to the bytes that are
/// shown.
pub trait Sample: Copy + Default + Ord + std::fmt::Debug + Send + Sync + sealed::Deep + 'static {
    /// All of it.
    const FULL: Self;

    /// The same share of all.
    fn of_byte(byte: u8) -> Self;

    /// The nearest share of all.
    fn of_deep(deep: u16) -> Self;

    /// The nearest byte.
    fn byte(self) -> u8;

    /// In 255ths of all, whatever the depth: `0.0..=255.0`.
    fn level(self) -> f32;

    /// The nearest sample to so many 255ths, halves going up; what lies outside `0.0..=255.0` becomes the
    /// nearer end, NaN nothing.
    fn of_level(level: impl Float) -> Self;

    /// As a whole number, for sums.
    fn whole(self) -> i64;

    /// The sample of a whole number; what lies outside becomes the nearer end.
    fn of_whole(whole: i64) -> Self;

    /// `by` 255ths of it, rounded to nearest.
    #[inline]
    fn weighed(self, by: u8) -> Self {
        Self::of_whole((self.whole() * i64::from(by) + 127) / 255)
    }
}

impl Sample for u8 {
    const FULL: Self = Self::MAX;

    #[inline]
    fn of_byte(byte: u8) -> Self {
        byte
    }

    #[inline]
    fn of_deep(deep: u16) -> Self {
        deep.byte()
    }

    #[inline]
    fn byte(self) -> u8 {
        self
    }

    #[inline]
    fn level(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    fn of_level(level: impl Float) -> Self {
        level.rounded()
    }

    #[inline]
    fn whole(self) -> i64 {
        i64::from(self)
    }

    #[inline]
    fn of_whole(whole: i64) -> Self {
        Self::try_from(whole.max(0)).unwrap_or(Self::MAX)
    }
}

impl Sample for u16 {
    const FULL: Self = Self::MAX;

    #[inline]
    fn of_byte(byte: u8) -> Self {
        Self::from(byte) * 257
    }

    #[inline]
    fn of_deep(deep: u16) -> Self {
        deep
    }

    #[inline]
    fn byte(self) -> u8 {
        u8::try_from((u32::from(self) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
    }

    #[inline]
    fn level(self) -> f32 {
        f32::from(self) / 257.0
    }

    #[inline]
    fn of_level(level: impl Float) -> Self {
        level.rounded_deep()
    }

    #[inline]
    fn whole(self) -> i64 {
        i64::from(self)
    }

    #[inline]
    fn of_whole(whole: i64) -> Self {
        Self::try_from(whole.max(0)).unwrap_or(Self::MAX)
    }
}

/// `f32` or `f64`.
pub trait Float: Copy + sealed::Rounded {}

impl<F: Copy + sealed::Rounded> Float for F {}

mod sealed {
    /// Two depths, and no others.
    pub trait Deep {}

    impl Deep for u8 {}
    impl Deep for u16 {}

    /// What rounding to a byte needs of a float.
    pub trait Rounded {
        fn rounded(self) -> u8;
        fn rounded_deep(self) -> u16;
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

        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
        #[inline]
        fn rounded_deep(self) -> u16 {
            (self * 257.0 + 0.5) as u16
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

        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
        #[inline]
        fn rounded_deep(self) -> u16 {
            (self * 257.0 + 0.5) as u16
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

    #[test]
    fn every_byte_comes_back_from_sixteen_bits() {
        for byte in 0..=255u8 {
            let deep = u16::of_byte(byte);
            assert_eq!((deep.byte(), deep.level()), (byte, f32::from(byte)));
            assert_eq!(u16::of_level(f32::from(byte)), deep);
        }
        for deep in 0..=u16::MAX {
            assert_eq!(u16::of_level(deep.level()), deep);
            let exact = (f64::from(deep) / 257.0).round();
            assert_eq!(f64::from(deep.byte()), exact);
        }
        assert_eq!([-1.0, 300.0, f32::NAN].map(u16::of_level), [0, u16::MAX, 0]);
    }

    #[test]
    fn weights_are_shares_of_255() {
        assert_eq!(
            (200u8.weighed(128), 200u8.weighed(255), 200u8.weighed(0)),
            (100, 200, 0)
        );
        assert_eq!(
            (51_400u16.weighed(128), u16::MAX.weighed(255)),
            (25_801, u16::MAX)
        );
    }
}

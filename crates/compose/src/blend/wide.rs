//! The few instructions the portable vectors lack: the high half of a 16-bit product, and widening
//! and narrowing that stay within 128-bit blocks.
//!
//! Eight pixels are thirty-two bytes, or two vectors of sixteen 16-bit lanes. A sample `c` is held
//! as `c * 256`, an alpha or factor as a fraction of 65535, so `c.mul_high(alpha)` scales a sample
//! in one instruction and the result still has eight fractional bits.

use fearless_simd::{Level, Simd, prelude::*, u8x32, u16x16, u64x4};

/// What the kernels ask of an instruction set.
pub(crate) trait Wide: Simd {
    /// `a * b / 65536` in every lane, rounded down.
    fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self>;

    /// Every byte `c` as `c * 256`, in two vectors, *by blocks*: the first holds the lower eight
    /// bytes of each sixteen, the second the upper eight. (AVX2 does this in one instruction, where
    /// keeping the order takes three.)
    #[inline(always)]
    fn samples(self, bytes: u8x32<Self>) -> (u16x16<Self>, u16x16<Self>) {
        let zero = u8x32::splat(self, 0);
        zip_blocks(zero, bytes)
    }

    /// Every byte `c` as `c * 257`, by blocks as [`samples`](Self::samples).
    #[inline(always)]
    fn factors(self, bytes: u8x32<Self>) -> (u16x16<Self>, u16x16<Self>) {
        zip_blocks(bytes, bytes)
    }

    /// Lanes of no more than 255 to bytes: the way back from the order by blocks.
    #[inline(always)]
    fn join(self, low: u16x16<Self>, high: u16x16<Self>) -> u8x32<Self> {
        let ((l0, l1), (h0, h1)) = (low.split(), high.split());
        self.relaxed_narrow_u16x8(l0, h0)
            .combine(self.relaxed_narrow_u16x8(l1, h1))
    }

    /// The lower 64 bits of each block of `a` beside those of `b`, and the upper ones likewise.
    #[inline(always)]
    fn zip_quads(self, a: u16x16<Self>, b: u16x16<Self>) -> (u16x16<Self>, u16x16<Self>) {
        let (a, b): (u64x4<Self>, u64x4<Self>) = (a.bitcast(), b.bitcast());
        let ((a0, a1), (b0, b1)) = (a.split(), b.split());
        (
            a0.zip_low(b0).combine(a1.zip_low(b1)).bitcast(),
            a0.zip_high(b0).combine(a1.zip_high(b1)).bitcast(),
        )
    }
}

/// Bytes of `a` and `b` in turn, block by block.
#[inline(always)]
fn zip_blocks<S: Simd>(a: u8x32<S>, b: u8x32<S>) -> (u16x16<S>, u16x16<S>) {
    let ((a0, a1), (b0, b1)) = (a.split(), b.split());
    (
        a0.zip_low(b0).combine(a1.zip_low(b1)).bitcast(),
        a0.zip_high(b0).combine(a1.zip_high(b1)).bitcast(),
    )
}

/// For instruction sets of which we name no instruction.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
#[inline(always)]
fn by_widening<S: Simd>(simd: S, a: u16x16<S>, b: u16x16<S>) -> u16x16<S> {
    let (low, high) = simd.widening_mul_u16x16(a, b);
    simd.narrow_u32x8(low >> 16, high >> 16)
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    use arch::{
        _mm_mulhi_epu16, _mm256_mulhi_epu16, _mm256_packus_epi16, _mm256_setzero_si256, _mm256_unpackhi_epi8,
        _mm256_unpackhi_epi64, _mm256_unpacklo_epi8, _mm256_unpacklo_epi64,
    };
    #[cfg(target_arch = "x86")]
    use std::arch::x86 as arch;
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64 as arch;

    use fearless_simd::x86::{Avx2, Sse2, Sse4_2};
    use fearless_simd::{u8x32, u16x8, u16x16};

    use super::{SimdCombine as _, SimdInto as _, SimdSplit as _, Wide};

    fearless_simd::kernel!(
        #[inline(always)]
        fn avx2(token: Avx2, a: u16x16<Avx2>, b: u16x16<Avx2>) -> u16x16<Avx2> {
            _mm256_mulhi_epu16(a.into(), b.into()).simd_into(token)
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn avx2_samples(token: Avx2, bytes: u8x32<Avx2>) -> (u16x16<Avx2>, u16x16<Avx2>) {
            let zero = _mm256_setzero_si256();
            (
                _mm256_unpacklo_epi8(zero, bytes.into()).simd_into(token),
                _mm256_unpackhi_epi8(zero, bytes.into()).simd_into(token),
            )
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn avx2_factors(token: Avx2, bytes: u8x32<Avx2>) -> (u16x16<Avx2>, u16x16<Avx2>) {
            (
                _mm256_unpacklo_epi8(bytes.into(), bytes.into()).simd_into(token),
                _mm256_unpackhi_epi8(bytes.into(), bytes.into()).simd_into(token),
            )
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn avx2_join(token: Avx2, low: u16x16<Avx2>, high: u16x16<Avx2>) -> u8x32<Avx2> {
            _mm256_packus_epi16(low.into(), high.into()).simd_into(token)
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn avx2_zip_quads(token: Avx2, a: u16x16<Avx2>, b: u16x16<Avx2>) -> (u16x16<Avx2>, u16x16<Avx2>) {
            (
                _mm256_unpacklo_epi64(a.into(), b.into()).simd_into(token),
                _mm256_unpackhi_epi64(a.into(), b.into()).simd_into(token),
            )
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn sse2(token: Sse2, a: u16x8<Sse2>, b: u16x8<Sse2>) -> u16x8<Sse2> {
            _mm_mulhi_epu16(a.into(), b.into()).simd_into(token)
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn sse4_2(token: Sse4_2, a: u16x8<Sse4_2>, b: u16x8<Sse4_2>) -> u16x8<Sse4_2> {
            _mm_mulhi_epu16(a.into(), b.into()).simd_into(token)
        }
    );

    impl Wide for Avx2 {
        #[inline(always)]
        fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
            avx2(self, a, b)
        }

        #[inline(always)]
        fn samples(self, bytes: u8x32<Self>) -> (u16x16<Self>, u16x16<Self>) {
            avx2_samples(self, bytes)
        }

        #[inline(always)]
        fn factors(self, bytes: u8x32<Self>) -> (u16x16<Self>, u16x16<Self>) {
            avx2_factors(self, bytes)
        }

        #[inline(always)]
        fn join(self, low: u16x16<Self>, high: u16x16<Self>) -> u8x32<Self> {
            avx2_join(self, low, high)
        }

        #[inline(always)]
        fn zip_quads(self, a: u16x16<Self>, b: u16x16<Self>) -> (u16x16<Self>, u16x16<Self>) {
            avx2_zip_quads(self, a, b)
        }
    }

    impl Wide for Sse2 {
        #[inline(always)]
        fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
            let ((a0, a1), (b0, b1)) = (a.split(), b.split());
            sse2(self, a0, b0).combine(sse2(self, a1, b1))
        }
    }

    impl Wide for Sse4_2 {
        #[inline(always)]
        fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
            let ((a0, a1), (b0, b1)) = (a.split(), b.split());
            sse4_2(self, a0, b0).combine(sse4_2(self, a1, b1))
        }
    }
}

#[cfg(target_arch = "aarch64")]
impl Wide for fearless_simd::aarch64::Neon {
    #[inline(always)]
    fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
        by_widening(self, a, b)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Wide for fearless_simd::wasm32::WasmSimd128 {
    #[inline(always)]
    fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
        by_widening(self, a, b)
    }
}

#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
impl Wide for fearless_simd::Fallback {
    #[inline(always)]
    fn mul_high(self, a: u16x16<Self>, b: u16x16<Self>) -> u16x16<Self> {
        by_widening(self, a, b)
    }
}

/// The best instruction set that this processor and these kernels share.
///
/// AVX-512 processors run the AVX2 kernels: eight pixels fit its registers, wider ones gain little
/// on so short a computation, and every further instruction set is a further copy of all kernels.
pub(crate) fn best_level() -> Level {
    let level = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let level = level.as_avx2().map_or(level, Level::Avx2);
    level
}

/// Runs an expression with the token of `level` bound to a name, compiled for that instruction set.
///
/// `fearless_simd::dispatch!` does the same for what needs no more than its own `Simd`.
macro_rules! on {
    ($level:expr, $simd:ident => $run:expr) => {
        match $level {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2($simd) => $crate::blend::wide::on!(@ $simd, $run),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Sse4_2($simd) => $crate::blend::wide::on!(@ $simd, $run),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Sse2($simd) => $crate::blend::wide::on!(@ $simd, $run),
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon($simd) => $crate::blend::wide::on!(@ $simd, $run),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128($simd) => $crate::blend::wide::on!(@ $simd, $run),
            #[cfg(not(any(
                target_arch = "x86",
                target_arch = "x86_64",
                target_arch = "aarch64",
                all(target_arch = "wasm32", target_feature = "simd128")
            )))]
            fearless_simd::Level::Fallback($simd) => $crate::blend::wide::on!(@ $simd, $run),
            // `best_level` gives none but the levels above.
            _ => unreachable!("an instruction set without kernels"),
        }
    };
    (@ $simd:ident, $run:expr) => {
        fearless_simd::Simd::vectorize(
            $simd,
            #[inline(always)]
            || $run,
        )
    };
}

pub(crate) use on;

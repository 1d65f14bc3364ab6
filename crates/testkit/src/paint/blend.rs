//! Blend formulas in doubles: W3C *Compositing and Blending Level 1* on encoded values, as oracles use them.

/// A blend mode that the generated pictures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// The source.
    Normal,
    /// The product.
    Multiply,
    /// The complement of the complements' product.
    Screen,
    /// The soft light of W3C, with its square root.
    SoftLight,
}

impl Blend {
    /// The blended value of backdrop `b` and source `s`, all 0 to 1.
    #[must_use]
    pub fn mix(self, b: f64, s: f64) -> f64 {
        match self {
            Self::Normal => s,
            Self::Multiply => b * s,
            Self::Screen => b + s - b * s,
            Self::SoftLight if s <= 0.5 => b - (1.0 - 2.0 * s) * b * (1.0 - b),
            Self::SoftLight => {
                let d = if b <= 0.25 {
                    ((16.0 * b - 12.0) * b + 4.0) * b
                } else {
                    b.sqrt()
                };
                b + (2.0 * s - 1.0) * (d - b)
            }
        }
    }

    /// The mode's key in a PSD.
    #[must_use]
    pub const fn key(self) -> &'static [u8; 4] {
        match self {
            Self::Normal => b"norm",
            Self::Multiply => b"mul ",
            Self::Screen => b"scrn",
            Self::SoftLight => b"sLit",
        }
    }
}

/// Lays the colour of `source` over `backdrop` (both straight RGBA) with `alpha` in place of the source's own.
pub fn over(backdrop: &mut [u8], source: &[u8], alpha: f64) {
    let below = f64::from(backdrop[3]) / 255.0;
    let out = alpha + below * (1.0 - alpha);
    if out <= 0.0 {
        return;
    }
    for channel in 0..3 {
        let mixed = f64::from(source[channel]) * alpha + f64::from(backdrop[channel]) * below * (1.0 - alpha);
        backdrop[channel] = super::byte(mixed / out);
    }
    backdrop[3] = super::byte(out * 255.0);
}

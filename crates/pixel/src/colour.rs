//! Colours and opacities.

use crate::Sample as _;

/// An 8-bit colour in the document's own RGB space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red, 0..=255.
    pub red: u8,
    /// Green, 0..=255.
    pub green: u8,
    /// Blue, 0..=255.
    pub blue: u8,
}

/// A colour of 16 bits a part, in the document's own RGB space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeepRgb {
    /// Red, all of `u16`.
    pub red: u16,
    /// Green.
    pub green: u16,
    /// Blue.
    pub blue: u16,
}

impl DeepRgb {
    /// From its three parts.
    pub const fn new(red: u16, green: u16, blue: u16) -> Self {
        Self { red, green, blue }
    }

    /// Its parts in order.
    pub const fn parts(self) -> [u16; 3] {
        [self.red, self.green, self.blue]
    }
}

impl From<Rgb> for DeepRgb {
    fn from(colour: Rgb) -> Self {
        let [red, green, blue] = [colour.red, colour.green, colour.blue].map(u16::of_byte);
        Self { red, green, blue }
    }
}

/// A text that is no `#RRGGBB` colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is six hexadecimal digits, as in #1A2B3C")]
pub struct UnreadableColour;

impl Rgb {
    /// From its three parts.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#RRGGBB`; the `#` may be left out.
    ///
    /// # Errors
    /// [`UnreadableColour`] for anything else.
    pub fn from_hex(text: &str) -> Result<Self, UnreadableColour> {
        let digits = text.strip_prefix('#').unwrap_or(text).as_bytes();
        let digit = |at: usize| {
            let value = char::from(digits[at]).to_digit(16).ok_or(UnreadableColour)?;
            u8::try_from(value).map_err(|_| UnreadableColour)
        };
        if digits.len() != 6 {
            return Err(UnreadableColour);
        }
        Ok(Self {
            red: digit(0)? * 16 + digit(1)?,
            green: digit(2)? * 16 + digit(3)?,
            blue: digit(4)? * 16 + digit(5)?,
        })
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

/// How much of a layer shows: `0.0` hides it, `1.0` leaves it as painted. Never NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Opacity(f32);

impl Opacity {
    /// Leaves everything as painted.
    pub const OPAQUE: Self = Self(1.0);

    /// `None` outside `0.0..=1.0`.
    pub fn new(amount: f32) -> Option<Self> {
        (0.0..=1.0).contains(&amount).then_some(Self(amount))
    }

    /// From a byte: 0 hides, 255 leaves as painted.
    pub fn from_byte(byte: u8) -> Self {
        Self(f32::from(byte) / 255.0)
    }

    /// The amount in `0.0..=1.0`.
    pub fn get(self) -> f32 {
        self.0
    }

    /// Both, one after the other.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Default for Opacity {
    fn default() -> Self {
        Self::OPAQUE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_and_print() {
        assert_eq!(Rgb::from_hex("#1a2B3c"), Ok(Rgb::new(0x1A, 0x2B, 0x3C)));
        assert_eq!(
            Rgb::from_hex("FF0000").map(|c| c.to_string()),
            Ok("#FF0000".to_owned())
        );
        for wrong in ["", "#12345", "#12345G", "red", "#1234567", "#é2345"] {
            assert_eq!(Rgb::from_hex(wrong), Err(UnreadableColour), "{wrong}");
        }
    }

    #[test]
    fn an_opacity_stays_in_range() {
        assert_eq!(Opacity::new(1.1), None);
        assert_eq!(Opacity::new(f32::NAN), None);
        assert_eq!(Opacity::from_byte(255), Opacity::OPAQUE);
    }
}

//! Four-byte names: keys of tagged blocks and of blend modes.

use std::fmt;

use marquetry_pixel::BlendMode;

/// A four-byte name such as `SoLd`. Compares with a plain `[u8; 4]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 4]);

impl From<[u8; 4]> for Key {
    fn from(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

impl PartialEq<[u8; 4]> for Key {
    fn eq(&self, other: &[u8; 4]) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

/// How a layer blends, as the file spells it. Unknown keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlendKey(pub Key);

/// Adobe Photoshop File Formats Specification, *Layer records*, "Blend mode key".
const MODES: [([u8; 4], BlendMode); 27] = [
    (*b"norm", BlendMode::Normal),
    (*b"diss", BlendMode::Dissolve),
    (*b"dark", BlendMode::Darken),
    (*b"mul ", BlendMode::Multiply),
    (*b"idiv", BlendMode::ColorBurn),
    (*b"lbrn", BlendMode::LinearBurn),
    (*b"dkCl", BlendMode::DarkerColor),
    (*b"lite", BlendMode::Lighten),
    (*b"scrn", BlendMode::Screen),
    (*b"div ", BlendMode::ColorDodge),
    (*b"lddg", BlendMode::LinearDodge),
    (*b"lgCl", BlendMode::LighterColor),
    (*b"over", BlendMode::Overlay),
    (*b"sLit", BlendMode::SoftLight),
    (*b"hLit", BlendMode::HardLight),
    (*b"vLit", BlendMode::VividLight),
    (*b"lLit", BlendMode::LinearLight),
    (*b"pLit", BlendMode::PinLight),
    (*b"hMix", BlendMode::HardMix),
    (*b"diff", BlendMode::Difference),
    (*b"smud", BlendMode::Exclusion),
    (*b"fsub", BlendMode::Subtract),
    (*b"fdiv", BlendMode::Divide),
    (*b"hue ", BlendMode::Hue),
    (*b"sat ", BlendMode::Saturation),
    (*b"colr", BlendMode::Color),
    (*b"lum ", BlendMode::Luminosity),
];

impl BlendKey {
    /// The key of a group whose layers blend with what lies below the group.
    pub const PASS_THROUGH: Self = Self(Key(*b"pass"));

    /// The mode of that key; `None` for pass through and for keys that we do not know.
    pub fn mode(self) -> Option<BlendMode> {
        MODES
            .iter()
            .find(|(key, _)| self.0 == *key)
            .map(|(_, mode)| *mode)
    }

    /// Whether this is the pass-through mode of a group.
    pub fn is_pass_through(self) -> bool {
        self == Self::PASS_THROUGH
    }
}

impl From<BlendMode> for BlendKey {
    fn from(mode: BlendMode) -> Self {
        let found = MODES.iter().find(|(_, known)| *known == mode);
        Self(Key(found.map_or(*b"norm", |(key, _)| *key)))
    }
}

impl fmt::Display for BlendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_one_key_and_comes_back() {
        for mode in BlendMode::ALL {
            assert_eq!(BlendKey::from(mode).mode(), Some(mode));
        }
    }

    #[test]
    fn pass_through_and_unknown_keys_are_no_mode() {
        assert_eq!(BlendKey::PASS_THROUGH.mode(), None);
        assert!(BlendKey::PASS_THROUGH.is_pass_through());
        assert_eq!(BlendKey(Key(*b"zzzz")).mode(), None);
        assert_eq!(BlendKey(Key(*b"zz\0z")).to_string(), "zz\\x00z");
    }
}

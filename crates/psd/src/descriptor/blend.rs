//! How descriptors spell blend modes. (Layer records have keys of their own.)

use marquetry_pixel::BlendMode;

use super::Key;

/// Mode, code, and the long name that some versions write instead.
const SPELLINGS: [(BlendMode, &str, &str); 27] = [
    (BlendMode::Normal, "Nrml", "normal"),
    (BlendMode::Dissolve, "Dslv", "dissolve"),
    (BlendMode::Darken, "Drkn", "darken"),
    (BlendMode::Multiply, "Mltp", "multiply"),
    (BlendMode::ColorBurn, "CBrn", "colorBurn"),
    (BlendMode::LinearBurn, "linearBurn", "linearBurn"),
    (BlendMode::DarkerColor, "darkerColor", "darkerColor"),
    (BlendMode::Lighten, "Lghn", "lighten"),
    (BlendMode::Screen, "Scrn", "screen"),
    (BlendMode::ColorDodge, "CDdg", "colorDodge"),
    (BlendMode::LinearDodge, "linearDodge", "linearDodge"),
    (BlendMode::LighterColor, "lighterColor", "lighterColor"),
    (BlendMode::Overlay, "Ovrl", "overlay"),
    (BlendMode::SoftLight, "SftL", "softLight"),
    (BlendMode::HardLight, "HrdL", "hardLight"),
    (BlendMode::VividLight, "vividLight", "vividLight"),
    (BlendMode::LinearLight, "linearLight", "linearLight"),
    (BlendMode::PinLight, "pinLight", "pinLight"),
    (BlendMode::HardMix, "hardMix", "hardMix"),
    (BlendMode::Difference, "Dfrn", "difference"),
    (BlendMode::Exclusion, "Xclu", "exclusion"),
    (BlendMode::Subtract, "blendSubtraction", "subtract"),
    (BlendMode::Divide, "blendDivide", "divide"),
    (BlendMode::Hue, "H   ", "hue"),
    (BlendMode::Saturation, "Strt", "saturation"),
    (BlendMode::Color, "Clr ", "color"),
    (BlendMode::Luminosity, "Lmns", "luminosity"),
];

impl Key {
    /// The blend mode of this choice of a `BlnM` enumeration. `None` when it is none of the 27.
    pub fn blend_mode(&self) -> Option<BlendMode> {
        SPELLINGS
            .iter()
            .find(|(_, code, name)| *self == **code || *self == **name)
            .map(|(mode, ..)| *mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_its_spellings() {
        for mode in BlendMode::ALL {
            let (_, code, name) = SPELLINGS.iter().find(|entry| entry.0 == mode).unwrap();
            assert_eq!(Key::from(*code).blend_mode(), Some(mode));
            assert_eq!(Key::from(*name).blend_mode(), Some(mode));
        }
        assert_eq!(Key::from("Bhnd").blend_mode(), None);
    }
}

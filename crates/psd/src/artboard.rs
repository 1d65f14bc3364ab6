//! Artboards: groups with a frame and a background of their own.

use crate::{Limits, PsdError, bounds::Bounds, color::Color, descriptor::Descriptor};

/// What a group knows as an artboard: `artb`, `artd` or `abdd`.
#[derive(Clone, Debug, PartialEq)]
pub struct Artboard {
    /// Its frame, in pixels of the document. `None` for the document's own settings.
    pub frame: Option<Bounds>,
    /// What lies below its layers.
    pub background: ArtboardBackground,
    /// The chosen colour of the background, whether it shows or not.
    pub color: Option<Color>,
    /// Name of the preset it was made with; empty for none.
    pub preset: String,
    /// All of it as the file holds it.
    pub descriptor: Descriptor,
}

/// What lies below the layers of an artboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArtboardBackground {
    /// 1: white.
    White,
    /// 2: black.
    Black,
    /// 3: nothing.
    Transparent,
    /// 4: the chosen colour.
    Color,
    /// Any other number, or -1 when there is none.
    Other(i32),
}

/// Parses an artboard block.
///
/// # Errors
/// [`PsdError`] when the descriptor is broken or passes a limit.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<Artboard, PsdError> {
    let descriptor = Descriptor::parse(block, base, limits)?;
    Ok(Artboard {
        frame: descriptor
            .object("artboardRect")
            .and_then(Bounds::from_descriptor),
        background: match descriptor.i32("artboardBackgroundType").unwrap_or(-1) {
            1 => ArtboardBackground::White,
            2 => ArtboardBackground::Black,
            3 => ArtboardBackground::Transparent,
            4 => ArtboardBackground::Color,
            other => ArtboardBackground::Other(other),
        },
        color: descriptor.object("Clr ").and_then(Color::from_descriptor),
        preset: descriptor
            .text("artboardPresetName")
            .unwrap_or_default()
            .to_owned(),
        descriptor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_background_and_preset_are_read() {
        let artboard = parse(&crate::seed::block(*b"artb"), 0, &Limits::default()).unwrap();
        let frame = artboard.frame.unwrap();
        assert_eq!(
            (frame.left, frame.top, frame.width(), frame.height()),
            (2.0, 1.0, 38.0, 29.0)
        );
        assert_eq!(artboard.background, ArtboardBackground::Color);
        assert_eq!(
            (artboard.color, artboard.preset.as_str()),
            (Some(Color::Rgb([9.0, 8.0, 7.0])), "Phone")
        );
    }
}

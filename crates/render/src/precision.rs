//! How many bits a document is drawn in: the one place that decides.

use marquetry_psd::{ColorMode, Depth, LayerKind};

use crate::open::OpenMockup;
use crate::space::Space;

/// In how many bits a document's own values are blended. Masks and what is shown in the end are bytes at
/// either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Bytes: nearly every mockup.
    Bytes,
    /// 16 bits a sample.
    Sixteen,
}

impl Precision {
    /// A document of light that holds more than bytes is drawn in 16 bits, and so is one of bytes whose
    /// smart objects are converted into its profile: its bytes are up to four steps of sRGB apart in the
    /// dark, and Photoshop, which must round there, scatters what it rounds. A profile alone is no reason:
    /// what is stored in bytes has been rounded already.
    ///
    /// It depends on the document alone, not on what is asked of it, so that two renders never meet in
    /// one picture with different roundings. Inks and Lab stay bytes; so does a document whose layers are
    /// drawn one by one because they are more than may be held.
    pub(crate) fn of(mockup: &OpenMockup) -> Self {
        let header = mockup.document.header();
        let holds_more = matches!(header.depth, Depth::Sixteen | Depth::ThirtyTwo);
        let converts = || match mockup.space() {
            Space::Rgb(_) => mockup
                .document
                .layers()
                .any(|layer| layer.kind() == LayerKind::SmartObject),
            _ => false,
        };
        match header.color_mode {
            _ if mockup.heavy => Self::Bytes,
            ColorMode::Rgb | ColorMode::Grayscale if holds_more || converts() => Self::Sixteen,
            _ => Self::Bytes,
        }
    }

    /// Bytes that a pixel of a layer takes, as it is held.
    pub(crate) fn layer_pixel(depth: Depth, mode: ColorMode) -> u64 {
        match (depth, mode) {
            (Depth::Sixteen | Depth::ThirtyTwo, ColorMode::Rgb | ColorMode::Grayscale) => 8,
            _ => 4,
        }
    }
}

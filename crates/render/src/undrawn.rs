//! What a layer asks for and does not get yet. Reported for each layer, never dropped in silence.

/// Something of a layer that the picture does not show as Photoshop would.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Undrawn {
    /// The layer's name.
    pub layer: String,
    /// What is missing.
    pub feature: Feature,
}

/// What can be missing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Shadows, glows, strokes and the like.
    Effects,
    /// The layer is an adjustment of the colours below it.
    Adjustment,
    /// A fill without stored pixels: gradient, pattern, or a colour that we cannot convert.
    Fill,
    /// A vector mask that Photoshop left no pixels of and that cannot be read.
    VectorMask,
    /// A mask with soft edges made on the fly.
    MaskFeather,
    /// The smart object was drawn anew without its warp.
    Warp,
    /// The smart object was drawn anew without its smart filters.
    SmartFilters,
    /// The mask of the smart filters cannot be read: they show everywhere.
    FilterMask,
    /// A smart filter of that name, which is not applied to the new contents.
    SmartFilter(String),
    /// The layer comp that a smart object shows moves the layer or changes its look, which is not done.
    LayerComp,
    /// The contents of the smart object are this file beside the document; its stored pixels were used.
    LinkedFile(String),
    /// The contents of the smart object are missing or of a kind that we do not read; its stored
    /// pixels were used.
    Contents,
    /// Blending that depends on the tones of inks ("Blend If").
    BlendIf,
    /// Channels left out of blending where the document has other ones than the picture.
    ChannelRestrictions,
    /// A blend mode that we do not know, drawn as normal.
    BlendMode(String),
    /// The corners of the smart object lie on one line.
    Transform,
    /// A font that new words ask for is not there.
    Font {
        /// Its name.
        wanted: String,
        /// PostScript name of the one used instead.
        used: String,
    },
    /// Some characters came from another font, or from none; says which.
    Glyphs(String),
    /// New words were made smaller to fit.
    TextShrunk,
    /// New words are drawn without the bend that the old ones have.
    TextWarp,
    /// New words run down a column and lie on their side, where some should stand.
    TextUpright,
    /// The colours asked for the outlines around words are not applied.
    TextStrokeColours,
    /// The file does not tell how the words are set.
    TextUnset,
    /// Colours are near to Photoshop's only: inks without a profile, duotone, multichannel, or light of 32 bits that is
    /// blended in bytes or changed by an adjustment layer.
    ColourMode,
}

impl Feature {
    /// Its name in `snake_case`: a stable word for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Effects => "effects",
            Self::Adjustment => "adjustment",
            Self::Fill => "fill",
            Self::VectorMask => "vector_mask",
            Self::MaskFeather => "mask_feather",
            Self::Warp => "warp",
            Self::SmartFilters => "smart_filters",
            Self::FilterMask => "filter_mask",
            Self::LayerComp => "layer_comp",
            Self::SmartFilter(_) => "smart_filter",
            Self::LinkedFile(_) => "linked_file",
            Self::Contents => "contents",
            Self::BlendIf => "blend_if",
            Self::ChannelRestrictions => "channel_restrictions",
            Self::BlendMode(_) => "blend_mode",
            Self::Transform => "transform",
            Self::Font { .. } => "font",
            Self::Glyphs(_) => "glyphs",
            Self::TextShrunk => "text_shrunk",
            Self::TextWarp => "text_warp",
            Self::TextUpright => "text_upright",
            Self::TextStrokeColours => "text_stroke_colours",
            Self::TextUnset => "text_unset",
            Self::ColourMode => "colour_mode",
        }
    }
}

impl std::fmt::Display for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Effects => "its effects are not drawn",
            Self::Adjustment => "it adjusts colours, which is not drawn",
            Self::Fill => "its fill is not drawn",
            Self::VectorMask => "its vector shape is not applied",
            Self::MaskFeather => "the soft edge of its transparency is not applied",
            Self::Warp => "its bend is not applied to the new contents",
            Self::SmartFilter(name) => {
                return write!(f, "its filter {name:?} is not applied to the new contents");
            }
            Self::LinkedFile(name) => {
                return write!(
                    f,
                    "its contents are the linked file {name:?}, which is not in the document, so its stored pixels are shown"
                );
            }
            Self::SmartFilters => "its filters are not applied to the new contents",
            Self::FilterMask => "what limits its filters cannot be read, so they show everywhere",
            Self::LayerComp => "the layer comp shown moves it or changes its look, which is not done",
            Self::Contents => "its contents cannot be read, so its stored pixels are shown",
            Self::BlendIf => "blending by tones of inks is not applied",
            Self::ChannelRestrictions => "it leaves out colour channels, which is not applied",
            Self::Font { wanted, used } => {
                return write!(f, "its font {wanted:?} is not there, {used:?} was used instead");
            }
            Self::Glyphs(which) => return write!(f, "its {which}"),
            Self::TextShrunk => "its new words were made smaller to fit",
            Self::TextWarp => "its new words are drawn without its bend",
            Self::TextUpright => "its new words lie on their side, where some should stand",
            Self::TextStrokeColours => "new colours of its outlines are not applied",
            Self::TextUnset => "the file does not tell how its words are set, so the new ones are not drawn",
            Self::BlendMode(key) => {
                return write!(f, "its blend mode {key:?} is unknown and drawn as normal");
            }
            Self::Transform => "its corners lie on one line, so it is not drawn",
            Self::ColourMode => "its colours are approximated",
        })
    }
}

impl std::fmt::Display for Undrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "layer {:?}: {}", self.layer, self.feature)
    }
}

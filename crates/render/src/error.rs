//! Why a render could not be made, sorted by who can do something about it.

use marquetry_codec::CodecError;
use marquetry_compose::DrawError;
use marquetry_psd::PsdError;
use marquetry_text::TextError;

/// Why a mockup could not be opened or a picture not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The mockup is broken, or larger than allowed.
    #[error("the mockup cannot be read")]
    Mockup(#[source] PsdError),
    /// One layer's pixels are broken: whoever made the file saves it again.
    #[error("layer {layer:?} cannot be read")]
    Layer {
        /// The layer's name.
        layer: String,
        /// What is wrong with it.
        #[source]
        source: PsdError,
    },
    /// New words are more than can be set: the caller sends fewer.
    #[error("the words cannot be set")]
    Text(#[source] TextError),
    /// An asset is no picture that we can read: the caller sends another one.
    #[error("the asset for {smart_object:?} cannot be read")]
    Asset {
        /// The smart object's name.
        smart_object: String,
        /// What is wrong with it.
        #[source]
        source: CodecError,
    },
    /// An asset that the spec names was not given: a mistake of the program that calls.
    #[error("the asset for {smart_object:?} was not given")]
    AssetMissing {
        /// The smart object's name.
        smart_object: String,
    },
    /// The spec names a layer that the mockup does not have, or one of the wrong kind.
    #[error("the mockup has no smart object at {address}")]
    NoSmartObject {
        /// Where it was looked for.
        address: String,
    },
    /// The export cannot be written as asked, for example wider than its format allows.
    #[error("the export cannot be written")]
    Export(#[source] CodecError),
    /// The picture would take more than the caller allows.
    #[error("{wanted} pixels wanted for {what}, {allowed} allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Pixels it takes.
        wanted: u64,
        /// Pixels allowed.
        allowed: u64,
    },
    /// What a layer of a template shows is no picture that we can read: the caller sends another one.
    #[error("the picture of {layer:?} cannot be read")]
    Picture {
        /// What people call the layer; `background` is that of the page.
        layer: String,
        /// What is wrong with it.
        #[source]
        source: CodecError,
    },
    /// Something that a layer of a template needs was not given: a mistake of the program that calls.
    #[error("{what} of {layer:?} was not given")]
    SupplyMissing {
        /// What people call the layer.
        layer: String,
        /// What is missing.
        what: &'static str,
    },
    /// The words of a layer of a template are more than can be set: the caller sends fewer.
    #[error("the words of {layer:?} cannot be set")]
    Words {
        /// What people call the layer.
        layer: String,
        /// Why not.
        #[source]
        source: TextError,
    },
    /// The words of a QR code are more than one holds: the caller sends fewer.
    #[error("the words of {layer:?} are too long for a QR code")]
    WordsTooLong {
        /// What people call the layer.
        layer: String,
    },
    /// A layer of a template takes more memory than the caller allows.
    #[error("{wanted} bytes wanted to draw {layer:?}, {allowed} allowed")]
    LayerTooLarge {
        /// What people call the layer.
        layer: String,
        /// Bytes it takes.
        wanted: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// A page of a template lies in itself, which nobody can draw.
    #[error("a page lies in itself")]
    PageInItself,
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
}

impl From<DrawError> for RenderError {
    fn from(error: DrawError) -> Self {
        match error {
            DrawError::TooLarge { size } => Self::TooLarge {
                what: "the drawing",
                wanted: size.pixels(),
                allowed: u64::from(u32::MAX),
            },
            _ => Self::Stopped,
        }
    }
}

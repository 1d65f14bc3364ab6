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

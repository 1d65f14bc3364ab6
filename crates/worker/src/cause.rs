//! What a walk can break with, and the table that says what the job then fails with: a code and a
//! message for the client, a detail for the log, and whether trying again helps.

use std::error::Error;

use marquetry_codec::CodecError;
use marquetry_egress::EgressError;
use marquetry_job::{Cause, Failure};
use marquetry_pixel::Size;
use marquetry_psd::PsdError;
use marquetry_render::{FontError, RenderError};
use marquetry_store::StoreError;
use marquetry_template::Problems;

use crate::pool::Crashed;

/// The codes that jobs fail with. Dialects know them by these spellings.
pub(crate) mod code {
    pub(crate) const ARTWORK_DOWNLOAD_FAILED: &str = "artwork_download_failed";
    pub(crate) const ARTWORK_INVALID: &str = "artwork_invalid";
    pub(crate) const ARTWORK_TOO_LARGE: &str = "artwork_too_large";
    pub(crate) const INVALID_PSD_URL: &str = "invalid_psd_url";
    pub(crate) const INVALID_REQUEST: &str = "invalid_request";
    pub(crate) const MOCKUP_DELETED: &str = "mockup_deleted";
    pub(crate) const PROCESSING_FAILED: &str = "processing_failed";
    pub(crate) const PSD_DIMENSIONS_TOO_LARGE: &str = "psd_dimensions_too_large";
    pub(crate) const PSD_DOWNLOAD_FAILED: &str = "psd_download_failed";
    pub(crate) const PSD_INVALID_FORMAT: &str = "psd_invalid_format";
    pub(crate) const PSD_NO_SMART_OBJECTS: &str = "psd_no_smart_objects";
    pub(crate) const PSD_TOO_COMPLEX: &str = "psd_too_complex";
    pub(crate) const PSD_TOO_LARGE: &str = "psd_too_large";
    pub(crate) const RESOURCE_LIMIT: &str = "resource_limit";
    pub(crate) const PSD_UNSUPPORTED_COLOR_MODE: &str = "psd_unsupported_color_mode";
    pub(crate) const SMART_OBJECT_NOT_FOUND: &str = "smart_object_not_found";
}

/// Why a walk did not reach its end, sorted by who can act.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Not a fault: the sign to stop was raised.
    #[error("stopped")]
    Stopped,

    // The caller sends something else.
    #[error("the asset for smart object {smart_object} could not be fetched")]
    AssetFetch {
        smart_object: String,
        #[source]
        source: EgressError,
    },
    #[error("the assets of one render hold more than {allowed} bytes together")]
    AssetsTooLarge { allowed: u64 },
    #[error("the picture for layer {layer:?} could not be fetched")]
    PictureFetch {
        layer: String,
        #[source]
        source: EgressError,
    },
    #[error("the asset {asset:?} is gone")]
    AssetGone { asset: String },
    #[error("the asset {asset:?} cannot be used as a font")]
    Font {
        asset: String,
        #[source]
        source: FontError,
    },
    #[error("the stored field values are no JSON")]
    Fields(#[source] serde_json::Error),
    #[error("the template cannot be filled")]
    Unfilled(#[source] Problems),
    #[error("the PSD could not be fetched")]
    UploadFetch(#[source] EgressError),
    #[error("a PSD of {length} bytes, {allowed} allowed")]
    UploadTooLarge { length: u64, allowed: u64 },
    #[error("a PSD of no bytes")]
    UploadEmpty,
    #[error("a canvas of {size}, {allowed} pixels a side allowed")]
    CanvasTooLarge { size: Size, allowed: u32 },
    #[error("neither a smart object nor a text layer")]
    NothingToChange,
    #[error("the mockup's file is gone")]
    MockupGone,
    #[error(transparent)]
    Render(RenderError),

    // The operator looks.
    #[error("about {wanted} bytes of memory wanted, {allowed} allowed")]
    TooMuchMemory { wanted: u64, allowed: u64 },
    #[error("the stored layout is missing")]
    LayoutGone,
    #[error("the stored layout cannot be read")]
    Layout(#[source] Problems),
    #[error("a stored {what} is missing")]
    BlobGone { what: &'static str },
    #[error("the stored file of a mockup has other bytes than its hash says")]
    BlobDamaged,
    #[error("stored bytes could not be {doing}")]
    Blobs {
        doing: &'static str,
        #[source]
        source: object_store::Error,
    },
    #[error("the store failed")]
    Store(#[from] StoreError),

    // We mend it.
    #[error(transparent)]
    Crashed(#[from] Crashed),
}

impl From<RenderError> for Trouble {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Stopped => Self::Stopped,
            error => Self::Render(error),
        }
    }
}

/// Said when there is nothing that the client could do.
const OURS: &str = "the job could not be completed";

impl Trouble {
    /// What the job breaks with; `None` when it was only stopped.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let detail = chain(self);
        let never =
            |code: &str, message: String| Some(Cause::never(Failure::new(code, message, detail.as_str())));
        let later =
            |code: &str, message: String| Some(Cause::later(Failure::new(code, message, detail.as_str())));
        match self {
            Self::Stopped => None,
            Self::AssetFetch { smart_object, source } => {
                let code = match source {
                    EgressError::TooLarge { .. } => code::ARTWORK_TOO_LARGE,
                    _ => code::ARTWORK_DOWNLOAD_FAILED,
                };
                let message = format!("asset for {smart_object}: {}", source.client_message());
                match source.again() {
                    marquetry_egress::Again::Later => later(code, message),
                    marquetry_egress::Again::Never => never(code, message),
                }
            }
            Self::PictureFetch { layer, source } => {
                let code = match source {
                    EgressError::TooLarge { .. } => code::ARTWORK_TOO_LARGE,
                    _ => code::ARTWORK_DOWNLOAD_FAILED,
                };
                let message = format!("{layer} could not be fetched{}", why(source));
                match source.again() {
                    marquetry_egress::Again::Later => later(code, message),
                    marquetry_egress::Again::Never => never(code, message),
                }
            }
            Self::AssetGone { asset } => never(code::INVALID_REQUEST, format!("the asset {asset:?} is gone")),
            Self::Font { asset, .. } => never(
                code::INVALID_REQUEST,
                format!("the asset {asset:?} cannot be used as a font"),
            ),
            Self::Fields(_) => never(code::PROCESSING_FAILED, OURS.into()),
            Self::Unfilled(problems) => never(
                code::INVALID_REQUEST,
                format!("the template cannot be filled: {problems}"),
            ),
            Self::AssetsTooLarge { allowed } => never(
                code::ARTWORK_TOO_LARGE,
                format!("the assets of one render may hold {allowed} bytes together at most"),
            ),
            Self::UploadFetch(source) => {
                let message = format!("PSD file: {}", source.client_message());
                match (source, source.again()) {
                    (EgressError::TooLarge { .. }, _) => never(code::PSD_TOO_LARGE, message),
                    (EgressError::Refused { .. }, _) => never(code::INVALID_PSD_URL, message),
                    (_, marquetry_egress::Again::Later) => later(code::PSD_DOWNLOAD_FAILED, message),
                    (_, marquetry_egress::Again::Never) => never(code::PSD_DOWNLOAD_FAILED, message),
                }
            }
            Self::UploadTooLarge { length, allowed } => never(
                code::PSD_TOO_LARGE,
                format!("the file has {length} bytes, at most {allowed} are allowed"),
            ),
            Self::UploadEmpty => never(code::PSD_INVALID_FORMAT, "the file is empty".into()),
            Self::CanvasTooLarge { size, allowed } => never(
                code::PSD_DIMENSIONS_TOO_LARGE,
                format!("the document measures {size} pixels, at most {allowed} a side are allowed"),
            ),
            Self::NothingToChange => never(
                code::PSD_NO_SMART_OBJECTS,
                "the file has no smart object, so nothing in it takes a picture".into(),
            ),
            Self::TooMuchMemory { wanted, allowed } => never(
                code::RESOURCE_LIMIT,
                format!("the job needs about {wanted} bytes of memory, at most {allowed} are allowed"),
            ),
            Self::MockupGone => never(
                code::MOCKUP_DELETED,
                "the mockup was deleted before it could be drawn".into(),
            ),
            Self::Render(error) => {
                let (code, message) = render(error);
                never(code, message)
            }
            Self::BlobGone { .. }
            | Self::BlobDamaged
            | Self::LayoutGone
            | Self::Layout(_)
            | Self::Crashed(_) => never(code::PROCESSING_FAILED, OURS.into()),
            Self::Store(error) => match error.again() {
                marquetry_job::Again::Later => later(code::PROCESSING_FAILED, OURS.into()),
                marquetry_job::Again::Never => never(code::PROCESSING_FAILED, OURS.into()),
            },
            Self::Blobs { .. } => later(code::PROCESSING_FAILED, OURS.into()),
        }
    }
}

/// Why a picture could not be fetched, as far as whoever named its address may know.
fn why(error: &EgressError) -> String {
    match error {
        EgressError::Status { status, .. } => format!(": HTTP {}", status.as_u16()),
        other => {
            let told = other.client_message();
            let told = told.strip_prefix("could not fetch").unwrap_or(&told);
            match told.strip_prefix(": ").unwrap_or(told) {
                "" => String::new(),
                told => format!(": {told}"),
            }
        }
    }
}

/// The engine's own errors. The same input always meets them again.
fn render(error: &RenderError) -> (&'static str, String) {
    match error {
        RenderError::Mockup(source) => psd(source),
        RenderError::Layer { layer, source } => {
            let (code, message) = psd(source);
            (code, format!("layer {layer:?}: {message}"))
        }
        RenderError::Asset { smart_object, source } => {
            let (code, message) = asset(source);
            (code, format!("asset for {smart_object:?}: {message}"))
        }
        RenderError::Picture { layer, source } => {
            let (code, message) = asset(source);
            (code, format!("{layer} cannot be read: {message}"))
        }
        RenderError::Words { layer, source } => (
            code::INVALID_REQUEST,
            format!("the text of {layer} cannot be set: {source}"),
        ),
        RenderError::WordsTooLong { layer } => (
            code::INVALID_REQUEST,
            format!("the text of {layer} is too long for a QR code"),
        ),
        RenderError::LayerTooLarge {
            layer,
            wanted,
            allowed,
        } => (
            code::INVALID_REQUEST,
            format!("{layer} needs {wanted} bytes of memory, at most {allowed} are allowed"),
        ),
        RenderError::NoSmartObject { .. } => (
            code::SMART_OBJECT_NOT_FOUND,
            "the mockup has no such smart object".into(),
        ),
        RenderError::Text(source) => (code::INVALID_REQUEST, format!("a text cannot be set: {source}")),
        RenderError::PageInItself => (code::INVALID_REQUEST, error.to_string()),
        RenderError::Export(CodecError::TooLargeForFormat { kind, size, most }) => (
            code::INVALID_REQUEST,
            format!("a {kind} picture has at most {most} pixels a side, {size} wanted"),
        ),
        RenderError::TooLarge {
            what: "the export",
            wanted,
            allowed,
        } => (
            code::INVALID_REQUEST,
            format!("the export would have {wanted} pixels, at most {allowed} are allowed"),
        ),
        RenderError::TooLarge { wanted, allowed, .. } => (
            code::PSD_DIMENSIONS_TOO_LARGE,
            format!("the picture would have {wanted} pixels, at most {allowed} are allowed"),
        ),
        // `AssetMissing` and failing encoders are our own faults.
        _ => (code::PROCESSING_FAILED, OURS.into()),
    }
}

fn psd(error: &PsdError) -> (&'static str, String) {
    match error {
        PsdError::NotPsd => (code::PSD_INVALID_FORMAT, "the file is not a PSD or PSB".into()),
        // The section's name stays in the log: some of them are words that client libraries hide.
        PsdError::Malformed { offset, .. } => (
            code::PSD_INVALID_FORMAT,
            format!("the file is damaged at byte {offset}"),
        ),
        PsdError::Truncated { offset, .. } => (
            code::PSD_INVALID_FORMAT,
            format!("the file is cut short at byte {offset}"),
        ),
        PsdError::Unsupported { feature } if feature.starts_with("colour mode") => (
            code::PSD_UNSUPPORTED_COLOR_MODE,
            format!("{feature} is not supported"),
        ),
        PsdError::Unsupported { feature } => {
            (code::PSD_INVALID_FORMAT, format!("{feature} is not supported"))
        }
        PsdError::OverLimit {
            limit,
            wanted,
            allowed,
        } => {
            use marquetry_psd::Limit as L;
            let code = match limit {
                L::FileBytes => code::PSD_TOO_LARGE,
                L::Side | L::Pixels => code::PSD_DIMENSIONS_TOO_LARGE,
                _ => code::PSD_TOO_COMPLEX,
            };
            (
                code,
                format!("the file has {wanted} {limit}, at most {allowed} are allowed"),
            )
        }
        _ => (code::PSD_INVALID_FORMAT, "the file cannot be read".into()),
    }
}

fn asset(error: &CodecError) -> (&'static str, String) {
    let message = match error {
        CodecError::Unrecognised => "it is not a PNG, JPEG, WebP or GIF picture".into(),
        CodecError::Unsupported { kind, feature } => format!("{feature} in a {kind} is not supported"),
        CodecError::Malformed { kind, .. } => format!("the {kind} is damaged"),
        CodecError::Truncated { kind, .. } => format!("the {kind} is cut short"),
        CodecError::OverLimit {
            limit,
            wanted,
            allowed,
        } => {
            let message = format!("it has {wanted} {limit}, at most {allowed} are allowed");
            return (code::ARTWORK_TOO_LARGE, message);
        }
        _ => "it cannot be read".into(),
    };
    (code::ARTWORK_INVALID, message)
}

/// An error and all its sources on one line, for the log.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let told = error.to_string();
        // A transparent wrapper says what its source says.
        if !text.ends_with(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;

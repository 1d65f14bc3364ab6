//! The stable codes of this dialect, each with its spelling and the status it is answered with.

use std::fmt;

codes! {
    /// A stable code that programs may compare. Spellings never change once a release has used them.
    ///
    /// No spelling holds a word that the dialect's own client libraries hide from their users.
    enum Code;

    // Who is asking, and for what.
    /// No key, or one that is unknown, revoked or expired.
    InvalidApiKey = "INVALID_API_KEY", 401;
    /// Not reachable with this way of authenticating.
    Forbidden = "FORBIDDEN", 403;
    /// No such route.
    NotFound = "NOT_FOUND", 404;
    /// The route exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// The body came too slowly, or stopped coming.
    RequestTimeout = "REQUEST_TIMEOUT", 408;
    /// The body is longer than the server reads.
    BodyTooLarge = "BODY_TOO_LARGE", 413;
    /// The body is of a kind that the route does not read.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// The file ends before the range that was asked for begins.
    RangeNotSatisfiable = "RANGE_NOT_SATISFIABLE", 416;
    /// Fields that do not go together, where no narrower code fits.
    InvalidRequest = "INVALID_REQUEST", 422;
    /// The page marker was not made by this server, or was damaged.
    InvalidCursor = "INVALID_CURSOR", 400;
    /// Empty, too long, or not printable.
    InvalidIdempotencyKey = "INVALID_IDEMPOTENCY_KEY", 400;
    /// The same key was sent with another request.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT", 409;

    // Uploads.
    /// Not an http or https URL.
    InvalidPsdUrl = "INVALID_PSD_URL", 400;
    /// The file could not be fetched.
    PsdDownloadFailed = "PSD_DOWNLOAD_FAILED", 400;
    /// The file has more bytes than allowed.
    PsdTooLarge = "PSD_TOO_LARGE", 400;
    /// Not a PSD or PSB, or a damaged one.
    PsdInvalidFormat = "PSD_INVALID_FORMAT", 400;
    /// Nothing in it can take an asset.
    PsdNoSmartObjects = "PSD_NO_SMART_OBJECTS", 400;
    /// The canvas has more pixels than allowed.
    PsdDimensionsTooLarge = "PSD_DIMENSIONS_TOO_LARGE", 400;
    /// Its colour mode is not drawn.
    PsdUnsupportedColorMode = "PSD_UNSUPPORTED_COLOR_MODE", 400;
    /// Its bits per channel are not drawn.
    PsdUnsupportedBitsPerChannel = "PSD_UNSUPPORTED_BITS_PER_CHANNEL", 400;
    /// It has more layers, or more nested layers, than allowed.
    PsdTooComplex = "PSD_TOO_COMPLEX", 400;
    /// The file is well, and reading it failed all the same.
    PsdProcessingFailed = "PSD_PROCESSING_FAILED", 500;
    /// The tenant has as many mockups as it may.
    QuotaExceeded = "QUOTA_EXCEEDED", 403;

    // Mockups and renders.
    /// No such mockup, or another tenant's.
    MockupNotFound = "MOCKUP_NOT_FOUND", 404;
    /// The mockup has no such smart object.
    SmartObjectNotFound = "SMART_OBJECT_NOT_FOUND", 404;
    /// The mockup has no such layer to hide.
    LayerNotFound = "LAYER_NOT_FOUND", 422;
    /// A layer cannot be hidden and changed in one request.
    LayerEditConflict = "LAYER_EDIT_CONFLICT", 422;
    /// The mockup has no such text layer.
    TextLayerNotFound = "TEXT_LAYER_NOT_FOUND", 400;
    /// The text layer cannot be replaced.
    TextLayerNotEditable = "TEXT_LAYER_NOT_EDITABLE", 400;
    /// No such font.
    FontNotFound = "FONT_NOT_FOUND", 404;
    /// The font lacks letters of the text.
    FontGlyphsMissing = "FONT_GLYPHS_MISSING", 400;
    /// An asset could not be fetched.
    ArtworkDownloadFailed = "ARTWORK_DOWNLOAD_FAILED", 502;
    /// An asset is no picture that can be read.
    ArtworkInvalid = "ARTWORK_INVALID", 400;
    /// An asset has more bytes or pixels than allowed.
    ArtworkTooLarge = "ARTWORK_TOO_LARGE", 400;
    /// Cutting a subject out of its background is not offered here.
    BackgroundRemovalUnavailable = "BACKGROUND_REMOVAL_UNAVAILABLE", 422;
    /// A pattern needs the size of one tile.
    TileRequiresSize = "TILE_REQUIRES_SIZE", 422;
    /// The mockup's own size is not known.
    OriginalSizeUnavailable = "ORIGINAL_SIZE_UNAVAILABLE", 422;
    /// A mockup part of a photo that does not exist.
    PrintAreaNotFound = "PRINT_AREA_NOT_FOUND", 422;
    /// The photo does not show a product.
    NotMockupable = "NOT_MOCKUPABLE", 422;
    /// A video of that length is not offered.
    InvalidVideoDuration = "INVALID_VIDEO_DURATION", 400;
    /// The mockup was deleted while a render of it was waiting.
    MockupDeleted = "MOCKUP_DELETED", 404;

    // Jobs and results.
    /// No such job, or another tenant's.
    JobNotFound = "JOB_NOT_FOUND", 404;
    /// It has ended, so it cannot be cancelled.
    JobAlreadyFinished = "JOB_ALREADY_FINISHED", 409;
    /// It was cancelled while a caller waited for it.
    JobCancelled = "JOB_CANCELLED", 409;
    /// It was not done by its deadline.
    JobTimedOut = "JOB_TIMED_OUT", 500;
    /// No such result file, or no longer.
    ResultNotFound = "RESULT_NOT_FOUND", 404;
    /// It failed, and nothing the caller changes would help.
    ProcessingFailed = "PROCESSING_FAILED", 500;

    // Webhooks.
    /// No such endpoint, or another tenant's.
    WebhookEndpointNotFound = "WEBHOOK_ENDPOINT_NOT_FOUND", 404;
    /// No such delivery of this endpoint.
    WebhookDeliveryNotFound = "WEBHOOK_DELIVERY_NOT_FOUND", 404;
    /// Not an address that messages may be sent to.
    WebhookUrlRejected = "WEBHOOK_URL_REJECTED", 422;
    /// The tenant has as many endpoints as it may.
    WebhookEndpointLimit = "WEBHOOK_ENDPOINT_LIMIT_REACHED", 403;

    // How much.
    /// Nothing is left to pay with. The one code that this dialect spells in lower case.
    CreditsExhausted = "credits_exhausted", 402;
    /// Too many requests in too short a time.
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429;
    /// Too many requests at once.
    ConcurrentLimitExceeded = "CONCURRENT_LIMIT_EXCEEDED", 429;

    // The server's own trouble.
    /// A fault of the server; the log says which.
    ServerError = "SERVER_ERROR", 500;
    /// Not now: starting, stopping, or full.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503;
}

impl Code {
    /// The code that a failed job's own code stands for; `None` when this dialect has no word for it.
    ///
    /// Failure codes are spelled in either case, so `psd_invalid_format` is `PSD_INVALID_FORMAT`.
    pub fn of_failure(code: &str) -> Option<Self> {
        match code {
            marquetry_job::code::WORKER_CRASHED => Some(Self::ProcessingFailed),
            marquetry_job::code::TIMED_OUT => Some(Self::JobTimedOut),
            _ => Self::ALL
                .iter()
                .copied()
                .find(|known| known.as_str().eq_ignore_ascii_case(code)),
        }
    }

    /// Whether it is about a file that was to become a mockup.
    pub(crate) fn is_about_a_psd(self) -> bool {
        self == Self::InvalidPsdUrl || self.as_str().starts_with("PSD_")
    }

    /// What whoever made the file can do about it.
    pub(crate) const fn suggestion(self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidPsdUrl | Self::PsdDownloadFailed => {
                "Give an http or https URL from which anybody can fetch the file."
            }
            Self::PsdTooLarge => "Flatten or remove layers that are not needed, or embed smaller pictures.",
            Self::PsdInvalidFormat => {
                "Open the file in Photoshop and save it again as PSD or PSB with maximum compatibility."
            }
            Self::PsdNoSmartObjects => "Turn the layer that shows the design into a smart object.",
            Self::PsdDimensionsTooLarge => "Scale the document down before uploading it.",
            Self::PsdUnsupportedColorMode => "Convert the document to RGB.",
            Self::PsdUnsupportedBitsPerChannel => "Convert the document to 8 bits per channel.",
            Self::PsdTooComplex => "Merge layers, or rasterise nested smart objects.",
            _ => return None,
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sudomock::hidden_words::is_hidden;

    #[test]
    fn no_code_is_hidden_by_client_libraries() {
        for code in Code::ALL {
            assert!(!is_hidden(code.as_str()), "{code}");
            assert!(code.suggestion().is_none_or(|text| !is_hidden(text)), "{code}");
        }
    }

    #[test]
    fn no_two_codes_are_spelled_alike_and_every_status_is_an_error() {
        let mut spellings: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        spellings.sort_unstable();
        spellings.dedup();
        assert_eq!(spellings.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }

    #[test]
    fn a_failed_jobs_code_is_found_in_either_case() {
        assert_eq!(
            Code::of_failure("psd_invalid_format"),
            Some(Code::PsdInvalidFormat)
        );
        assert_eq!(
            Code::of_failure("PSD_INVALID_FORMAT"),
            Some(Code::PsdInvalidFormat)
        );
        assert_eq!(Code::of_failure("timed_out"), Some(Code::JobTimedOut));
        assert_eq!(Code::of_failure("worker_crashed"), Some(Code::ProcessingFailed));
        assert_eq!(Code::of_failure("gremlins"), None);
    }
}

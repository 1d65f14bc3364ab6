//! The stable codes beside the published error text, each with the status it is answered with.

use std::fmt;

codes! {
    /// A stable code that programs may compare; an addition of ours beside the published `error`.
    enum Code;

    // What is wrong with the request.
    /// The body is not JSON.
    InvalidJson = "invalid_json", 400;
    /// Members that are missing, of the wrong kind, or out of range; `details` names each.
    InvalidRequest = "invalid_request", 400;
    /// A layout that breaks the rules of the format; `details` has each problem by its place.
    InvalidTemplate = "invalid_template", 400;
    /// The file is neither a font nor a picture that can be used.
    InvalidAsset = "invalid_asset", 400;
    /// The file has more bytes than an asset may.
    AssetTooLarge = "asset_too_large", 400;
    /// No, an unknown or a revoked key.
    Unauthorized = "unauthorized", 401;
    /// The balance does not cover it.
    InsufficientBalance = "insufficient_balance", 402;
    /// The account may not order anything.
    AccountSuspended = "account_suspended", 402;
    /// A feature that this server does not have or that is switched off.
    FeatureDisabled = "feature_disabled", 403;
    /// The body came too slowly.
    RequestTimeout = "request_timeout", 408;
    /// The body is longer than the server reads.
    BodyTooLarge = "body_too_large", 413;
    /// The body is of a kind that the route does not read.
    UnsupportedMediaType = "unsupported_media_type", 415;

    // What is not there.
    /// No such route.
    NotFound = "not_found", 404;
    /// The route exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405;
    /// No such template.
    TemplateNotFound = "template_not_found", 404;
    /// The template has no published revision yet.
    TemplateNotPublished = "template_not_published", 404;
    /// No such job.
    JobNotFound = "job_not_found", 404;
    /// No such design.
    DesignNotFound = "design_not_found", 404;
    /// No such design group.
    DesignGroupNotFound = "design_group_not_found", 404;
    /// No such preset.
    PresetNotFound = "preset_not_found", 404;
    /// No such destination.
    DestinationNotFound = "destination_not_found", 404;
    /// No such asset.
    AssetNotFound = "asset_not_found", 404;

    // What is in the way.
    /// The `Idempotency-Key` was used with another body.
    IdempotencyConflict = "idempotency_conflict", 409;
    /// The id is another one's.
    AlreadyExists = "already_exists", 409;
    /// Presets name the destination that is to go.
    DestinationInUse = "destination_in_use", 409;
    /// There are as many of its kind as there may be.
    LimitReached = "limit_reached", 409;
    /// Every slot of the team layout is taken.
    LayoutFull = "layout_full", 409;

    // How much.
    /// Too many requests in too short a time.
    RateLimited = "rate_limited", 429;
    /// Too many at once, or too many that wait.
    TooManyAtOnce = "too_many_at_once", 429;

    // The server's own trouble.
    /// A fault of the server; the log says which.
    ServerError = "server_error", 500;
    /// Not now: starting, stopping, or full.
    Unavailable = "unavailable", 503;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_codes_are_spelled_alike_and_every_status_is_an_error() {
        let mut spellings: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        spellings.sort_unstable();
        spellings.dedup();
        assert_eq!(spellings.len(), Code::ALL.len());
        let snake = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(spellings.iter().all(snake));
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }
}

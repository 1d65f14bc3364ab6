//! What a client is told when a request cannot be answered: status, headers and body.
//!
//! A [`Problem`] holds only what may leave the house; what the log should know stays with whoever logs. Its
//! body takes one of six shapes, because that is what existing clients read: an ordinary failure, a mockup file
//! that could not be used, a list of wrong fields, a broken rule between fields, nothing left to pay with, and
//! a limit that was reached.

use std::fmt;
use std::time::Duration;

use marquetry_job::{Failure, JobState, Timestamp};
use marquetry_model::{Job, LayerId, ModelError};
use serde::Serialize;

use super::Code;
use super::hidden_words::is_hidden;
use crate::field::{FieldError, Step, Wrong};
use crate::iso8601;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    status: u16,
    code: Option<Code>,
    told: Told,
    shape: Shape,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Told {
    Text(String),
    Fields(Vec<FieldError>),
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Ordinary,
    Psd { measured: Vec<(&'static str, f64)> },
    Credits { reset_at: Option<Timestamp> },
    Limit(LimitReached),
}

/// A limit that a request ran into, with the numbers a client needs to come back at the right time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitReached {
    /// Too many requests in too short a time.
    Rate {
        /// Requests allowed in the window.
        limit: u32,
        /// How long until there is room again; told in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// Too many requests at once.
    Concurrency {
        /// What they are competing for.
        resource: Resource,
        /// How many are allowed at once.
        limit: u32,
        /// How many there are.
        current: u32,
        /// When to try again; told in whole seconds, rounded up.
        retry_after: Duration,
    },
}

/// What concurrent requests compete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Renders that a caller waits for.
    Renders,
    /// Uploads that a caller waits for.
    Uploads,
}

impl Problem {
    /// An ordinary failure: the code decides the status.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let shape = if code.is_about_a_psd() {
            Shape::Psd { measured: Vec::new() }
        } else {
            Shape::Ordinary
        };
        Self {
            status: code.status(),
            code: Some(code),
            told: Told::Text(detail.into()),
            shape,
            headers: Vec::new(),
        }
    }

    // Who is asking, and for what.

    /// 401: no key, or none that is good.
    pub fn unauthorized() -> Self {
        Self::new(
            Code::InvalidApiKey,
            "The API key is missing or not valid. Send it in the x-api-key header.",
        )
    }

    /// 404: nothing answers under this path.
    pub fn route_not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing under this path.")
    }

    /// 405: the path answers other methods, `allowed`, written as in the `Allow` header (`GET, PATCH`).
    pub fn method_not_allowed(allowed: &str) -> Self {
        Self::new(Code::MethodNotAllowed, format!("This path answers {allowed}."))
            .with_header("Allow", allowed.to_owned())
    }

    /// 413: the body has more than `limit` bytes.
    pub fn body_too_large(limit: u64) -> Self {
        Self::new(
            Code::BodyTooLarge,
            format!("The body may have at most {limit} bytes."),
        )
    }

    /// 415: the route reads only `expected`.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            Code::UnsupportedMediaType,
            format!("The body should be of type {expected}."),
        )
    }

    /// 409: the idempotency key was used with another request before.
    pub fn idempotency_conflict() -> Self {
        Self::new(
            Code::IdempotencyConflict,
            "This Idempotency-Key was already used with another request.",
        )
    }

    /// 400: the cursor was not made by this server.
    pub fn invalid_cursor() -> Self {
        Self::new(
            Code::InvalidCursor,
            "The cursor is not valid. Start again without one.",
        )
    }

    // Mockups and renders.

    /// 404: no such mockup, or another tenant's; the two are not told apart.
    pub fn mockup_not_found() -> Self {
        Self::new(Code::MockupNotFound, "Mockup not found.")
    }

    /// 404: the mockup has no smart object of that id.
    pub fn smart_object_not_found(id: LayerId) -> Self {
        Self::new(
            Code::SmartObjectNotFound,
            format!("Smart object {id} not found in this mockup."),
        )
    }

    /// 422: there is no layer of that id to hide.
    pub fn layer_not_found(id: LayerId) -> Self {
        Self::new(
            Code::LayerNotFound,
            format!("Layer {id} in hidden_layers not found in this mockup."),
        )
    }

    /// 422: a layer is hidden and changed by the same request.
    pub fn layer_edit_conflict(id: LayerId) -> Self {
        Self::new(
            Code::LayerEditConflict,
            format!("Layer {id} cannot be hidden and changed in the same request."),
        )
    }

    /// 422: a layer inside a smart object is hidden while that smart object gets new contents.
    pub fn hidden_inside_replaced(layer: LayerId) -> Self {
        Self::new(
            Code::LayerEditConflict,
            format!(
                "Layer {layer} lies inside a smart object that receives an image, so it cannot be hidden."
            ),
        )
    }

    /// 400: the mockup has no text layer of that id.
    pub fn text_layer_not_found(id: LayerId) -> Self {
        Self::new(
            Code::TextLayerNotFound,
            format!("Text layer {id} not found in this mockup."),
        )
    }

    /// 400: the text layer is there and reports `is_editable: false`.
    pub fn text_layer_not_editable(id: LayerId) -> Self {
        Self::new(
            Code::TextLayerNotEditable,
            format!("Text layer {id} cannot be edited."),
        )
    }

    /// 403: the tenant has as many mockups as it may.
    pub fn mockup_quota_exceeded(limit: u64) -> Self {
        Self::new(
            Code::QuotaExceeded,
            format!("At most {limit} mockups are allowed. Delete one first."),
        )
    }

    /// 400 or 500: a file that could not become a mockup. `code` should be one of the `PSD_` codes.
    pub fn psd(code: Code, message: impl Into<String>) -> Self {
        Self {
            shape: Shape::Psd { measured: Vec::new() },
            ..Self::new(code, message)
        }
    }

    /// 400 `PSD_TOO_LARGE`, with both sizes in the details.
    pub fn psd_too_large(bytes: Option<u64>, limit: u64) -> Self {
        let mut problem = Self::psd(
            Code::PsdTooLarge,
            format!("The file may have at most {} MB.", megabytes(limit)),
        );
        if let Some(bytes) = bytes {
            problem = problem.measured("file_size_mb", megabytes(bytes));
        }
        problem.measured("max_file_size_mb", megabytes(limit))
    }

    /// Adds a measurement to the `details` of a file problem; other problems stay as they are.
    #[must_use]
    pub fn measured(mut self, name: &'static str, value: f64) -> Self {
        if let Shape::Psd { measured } = &mut self.shape {
            measured.push((name, value));
        }
        self
    }

    // Jobs and results.

    /// 404: no such job, or another tenant's.
    pub fn job_not_found() -> Self {
        Self::new(Code::JobNotFound, "Job not found.")
    }

    /// 409: the job has ended, as `status` says.
    pub fn job_already_finished(status: &str) -> Self {
        Self::new(
            Code::JobAlreadyFinished,
            format!("The job has already ended: {status}."),
        )
    }

    /// 409: the job that the caller was waiting for was cancelled by somebody.
    pub fn job_cancelled() -> Self {
        Self::new(Code::JobCancelled, "The job was cancelled.")
    }

    /// 404: no such file.
    pub fn result_not_found() -> Self {
        Self::new(Code::ResultNotFound, "Result not found.")
    }

    /// What a caller who waited is told when the job failed.
    pub fn of_failure(failure: &Failure) -> Self {
        let code = Code::of_failure(&failure.code).unwrap_or(Code::ProcessingFailed);
        Self::new(code, failure.message.clone())
    }

    /// What a caller who waited is told when the job did not succeed; `None` while it has not ended, and when it
    /// did succeed.
    pub fn of_ended(job: &Job) -> Option<Self> {
        match &job.state {
            JobState::Failed { cause, .. } => Some(Self::of_failure(cause)),
            JobState::Cancelled { .. } => Some(Self::job_cancelled()),
            JobState::Queued { .. } | JobState::Running { .. } | JobState::Succeeded { .. } => None,
        }
    }

    // Webhooks.

    /// 404: no such endpoint.
    pub fn webhook_endpoint_not_found() -> Self {
        Self::new(Code::WebhookEndpointNotFound, "Webhook endpoint not found.")
    }

    /// 404: no such delivery of this endpoint.
    pub fn webhook_delivery_not_found() -> Self {
        Self::new(Code::WebhookDeliveryNotFound, "Webhook delivery not found.")
    }

    /// 422: messages may not be sent there, because of `reason` (a clause: `it is not https`).
    pub fn webhook_url_rejected(reason: &str) -> Self {
        Self::new(
            Code::WebhookUrlRejected,
            format!("The webhook URL is refused: {reason}."),
        )
    }

    /// 403: the tenant has as many endpoints as it may.
    pub fn webhook_endpoint_limit(limit: u64) -> Self {
        Self::new(
            Code::WebhookEndpointLimit,
            format!("At most {limit} webhook endpoints are allowed."),
        )
    }

    // How much.

    /// 402: nothing is left to pay with until `reset_at`.
    pub fn credits_exhausted(reset_at: Option<Timestamp>) -> Self {
        Self {
            shape: Shape::Credits { reset_at },
            ..Self::new(Code::CreditsExhausted, "No credits are left.")
        }
    }

    /// 429: too often, or too many at once.
    pub fn limit_reached(limit: LimitReached) -> Self {
        let (code, detail) = match &limit {
            LimitReached::Rate { limit, .. } => (
                Code::RateLimitExceeded,
                format!("More than {limit} requests in a minute. Try again later."),
            ),
            LimitReached::Concurrency { resource, limit, .. } => (
                Code::ConcurrentLimitExceeded,
                format!(
                    "At most {limit} {} at once. Try again when one is done.",
                    resource.plural()
                ),
            ),
        };
        let mut problem = Self::new(code, detail).with_retry_after(limit.retry_after());
        if let LimitReached::Rate {
            limit: allowed,
            retry_after,
        } = &limit
        {
            let reset = seconds(*retry_after).to_string();
            problem = problem
                .with_header("RateLimit-Limit", allowed.to_string())
                .with_header("RateLimit-Remaining", "0".to_owned())
                .with_header("RateLimit-Reset", reset);
        }
        problem.shape = Shape::Limit(limit);
        problem
    }

    // The server's own trouble.

    /// 500: the log knows more.
    pub fn server_error() -> Self {
        Self::new(Code::ServerError, "Something went wrong on the server.")
    }

    /// 503: come back after a while.
    pub fn unavailable(retry_after: Duration) -> Self {
        Self::new(
            Code::ServiceUnavailable,
            "The server cannot take this request now. Try again soon.",
        )
        .with_retry_after(retry_after)
    }

    // What to send.

    /// The HTTP status, 400 to 599.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The stable code, for logs and metrics. Wrong fields (422) have none.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// One line for a log: the text, or the wrong fields one after another.
    pub fn summary(&self) -> String {
        match &self.told {
            Told::Text(text) => text.clone(),
            Told::Fields(fields) => fields
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    /// Headers to send with it, `Content-Type` included.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        headers.extend(self.headers.iter().cloned());
        headers
    }

    /// The body: JSON in the shape that clients expect of this kind of problem.
    pub fn body(&self) -> Vec<u8> {
        super::answer::bytes(&Body::from(self))
    }

    fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn with_retry_after(self, wait: Duration) -> Self {
        let wait = seconds(wait).to_string();
        self.with_header("Retry-After", wait)
    }
}

impl From<Wrong<Code>> for Problem {
    /// Wrong fields come first, as a list; with all fields right, the first broken rule is told as text.
    fn from(wrong: Wrong<Code>) -> Self {
        match wrong.rules.into_iter().next() {
            Some(rule) if wrong.fields.is_empty() => {
                Self::new(rule.code.unwrap_or(Code::InvalidRequest), rule.message)
            }
            _ => Self {
                status: 422,
                code: None,
                told: Told::Fields(wrong.fields),
                shape: Shape::Ordinary,
                headers: Vec::new(),
            },
        }
    }
}

impl From<ModelError> for Problem {
    /// What only the mockup's catalogue could tell: ids that name nothing, and changes that clash.
    fn from(error: ModelError) -> Self {
        match &error {
            ModelError::UnknownLayer {
                field: "hidden_layers",
                id,
            } => Self::layer_not_found(*id),
            ModelError::UnknownLayer {
                field: "text_layers",
                id,
            } => Self::text_layer_not_found(*id),
            ModelError::UnknownLayer { id, .. } => Self::smart_object_not_found(*id),
            ModelError::HiddenAndChanged { id } => Self::layer_edit_conflict(*id),
            ModelError::HiddenInsideChanged { id } => Self::hidden_inside_replaced(*id),
            ModelError::Needs { field: "tile", .. } => Self::new(Code::TileRequiresSize, error.to_string()),
            _ => Self::new(Code::InvalidRequest, error.to_string()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} {code}: {}", self.status, self.summary()),
            None => write!(f, "{}: {}", self.status, self.summary()),
        }
    }
}

impl std::error::Error for Problem {}

impl Resource {
    fn wire(self) -> &'static str {
        match self {
            Self::Renders => "concurrent-render",
            Self::Uploads => "concurrent-upload",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Renders => "renders",
            Self::Uploads => "uploads",
        }
    }
}

impl LimitReached {
    fn retry_after(&self) -> Duration {
        match self {
            Self::Rate { retry_after, .. } | Self::Concurrency { retry_after, .. } => *retry_after,
        }
    }
}

/// How a failed job's own code is spelled to clients: its known spelling, else in capitals, else (when clients
/// would hide it, or it is no plain word) the general one.
pub(crate) fn spelled(code: &str) -> String {
    if let Some(known) = Code::of_failure(code) {
        return known.as_str().to_owned();
    }
    let plain = !code.is_empty()
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && !is_hidden(code) {
        code.to_ascii_uppercase()
    } else {
        Code::ProcessingFailed.as_str().to_owned()
    }
}

/// Whole seconds, rounded up, at least 1: a client that waits so long finds room.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis()
        .div_ceil(1000)
        .clamp(1, 86_400 * 365)
        .try_into()
        .unwrap_or(1)
}

/// Millions of bytes with two decimals, as clients show them.
fn megabytes(bytes: u64) -> f64 {
    // Hundredths of a megabyte: at most 2^64 / 10^4, which a float holds to well under one hundredth.
    #[expect(
        clippy::cast_precision_loss,
        reason = "sizes of files are far below 2^53 hundredths of a megabyte"
    )]
    let hundredths = bytes.div_ceil(10_000) as f64;
    hundredths / 100.0
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    detail: DetailBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits_reset_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LimitBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DetailBody<'a> {
    Text(&'a str),
    Fields(Vec<FieldBody<'a>>),
}

#[derive(Serialize)]
struct FieldBody<'a> {
    loc: Vec<StepBody>,
    msg: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum StepBody {
    Name(&'static str),
    Index(usize),
}

#[derive(Serialize)]
struct LimitBody {
    #[serde(rename = "type")]
    kind: &'static str,
    code: &'static str,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_seconds: Option<u64>,
    retry_after: u64,
    resource: &'static str,
}

impl<'a> From<&'a Problem> for Body<'a> {
    fn from(problem: &'a Problem) -> Self {
        let text = match &problem.told {
            Told::Fields(fields) => {
                return Self {
                    error_code: None,
                    message: None,
                    detail: DetailBody::Fields(fields.iter().map(FieldBody::from).collect()),
                    details: None,
                    credits_reset_at: None,
                    error: None,
                    success: None,
                };
            }
            Told::Text(text) => text.as_str(),
        };
        let mut body = Self {
            error_code: problem.code.map(Code::as_str),
            message: None,
            detail: DetailBody::Text(text),
            details: None,
            credits_reset_at: None,
            error: None,
            success: Some(false),
        };
        match &problem.shape {
            Shape::Ordinary => {}
            Shape::Psd { measured } => {
                let mut details = serde_json::Map::new();
                for (name, value) in measured {
                    details.insert((*name).to_owned(), (*value).into());
                }
                if let Some(suggestion) = problem.code.and_then(Code::suggestion) {
                    details.insert("suggestion".to_owned(), suggestion.into());
                }
                body.message = Some(text);
                body.details = Some(details);
            }
            Shape::Credits { reset_at } => body.credits_reset_at = reset_at.map(iso8601),
            Shape::Limit(limit) => {
                // Clients look for the code inside `error`; a second one beside it would be one too many.
                body.error_code = None;
                body.error = Some(LimitBody::from(limit));
            }
        }
        body
    }
}

impl<'a> From<&'a FieldError> for FieldBody<'a> {
    fn from(error: &'a FieldError) -> Self {
        let step = |step: &Step| match *step {
            Step::Name(name) => StepBody::Name(name),
            Step::Index(index) => StepBody::Index(index),
        };
        Self {
            loc: error.path.iter().map(step).collect(),
            msg: &error.message,
            kind: error.kind,
        }
    }
}

impl From<&LimitReached> for LimitBody {
    fn from(limit: &LimitReached) -> Self {
        let retry_after = seconds(limit.retry_after());
        match limit {
            LimitReached::Rate { limit, .. } => Self {
                kind: "rate_limit_exceeded",
                code: Code::RateLimitExceeded.as_str(),
                limit: *limit,
                current: None,
                remaining: Some(0),
                reset_seconds: Some(retry_after),
                retry_after,
                resource: "api",
            },
            LimitReached::Concurrency {
                resource,
                limit,
                current,
                ..
            } => Self {
                kind: "concurrent_limit_exceeded",
                code: Code::ConcurrentLimitExceeded.as_str(),
                limit: *limit,
                current: Some(*current),
                remaining: None,
                reset_seconds: None,
                retry_after,
                resource: resource.wire(),
            },
        }
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;

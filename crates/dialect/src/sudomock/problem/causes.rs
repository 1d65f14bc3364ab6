//! The problems there are, each with its words. No caller glues a message together.

use std::time::Duration;

use marquetry_job::{Failure, JobState, Timestamp};
use marquetry_model::{Job, LayerId, ModelError};

use super::{LimitReached, Problem, Shape, Told};
use crate::Refusal;
use crate::field::Wrong;
use crate::sudomock::Code;

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

    /// 403: the route exists for other ways of authenticating than an API key.
    pub fn not_for_keys() -> Self {
        Self::new(
            Code::Forbidden,
            "An API key is not enough for this. Nothing was changed.",
        )
    }

    /// 408: the body came too slowly, or stopped coming.
    pub fn request_timeout() -> Self {
        Self::new(
            Code::RequestTimeout,
            "The body did not arrive in time. Send the request again.",
        )
    }

    /// 422: the body of a form could not be taken apart, because of `reason` (a clause).
    pub fn malformed_form(reason: &str) -> Self {
        Self::new(
            Code::InvalidRequest,
            format!("The form could not be read: {reason}."),
        )
    }

    /// 416: the file has `size` bytes and the range lies outside.
    pub fn range_not_satisfiable(size: u64) -> Self {
        Self::new(
            Code::RangeNotSatisfiable,
            format!("The file has {size} bytes; the range lies outside."),
        )
        .with_header("Content-Range", format!("bytes */{size}"))
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

    /// 402: whoever runs the server has suspended the account.
    pub fn account_suspended() -> Self {
        Self {
            shape: Shape::Credits { reset_at: None },
            ..Self::new(Code::CreditsExhausted, "The account is suspended.")
        }
    }

    /// 429: too often, or too many at once.
    pub fn limit_reached(limit: LimitReached) -> Self {
        let code = match &limit {
            LimitReached::Rate { .. } => Code::RateLimitExceeded,
            LimitReached::Queue { .. } | LimitReached::Concurrency { .. } => Code::ConcurrentLimitExceeded,
        };
        let mut problem = Self::new(code, limit.words());
        problem.headers.extend(limit.headers());
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

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized => Self::unauthorized(),
            Refusal::NoSuchPath => Self::route_not_found(),
            Refusal::WrongMethod { allowed } => Self::method_not_allowed(&allowed),
            Refusal::TooSlow => Self::request_timeout(),
            Refusal::MalformedForm { reason } => Self::malformed_form(&reason),
            Refusal::TooLong { limit } => Self::body_too_large(limit),
            Refusal::WrongType { expected } => Self::unsupported_media_type(expected),
            Refusal::Limit(limit) => Self::limit_reached(limit),
            Refusal::Unavailable { retry_after } => Self::unavailable(retry_after),
            Refusal::Fault => Self::server_error(),
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

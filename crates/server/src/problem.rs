//! What a client is told when the service could not do it, and what the log is told: two texts, never one.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use marquetry_dialect::sudomock::{Code, Problem};
use marquetry_dialect::{Dialect, LimitReached, Refusal};
use marquetry_job::{Again, ShownState};
use marquetry_model::Denied;
use marquetry_service::ServiceError;

use crate::body::{BodyError, FormError};
use crate::reply::Refused;

pub(crate) mod templified;

/// When to try again what failed for a moment.
const SOON: Duration = Duration::from_secs(1);

/// What the client is told. What it is not told goes to the log here, with the causes.
pub(crate) fn of_service(error: ServiceError) -> Problem {
    let problem = match error {
        ServiceError::MockupNotFound { .. } => Problem::mockup_not_found(),
        ServiceError::SmartObjectNotFound { id } => Problem::smart_object_not_found(id),
        ServiceError::TextLayerNotFound { id } => Problem::text_layer_not_found(id),
        ServiceError::TextLayerNotEditable { id } => Problem::text_layer_not_editable(id),
        ServiceError::JobNotFound { .. } => Problem::job_not_found(),
        ServiceError::ResultNotFound { .. } | ServiceError::BlobNotFound { .. } => {
            Problem::result_not_found()
        }
        ServiceError::EndpointNotFound { .. } => Problem::webhook_endpoint_not_found(),
        ServiceError::DeliveryNotFound { .. } => Problem::webhook_delivery_not_found(),
        ServiceError::Invalid(ref model) => Problem::from(model.clone()),
        ServiceError::UploadTooLarge { limit } => Problem::psd_too_large(None, limit),
        ServiceError::UploadBroken { ref source, .. } => of_broken_upload(&**source).into(),
        ServiceError::AssetTooLarge { bytes, limit } => Problem::new(
            Code::ArtworkTooLarge,
            format!("An image may have at most {limit} bytes, this one has {bytes}."),
        ),
        ServiceError::NeverFits { wanted, allowed } => Problem::new(
            Code::InvalidRequest,
            format!("The render needs about {wanted} bytes of memory, at most {allowed} are allowed."),
        ),
        ServiceError::RangeOutside { size } => Problem::range_not_satisfiable(size),
        ServiceError::UrlRefused { ref why } => Problem::webhook_url_rejected(&why.to_string()),
        ServiceError::EndpointLimit { limit } => Problem::webhook_endpoint_limit(limit.into()),
        ServiceError::IdempotencyConflict => Problem::idempotency_conflict(),
        ServiceError::AlreadyEnded { state, .. } => Problem::job_already_finished(word(state)),
        ServiceError::Denied(Denied::Suspended) => Problem::account_suspended(),
        ServiceError::Denied(_) => Problem::credits_exhausted(None),
        ServiceError::DeliveryBusy { .. } => Problem::unavailable(SOON),
        ServiceError::QueueFull { limit, retry_after } => {
            Problem::limit_reached(LimitReached::Queue { limit, retry_after })
        }
        _ if error.again() == Again::Later => Problem::unavailable(SOON),
        _ => Problem::server_error(),
    };
    log(problem.status(), &error);
    problem
}

/// The same, in the words of `dialect`.
pub(crate) fn refused(dialect: Dialect, error: ServiceError) -> Refused {
    match dialect {
        Dialect::Templified => templified::of_service(error).into(),
        _ => of_service(error).into(),
    }
}

/// What the client is not told.
fn log(status: u16, error: &ServiceError) {
    if status >= 500 {
        tracing::error!(error = chain(error), "the service failed");
    } else {
        tracing::debug!(error = chain(error), "the service refused");
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        of_body(&error)
    }
}

impl From<FormError> for Refusal {
    fn from(error: FormError) -> Self {
        of_form(&error)
    }
}

fn of_body(error: &BodyError) -> Refusal {
    tracing::debug!(error = chain(error), "a body was not read");
    match error {
        BodyError::TooLarge { limit } => Refusal::TooLong { limit: *limit },
        BodyError::NoRoom => Refusal::Unavailable { retry_after: SOON },
        BodyError::TooSlow { .. } | BodyError::Broken(_) => Refusal::TooSlow,
    }
}

fn of_form(error: &FormError) -> Refusal {
    match error {
        FormError::Body(body) => of_body(body),
        other => {
            tracing::debug!(error = chain(other), "a form was not read");
            Refusal::MalformedForm {
                reason: other.to_string(),
            }
        }
    }
}

/// The stream of an upload is ours, and so are its errors.
pub(crate) fn of_broken_upload(source: &(dyn Error + Send + Sync + 'static)) -> Refusal {
    match (
        source.downcast_ref::<BodyError>(),
        source.downcast_ref::<FormError>(),
    ) {
        (Some(body), _) => of_body(body),
        (_, Some(form)) => of_form(form),
        _ => Refusal::TooSlow,
    }
}

/// The dialect's word for how a job ended.
const fn word(state: ShownState) -> &'static str {
    match state {
        ShownState::Queued => "queued",
        ShownState::Processing => "processing",
        ShownState::Succeeded => "succeeded",
        ShownState::Failed => "failed",
        ShownState::Cancelled => "cancelled",
    }
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        // Transparent errors say what their source says.
        let deeper_text = deeper.to_string();
        if !text.ends_with(&deeper_text) {
            let _ = write!(text, ": {deeper_text}");
        }
        cause = deeper.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use marquetry_model::{JobId, LayerId, ModelError};

    #[test]
    fn every_error_of_the_service_has_a_status_and_a_code() {
        let job = JobId::from_random([1; 16]);
        let layer = LayerId::from_random([2; 16]);
        for (error, status, code) in [
            (ServiceError::JobNotFound { id: job }, 404, Code::JobNotFound),
            (ServiceError::ResultNotFound { job }, 404, Code::ResultNotFound),
            (
                ServiceError::SmartObjectNotFound { id: layer },
                404,
                Code::SmartObjectNotFound,
            ),
            (
                ServiceError::TextLayerNotFound { id: layer },
                400,
                Code::TextLayerNotFound,
            ),
            (
                ServiceError::TextLayerNotEditable { id: layer },
                400,
                Code::TextLayerNotEditable,
            ),
            (
                ServiceError::Invalid(ModelError::Empty { field: "file" }),
                422,
                Code::InvalidRequest,
            ),
            (ServiceError::UploadTooLarge { limit: 5 }, 400, Code::PsdTooLarge),
            (
                ServiceError::AssetTooLarge { bytes: 9, limit: 5 },
                400,
                Code::ArtworkTooLarge,
            ),
            (
                ServiceError::NeverFits {
                    wanted: 9,
                    allowed: 5,
                },
                422,
                Code::InvalidRequest,
            ),
            (
                ServiceError::RangeOutside { size: 5 },
                416,
                Code::RangeNotSatisfiable,
            ),
            (
                ServiceError::EndpointLimit { limit: 20 },
                403,
                Code::WebhookEndpointLimit,
            ),
            (ServiceError::IdempotencyConflict, 409, Code::IdempotencyConflict),
            (
                ServiceError::AlreadyEnded {
                    id: job,
                    state: ShownState::Failed,
                },
                409,
                Code::JobAlreadyFinished,
            ),
            (
                ServiceError::QueueFull {
                    limit: 1,
                    retry_after: Duration::from_secs(5),
                },
                429,
                Code::ConcurrentLimitExceeded,
            ),
            (ServiceError::MalformedKey, 500, Code::ServerError),
            (
                ServiceError::UploadBroken {
                    bytes: 3,
                    source: Box::new(BodyError::TooSlow {
                        bytes: 3,
                        waited: SOON,
                    }),
                },
                408,
                Code::RequestTimeout,
            ),
            (
                ServiceError::UploadBroken {
                    bytes: 3,
                    source: Box::new(FormError::TooManyFields),
                },
                422,
                Code::InvalidRequest,
            ),
        ] {
            let text = error.to_string();
            let problem = of_service(error);
            assert_eq!((problem.status(), problem.code()), (status, Some(code)), "{text}");
        }
    }
}

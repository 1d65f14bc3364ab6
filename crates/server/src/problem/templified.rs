//! The errors of the service in the words of the second dialect.

use marquetry_dialect::templified::{Code, Problem};
use marquetry_dialect::{LimitReached, Refusal};
use marquetry_job::Again;
use marquetry_service::ServiceError;

use super::{SOON, log, of_broken_upload};

/// What the client is told. What it is not told goes to the log here, with the causes.
pub(crate) fn of_service(error: ServiceError) -> Problem {
    let problem = match error {
        ServiceError::JobNotFound { .. } => Problem::job_not_found(),
        ServiceError::Invalid(ref model) => {
            Problem::new(Code::InvalidRequest, format!("The request is wrong: {model}"))
        }
        ServiceError::UrlRefused { ref why } => Problem::of_member("webhook_url", why.to_string()),
        ServiceError::AssetTooLarge { limit, .. } => Problem::new(
            Code::AssetTooLarge,
            format!("A file may have at most {limit} bytes."),
        ),
        ServiceError::UploadBroken { ref source, .. } => of_broken_upload(&**source).into(),
        ServiceError::IdempotencyConflict => Problem::new(
            Code::IdempotencyConflict,
            "This Idempotency-Key was already used with another request.",
        ),
        ServiceError::QueueFull { limit, retry_after } => {
            Refusal::Limit(LimitReached::Queue { limit, retry_after }).into()
        }
        _ if error.again() == Again::Later => Problem::unavailable(SOON),
        _ => Refusal::Fault.into(),
    };
    log(problem.status(), &error);
    problem
}

//! The errors of the service in the words of the second dialect.

use marquetry_dialect::templified::{Code, Problem};
use marquetry_dialect::{LimitReached, Refusal};
use marquetry_job::Again;
use marquetry_model::{Denied, Handle};
use marquetry_service::ServiceError;

use super::{SOON, log, of_broken_upload};

/// What the client is told. What it is not told goes to the log here, with the causes.
pub(crate) fn of_service(error: ServiceError) -> Problem {
    let problem = match error {
        ServiceError::JobNotFound { .. } => Problem::job_not_found(),
        ServiceError::TemplateNotFound { .. } => Problem::template_not_found(),
        ServiceError::TemplateNotPublished { .. } => Problem::new(
            Code::TemplateNotPublished,
            "The template has no published revision yet. Publish it first.",
        ),
        ServiceError::DesignNotFound { .. } => Problem::design_not_found(),
        ServiceError::GroupNotFound { .. } => Problem::design_group_not_found(),
        ServiceError::AssetNotFound { .. } => Problem::asset_not_found(),
        ServiceError::LayoutRefused(ref problems) => {
            let parts = problems.list().iter();
            let parts = parts.map(|problem| (problem.path.clone(), problem.message.clone()));
            Problem::of_parts(Code::InvalidTemplate, "The template", parts.collect())
        }
        ServiceError::ValuesRefused(ref problems) => {
            let parts = problems.list().iter();
            let parts = parts.map(|problem| (dotted(&problem.path), problem.message.clone()));
            Problem::of_parts(Code::InvalidRequest, "The request", parts.collect())
        }
        ServiceError::Lacking { ref what } => Problem::new(
            Code::InvalidTemplate,
            format!("The template needs {what}, which is not there any more."),
        ),
        ServiceError::NoTeam => Problem::of_member("template_id", "names a template that has no team layout"),
        ServiceError::LayoutFull { slots } => Problem::new(
            Code::LayoutFull,
            format!("All {slots} slots of the layout are taken."),
        ),
        ServiceError::AssetRefused => Problem::new(
            Code::InvalidAsset,
            "The file should be a font (OTF, TTF, WOFF, WOFF2) or a picture (PNG, JPEG, WebP, GIF).",
        ),
        ServiceError::Taken { what, ref id } => {
            Problem::new(Code::AlreadyExists, format!("There is a {what} {id} already."))
        }
        ServiceError::Invalid(ref model) => {
            Problem::new(Code::InvalidRequest, format!("The request is wrong: {model}"))
        }
        ServiceError::DestinationNotFound { ref id } => Problem::new(
            Code::DestinationNotFound,
            format!("There is no destination {id}."),
        ),
        ServiceError::PresetNotFound { .. } => Problem::preset_not_found(),
        ServiceError::RecipientNotFound { ref usable } => {
            Problem::no_recipient(&usable.destinations, &usable.presets)
        }
        ServiceError::DestinationInUse { ref id, ref presets } => {
            let presets: Vec<&str> = presets.iter().map(Handle::as_str).collect();
            let told = format!(
                "The destination {id} is named by presets: {}. Change or delete them first.",
                presets.join(", ")
            );
            Problem::new(Code::DestinationInUse, told)
        }
        ServiceError::SendingLimit { what, limit } => Problem::new(
            Code::LimitReached,
            format!("There are {limit} already, which is the most of this kind ({what})."),
        ),
        ServiceError::AddressRefused { field, ref why } => Problem::of_member(field, why.to_string()),
        ServiceError::UrlRefused { ref why } => Problem::of_member("webhook_url", why.to_string()),
        ServiceError::AssetTooLarge { limit, .. } => Problem::new(
            Code::AssetTooLarge,
            format!("A file may have at most {limit} bytes."),
        ),
        ServiceError::NeverFits { wanted, allowed } => Problem::new(
            Code::InvalidRequest,
            format!("The render needs about {wanted} bytes of memory, at most {allowed} are allowed."),
        ),
        ServiceError::UploadBroken { ref source, .. } => of_broken_upload(&**source).into(),
        ServiceError::IdempotencyConflict => Problem::new(
            Code::IdempotencyConflict,
            "This Idempotency-Key was already used with another request.",
        ),
        ServiceError::Denied(Denied::Suspended) => Problem::account_suspended(),
        ServiceError::Denied(_) => Problem::insufficient_balance(),
        ServiceError::QueueFull { limit, retry_after } => {
            Refusal::Limit(LimitReached::Queue { limit, retry_after }).into()
        }
        _ if error.again() == Again::Later => Problem::unavailable(SOON),
        _ => Refusal::Fault.into(),
    };
    log(problem.status(), &error);
    problem
}

/// `/Players/0/Name` among the fields, as the rest of a request is spoken of: `fields.Players[0].Name`.
fn dotted(pointer: &str) -> String {
    let mut text = "fields".to_owned();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) && !step.is_empty() {
            text.push_str(&format!("[{step}]"));
        } else {
            text.push('.');
            text.push_str(&step);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spelled_as_in_the_rest_of_the_request() {
        for (pointer, place) in [
            ("", "fields"),
            ("/Name", "fields.Name"),
            ("/Players/0/Name", "fields.Players[0].Name"),
            ("/a~1b~0c", "fields.a/b~c"),
        ] {
            assert_eq!(dotted(pointer), place);
        }
    }
}

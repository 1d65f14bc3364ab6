//! What a client is told when a request cannot be answered: the published `{"error": text}`, with a stable `code` and
//! the wrong members beside it.

use std::fmt;
use std::time::Duration;

use marquetry_model::Handle;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Code;
use crate::answer::bytes;
use crate::field::Wrong;
use crate::refusal::seconds;
use crate::{Answer, LimitReached, Refusal};

/// An answer that is not a success. Holds only what may leave the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    error: String,
    details: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem that is told in one sentence.
    pub fn new(code: Code, error: impl Into<String>) -> Self {
        Self {
            code,
            error: error.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Several at once: `what` (`the request`) and, by its place in it, what is wrong with each part.
    pub fn of_parts(code: Code, what: &str, details: Vec<(String, String)>) -> Self {
        let told: Vec<String> = details
            .iter()
            .map(|(place, message)| match place.as_str() {
                "" => message.clone(),
                place => format!("{place}: {message}"),
            })
            .collect();
        Self {
            details,
            ..Self::new(code, format!("{what} is wrong: {}", told.join("; ")))
        }
    }

    /// 400: one member of the request is wrong, because of `message` (`should be an https URL`).
    pub fn of_member(member: &str, message: impl Into<String>) -> Self {
        Self::of_parts(
            Code::InvalidRequest,
            REQUEST,
            vec![(member.to_owned(), message.into())],
        )
    }

    /// 404: no such job, or another tenant's, or of a kind that this dialect has no words for.
    pub fn job_not_found() -> Self {
        Self::new(Code::JobNotFound, "Job not found.")
    }

    /// 404: no such template, or another tenant's.
    pub fn template_not_found() -> Self {
        Self::new(Code::TemplateNotFound, "Template not found.")
    }

    /// 404: no such design, or another tenant's.
    pub fn design_not_found() -> Self {
        Self::new(Code::DesignNotFound, "Design not found.")
    }

    /// 404: no such design group, or another tenant's.
    pub fn design_group_not_found() -> Self {
        Self::new(Code::DesignGroupNotFound, "Design group not found.")
    }

    /// 404: no such destination, or another tenant's.
    pub fn destination_not_found() -> Self {
        Self::new(Code::DestinationNotFound, "Destination not found.")
    }

    /// 404: no such preset, or another tenant's.
    pub fn preset_not_found() -> Self {
        Self::new(Code::PresetNotFound, "Preset not found.")
    }

    /// 400: `send_to` names nobody, beside whom it could name.
    pub fn no_recipient(destinations: &[Handle], presets: &[Handle]) -> Self {
        let destinations = destinations.iter().map(|id| format!("integration:{id}"));
        let presets = presets.iter().map(|id| format!("preset:{id}"));
        let usable: Vec<String> = destinations.chain(presets).take(MOST_NAMED).collect();
        let why = match usable.as_slice() {
            [] => "names no destination that is set up; there is none that could be used".to_owned(),
            usable => format!(
                "names no destination that is set up; those that can be used are {}",
                usable.join(", ")
            ),
        };
        Self::of_member("send_to", why)
    }

    /// 404: no such font or picture, or another tenant's.
    pub fn asset_not_found() -> Self {
        Self::new(Code::AssetNotFound, "Asset not found.")
    }

    /// 403: photos are not cut out here.
    pub fn no_photo_processing() -> Self {
        Self::new(
            Code::FeatureDisabled,
            "Background Removal is not enabled: this server has no model that cuts subjects out of photos.",
        )
    }

    /// 403: `destination` is not set up.
    pub fn no_destination(destination: &str) -> Self {
        Self::new(
            Code::FeatureDisabled,
            format!("This server has no {destination} destination set up, so nothing can be sent there."),
        )
    }

    /// 402, as published for an empty balance.
    pub fn insufficient_balance() -> Self {
        Self::new(Code::InsufficientBalance, "Insufficient balance")
    }

    /// 402 for an account that may not order anything.
    pub fn account_suspended() -> Self {
        Self::new(Code::AccountSuspended, "Account suspended")
    }

    /// The HTTP status, 400 to 599.
    pub fn status(&self) -> u16 {
        self.code.status()
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    fn with_headers(mut self, headers: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.headers.extend(headers);
        self
    }
}

/// The most destinations and presets that one problem names.
const MOST_NAMED: usize = 50;
/// What [`Problem::of_parts`] speaks of, mostly.
const REQUEST: &str = "The request";

impl From<Wrong<Code>> for Problem {
    fn from(wrong: Wrong<Code>) -> Self {
        if let [only] = wrong.fields.as_slice()
            && only.kind == "json_invalid"
        {
            return Self::new(Code::InvalidJson, capital(&only.message));
        }
        let fields = wrong
            .fields
            .into_iter()
            .map(|field| (field.place(), field.message));
        let rules = wrong.rules.into_iter().map(|rule| (String::new(), rule.message));
        Self::of_parts(Code::InvalidRequest, REQUEST, fields.chain(rules).collect())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let new = |code, error: &str| Self::new(code, error);
        match refusal {
            Refusal::Unauthorized => new(
                Code::Unauthorized,
                "The API key is missing or not valid. Send it as Authorization: Bearer <key>.",
            ),
            Refusal::NoSuchPath => new(Code::NotFound, "There is nothing under this path."),
            Refusal::WrongMethod { allowed } => {
                Self::new(Code::MethodNotAllowed, format!("This path answers {allowed}."))
                    .with_headers([("Allow", allowed)])
            }
            Refusal::TooSlow => new(
                Code::RequestTimeout,
                "The body did not arrive in time. Send the request again.",
            ),
            Refusal::MalformedForm { reason } => Self::new(
                Code::InvalidRequest,
                format!("The form could not be read: {reason}."),
            ),
            Refusal::TooLong { limit } => Self::new(
                Code::BodyTooLarge,
                format!("The body may have at most {limit} bytes."),
            ),
            Refusal::WrongType { expected } => Self::new(
                Code::UnsupportedMediaType,
                format!("The body should be of type {expected}."),
            ),
            Refusal::Limit(limit) => {
                let code = match limit {
                    LimitReached::Rate { .. } => Code::RateLimited,
                    LimitReached::Queue { .. } | LimitReached::Concurrency { .. } => Code::TooManyAtOnce,
                };
                Self::new(code, limit.words()).with_headers(limit.headers())
            }
            Refusal::Unavailable { retry_after } => Self::unavailable(retry_after),
            Refusal::Fault => new(Code::ServerError, "Something went wrong on the server."),
        }
    }
}

impl Problem {
    /// 503: come back after a while.
    pub fn unavailable(retry_after: Duration) -> Self {
        Self::new(
            Code::Unavailable,
            "The server cannot take this request now. Try again soon.",
        )
        .with_headers([("Retry-After", seconds(retry_after).to_string())])
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let mut details = Map::new();
        for (place, message) in problem.details {
            // Several problems of one place stand in one text; a map has each place once.
            match details.get_mut(&place) {
                Some(Value::String(told)) => {
                    told.push_str("; ");
                    told.push_str(&message);
                }
                _ => {
                    details.insert(place, Value::String(message));
                }
            }
        }
        let mut answer = Self {
            status: problem.code.status(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: bytes(&Body {
                error: &problem.error,
                code: problem.code.as_str(),
                details: Some(details).filter(|details| !details.is_empty()),
            }),
        };
        answer.headers.extend(problem.headers);
        answer
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Map<String, Value>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code.status(), self.code, self.error)
    }
}

impl std::error::Error for Problem {}

/// A clause as the beginning of a sentence.
fn capital(clause: &str) -> String {
    let mut letters = clause.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(problem: Problem) -> Value {
        serde_json::from_slice(&Answer::from(problem).body).unwrap()
    }

    #[test]
    fn the_published_text_stands_alone_but_for_what_is_added() {
        assert_eq!(
            body(Problem::insufficient_balance()),
            json!({"error": "Insufficient balance", "code": "insufficient_balance"})
        );
    }

    #[test]
    fn every_wrong_part_is_told_and_none_hides_another() {
        let parts = [
            ("fields.Name", "is too long"),
            ("fields.Name", "is no text"),
            ("x", "is odd"),
        ];
        let parts = parts.map(|(place, message)| (place.to_owned(), message.to_owned()));
        let told = body(Problem::of_parts(Code::InvalidRequest, REQUEST, parts.into()));
        assert_eq!(
            told,
            json!({
                "error": "The request is wrong: fields.Name: is too long; fields.Name: is no text; x: is odd",
                "code": "invalid_request",
                "details": {"fields.Name": "is too long; is no text", "x": "is odd"},
            })
        );
    }
}

//! The JSON of a problem, in each of its shapes.

use serde::Serialize;

use super::{LimitReached, Problem, Shape, Told, seconds};
use crate::field::{FieldError, Step};
use crate::iso8601;
use crate::sudomock::Code;

#[derive(Serialize)]
pub(super) struct Body<'a> {
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
            LimitReached::Queue { limit, .. } => Self {
                kind: "concurrent_limit_exceeded",
                code: Code::ConcurrentLimitExceeded.as_str(),
                limit: u32::try_from(*limit).unwrap_or(u32::MAX),
                current: Some(u32::try_from(*limit).unwrap_or(u32::MAX)),
                remaining: None,
                reset_seconds: None,
                retry_after,
                resource: "queue",
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

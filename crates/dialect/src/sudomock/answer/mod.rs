//! Answers of this dialect, made from the nouns of `model`.
//!
//! Every function gives a whole [`Answer`]: status, headers and body. Members stand in the order of the
//! published examples, because people read bodies too.

mod account;
mod fidelity;
mod job;
mod layers;
mod mockup;
mod render;
mod timeline;
mod webhook;

pub use account::{Account, Plan, me, plans};
pub use fidelity::fidelity;
pub use job::{accepted, cancelling, job, jobs, still_going};
pub use layers::layers;
pub use mockup::{mockup, mockups};
pub use render::render;
pub use timeline::{seen, seen_id, timeline};
pub use webhook::{
    NEXT_CURSOR_HEADER, attempts, created_endpoint, deliveries, endpoint, endpoints, message, replaying_all,
    replaying_one, rotated_endpoint, testing,
};

pub(super) use job::{error_of, kind_word, result_url, status_word};

use marquetry_model::Warning;
use serde::Serialize;

use super::Problem;
use super::problem::spelled;
pub use crate::Answer;
pub(crate) use crate::answer::bytes;

impl From<&Problem> for Answer {
    fn from(problem: &Problem) -> Self {
        Self {
            status: problem.status(),
            headers: problem.headers(),
            body: problem.body(),
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::from(&problem)
    }
}

/// `{success, data}`, with what stands beside it.
#[derive(Serialize)]
struct Envelope<T> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<WarningForm>>,
    data: T,
}

impl<T> Envelope<T> {
    fn of(data: T) -> Self {
        Self {
            success: true,
            message: None,
            warnings: None,
            data,
        }
    }
}

#[derive(Serialize)]
struct WarningForm {
    code: String,
    message: String,
}

fn warnings(warnings: &[Warning]) -> Vec<WarningForm> {
    warnings
        .iter()
        .map(|warning| WarningForm {
            // A code that client libraries would hide becomes the general one that they know.
            code: match spelled(&warning.code) {
                code if code == super::Code::ProcessingFailed.as_str() => "RENDER_WARNING".to_owned(),
                code => code,
            },
            message: warning.message.clone(),
        })
        .collect()
}

/// A number as people write it: `450` rather than `450.0`, three decimals at most.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Broken(f64),
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        // 2^53: beyond it floats are whole anyway, and no picture is so large.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let rounded = (number * 1000.0).round() / 1000.0;
        if rounded.fract() == 0.0 && rounded.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number within 2^53 fits")]
            Self::Whole(rounded as i64)
        } else {
            Self::Broken(rounded)
        }
    }
}

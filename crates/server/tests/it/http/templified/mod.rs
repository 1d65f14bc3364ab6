//! The second dialect over HTTP. Tests called `c01_...` hold the statement of that number in the contract's list.

mod designs;
mod ending;
mod features;
mod making;
mod paying;
mod refusals;
mod sending;
mod sending_rules;
mod submitting;
mod templates;
mod world;

use serde_json::Value;

use super::client::Answer;

/// The body of an error, which must be one: the text, and the stable code.
#[track_caller]
fn error(answer: &Answer, status: u16) -> (String, String) {
    let body = answer.expect(status);
    let text = |name: &str| {
        body[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {body}"))
            .to_owned()
    };
    let known = ["error", "code", "details"];
    let members = body.as_object().unwrap();
    assert!(
        members.keys().all(|name| known.contains(&name.as_str())),
        "{body}"
    );
    assert!(members.get("details").is_none_or(Value::is_object), "{body}");
    (text("error"), text("code"))
}

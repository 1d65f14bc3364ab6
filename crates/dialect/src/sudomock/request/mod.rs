//! Requests of this dialect, read into the nouns of `model`.
//!
//! Each function takes what arrived on the wire and gives a value that is never checked again, or a
//! [`Problem`] that names every field that is wrong. Members that nobody knows are ignored: clients send some
//! (`enabled` when they create an endpoint) that the documentation does not list.

mod asset;
mod cursor;
mod delivery;
mod endpoint;
mod export;
mod job;
mod mockup;
mod render;
mod text;
mod upload;

pub use cursor::Cursor;
pub use delivery::{AttemptQuery, DeliveryQuery, attempts, deliveries, events, replay_failed};
pub use endpoint::{Schemes, create_endpoint, patch_endpoint};
pub use job::{JobQuery, KindQuery, jobs};
pub use mockup::{MockupQuery, MockupSort, Order, mockups, rename_mockup};
pub use render::render;
pub use upload::{FileUpload, file_name_as_name, upload, upload_fields};

use marquetry_model::LayerId;
use url::Url;

use super::{Code, Problem};
use crate::field::{self, Absent, Object, Present, Wrong};

/// Something asked for, and how the caller wants to hear of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission<T> {
    /// What is asked for.
    pub ask: T,
    /// Whether the caller waits.
    pub mode: Mode,
    /// An http or https address that wants to hear of this one job, beside the registered endpoints.
    pub callback: Option<String>,
}

/// Whether the caller waits for the end of the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The answer is the result (`is_async` absent or false).
    #[default]
    Inline,
    /// The answer is 202 and the job is looked up later (`is_async: true`).
    Background,
}

/// The longest address that is read, in characters.
pub const LONGEST_URL: usize = 8192;

/// The `Idempotency-Key` header: 1 to 255 characters that can be printed, taken as they are.
///
/// # Errors
/// 400 `INVALID_IDEMPOTENCY_KEY` for anything else.
pub fn idempotency_key(header: Option<&[u8]>) -> Result<Option<String>, Problem> {
    let Some(bytes) = header else { return Ok(None) };
    field::idempotency_key(bytes, 255).map(Some).ok_or_else(|| {
        Problem::new(
            Code::InvalidIdempotencyKey,
            "The Idempotency-Key should have 1 to 255 characters.",
        )
    })
}

/// Reads a JSON body.
fn from_json<T>(
    body: &[u8],
    absent: Absent,
    form: impl FnOnce(&Object<'_, Code>) -> Option<T>,
) -> Result<T, Problem> {
    Ok(field::read_json(body, absent, form)?)
}

/// Reads the part of an address after the question mark.
fn from_query<T>(
    query: Option<&str>,
    form: impl FnOnce(&Object<'_, Code>) -> Option<T>,
) -> Result<T, Problem> {
    field::read_query(query, form).map_err(|mut wrong: Wrong<Code>| {
        // A cursor that was damaged has a status and a code of its own, whatever else is wrong.
        let damaged = wrong
            .rules
            .iter()
            .position(|rule| rule.code == Some(Code::InvalidCursor));
        match damaged {
            Some(_) => Problem::invalid_cursor(),
            None => {
                wrong.rules.truncate(1);
                wrong.into()
            }
        }
    })
}

fn mode(root: &Object<'_, Code>) -> Option<Mode> {
    root.field("is_async")
        .or(false, |flag| flag.boolean())
        .map(|background| {
            if background {
                Mode::Background
            } else {
                Mode::Inline
            }
        })
}

/// `webhook: {url}`: an address for this one job.
fn callback(root: &Object<'_, Code>) -> Option<Option<String>> {
    root.field("webhook")
        .maybe(|webhook| webhook.object()?.field("url").need(|url| web_address(&url)))
}

/// An http or https address with a host.
fn web_address(value: &Present<'_, Code>) -> Option<String> {
    let text = value.string(1..=LONGEST_URL)?.trim();
    match is_web_address(text) {
        true => Some(text.to_owned()),
        false => value.refuse("url_parsing", "should be an http or https URL"),
    }
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn layer_id(value: &Present<'_, Code>) -> Option<LayerId> {
    value.uuid().map(|id| LayerId::from_bytes(*id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_keys_are_opaque_but_bounded() {
        assert_eq!(idempotency_key(None), Ok(None));
        assert_eq!(
            idempotency_key(Some(b"order 7/b")),
            Ok(Some("order 7/b".to_owned()))
        );
        assert_eq!(
            idempotency_key(Some(&[b'x'; 255])).map(|key| key.is_some()),
            Ok(true)
        );
        for wrong in [&b""[..], &[b'x'; 256], b"a\nb", b"\xff"] {
            let problem = idempotency_key(Some(wrong)).unwrap_err();
            assert_eq!(
                (problem.status(), problem.code()),
                (400, Some(Code::InvalidIdempotencyKey))
            );
        }
    }

    #[test]
    fn addresses_have_a_scheme_of_the_web_and_a_host() {
        for fine in [
            "https://example.com/a.png?x=1",
            "HTTP://EXAMPLE.com",
            "http://[::1]:80/",
            "http://1.2.3.4",
        ] {
            assert!(is_web_address(fine), "{fine}");
        }
        for wrong in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "http://",
            "https:///",
            "//a",
        ] {
            assert!(!is_web_address(wrong), "{wrong}");
        }
    }
}

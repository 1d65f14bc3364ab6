//! Requests of this dialect, read into the nouns of `model`.
//!
//! Each function takes what arrived on the wire and gives a value that is never checked again, or a [`Problem`] that
//! names every member that is wrong. Members that nobody knows are ignored. What stands in `fields` is passed on as it
//! is: only the template knows what may be there.

mod design;
mod destination;
mod export;
mod group;
mod order;
mod page;
mod photo;
mod team;
mod template;

pub use design::{DesignChange, change_design};
pub use destination::{DestinationDraft, PresetDraft, changed_destination, new_destination, preset};
pub use export::{Export, ExportTo, export_dropbox, export_preset, export_webhook};
pub use group::{GroupDraft, GroupOrder, group, group_order};
pub use order::{Afterwards, Order, SendTo, create, create_and_render, preview, studio_create};
pub use page::{Page, page};
pub use photo::{Photo, photo};
pub use team::{Seating, TeamDesign, seating};
pub use template::{AssetNames, Publish, asset_names, publishing};

use marquetry_model::{About, Handle};
use url::Url;

use super::{Code, Problem};
use crate::field::{self, Absent, Object, Present};

/// Whether the caller waits for the end of the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The answer is 202 and the job is polled.
    #[default]
    Background,
    /// The answer is the job as it stands when it ends, or 202 when it takes too long (`?sync=true`).
    Inline,
}

/// The longest address that is read, in bytes.
pub const LONGEST_URL: usize = 4096;
/// The most characters of what a caller calls a subject or an event.
const LONGEST_CODE: usize = 64;
/// The most characters of a name.
const LONGEST_NAME: usize = 255;
/// The most characters of an idempotency key.
const LONGEST_KEY: usize = 128;

/// Whether `?sync=true` was asked. Any other value, and any on a route that has no such mode, means no.
///
/// ```
/// use marquetry_dialect::templified::request::{Mode, mode};
/// assert_eq!(mode(Some("sync=True")), Mode::Inline);
/// assert_eq!(mode(Some("sync=1")), Mode::Background);
/// ```
pub fn mode(query: Option<&str>) -> Mode {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let last = pairs.filter(|(name, _)| name == "sync").last();
    match last {
        Some((_, value)) if value.eq_ignore_ascii_case("true") => Mode::Inline,
        _ => Mode::Background,
    }
}

/// The `Idempotency-Key` header: 1 to 128 characters that can be printed, taken as they are.
///
/// # Errors
/// 400 for anything else.
pub fn idempotency_key(header: Option<&[u8]>) -> Result<Option<String>, Problem> {
    let Some(bytes) = header else { return Ok(None) };
    field::idempotency_key(bytes, LONGEST_KEY)
        .map(Some)
        .ok_or_else(|| Problem::of_member("Idempotency-Key", "should have 1 to 128 characters"))
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
    Ok(field::read_query(query, form)?)
}

/// The values for a template: an object, kept as JSON. Without it, an empty one.
fn values(root: &Object<'_, Code>, name: &'static str) -> Option<String> {
    root.field(name)
        .or("{}".to_owned(), |values| values.object_as_json())
}

/// The subject.
fn player(root: &Object<'_, Code>) -> Option<Option<String>> {
    short(root, "player_id")
}

fn short(root: &Object<'_, Code>, name: &'static str) -> Option<Option<String>> {
    root.field(name)
        .maybe(|text| text.string(1..=LONGEST_CODE).map(str::to_owned))
}

fn long(root: &Object<'_, Code>, name: &'static str) -> Option<Option<String>> {
    root.field(name)
        .maybe(|text| text.string(1..=LONGEST_NAME).map(str::to_owned))
}

/// What the caller says about a design.
fn about(root: &Object<'_, Code>) -> Option<About> {
    let player = player(root);
    let (name, folder) = (long(root, "name"), long(root, "folder"));
    let codes = event_codes(root);
    Some(About {
        player: player?,
        name: name?,
        folder: folder?,
        ..codes?
    })
}

/// The events that a design comes from and goes to.
fn event_codes(root: &Object<'_, Code>) -> Option<About> {
    let main = short(root, "main_event_code");
    let destination = short(root, "destination_event_code");
    Some(About {
        main_event_code: main?,
        destination_event_code: destination?,
        ..About::default()
    })
}

/// A name that the owner chose for something new.
fn own_id(root: &Object<'_, Code>) -> Option<Option<Handle>> {
    root.field("id").maybe(|value| match id(&value)? {
        Ok(handle) => Some(handle),
        Err(NoSuch) => value.refuse("id", "should have 1 to 64 characters of A-Z, a-z, 0-9, _ and -"),
    })
}

/// What the caller says about a render that has no design: whom it is for.
fn subject(root: &Object<'_, Code>) -> Option<About> {
    player(root).map(|player| About {
        player,
        ..About::default()
    })
}

/// An address of the web. Whether `http` may be in it is for whoever opens it to judge.
fn web_address(value: &Present<'_, Code>) -> Option<String> {
    let text = value.string(1..=LONGEST_URL)?.trim();
    let is_one = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_one && text.len() <= LONGEST_URL {
        Some(text.to_owned())
    } else {
        value.refuse("url_parsing", "should be an https URL")
    }
}

/// An id, which names nothing when it is spelled as none can be: that is for the caller of this to tell, as 404.
fn id(value: &Present<'_, Code>) -> Option<Result<Handle, NoSuch>> {
    let text = value.text()?;
    if text.is_empty() {
        return value.refuse("string_too_short", "should have at least 1 character");
    }
    Some(super::handle_of(text).ok_or(NoSuch))
}

/// What is spelled as no id is names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoSuch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_keys_are_opaque_but_bounded() {
        assert_eq!(idempotency_key(None), Ok(None));
        assert_eq!(idempotency_key(Some(b"a b")), Ok(Some("a b".to_owned())));
        assert!(idempotency_key(Some(&[b'x'; 128])).is_ok());
        for wrong in [&b""[..], &[b'x'; 129], b"a\nb", b"\xff"] {
            assert_eq!(idempotency_key(Some(wrong)).unwrap_err().status(), 400);
        }
    }

    #[test]
    fn only_the_word_true_makes_a_caller_wait() {
        for (query, expected) in [
            (None, Mode::Background),
            (Some("sync=true"), Mode::Inline),
            (Some("a=b&sync=TRUE"), Mode::Inline),
            (Some("sync=false&sync=true"), Mode::Inline),
            (Some("sync=true&sync=0"), Mode::Background),
            (Some("sync"), Mode::Background),
            (Some("sync=yes"), Mode::Background),
        ] {
            assert_eq!(mode(query), expected, "{query:?}");
        }
    }
}

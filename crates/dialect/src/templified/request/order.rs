//! `POST /create`, `/studio/create`, `/studio/create-and-render`: a template, and values for its fields.

use marquetry_model::{About, Handle};

use super::{NoSuch, about, from_json, id, subject, values, web_address};
use crate::field::{Absent, Object, Present};
use crate::templified::{Code, Problem};

/// A template to be filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Which.
    pub template: Handle,
    /// The values, a JSON object.
    pub fields: String,
    /// Whom or what it is for.
    pub about: About,
    /// What is to happen when it is made.
    pub then: Afterwards,
}

/// What is to happen when a render has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Afterwards {
    /// An address that wants to hear of it.
    pub callback: Option<String>,
    /// Where the file is to be sent.
    pub send_to: Option<SendTo>,
}

/// Where a finished file is to be sent, as callers spell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTo(String);

impl SendTo {
    /// What was written: `integration:webhook`, `preset:abc`, or something that means nothing here.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The destination after `integration:`, if it can be one.
    pub fn integration(&self) -> Option<Handle> {
        self.0.strip_prefix("integration:")?.parse().ok()
    }

    /// The id after `preset:`, if it can be one.
    pub fn preset(&self) -> Option<Handle> {
        self.0.strip_prefix("preset:")?.parse().ok()
    }
}

/// Reads the body of `POST /create`.
///
/// # Errors
/// 400 with every wrong member; 404 for a template whose id none can have.
///
/// ```
/// use marquetry_dialect::templified::request;
/// let order = request::create(br#"{"template_id": "tpl_card", "fields": {"Name": "Jo"}, "player_id": "23"}"#)?;
/// assert_eq!(order.fields, r#"{"Name":"Jo"}"#);
/// let problem = request::create(br#"{"fields": [], "webhook_url": "ftp://a"}"#).unwrap_err();
/// assert_eq!(problem.to_string(), "400 invalid_request: The request is wrong: \
///     template_id: this field is required; fields: should be an object; webhook_url: should be an https URL");
/// # Ok::<(), marquetry_dialect::templified::Problem>(())
/// ```
pub fn create(body: &[u8]) -> Result<Order, Problem> {
    read(body, subject, afterwards)
}

/// Reads the body of `POST /studio/create`.
///
/// # Errors
/// 400 with every wrong member; 404 for a template whose id none can have.
pub fn studio_create(body: &[u8]) -> Result<Order, Problem> {
    read(body, about, |_| Some(Afterwards::default()))
}

/// Reads the body of `POST /studio/create-and-render`.
///
/// # Errors
/// 400 with every wrong member; 404 for a template whose id none can have.
pub fn create_and_render(body: &[u8]) -> Result<Order, Problem> {
    read(body, about, afterwards)
}

/// Reads the body of `POST /templates/{id}/preview`: the values alone.
///
/// # Errors
/// 400 when `fields` is no object.
pub fn preview(body: &[u8]) -> Result<String, Problem> {
    from_json(body, Absent::IsEmptyObject, |root| values(root, "fields"))
}

type Reading<T> = fn(&Object<'_, Code>) -> Option<T>;

fn read(body: &[u8], about: Reading<About>, then: Reading<Afterwards>) -> Result<Order, Problem> {
    let (template, fields, about, then) = from_json(body, Absent::IsWrong, |root| {
        let template = root.field("template_id").need(|value| id(&value));
        let (fields, about, then) = (values(root, "fields"), about(root), then(root));
        Some((template?, fields?, about?, then?))
    })?;
    Ok(Order {
        template: template.map_err(|NoSuch| Problem::template_not_found())?,
        fields,
        about,
        then,
    })
}

/// What is to happen when it is made.
pub(super) fn afterwards(root: &Object<'_, Code>) -> Option<Afterwards> {
    let callback = root.field("webhook_url").maybe(|url| web_address(&url));
    let send_to = root.field("send_to").maybe(|value| send_to(&value));
    Some(Afterwards {
        callback: callback?,
        send_to: send_to?,
    })
}

fn send_to(value: &Present<'_, Code>) -> Option<SendTo> {
    value.string(1..=128).map(|text| SendTo(text.trim().to_owned()))
}

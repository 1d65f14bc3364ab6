//! Requests about endpoints: make one, change one.

use marquetry_model::{Endpoint, EndpointChange, EndpointDraft, EventNaming, EventType};
use url::Url;

use super::from_json;
use crate::field::{Absent, Object, Present};
use crate::sudomock::event::{naming_of_list, spelled_event};
use crate::sudomock::{Code, Problem};

/// The longest address of an endpoint, in characters.
const LONGEST_URL: usize = 2048;

const NAMINGS: &[(&str, EventNaming)] = &[("current", EventNaming::Current), ("legacy", EventNaming::Legacy)];

/// Which addresses an endpoint may have. Where they lead is checked by `egress` when they are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Schemes {
    /// https alone.
    #[default]
    Https,
    /// http as well, for a server that may call its own network.
    HttpToo,
}

/// Reads the body of `POST /webhook-endpoints`.
///
/// Without `event_naming`, a list in the older names means the older ones, a list in the newer names or without
/// photo events means the newer ones, and no list or a mixed one means the older ones.
///
/// # Errors
/// 422 with every wrong field; 422 `WEBHOOK_URL_REJECTED`.
pub fn create_endpoint(body: &[u8], schemes: Schemes) -> Result<EndpointDraft, Problem> {
    from_json(body, Absent::IsWrong, |root| {
        let url = root
            .field("url")
            .need(|url| url.string(1..=LONGEST_URL).map(|url| url.trim().to_owned()));
        let events = root
            .field("event_types")
            .or(Vec::new(), |list| event_types(&list));
        let description = root.field("description").maybe(|text| description(&text));
        let naming = root.field("event_naming").maybe(|naming| naming.choice(NAMINGS));
        let url = allowed(root, url?, schemes);
        let events = events?;
        let naming = naming?.unwrap_or_else(|| naming_of_list(events.iter().map(|(_, naming)| *naming)));
        Some(EndpointDraft {
            url: url?,
            description: description?.filter(|text| !text.is_empty()),
            event_types: once_each(events),
            naming,
        })
    })
}

/// Reads the body of `PATCH /webhook-endpoints/{id}`. What is absent stays; `description: null` takes it away.
///
/// # Errors
/// 422 with every wrong field; 422 `WEBHOOK_URL_REJECTED`.
pub fn patch_endpoint(body: &[u8], schemes: Schemes) -> Result<EndpointChange, Problem> {
    from_json(body, Absent::IsEmptyObject, |root| {
        let url = root
            .field("url")
            .maybe(|url| url.string(1..=LONGEST_URL).map(|url| url.trim().to_owned()));
        let events = root.field("event_types").maybe(|list| event_types(&list));
        let new_description = root.field("description").maybe(|text| description(&text));
        let naming = root.field("event_naming").maybe(|naming| naming.choice(NAMINGS));
        let enabled = root.field("enabled").maybe(|flag| flag.boolean());
        let url = match url? {
            Some(url) => Some(allowed(root, url, schemes)?),
            None => None,
        };
        Some(EndpointChange {
            url,
            description: match new_description? {
                Some(text) => Some(Some(text).filter(|text| !text.is_empty())),
                None if root.is_null("description") => Some(None),
                None => None,
            },
            event_types: events?.map(once_each),
            naming: naming?,
            enabled: enabled?,
        })
    })
}

fn description(text: &Present<'_, Code>) -> Option<String> {
    text.string(0..=Endpoint::LONGEST_DESCRIPTION).map(str::to_owned)
}

/// Each event with the spelling it came in; `None` for events that are spelled alike in both.
fn event_types(list: &Present<'_, Code>) -> Option<Vec<(EventType, Option<EventNaming>)>> {
    list.each(0..=2 * EventType::ALL.len(), |name| {
        match spelled_event(name.text()?) {
            Some(event) => Some(event),
            None => name.refuse("enum", "should be the name of an event, such as render.succeeded"),
        }
    })
}

fn once_each(events: Vec<(EventType, Option<EventNaming>)>) -> Vec<EventType> {
    let mut kept = Vec::new();
    for (event, _) in events {
        if !kept.contains(&event) {
            kept.push(event);
        }
    }
    kept
}

fn allowed(root: &Object<'_, Code>, url: String, schemes: Schemes) -> Option<String> {
    let refuse = |why| root.rule("url", Some(Code::WebhookUrlRejected), why);
    match Url::parse(&url) {
        Ok(parsed) if !parsed.has_host() => refuse("should be an https URL"),
        Ok(parsed) => match (parsed.scheme(), schemes) {
            ("https", _) | ("http", Schemes::HttpToo) => Some(url),
            _ => refuse("should be an https URL"),
        },
        Err(_) => refuse("should be an https URL"),
    }
}

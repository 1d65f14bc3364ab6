//! Destinations and presets, with nothing of a secret but its end.

use marquetry_model::{Bucket, Destination, DropboxAccess, Preset, Reach, Secret, Stop};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Answer, iso8601};

/// One destination, its secrets cut to what may be shown, with the status that fits: 200 as it is, 201 when it was made
/// just now.
pub fn destination(status: u16, destination: &Destination) -> Answer {
    Answer::json(status, &DestinationForm::of(destination))
}

/// 200: a page of destinations, newest first, their secrets cut to what may be shown.
pub fn destinations(destinations: &[Destination], next: Option<String>) -> Answer {
    let destinations: Vec<_> = destinations.iter().map(DestinationForm::of).collect();
    let body = json!({"destinations": destinations, "next_cursor": next});
    Answer::json(200, &body)
}

/// One preset, with the status that fits: 200 as it is, 201 when it was made just now.
pub fn preset(status: u16, preset: &Preset) -> Answer {
    Answer::json(status, &PresetForm::of(preset))
}

/// 200: a page of presets, newest first.
pub fn presets(presets: &[Preset], next: Option<String>) -> Answer {
    let presets: Vec<_> = presets.iter().map(PresetForm::of).collect();
    Answer::json(200, &json!({"presets": presets, "next_cursor": next}))
}

#[derive(Serialize)]
struct DestinationForm<'a> {
    id: &'a str,
    name: &'a str,
    /// What a request writes to have a file sent there.
    send_to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropbox: Option<Value>,
    created_at: String,
    updated_at: String,
}

impl<'a> DestinationForm<'a> {
    fn of(known: &'a Destination) -> Self {
        let mut form = Self {
            id: known.id.as_str(),
            name: &known.name,
            send_to: format!("integration:{}", known.id),
            path: Some(&known.path),
            webhook: None,
            folder: None,
            bucket: None,
            dropbox: None,
            created_at: iso8601(known.created_at),
            updated_at: iso8601(known.updated_at),
        };
        match &known.reach {
            Reach::Webhook { url, secret } => {
                form.path = None;
                form.webhook = Some(json!({
                    "url": url, "signed": secret.is_some(), "secret_ends_in": secret.as_ref().and_then(end),
                }));
            }
            Reach::Folder => form.folder = Some(json!({})),
            Reach::Bucket(bucket) => form.bucket = Some(bucket_form(bucket)),
            Reach::Dropbox(access) => form.dropbox = Some(dropbox_form(access)),
        }
        form
    }
}

fn bucket_form(bucket: &Bucket) -> Value {
    json!({
        "endpoint": bucket.endpoint,
        "region": bucket.region,
        "name": bucket.name,
        "access_key_id": bucket.access_key_id,
        "secret_access_key_ends_in": end(&bucket.secret_access_key),
    })
}

fn dropbox_form(access: &DropboxAccess) -> Value {
    match access {
        DropboxAccess::Token(token) => json!({"access_token_ends_in": end(token)}),
        DropboxAccess::Refresh {
            app_key,
            app_secret,
            refresh_token,
        } => json!({
            "app_key": app_key,
            "app_secret_ends_in": app_secret.as_ref().and_then(end),
            "refresh_token_ends_in": end(refresh_token),
        }),
    }
}

/// What may be shown of a secret that was cut to it; null when that is nothing.
fn end(secret: &Secret) -> Option<&str> {
    Some(secret.expose()).filter(|end| !end.is_empty())
}

#[derive(Serialize)]
struct PresetForm<'a> {
    id: &'a str,
    name: &'a str,
    /// What a request writes to have a file sent to all of them.
    send_to: String,
    destinations: Vec<StopForm<'a>>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
struct StopForm<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl<'a> PresetForm<'a> {
    fn of(preset: &'a Preset) -> Self {
        let stop = |stop: &'a Stop| StopForm {
            id: stop.destination.as_str(),
            path: stop.path.as_deref(),
        };
        Self {
            id: preset.id.as_str(),
            name: &preset.name,
            send_to: format!("preset:{}", preset.id),
            destinations: preset.stops.iter().map(stop).collect(),
            created_at: iso8601(preset.created_at),
            updated_at: iso8601(preset.updated_at),
        }
    }
}

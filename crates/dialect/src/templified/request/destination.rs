//! `/destinations` and `/presets`: where files can be sent, made by hand. Routes of our own.

use std::collections::HashSet;

use marquetry_model::{Bucket, DropboxAccess, Handle, Reach, Secret, Stop};

use super::export::path;
use super::{LONGEST_NAME, NoSuch, from_json, id, own_id, web_address};
use crate::field::{Absent, Object, Present};
use crate::templified::{Code, Problem};

/// A destination as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationDraft {
    /// Its name, if the owner chose one.
    pub id: Option<Handle>,
    /// What people call it.
    pub name: String,
    /// How it is reached; as before without it.
    pub reach: Option<Reach>,
    /// The template of the path under which files are put there.
    pub path: Option<String>,
}

/// A preset as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetDraft {
    /// Its name, if the owner chose one.
    pub id: Option<Handle>,
    /// What people call it.
    pub name: String,
    /// Its destinations, in order, none twice.
    pub stops: Vec<Stop>,
}

/// The members that say how a destination is reached, of which there is one.
const REACHES: [&str; 4] = ["webhook", "folder", "bucket", "dropbox"];
/// The most characters of a secret.
const LONGEST_SECRET: usize = 4096;
/// The most characters of the id of a key.
const LONGEST_KEY_ID: usize = 128;
/// The most destinations of a preset.
const MOST_STOPS: usize = 20;

/// Reads the body of `POST /destinations`.
///
/// # Errors
/// 400 with every wrong member.
pub fn new_destination(body: &[u8]) -> Result<DestinationDraft, Problem> {
    destination(body, 1..=1)
}

/// Reads the body of `PUT /destinations/{id}`: one that does not say how it is reached is reached as before.
///
/// # Errors
/// 400 with every wrong member.
pub fn changed_destination(body: &[u8]) -> Result<DestinationDraft, Problem> {
    destination(body, 0..=1)
}

fn destination(body: &[u8], reaches: std::ops::RangeInclusive<usize>) -> Result<DestinationDraft, Problem> {
    from_json(body, Absent::IsWrong, |root| {
        let own = own_id(root);
        let name = name(root);
        let given: Vec<&'static str> = REACHES.into_iter().filter(|name| root.has(name)).collect();
        let reach = match given.as_slice() {
            given if !reaches.contains(&given.len()) => root.rule(
                "",
                None,
                "one of webhook, folder, bucket and dropbox should be there",
            ),
            [] => Some(None),
            [given, ..] => root.field(given).need(|value| reach(given, &value)).map(Some),
        };
        // Where files are put they need a path; whoever is only told where they are needs none.
        let path = if given.is_empty() || given == ["webhook"] {
            root.field("path").maybe(|value| path(&value))
        } else {
            root.field("path").need(|value| path(&value)).map(Some)
        };
        Some(DestinationDraft {
            id: own?,
            name: name?,
            reach: reach?,
            path: path?,
        })
    })
}

fn reach(kind: &str, value: &Present<'_, Code>) -> Option<Reach> {
    let root = &value.object()?;
    match kind {
        "webhook" => {
            let url = root.field("url").need(|url| web_address(&url));
            let secret = root.field("secret").maybe(|text| secret(&text));
            Some(Reach::Webhook {
                url: url?,
                secret: secret?,
            })
        }
        "bucket" => {
            let endpoint = root.field("endpoint").maybe(|url| web_address(&url));
            let region = text(root, "region", 64);
            let name = text(root, "name", 63);
            let access_key_id = text(root, "access_key_id", LONGEST_KEY_ID);
            let key = root.field("secret_access_key").need(|text| secret(&text));
            Some(Reach::Bucket(Bucket {
                endpoint: endpoint?,
                region: region?,
                name: name?,
                access_key_id: access_key_id?,
                secret_access_key: key?,
            }))
        }
        "dropbox" if root.has("access_token") => {
            let token = root.field("access_token").need(|text| secret(&text))?;
            Some(Reach::Dropbox(DropboxAccess::Token(token)))
        }
        "dropbox" => {
            let app_key = text(root, "app_key", LONGEST_KEY_ID);
            let app_secret = root.field("app_secret").maybe(|text| secret(&text));
            let refresh_token = root.field("refresh_token").need(|text| secret(&text));
            Some(Reach::Dropbox(DropboxAccess::Refresh {
                app_key: app_key?,
                app_secret: app_secret?,
                refresh_token: refresh_token?,
            }))
        }
        _ => Some(Reach::Folder),
    }
}

/// Reads the body of `POST /presets` and `PUT /presets/{id}`.
///
/// # Errors
/// 400 with every wrong member; 404 for a destination whose id none can have.
pub fn preset(body: &[u8]) -> Result<PresetDraft, Problem> {
    let (own, name, stops) = from_json(body, Absent::IsWrong, |root| {
        let own = own_id(root);
        let name = name(root);
        let mut seen = HashSet::new();
        let stops = root.field("destinations").need(|list| {
            list.each(1..=MOST_STOPS, |entry| {
                let stop = entry.object()?;
                let named = stop.field("id").need(|value| id(&value));
                let path = stop.field("path").maybe(|value| path(&value));
                let (named, path) = (named?, path?);
                match named {
                    Ok(handle) if !seen.insert(handle.clone()) => entry.refuse("twice", "stands here twice"),
                    named => Some(named.map(|destination| Stop { destination, path })),
                }
            })
        });
        Some((own?, name?, stops?))
    })?;
    let stops: Result<Vec<Stop>, NoSuch> = stops.into_iter().collect();
    Ok(PresetDraft {
        id: own,
        name,
        stops: stops.map_err(|NoSuch| Problem::destination_not_found())?,
    })
}

fn name(root: &Object<'_, Code>) -> Option<String> {
    text(root, "name", LONGEST_NAME)
}

fn text(root: &Object<'_, Code>, name: &'static str, most: usize) -> Option<String> {
    root.field(name)
        .need(|text| text.string(1..=most).map(str::to_owned))
}

fn secret(value: &Present<'_, Code>) -> Option<Secret> {
    value.string(1..=LONGEST_SECRET).map(Secret::new)
}

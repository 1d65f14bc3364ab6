//! The export routes of a design.

use marquetry_model::{About, Handle, ModelError, PathTemplate};

use super::{NoSuch, event_codes, from_json, id};
use crate::field::{Absent, Object, Present};
use crate::templified::{Code, Problem};

/// A design is to be rendered and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Event codes in place of those of the design.
    pub about: About,
    /// Where to.
    pub to: ExportTo,
}

/// Where a design is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportTo {
    /// To a folder, under templates of a path; see the documentation for the variables.
    Dropbox {
        /// The folder.
        folder_path: Option<String>,
        /// The name of the file.
        file_name: Option<String>,
    },
    /// To the tenant's webhook.
    Webhook,
    /// To every destination of a preset.
    Preset(Handle),
}

/// Reads the body of `POST /studio/{instance_id}/export/dropbox`.
///
/// # Errors
/// 400 with every wrong member.
pub fn export_dropbox(body: &[u8]) -> Result<Export, Problem> {
    read(body, Absent::IsEmptyObject, |root| {
        let folder = root.field("folder_path").maybe(|text| {
            let any = PathTemplate::parse("path", "any").ok()?;
            checked(&text, |folder| any.in_folder(PLACE, folder).map(drop))
        });
        let file = root.field("file_name").maybe(|text| {
            let any = PathTemplate::parse("path", "any").ok()?;
            checked(&text, |name| any.called(PLACE, name).map(drop))
        });
        Some(ExportTo::Dropbox {
            folder_path: folder?,
            file_name: file?,
        })
    })
}

/// Reads the body of `POST /studio/{instance_id}/export/webhook`.
///
/// # Errors
/// 400 when it is no JSON object.
pub fn export_webhook(body: &[u8]) -> Result<Export, Problem> {
    read(body, Absent::IsEmptyObject, |_| Some(ExportTo::Webhook))
}

/// Reads the body of `POST /studio/{instance_id}/export/preset`.
///
/// # Errors
/// 400 without `preset_id`; 404 for one that none can have.
pub fn export_preset(body: &[u8]) -> Result<Export, Problem> {
    let (about, preset) = from_json(body, Absent::IsWrong, |root| {
        let about = event_codes(root);
        let preset = root.field("preset_id").need(|value| id(&value));
        Some((about?, preset?))
    })?;
    let preset = preset.map_err(|NoSuch| Problem::preset_not_found())?;
    Ok(Export {
        about,
        to: ExportTo::Preset(preset),
    })
}

fn read(
    body: &[u8],
    absent: Absent,
    to: impl FnOnce(&Object<'_, Code>) -> Option<ExportTo>,
) -> Result<Export, Problem> {
    from_json(body, absent, |root| {
        let (about, to) = (event_codes(root), to(root));
        Some(Export {
            about: about?,
            to: to?,
        })
    })
}

/// How the model speaks of a text that is refused here: the member is told beside it.
const PLACE: &str = "it";

/// A template of a path, if it is one.
pub(super) fn path(value: &Present<'_, Code>) -> Option<String> {
    checked(value, |text| PathTemplate::parse(PLACE, text).map(drop))
}

fn checked(value: &Present<'_, Code>, check: impl FnOnce(&str) -> Result<(), ModelError>) -> Option<String> {
    let text = value.string(1..=PathTemplate::LONGEST)?;
    match check(text) {
        Ok(()) => Some(text.to_owned()),
        Err(error) => {
            let told = error.to_string();
            let told = told.strip_prefix("it ").unwrap_or(&told);
            value.refuse("path", told)
        }
    }
}

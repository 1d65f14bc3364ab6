//! The four export routes of a design.

use marquetry_model::Handle;

use super::{NoSuch, from_json, id, short};
use crate::field::Absent;
use crate::templified::{Code, Problem};

/// A design is to be rendered and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// To the partner, under these event codes or those of the design.
    Gfcrew {
        /// The event that it comes from.
        main_event_code: Option<String>,
        /// The event that it goes to.
        destination_event_code: Option<String>,
    },
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

/// The most characters of a template of a path.
const LONGEST_PATH: usize = 1024;

/// Reads the body of `POST /studio/{instance_id}/export/gfcrew`.
///
/// # Errors
/// 400 with every wrong member.
pub fn export_gfcrew(body: &[u8]) -> Result<Export, Problem> {
    from_json(body, Absent::IsEmptyObject, |root| {
        let main = short(root, "main_event_code");
        let destination = short(root, "destination_event_code");
        Some(Export::Gfcrew {
            main_event_code: main?,
            destination_event_code: destination?,
        })
    })
}

/// Reads the body of `POST /studio/{instance_id}/export/dropbox`.
///
/// # Errors
/// 400 with every wrong member.
pub fn export_dropbox(body: &[u8]) -> Result<Export, Problem> {
    from_json(body, Absent::IsEmptyObject, |root| {
        let path = |name| {
            root.field(name)
                .maybe(|text| text.string(1..=LONGEST_PATH).map(str::to_owned))
        };
        let (folder, file) = (path("folder_path"), path("file_name"));
        Some(Export::Dropbox {
            folder_path: folder?,
            file_name: file?,
        })
    })
}

/// Reads the body of `POST /studio/{instance_id}/export/webhook`, which has nothing to say.
///
/// # Errors
/// 400 when it is no JSON object.
pub fn export_webhook(body: &[u8]) -> Result<Export, Problem> {
    from_json::<Export>(body, Absent::IsEmptyObject, |_| Some(Export::Webhook))
}

/// Reads the body of `POST /studio/{instance_id}/export/preset`.
///
/// # Errors
/// 400 without `preset_id`; 404 for one that none can have.
pub fn export_preset(body: &[u8]) -> Result<Export, Problem> {
    let preset = from_json(body, Absent::IsWrong, |root| {
        root.field("preset_id").need(|value| id(&value))
    })?;
    let missing = |NoSuch| Problem::new(Code::PresetNotFound, "Preset not found.");
    preset.map(Export::Preset).map_err(missing)
}

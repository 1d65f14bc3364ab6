//! `POST /photos/process`: one photo ahead of the renders that use it.

use super::{from_json, web_address};
use crate::field::Absent;
use crate::templified::Problem;

/// A photo to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Where it is.
    pub url: String,
    /// Whether its subject is cut out.
    pub remove_background: bool,
    /// Whether its colours and exposure are corrected.
    pub correction: bool,
    /// An address that wants to hear of it.
    pub callback: Option<String>,
}

/// Reads the body.
///
/// # Errors
/// 400 with every wrong member.
pub fn photo(body: &[u8]) -> Result<Photo, Problem> {
    from_json(body, Absent::IsWrong, |root| {
        let url = root.field("image_url").need(|url| web_address(&url));
        let remove = root.field("remove_background").or(true, |flag| flag.boolean());
        let correction = root.field("correction").or(false, |flag| flag.boolean());
        let callback = root.field("webhook_url").maybe(|url| web_address(&url));
        Some(Photo {
            url: url?,
            remove_background: remove?,
            correction: correction?,
            callback: callback?,
        })
    })
}

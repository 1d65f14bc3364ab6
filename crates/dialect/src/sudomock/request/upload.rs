//! `POST /psd/upload`: a file that is to become a mockup.

use marquetry_model::{Mockup, UploadSource, UploadSpec};
use url::Url;

use super::asset::unescape;
use super::{LONGEST_URL, Mode, Submission, callback, from_json, is_web_address, mode};
use crate::field::{self, Absent, Object, Origin};
use crate::sudomock::{Code, Problem};

/// What comes beside the bytes when a file is sent itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileUpload {
    /// What the mockup is to be called, if the caller said so.
    pub name: Option<String>,
    /// Whether the caller waits.
    pub mode: Mode,
    /// An address that wants to hear of this one job.
    pub callback: Option<String>,
}

/// Reads the JSON body of `POST /psd/upload`. Without a name the mockup is called after the file in the URL.
///
/// # Errors
/// 422 with every wrong field; 400 `INVALID_PSD_URL` when the URL is none of the web.
pub fn upload(body: &[u8]) -> Result<Submission<UploadSpec>, Problem> {
    from_json(body, Absent::IsWrong, |root| {
        let url = root
            .field("psd_file_url")
            .need(|url| url.string(1..=LONGEST_URL).map(str::trim));
        let name = name(root);
        let mode = mode(root);
        let callback = callback(root);
        let url = url?;
        if !is_web_address(url) {
            return root.rule(
                "psd_file_url",
                Some(Code::InvalidPsdUrl),
                "should be an http or https URL",
            );
        }
        let name = name?.unwrap_or_else(|| name_of_url(url));
        let ask = UploadSpec::new(name, UploadSource::Url(url.to_owned())).ok()?;
        Some(Submission {
            ask,
            mode: mode?,
            callback: callback?,
        })
    })
}

/// Reads what comes beside a file that is sent itself: the text fields of a form, or the pairs of a query.
/// The names are those of the JSON body; the callback is `webhook_url`, because a form has no objects.
///
/// # Errors
/// 422 with every wrong field.
pub fn upload_fields<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<FileUpload, Problem> {
    let value = field::object_of_pairs(pairs);
    Ok(field::read(Origin::Form, &value, |root| {
        let name = name(root);
        let mode = mode(root);
        let callback = root.field("webhook_url").maybe(|url| super::web_address(&url));
        Some(FileUpload {
            name: name?,
            mode: mode?,
            callback: callback?,
        })
    })?)
}

/// The name of a mockup that is called after a file: without folders and without `.psd` or `.psb`.
///
/// ```
/// use marquetry_dialect::sudomock::request::file_name_as_name;
/// assert_eq!(file_name_as_name("shirts/White Tee.PSD"), "White Tee");
/// assert_eq!(file_name_as_name("..."), "Untitled");
/// ```
pub fn file_name_as_name(file: &str) -> String {
    let last = file
        .trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    let stem = match last.rsplit_once('.') {
        Some((stem, ending))
            if ["psd", "psb"]
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known)) =>
        {
            stem
        }
        _ => last,
    };
    let name: String = stem
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(Mockup::LONGEST_NAME)
        .collect();
    let name = name.trim();
    if name.trim_matches('.').is_empty() {
        "Untitled".to_owned()
    } else {
        name.to_owned()
    }
}

fn name(root: &Object<'_, Code>) -> Option<Option<String>> {
    // A name of nothing is what forms send when nobody wrote one.
    root.field("psd_name")
        .maybe(|name| {
            name.string(0..=Mockup::LONGEST_NAME)
                .map(|name| name.trim().to_owned())
        })
        .map(|name| name.filter(|name| !name.is_empty()))
}

fn name_of_url(url: &str) -> String {
    let path = Url::parse(url)
        .map(|url| url.path().to_owned())
        .unwrap_or_default();
    file_name_as_name(&String::from_utf8_lossy(&unescape(&path)))
}

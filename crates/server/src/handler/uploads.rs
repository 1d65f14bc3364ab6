//! `POST /psd/upload`, in three forms: JSON with the address of a file, a form with the file in it, and the file
//! itself as the body.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use marquetry_dialect::Refusal;
use marquetry_dialect::sudomock::request::{FileUpload, Mode, Submission, file_name_as_name};
use marquetry_dialect::sudomock::{Problem, Resource, answer, request};
use marquetry_job::Again;
use marquetry_model::UploadSource;
use marquetry_service::{Authenticated, StoredUpload, UploadFile, UploadRequest};
use url::form_urlencoded;

use super::submitting::{End, Told as _, end, nothing_to_show, place, terms};
use crate::App;
use crate::body::{BodyError, FormError, Part, Parts};
use crate::call::{Call, is_json};
use crate::problem::{chain, of_service};
use crate::reply::Reply;

/// Room for the fields and boundaries of a form, beside the file in it.
const FORM_EXTRA: u64 = 1 << 20;
/// What the body may be.
const FORMS: &str =
    "application/json, multipart/form-data, application/octet-stream or image/vnd.adobe.photoshop";

/// 200 with the mockup, or 202 with the job.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let key = request::idempotency_key(call.idempotency_key())?;
    let (app, asked) = match call.media_type().as_deref() {
        None => by_url(call).await?,
        Some(kind) if is_json(kind) => by_url(call).await?,
        Some("multipart/form-data") => in_form(call).await?,
        Some(
            "application/octet-stream"
            | "image/vnd.adobe.photoshop"
            | "application/x-photoshop"
            | "image/x-photoshop"
            | "application/photoshop",
        ) => raw(call).await?,
        Some(_) => return Err(Problem::unsupported_media_type(FORMS)),
    };
    let _place = place(&app, &caller, Resource::Uploads, asked.mode)?;
    let terms = terms(asked.mode, asked.callback, key);
    let submitted = app
        .service
        .submit_upload(caller.tenant, asked.ask, terms)
        .await
        .told()?;
    if asked.mode == Mode::Background {
        return Ok(answer::accepted(submitted.job()).into());
    }
    let job = match end(&app, submitted).await? {
        End::Later(reply) => return Ok(reply),
        End::Succeeded(job) => job,
    };
    let made = job.result.as_ref().and_then(|result| result.mockup);
    let made = made.ok_or_else(|| nothing_to_show(&job))?;
    match app.service.mockup(caller.tenant, made).await {
        Ok(mockup) => Ok(answer::mockup(&mockup, &app.links).into()),
        Err(error) if error.again() == Again::Later => {
            // The mockup is made. A client that is told of an error would upload it a second time.
            tracing::error!(job = %job.id, error = chain(&error), "a mockup that was made cannot be shown");
            Ok(answer::still_going(&job).into())
        }
        Err(error) => Err(of_service(error)),
    }
}

type Asked = (Arc<App>, Submission<UploadRequest>);

/// The address of a file in JSON.
async fn by_url(call: Call) -> Result<Asked, Problem> {
    let (app, asked) = call.json(request::upload).await?;
    let file = match asked.ask.source {
        UploadSource::Url(url) => UploadFile::Url(url),
        // A body of JSON has no file in it.
        UploadSource::Blob { .. } => return Err(Problem::server_error()),
    };
    let submission = Submission {
        ask: UploadRequest {
            name: asked.ask.name,
            file,
        },
        mode: asked.mode,
        callback: asked.callback,
    };
    Ok((app, submission))
}

/// The file as the body; what else there is to say stands in the query.
async fn raw(call: Call) -> Result<Asked, Problem> {
    // What is wrong there should be told before megabytes are sent.
    let pairs: Vec<_> = form_urlencoded::parse(call.query().unwrap_or_default().as_bytes()).collect();
    let pairs = pairs.iter().map(|(name, text)| (full_name(name), &**text));
    let beside = request::upload_fields(pairs)?;
    // The service counts the bytes; one that are announced can be judged now.
    let (app, reading) = call.reading(u64::MAX)?;
    too_large(&app, reading.announced(), 0)?;
    let stored = app.service.put_upload(reading.into_stream()).await.told()?;
    Ok((app, submission(beside, None, stored)))
}

/// The file in a form, among fields of text.
async fn in_form(call: Call) -> Result<Asked, Problem> {
    let content_type = call.head.headers.get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let most = call.app.service.most_upload_bytes().saturating_add(FORM_EXTRA);
    let (app, reading) = call.reading(u64::MAX)?;
    too_large(&app, reading.announced(), FORM_EXTRA)?;
    let reading = reading.at_most(most);
    let mut parts = Parts::new(reading, &content_type)
        .ok_or_else(|| Problem::malformed_form("its Content-Type names no boundary"))?;

    let mut fields: Vec<(String, String)> = Vec::new();
    let mut file = None;
    while let Some(part) = parts.next().await.map_err(|error| of_form(&app, error))? {
        match part {
            Part::Text(name, text) => fields.push((name, text)),
            Part::File(_) if file.is_some() => {
                return Err(Problem::malformed_form("it has more than one file"));
            }
            Part::File(part) => {
                let name = part.file_name().map(str::to_owned);
                let stored = app.service.put_upload(part.into_stream()).await.told()?;
                file = Some((name, stored));
            }
        }
    }
    let pairs = fields.iter().map(|(name, text)| (full_name(name), text.as_str()));
    let beside = request::upload_fields(pairs)?;
    let (name, stored) =
        file.ok_or_else(|| Problem::malformed_form("it has no file, such as a field psd_file"))?;
    Ok((app, submission(beside, name, stored)))
}

fn submission(
    beside: FileUpload,
    file_name: Option<String>,
    stored: StoredUpload,
) -> Submission<UploadRequest> {
    let name = beside
        .name
        .unwrap_or_else(|| file_name_as_name(file_name.as_deref().unwrap_or_default()));
    Submission {
        ask: UploadRequest {
            name,
            file: UploadFile::Stored(stored),
        },
        mode: beside.mode,
        callback: beside.callback,
    }
}

/// `name` is what people write by hand.
fn full_name(name: &str) -> &str {
    if name == "name" { "psd_name" } else { name }
}

/// The dialect has its own answer to a file that is too large.
fn too_large(app: &App, announced: Option<u64>, extra: u64) -> Result<(), Problem> {
    let limit = app.service.most_upload_bytes();
    match announced {
        Some(bytes) if bytes > limit.saturating_add(extra) => Err(Problem::psd_too_large(Some(bytes), limit)),
        _ => Ok(()),
    }
}

fn of_form(app: &App, error: FormError) -> Problem {
    match error {
        FormError::Body(BodyError::TooLarge { .. }) => {
            Problem::psd_too_large(None, app.service.most_upload_bytes())
        }
        other => Refusal::from(other).into(),
    }
}

//! `GET /files/...`: results and previews, for whoever knows their address.

use std::io;

use futures::{StreamExt as _, TryStreamExt as _};
use http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use marquetry_dialect::Links;
use marquetry_dialect::sudomock::Problem;
use marquetry_service::OpenBlob;

use super::submitting::Told as _;
use crate::body::Content;
use crate::call::Call;
use crate::range;
use crate::reply::Reply;

/// Whether pages of other origins may show it, which is what results are for.
const CROSS_ORIGIN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// 200 with the file, 206 with a part of it, or 304 when the client has it.
pub(crate) async fn read(call: Call) -> Result<Reply, Problem> {
    let key = Links::file_of_path(&call.path).ok_or_else(Problem::result_not_found)?;
    let (service, headers) = (&call.app.service, &call.head.headers);
    // Ranges are for GET alone (RFC 9110, section 14.2).
    let part = (call.head.method == Method::GET)
        .then(|| range::wanted(headers))
        .flatten();
    let mut blob = service.open_blob(&key, part.clone()).await.told()?;
    let tag = blob.e_tag.as_deref().map(quoted);
    let is_part = part.is_some() && range::fits(headers, tag.as_deref());
    if part.is_some() && !is_part {
        blob = service.open_blob(&key, None).await.told()?;
    }
    if is_part && blob.range.is_empty() {
        return Err(Problem::range_not_satisfiable(blob.size));
    }

    let known = range::is_known(headers, tag.as_deref());
    let mut reply = Reply::empty(match (known, is_part) {
        (true, _) => StatusCode::NOT_MODIFIED,
        (false, true) => StatusCode::PARTIAL_CONTENT,
        (false, false) => StatusCode::OK,
    });
    let fixed = HeaderValue::from_static;
    // What lies under a key is derived from the job alone: drawing again would write the same bytes.
    reply
        .headers
        .insert(CACHE_CONTROL, fixed("public, max-age=31536000, immutable"));
    reply.headers.insert(ACCEPT_RANGES, fixed("bytes"));
    reply.headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*"));
    reply.headers.insert(CROSS_ORIGIN, fixed("cross-origin"));
    if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
        reply.headers.insert(ETAG, tag);
    }
    if known {
        return Ok(reply);
    }
    reply.headers.insert(CONTENT_TYPE, fixed(blob.content_type));
    if is_part {
        let (first, last) = (blob.range.start, blob.range.end.saturating_sub(1));
        if let Ok(range) = HeaderValue::try_from(format!("bytes {first}-{last}/{}", blob.size)) {
            reply.headers.insert(CONTENT_RANGE, range);
        }
    }
    reply.content = content(blob);
    Ok(reply)
}

fn content(blob: OpenBlob) -> Content {
    Content::Stream {
        left: blob.range.end.saturating_sub(blob.range.start),
        bytes: blob.bytes.map_err(io::Error::other).boxed(),
    }
}

/// The tag as HTTP wants it; some storages give it without its quotes.
fn quoted(tag: &str) -> String {
    if tag.starts_with('"') || tag.starts_with("W/") {
        tag.to_owned()
    } else {
        format!("\"{tag}\"")
    }
}

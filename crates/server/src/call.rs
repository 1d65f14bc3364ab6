//! One request on its way to its handler.

use std::str::FromStr;
use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request;
use hyper::body::Incoming;
use marquetry_dialect::Refusal;
use tokio::task::spawn_blocking;

use crate::App;
use crate::body::{Reading, Whole};

/// Bodies of more bytes are taken apart off the runtime: pictures in base64 keep a thread busy for a while.
const LONG: usize = 128 << 10;

/// A request whose route was found.
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) head: request::Parts,
    /// The path without slashes at its end.
    pub(crate) path: String,
    /// What stands in the gaps of the route's pattern.
    pub(crate) gaps: Vec<(String, String)>,
    body: Incoming,
}

impl Call {
    pub(crate) fn new(
        app: Arc<App>,
        head: request::Parts,
        path: String,
        gaps: Vec<(String, String)>,
        body: Incoming,
    ) -> Self {
        Self {
            app,
            head,
            path,
            gaps,
            body,
        }
    }

    /// The id in a gap of the path, or `problem`: what is no id names nothing.
    pub(crate) fn id<Id: FromStr, P>(&self, gap: &str, problem: impl FnOnce() -> P) -> Result<Id, P> {
        self.gap(gap).parse().map_err(|_| problem())
    }

    /// What stands in a gap of the path.
    pub(crate) fn gap(&self, gap: &str) -> &str {
        let text = self.gaps.iter().find(|(name, _)| name == gap);
        text.map_or("", |(_, text)| text.as_str())
    }

    /// What stands after the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// The `Idempotency-Key`.
    pub(crate) fn idempotency_key(&self) -> Option<&[u8]> {
        let header = self.head.headers.get("idempotency-key");
        header.map(http::HeaderValue::as_bytes)
    }

    /// The media type of the body in lower case, without its parameters; `None` when there is none.
    pub(crate) fn media_type(&self) -> Option<String> {
        let text = self
            .head
            .headers
            .get(CONTENT_TYPE)?
            .to_str()
            .unwrap_or("unreadable");
        let essence = text.split(';').next().unwrap_or_default().trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// The body, at most `most` bytes of it.
    ///
    /// # Errors
    /// 413 at once when the client says that there are more; 415 when it is compressed.
    pub(crate) fn reading(self, most: u64) -> Result<(Arc<App>, Reading), Refusal> {
        if let Some(coding) = self.head.headers.get(CONTENT_ENCODING)
            && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            let expected = "application/json, not compressed";
            return Err(Refusal::WrongType { expected });
        }
        let reading = Reading::new(self.body, most, self.app.config())?;
        Ok((self.app, reading))
    }

    /// The body as `read` understands it. A body of no declared type counts as JSON.
    ///
    /// # Errors
    /// 415 for another type, what `read` says, 413, 408, and 503 when other bodies take all the memory.
    pub(crate) async fn json<T: Send + 'static, P: From<Refusal> + Send + 'static>(
        self,
        read: impl FnOnce(&[u8]) -> Result<T, P> + Send + 'static,
    ) -> Result<(Arc<App>, T), P> {
        let most = self.app.config().body_bytes;
        self.json_within(most, read).await
    }

    /// The same, of at most `most` bytes.
    pub(crate) async fn json_within<T: Send + 'static, P: From<Refusal> + Send + 'static>(
        self,
        most: u64,
        read: impl FnOnce(&[u8]) -> Result<T, P> + Send + 'static,
    ) -> Result<(Arc<App>, T), P> {
        if let Some(kind) = self.media_type()
            && !is_json(&kind)
        {
            let expected = "application/json";
            return Err(Refusal::WrongType { expected }.into());
        }
        let (app, reading) = self.reading(most)?;
        let whole = reading.whole(&app.budget).await.map_err(Refusal::from)?;
        Ok((app, take_apart(whole, read).await?))
    }
}

async fn take_apart<T: Send + 'static, P: From<Refusal> + Send + 'static>(
    whole: Whole,
    read: impl FnOnce(&[u8]) -> Result<T, P> + Send + 'static,
) -> Result<T, P> {
    if whole.bytes.len() <= LONG {
        return read(&whole.bytes);
    }
    match spawn_blocking(move || read(&whole.bytes)).await {
        Ok(value) => value,
        // A reader that panics is a fault of ours, which the outermost layer answers.
        Err(fault) if fault.is_panic() => std::panic::resume_unwind(fault.into_panic()),
        Err(_) => Err(Refusal::Fault.into()),
    }
}

/// `application/json`, and types that are JSON by their suffix (RFC 6839).
pub(crate) fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_goes_by_several_names() {
        for json in ["application/json", "application/vnd.api+json"] {
            assert!(is_json(json), "{json}");
        }
        for other in ["text/json", "application/jsonx", "text/plain", "image/svg+xml"] {
            assert!(!is_json(other), "{other}");
        }
    }
}

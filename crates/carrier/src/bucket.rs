//! The way to a bucket of S3, or of what speaks its protocol.
//!
//! The protocol is spoken by a kept library; what it says leaves by `egress`, request by request, because where the
//! storage is was a stranger's choice.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use marquetry_egress::{BodyEnd, Egress, EgressError, HeaderMap, Outgoing, SendLimits, Sent};
use marquetry_model::{Bucket as Address, Secret};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, ClientOptions, MultipartUpload, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, RetryConfig,
};

use crate::bring::{Bring, Brought};
use crate::cargo::Cargo;
use crate::place::Place;
use crate::setback::{Setback, Stop, said};

/// A bucket, and who asks.
pub(crate) struct Bucket {
    pub(crate) egress: Egress,
    pub(crate) limits: SendLimits,
    pub(crate) address: Address,
    /// Opened.
    pub(crate) key: Secret,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.address.name)
            .finish_non_exhaustive()
    }
}

/// How much of an answer is read: more than any that is needed.
const ANSWER: usize = 64 * 1024;
/// How long clearing away the parts of a file that did not get there may take.
const CLEARING: Duration = Duration::from_secs(30);

#[async_trait]
impl Bring for Bucket {
    async fn bring(&self, cargo: &Cargo, place: &Place) -> Result<Brought, Stop> {
        let heard = Arc::new(Heard::default());
        let storage = self.open(&heard)?;
        let place = Path::parse(place.path())
            .map_err(|_| Setback::ours("the path is none that a bucket can have"))?;
        let kind = Attributes::from_iter([(Attribute::ContentType, cargo.content_type().to_owned())]);
        let mut pieces = cargo.pieces();
        let (first, second) = (pieces.next().unwrap_or_default(), pieces.next());
        let put = match second {
            None => {
                let options = PutOptions {
                    attributes: kind,
                    ..PutOptions::default()
                };
                let bytes = cargo.read(first).await?;
                let put = storage
                    .put_opts(&place, PutPayload::from_bytes(bytes), options)
                    .await;
                put.map(drop)
            }
            Some(second) => {
                let options = PutMultipartOptions {
                    attributes: kind,
                    ..PutMultipartOptions::default()
                };
                match storage.put_multipart_opts(&place, options).await {
                    Ok(upload) => {
                        let mut parts = Parts(Some(upload));
                        let mut put = Ok(());
                        for piece in [first, second].into_iter().chain(pieces) {
                            let bytes = cargo.read(piece).await?;
                            put = parts.put(bytes).await;
                            if put.is_err() {
                                break;
                            }
                        }
                        match put {
                            Ok(()) => parts.end().await,
                            Err(error) => {
                                // Before what clears away is heard too.
                                let setback = heard.setback(&error);
                                drop(parts);
                                return Err(setback.into());
                            }
                        }
                    }
                    Err(error) => Err(error),
                }
            }
        };
        match put {
            Ok(()) => Ok(heard.brought()),
            Err(error) => Err(heard.setback(&error).into()),
        }
    }
}

impl Bucket {
    fn open(&self, heard: &Arc<Heard>) -> Result<AmazonS3, Setback> {
        let door = Door {
            egress: self.egress.clone(),
            limits: SendLimits {
                answer_bytes: ANSWER,
                answer_wait: self.limits.total,
                ..self.limits.clone()
            },
            heard: Arc::clone(heard),
        };
        // Nothing is taken from the environment, whose keys are ours.
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(door)
            .with_region(&self.address.region)
            .with_bucket_name(&self.address.name)
            .with_access_key_id(&self.address.access_key_id)
            .with_secret_access_key(self.key.expose())
            .with_virtual_hosted_style_request(false)
            // The schedule of the delivery tries again.
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = &self.address.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build().map_err(|error| {
            tracing::debug!(%error, "no bucket can be opened with this");
            Setback::ours("the bucket cannot be opened: its endpoint, region or name is malformed")
        })
    }
}

/// A file on its way in parts; dropped before its end, it is cleared away in the bucket.
struct Parts(Option<Box<dyn MultipartUpload>>);

impl Parts {
    async fn put(&mut self, bytes: Bytes) -> object_store::Result<()> {
        match &mut self.0 {
            Some(upload) => upload.put_part(PutPayload::from_bytes(bytes)).await,
            None => Ok(()),
        }
    }

    async fn end(mut self) -> object_store::Result<()> {
        match &mut self.0 {
            Some(upload) => upload.complete().await?,
            None => return Ok(()),
        };
        self.0 = None;
        Ok(())
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            match tokio::time::timeout(CLEARING, upload.abort()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::info!(%error, "parts of a file stay in a bucket"),
                Err(_) => tracing::info!("parts of a file stay in a bucket"),
            }
        });
    }
}

/// The last that was heard of the storage, which says more than what the library makes of it.
#[derive(Debug, Default)]
struct Heard(Mutex<Option<Word>>);

#[derive(Clone, Debug)]
enum Word {
    Answer(Sent),
    Failure(Setback),
}

impl Heard {
    fn note(&self, word: Word) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    }

    fn last(&self) -> Option<Word> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn brought(&self) -> Brought {
        match self.last() {
            Some(Word::Answer(sent)) => Brought {
                status: Some(sent.status.as_u16()),
                lookup: sent.peer.ip().to_string(),
            },
            _ => Brought::default(),
        }
    }

    fn setback(&self, error: &object_store::Error) -> Setback {
        match self.last() {
            Some(Word::Failure(setback)) => setback,
            Some(Word::Answer(sent)) if sent.status.is_success() => {
                tracing::debug!(%error, "an answer that is none");
                Setback::answered("the answer is not that of a bucket", &sent)
            }
            Some(Word::Answer(sent)) => Setback::answered(refusal(&sent), &sent),
            None => {
                tracing::warn!(%error, "nothing was sent to a bucket");
                Setback::ours("the file could not be sent")
            }
        }
    }
}

/// An answer in words.
fn refusal(sent: &Sent) -> String {
    let body = String::from_utf8_lossy(&sent.body);
    let code = between(&body, "<Code>", "</Code>").filter(|code| {
        code.len() <= 64 && !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    match (code, sent.status.as_u16()) {
        (Some("NoSuchBucket"), _) => "there is no bucket of that name".into(),
        (Some("AccessDenied"), _) => "the key may not write to the bucket".into(),
        (Some("InvalidAccessKeyId"), _) => "the storage does not know the access key id".into(),
        (Some("SignatureDoesNotMatch"), _) => "the secret access key is not that of the access key id".into(),
        (Some("AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect"), _)
        | (None, 300..400) => "the bucket is in another region, or at another address".into(),
        (Some("SlowDown"), _) | (None, 429 | 503) => "the storage has too much to do".into(),
        (Some("RequestTimeTooSkewed"), _) => "the clocks of this server and the storage differ".into(),
        (Some(code), _) => format!("the storage answered {}: {code}", said(sent.status)),
        (None, _) => format!("the storage answered {}", said(sent.status)),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (inside, _) = rest.split_once(end)?;
    Some(inside)
}

/// The only way out for the library.
#[derive(Clone, Debug)]
struct Door {
    egress: Egress,
    limits: SendLimits,
    heard: Arc<Heard>,
}

impl HttpConnector for Door {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Door {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        // These belong to the connection; the library signs the host that the address has.
        let own = [http::header::HOST, http::header::CONTENT_LENGTH];
        let headers: HeaderMap = head
            .headers
            .into_iter()
            .fold((HeaderMap::new(), None), |(mut kept, mut last), (name, value)| {
                // A further value of the same name comes without it.
                last = name.or(last);
                if let Some(name) = last.clone().filter(|name| !own.contains(name)) {
                    kept.append(name, value);
                }
                (kept, last)
            })
            .0;
        let outgoing = Outgoing {
            method: head.method,
            url: head.uri.to_string(),
            headers,
            body,
            // Nothing may arrive twice: the second end of an upload is a failure.
            party: None,
        };
        match self.egress.send(outgoing, &self.limits).await {
            Ok(sent) => {
                self.heard.note(Word::Answer(sent.clone()));
                if sent.body_end != BodyEnd::Complete {
                    let cut = std::io::Error::other("the answer broke off");
                    return Err(HttpError::new(HttpErrorKind::Decode, cut));
                }
                let mut answer = http::Response::new(sent.body.into());
                *answer.status_mut() = sent.status;
                *answer.headers_mut() = sent.headers;
                Ok(answer)
            }
            Err(error) => {
                self.heard.note(Word::Failure(Setback::unanswered(&error)));
                Err(HttpError::new(kind(&error), error))
            }
        }
    }
}

fn kind(error: &EgressError) -> HttpErrorKind {
    match error.class() {
        "timeout" | "too_slow" => HttpErrorKind::Timeout,
        "connect" => HttpErrorKind::Connect,
        _ => HttpErrorKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_and_nothing_else() {
        let body = "<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>";
        assert_eq!(between(body, "<Code>", "</Code>"), Some("NoSuchBucket"));
        for body in ["", "<Code>", "</Code><Code>", "Code"] {
            assert_eq!(between(body, "<Code>", "</Code>"), None, "{body}");
        }
    }
}

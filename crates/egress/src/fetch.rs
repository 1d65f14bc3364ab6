//! Fetching: GET, redirects by hand, a body within its limits, whole or a chunk at a time.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, StatusCode};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tracing::Instrument;
use url::Url;

use crate::body::Body;
use crate::connect::Deadline;
use crate::error::{EgressError, Refusal};
use crate::exchange::{Answer, Errand};
use crate::target::Target;
use crate::{Egress, Inner};

/// How much a fetch may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Longest body, in bytes, by declaration and by count. Default: 64 MiB.
    pub bytes: u64,
    /// Longest wait for a connection, TLS included, for each hop. Default: 5 s.
    pub connect: Duration,
    /// Longest wait from the request to the end of the answer's headers, for each hop. Default: 5 s.
    pub first_byte: Duration,
    /// Longest time for everything: look-ups, redirects, body. Default: 10 s.
    pub total: Duration,
    /// Slowest body. Default: 1 KiB/s, measured over 3 s of waiting.
    pub min_rate: MinRate,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(5),
            total: Duration::from_secs(10),
            min_rate: MinRate {
                bytes_per_second: 1024,
                over: Duration::from_secs(3),
            },
        }
    }
}

impl FetchLimits {
    /// For large documents: 1 GiB, ten minutes, at least 32 KiB/s measured over 10 s.
    #[must_use]
    pub fn document() -> Self {
        Self {
            bytes: 1 << 30,
            first_byte: Duration::from_secs(15),
            total: Duration::from_secs(600),
            min_rate: MinRate {
                bytes_per_second: 32 * 1024,
                over: Duration::from_secs(10),
            },
            ..Self::default()
        }
    }
}

/// The least that a body must bring. Time that the reader spends away from it does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// Bytes a second, averaged over `over`. Zero switches the rule off.
    pub bytes_per_second: u64,
    /// How long a window is. Also the longest silence, if the rate is not zero.
    pub over: Duration,
}

/// A file that was fetched whole.
#[derive(Clone)]
#[non_exhaustive]
pub struct Fetched {
    /// The file.
    pub bytes: Bytes,
    /// What the server calls it (`image/png`). A claim: look at the bytes.
    pub content_type: Option<String>,
    /// Where it came from in the end. May hold a signature.
    pub final_url: Url,
    /// The status, always a success.
    pub status: StatusCode,
}

/// A file whose bytes are still to come.
#[non_exhaustive]
pub struct Opened {
    /// The bytes to come.
    pub body: Body,
    /// What the server calls it (`image/png`). A claim: look at the bytes.
    pub content_type: Option<String>,
    /// Where it comes from in the end. May hold a signature.
    pub final_url: Url,
    /// The status, always a success.
    pub status: StatusCode,
}

// By hand: a URL's query may be a signature, and debug output ends in logs.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("bytes", &self.bytes.len())
            .field("content_type", &self.content_type)
            .field("final_host", &self.final_url.host_str())
            .field("status", &self.status)
            .finish()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("body", &self.body)
            .field("content_type", &self.content_type)
            .field("final_host", &self.final_url.host_str())
            .field("status", &self.status)
            .finish()
    }
}

impl Egress {
    /// Fetches a whole file into memory.
    ///
    /// # Errors
    /// Every variant of [`EgressError`] but `Sink` and `Config`; a status other than 2xx is an error.
    pub async fn fetch(&self, url: &str, limits: &FetchLimits) -> Result<Fetched, EgressError> {
        let Opened {
            mut body,
            content_type,
            final_url,
            status,
        } = self.open(url, limits).await?;
        // A declared length is a claim, so it buys a megabyte of trust at most.
        let trusted = body.declared().unwrap_or(0).min(1 << 20);
        let mut bytes = Vec::with_capacity(usize::try_from(trusted).unwrap_or(0));
        while let Some(chunk) = body.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched {
            bytes: bytes.into(),
            content_type,
            final_url,
            status,
        })
    }

    /// Fetches a file into `writer` a chunk at a time, so that it need not fit into memory, and
    /// flushes it. Gives the number of bytes written. After an error the writer holds a part of the
    /// file: throw it away.
    ///
    /// # Errors
    /// As [`Egress::fetch`], and [`EgressError::Sink`] when the writer fails.
    pub async fn fetch_to(
        &self,
        url: &str,
        limits: &FetchLimits,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, EgressError> {
        let mut body = self.open(url, limits).await?.body;
        let sink = |source| EgressError::Sink { source };
        while let Some(chunk) = body.chunk().await? {
            writer.write_all(&chunk).await.map_err(sink)?;
        }
        writer.flush().await.map_err(sink)?;
        Ok(body.received())
    }

    /// Opens a file: follows redirects to a success, and hands over the body to be read with
    /// [`Body::chunk`]. The total time goes on running while it is read.
    ///
    /// # Errors
    /// As [`Egress::fetch`].
    pub async fn open(&self, url: &str, limits: &FetchLimits) -> Result<Opened, EgressError> {
        let span = tracing::debug_span!("egress.fetch");
        let opened = self.inner.open(url, limits).instrument(span.clone()).await;
        if let Err(error) = &opened {
            span.in_scope(|| tracing::debug!(class = error.class(), error = error.detail(), "not fetched"));
        }
        opened
    }
}

impl Inner {
    async fn open(&self, url: &str, limits: &FetchLimits) -> Result<Opened, EgressError> {
        let deadline = Deadline::after(limits.total);
        let mut target = self.target(url)?;
        let mut hops = 0_u8;
        loop {
            tracing::debug!(url = target.shown(), hops, "fetching");
            let errand = Errand {
                // A hop's connection is closed before the next is judged: nothing carries over.
                origin: None,
                method: Method::GET,
                headers: HeaderMap::new(),
                body: Bytes::new(),
                connect: limits.connect,
                first_byte: limits.first_byte,
            };
            let answer = self.exchange(&target, errand, &deadline).await?;
            match next_hop(&answer) {
                Some(location) => {
                    let host = || target.host().to_owned();
                    if hops >= self.policy.redirects {
                        return Err(EgressError::TooManyRedirects {
                            host: host(),
                            limit: self.policy.redirects,
                        });
                    }
                    hops += 1;
                    let next = std::str::from_utf8(location.as_bytes())
                        .map_err(|_| Refusal::Malformed)
                        .and_then(|location| self.policy.check_redirect(&target, location))
                        .map_err(|why| EgressError::Refused { host: host(), why })?;
                    target = next;
                }
                None => return opened(&target, answer, deadline, limits),
            }
        }
    }
}

/// Where an answer sends us, if it does. 300, 304 and the odd ones out are no redirects.
fn next_hop(answer: &Answer) -> Option<http::HeaderValue> {
    let redirects = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    redirects
        .then(|| answer.headers.get(header::LOCATION).cloned())
        .flatten()
}

fn opened(
    target: &Target,
    answer: Answer,
    deadline: Deadline,
    limits: &FetchLimits,
) -> Result<Opened, EgressError> {
    let status = answer.status;
    // A part of a file that nobody asked a part of is not the file.
    if !status.is_success() || status == StatusCode::PARTIAL_CONTENT {
        return Err(EgressError::Status {
            host: target.host().to_owned(),
            status,
        });
    }
    let content_type = content_type(&answer.headers);
    let body = Body::new(target, answer, deadline, limits.min_rate, limits.bytes)?;
    Ok(Opened {
        body,
        content_type,
        final_url: target.url().clone(),
        status,
    })
}

/// The media type without its parameters, lower case, if it looks like one.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-/".contains(&b);
    (essence.len() <= 127 && essence.contains('/') && essence.bytes().all(plain)).then_some(essence)
}

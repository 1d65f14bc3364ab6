//! Sending: one request with a body, no redirects, and a short look at whatever comes back.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Instrument;

use crate::connect::{Deadline, from_now};
use crate::error::EgressError;
use crate::exchange::{Answer, Errand, Line};
use crate::kept::{Origin, Party};
use crate::{Egress, Inner};

/// How much a send may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendLimits {
    /// Longest wait for a connection, TLS included. Default: 5 s.
    pub connect: Duration,
    /// Longest time for everything, the look at the answer's body included. Default: 15 s.
    pub total: Duration,
    /// How much of the answer's body is read and kept, in bytes. Then the connection is closed,
    /// whatever else was to come. Default: 16 KiB.
    pub answer_bytes: usize,
    /// How long the answer's body is waited for once its status is known. Default: 2 s.
    pub answer_wait: Duration,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
            answer_bytes: 16 * 1024,
            answer_wait: Duration::from_secs(2),
        }
    }
}

/// A request to be sent.
#[derive(Clone)]
pub struct Outgoing {
    /// Usually POST.
    pub method: Method,
    /// Where to; checked like any other URL.
    pub url: String,
    /// Headers beside those that the door sets itself (`host`, `content-length`, `connection`, ...).
    pub headers: HeaderMap,
    /// The body, sent as it is.
    pub body: Bytes,
    /// On whose behalf. The connection may then be kept for a later send of theirs to the same origin, see
    /// [`crate::Keep`]; and the request may arrive twice, for over a kept connection nobody can tell one that was not
    /// heard from one that was not answered. `None` for a connection of its own and a request that is sent once.
    pub party: Option<Party>,
}

impl Outgoing {
    /// A POST of `body` to `url`, without further headers, on nobody's behalf.
    #[must_use]
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            url: url.into(),
            headers: HeaderMap::new(),
            body: body.into(),
            party: None,
        }
    }
}

// By hand: headers hold signatures and the URL may hold a token.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What came back from a send.
#[derive(Clone)]
#[non_exhaustive]
pub struct Sent {
    /// Any status; what it means is the sender's business. A 3xx was not followed.
    pub status: StatusCode,
    /// All headers of the answer, within the limits of the policy. Claims, like all that comes from there.
    pub headers: HeaderMap,
    /// The `Retry-After` header as it was written, if visible ASCII and at most 64 bytes.
    pub retry_after: Option<String>,
    /// The first bytes of the answer's body, at most [`SendLimits::answer_bytes`].
    pub body: Bytes,
    /// How the look at the body ended.
    pub body_end: BodyEnd,
    /// Who answered.
    pub peer: SocketAddr,
    /// From the start of the look-up to the end of the answer's headers.
    pub took: Duration,
}

// By hand: an answer's headers and body may hold what the far end would not want in our logs.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body.len())
            .field("body_end", &self.body_end)
            .field("peer", &self.peer)
            .field("took", &self.took)
            .finish_non_exhaustive()
    }
}

/// How the look at an answer's body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It was read to its end.
    Complete,
    /// It was longer than we wanted to know; the connection was closed.
    CutByUs,
    /// It did not come in time; the connection was closed.
    TooSlow,
    /// It broke off.
    Broken,
}

/// Headers that belong to the connection, which is ours.
const OURS: &[HeaderName] = &[
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::ACCEPT_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

impl Egress {
    /// Sends a request and gives whatever answer came, with the first bytes of its body.
    ///
    /// # Errors
    /// When no answer came: refused, no connection, no TLS, no HTTP, no time. A status is never an
    /// error here, and neither is a body that does not end.
    pub async fn send(&self, outgoing: Outgoing, limits: &SendLimits) -> Result<Sent, EgressError> {
        let span = tracing::debug_span!("egress.send");
        let sent = self.inner.send(outgoing, limits).instrument(span.clone()).await;
        if let Err(error) = &sent {
            span.in_scope(|| tracing::debug!(class = error.class(), error = error.detail(), "not sent"));
        }
        sent
    }
}

impl Inner {
    async fn send(&self, outgoing: Outgoing, limits: &SendLimits) -> Result<Sent, EgressError> {
        let started = Instant::now();
        let deadline = Deadline::after(limits.total);
        let Outgoing {
            method,
            url,
            headers,
            body,
            party,
        } = outgoing;
        if let Some(name) = headers.keys().find(|name| OURS.contains(name)) {
            return Err(EgressError::Request {
                what: format!("header {name} is not the sender's to set").into(),
            });
        }
        let target = self.target(&url)?;
        tracing::debug!(url = target.shown(), %method, bytes = body.len(), "sending");
        let origin = party.map(|party| Origin::new(party, &target));
        let errand = Errand {
            origin: origin.clone(),
            method,
            headers,
            body,
            connect: limits.connect,
            first_byte: limits.total,
        };
        let answer = self.exchange(&target, errand, &deadline).await?;
        let took = started.elapsed();
        let (status, peer, headers) = (answer.status, answer.line.peer, answer.headers.clone());
        let retry_after = answer
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .filter(|text| text.len() <= 64)
            .map(str::to_owned);
        let (body, body_end, mut line) = look(answer, &deadline, limits).await;
        if let (Some(origin), BodyEnd::Complete) = (origin, body_end)
            && line.settled(from_now(SETTLING).min(deadline.at)).await
        {
            self.keep(origin, line);
        }
        Ok(Sent {
            status,
            headers,
            retry_after,
            body,
            body_end,
            peer,
            took,
        })
    }
}

/// How long the end of an exchange may take to settle once its answer was read: it is a matter of this process alone,
/// unless the far end has not taken the whole request, and then the connection is not worth waiting for.
const SETTLING: Duration = Duration::from_millis(100);

/// Reads the head of a body. Whoever drops the line hangs up.
async fn look(answer: Answer, deadline: &Deadline, limits: &SendLimits) -> (Bytes, BodyEnd, Line) {
    use http_body_util::BodyExt;

    // `line` is held so that the connection lives.
    let Answer {
        mut incoming, line, ..
    } = answer;
    let until = from_now(limits.answer_wait).min(deadline.at);
    let mut kept = Vec::new();
    let end = loop {
        if Instant::now() >= until {
            break BodyEnd::TooSlow;
        }
        match tokio::time::timeout_at(until, incoming.frame()).await {
            Err(_) => break BodyEnd::TooSlow,
            Ok(None) => break BodyEnd::Complete,
            Ok(Some(Err(_))) => break BodyEnd::Broken,
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                let room = limits.answer_bytes.saturating_sub(kept.len());
                kept.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    break BodyEnd::CutByUs;
                }
            }
        }
    };
    (kept.into(), end, line)
}

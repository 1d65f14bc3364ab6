//! One request and its answer over one connection: HTTP/1.1, never two requests at a time, everything counted.
//!
//! A connection is new, or was kept by an earlier request of the same party to the same origin (see `kept`). A far
//! end that misbehaves is cut off by closing the socket, whichever it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::Inner;
use crate::connect::{Deadline, Heard};
use crate::error::{EgressError, Phase};
use crate::kept::Origin;
use crate::target::{Admitted, Target};

/// What one exchange needs to know beside the target.
pub(crate) struct Errand {
    /// What the connection may be shared with; `None` for one that is closed afterwards.
    pub(crate) origin: Option<Origin>,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
}

/// The head of an answer, and the line over which its body comes.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) incoming: Incoming,
    pub(crate) line: Line,
}

/// Holds a connection open; dropping it closes the socket and frees the slot.
pub(crate) struct Line {
    pub(crate) peer: SocketAddr,
    pub(crate) opened: Instant,
    driver: JoinHandle<()>,
    // Kept to the end, so that hyper does not take its absence for the end of the exchange.
    sender: http1::SendRequest<Full<Bytes>>,
    heard: Heard,
    _slot: OwnedSemaphorePermit,
}

impl Line {
    /// Whether a request could go out over it at once: nothing is under way, it is open, and nothing came over it
    /// that was not asked for.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Waits until the exchange has come to its end on both sides. `false` when the connection cannot be used again:
    /// the far end closed it or said it would, said more than its answer, or has not taken the whole request yet.
    pub(crate) async fn settled(&mut self, until: Instant) -> bool {
        // hyper lets the next request in only once it has seen that nothing follows the answer.
        matches!(timeout_at(until, self.sender.ready()).await, Ok(Ok(())))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Why a request came to nothing.
enum Unanswered {
    /// Not a byte came back. Over a kept connection that most likely means that it was closed at the other end just
    /// then.
    Unheard(EgressError),
    /// What went wrong after that, or took too long.
    Failed(EgressError),
}

impl From<Unanswered> for EgressError {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Unheard(error) | Unanswered::Failed(error) => error,
        }
    }
}

impl Inner {
    /// Runs one request to `target`, up to the end of the answer's headers, over a connection that was kept for it or
    /// a new one.
    ///
    /// The target's addresses are looked up and judged whatever was kept. A request over a kept connection that gets
    /// not a byte back is sent again over a new one, once.
    pub(crate) async fn exchange(
        &self,
        target: &Target,
        errand: Errand,
        deadline: &Deadline,
    ) -> Result<Answer, EgressError> {
        let request = self.request(target, &errand)?;
        let slot = self.slot(target, deadline).await?;
        let admitted = self.admitted(target, deadline).await;
        let kept = errand.origin.as_ref().and_then(|origin| {
            let admitted = admitted.as_deref().unwrap_or_default();
            self.kept.take(origin, admitted)
        });
        let (slot, admitted) = match kept {
            None => (slot, admitted?),
            Some(line) => {
                // It has a slot of its own.
                drop(slot);
                match self.ask(target, line, request.clone(), &errand, deadline).await {
                    Err(Unanswered::Unheard(error)) => {
                        tracing::debug!(
                            host = target.host(),
                            error = error.detail(),
                            "a kept connection was gone"
                        );
                    }
                    answered => return Ok(answered?),
                }
                // Some time may have passed: the new connection gets addresses of its own.
                let slot = self.slot(target, deadline).await?;
                (slot, self.admitted(target, deadline).await?)
            }
        };
        let line = self.open_line(target, &admitted, slot, &errand, deadline).await?;
        Ok(self.ask(target, line, request, &errand, deadline).await?)
    }

    /// Room for one connection. One that lies idle gives way.
    async fn slot(&self, target: &Target, deadline: &Deadline) -> Result<OwnedSemaphorePermit, EgressError> {
        loop {
            if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
                return Ok(slot);
            }
            if !self.kept.close_one() {
                break;
            }
        }
        let slot = Arc::clone(&self.slots).acquire_owned();
        let slot = deadline
            .cap(target.host(), Phase::Total, deadline.total, slot)
            .await?;
        slot.map_err(|e| EgressError::Config { what: e.to_string() })
    }

    /// Keeps a connection over which an answer was read to its end, if it is fit for that and nobody waits for its
    /// slot.
    pub(crate) fn keep(&self, origin: Origin, line: Line) {
        if self.slots.available_permits() > 0 {
            self.kept.put(origin, line);
        }
    }

    /// A new connection, and its driver.
    async fn open_line(
        &self,
        target: &Target,
        admitted: &[Admitted],
        slot: OwnedSemaphorePermit,
        errand: &Errand,
        deadline: &Deadline,
    ) -> Result<Line, EgressError> {
        let connected = self.connect(target, admitted, errand.connect, deadline).await?;
        let heard = Heard::default();
        let (bytes, count) = self.head_limits();
        let (sender, connection) = http1::Builder::new()
            .max_headers(count)
            .max_buf_size(bytes)
            .handshake(TokioIo::new(heard.by(connected.wire)))
            .await
            .map_err(|source| self.protocol(target, source))?;
        let driver = tokio::spawn(async move {
            // The same error reaches whoever waits for the answer or reads the body.
            let _ = connection.await;
        });
        // From here on the socket has an owner: whatever happens to it, it is closed.
        Ok(Line {
            peer: connected.peer,
            opened: Instant::now(),
            driver,
            sender,
            heard,
            _slot: slot,
        })
    }

    /// Sends a request over a connection and waits for the head of the answer.
    async fn ask(
        &self,
        target: &Target,
        mut line: Line,
        request: Request<Full<Bytes>>,
        errand: &Errand,
        deadline: &Deadline,
    ) -> Result<Answer, Unanswered> {
        let before = line.heard.bytes();
        let sent = line.sender.send_request(request);
        let response = deadline
            .cap(target.host(), Phase::FirstByte, errand.first_byte, sent)
            .await
            .map_err(Unanswered::Failed)?;
        let response = response.map_err(|source| {
            let error = self.protocol(target, source);
            match line.heard.bytes() == before {
                true => Unanswered::Unheard(error),
                false => Unanswered::Failed(error),
            }
        })?;
        self.answer(target, response, line).map_err(Unanswered::Failed)
    }

    fn answer(
        &self,
        target: &Target,
        response: Response<Incoming>,
        line: Line,
    ) -> Result<Answer, EgressError> {
        let (head, incoming) = response.into_parts();
        // hyper notices only when its buffer is full before the head is complete, and the last read may
        // fill it twice over: it bounds the memory, and this the headers.
        let length = |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
        if head.headers.iter().map(length).sum::<usize>() > self.head_limits().0 {
            return Err(self.head_too_large(target));
        }
        tracing::debug!(host = target.host(), status = head.status.as_u16(), "answered");
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            incoming,
            line,
        })
    }

    /// The most bytes and lines of an answer's head.
    fn head_limits(&self) -> (usize, usize) {
        // hyper panics below its own minimum of 8192.
        (
            self.policy.header_bytes.max(8192),
            self.policy.header_count.max(1),
        )
    }

    fn head_too_large(&self, target: &Target) -> EgressError {
        let (bytes, count) = self.head_limits();
        EgressError::Headers {
            host: target.host().to_owned(),
            bytes,
            count,
        }
    }

    fn protocol(&self, target: &Target, source: hyper::Error) -> EgressError {
        match source.is_parse_too_large() {
            true => self.head_too_large(target),
            false => EgressError::Protocol {
                host: target.host().to_owned(),
                source,
            },
        }
    }

    fn request(&self, target: &Target, errand: &Errand) -> Result<Request<Full<Bytes>>, EgressError> {
        let wrong = |what: String| EgressError::Request { what: what.into() };
        let url = target.url();
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        // The parsed host, never the text of the caller: what was checked is what is named.
        let host = match url.port() {
            Some(port) => format!("{}:{port}", target.host()),
            None => target.host().to_owned(),
        };
        let mut request = Request::builder()
            .method(errand.method.clone())
            .uri(path)
            .body(Full::new(errand.body.clone()))
            .map_err(|e| wrong(format!("path: {e}")))?;
        let headers = request.headers_mut();
        let host = HeaderValue::try_from(host).map_err(|e| wrong(format!("host: {e}")))?;
        headers.insert(header::HOST, host);
        headers.insert(header::USER_AGENT, self.policy.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.extend(errand.headers.clone());
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if errand.origin.is_none() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(request)
    }
}

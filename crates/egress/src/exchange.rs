//! One request and its answer over one connection: HTTP/1.1, never two requests at a time, everything counted.
//!
//! A connection is new, or was kept by an earlier request of the same party to the same origin (see `kept`). A far
//! end that misbehaves is cut off by closing the socket, whichever it is.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::Inner;
use crate::connect::{Deadline, Heard};
use crate::error::{EgressError, Phase};
use crate::fetch::MinRate;
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

/// Why a request over a kept connection came to nothing.
enum Unanswered {
    /// Not a byte came back: most likely it was closed at the other end just then.
    Unheard,
    /// What went wrong after that, or on our side.
    Failed(EgressError),
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
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
        let Some(origin) = &errand.origin else {
            let line = self
                .open_line(target, &admitted?, slot, &errand, deadline)
                .await?;
            return self.ask(target, line, request, &errand, deadline).await;
        };
        let admitted = admitted.inspect_err(|_| self.kept.forget(origin))?;
        let Some(line) = self.kept.take(origin, &admitted) else {
            let line = self.open_line(target, &admitted, slot, &errand, deadline).await?;
            return self.ask(target, line, request, &errand, deadline).await;
        };
        // It has a slot of its own.
        drop(slot);
        match self
            .try_ask(target, line, request.clone(), &errand, deadline)
            .await
        {
            Ok(answer) => return Ok(answer),
            Err(Unanswered::Failed(error)) => return Err(error),
            Err(Unanswered::Unheard) => tracing::debug!(host = target.host(), "a kept connection was gone"),
        }
        let slot = self.slot(target, deadline).await?;
        // Some time may have passed: the new connection gets addresses of its own.
        let admitted = self.admitted(target, deadline).await?;
        let line = self.open_line(target, &admitted, slot, &errand, deadline).await?;
        self.ask(target, line, request, &errand, deadline).await
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
    ) -> Result<Answer, EgressError> {
        let sent = line.sender.send_request(request);
        let response = deadline
            .cap(target.host(), Phase::FirstByte, errand.first_byte, sent)
            .await?;
        let response = response.map_err(|source| self.protocol(target, source))?;
        self.answer(target, response, line)
    }

    /// As [`Self::ask`], over a connection that may have been closed at the other end.
    async fn try_ask(
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
        let response = response.map_err(|source| match line.heard.bytes() == before {
            true => Unanswered::Unheard,
            false => Unanswered::Failed(self.protocol(target, source)),
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

/// The body of an answer, a chunk at a time, under its limits. Dropping it hangs up.
pub struct Body {
    host: String,
    incoming: Incoming,
    line: Line,
    deadline: Deadline,
    min_rate: MinRate,
    limit: u64,
    received: u64,
    window: Window,
}

/// How much came in how much *waiting*: time that the reader spends elsewhere is not held against
/// the sender.
#[derive(Default)]
struct Window {
    waited: Duration,
    received: u64,
}

impl Body {
    /// Refuses at once what is declared too long or comes encoded.
    pub(crate) fn new(
        target: &Target,
        answer: Answer,
        deadline: Deadline,
        min_rate: MinRate,
        limit: u64,
    ) -> Result<Self, EgressError> {
        let host = target.host().to_owned();
        refuse_encoded(&host, &answer.headers)?;
        let declared = answer.incoming.size_hint().exact();
        if declared.is_some_and(|declared| declared > limit) {
            return Err(EgressError::TooLarge {
                host,
                limit,
                declared,
            });
        }
        Ok(Self {
            host,
            incoming: answer.incoming,
            line: answer.line,
            deadline,
            min_rate,
            limit,
            received: 0,
            window: Window::default(),
        })
    }

    /// What the answer says is still to come, in bytes; `None` if it does not say. Not to be relied on.
    #[must_use]
    pub fn declared(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// Bytes handed out so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The address at the other end.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.line.peer
    }

    /// The next bytes, never empty; `None` at the end of a body that was complete by its own framing.
    ///
    /// # Errors
    /// [`EgressError::TooLarge`] once the limit is passed (what came before was handed out),
    /// [`EgressError::TooSlow`], [`EgressError::Timeout`] or [`EgressError::CutShort`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        loop {
            let began = Instant::now();
            // A body that is always ready would never be timed out by a timer that is asked second.
            if began >= self.deadline.at {
                let limit = self.deadline.total;
                return Err(EgressError::Timeout {
                    host: self.host.clone(),
                    phase: Phase::Total,
                    limit,
                });
            }
            let over = self.min_rate.over.max(Duration::from_millis(1));
            let window_ends = began.checked_add(over.saturating_sub(self.window.waited));
            let wake = window_ends.map_or(self.deadline.at, |ends| ends.min(self.deadline.at));
            let frame = timeout_at(wake, self.incoming.frame()).await;
            self.window.waited += began.elapsed();

            let data = match frame {
                Ok(None) => return Ok(None),
                Ok(Some(Err(source))) => {
                    let (host, received) = (self.host.clone(), self.received);
                    return Err(EgressError::CutShort {
                        host,
                        received,
                        source,
                    });
                }
                // Trailers say nothing that we would believe.
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Err(_) => Bytes::new(),
            };
            let length = data.len() as u64;
            self.received = self.received.saturating_add(length);
            self.window.received = self.window.received.saturating_add(length);
            if self.received > self.limit {
                let (host, limit) = (self.host.clone(), self.limit);
                return Err(EgressError::TooLarge {
                    host,
                    limit,
                    declared: None,
                });
            }
            if self.window.waited >= over {
                self.judge_window(over)?;
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    fn judge_window(&mut self, over: Duration) -> Result<(), EgressError> {
        let window = std::mem::take(&mut self.window);
        let rate = self.min_rate.bytes_per_second;
        let owed = u128::from(rate) * window.waited.as_millis() / 1000;
        if u128::from(window.received) < owed {
            return Err(EgressError::TooSlow {
                host: self.host.clone(),
                bytes_per_second: rate,
                over,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("host", &self.host)
            .field("received", &self.received)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// We asked for `identity`. Whoever compresses all the same would have us inflate bytes of unknown
/// size, so it is refused rather than counted.
fn refuse_encoded(host: &str, headers: &HeaderMap) -> Result<(), EgressError> {
    for (name, fine) in [
        (header::CONTENT_ENCODING, "identity"),
        (header::TRANSFER_ENCODING, "chunked"),
    ] {
        for value in headers.get_all(&name) {
            let coding = String::from_utf8_lossy(value.as_bytes());
            let coding = coding.trim();
            if !coding.is_empty() && !coding.eq_ignore_ascii_case(fine) {
                let header = if name == header::CONTENT_ENCODING {
                    "content-encoding"
                } else {
                    "transfer-encoding"
                };
                let coding = coding.chars().filter(|c| !c.is_control()).take(64).collect();
                return Err(EgressError::Encoded {
                    host: host.to_owned(),
                    header,
                    coding,
                });
            }
        }
    }
    Ok(())
}

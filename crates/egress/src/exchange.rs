//! One request and its answer over one connection of its own: HTTP/1.1, no pool, everything counted.
//!
//! A connection per request costs a handshake and buys that no state is shared between two tenants'
//! requests, and that a far end that misbehaves is cut off by closing the socket.

use std::fmt;
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
use crate::connect::Deadline;
use crate::error::{EgressError, Phase};
use crate::fetch::MinRate;
use crate::target::Target;

/// What one exchange needs to know beside the target.
pub(crate) struct Errand {
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
    pub(crate) peer: std::net::SocketAddr,
    driver: JoinHandle<()>,
    // Kept to the end, so that hyper does not take its absence for the end of the exchange.
    sender: http1::SendRequest<Full<Bytes>>,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Inner {
    /// Connects to `target` and runs one request, up to the end of the answer's headers.
    pub(crate) async fn exchange(
        &self,
        target: &Target,
        errand: Errand,
        deadline: &Deadline,
    ) -> Result<Answer, EgressError> {
        let request = self.request(target, errand.method, errand.headers, errand.body)?;
        let slot = deadline.cap(
            target.host(),
            Phase::Total,
            deadline.total,
            self.slots.clone().acquire_owned(),
        );
        let slot = slot
            .await?
            .map_err(|e| EgressError::Config { what: e.to_string() })?;
        let connected = self.connect(target, errand.connect, deadline).await?;

        let (bytes, count) = (
            self.policy.header_bytes.max(8192),
            self.policy.header_count.max(1),
        );
        let too_large = || EgressError::Headers {
            host: target.host().to_owned(),
            bytes,
            count,
        };
        let protocol = |source: hyper::Error| match source.is_parse_too_large() {
            true => too_large(),
            false => EgressError::Protocol {
                host: target.host().to_owned(),
                source,
            },
        };
        let (sender, connection) = http1::Builder::new()
            .max_headers(count)
            // hyper panics below its own minimum of 8192, hence the `max` above.
            .max_buf_size(bytes)
            .handshake(TokioIo::new(connected.wire))
            .await
            .map_err(protocol)?;
        let driver = tokio::spawn(async move {
            // The same error reaches whoever waits for the answer or reads the body.
            let _ = connection.await;
        });
        // From here on the socket has an owner: whatever happens below, it is closed.
        let mut line = Line {
            peer: connected.peer,
            driver,
            sender,
            _slot: slot,
        };
        let sent = line.sender.send_request(request);
        let response = deadline
            .cap(target.host(), Phase::FirstByte, errand.first_byte, sent)
            .await?;
        let (head, incoming) = response.map_err(protocol).map(Response::into_parts)?;
        // hyper notices only when its buffer is full before the head is complete, and the last read may
        // fill it twice over: it bounds the memory, and this the headers.
        if head
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum::<usize>()
            > bytes
        {
            return Err(too_large());
        }
        tracing::debug!(host = target.host(), status = head.status.as_u16(), "answered");
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            incoming,
            line,
        })
    }

    fn request(
        &self,
        target: &Target,
        method: Method,
        extra: HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, EgressError> {
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
            .method(method)
            .uri(path)
            .body(Full::new(body))
            .map_err(|e| wrong(format!("path: {e}")))?;
        let headers = request.headers_mut();
        let host = HeaderValue::try_from(host).map_err(|e| wrong(format!("host: {e}")))?;
        headers.insert(header::HOST, host);
        headers.insert(header::USER_AGENT, self.policy.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.extend(extra);
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
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
    pub fn peer(&self) -> std::net::SocketAddr {
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
